// A superuser of a cluster owns everything in it. What he must not get is anything outside.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "modules/databases/postgres/tests/story.h"

using namespace ry;
using namespace ry::databases;
using namespace ry::databases::testing;

namespace {

/// What a program that COPY starts says, stdout and stderr, one line a row.
std::string run_program(const Server& server, const std::string& script) {
    std::string quoted = sql_literal("(" + script + ") 2>&1; true");
    return server.ask("create temp table said (line text); copy said from program " + quoted +
                      " (format csv, delimiter e'\\x01', quote e'\\x02'); select line from said");
}

}  // namespace

TEST_CASE("COPY FROM PROGRAM sees its cage and nothing of the host") {
    Story story;
    std::string secret = story.temp.file("secret", "theirs");
    chmod(secret.c_str(), 0644);
    Server server = story.start_fresh(), other = story.start_fresh("other");
    CHECK(run_program(server, "id -u") == "1000");
    CHECK(run_program(server, "cat " + secret).find("No such file") != std::string::npos);
    CHECK(run_program(server, "cat /etc/shadow").find("No such file") != std::string::npos);
    CHECK(run_program(server, "ls " + other.cluster->data_dir()).find("No such file") != std::string::npos);
    CHECK(run_program(server, "ls " + other.cluster->socket_dir()).find("No such file") != std::string::npos);
    CHECK(run_program(server, "ls /root /home /var /mnt").find("No such file") != std::string::npos);
    CHECK(run_program(server, "cat /proc/1/comm") == "relay");
    std::string seen = run_program(server, "cd /proc; for p in [0-9]*; do read -r name < $p/comm && echo $name; done");
    for (std::string_view name : split(seen, '\n')) {
        CAPTURE(name);
        CHECK((name == "relay" || name == "postgres" || name == "sh"));
    }
    for (std::string path : {"/x", "/usr/x", "/etc/x", "/run/x", "/run/pg_hba.conf"}) {
        CAPTURE(path);
        CHECK(run_program(server, "echo x > " + path).find("cannot create") != std::string::npos);
    }
}

TEST_CASE("the server's own file functions reach no further") {
    Story story;
    std::string secret = story.temp.file("secret", "theirs");
    chmod(secret.c_str(), 0644);
    Server server = story.start_fresh();
    for (std::string sql : {"select pg_read_file('" + secret + "')", std::string("select pg_read_file('/etc/shadow')"),
                            std::string("select pg_ls_dir('/root')"), "copy (select 1) to '" + secret + "'",
                            std::string("select lo_export(lo_from_bytea(0, 'x'), '/etc/x')"),
                            std::string("select pg_read_file('/proc/1/environ')"),
                            std::string("create function f() returns int language c as '/tmp/nothing.so', 'f'")}) {
        CAPTURE(sql);
        CHECK(server.ask(sql).starts_with("ERROR"));
    }
    CHECK(text_of(secret) == "theirs");
}

TEST_CASE("there is no way to any network") {
    Story story;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_ANY)}};
    socklen_t size = sizeof address;
    REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener, 1) == 0);
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    Server server = story.start_fresh();
    for (std::string target : {"1.1.1.1/443", "169.254.169.254/80", "10.0.0.1/80"})
        CHECK(run_program(server, "bash -c 'exec 3<>/dev/tcp/" + target + "'").find("unreachable") !=
              std::string::npos);
    CHECK(run_program(server, "bash -c 'exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(ntohs(address.sin_port)) + "'")
              .find("refused") != std::string::npos);
    close(listener);
    CHECK(server.ask("create extension dblink") == "");
    CHECK(server.ask("select dblink_connect('host=1.1.1.1 connect_timeout=5')").starts_with("ERROR"));
}

TEST_CASE("the way in without a password is for superusers' programs at most") {
    Story story;
    Server server = story.start_fresh();
    CHECK(server.ask("create extension dblink; create role plain login password 'plain'; grant all on database "
                     "postgres to plain") == "");
    Client plain("host=" + server.cluster->socket_dir() + " user=plain dbname=postgres password=plain");
    REQUIRE(plain.is_open());
    CHECK(plain.run("select dblink_connect('host=127.0.0.1 user=postgres dbname=postgres')").starts_with("ERROR"));
    CHECK(plain.run("select dblink_connect('host=127.0.0.1 user=postgres dbname=postgres password=x')")
              .starts_with("ERROR"));
    CHECK(plain.run("copy (select 1) to program 'true'").starts_with("ERROR"));
}

TEST_CASE("limits end the statement or the cluster, and not the host") {
    Story story;
    ClusterOptions options = story.options(story.copy(story.base(), "data"));
    options.memory_mb_max = 128;
    Server server = story.start(std::move(options));
    // Half a gigabyte in one backend.
    std::string answer =
        server.ask("select length(string_agg(repeat(md5(i::text), 1000), '')) from generate_series(1, 16000) i");
    CAPTURE(answer);
    CHECK(answer != "512000000");
}

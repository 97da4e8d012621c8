// Stories of clients that encrypt.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "modules/databases/proxy/tests/clients.h"

using namespace ry;
using namespace ry::databases;
using namespace ry::databases::stories;

namespace {

/// A certificate for 127.0.0.1, signed by itself.
struct Certificate {
    Certificate() {
        REQUIRE(mkdtemp(directory.data()) != nullptr);
        std::string command =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
            "-addext subjectAltName=IP:127.0.0.1 -keyout " +
            key() + " -out " + file() + " 2>/dev/null";
        REQUIRE(std::system(command.c_str()) == 0);
    }
    ~Certificate() { std::filesystem::remove_all(directory); }
    std::string directory = "/tmp/ramify_tls_XXXXXX";
    std::string file() const { return directory + "/certificate.pem"; }
    std::string key() const { return directory + "/key.pem"; }
};

struct TlsStage : Certificate, Stage {
    TlsStage() : Stage({.tls_certificate_file = file(), .tls_key_file = key()}) {}
};

}  // namespace

TEST_CASE("a client may verify the certificate, and bind its password to the channel") {
    TlsStage stage;
    Client client(stage.conninfo("sslmode=verify-full channel_binding=require sslrootcert=" + stage.file()));
    REQUIRE_MESSAGE(client.is_connected(), client.error());
    CHECK(PQsslInUse(client.get()) == 1);
    CHECK(client.ask("select repeat('x', 20000000)").size() == 20'000'000);
    CHECK(client.ask("select length('" + std::string(9'000'000, 'y') + "')") == "9000000");
    CHECK(Client(stage.conninfo("sslmode=require channel_binding=disable")).ask("select 1") == "1");
    CHECK(Client(stage.conninfo("sslmode=require user=token password=rmf_right")).ask("select 1") == "1");
    CHECK(Client(stage.conninfo("sslmode=disable")).ask("select 1") == "1");
    CHECK_FALSE(Client(stage.conninfo("sslmode=require password=wrong")).is_connected());
}

TEST_CASE("encrypted sessions are cancelled, and end with their clients") {
    TlsStage stage;
    {
        Client client(stage.conninfo("sslmode=require"));
        REQUIRE(PQsendQuery(client.get(), "select pg_sleep(3600)") == 1);
        Client admin(stage.conninfo());
        while (admin.ask("select count(*) from pg_stat_activity where wait_event = 'PgSleep' and pid = " +
                         std::to_string(PQbackendPID(client.get()))) != "1") {}
        std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(client.get()), PQfreeCancel);
        char why[256];
        REQUIRE(PQcancel(cancel.get(), why, sizeof why) == 1);
        std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(client.get()), PQclear);
        CHECK(std::string(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE)) == "57014");
    }
    Client dying(stage.conninfo("sslmode=require"));
    CHECK(dying.ask("copy (select repeat('x', 1000) from generate_series(1, 1000000)) to stdout") == "");
    dying.die(false);
    CHECK(stage.instances.wait_for([](const auto& seen) { return seen.opened.size() == 3 && seen.leases == 0; }));
}

TEST_CASE("words in clear behind the request for TLS are never taken for the client's") {
    TlsStage stage;
    RawClient client(stage.proxy->port());
    client.say(integer_bytes(8) + integer_bytes(1234 << 16 | 5679) + hello("shop", "token"));
    CHECK(client.read(1) == "S");
    client.say(message('p', std::string("rmf_right\0", 10)));
    client.read_all();
    CHECK(stage.instances.seen.with([](const auto& seen) { return seen.opened.empty(); }));
}

TEST_CASE("a renewed certificate is used without a restart, and a broken one is not") {
    TlsStage stage;
    Certificate renewed;
    std::string verify = "sslmode=verify-full sslrootcert=" + renewed.file();
    CHECK_FALSE(Client(stage.conninfo(verify)).is_connected());
    std::filesystem::rename(renewed.key(), stage.key());
    CHECK_FALSE(stage.proxy->reload_tls());
    CHECK(Client(stage.conninfo("sslmode=require")).ask("select 1") == "1");
    std::filesystem::copy_file(renewed.file(), stage.file(), std::filesystem::copy_options::overwrite_existing);
    CHECK(stage.proxy->reload_tls());
    CHECK(Client(stage.conninfo(verify)).ask("select 1") == "1");
}

TEST_CASE("a certificate that cannot be used stops the start") {
    Instances instances;
    auto started = Proxy::start(
        {.port = 0, .tls_certificate_file = "/nonexistent.pem", .tls_key_file = "/nonexistent.pem"}, instances);
    REQUIRE_FALSE(started);
    CHECK(started.error().message.find("/nonexistent.pem") != std::string::npos);
}

// Attempts to get out of a cage. Each attack really tries; this file says what it must not get.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <fstream>

#include "kernel/sandbox/tests/story.h"

using namespace ry;
using namespace ry::sandbox;
using namespace ry::sandbox::testing;

namespace {

/// Every line of the attack says "refused".
void check_all_refused(const Outcome& ran) {
    CAPTURE(ran.out);
    CAPTURE(ran.err);
    CHECK(ran.exit_code == 0);
    CHECK(ran.out.find("refused") != std::string::npos);
    CHECK(ran.out.find("succeeded") == std::string::npos);
}

}  // namespace

TEST_CASE("files of the host, of other tenants and of the server are not there") {
    Story story;
    std::string other = story.workspace("other-tenant"), mine = story.workspace("mine");
    std::ofstream(other + "/secret") << "theirs";
    chmod((other + "/secret").c_str(), 0666);
    Cage cage = story.attack("read_file", {"/etc/shadow", other + "/secret", "/app/../" + other + "/secret", story.temp.path + "/runtime/etc/passwd",
                                           "/proc/1/root/etc/shadow", "/proc/self/root/etc/shadow", "/dev/sda", "/dev/vda", "/dev/mem", "/dev/kmsg",
                                           "/proc/kcore", "/sys/kernel/notes"});
    cage.writable = {{mine, "/app"}};
    check_all_refused(story.run(cage));
    check_all_refused(story.run(story.attack("list_dir", {"/root", "/home", "/var", "/srv", "/sys", "/boot", "/proc/1/fd", "/run/user", "/mnt"})));
}

TEST_CASE("nothing is writable but what the cage says") {
    Story story;
    check_all_refused(story.run(story.attack("write_file", {"/x", "/usr/x", "/etc/passwd", "/etc/x", "/run/x", "/etc/ramify/relay", "/dev/x", "/attacks",
                                                            "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/1/oom_score_adj"})));
}

TEST_CASE("/proc shows the cage and nothing else") {
    Story story;
    Outcome ran = story.sh("cd /proc; for p in [0-9]*; do read -r name < $p/comm && echo $p $name; done");
    CHECK(ran.out == "1 relay\n2 sh\n");
}

TEST_CASE("mounting, namespaces and large kernel interfaces are closed") {
    Story story;
    check_all_refused(story.run(story.attack("mounts")));
    check_all_refused(story.run(story.attack("namespaces")));
    check_all_refused(story.run(story.attack("kernel_interfaces")));
}

TEST_CASE("other processes cannot be read, traced or killed") {
    Story story;
    pid_t victim = fork();
    if (victim == 0) {
        for (;;) pause();
    }
    check_all_refused(story.run(story.attack("other_processes", {std::to_string(victim), std::to_string(getpid())})));
    CHECK(kill(victim, 0) == 0);
    kill(victim, SIGKILL);
    waitpid(victim, nullptr, 0);
}

TEST_CASE("no raw sockets, no route to the host, to metadata or to anywhere") {
    Story story;
    check_all_refused(story.run(story.attack("sockets")));
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_ANY)}};
    socklen_t size = sizeof address;
    REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener, 1) == 0);
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::string port = std::to_string(ntohs(address.sin_port));
    check_all_refused(story.run(story.attack("connects", {"127.0.0.1", port, "169.254.169.254", "80", "10.0.0.1", "80", "1.1.1.1", "443"})));
    close(listener);
}

TEST_CASE("abstract Unix sockets of the host are out of reach, a socket that the cage names is not") {
    Story story;
    std::string name = "ramify-test-" + std::to_string(getpid());
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    memcpy(address.sun_path + 1, name.data(), name.size());
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())) == 0);
    REQUIRE(listen(listener, 1) == 0);
    check_all_refused(story.run(story.attack("abstract_socket", {name})));
    close(listener);
}

TEST_CASE("no way to other privileges, and no set-user-id file is left behind") {
    Story story;
    Cage cage = story.attack("privileges");
    cage.working_dir = "/app";
    cage.writable = {{story.workspace(), "/app"}};
    check_all_refused(story.run(cage));
    for (const auto& entry : std::filesystem::directory_iterator(story.temp.path + "/workspace")) {
        struct stat status{};
        REQUIRE(lstat(entry.path().c_str(), &status) == 0);
        CHECK((status.st_mode & S_ISUID) == 0);
        CHECK(status.st_uid == story.sandbox->uid());
        CHECK(status.st_uid != 0);
    }
}

TEST_CASE("no letter gets into a terminal") {
    Story story;
    check_all_refused(story.run(story.attack("terminal")));
}

TEST_CASE("links lead nowhere") {
    Story story;
    std::string other = story.workspace("other-tenant");
    std::ofstream(other + "/secret") << "theirs";
    Cage cage = story.attack("links", {"/etc/shadow", "/root/.bashrc", other + "/secret"});
    cage.working_dir = "/app";
    cage.writable = {{story.workspace(), "/app"}};
    check_all_refused(story.run(cage));
}

TEST_CASE("giving a tree away follows no link that its writer left") {
    Story story;
    std::string work = story.workspace(), outside = story.temp.dir("outside");
    std::ofstream(outside + "/file") << "mine";
    story.sh("ln -s " + outside + " dir; ln -s " + outside + "/file file; mkdir deep; echo x > deep/x",
             {.working_dir = "/app", .writable = {{work, "/app"}}});
    REQUIRE(story.sandbox->give(work));
    struct stat status{};
    REQUIRE(lstat((outside + "/file").c_str(), &status) == 0);
    CHECK(status.st_uid == geteuid());
    REQUIRE(lstat((work + "/deep/x").c_str(), &status) == 0);
    CHECK(status.st_uid == story.sandbox->uid());
}

#include "kernel/sandbox/sandbox.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <fstream>
#include <thread>

#include "kernel/sandbox/tests/story.h"
#include "kernel/sandbox/usage.h"

using namespace ry;
using namespace ry::sandbox;
using namespace ry::sandbox::testing;

namespace {

/// Says `text` on a connected socket and returns all that comes back; closes it.
std::string ask(int fd, std::string_view text) {
    fcntl(fd, F_SETFL, 0);
    REQUIRE(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    std::string answer;
    char buffer[256];
    for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) answer.append(buffer, static_cast<size_t>(got));
    close(fd);
    return answer;
}

/// The process states ("S", "T", …) of process 1 of a cage and all below it.
std::string states_below(int pid) {
    std::string states;
    std::ifstream children("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
    for (int child; children >> child;) {
        std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
        std::string id, name, state;
        stat >> id >> name >> state;
        states += state + states_below(child);
    }
    return states;
}

}  // namespace

TEST_CASE("a program runs, and its output and exit code come back") {
    Story story;
    Outcome ran = story.sh("echo hello; echo oops >&2; exit 3");
    CHECK(ran.exit_code == 3);
    CHECK(ran.out == "hello\n");
    CHECK(ran.err == "oops\n");
    CHECK(ran.ended == Ended::by_itself);
    CHECK_FALSE(ran.succeeded());
    CHECK(story.sh("kill -TERM $$").exit_code == 128 + 15);
}

TEST_CASE("what a program connects to at the served port is the server itself, and nothing else of the host") {
    Story story;
    Heard heard;
    Cage cage{.program = "/bin/bash", .arguments = {"-c", "exec 3<>/dev/tcp/127.0.0.1/5432; echo ping >&3; head -1 <&3"}, .served_port = 5432};
    auto running = story.sandbox->start(story.op, cage, heard.callback());
    REQUIRE(running);
    Descriptor listener = (*running)->take_served_listener();
    REQUIRE(listener);
    CHECK_FALSE((*running)->take_served_listener());
    int connection = accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
    REQUIRE(connection >= 0);
    char asked[5];
    REQUIRE(recv(connection, asked, sizeof asked, MSG_WAITALL) == 5);
    CHECK(std::string_view(asked, 5) == "ping\n");
    REQUIRE(write(connection, "pong\n", 5) == 5);
    close(connection);
    CHECK(heard.hear("pong"));

    cage.network.allow = {"example.org:443"};
    auto refused = story.sandbox->start(story.op, cage, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::invalid);
}

TEST_CASE("the arguments are never read by a shell, and the environment is exactly what the cage says") {
    Story story;
    setenv("RAMIFY_SECRET_OF_THE_SERVER", "leaked", 1);
    Cage cage{.program = "printenv", .environment = {{"ONE", "a b"}, {"HOME", "/nowhere"}}};
    auto ran = story.sandbox->run(story.op, cage);
    REQUIRE(ran);
    CHECK(ran->out == "ONE=a b\nHOME=/nowhere\nPATH=/usr/local/bin:/usr/bin:/bin\nLANG=C.UTF-8\nPWD=/\n");
    ran = story.sandbox->run(story.op, {.program = "printf", .arguments = {"%s|", "$HOME `id`", "*"}});
    REQUIRE(ran);
    CHECK(ran->out == "$HOME `id`|*|");
}

TEST_CASE("a writable directory is written, a read-only one is read") {
    Story story;
    std::string work = story.workspace(), input = story.temp.dir("input");
    std::ofstream(input + "/question") << "6*7";
    Outcome ran = story.sh("cat question; echo 42 > /app/answer; echo no > /input/question",
                           {.working_dir = "/input", .read_only = {{input, "/input"}}, .writable = {{work, "/app"}}});
    CHECK(ran.out == "6*7");
    CHECK(ran.exit_code == 2);
    std::string answer;
    std::getline(std::ifstream(work + "/answer"), answer);
    CHECK(answer == "42");
}

TEST_CASE("a read-only tree lies in a writable workspace, and a writable cache in the read-only tree") {
    Story story;
    std::string work = story.workspace(), modules = story.temp.dir("modules"), cache = story.workspace("cache");
    story.temp.dir("modules/.cache");
    Outcome ran = story.sh("echo 1 > a; echo 2 > node_modules/.cache/b; echo 3 > node_modules/c",
                           {.working_dir = "/app",
                            .read_only = {{modules, "/app/node_modules"}},
                            .writable = {{cache, "/app/node_modules/.cache"}, {work, "/app"}}});
    CHECK(ran.exit_code == 2);
    CHECK(std::filesystem::exists(work + "/a"));
    CHECK(std::filesystem::exists(cache + "/b"));
    CHECK_FALSE(std::filesystem::exists(modules + "/c"));
}

TEST_CASE("a program that does not exist says so") {
    Story story;
    auto ran = story.sandbox->run(story.op, {.program = "/usr/bin/no-such-program"});
    REQUIRE(ran);
    CHECK(ran->exit_code == 127);
    CHECK(ran->err == "sandbox: cannot start /usr/bin/no-such-program: No such file or directory\n");
}

TEST_CASE("what is wrong with a cage is said by member, before anything starts") {
    Story story;
    struct Row {
        Cage cage;
        std::string pointer;
    };
    const std::vector<Row> rows = {
        {{.program = ""}, "/program"},
        {{.program = "x", .working_dir = "app"}, "/working_dir"},
        {{.program = "x", .environment = {{"A=B", "c"}}}, "/environment"},
        {{.program = "x", .read_only = {{"relative"}}}, "/read_only/0/host"},
        {{.program = "x", .writable = {{"/tmp", "/usr/lib"}}}, "/writable/0/inside"},
        {{.program = "x", .writable = {{"/tmp", "/"}}}, "/writable/0/inside"},
        {{.program = "x", .writable = {{"/tmp", "/app/../etc"}}}, "/writable/0/inside"},
        {{.program = "x", .network = {.allow = {"no-port"}}}, "/network/allow"},
        {{.program = "x", .ingress = {0}}, "/ingress"},
        {{.program = "x", .memory_mb_max = 0}, "/memory_mb_max"}};
    for (const Row& row : rows) {
        auto ran = story.sandbox->run(story.op, row.cage);
        REQUIRE_FALSE(ran);
        CHECK(ran.error().code == Code::invalid);
        CHECK(ran.error().faults.front().pointer == row.pointer);
    }
}

TEST_CASE("a bind whose source does not exist is an error with its reason, not an outcome") {
    Story story;
    auto ran = story.sandbox->run(story.op, {.program = "true", .read_only = {{"/nowhere/at/all", "/app"}}});
    REQUIRE_FALSE(ran);
    CHECK(ran.error().code == Code::unavailable);
    CHECK(ran.error().cause.find("/nowhere/at/all") != std::string::npos);
}

TEST_CASE("a cancelled Op ends the tree, and so does its deadline") {
    Story story;
    std::stop_source source;
    story.op.stop = source.get_token();
    std::jthread canceller([&] { source.request_stop(); });
    auto ran = story.sandbox->run(story.op, story.attack("stubborn", {"5"}));
    REQUIRE_FALSE(ran);
    CHECK(ran.error().code == Code::cancelled);

    Op soon = server_op("test");
    soon.deadline = Deadline::in_ms(300);
    ran = story.sandbox->run(soon, story.attack("stubborn", {"5"}));
    REQUIRE_FALSE(ran);
    CHECK(ran.error().code == Code::timed_out);
}

TEST_CASE("a long-lived program is heard, is reached on its ingress port only, and is stopped") {
    Story story;
    Cage cage = story.attack("echo", {"8080", "pong"});
    cage.ingress = {8080};
    cage.wall_ms_max = cage.cpu_ms_max = 0;
    Heard heard;
    auto running = story.sandbox->start(story.op, cage, heard.callback());
    REQUIRE(running);
    REQUIRE(heard.hear("listening\n"));
    for (int i = 0; i < 3; ++i) {
        auto fd = (*running)->connect_ingress(8080);
        REQUIRE(fd);
        CHECK(ask(*fd, "ping") == "pong ping");
    }
    auto refused = (*running)->connect_ingress(22);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::forbidden);
    CHECK_FALSE((*running)->ended());
    (*running)->stop();
    CHECK((*running)->ended());
    auto outcome = (*running)->wait(story.op);
    REQUIRE(outcome);
    CHECK(outcome->ended == Ended::by_stop);
    CHECK(outcome->exit_code == 128 + SIGTERM);
    CHECK_FALSE((*running)->connect_ingress(8080));
}

TEST_CASE("nothing listens yet: the caller is told to try again") {
    Story story;
    Cage cage = story.attack("stubborn", {"0"});
    cage.ingress = {8080};
    Heard heard;
    auto running = story.sandbox->start(story.op, cage, heard.callback());
    REQUIRE(running);
    auto fd = (*running)->connect_ingress(8080);
    REQUIRE_FALSE(fd);
    CHECK(fd.error().code == Code::unavailable);
}

TEST_CASE("a sleeping program does nothing, and answers again after it was woken") {
    Story story;
    Cage cage = story.attack("echo", {"8080", "pong"});
    cage.ingress = {8080};
    Heard heard;
    auto running = story.sandbox->start(story.op, cage, heard.callback());
    REQUIRE(running);
    REQUIRE(heard.hear("listening"));
    REQUIRE((*running)->pause());
    auto fd = (*running)->connect_ingress(8080);  // also says that the pause, sent before, has been carried out
    REQUIRE(fd);
    while (!stands_still((*running)->pid())) std::this_thread::yield();  // the signal is sent; the process gets to it
    pollfd answered{*fd, POLLIN, 0};
    CHECK(poll(&answered, 1, 50) == 0);
    REQUIRE((*running)->resume());
    CHECK(ask(*fd, "still there?") == "pong still there?");
    REQUIRE((*running)->pause());
    (*running)->stop();
    CHECK((*running)->ended());
}

TEST_CASE("a signal reaches the program and not what it started") {
    Story story;
    Cage cage{.program = "/bin/sh", .arguments = {"-c", "trap 'echo caught; exit 3' INT; sh -c 'trap \"echo child caught\" INT; echo ready; while :; do :; done' & while :; do wait; done"}};
    Heard heard;
    auto running = story.sandbox->start(story.op, cage, heard.callback());
    REQUIRE(running);
    REQUIRE(heard.hear("ready"));
    REQUIRE((*running)->signal(SIGINT));
    auto outcome = (*running)->wait(story.op);
    REQUIRE(outcome);
    CHECK(outcome->exit_code == 3);
    CHECK(heard.text.with([](const std::string& all) { return all; }) == "ready\ncaught\n");
}

TEST_CASE("stop ends processes that ignore SIGTERM and have left the session") {
    Story story;
    Heard heard;
    auto running = story.sandbox->start(story.op, story.attack("stubborn", {"10"}), heard.callback());
    REQUIRE(running);
    REQUIRE(heard.hear("ready"));
    int pid = (*running)->pid();
    CHECK(states_below(pid).size() > 1);
    (*running)->stop();
    CHECK(kill(pid, 0) != 0);
    auto outcome = (*running)->wait(story.op);
    REQUIRE(outcome);
    CHECK(outcome->exit_code == 128 + SIGKILL);
}

TEST_CASE("a flood of output is thinned, and the rest is counted") {
    Story story;
    Cage cage = story.attack("flood");
    cage.output_kb_max = 16;
    Guarded<std::pair<int64_t, int64_t>> passed_and_dropped;
    auto running = story.sandbox->start(story.op, cage, [&](const Output& output) {
        passed_and_dropped.change([&](auto& sums) {
            sums.first += static_cast<int64_t>(output.bytes.size());
            sums.second += output.bytes_dropped;
        });
    });
    REQUIRE(running);
    CHECK(passed_and_dropped.wait_until(
        std::chrono::steady_clock::now() + std::chrono::seconds(180),
        [](const auto& sums) { return sums.first >= 16 * 1024 && sums.second > sums.first; }, [](auto&) {}));
    (*running)->stop();
    auto passed = passed_and_dropped.with([](const auto& sums) { return sums.first; });
    CHECK(passed <= 10 * 16 * 1024);  // ten seconds' worth, for a very slow machine
}

TEST_CASE("the number of cages is limited, and a place is free again after one has ended") {
    Story story({.cages_max = 1});
    Heard heard;
    auto running = story.sandbox->start(story.op, story.attack("stubborn", {"0"}), heard.callback());
    REQUIRE(running);
    auto second = story.sandbox->run(story.op, {.program = "true"});
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::over_quota);
    running->reset();
    CHECK(story.sandbox->run(story.op, {.program = "true"}));
}

TEST_CASE("many cages at once, from many threads") {
    Story story;
    std::vector<std::jthread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            for (int round = 0; round < 5; ++round) {
                auto ran = story.sandbox->run(story.op, {.program = "echo", .arguments = {std::to_string(i)}});
                if (ran && ran->out == std::to_string(i) + "\n") ++good;
            }
        });
    threads.clear();
    CHECK(good == 40);
}

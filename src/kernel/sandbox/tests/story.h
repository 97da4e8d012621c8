#pragma once
// What the stories of this part share: a directory, a sandbox over it, and the attack program bound at /attacks.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "kernel/sandbox/sandbox.h"

namespace ry::sandbox::testing {

/// A directory of one test, gone at its end. World-traversable, because a cage's account passes through it.
struct TempDir {
    std::string path = "/tmp/ramify-sandbox-XXXXXX";
    TempDir() {
        REQUIRE(mkdtemp(path.data()));
        chmod(path.c_str(), 0755);
    }
    ~TempDir() { std::filesystem::remove_all(path); }
    std::string dir(const std::string& name) const {
        std::filesystem::create_directories(path + "/" + name);
        return path + "/" + name;
    }
};

/// Where the attack program lies; a child that runs as an ordinary user finds its copy in the environment.
inline std::string attacks_path() {
    const char* copy = getenv("RAMIFY_TEST_ATTACKS");
    return copy ? copy : RAMIFY_BINARY_DIR "/attacks";
}

struct Story {
    TempDir temp;
    std::unique_ptr<Sandbox> sandbox;
    Op op = server_op("test");

    explicit Story(Config config = {}) {
        config.runtime_dir = temp.path + "/runtime";
        auto opened = Sandbox::open(config);
        if (!opened) FAIL(opened.error().message << ": " << opened.error().cause);
        sandbox = std::move(*opened);
        std::filesystem::copy_file(attacks_path(), temp.path + "/attacks");
        chmod((temp.path + "/attacks").c_str(), 0555);
    }

    Outcome run(const Cage& cage) {
        auto ran = sandbox->run(op, cage);
        if (!ran) FAIL(ran.error().message << ": " << ran.error().cause);
        return *ran;
    }
    Outcome sh(const std::string& script, Cage cage = {}) {
        cage.program = "/bin/sh";
        cage.arguments = {"-c", script};
        return run(cage);
    }
    /// A cage that runs one attack.
    Cage attack(std::string name, std::vector<std::string> arguments = {}) {
        Cage cage{.program = "/attacks",
                  .arguments = std::move(arguments),
                  .read_only = {{temp.path + "/attacks", "/attacks"}}};
        cage.arguments.insert(cage.arguments.begin(), std::move(name));
        return cage;
    }
    /// A directory that cages may write.
    std::string workspace(const std::string& name = "workspace") {
        std::string dir = temp.dir(name);
        REQUIRE(sandbox->give(dir));
        return dir;
    }
};

/// Those that any thread of the process started and that have not been reaped.
inline std::vector<int> children_of(int pid) {
    std::vector<int> found;
    std::error_code gone;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
        std::ifstream children(task.path() / "children");
        for (int child; children >> child;) found.push_back(child);
    }
    return found;
}

/// Output of a long-lived program, for waiting on.
struct Heard {
    Guarded<std::string> text;
    OutputCallback callback() {
        return [this](const Output& output) { text.change([&](std::string& all) { all.append(output.bytes); }); };
    }
    /// True when `words` came within three minutes.
    bool hear(std::string_view words) {
        return text.wait_until(
            std::chrono::steady_clock::now() + std::chrono::seconds(180),
            [&](const std::string& all) { return all.find(words) != all.npos; }, [](std::string&) {});
    }
};

}  // namespace ry::sandbox::testing

#pragma once
// For stories that need a real repository and the program: a folder with a data directory of its own, made with git.
#include <doctest/doctest.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"

namespace ry::cli::testing {

struct Ran {
    int exit = 0;
    std::string out, err;
    boost::json::value json() const { return boost::json::parse(out); }
};

inline std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return (std::stringstream() << file.rdbuf()).str();
}

/// A working directory under git, and `ramify` in it.
class ShopRepository {
public:
    ShopRepository() {
        char name[] = "/tmp/ramify-shop-XXXXXX";
        ENSURE(::mkdtemp(name));
        folder = name;
        std::filesystem::permissions(folder, std::filesystem::perms(0711));
        for (const char* part : {"/repository", "/tmp"}) std::filesystem::create_directories(folder + part);
        git("init -q -b main && git config user.name Ada && git config user.email ada@example.org");
    }
    ~ShopRepository() {
        ramify("db stop --all");
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }

    void write(const std::string& name, std::string_view text) const {
        std::filesystem::path path = root() + "/" + name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
    }
    /// Everything that is there, as a commit.
    void commit(const std::string& message) const { git("add -A && git commit -q -m '" + message + "'"); }
    void git(const std::string& arguments) const {
        Ran ran = shell("git " + arguments, root());
        REQUIRE_MESSAGE(ran.exit == 0, ran.err);
    }
    Ran ramify(const std::string& arguments, const std::string& in = "") const {
        return shell(
            "RAMIFY_DATA_DIR=" + folder + "/data TMPDIR=" + folder + "/tmp " RAMIFY_BINARY_DIR "/ramify " + arguments,
            root() + "/" + in);
    }
    Ran shell(const std::string& command, const std::string& in) const {
        std::string out = folder + "/out", err = folder + "/err";
        int status = std::system(("cd " + in + " && (" + command + "\n) </dev/null >" + out + " 2>" + err).c_str());
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(out), content_of(err)};
    }
    std::string root() const { return folder + "/repository"; }

    std::string folder;
};

/// Counts what is made, written or moved in folders (those that are there now) from now on, even when it is gone again.
class WriteWatch {
public:
    explicit WriteWatch(const std::vector<std::string>& folders) : inotify_(::inotify_init1(IN_NONBLOCK)) {
        ENSURE(inotify_ >= 0);
        for (const std::string& folder : folders) {
            add(folder);
            for (auto& entry : std::filesystem::recursive_directory_iterator(folder))
                if (entry.is_directory()) add(entry.path());
        }
    }
    ~WriteWatch() { ::close(inotify_); }
    /// The names of what was written; ThreadSanitizer's own file is none of the program's.
    std::vector<std::string> written() const {
        alignas(inotify_event) char bytes[64 << 10];
        std::vector<std::string> names;
        for (ssize_t got; (got = ::read(inotify_, bytes, sizeof bytes)) > 0;) {
            for (ssize_t at = 0; at < got;) {
                auto* event = reinterpret_cast<inotify_event*>(bytes + at);
                std::string name = event->len ? event->name : "";
                if (!name.starts_with("tsan.rodata.")) names.push_back(std::move(name));
                at += ssize_t(sizeof(inotify_event)) + event->len;
            }
        }
        return names;
    }

private:
    void add(const std::string& folder) {
        ENSURE(::inotify_add_watch(inotify_, folder.c_str(),
                                   IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVE | IN_DELETE) >= 0);
    }
    int inotify_;
};

}  // namespace ry::cli::testing

#pragma once
// What the stories of the state store share: directories, file systems on loop devices, small trees.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "kernel/states/states.h"

namespace ry::states {

namespace fs = std::filesystem;

struct TempDir {
    std::string path = "/tmp/ramify-states-XXXXXX";
    TempDir() { REQUIRE(mkdtemp(path.data())); }
    ~TempDir() {
        std::error_code error;
        fs::remove_all(path, error);
    }
};

inline bool shell(const std::string& command) { return system((command + " >/dev/null 2>&1").c_str()) == 0; }

inline bool same_trees(const std::string& a, const std::string& b) {
    return shell("diff -r --no-dereference '" + a + "' '" + b + "'");
}

/// A file system of its own on a loop device; absent, with a printed reason, where this host cannot.
class LoopMount {
public:
    LoopMount(const std::string& dir, const std::string& mkfs, int mib = 400)
        : image_(dir + "/image"), at_(dir + "/mounted") {
        fs::create_directories(at_);
        mounted_ = geteuid() == 0 && shell("truncate -s " + std::to_string(mib) + "M " + image_) &&
                   shell(mkfs + " " + image_) && shell("mount -o loop " + image_ + " " + at_);
        if (!mounted_) printf("skipped: %s needs root, loop devices and its mkfs\n", mkfs.c_str());
    }
    ~LoopMount() {
        if (mounted_) shell("umount -R " + at_ + " || umount -R -l " + at_);
    }
    explicit operator bool() const { return mounted_; }
    const std::string& at() const { return at_; }
    /// What the disk has at this moment is all that there is: what the file system has not yet written is lost.
    /// `end_all` closes what this process has open there.
    void cut_power(const std::function<void()>& end_all) {
        REQUIRE(shell("cp --sparse=always " + image_ + " " + image_ + ".cut"));
        end_all();
        REQUIRE(shell("umount -R " + at_ + " || umount -R -l " + at_));
        image_ += ".cut";
        mounted_ = shell("mount -o loop " + image_ + " " + at_);
        REQUIRE(mounted_);
    }

private:
    std::string image_, at_;
    bool mounted_;
};

inline std::string read_text(const std::string& path) {
    std::string text;
    std::getline(std::ifstream(path), text, '\0');
    return text;
}

inline void write_text(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

/// A small node_modules: nested directories, a link, an executable, a read-only directory, an empty and a large file.
inline Result<void> fill_small_tree(const std::string& dir) {
    fs::create_directories(dir + "/left-pad/lib");
    fs::create_directories(dir + "/.bin");
    write_text(dir + "/left-pad/index.js", "module.exports = 1");
    write_text(dir + "/left-pad/lib/empty", "");
    write_text(dir + "/left-pad/lib/large", std::string(3'000'000, 'x'));
    chmod((dir + "/left-pad/index.js").c_str(), 0755);
    fs::create_symlink("../left-pad/index.js", dir + "/.bin/left-pad");
    chmod((dir + "/left-pad/lib").c_str(), 0555);
    return {};
}

inline std::unique_ptr<States> open_states(const Config& config) {
    auto opened = States::open(config);
    if (!opened) FAIL(opened.error().message << ": " << opened.error().cause);
    return std::move(*opened);
}

/// The value of a result that must be there.
template <class T>
T must(Result<T> result) {
    if (!result) FAIL(result.error().message << ": " << result.error().cause);
    return std::move(*result);
}
inline void must(const Result<void>& result) {
    if (!result) FAIL(result.error().message << ": " << result.error().cause);
}

/// What is removed is deleted on a thread; what that left goes when the store is opened again.
inline void reopen(std::unique_ptr<States>& states, const Config& config) {
    states.reset();
    states = open_states(config);
}

/// Nothing half-made, and no lock of a process that is gone.
inline void no_left_overs(const std::string& store_dir, size_t owners) {
    CHECK(fs::is_empty(store_dir + "/building"));
    CHECK(fs::is_empty(store_dir + "/removing"));
    CHECK(fs::is_empty(store_dir + "/damaged"));
    CHECK(std::distance(fs::directory_iterator(store_dir + "/owners"), {}) == static_cast<long>(owners));
}

/// Overlay mounts of this process below a directory.
inline int mounts_below(const std::string& dir) {
    std::ifstream mounts("/proc/self/mountinfo");
    int count = 0;
    for (std::string line; std::getline(mounts, line);)
        count += line.find(" - overlay ") != std::string::npos && line.find(dir) != std::string::npos;
    return count;
}

}  // namespace ry::states

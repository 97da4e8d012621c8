#include "kernel/states/disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/text.h"

namespace ry::states {
namespace {

constexpr size_t small_bytes_max = 64 * 1024;  // manifests and the like are below 1 KiB

bool flock_waiting(int fd, int operation) {
    int got;
    do got = flock(fd, operation);
    while (got != 0 && errno == EINTR);
    return got == 0;
}

}  // namespace

Error cannot_use(const std::string& what) {
    int error = errno;
    if (error == ENOSPC || error == EDQUOT)
        return fail(Code::unavailable, "the disk is full; free space in the data directory and try again",
                    what + ": " + std::strerror(error));
    return fail(Code::unavailable,
                "the state store cannot use its directory; check the data directory's disk and permissions",
                what + ": " + std::strerror(error));
}

bool is_at(const Descriptor& file, const std::string& path) {
    struct stat opened{}, there{};
    return fstat(file.get(), &opened) == 0 && stat(path.c_str(), &there) == 0 && opened.st_ino == there.st_ino &&
           opened.st_dev == there.st_dev;
}

Result<std::optional<Descriptor>> lock_file(const std::string& path, Wait wait) {
    for (;;) {
        Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (!file) return cannot_use(path);
        if (!flock_waiting(file.get(), wait == Wait::yes ? LOCK_EX : LOCK_EX | LOCK_NB)) {
            if (errno == EWOULDBLOCK) return std::optional<Descriptor>();
            return cannot_use(path);
        }
        if (is_at(file, path))
            return std::optional(std::move(file));  // otherwise its holder removed it: another one counts
    }
}

std::optional<Descriptor> lock_directory(const std::string& path, Share share) {
    Descriptor dir(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!dir || !flock_waiting(dir.get(), share == Share::shared ? LOCK_SH : LOCK_EX) || !is_at(dir, path)) return {};
    return dir;
}

std::optional<std::string> read_small_file(const std::string& path) {
    Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return {};
    std::string text(small_bytes_max, '\0');
    ssize_t got = read(file.get(), text.data(), text.size());
    if (got < 0) return {};
    text.resize(static_cast<size_t>(got));
    return text;
}

Result<void> write_small_file(const std::string& path, const std::string& text) {
    const std::string half = path + ".new";
    Descriptor file(open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return cannot_use(half);
    if (rename(half.c_str(), path.c_str()) != 0) return cannot_use(path);
    return {};
}

std::vector<std::string> names_in(const std::string& dir) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(dir, error)) names.push_back(entry.path().filename());
    return names;
}

const std::string& boot_id() {
    static const std::string id(trim(read_small_file("/proc/sys/kernel/random/boot_id").value_or("")));
    return id;
}

}  // namespace ry::states

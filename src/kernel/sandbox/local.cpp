#include "kernel/sandbox/local.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "kernel/sandbox/relay_bytes.h"

namespace ry::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr uid_t fallback_uid = 64000;  // above what Debian gives to accounts (policy 9.2.2: 60000–64999 are not assigned dynamically)
constexpr const char* default_account = "ramify";
constexpr const char* copied_from_etc[] = {"ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ssl/openssl.cnf", "localtime", "mime.types", "services", "protocols"};

std::optional<Account> account_named(const std::string& name) {
    char buffer[4096];
    passwd entry{}, *found = nullptr;
    if (getpwnam_r(name.c_str(), &entry, buffer, sizeof buffer, &found) != 0 || !found) return {};
    return Account{entry.pw_uid, entry.pw_gid};
}

Error cannot_write(const std::string& path) {
    return fail(Code::unavailable, "the sandbox's own files could not be written; check space and permissions of the data directory",
                path + ": " + std::strerror(errno));
}

/// Writes under a temporary name, then renames: a running cage keeps the file that it has.
Result<void> write_whole(const std::string& path, std::string_view bytes, mode_t mode) {
    std::string temporary = path + "." + std::to_string(getpid());
    Descriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!file || fchmod(file.get(), mode) != 0) return cannot_write(temporary);
    if (write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return cannot_write(temporary);
    file.reset();
    if (rename(temporary.c_str(), path.c_str()) != 0) return cannot_write(path);
    return {};
}

/// Copies `from` to `to`, directories with all that they hold, links as links; what is the same already stays. A host that lacks
/// `from` is fine.
Result<void> mirror(const fs::path& from, const fs::path& to) {
    std::error_code error;
    auto status = fs::symlink_status(from, error);
    if (fs::is_directory(status)) {
        fs::create_directories(to, error);
        if (chmod(to.c_str(), 0755) != 0) return cannot_write(to);
        for (const auto& entry : fs::directory_iterator(from, error)) TRY(mirror(entry.path(), to / entry.path().filename()));
    }
    if (fs::is_symlink(status)) {
        fs::path target = fs::read_symlink(from, error);
        if (fs::read_symlink(to, error) == target) return {};
        fs::remove_all(to, error);
        if (symlink(target.c_str(), to.c_str()) != 0) return cannot_write(to);
    }
    if (!fs::is_regular_file(status)) return {};
    if ((status.permissions() & fs::perms::others_read) == fs::perms::none) return {};  // not for everybody: not for a cage
    std::ifstream in(from, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    return write_whole(to, bytes, 0444);
}

Error cannot_give(const std::string& name) {
    return fail(Code::unavailable, "a directory could not be handed to the sandbox's account; check the data directory's permissions",
                name + ": " + std::strerror(errno));
}

Result<void> change_owner_below(Descriptor dir, const Account& account) {
    struct Close {
        void operator()(DIR* stream) const { closedir(stream); }
    };
    int fd = dir.get();
    std::unique_ptr<DIR, Close> stream(fdopendir(fd));
    if (!stream) return cannot_give("a directory");
    dir.release();
    while (dirent* entry = readdir(stream.get())) {
        std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        struct stat status{};
        if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone meanwhile
        bool owned = status.st_uid == account.uid && status.st_gid == account.gid;
        if (!owned && fchownat(fd, entry->d_name, account.uid, account.gid, AT_SYMLINK_NOFOLLOW) != 0) return cannot_give(entry->d_name);
        if (!S_ISDIR(status.st_mode)) continue;
        Descriptor below(openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (below) TRY(change_owner_below(std::move(below), account));
    }
    return {};
}

}  // namespace

Result<std::optional<Account>> find_account(const std::string& run_as) {
    if (geteuid() != 0) return std::optional<Account>();
    auto account = account_named(run_as.empty() ? default_account : run_as);
    if (auto number = parse_int(run_as)) account = Account{static_cast<uid_t>(*number), static_cast<gid_t>(*number)};
    if (!account && !run_as.empty())
        return fail(Code::invalid, "the sandbox's account \"" + run_as + "\" does not exist; make it with: useradd --system " + run_as);
    if (!account) account = Account{fallback_uid, fallback_uid};
    if (account->uid == 0)
        return fail(Code::invalid, "sandboxes never run as root; name another account in the configuration, or none");
    return account;
}

Result<std::string> write_etc(const std::string& dir) {
    const std::string etc = dir + "/etc";
    for (const std::string& each : {dir, etc, etc + "/ramify", etc + "/alternatives", etc + "/ssl", etc + "/ssl/certs"}) {
        std::error_code error;
        fs::create_directories(each, error);
        if (chmod(each.c_str(), 0755) != 0) return cannot_write(each);
    }
    for (const char* path : copied_from_etc) TRY(mirror(std::string("/etc/") + path, etc + "/" + path));
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/etc", error))  // Debian keeps the settings of a Java runtime here
        if (entry.path().filename().string().starts_with("java-")) TRY(mirror(entry.path(), fs::path(etc) / entry.path().filename()));
    constexpr mode_t executable = 0555, readable = 0444;
    TRY(write_whole(etc + "/ramify/relay", relay_bytes(), executable));
    TRY(write_whole(etc + "/ramify/hold.so", hold_bytes(), readable));
    TRY(write_whole(etc + "/passwd", "root:x:0:0:root:/:/bin/sh\napp:x:1000:1000:app:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n", readable));
    TRY(write_whole(etc + "/group", "root:x:0:\napp:x:1000:\nnogroup:x:65534:\n", readable));
    TRY(write_whole(etc + "/hosts", "127.0.0.1 localhost cage\n::1 localhost\n", readable));
    TRY(write_whole(etc + "/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n", readable));
    return etc;
}

Result<void> change_owner(const std::string& path, const Account& account) {
    Descriptor top(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat status{};
    if (!top || fstat(top.get(), &status) != 0 || fchown(top.get(), account.uid, account.gid) != 0) return cannot_give(path);
    if (!S_ISDIR(status.st_mode)) return {};
    return change_owner_below(std::move(top), account);
}

}  // namespace ry::sandbox

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "base/descriptor.h"
#include "base/path.h"
#include "base/text.h"
#include "kernel/git/handle.h"
#include "kernel/git/staging.h"

namespace ry::git {
namespace {

// ---- checking

Result<void> check(const std::vector<Operation>& operations) {
    if (operations.size() > limit::operations_max)
        return fail(Code::too_large, "a version may change at most 10,000 files");
    std::set<std::string_view> paths;
    int64_t bytes = 0;
    auto error = fail(Code::unsupported, "the version cannot be made");
    for (auto& operation : operations) {
        auto wrong = [&](std::string why) { error.faults.push_back({operation.path, std::move(why)}); };
        if (!is_app_path(operation.path))
            wrong("is no path of a repository: it must be relative, normalised and outside .git");
        if (operation.action == Action::copy && !is_app_path(operation.from))
            wrong("is copied from something that is no path of a repository");
        if (!paths.insert(operation.path).second) wrong("is changed twice");
        if (int64_t(operation.content.size()) > limit::file_bytes_max) wrong("has more than 64 MiB");
        bytes += int64_t(operation.content.size());
    }
    if (bytes > limit::commit_bytes_max) return fail(Code::too_large, "a version may write at most 512 MiB");
    if (error.faults.empty()) return {};
    error.message += ": " + error.faults[0].pointer + " " + error.faults[0].detail;
    return error;
}

/// A name or address as a commit can hold it: one line, without the signs that delimit it.
std::string one_line(std::string_view text) {
    std::string out;
    for (char c : text)
        if (static_cast<unsigned char>(c) >= 0x20 && c != '<' && c != '>') out += c;
    out = trim(out);
    return out.empty() ? "unknown" : out;
}

std::string commit_bytes(const Oid& tree, const Oid& parent, const Author& author, std::string_view message) {
    auto seconds = (author.at ? author.at->us : now().us) / 1'000'000;
    auto who = one_line(author.name) + " <" + one_line(author.email) + "> " + std::to_string(seconds) + " +0000\n";
    std::string bytes = "tree " + tree.text() + "\n";
    if (!parent.is_nil()) bytes += "parent " + parent.text() + "\n";
    bytes += "author " + who + "committer " + who + "\n" + std::string(message);
    if (!message.ends_with('\n')) bytes += '\n';
    return bytes;
}

Result<void> check_message(std::string_view message) {
    if (message.size() > limit::message_bytes_max)
        return fail(Code::too_large, "a version's message may have at most 64 KiB");
    if (message.find('\0') != message.npos || !is_utf8(message))
        return fail(Code::unsupported, "a version's message must be UTF-8 text");
    return {};
}

Result<void> expect(git_repository* repository, const std::string& reference, const Oid& expected) {
    auto stands = TRY(resolve_reference(repository, reference));
    if (stands.value_or(Oid{}) != expected)
        return fail(Code::conflict, "the branch has moved meanwhile; read it again");
    return {};
}

/// Writes the commit and moves the branch. The caller holds the WriteLock.
Result<Oid> seal(git_repository* repository, Staging& staging, const std::string& reference, const Oid& parent,
                 const Oid& tree, const Author& author, std::string_view message) {
    auto made = TRY(staging.add(GIT_OBJECT_COMMIT, commit_bytes(tree, parent, author, message)));
    TRY(staging.flush());
    TRY(move_reference(repository, reference, parent, made));
    return made;
}

// ---- reading a directory without following anything

class Import {
public:
    Result<std::vector<Operation>> read(const std::string& source) {
        int folder = open(source.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
            return fail(Code::not_found, "there is no folder to import", source + ": " + std::strerror(errno));
        TRY(read_folder(folder, "", 0));
        return std::move(operations_);
    }

private:
    /// Takes `folder`.
    Result<void> read_folder(int folder, const std::string& prefix, size_t depth) {
        std::unique_ptr<DIR, int (*)(DIR*)> listing(fdopendir(folder), closedir);
        if (!listing) {
            close(folder);
            return fail(Code::unavailable, "a folder cannot be read: " + prefix, std::strerror(errno));
        }
        if (depth > path_limit::parts_max) return fail(Code::too_large, "the folders are nested more than 64 deep");
        while (auto* entry = readdir(listing.get())) {
            std::string_view name = entry->d_name;
            if (name == "." || name == ".." || name == ".git") continue;
            TRY(read_entry(dirfd(listing.get()), entry->d_name, prefix + entry->d_name, depth));
        }
        return {};
    }

    Result<void> read_entry(int folder, const char* name, const std::string& path, size_t depth) {
        struct stat info;
        if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
            return fail(Code::unavailable, "cannot read " + path, std::strerror(errno));
        if (S_ISLNK(info.st_mode)) return {};
        if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
            return fail(Code::unsupported, path + " is neither a file nor a folder; remove it first");
        int opened = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        if (opened < 0) return fail(Code::unavailable, "cannot read " + path, std::strerror(errno));
        if (S_ISDIR(info.st_mode)) return read_folder(opened, path + "/", depth + 1);
        Descriptor file(opened);
        if (!is_app_path(path)) return fail(Code::unsupported, path + " is no path that a repository may hold");
        if (info.st_size > limit::file_bytes_max) return fail(Code::too_large, path + " has more than 64 MiB");
        if ((bytes_ += info.st_size) > limit::commit_bytes_max)
            return fail(Code::too_large, "the folder has more than 512 MiB");
        if (operations_.size() == limit::operations_max)
            return fail(Code::too_large, "the folder has more than 10,000 files");
        Operation operation{.action = Action::write, .path = path, .is_executable = (info.st_mode & S_IXUSR) != 0};
        TRY(read_file(file.get(), operation.content, path));
        operations_.push_back(std::move(operation));
        return {};
    }

    static Result<void> read_file(int file, std::string& content, const std::string& path) {
        char buffer[64 * 1024];
        while (true) {
            ssize_t got = ::read(file, buffer, sizeof buffer);
            if (got == 0) return {};
            if (got < 0) return fail(Code::unavailable, "cannot read " + path, std::strerror(errno));
            content.append(buffer, size_t(got));
            if (int64_t(content.size()) > limit::file_bytes_max)
                return fail(Code::too_large, path + " has more than 64 MiB");
        }
    }

    std::vector<Operation> operations_;
    int64_t bytes_ = 0;
};

}  // namespace

Result<Oid> Repository::commit(std::string_view branch, const Oid& expected_parent,
                               const std::vector<Operation>& operations, const Author& author,
                               std::string_view message) {
    TRY(check(operations));
    TRY(check_message(message));
    auto handle = TRY(shared_->borrow());
    auto reference = TRY(reference_name(branch));
    auto lock = TRY(WriteLock::take(directory()));
    TRY(expect(handle, reference, expected_parent));
    TreeHandle base;
    if (!expected_parent.is_nil()) base = TRY(tree_at(handle, expected_parent));
    auto staging = TRY(Staging::begin(handle));
    auto tree = TRY(staging.tree(base, operations));
    return seal(handle, staging, reference, expected_parent, tree, author, message);
}

Result<Oid> Repository::commit_tree(std::string_view branch, const Oid& expected_parent, const Oid& tree_of,
                                    const Author& author, std::string_view message) {
    TRY(check_message(message));
    auto handle = TRY(shared_->borrow());
    auto reference = TRY(reference_name(branch));
    auto lock = TRY(WriteLock::take(directory()));
    TRY(expect(handle, reference, expected_parent));
    auto tree = TRY(tree_at(handle, tree_of));
    auto staging = TRY(Staging::begin(handle));
    return seal(handle, staging, reference, expected_parent, oid_of(*git_tree_id(tree.get())), author, message);
}

Result<Oid> Repository::commit_directory(std::string_view branch, const Oid& expected_parent, const std::string& source,
                                         const Author& author, std::string_view message) {
    auto operations = TRY(Import().read(source));
    TRY(check_message(message));
    auto handle = TRY(shared_->borrow());
    auto reference = TRY(reference_name(branch));
    auto lock = TRY(WriteLock::take(directory()));
    TRY(expect(handle, reference, expected_parent));
    auto staging = TRY(Staging::begin(handle));
    auto tree = TRY(staging.tree(TreeHandle(), operations));
    return seal(handle, staging, reference, expected_parent, tree, author, message);
}

}  // namespace ry::git

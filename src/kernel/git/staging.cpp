#include "kernel/git/staging.h"

#include <fcntl.h>
#include <git2/sys/odb_backend.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <thread>

#include "base/descriptor.h"

namespace ry::git {
namespace {

/// Up to here objects become files of their own, synced together; more become one pack. Many packs make reading slow.
constexpr size_t loose_objects_max = 128;
constexpr size_t sync_threads_max =
    16;  // fsyncs that wait together are answered together: one commit of the file system's journal

constexpr uint32_t folder_mode = GIT_FILEMODE_TREE;

struct Item {
    uint32_t mode = 0;
    Oid oid;
};

/// What the operations do to one name of a folder: to the file of that name, and to files below it.
struct Change {
    const Operation* operation = nullptr;
    Item item;  ///< write and copy: what stands here afterwards
    std::map<std::string, Change, std::less<>> below;
};

/// Folders sort as if their names ended in "/" (git's tree format).
bool sorts_before(const std::pair<std::string, Item>& a, const std::pair<std::string, Item>& b) {
    auto name = [](auto& entry) { return entry.second.mode == folder_mode ? entry.first + "/" : entry.first; };
    return name(a) < name(b);
}

std::string tree_bytes(std::vector<std::pair<std::string, Item>> entries) {
    std::ranges::sort(entries, sorts_before);
    std::string bytes;
    char mode[16];
    for (auto& [name, item] : entries) {
        bytes.append(mode, size_t(std::snprintf(mode, sizeof mode, "%o ", item.mode)));
        bytes += name;
        bytes += '\0';
        bytes.append(reinterpret_cast<const char*>(item.oid.bytes.data()), item.oid.bytes.size());
    }
    return bytes;
}

Error wrong(const Operation& operation, std::string why) {
    auto error = fail(Code::unsupported, operation.path + " " + why);
    error.faults.push_back({operation.path, std::move(why)});
    return error;
}

std::optional<Item> item_at(git_tree* tree, std::string_view path) {
    TreeEntryHandle entry;
    if (!tree || receive(entry, git_tree_entry_bypath, tree, std::string(path).c_str())) return {};
    return Item{uint32_t(git_tree_entry_filemode_raw(entry.get())), oid_of(*git_tree_entry_id(entry.get()))};
}
bool is_file(const Item& item) {
    return item.mode == GIT_FILEMODE_BLOB || item.mode == GIT_FILEMODE_BLOB_EXECUTABLE || item.mode == 0100664;
}

/// Builds the new trees from the leaves up; only folders that change are read.
class Builder {
public:
    Builder(git_repository* repository, Staging& staging) : repository_(repository), staging_(staging) {}

    /// The folder's new item; absent when it is empty.
    Result<std::optional<Item>> folder(const Oid& base, const std::map<std::string, Change, std::less<>>& changes) {
        auto entries = TRY(entries_of(base));
        for (auto& [name, change] : changes) {
            auto known = entries.find(name);
            auto old = known == entries.end() ? std::nullopt : std::optional(known->second);
            auto fresh = TRY(changed(old, change));
            if (fresh)
                entries[name] = *fresh;
            else
                entries.erase(name);
        }
        if (entries.empty()) return std::optional<Item>();
        return std::optional(
            Item{folder_mode, TRY(staging_.add(GIT_OBJECT_TREE, tree_bytes({entries.begin(), entries.end()})))});
    }

private:
    /// What stands at a name afterwards.
    Result<std::optional<Item>> changed(const std::optional<Item>& old, const Change& change) {
        bool was_folder = old && old->mode == folder_mode;
        auto* operation = change.operation;
        if (operation && operation->action == Action::remove && (!old || was_folder))
            return wrong(*operation, "is not there, so it cannot be removed");
        auto below = was_folder ? old : std::nullopt;
        if (!change.below.empty()) below = TRY(folder(was_folder ? old->oid : Oid{}, change.below));
        bool is_written = operation && operation->action != Action::remove;
        if (is_written && below) return wrong(*operation, "cannot be a file: a folder of this name has files");
        if (is_written) return std::optional(change.item);
        bool file_stays = old && !was_folder && !operation;
        if (below && file_stays) return wrong(*first_below(change), "needs a folder where a file stands");
        return below ? below : file_stays ? old : std::nullopt;
    }
    static const Operation* first_below(const Change& change) {
        auto& next = change.below.begin()->second;
        return next.operation ? next.operation : first_below(next);
    }

    Result<std::map<std::string, Item>> entries_of(const Oid& base) {
        std::map<std::string, Item> entries;
        if (base.is_nil()) return entries;
        TreeHandle tree;
        auto id = raw(base);
        if (int status = receive(tree, git_tree_lookup, repository_, &id))
            return git_error(status, "a folder of the version cannot be read");
        for (size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
            auto* entry = git_tree_entry_byindex(tree.get(), i);
            entries[git_tree_entry_name(entry)] = {uint32_t(git_tree_entry_filemode_raw(entry)),
                                                   oid_of(*git_tree_entry_id(entry))};
        }
        return entries;
    }

    git_repository* repository_;
    Staging& staging_;
};

std::string deflated(std::string_view bytes) {
    uLongf size = compressBound(bytes.size());
    std::string out(size, '\0');
    compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(),
              Z_BEST_SPEED);
    out.resize(size);
    return out;
}

void append_object(std::string& pack, git_object_t type, const std::string& bytes) {
    size_t size = bytes.size();
    unsigned char head = static_cast<unsigned char>(int(type) << 4 | int(size & 15));
    for (size >>= 4; size; size >>= 7) {
        pack += char(head | 0x80);
        head = static_cast<unsigned char>(size & 0x7f);
    }
    pack += char(head);
    pack += deflated(bytes);
}

bool write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t put = write(file, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        bytes.remove_prefix(size_t(put));
    }
    return true;
}

/// fsync of all files, side by side. False with errno set when one fails.
bool sync_together(const std::vector<Descriptor>& files) {
    std::atomic<size_t> next = 0;
    std::atomic<int> reason = 0;
    auto sync = [&] {
        for (size_t i; (i = next++) < files.size();)
            if (fsync(files[i].get()) < 0) reason = errno;
    };
    {
        std::vector<std::jthread> threads;
        for (size_t i = 1; i < std::min(files.size(), sync_threads_max); ++i) threads.emplace_back(sync);
        sync();
    }
    errno = reason;
    return reason == 0;
}

/// Feeds a pack to libgit2 piece by piece, with the SHA-1 of everything at its end.
class PackWriter {
public:
    ~PackWriter() {
        if (writer_) writer_->free(writer_);
        EVP_MD_CTX_free(digest_);
    }
    int open(git_odb* odb) {
        EVP_DigestInit_ex(digest_, EVP_sha1(), nullptr);
        return git_odb_write_pack(&writer_, odb, nullptr, nullptr);
    }
    int append(const std::string& bytes) {
        EVP_DigestUpdate(digest_, bytes.data(), bytes.size());
        return writer_->append(writer_, bytes.data(), bytes.size(), &progress_);
    }
    int finish() {
        unsigned char sum[20];
        EVP_DigestFinal_ex(digest_, sum, nullptr);
        int status = writer_->append(writer_, sum, sizeof sum, &progress_);
        return status ? status : writer_->commit(writer_, &progress_);
    }

private:
    git_odb_writepack* writer_ = nullptr;
    git_indexer_progress progress_{};
    EVP_MD_CTX* digest_ = EVP_MD_CTX_new();
};

}  // namespace

Result<Staging> Staging::begin(git_repository* repository) {
    OdbHandle odb;
    if (int status = receive(odb, git_repository_odb, repository))
        return git_error(status, "the repository cannot be written");
    return Staging(repository, std::move(odb));
}

Result<Oid> Staging::add(git_object_t type, std::string bytes) {
    git_oid id;
    if (int status = git_odb_hash(&id, bytes.data(), bytes.size(), type))
        return git_error(status, "a file cannot be hashed");
    auto oid = oid_of(id);
    if (!objects_.contains(oid) && !git_odb_exists_ext(odb_.get(), &id, GIT_ODB_LOOKUP_NO_REFRESH))
        objects_.emplace(oid, Object{type, std::move(bytes)});
    return oid;
}

Result<Oid> Staging::tree(const TreeHandle& base, const std::vector<Operation>& operations) {
    Change root;
    for (auto& operation : operations) {
        auto* place = &root;
        for (std::string_view rest = operation.path; !rest.empty();) {
            size_t slash = rest.find('/');
            place = &place->below[std::string(rest.substr(0, slash))];
            rest = slash == rest.npos ? std::string_view() : rest.substr(slash + 1);
        }
        place->operation = &operation;
        auto old = item_at(base.get(), operation.path);
        if (operation.action == Action::write) {
            bool was_executable = old && old->mode == GIT_FILEMODE_BLOB_EXECUTABLE;
            bool is_executable = old && is_file(*old) ? was_executable : operation.is_executable;
            place->item = {uint32_t(is_executable ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB),
                           TRY(add(GIT_OBJECT_BLOB, operation.content))};
        } else if (operation.action == Action::copy) {
            auto from = item_at(base.get(), operation.from);
            if (!from || !is_file(*from))
                return wrong(operation, "cannot be copied: \"" + operation.from + "\" is not a file of the version");
            place->item = *from;
        }
    }
    auto base_oid = base ? oid_of(*git_tree_id(base.get())) : Oid{};
    auto made = TRY(Builder(repository_, *this).folder(base_oid, root.below));
    return made ? made->oid : add(GIT_OBJECT_TREE, "");
}

Result<void> Staging::flush() { return objects_.size() <= loose_objects_max ? write_each() : write_pack(); }

/// Loose objects (git's Documentation/gitformat-loose): zlib of "<type> <size>\0<bytes>" in objects/ab/cdef…. First all
/// of them under temporary names, which are synced; then the names, and the folders are synced.
Result<void> Staging::write_each() {
    std::string objects = git_repository_path(repository_) + std::string("objects");
    std::vector<Descriptor> files;
    std::vector<std::pair<std::string, std::string>> renames;
    std::set<std::string> folders = {objects};
    auto failed = [&](std::string_view doing) {
        int reason = errno;
        for (auto& [temporary, final] : renames) unlink(temporary.c_str());
        std::string message =
            reason == ENOSPC || reason == EDQUOT
                ? "the version cannot be written: the disk is full; free some space in the data directory"
                : "the version cannot be written";
        return fail(Code::unavailable, std::move(message), std::string(doing) + ": " + std::strerror(reason));
    };
    for (auto& [oid, object] : objects_) {
        auto name = oid.text();
        auto folder = objects + "/" + name.substr(0, 2), temporary = objects + "/tmp_obj_XXXXXX";
        files.emplace_back(mkostemp(temporary.data(), O_CLOEXEC));
        if (!files.back().is_open()) return failed("create");
        renames.emplace_back(temporary, folder + "/" + name.substr(2));
        folders.insert(std::move(folder));
        auto bytes = std::string(git_object_type2string(object.type)) + " " + std::to_string(object.bytes.size()) +
                     '\0' + object.bytes;
        if (!write_all(files.back().get(), deflated(bytes)) || fchmod(files.back().get(), 0444) < 0)
            return failed("write");
    }
    if (!sync_together(files)) return failed("fsync");
    files.clear();
    for (auto& folder : folders)
        if (mkdir(folder.c_str(), 0755) < 0 && errno != EEXIST) return failed("mkdir");
    for (auto& [temporary, final] : renames)
        if (rename(temporary.c_str(), final.c_str()) < 0) return failed("rename");
    for (auto& folder : folders) files.emplace_back(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!sync_together(files)) return failed("fsync");
    return {};
}

/// The pack format: git's Documentation/gitformat-pack. libgit2 checks it, builds the index and syncs both.
Result<void> Staging::write_pack() {
    PackWriter pack;
    auto count = uint32_t(objects_.size());
    int status = pack.open(odb_.get());
    if (!status)
        status = pack.append(
            {'P', 'A', 'C', 'K', 0, 0, 0, 2, char(count >> 24), char(count >> 16), char(count >> 8), char(count)});
    for (auto object = objects_.begin(); !status && object != objects_.end(); ++object) {
        std::string bytes;
        append_object(bytes, object->second.type, object->second.bytes);
        status = pack.append(bytes);
    }
    if (!status) status = pack.finish();
    if (status) return git_error(status, "the version cannot be written");
    return {};
}

}  // namespace ry::git

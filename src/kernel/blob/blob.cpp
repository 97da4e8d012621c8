#include "kernel/blob/blob.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sodium.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/descriptor.h"
#include "base/text.h"

// On the disk: <root>/ab/cdef… (the key in hex, after its first byte), and <root>/incoming/ for blobs on their way in.

namespace ry::blob {
namespace {

constexpr int64_t left_over_seconds = 24 * 60 * 60;  // a put that takes longer than a day is dead
constexpr std::string_view incoming = "/incoming";

Error disk_error(std::string_view doing, const std::string& path) {
    int reason = errno;
    std::string message = "the file could not be " + std::string(doing);
    if (reason == ENOSPC || reason == EDQUOT)
        message += ": the disk is full; free some space in the data directory, then try again";
    else if (reason == EACCES || reason == EROFS)
        message += ": the data directory is not writable; look at its permissions";
    else
        message += "; look at the server's log, then try again";
    return fail(Code::unavailable, std::move(message), path + ": " + std::strerror(reason));
}

std::string folder_of(const std::string& root, const Key& key) { return root + "/" + key.text().substr(0, 2); }
std::string path_of(const std::string& root, const Key& key) {
    return folder_of(root, key) + "/" + key.text().substr(2);
}

bool sync_folder(const std::string& path) {
    Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder.is_open() && fsync(folder.get()) == 0;
}

/// False with errno.
bool write_all(const Descriptor& file, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        bytes.remove_prefix(size_t(put));
    }
    return true;
}

/// A running SHA-256.
class Hash {
public:
    Hash() { crypto_hash_sha256_init(&state_); }
    void add(std::string_view bytes) {
        crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    }
    Key key() {
        Key key;
        crypto_hash_sha256_final(&state_, key.bytes.data());
        return key;
    }

private:
    crypto_hash_sha256_state state_;
};

/// Calls `see` for every entry of a folder but "." and "..".
Result<void> each_entry(const std::string& path, const std::function<Result<void>(const char* name, int folder)>& see) {
    std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(path.c_str()), closedir);
    if (!listing) return disk_error("listed", path);
    while (auto* entry = readdir(listing.get())) {
        std::string_view name = entry->d_name;
        if (name != "." && name != "..") TRY(see(entry->d_name, dirfd(listing.get())));
    }
    return {};
}

Result<void> remove_left_overs(const std::string& folder) {
    return each_entry(folder, [](const char* name, int in) -> Result<void> {
        struct stat info;
        bool is_old =
            fstatat(in, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_mtime < time(nullptr) - left_over_seconds;
        if (is_old) unlinkat(in, name, 0);
        return {};
    });
}

Result<Descriptor> open_blob(const std::string& root, const Key& key) {
    auto path = path_of(root, key);
    Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file.is_open() && errno == ENOENT) return fail(Code::not_found, "there is no such file any more");
    if (!file.is_open()) return disk_error("read", path);
    return file;
}

/// A file that shares what the other one takes of the disk; false where there is no way.
bool share(const Descriptor& blob, const std::string& blob_path, const std::string& path) {
    {
        Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
        if (!file.is_open()) return false;
        if (ioctl(file.get(), FICLONE, blob.get()) == 0) return true;
    }
    unlink(path.c_str());
    return link(blob_path.c_str(), path.c_str()) == 0;
}

}  // namespace

std::string Key::text() const { return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }

std::optional<Key> Key::parse(std::string_view text) {
    auto raw = text.size() == 64 ? unhex(text) : std::nullopt;
    if (!raw || raw->size() != 32) return {};
    Key key;
    std::ranges::copy(*raw, reinterpret_cast<char*>(key.bytes.data()));
    return key;
}

Key key_of(std::string_view bytes) {
    Hash hash;
    hash.add(bytes);
    return hash.key();
}

// ---- on the way in

class Writer::State {
public:
    State(std::string root, std::string path, Descriptor file)
        : root_(std::move(root)), path_(std::move(path)), file_(std::move(file)) {}
    ~State() {
        if (!path_.empty()) unlink(path_.c_str());
    }

    Result<void> write(std::string_view bytes) {
        if (size_bytes_ + int64_t(bytes.size()) > limit::blob_bytes_max)
            return fail(Code::too_large, "a file may have at most 16 GiB");
        hash_.add(bytes);
        size_bytes_ += int64_t(bytes.size());
        if (!write_all(file_, bytes)) return disk_error("stored", path_);
        return {};
    }

    Result<Put> finish() {
        auto key = hash_.key();
        auto folder = folder_of(root_, key), path = path_of(root_, key);
        struct stat known;
        if (stat(path.c_str(), &known) == 0 && known.st_size == size_bytes_) {
            utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // it was put again: not old
            return Put{key, size_bytes_, true};
        }
        if (fchmod(file_.get(), 0444) < 0 || fsync(file_.get()) < 0) return disk_error("stored", path_);
        bool is_new_folder = mkdir(folder.c_str(), 0755) == 0;
        if (!is_new_folder && errno != EEXIST) return disk_error("stored", folder);
        if (rename(path_.c_str(), path.c_str()) < 0) return disk_error("stored", path);
        path_.clear();
        if (!sync_folder(folder) || (is_new_folder && !sync_folder(root_))) return disk_error("stored", folder);
        return Put{key, size_bytes_, false};
    }

private:
    std::string root_, path_;  // path_ empty: nothing to clean up
    Descriptor file_;
    Hash hash_;
    int64_t size_bytes_ = 0;
};

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;
Writer::~Writer() = default;
Result<void> Writer::write(std::string_view bytes) { return state_->write(bytes); }
Result<Put> Writer::finish() { return state_->finish(); }

// ---- the store

Result<Store> Store::open(const std::string& root) {
    for (auto& folder : {root, root + std::string(incoming)})
        if (mkdir(folder.c_str(), 0755) < 0 && errno != EEXIST) return disk_error("stored", folder);
    TRY(remove_left_overs(root + std::string(incoming)));
    return Store(root);
}

Result<Writer> Store::writer() const {
    auto path = root_ + std::string(incoming) + "/XXXXXX";
    Descriptor file(mkostemp(path.data(), O_CLOEXEC));
    if (!file.is_open()) return disk_error("stored", path);
    return Writer(std::make_unique<Writer::State>(root_, std::move(path), std::move(file)));
}

Result<Put> Store::put(std::string_view bytes) const {
    auto incoming_blob = TRY(writer());
    TRY(incoming_blob.write(bytes));
    return incoming_blob.finish();
}

Result<void> Store::read(const Key& key, const std::function<Result<void>(std::string_view chunk)>& each) const {
    auto file = TRY(open_blob(root_, key));
    Hash hash;
    std::string buffer(limit::chunk_bytes, '\0');
    while (true) {
        ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return disk_error("read", path_of(root_, key));
        if (got == 0) break;
        std::string_view chunk(buffer.data(), size_t(got));
        hash.add(chunk);
        TRY(each(chunk));
    }
    if (hash.key() != key)
        return fail(Code::bug, "the stored file is damaged; restore it from a backup", path_of(root_, key));
    return {};
}

Result<void> Store::place(const Key& key, const std::string& path) const {
    auto blob = TRY(open_blob(root_, key));
    bool is_shared = share(blob, path_of(root_, key), path);
    Descriptor file;
    if (!is_shared) file = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
    if (!is_shared && !file.is_open()) return disk_error("written", path);
    auto written = read(key, [&](std::string_view chunk) -> Result<void> {
        if (is_shared || write_all(file, chunk)) return {};
        return disk_error("written", path);
    });
    if (!written) unlink(path.c_str());
    return written;
}

Result<std::string> Store::read(const Key& key) const {
    auto size = TRY(size_bytes(key));
    if (!size) return fail(Code::not_found, "there is no such file any more");
    if (*size > limit::whole_bytes_max)
        return fail(Code::too_large, "the file has more than 256 MiB; read it in parts");
    std::string bytes;
    bytes.reserve(size_t(*size));
    TRY(read(key, [&](std::string_view chunk) -> Result<void> {
        bytes += chunk;
        return {};
    }));
    return bytes;
}

Result<std::string> Store::read_range(const Key& key, int64_t offset, int64_t length) const {
    if (offset < 0 || length < 0)
        return fail(Code::unsupported, "a range begins at 0 or later and has a length of 0 or more");
    if (length > limit::whole_bytes_max)
        return fail(Code::too_large, "a range may have at most 256 MiB; read it in parts");
    auto file = TRY(open_blob(root_, key));
    struct stat info;
    if (fstat(file.get(), &info) < 0) return disk_error("read", path_of(root_, key));
    auto wanted = std::clamp<int64_t>(info.st_size - offset, 0, length);
    std::string bytes(size_t(wanted), '\0');
    for (int64_t done = 0; done < wanted;) {
        ssize_t got = pread(file.get(), bytes.data() + done, size_t(wanted - done), offset + done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return disk_error("read", path_of(root_, key));
        if (got == 0) return bytes.substr(0, size_t(done));
        done += got;
    }
    return bytes;
}

Result<std::optional<int64_t>> Store::size_bytes(const Key& key) const {
    struct stat info;
    auto path = path_of(root_, key);
    if (stat(path.c_str(), &info) == 0) return std::optional<int64_t>(info.st_size);
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<int64_t>();
    return disk_error("read", path);
}

Result<void> Store::remove(const Key& key) const {
    auto path = path_of(root_, key);
    if (unlink(path.c_str()) < 0 && errno != ENOENT && errno != ENOTDIR) return disk_error("removed", path);
    return {};
}

Result<void> Store::each(const std::function<Result<void>(const Listed&)>& see) const {
    return each_entry(root_, [&](const char* folder, int) -> Result<void> {
        std::string first = folder;
        if (first.size() != 2) return {};
        return each_entry(root_ + "/" + first, [&](const char* name, int in) -> Result<void> {
            auto key = Key::parse(first + name);
            struct stat info;
            if (!key || fstatat(in, name, &info, AT_SYMLINK_NOFOLLOW) < 0) return {};
            return see({*key, info.st_size, info.st_mtime});
        });
    });
}

}  // namespace ry::blob

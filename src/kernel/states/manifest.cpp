#include "kernel/states/manifest.h"

#include <fcntl.h>
#include <fts.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sodium.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "base/descriptor.h"
#include "base/text.h"
#include "kernel/states/disk.h"

namespace ry::states {
namespace {

constexpr double heat_half_life_us = 24.0 * 3600 * 1e6;
constexpr int64_t block_bytes = 512;  // stat(2): the unit of st_blocks
constexpr int64_t entry_bytes = 128;  // about what a file system needs for a name and an inode
constexpr size_t extents_at_once = 64;
constexpr size_t extents_max = 100'000;  // of one file: 1.6 MiB of memory; a file in more pieces counts as its own
constexpr size_t buffer_bytes = 1024 * 1024;

using Hash = std::array<uint64_t, 2>;

Hash hash_of(std::string_view bytes) {
    static const uint8_t key[crypto_shorthash_siphashx24_KEYBYTES] = {};
    Hash hash{};
    crypto_shorthash_siphashx24(reinterpret_cast<uint8_t*>(hash.data()), reinterpret_cast<const uint8_t*>(bytes.data()),
                                bytes.size(), key);
    return hash;
}

/// A digest of a set: the sum of its members' hashes, so the order of the walk does not matter.
class SetDigest {
public:
    void add(std::string_view member) {
        Hash hash = hash_of(member);
        sum_[0] += hash[0], sum_[1] += hash[1];
    }
    std::string text() const { return hex({reinterpret_cast<const char*>(sum_.data()), sizeof sum_}); }

private:
    Hash sum_{};
};

using Visit = std::function<Result<void>(const FTSENT& entry, const std::string& path)>;

/// Calls `visit` for everything below `tree` and for itself, with the path below it.
Result<void> walk(const std::string& tree, const Visit& visit) {
    char* roots[] = {const_cast<char*>(tree.c_str()), nullptr};
    std::unique_ptr<FTS, int (*)(FTS*)> walk(fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, nullptr), fts_close);
    if (!walk) return cannot_use(tree);
    errno = 0;
    while (FTSENT* entry = fts_read(walk.get())) {
        if (entry->fts_info == FTS_DP) continue;
        if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) {
            errno = entry->fts_errno;
            return cannot_use(entry->fts_path);
        }
        TRY(visit(*entry, std::string(entry->fts_path + tree.size(), entry->fts_pathlen - tree.size())));
        errno = 0;
    }
    if (errno != 0) return cannot_use(tree);
    return {};
}

void add_entry(SetDigest& digest, const FTSENT& entry, const std::string& path) {
    const struct stat& status = *entry.fts_statp;
    std::string member = path + '\0' + std::to_string(status.st_mode);
    if (S_ISREG(status.st_mode))
        member += ' ' + std::to_string(status.st_size) + ' ' + std::to_string(status.st_mtim.tv_sec) + '.' +
                  std::to_string(status.st_mtim.tv_nsec);
    if (S_ISLNK(status.st_mode)) {
        char target[PATH_MAX];
        ssize_t size = readlink(entry.fts_path, target, sizeof target);
        member.append(" -> ").append(target, static_cast<size_t>(std::max<ssize_t>(size, 0)));
    }
    digest.add(member);
}

struct Extent {
    uint64_t begin, end;  // on the device, in bytes
};

/// Where the bytes of a file lie, in the order of the device; absent when the file system does not say. Bytes without a
/// place yet (delayed, or inside the metadata) have the extent [0, n).
std::optional<std::vector<Extent>> extents_of(const std::string& path) {
    Descriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file) return {};
    alignas(fiemap) char memory[sizeof(fiemap) + extents_at_once * sizeof(fiemap_extent)];
    auto& map = *reinterpret_cast<fiemap*>(memory);
    std::vector<Extent> all;
    for (uint64_t from = 0;;) {
        memset(memory, 0, sizeof memory);
        map.fm_start = from;
        map.fm_length = FIEMAP_MAX_OFFSET - from;
        map.fm_extent_count = extents_at_once;
        if (ioctl(file.get(), FS_IOC_FIEMAP, &map) != 0 || all.size() > extents_max) return {};
        for (uint32_t i = 0; i < map.fm_mapped_extents; ++i) {
            const fiemap_extent& extent = map.fm_extents[i];
            bool has_place = !(extent.fe_flags & (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DATA_INLINE));
            uint64_t begin = has_place ? extent.fe_physical : 0;
            all.push_back({begin, begin + extent.fe_length});
            from = extent.fe_logical + extent.fe_length;
            if (extent.fe_flags & FIEMAP_EXTENT_LAST) map.fm_mapped_extents = 0;
        }
        if (map.fm_mapped_extents == 0) break;
    }
    std::ranges::sort(all, {}, &Extent::begin);
    return all;
}

/// The bytes of `mine` that also belong to `theirs`; both are in the order of the device.
int64_t bytes_in_both(const std::vector<Extent>& mine, const std::vector<Extent>& theirs) {
    uint64_t sum = 0;
    for (size_t i = 0, j = 0; i < mine.size() && j < theirs.size();) {
        uint64_t begin = std::max(mine[i].begin, theirs[j].begin), end = std::min(mine[i].end, theirs[j].end);
        if (begin < end && mine[i].begin != 0) sum += end - begin;
        mine[i].end < theirs[j].end ? ++i : ++j;
    }
    return static_cast<int64_t>(sum);
}

/// What a file on a file system with reflinks shares with the one at the same place in the tree that it came from.
int64_t shared_bytes_of(const FTSENT& entry, const std::string& parent_path) {
    const struct stat& status = *entry.fts_statp;
    struct stat parent{};
    if (lstat(parent_path.c_str(), &parent) != 0 || !S_ISREG(parent.st_mode)) return 0;
    bool unchanged = parent.st_size == status.st_size && parent.st_mtim.tv_sec == status.st_mtim.tv_sec &&
                     parent.st_mtim.tv_nsec == status.st_mtim.tv_nsec;
    if (unchanged) return status.st_blocks * block_bytes;
    auto mine = extents_of(entry.fts_path), theirs = extents_of(parent_path);
    return mine && theirs ? std::min(bytes_in_both(*mine, *theirs), int64_t{status.st_blocks} * block_bytes) : 0;
}

Result<void> drop_set_user_id(const FTSENT& entry) {
    struct stat& status = *entry.fts_statp;
    if (S_ISLNK(status.st_mode) || !(status.st_mode & (S_ISUID | S_ISGID))) return {};
    status.st_mode &= ~static_cast<mode_t>(S_ISUID | S_ISGID);
    if (chmod(entry.fts_path, status.st_mode & 07777) != 0) return cannot_use(entry.fts_path);
    return {};
}

}  // namespace

const Fields& Manifest::fields() {
    using S = Manifest;
    static const Field table[] = {
        field("format", &S::format, ""),
        field("key", &S::key, ""),
        field("id", &S::id, ""),
        field("files", &S::files, ""),
        field("content_bytes", &S::content_bytes, ""),
        field("structure", &S::structure, ""),
        field("rebuild_ms", &S::rebuild_ms, ""),
        field("made", &S::made, ""),
        field("boot", &S::boot, ""),
    };
    static const Fields all{"Manifest", table};
    return all;
}

const Fields& Charge::fields() {
    using S = Charge;
    static const Field table[] = {
        field("own_bytes", &S::own_bytes, ""),
        field("shared_bytes", &S::shared_bytes, ""),
        field("parent", &S::parent, ""),
    };
    static const Fields all{"Charge", table};
    return all;
}

double Use::heat_at(int64_t us) const {
    return heat * std::exp2(-static_cast<double>(std::max<int64_t>(us - used_us, 0)) / heat_half_life_us);
}

std::optional<Use> read_use(int fd) {
    Use use;
    if (pread(fd, &use, sizeof use, 0) != static_cast<ssize_t>(sizeof use)) return {};
    return use;
}

/// Two that note at once may count as one: it is a hint for eviction.
void note_use(int fd) {
    Use use = read_use(fd).value_or(Use{});
    int64_t us = now().us;
    use.heat = use.heat_at(us) + 1;
    use.uses += 1;
    use.used_us = us;
    (void)!pwrite(fd, &use, offsetof(Use, retained_us), 0);
}

void note_retained(int fd, Time until) { (void)!pwrite(fd, &until.us, sizeof until.us, offsetof(Use, retained_us)); }

Result<Measured> measure(const std::string& tree) {
    Measured sum;
    SetDigest digest;
    TRY(walk(tree, [&](const FTSENT& entry, const std::string& path) -> Result<void> {
        if (S_ISREG(entry.fts_statp->st_mode)) sum.files += 1, sum.content_bytes += entry.fts_statp->st_size;
        add_entry(digest, entry, path);
        return {};
    }));
    sum.structure = digest.text();
    return sum;
}

Result<Measured> measure_new(const std::string& tree, const std::string& parent_tree, bool has_reflinks) {
    Measured sum;
    SetDigest digest;
    TRY(walk(tree, [&](const FTSENT& entry, const std::string& path) -> Result<void> {
        TRY(drop_set_user_id(entry));
        const struct stat& status = *entry.fts_statp;
        int64_t bytes = status.st_blocks * block_bytes, shared = 0;
        if (S_ISREG(status.st_mode)) {
            sum.files += 1, sum.content_bytes += status.st_size;
            if (parent_tree.empty())
                bytes /= static_cast<int64_t>(status.st_nlink);  // links within the tree
            else if (status.st_nlink > 1)
                shared = bytes;
            else if (has_reflinks)
                shared = std::min(shared_bytes_of(entry, parent_tree + path), bytes);
        }
        sum.own_bytes += bytes - shared + entry_bytes;
        sum.shared_bytes += shared;
        add_entry(digest, entry, path);
        return {};
    }));
    sum.structure = digest.text();
    return sum;
}

Result<std::string> digest_contents(const Op& op, const std::string& tree) {
    SetDigest digest;
    std::vector<char> buffer(buffer_bytes);
    TRY(walk(tree, [&](const FTSENT& entry, const std::string& path) -> Result<void> {
        TRY(op.still_wanted());
        if (!S_ISREG(entry.fts_statp->st_mode)) return {};
        Descriptor file(open(entry.fts_path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
        if (!file) return cannot_use(entry.fts_path);
        crypto_generichash_state state;  // BLAKE2b
        crypto_generichash_init(&state, nullptr, 0, crypto_generichash_BYTES);
        for (;;) {
            ssize_t got = read(file.get(), buffer.data(), buffer.size());
            if (got < 0) return cannot_use(entry.fts_path);
            if (got == 0) break;
            crypto_generichash_update(&state, reinterpret_cast<const uint8_t*>(buffer.data()),
                                      static_cast<size_t>(got));
            TRY(op.still_wanted());
        }
        uint8_t hash[crypto_generichash_BYTES];
        crypto_generichash_final(&state, hash, sizeof hash);
        digest.add(path + '\0' + std::string(reinterpret_cast<char*>(hash), sizeof hash));
        return {};
    }));
    return digest.text();
}

}  // namespace ry::states

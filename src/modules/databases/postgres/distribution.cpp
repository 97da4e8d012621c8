#include "modules/databases/postgres/distribution.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/descriptor.h"
#include "base/text.h"
#include "modules/databases/postgres/images.h"

namespace ry::databases {
namespace {

namespace fs = std::filesystem;

constexpr int depth_max = 32;       // of directories in a distribution; real ones have 6
constexpr int levels_searched = 3;  // package/native/bin
constexpr size_t entries_searched_max = 1'000;
constexpr size_t links_file_bytes_max = 1 << 20;
constexpr int64_t archive_mb_max = 1'024;
constexpr int64_t unpack_ms_max = 300'000;

Error cannot_read(const std::string& path) {
    return fail(Code::unavailable, "a file of the PostgreSQL distribution cannot be read; check its permissions",
                path + ": " + std::strerror(errno));
}

Error cannot_write(const std::string& path) {
    return fail(Code::unavailable,
                "the PostgreSQL distribution cannot be copied; check space and permissions of the data directory",
                path + ": " + std::strerror(errno));
}

Error refused(const std::string& path, const std::string& why) {
    return fail(Code::invalid, "this is no usable PostgreSQL distribution: " + path + " " + why);
}

struct CloseDir {
    void operator()(DIR* dir) const { closedir(dir); }
};

/// The names in a directory, sorted; `dir` stays open.
Result<std::vector<std::string>> names_in(int dir, const std::string& path) {
    int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::unique_ptr<DIR, CloseDir> stream(again < 0 ? nullptr : fdopendir(again));
    if (!stream) {
        if (again >= 0) close(again);
        return cannot_read(path);
    }
    std::vector<std::string> names;
    while (dirent* entry = readdir(stream.get())) {
        std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    return names;
}

Result<std::string> link_target(int dir, const std::string& name, const std::string& path) {
    char target[4096];
    ssize_t size = readlinkat(dir, name.c_str(), target, sizeof target);
    if (size < 0) return cannot_read(path);
    return std::string(target, static_cast<size_t>(size));
}

// ---- hashing

class Hash {
public:
    Hash() { crypto_generichash_init(&state_, nullptr, 0, size); }
    /// With its length before it, so that no two sequences of words hash alike.
    void word(std::string_view text) {
        uint64_t length = text.size();
        bytes(&length, sizeof length);
        bytes(text.data(), text.size());
    }
    void bytes(const void* data, size_t count) {
        crypto_generichash_update(&state_, static_cast<const unsigned char*>(data), count);
    }
    std::string hex_digits() {
        std::string digest(size, '\0');
        crypto_generichash_final(&state_, reinterpret_cast<unsigned char*>(digest.data()), size);
        return hex(digest);
    }

private:
    static constexpr size_t size = 32;
    crypto_generichash_state state_;
};

Result<void> hash_file(Hash& hash, int dir, const std::string& name, const std::string& path, int64_t size) {
    Descriptor file(openat(dir, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file) return cannot_read(path);
    hash.word(std::to_string(size));
    std::vector<char> buffer(1 << 18);
    for (int64_t left = size; left > 0;) {
        ssize_t got = read(file.get(), buffer.data(), buffer.size());
        if (got < 0) return cannot_read(path);
        if (got == 0 || got > left)
            return fail(Code::conflict, "the PostgreSQL distribution changes while it is read; try again", path);
        hash.bytes(buffer.data(), static_cast<size_t>(got));
        left -= got;
    }
    return {};
}

Result<void> hash_tree(const Op& op, Hash& hash, Descriptor dir, const std::string& path, int depth) {
    if (!dir) return cannot_read(path);
    if (depth > depth_max) return refused(path, "has too many directories in each other");
    TRY(op.still_wanted());
    for (const std::string& name : TRY(names_in(dir.get(), path))) {
        std::string below = path + "/" + name;
        struct stat status{};
        if (fstatat(dir.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return cannot_read(below);
        hash.word(name);
        if (S_ISLNK(status.st_mode)) {
            hash.word("link");
            hash.word(TRY(link_target(dir.get(), name, below)));
        } else if (S_ISDIR(status.st_mode)) {
            hash.word("directory");
            TRY(hash_tree(op, hash,
                          Descriptor(openat(dir.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)),
                          below, depth + 1));
            hash.word("end");
        } else if (S_ISREG(status.st_mode)) {
            hash.word("file");
            TRY(hash_file(hash, dir.get(), name, below, status.st_size));
        }
    }
    return {};
}

// ---- copying what is not trusted

struct Copying {
    const Op& op;
    int64_t bytes_left = image_limit::bytes_max, files_left = image_limit::files_max;
};

/// True when a link at `place` ("lib/a/b"), read word by word, does not leave the distribution.
bool stays_inside(const std::string& place, const std::string& target) {
    if (target.empty() || target.front() == '/') return false;
    auto depth = std::ranges::count(place, '/');
    for (std::string_view word : split(target, '/')) {
        if (word == "..")
            --depth;
        else if (word != "." && !word.empty())
            ++depth;
        if (depth < 0) return false;
    }
    return true;
}

/// By reference where the file system can, else by bytes, also between file systems.
ssize_t copy_some(int from, int to, size_t count) {
    ssize_t copied = copy_file_range(from, nullptr, to, nullptr, count, 0);
    bool cannot = copied < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP);
    return cannot ? sendfile(to, from, nullptr, count) : copied;
}

Result<void> copy_file(Copying& copying, int from, int to, const std::string& name, const struct stat& status,
                       const std::string& place) {
    copying.bytes_left -= status.st_size;
    if (copying.bytes_left < 0) return fail(Code::too_large, "the PostgreSQL distribution is larger than 2 GiB");
    Descriptor in(openat(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!in) return cannot_read(place);
    mode_t mode = status.st_mode & S_IXUSR ? 0755 : 0644;
    Descriptor out(openat(to, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!out || fchmod(out.get(), mode) != 0) return cannot_write(place);
    for (int64_t left = status.st_size; left > 0;) {
        ssize_t copied = copy_some(in.get(), out.get(), static_cast<size_t>(left));
        if (copied < 0) return cannot_write(place);
        if (copied == 0)
            return fail(Code::conflict, "the PostgreSQL distribution changes while it is copied; try again", place);
        left -= copied;
    }
    return {};
}

Result<void> copy_tree(Copying& copying, Descriptor from, Descriptor to, const std::string& place, int depth) {
    if (!from) return cannot_read(place);
    if (!to) return cannot_write(place);
    if (depth > depth_max) return refused(place, "has too many directories in each other");
    TRY(copying.op.still_wanted());
    for (const std::string& name : TRY(names_in(from.get(), place))) {
        std::string below = place + "/" + name;
        if (--copying.files_left < 0)
            return fail(Code::too_large, "the PostgreSQL distribution has more than " +
                                             std::to_string(image_limit::files_max) + " files");
        struct stat status{};
        if (fstatat(from.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return cannot_read(below);
        if (S_ISREG(status.st_mode)) {
            TRY(copy_file(copying, from.get(), to.get(), name, status, below));
        } else if (S_ISDIR(status.st_mode)) {
            if (mkdirat(to.get(), name.c_str(), 0755) != 0) return cannot_write(below);
            constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
            TRY(copy_tree(copying, Descriptor(openat(from.get(), name.c_str(), flags)),
                          Descriptor(openat(to.get(), name.c_str(), flags)), below, depth + 1));
        } else if (S_ISLNK(status.st_mode)) {
            std::string target = TRY(link_target(from.get(), name, below));
            if (!stays_inside(below, target)) return refused(below, "is a link that leads outside, to " + target);
            if (symlinkat(target.c_str(), to.get(), name.c_str()) != 0) return cannot_write(below);
        } else {
            return refused(below, "is neither a file nor a directory nor a link");
        }
    }
    return {};
}

/// Reads [{"source": "native/lib/libpq.so.5.17", "target": "native/lib/libpq.so"}, …]: what npm, which keeps no links,
/// leaves out.
Result<void> make_left_out_links(const std::string& from, const std::string& to) {
    std::ifstream file(from + "/pg-symlinks.json", std::ios::binary);
    if (!file) return {};
    std::string text(links_file_bytes_max, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(file.gcount()));
    boost::system::error_code error;
    boost::json::value document = boost::json::parse(text, error);
    if (error || !document.is_array()) return refused("pg-symlinks.json", "is not a JSON list");
    constexpr std::string_view top = "native/";
    for (const boost::json::value& each : document.get_array()) {
        const auto* link = each.if_object();
        const auto* source = link ? link->if_contains("source") : nullptr;
        const auto* target = link ? link->if_contains("target") : nullptr;
        if (!source || !target || !source->is_string() || !target->is_string())
            return refused("pg-symlinks.json", "has an entry without source and target");
        std::string existing(source->get_string()), made(target->get_string());
        if (!existing.starts_with(top) || !made.starts_with(top))
            return refused("pg-symlinks.json", "names a file outside of native/");
        existing.erase(0, top.size()), made.erase(0, top.size());
        fs::path link_path = fs::path(made).lexically_normal(),
                 relative = fs::path(existing).lexically_relative(link_path.parent_path());
        if (!stays_inside(made, relative) || link_path.is_absolute() || *link_path.begin() == "..")
            return refused("pg-symlinks.json", "leads outside, to " + existing);
        std::string path = to + "/" + link_path.string();
        if (symlink(relative.c_str(), path.c_str()) != 0 && errno != EEXIST) return cannot_write(path);
    }
    return {};
}

bool has_programs(const std::string& dir) {
    auto is_program = [](const std::string& path) {
        struct stat status{};
        return lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
    };
    return is_program(dir + "/bin/postgres") && is_program(dir + "/bin/initdb");
}

std::string machine_name(uint16_t machine) {
    switch (machine) {
        case EM_X86_64:
            return "x86-64";
        case EM_AARCH64:
            return "ARM 64";
        case EM_386:
            return "32-bit x86";
        case EM_ARM:
            return "32-bit ARM";
        case EM_PPC64:
            return "POWER";
        case EM_S390:
            return "IBM Z";
        case EM_RISCV:
            return "RISC-V";
        default:
            return "machine " + std::to_string(machine);
    }
}

/// e_machine of an ELF file of this machine's byte order; 0 when it is none.
uint16_t machine_of(const std::string& program) {
    Descriptor file(open(program.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    Elf64_Ehdr header{};
    constexpr size_t needed = offsetof(Elf64_Ehdr, e_version);
    if (!file || read(file.get(), &header, needed) != static_cast<ssize_t>(needed)) return 0;
    return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 ? header.e_machine : 0;
}

}  // namespace

std::vector<std::string> host_bin_dirs() {
    std::vector<std::string> found;
    auto add = [&](const fs::path& dir) {
        std::error_code error;
        fs::path postgres = fs::canonical(dir / "postgres", error);
        if (error || access((postgres.parent_path() / "initdb").c_str(), X_OK) != 0) return;
        std::string real = postgres.parent_path();
        if (std::ranges::find(found, real) == found.end()) found.push_back(std::move(real));
    };
    std::error_code ignored;
    for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored)) add(version.path() / "bin");
    for (const auto& version : fs::directory_iterator("/usr", ignored))
        if (version.path().filename().string().starts_with("pgsql-")) add(version.path() / "bin");
    add("/usr/local/pgsql/bin");
    if (const char* path = std::getenv("PATH"))
        for (std::string_view dir : split(path, ':'))
            if (dir.starts_with('/')) add(dir);
    return found;
}

std::vector<std::string> trees_of(const std::string& bin_dir) {
    fs::path top = fs::path(bin_dir).parent_path();
    std::vector<std::string> trees;
    auto add_first = [&](std::initializer_list<fs::path> paths) {
        std::error_code error;
        for (const fs::path& path : paths)
            if (fs::is_directory(path, error)) return trees.push_back(path);
    };
    // A prefix like /usr/local is shared: its bin is looked at for the two programs only (digest_of takes files too).
    bool is_shared = top == "/usr" || top == "/usr/local";
    if (is_shared)
        trees = {bin_dir + "/postgres", bin_dir + "/initdb"};
    else
        trees = {bin_dir};
    add_first(is_shared ? std::initializer_list<fs::path>{top / "lib/postgresql"}
                        : std::initializer_list<fs::path>{top / "lib", top / "lib64"});
    // Debian: /usr/lib/postgresql/15/bin and /usr/share/postgresql/15
    bool is_debian = top.parent_path() == "/usr/lib/postgresql";
    if (is_debian)
        add_first({fs::path("/usr/share/postgresql") / top.filename()});
    else
        add_first({is_shared ? top / "share/postgresql" : top / "share"});
    return trees;
}

namespace {

std::optional<LookedAt> looked_at_now(const std::string& path, bool& is_directory) {
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0) return {};
    is_directory = S_ISDIR(status.st_mode);
    return LookedAt{path, static_cast<int64_t>(status.st_ino), status.st_size,
                    int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

/// `path` and what lies below it, in the order of the names.
void look(std::vector<LookedAt>& seen, const std::string& path, bool with_files, int depth) {
    bool is_directory = false;
    auto now = looked_at_now(path, is_directory);
    if (!now || depth > depth_max || (!is_directory && !with_files && depth > 0)) return;
    seen.push_back(*std::move(now));
    if (!is_directory) return;
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
        if (with_files || entry->is_directory(error)) names.push_back(entry->path().filename());
    std::ranges::sort(names);
    for (const std::string& name : names) look(seen, path + "/" + name, with_files, depth + 1);
}

}  // namespace

std::string fingerprint(const std::vector<std::string>& trees) {
    std::vector<LookedAt> seen;
    for (const std::string& tree : trees) look(seen, tree, true, 0);
    Hash hash;
    for (const LookedAt& one : seen) {
        hash.word(one.path);
        int64_t facts[] = {one.bytes, one.changed_ns, one.inode};
        hash.bytes(facts, sizeof facts);
    }
    return hash.hex_digits();
}

std::vector<LookedAt> look_at(const std::vector<std::string>& trees) {
    std::vector<LookedAt> seen;
    for (const std::string& tree : trees) look(seen, tree, false, 0);
    return seen;
}

bool are_unchanged(const std::vector<LookedAt>& looked_at) {
    bool is_directory = false;
    return !looked_at.empty() && std::ranges::all_of(looked_at, [&](const LookedAt& one) {
        return looked_at_now(one.path, is_directory) == one;
    });
}

Result<std::string> digest_of(const Op& op, const std::vector<std::string>& trees) {
    Hash hash;
    hash.word("PostgreSQL distribution 1");
    for (const std::string& tree : trees) {
        struct stat status{};
        if (stat(tree.c_str(), &status) != 0) return cannot_read(tree);
        hash.word("tree");
        if (S_ISDIR(status.st_mode))
            TRY(hash_tree(op, hash, Descriptor(open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), tree, 0));
        else
            TRY(hash_file(hash, AT_FDCWD, tree, tree, status.st_size));
    }
    return hash.hex_digits();
}

Result<std::string> find_distribution(const std::string& dir) {
    std::vector<std::pair<std::string, int>> rest = {{dir, 0}};
    for (size_t i = 0; i < rest.size() && i < entries_searched_max; ++i) {
        auto [path, level] = rest[i];
        if (has_programs(path)) return path;
        if (level == levels_searched) continue;
        std::error_code error;
        for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
            if (entry->symlink_status(error).type() == fs::file_type::directory)
                rest.emplace_back(entry->path(), level + 1);
    }
    return fail(Code::invalid,
                "there is no PostgreSQL in it: bin/postgres and bin/initdb are looked for at its top and up to three "
                "directories below",
                dir);
}

Result<void> copy_distribution(const Op& op, const std::string& from, const std::string& to) {
    Copying copying{op};
    if (mkdir(to.c_str(), 0755) != 0) return cannot_write(to);
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    for (const std::string name : {"bin", "lib", "share"}) {
        std::string target = to + "/" + name;
        if (mkdir(target.c_str(), 0755) != 0) return cannot_write(target);
        TRY(copy_tree(copying, Descriptor(open((from + "/" + name).c_str(), flags)),
                      Descriptor(open(target.c_str(), flags)), name, 0));
    }
    return make_left_out_links(from, to);
}

Result<void> check_machine(const std::string& program) {
    uint16_t theirs = machine_of(program), ours = machine_of(fs::canonical("/proc/self/exe").string());
    if (theirs == 0) return refused("bin/postgres", "is not a program of Linux");
    if (theirs == ours) return {};
    return fail(Code::unsupported, "this PostgreSQL is built for " + machine_name(theirs) + ", and this machine is " +
                                       machine_name(ours) + "; take the build for it");
}

Result<void> unpack(const Op& op, sandbox::Sandbox& sandbox, const std::string& archive, const std::string& to) {
    std::error_code error;
    if (fs::file_size(archive, error) > static_cast<uintmax_t>(archive_mb_max << 20) || error)
        return error ? cannot_read(archive) : fail(Code::too_large, "the archive is larger than 1 GiB");
    std::string unpacked = to + "/unpacked", copy = to + "/archive";
    fs::create_directories(unpacked, error);
    // A copy that the cage's account may read, whatever the original allows.
    fs::copy_file(archive, copy, error);
    if (error)
        return fail(Code::unavailable, "the archive cannot be copied; check space and permissions",
                    archive + ": " + error.message());
    TRY(sandbox.give(copy));
    TRY(sandbox.give(unpacked));
    sandbox::Cage cage{.program = "tar",
                       .arguments = {"--extract", "--file", "/archive", "--directory", "/unpacked", "--no-same-owner",
                                     "--no-same-permissions"}};
    cage.read_only = {{copy, "/archive"}};
    cage.writable = {{unpacked, "/unpacked"}};
    cage.cpu_ms_max = cage.wall_ms_max = unpack_ms_max;
    cage.disk_mb_max = image_limit::bytes_max >> 20;
    cage.file_mb_max = cage.disk_mb_max;
    sandbox::Outcome ran = TRY(sandbox.run(op, cage));
    if (ran.ended == sandbox::Ended::by_disk)
        return fail(Code::too_large, "the archive unpacks to more than 2 GiB, or the disk is full");
    if (ran.succeeded()) return {};
    std::string_view words = trim(ran.err);
    return fail(Code::invalid,
                "the archive cannot be unpacked; tar says: " + std::string(words.substr(0, words.find('\n'))), ran.err);
}

}  // namespace ry::databases

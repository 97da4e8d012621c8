#include "cli/database_ref.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <variant>

#include "base/text.h"
#include "cli/terminal.h"

namespace ry::cli {
namespace {

using databases::script::Digest;
using databases::script::Files;
using databases::script::joined_path;

constexpr size_t links_max = 40;  // followed on the way to one file, as the kernel does
constexpr int64_t lfs_pointer_bytes_max = 1024;

Result<void> read_disk(const std::string& path, const std::function<bool(std::string_view piece)>& take) {
    std::ifstream file(path, std::ios::binary);
    std::string piece(256 << 10, '\0');
    while (file.read(piece.data(), std::streamsize(piece.size())) || file.gcount() > 0)
        if (!take(std::string_view(piece).substr(0, size_t(file.gcount())))) return {};
    if (file.eof()) return {};
    return fail(Code::unsupported, path + " cannot be read to its end; see whether it is still there");
}

/// The files of this machine; with `root`, only those below it.
class DiskFiles final : public Files {
public:
    explicit DiskFiles(std::string root = "") : root_(std::move(root)) {}
    Kind kind(const std::string& path) override {
        if (!path.starts_with(root_)) return Kind::outside;
        struct stat about{};
        if (::stat(path.c_str(), &about) != 0) return errno == EACCES ? Kind::unreadable : Kind::missing;
        if (S_ISDIR(about.st_mode)) return Kind::directory;
        if (!S_ISREG(about.st_mode)) return Kind::other;
        return ::access(path.c_str(), R_OK) == 0 ? Kind::file : Kind::unreadable;
    }
    std::string reason(const std::string& path) override {
        return path.starts_with(root_)
                   ? ""
                   : "is not among the files of the commit; write a path relative to the working directory";
    }
    Result<void> read(const std::string& path, const std::function<bool(std::string_view piece)>& take) override {
        return read_disk(path, take);
    }
    Result<std::vector<std::string>> list(const std::string& path) override {
        std::vector<std::string> names;
        std::error_code error;
        for (auto& entry : std::filesystem::directory_iterator(path, error))
            names.push_back(entry.path().filename().string() + (entry.is_directory(error) ? "/" : ""));
        if (error)
            return fail(Code::unsupported, path + " cannot be listed; see whether it may be read", error.message());
        return names;
    }

private:
    const std::string root_;
};

/// What a pointer of Git LFS stands for: its hash is the SHA-256 of the content, so a key needs no more.
std::optional<Digest> lfs_digest(std::string_view content) {
    if (!content.starts_with("version https://git-lfs.github.com/spec/")) return {};
    Digest digest;
    for (std::string_view line : split(content, '\n')) {
        if (line.starts_with("oid sha256:")) digest.sha256 = line.substr(11);
        if (line.starts_with("size ")) digest.bytes = uint64_t(parse_int(line.substr(5)).value_or(0));
    }
    return digest.sha256.size() == 64 && unhex(digest.sha256) ? std::optional(digest) : std::nullopt;
}

struct Scratch {
    std::string path;
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

std::string short_oid(const git::Oid& oid) { return oid.text().substr(0, 10); }

}  // namespace

InputPlace disk_place() {
    return {.files = std::make_shared<DiskFiles>(),
            .working_dir = std::filesystem::current_path().string(),
            .commit = {},
            .scratch = {}};
}

// ---- a commit's files

struct CommitFiles::Found {
    Kind kind = Kind::missing;
    git::Oid oid;
    std::string reason = {};
    std::optional<Digest> lfs = {};  ///< of a pointer: what it stands for
};

struct CommitFiles::Inside {
    git::Checkout checkout;
    git::Oid commit;
    std::map<std::string, Found> found;  ///< what was looked for
    std::map<git::Oid, Digest> digests;

    /// The path in the commit, links followed; or why there is none.
    Found look(const std::string& path) {
        std::string rest = path;
        for (size_t links = 0; links <= links_max; ++links) {
            if (rest != checkout.root() && !rest.starts_with(checkout.root() + "/"))
                return {.kind = Kind::outside,
                        .oid = {},
                        .reason = links ? "is a link that leads out of the repository, so no commit has its content; "
                                          "copy the file into the repository"
                                        : "is outside of the repository, so no commit has it; copy it into the "
                                          "repository, or leave --ref out"};
            auto next = step(rest);
            if (!next)
                return {.kind = Kind::unreadable,
                        .oid = {},
                        .reason = "cannot be read at this commit: " + next.error().message};
            if (auto* done = std::get_if<Found>(&*next)) return *std::move(done);
            rest = std::get<std::string>(*std::move(next));
        }
        return {.kind = Kind::unreadable, .oid = {}, .reason = "leads through more than 40 links; mend them"};
    }

    /// What stands there; or the path that the first link on the way makes of it.
    Result<std::variant<Found, std::string>> step(const std::string& path) {
        std::string inner = path == checkout.root() ? "" : path.substr(checkout.root().size() + 1);
        for (size_t slash = 0; slash != std::string::npos;) {
            slash = inner.find('/', slash ? slash + 1 : 0);
            std::string part = inner.substr(0, slash);
            auto item = TRY(checkout.find(commit, part));
            if (!item) return Found{.kind = Kind::missing, .oid = {}, .reason = missing(path)};
            if (item->kind == git::TreeItem::Kind::submodule)
                return Found{
                    .kind = Kind::unreadable,
                    .oid = {},
                    .reason =
                        "is in the submodule " + part +
                        ", whose files are in another repository; leave --ref out, or copy the files into this one"};
            if (item->kind == git::TreeItem::Kind::symlink) {
                std::string target = TRY(checkout.read(item->oid));
                std::string folder =
                    checkout.root() + "/" + part.substr(0, part.rfind('/') == std::string::npos ? 0 : part.rfind('/'));
                return joined_path(folder, target) + (slash == std::string::npos ? "" : inner.substr(slash));
            }
            if (slash != std::string::npos) continue;
            if (item->kind == git::TreeItem::Kind::folder) return Found{.kind = Kind::directory, .oid = item->oid};
            Found file{.kind = Kind::file, .oid = item->oid};
            if (TRY(checkout.size_of(item->oid)) <= lfs_pointer_bytes_max)
                file.lfs = lfs_digest(TRY(checkout.read(item->oid)));
            return file;
        }
        return Found{};
    }

    std::string missing(const std::string& path) const {
        bool is_on_disk = ::access(path.c_str(), F_OK) == 0;
        return "does not exist at commit " + short_oid(commit) +
               (is_on_disk ? "; it is in the working directory: commit it, or leave --ref out"
                           : "; correct the name, or choose another --ref");
    }
};

CommitFiles::CommitFiles(git::Checkout checkout, git::Oid commit)
    : inside_(new Inside{std::move(checkout), commit, {}, {}}) {}
CommitFiles::~CommitFiles() = default;

const CommitFiles::Found& CommitFiles::found(const std::string& path) {
    auto known = inside_->found.find(path);
    if (known == inside_->found.end()) known = inside_->found.emplace(path, inside_->look(path)).first;
    return known->second;
}

Files::Kind CommitFiles::kind(const std::string& path) { return found(path).kind; }
std::string CommitFiles::reason(const std::string& path) { return found(path).reason; }

Result<void> CommitFiles::read(const std::string& path, const std::function<bool(std::string_view piece)>& take) {
    const Found& file = found(path);
    if (file.kind != Kind::file)
        return fail(Code::not_found, path + " " + (file.reason.empty() ? "is no file" : file.reason));
    if (file.lfs) {
        std::string kept = inside_->checkout.lfs_object(file.lfs->sha256);
        if (::access(kept.c_str(), R_OK) == 0) return read_disk(kept, take);
        return fail(Code::not_found, "it is kept by Git LFS and has not been fetched; run `git lfs fetch origin " +
                                         short_oid(inside_->commit) + "`");
    }
    (void)take(TRY(inside_->checkout.read(file.oid)));
    return {};
}

Result<Digest> CommitFiles::digest(const std::string& path) {
    const Found& file = found(path);
    if (file.lfs) return *file.lfs;
    if (auto known = inside_->digests.find(file.oid); known != inside_->digests.end()) return known->second;
    Digest digest = TRY(Files::digest(path));
    inside_->digests.emplace(file.oid, digest);
    return digest;
}

Result<std::vector<std::string>> CommitFiles::list(const std::string& path) {
    const Found& folder = found(path);
    if (folder.kind != Kind::directory) return fail(Code::not_found, path + " is no folder at this commit");
    std::vector<std::string> names;
    for (const git::TreeItem& item : TRY(inside_->checkout.list(folder.oid))) {
        bool is_folder =
            item.kind == git::TreeItem::Kind::folder ||
            (item.kind == git::TreeItem::Kind::symlink && kind(joined_path(path, item.name)) == Kind::directory);
        names.push_back(item.name + (is_folder ? "/" : ""));
    }
    return names;
}

// ---- places

Result<RefMode> read_ref_mode(const std::string& text) {
    if (text.empty() || text == "blob") return RefMode::blob;
    if (text == "worktree") return RefMode::worktree;
    return fail(Code::invalid,
                "--ref-mode must be blob, which writes nothing, or worktree, which writes the commit's files for "
                "programs that need them");
}

Result<InputPlace> place_at(const std::string& folder, const std::string& revision, RefMode mode) {
    auto checkout = TRY(git::Checkout::find(folder));
    git::Oid commit = TRY(checkout.commit_of(revision));
    auto files = std::make_shared<CommitFiles>(checkout, commit);
    if (files->kind(folder) != Files::Kind::directory)
        return fail(Code::not_found, "the folder " + folder + " is not there at " + one_line(revision) + " (" +
                                         short_oid(commit) + "); go to one that is");
    AtCommit at{checkout, revision, commit};
    if (mode == RefMode::blob)
        return InputPlace{.files = files, .working_dir = folder, .commit = at, .scratch = {}, .is_on_disk = false};
    auto scratch = std::make_shared<Scratch>();
    std::string pattern = (std::filesystem::temp_directory_path() / "ramify-ref-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
        return fail(Code::unsupported, "no directory can be made in " +
                                           std::filesystem::temp_directory_path().string() +
                                           "; see that it is writable and has room");
    scratch->path = pattern;
    TRY(checkout.write_files(commit, scratch->path));
    std::string inner = folder.substr(checkout.root().size());
    return InputPlace{.files = std::make_shared<DiskFiles>(scratch->path),
                      .working_dir = scratch->path + inner,
                      .commit = at,
                      .scratch = scratch};
}

}  // namespace ry::cli

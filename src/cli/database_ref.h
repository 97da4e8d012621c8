#pragma once
// Where the inputs of steps are read: in the working directory, or in a commit (`--ref`), whose objects are read
// without a checkout.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/git/checkout.h"
#include "modules/databases/script/files.h"

namespace ry::cli {

/// The commit that inputs come from.
struct AtCommit {
    git::Checkout checkout;
    std::string revision;  ///< as it was given
    git::Oid commit;
};

struct InputPlace {
    std::shared_ptr<databases::script::Files> files;
    std::string working_dir;         ///< absolute; names of inputs are relative to it
    std::optional<AtCommit> commit;  ///< with --ref
    std::shared_ptr<void> scratch;   ///< files that were written for --ref-mode worktree; they go with it
    bool is_on_disk = true;          ///< `working_dir` is a directory that a program can be started in
};

/// The working directory of this process.
InputPlace disk_place();

enum class RefMode {
    blob,      ///< objects are read where they are, and nothing is written
    worktree,  ///< the commit's files are written to a directory of their own, for programs that need real ones
};
/// The same folder in a commit of the repository that `folder` (absolute) lies in. Code::not_found when the revision,
/// or the folder in it, is not there.
Result<InputPlace> place_at(const std::string& folder, const std::string& revision, RefMode mode);
/// "blob" or "worktree"; Code::invalid otherwise.
Result<RefMode> read_ref_mode(const std::string& text);

/// The files of a commit as paths below the repository's own folder. Links inside the repository are followed; content
/// that Git LFS keeps is read from its store. Filters of .gitattributes other than LFS are not applied.
class CommitFiles final : public databases::script::Files {
public:
    CommitFiles(git::Checkout checkout, git::Oid commit);
    ~CommitFiles();
    Kind kind(const std::string& path) override;
    std::string reason(const std::string& path) override;
    Result<void> read(const std::string& path, const std::function<bool(std::string_view piece)>& take) override;
    Result<databases::script::Digest> digest(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& path) override;

private:
    struct Found;
    const Found& found(const std::string& path);
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace ry::cli

#pragma once
// How a version is recorded: the commit stands on a git branch of its own first, the transaction names it, and then the
// chat branch's git branch moves to it.
#include "modules/apps/apps.h"

namespace ry::apps {

struct Apps::NewVersion {
    VersionId id;
    App app;
    BranchId branch;
    std::optional<VersionId> expected_head;  ///< given: the branch moves from here to the new version; absent: it stays
    std::optional<VersionId> parent;
    std::string commit;
    std::optional<MessageId> message;
    std::optional<VariantId> variant;
    std::optional<VersionId> restored_from;
    std::string title;
    std::string author;
    int64_t files_changed = 0;
    bool is_restart = false;  ///< what runs of the branch shall begin anew
};

/// "chat/branch_…"
std::string git_branch(BranchId branch);
/// Keeps the commit of a version reachable that no branch of the chat descends from: the version of a variant that is not shown, or
/// what a branch left behind.
Result<void> keep_commit(git::Repository& repository, git::Oid commit);
/// Makes or moves the git branch; nothing when it stands there already. What it leaves is kept.
Result<void> move_git_branch(git::Repository& repository, BranchId branch, const std::string& commit);
/// Deletes the git branch; where it stood is kept.
Result<void> delete_git_branch(git::Repository& repository, BranchId branch);
/// Who a commit names: the person, or the server.
git::Author author_of(const Op& op);

}  // namespace ry::apps

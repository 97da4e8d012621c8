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
};

/// "chat/branch_…"
std::string git_branch(BranchId branch);
/// Makes or moves the git branch; nothing when it stands there already.
Result<void> move_git_branch(git::Repository& repository, BranchId branch, const std::string& commit);
/// Who a commit names: the person, or the server.
git::Author author_of(const Op& op);

}  // namespace ry::apps

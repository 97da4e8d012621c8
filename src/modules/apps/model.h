#pragma once
// Apps and versions as the API shows them.
#include "base/fields.h"
#include "kernel/git/git.h"
#include "kernel/op/op.h"
#include "modules/chats/ids.h"

namespace ry::apps {

using chats::AppId;
using chats::BranchId;
using chats::ChatId;
using chats::GenerationId;
using chats::MessageId;
using chats::VariantId;
using chats::VersionId;

constexpr size_t name_bytes_max = 100;

struct App {
    AppId id;
    std::string name;
    std::string template_name;
    std::optional<ProjectId> project_id;
    ChatId chat_id;
    BranchId branch_id;
    std::optional<VersionId> current_version_id;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = App;
        static const Field table[] = {
            field("id", &S::id, "Which app."),
            field("name", &S::name, "Its name."),
            field("template", &S::template_name, "The template that it was made from."),
            field("project_id", &S::project_id, "The project that it belongs to."),
            field("chat_id", &S::chat_id, "The chat in which it is changed."),
            field("branch_id", &S::branch_id, "The chat's main branch."),
            field("current_version_id", &S::current_version_id, "What the main branch shows."),
            field("created_at", &S::created_at, "When it was created."),
            field("updated_at", &S::updated_at, "When it last changed."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"App", table};
        return all;
    }
};

struct Version {
    VersionId id;
    AppId app_id;
    BranchId branch_id;
    int64_t number = 0;
    std::string commit;
    std::optional<VersionId> parent_id;
    std::optional<MessageId> message_id;
    std::optional<VariantId> variant_id;
    std::string title;
    std::optional<std::string> note;
    bool is_favorite = false;
    std::optional<VersionId> restored_from_id;
    std::string author;
    int64_t files_changed = 0;
    Time created_at;
    static const Fields& fields() {
        using S = Version;
        static const Field table[] = {
            field("id", &S::id, "Which version."),
            field("app_id", &S::app_id, "Its app."),
            field("branch_id", &S::branch_id, "The branch that it was made on."),
            field("number", &S::number, "Counts the app's versions from 1."),
            field("commit", &S::commit, "The git commit."),
            field("parent_id", &S::parent_id, "The version that it changed."),
            field("message_id", &S::message_id, "The answer that made it."),
            field("variant_id", &S::variant_id, "The variant of the answer that made it."),
            field("title", &S::title, "What it does."),
            field("note", &S::note, "What a person noted."),
            field("is_favorite", &S::is_favorite, "Whether a person marked it."),
            field("restored_from_id", &S::restored_from_id, "The version that it restored."),
            field("author", &S::author, "Who made it: a person, or a model."),
            field("files_changed", &S::files_changed, "How many files it changed."),
            field("created_at", &S::created_at, "When it was made."),
        };
        static const Fields all{"Version", table};
        return all;
    }
};

struct File {
    std::string path;
    git::EntryKind kind = git::EntryKind::file;
    int64_t size = 0;
    static const Fields& fields() {
        using S = File;
        static const Field table[] = {
            field("path", &S::path, "Where it lies."),
            field("kind", &S::kind, "What it is."),
            field("size", &S::size, "Its bytes."),
        };
        static const Fields all{"File", table};
        return all;
    }
};

struct Files {
    VersionId version_id;
    std::vector<File> items;
    std::optional<std::string> next_cursor;
    static const Fields& fields() {
        using S = Files;
        static const Field table[] = {
            field("version_id", &S::version_id, "The version whose files they are."),
            field("items", &S::items, "All of its files, by path."),
            field("next_cursor", &S::next_cursor, "Always absent: the list is complete."),
        };
        static const Fields all{"Files", table};
        return all;
    }
};

struct FileChange {
    std::string path;
    std::string old_path;
    git::FileStatus status = git::FileStatus::modified;
    int64_t additions = 0;
    int64_t deletions = 0;
    bool is_binary = false;
    bool is_truncated = false;
    std::string patch;
    static const Fields& fields() {
        using S = FileChange;
        static const Field table[] = {
            field("path", &S::path, "Where the file lies afterwards; a deleted one, where it lay."),
            field("old_path", &S::old_path, "Where it lay before."),
            field("status", &S::status, "What happened to it."),
            field("additions", &S::additions, "Lines added."),
            field("deletions", &S::deletions, "Lines deleted."),
            field("is_binary", &S::is_binary, "Whether it is not text; it then has no patch."),
            field("is_truncated", &S::is_truncated, "Whether the patch was cut at a limit."),
            field("patch", &S::patch, "Unified diff."),
        };
        static const Fields all{"FileChange", table};
        return all;
    }
};

struct Diff {
    std::optional<VersionId> from;
    VersionId to;
    std::vector<FileChange> files;
    static const Fields& fields() {
        using S = Diff;
        static const Field table[] = {
            field("from", &S::from, "The version before; absent when it is the first."),
            field("to", &S::to, "The version after."),
            field("files", &S::files, "The files that differ, by path."),
        };
        static const Fields all{"Diff", table};
        return all;
    }
};

struct Template {
    std::string name;
    std::string title;
    std::string description;
    std::vector<std::string> stack;
    static const Fields& fields() {
        using S = Template;
        static const Field table[] = {
            field("name", &S::name, "How to name it when an app is created."),
            field("title", &S::title, "What people read."),
            field("description", &S::description, "What it is good for."),
            field("stack", &S::stack, "What it is made of."),
        };
        static const Fields all{"Template", table};
        return all;
    }
};

DECLARE_ID(PreviewId, "preview");

enum class PreviewStatus { queued, installing, starting, ready, asleep, failed, stopped };
constexpr std::array<std::string_view, 7> names_of(PreviewStatus) {
    return {"queued", "installing", "starting", "ready", "asleep", "failed", "stopped"};
}
/// It runs, or is on its way to.
constexpr bool is_up(PreviewStatus status) { return status <= PreviewStatus::ready; }

struct Preview {
    PreviewId id;
    AppId app_id;
    std::optional<BranchId> branch_id;
    VersionId version_id;
    PreviewStatus status = PreviewStatus::queued;
    std::string url;
    std::optional<std::string> error;
    Time created_at;
    std::optional<Time> ready_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Preview;
        static const Field table[] = {
            field("id", &S::id, "Which preview."),
            field("app_id", &S::app_id, "Its app."),
            field("branch_id", &S::branch_id, "The branch that it follows; absent when it shows one version."),
            field("version_id", &S::version_id, "The version that it shows."),
            field("status", &S::status, "How far it is."),
            field("url", &S::url, "Where it runs: an origin of its own."),
            field("error", &S::error, "Why it failed and what to do."),
            field("created_at", &S::created_at, "When it was created."),
            field("ready_at", &S::ready_at, "When it first answered."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"Preview", table};
        return all;
    }
};

/// How far a branch's database is.
enum class DatabaseStatus {
    making,  ///< it is being brought to the version that the branch shows
    ready,
    failed,       ///< a migration does not run
    unavailable,  ///< there is none to be had now
};
constexpr std::array<std::string_view, 4> names_of(DatabaseStatus) {
    return {"making", "ready", "failed", "unavailable"};
}

struct BranchDatabase {
    BranchId branch_id;
    AppId app_id;
    std::optional<VersionId> version_id;
    std::optional<BranchId> from_branch_id;
    std::optional<std::string> instance_id;
    DatabaseStatus status = DatabaseStatus::making;
    std::optional<std::string> error;
    Time created_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = BranchDatabase;
        static const Field table[] = {
            field("branch_id", &S::branch_id, "Whose it is; also the name of its instance."),
            field("app_id", &S::app_id, "The app."),
            field("version_id", &S::version_id, "The version whose data it has; absent until it was made."),
            field("from_branch_id", &S::from_branch_id, "The branch that it was forked from."),
            field("instance_id", &S::instance_id, "The instance: see GET /api/v1/database_instances."),
            field("status", &S::status, "How far it is."),
            field("error", &S::error, "Why it is not ready and what to do."),
            field("created_at", &S::created_at, "When it was created."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"BranchDatabase", table};
        return all;
    }
};

// ---- rows that only the service sees

struct OwnedBranch {
    OrganizationId organization_id;
    BranchId branch_id;
    static const Fields& fields() {
        using S = OwnedBranch;
        static const Field table[] = {field("organization_id", &S::organization_id, ""),
                                      field("branch_id", &S::branch_id, "")};
        static const Fields all{"OwnedBranch", table};
        return all;
    }
};

/// A branch's database, and what it shall be.
struct BranchDatabaseWork {
    BranchId branch_id;
    AppId app_id;
    ChatId chat_id;
    std::string template_name;
    std::optional<VersionId> version_id;
    std::optional<BranchId> from_branch_id;
    std::optional<std::string> becoming_ref;
    std::optional<std::string> instance_id;
    DatabaseStatus status = DatabaseStatus::making;
    VersionId head_version_id;
    std::string head_commit;
    static const Fields& fields() {
        using S = BranchDatabaseWork;
        static const Field table[] = {
            field("branch_id", &S::branch_id, ""),
            field("app_id", &S::app_id, ""),
            field("chat_id", &S::chat_id, ""),
            field("template", &S::template_name, ""),
            field("version_id", &S::version_id, ""),
            field("from_branch_id", &S::from_branch_id, ""),
            field("becoming_ref", &S::becoming_ref, ""),
            field("instance_id", &S::instance_id, ""),
            field("status", &S::status, ""),
            field("head_version_id", &S::head_version_id, ""),
            field("head_commit", &S::head_commit, ""),
        };
        static const Fields all{"BranchDatabaseWork", table};
        return all;
    }
};

/// Data to begin with: what a branch's database has now, or what was kept of it.
struct DataSource {
    VersionId version_id;
    BranchId branch_id;
    std::optional<std::string> ref;
    int64_t changes =
        0;  ///< of the row of what a database has now: more whenever its data may have become another version's
    static const Fields& fields() {
        using S = DataSource;
        static const Field table[] = {field("version_id", &S::version_id, ""), field("branch_id", &S::branch_id, ""),
                                      field("ref", &S::ref, ""), field("changes", &S::changes, "")};
        static const Fields all{"DataSource", table};
        return all;
    }
};

struct PreviewOwner {
    OrganizationId organization_id;
    AppId app_id;
    std::optional<UserId> created_by;
    static const Fields& fields() {
        using S = PreviewOwner;
        static const Field table[] = {field("organization_id", &S::organization_id, ""),
                                      field("app_id", &S::app_id, ""), field("created_by", &S::created_by, "")};
        static const Fields all{"PreviewOwner", table};
        return all;
    }
};

struct Head {
    BranchId branch_id;
    AppId app_id;
    VersionId version_id;
    std::string commit;
    int64_t number = 0;
    static const Fields& fields() {
        using S = Head;
        static const Field table[] = {field("branch_id", &S::branch_id, ""), field("app_id", &S::app_id, ""),
                                      field("version_id", &S::version_id, ""), field("commit", &S::commit, ""),
                                      field("number", &S::number, "")};
        static const Fields all{"Head", table};
        return all;
    }
};

struct AnyHead {
    OrganizationId organization_id;
    BranchId branch_id;
    AppId app_id;
    std::string commit;
    static const Fields& fields() {
        using S = AnyHead;
        static const Field table[] = {field("organization_id", &S::organization_id, ""),
                                      field("branch_id", &S::branch_id, ""), field("app_id", &S::app_id, ""),
                                      field("commit", &S::commit, "")};
        static const Fields all{"AnyHead", table};
        return all;
    }
};

// ---- what a person sends

struct CreatePreview {
    AppId app_id;
    std::optional<BranchId> branch_id;
    std::optional<VersionId> version_id;
    static const Fields& fields() {
        using S = CreatePreview;
        static const Field table[] = {
            field("app_id", &S::app_id, "The app.", positional()),
            field("branch_id", &S::branch_id, "The branch to follow; the main branch when neither is given."),
            field("version_id", &S::version_id, "The one version to show, instead of a branch."),
        };
        static const Fields all{"CreatePreview", table};
        return all;
    }
};

struct ListPreviews {
    std::optional<AppId> app_id;
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListPreviews;
        static const Field table[] = {
            field("app_id", &S::app_id, "Only previews of this app."),
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"ListPreviews", table};
        return all;
    }
};

struct CreateApp {
    std::string name;
    std::string template_name;
    std::optional<ProjectId> project_id;
    static const Fields& fields() {
        using S = CreateApp;
        static const Field table[] = {
            field("name", &S::name, "Its name.", length(1, name_bytes_max), positional()),
            field("template", &S::template_name, "The template that it begins as: see GET /api/v1/templates.",
                  length(1, 100)),
            field("project_id", &S::project_id, "The project that it belongs to; the caller's own when absent."),
        };
        static const Fields all{"CreateApp", table};
        return all;
    }
};

struct ChangeApp {
    std::string name;
    static const Fields& fields() {
        static const Field table[] = {
            field("name", &ChangeApp::name, "The new name.", length(1, name_bytes_max), positional())};
        static const Fields all{"ChangeApp", table};
        return all;
    }
};

struct ListApps {
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListApps;
        static const Field table[] = {
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"ListApps", table};
        return all;
    }
};

struct ListVersions {
    std::optional<BranchId> branch_id;
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListVersions;
        static const Field table[] = {
            field("branch_id", &S::branch_id, "Only what this branch descends from; all branches when absent."),
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"ListVersions", table};
        return all;
    }
};

struct ReadFiles {
    std::optional<VersionId> version;
    std::optional<BranchId> branch_id;
    static const Fields& fields() {
        using S = ReadFiles;
        static const Field table[] = {
            field("version", &S::version, "The version; what the branch shows when absent."),
            field("branch_id", &S::branch_id, "The branch; the main branch when absent."),
        };
        static const Fields all{"ReadFiles", table};
        return all;
    }
};

struct ReadDiff {
    std::optional<VersionId> from;
    static const Fields& fields() {
        static const Field table[] = {field("from", &ReadDiff::from, "The version before; the parent when absent.")};
        static const Fields all{"ReadDiff", table};
        return all;
    }
};

struct MarkVersion {
    std::optional<std::string> note;
    std::optional<bool> is_favorite;
    static const Fields& fields() {
        using S = MarkVersion;
        static const Field table[] = {
            field("note", &S::note, "A note; empty removes it.", length(0, 2000)),
            field("is_favorite", &S::is_favorite, "Whether to mark it."),
        };
        static const Fields all{"MarkVersion", table};
        return all;
    }
};

struct Restore {
    std::optional<BranchId> branch_id;
    static const Fields& fields() {
        static const Field table[] = {
            field("branch_id", &Restore::branch_id,
                  "The branch that gets it; where the version was made when absent, or else the main branch.")};
        static const Fields all{"Restore", table};
        return all;
    }
};

struct WriteFile {
    std::string path;
    std::string content;
    std::optional<BranchId> branch_id;
    std::optional<VersionId> base_version_id;
    static const Fields& fields() {
        using S = WriteFile;
        static const Field table[] = {
            field("path", &S::path, "Where the file lies.", length(1, 1024), positional()),
            field("content", &S::content, "Its new content.", length(0, 1'000'000), positional()),
            field("branch_id", &S::branch_id, "The branch that gets the change; the main branch when absent."),
            field("base_version_id", &S::base_version_id,
                  "The version whose file was edited; when the branch has another file there by now, the answer is "
                  "409. Absent: whatever is there is replaced."),
        };
        static const Fields all{"WriteFile", table};
        return all;
    }
};

}  // namespace ry::apps

#pragma once
// Apps: code repositories that grow in a chat. An app is a bare git repository, its versions are commits, and a branch of
// its chat is a branch `chat/<branch id>` of the repository.
//
// PostgreSQL is the truth about where a branch stands. A change is written as a commit first, recorded in one transaction,
// and then the git branch follows; a process that dies between leaves a commit that nothing names, or a git branch that is
// behind until repair(). Any thread.
#include <functional>
#include <string>
#include <vector>

#include "kernel/git/git.h"
#include "kernel/http/route.h"
#include "kernel/reads/reads.h"
#include "modules/apps/model.h"
#include "modules/chats/subject.h"

namespace ry::chats {
class Chats;
}
namespace ry::identity {
class Identities;
}
namespace ry::store {
class Store;
struct Schema;
}  // namespace ry::store
namespace ry::stream {
class Hub;
}

namespace ry::chats {
struct StepCall;
struct StepKind;
}
namespace ry::apps::changes {
struct Plan;
struct Parsed;
}

namespace ry::apps {

extern const store::Schema schema;

class BranchDatabases;

/// How much of an app the model is shown, at most, whatever its window: about 400 KB of text.
inline constexpr int64_t context_tokens_max = 100'000;

/// A branch of an app shows another version now, or (absent) is gone.
struct Moved {
    OrganizationId organization;
    AppId app;
    BranchId branch;
    std::optional<VersionId> version;
    bool is_restart = false;  ///< what runs shall begin anew: the answer asked for it
};

class Apps final : public chats::Subject {
public:
    /// Repositories lie below `root`, by organization. The parts outlive the Apps.
    Apps(store::Store& store, stream::Hub& hub, chats::Chats& chats, identity::Identities& identities, std::string root);
    std::vector<http::Route> routes();
    /// Called after the commit of everything that moves or ends a branch. Set once, before the first request.
    void on_moved(std::function<void(const Moved&)> f) { on_moved_ = std::move(f); }
    /// Branches have databases from now on. Set once, before the first request.
    void use_databases(BranchDatabases& databases);
    /// Brings every git branch to where the database says that it stands. At start, before the first request.
    Result<void> repair(const Op& op);

    // ---- apps
    Result<http::Page<Template>> list_templates(Op& op);
    Result<http::Created<App>> create(Op& op, CreateApp body);
    static Result<reads::Question> ask_list(const http::ReadRequest& request);
    Result<App> show(const Op& op, AppId app);
    Result<App> change(Op& op, AppId app, ChangeApp body, http::IfMatch if_match);
    Result<void> remove(Op& op, AppId app);

    // ---- files
    Result<Files> list_files(Op& op, AppId app, ReadFiles query);
    Result<http::Bytes> read_file(Op& op, AppId app, std::string path, ReadFiles query);
    /// An edit by hand: a version. If-Match names the ETag of the file that was edited.
    Result<http::Created<Version>> write_file(Op& op, AppId app, WriteFile body, http::IfMatch if_match);

    // ---- versions
    Result<http::Page<Version>> list_versions(Op& op, AppId app, ListVersions query);
    Result<Version> show_version(const Op& op, AppId app, VersionId version);
    Result<Version> mark_version(Op& op, AppId app, VersionId version, MarkVersion body);
    Result<Diff> diff(Op& op, AppId app, VersionId version, ReadDiff query);
    Result<http::Created<Version>> restore(Op& op, AppId app, VersionId version, Restore body);

    // ---- for previews
    /// What the branch shows.
    Result<Head> head(const Op& op, AppId app, BranchId branch);
    Result<git::Repository> repository(const Op& op, AppId app) const;

    // ---- chats::Subject
    Result<std::string> context(const Op& op, AppId app, std::optional<VersionId> version, std::string_view question, int64_t tokens_max) override;
    std::unique_ptr<chats::AnswerReader> reader() override;
    Result<chats::Applied> apply(const Op& op, const chats::Answer& answer, const chats::FencedWrite& write) override;
    Result<void> branch_created(store::Tx& tx, AppId app, const chats::Branch& branch) override;
    Result<void> branch_moved(store::Tx& tx, AppId app, BranchId branch, std::optional<VersionId> to) override;
    Result<void> branch_deleted(store::Tx& tx, AppId app, BranchId branch) override;

private:
    struct NewVersion;
    /// The step `apply_changes` of a pipeline.
    chats::StepKind apply_changes_kind();
    Result<Json> apply_changes(const Op& op, const chats::StepCall& call);
    /// The step `sql`.
    chats::StepKind sql_kind();
    Result<Json> run_sql(const Op& op, const chats::StepCall& call);
    /// The run's chat, which is about an app.
    Result<chats::Chat> chat_of_step(const Op& op, const chats::StepCall& call);
    Result<changes::Plan> planned(const App& app, const git::Repository& repository, const std::string& commit, const changes::Parsed& parsed) const;
    std::string directory(OrganizationId organization, AppId app) const;
    Result<Version> find_version(const Op& op, AppId app, VersionId version);
    Result<Version> version_for(const Op& op, AppId app, const ReadFiles& query);
    Result<Version> record(store::Tx& tx, const NewVersion& made);
    Result<Version> commit_on_head(Op& op, const App& app, BranchId branch, const std::function<Result<NewVersion>(const Head&, git::Repository&)>& make);
    void follow_head(store::Tx& tx, AppId app, BranchId branch, std::optional<VersionId> version, const std::string& commit, bool is_restart = false);
    Result<void> remove_previews(store::Tx& tx, AppId app, std::optional<BranchId> only_branch);
    Result<void> try_migrations(const Op& op, const App& app, const Head& head, git::Repository& repository, const NewVersion& made);
    Result<void> sweep(const Op& op, OrganizationId organization, AppId app, git::Repository& repository);

    store::Store& store_;
    stream::Hub& hub_;
    chats::Chats& chats_;
    identity::Identities& identities_;
    std::string root_;
    std::function<void(const Moved&)> on_moved_;
    BranchDatabases* databases_ = nullptr;
};

}  // namespace ry::apps

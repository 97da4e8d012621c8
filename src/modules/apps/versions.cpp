// Versions: how they are made (an answer, a restore, an edit by hand), listed, compared.
#include "base/check.h"
#include "base/hash.h"
#include "base/path.h"
#include "base/text.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"
#include "kernel/templates/templates.h"
#include "modules/apps/branch_databases.h"
#include "modules/apps/changes/changes.h"
#include "modules/apps/queries.gen.h"
#include "modules/apps/record.h"
#include "modules/chats/chats.h"
#include "modules/chats/pipeline_steps.h"

namespace ry::apps {
namespace {

constexpr int page_default = 50;
constexpr int tries_max = 5;  // when another version arrives on the branch while ours is made
constexpr size_t title_bytes_max = 200;

git::Oid oid(const std::string& commit) { return git::Oid::parse(commit).value_or(git::Oid{}); }

changes::TreeKind tree_kind(git::EntryKind kind) {
    switch (kind) {
        case git::EntryKind::file: return changes::TreeKind::file;
        case git::EntryKind::executable: return changes::TreeKind::executable;
        case git::EntryKind::symlink: return changes::TreeKind::symlink;
        case git::EntryKind::submodule: return changes::TreeKind::submodule;
    }
    ENSURE(false);
}

git::Action git_action(changes::Action action) {
    switch (action) {
        case changes::Action::write: return git::Action::write;
        case changes::Action::remove: return git::Action::remove;
        case changes::Action::copy: return git::Action::copy;
    }
    ENSURE(false);
}

/// The app's files at a commit, as the planner reads them.
Result<changes::Tree> tree_of(const git::Repository& repository, git::Oid commit) {
    changes::Tree tree;
    for (git::Entry& entry : TRY(repository.list(commit)))
        tree.files.push_back({std::move(entry.path), tree_kind(entry.kind), entry.size_bytes});
    tree.read = [&repository, commit](std::string_view path) { return repository.read(commit, path); };
    return tree;
}

std::vector<git::Operation> git_operations(std::vector<changes::Operation> planned) {
    std::vector<git::Operation> operations;
    for (changes::Operation& operation : planned)
        operations.push_back({.action = git_action(operation.action), .path = std::move(operation.path), .content = std::move(operation.content), .from = std::move(operation.from)});
    return operations;
}

/// A commit on a git branch of its own, which keeps it reachable; a left-over of an attempt that died is replaced.
Result<git::Oid> commit_aside(git::Repository& repository, const std::string& aside, git::Oid parent, const std::vector<git::Operation>& operations,
                              const git::Author& author, std::string_view message) {
    TRY(repository.delete_branch(aside));
    TRY(repository.create_branch(aside, parent));
    return repository.commit(aside, parent, operations, author, message);
}

/// The commit is recorded, or given up. A branch that another attempt has made anew stays; one that cannot be deleted now is
/// deleted by repair().
void drop_aside(git::Repository& repository, const std::string& aside, git::Oid commit) {
    auto stands = repository.resolve(aside);
    auto dropped = stands && *stands == commit ? repository.delete_branch(aside) : Result<void>();
    if (!dropped) telemetry::log(telemetry::Level::warning, "git_branch_left", {{"branch", aside}, {"cause", dropped.error().message + " " + dropped.error().cause}});
}

std::string title_of(const changes::Plan& plan) {
    size_t files = plan.operations.size();
    return plan.summary.value_or("Changed " + std::to_string(files) + (files == 1 ? " file" : " files"));
}

/// Whether two commits have the same bytes at `path`, or both nothing.
Result<bool> same_file(const git::Repository& repository, const git::Oid& one, const git::Oid& other, const std::string& path) {
    auto left = TRY(repository.find(one, path)), right = TRY(repository.find(other, path));
    return left.has_value() == right.has_value() && (!left || left->oid == right->oid);
}

// ---- changes by a step of a pipeline

struct ApplyChangesParameters {
    std::string text;
    static const Fields& fields() {
        static const Field table[] = {field("text", &ApplyChangesParameters::text, "Text with changes, as a model writes them.", length(0, 1'000'000))};
        static const Fields all{"ApplyChangesParameters", table};
        return all;
    }
};

/// The same whenever the step is done: a try whose process died after its commit is found again.
VersionId version_of_step(chats::RunId run, const std::string& step) {
    std::string hash = unhex(sha256_hex(run.text() + "/" + step)).value_or("");
    VersionId id{run.uuid};  // its time, and the rest of the hash
    for (size_t i = 6; i < id.uuid.bytes.size(); ++i) id.uuid.bytes[i] = uint8_t(hash[i]);
    id.uuid.bytes[6] = uint8_t((id.uuid.bytes[6] & 0x0f) | 0x70);
    id.uuid.bytes[8] = uint8_t((id.uuid.bytes[8] & 0x3f) | 0x80);
    return id;
}

/// What the step yields: nulls when nothing was changed.
Json applied_json(const std::optional<Version>& version) {
    if (!version) return {R"({"version_id":null,"number":null,"files_changed":0})"};
    return {"{\"version_id\":\"" + version->id.text() + "\",\"number\":" + std::to_string(version->number) +
            ",\"files_changed\":" + std::to_string(version->files_changed) + "}"};
}

/// A refusal with its reasons in its message, which is all that a step shows.
Error told(Error error) {
    std::string reasons;
    for (const Fault& fault : error.faults) reasons += (reasons.empty() ? "" : "; ") + fault.detail;
    if (!reasons.empty()) error.message = "the changes cannot be applied: " + reasons;
    error.faults.clear();
    return error;
}

}  // namespace

chats::StepKind Apps::apply_changes_kind() {
    return {chats::pipelines::step_type<ApplyChangesParameters>("apply_changes", "Changes the app of the run's chat: a version.", {"version_id", "number", "files_changed"}),
            [this](const Op& op, const chats::StepCall& call) { return apply_changes(op, call); }};
}

std::string git_branch(BranchId branch) { return "chat/" + branch.text(); }
std::string kept_branch(git::Oid commit) { return "kept/" + commit.text(); }

Result<void> keep_commit(git::Repository& repository, git::Oid commit) {
    if (TRY(repository.resolve(kept_branch(commit)))) return {};
    return repository.create_branch(kept_branch(commit), commit);
}

Result<void> move_git_branch(git::Repository& repository, BranchId branch, const std::string& commit) {
    auto stands = TRY(repository.resolve(git_branch(branch)));
    git::Oid to = oid(commit);
    if (stands == to) return {};
    if (!stands) {
        TRY(repository.create_branch(git_branch(branch), to));
    } else {
        if (!TRY(repository.is_reachable(*stands, to))) TRY(keep_commit(repository, *stands));
        TRY(repository.move_branch(git_branch(branch), *stands, to));
    }
    return repository.delete_branch(kept_branch(to));
}

Result<void> delete_git_branch(git::Repository& repository, BranchId branch) {
    auto stands = TRY(repository.resolve(git_branch(branch)));
    if (stands) TRY(keep_commit(repository, *stands));
    return repository.delete_branch(git_branch(branch));
}

git::Author author_of(const Op& op) {
    if (op.actor.user.is_nil()) return {"Ramify", "ramify@localhost"};
    return {op.actor.user.text(), op.actor.user.text() + "@localhost"};
}

/// After the commit of `tx` the git branch and the previews follow.
void Apps::follow_head(store::Tx& tx, AppId app, BranchId branch, std::optional<VersionId> version, const std::string& commit, bool is_restart) {
    tx.after_commit([this, organization = tx.op().organization, app, branch, version, commit, is_restart] {
        auto repository = git::Repository::open(directory(organization, app));
        Result<void> moved = !repository ? Result<void>(repository.error())
                             : version   ? move_git_branch(*repository, branch, commit)
                                         : delete_git_branch(*repository, branch);
        if (!moved)  // repair() brings it in line at the next start
            telemetry::log(telemetry::Level::warning, "git_branch_behind", {{"branch_id", branch.text()}, {"cause", moved.error().message + " " + moved.error().cause}});
        if (on_moved_) on_moved_({organization, app, branch, version, is_restart});
    });
}

Result<Version> Apps::record(store::Tx& tx, const NewVersion& made) {
    auto number = TRY(tx.maybe(sql::next_number, {.id = made.app.id}));
    if (!number) return fail(Code::not_found, "the app was deleted in the meantime");
    tx.queue(sql::add_version, {.id = made.id, .app_id = made.app.id, .branch_id = made.branch, .number = *number, .commit = made.commit, .parent_id = made.parent,
                                .message_id = made.message, .variant_id = made.variant, .title = std::string(utf8_prefix(made.title, title_bytes_max)),
                                .restored_from_id = made.restored_from, .author = made.author, .files_changed = made.files_changed});
    if (made.expected_head) {
        auto head = TRY(tx.maybe(sql::lock_head, {.id = made.branch}));
        if (!head) return fail(Code::not_found, "the branch was deleted in the meantime");
        if (*head != *made.expected_head) return fail(Code::conflict, "the branch got another version in the meantime; try again");
        tx.queue(sql::move_head, {.id = made.branch, .head_version_id = made.id});
        chats::Branch branch = TRY(chats_.move_branch(tx, made.branch, made.id));
        if (!made.variant) TRY(chats_.check_no_answer(tx, branch.chat_id, branch.id));
        if (databases_) TRY(databases_->follow(tx, made.branch, made.id));
        follow_head(tx, made.app.id, made.branch, made.id, made.commit, made.is_restart);
    }
    if (made.variant) TRY(chats_.set_variant_version(tx, *made.variant, made.id));
    Version version = *TRY(tx.maybe(sql::version, {.id = made.id, .app_id = made.app.id}));
    TRY(hub_.append(tx, chats::Chats::stream_of(made.app.chat_id), "version.created", {"{\"version\":" + to_json(version) + "}"}));
    return version;
}

/// What the changes come to on the files of the commit, or every reason why not.
Result<changes::Plan> Apps::planned(const App& app, const git::Repository& repository, const std::string& commit, const changes::Parsed& parsed) const {
    changes::Plan plan = TRY(changes::plan(parsed, TRY(tree_of(repository, oid(commit)))));
    if (plan.sql.empty()) return plan;
    const templates::Template* origin = templates::find(app.template_name);
    std::string folder = origin ? origin->manifest.migrations : "";
    return fail(Code::unsupported, folder.empty() ? "the answer wants to execute SQL, and this app has no database; ask for the change without one"
                                                  : "SQL is not executed beside the files; write it into a new file " + folder + "/NNNN_what.sql, which then runs once");
}

Result<chats::Applied> Apps::apply(const Op& op, const chats::Answer& answer, const chats::FencedWrite& write) {
    auto known = TRY(store_.read(op, "apps.applied", [&](store::Tx& tx) { return tx.maybe(sql::version_of_variant, {.variant_id = answer.variant_id}); }));
    if (known) return chats::Applied{known->id, {}};
    changes::Parsed parsed = changes::parse(answer.text);
    if (parsed.changes.empty() && parsed.problems.empty() && !parsed.unfinished) return chats::Applied{};

    App app = TRY([&]() -> Result<App> {
        auto found = TRY(store_.read(op, "apps.show", [&](store::Tx& tx) { return tx.maybe(sql::app, {.id = answer.app_id}); }));
        if (!found) return fail(Code::not_found, "the app was deleted in the meantime");
        return *std::move(found);
    }());
    Head head = TRY(this->head(op, app.id, answer.branch_id));
    Version base = answer.base_version_id ? TRY(find_version(op, app.id, *answer.base_version_id)) : TRY(find_version(op, app.id, head.version_id));
    git::Repository repository = TRY(this->repository(op, app.id));
    auto plan = planned(app, repository, base.commit, parsed);
    chats::Applied refused;
    if (!plan) {
        if (plan.error().code != Code::unsupported) return std::move(plan).error();
        for (const Fault& fault : plan.error().faults) refused.problems.push_back({.path = {}, .message = fault.detail});
        if (refused.problems.empty()) refused.problems.push_back({.path = {}, .message = plan.error().message});
        return refused;
    }
    bool is_restart = !plan->commands.empty() && answer.is_last;  // each of them wants what runs to begin anew
    if (plan->operations.empty()) {
        if (is_restart && on_moved_) on_moved_({op.organization, app.id, answer.branch_id, head.version_id, is_restart});
        return chats::Applied{};
    }

    int64_t files_changed = int64_t(plan->operations.size());
    std::string title = title_of(*plan);
    std::string aside = "variant/" + answer.variant_id.text();
    git::Oid commit = TRY(commit_aside(repository, aside, oid(base.commit), git_operations(std::move(plan->operations)), author_of(op), title));
    if (auto tried = databases_ ? databases_->try_migrations(op, app, answer.branch_id, base, commit.text()) : Result<void>(); !tried) {
        drop_aside(repository, aside, commit);
        if (tried.error().code != Code::invalid) return std::move(tried).error();
        refused.problems.push_back({.path = {}, .message = tried.error().message});
        return refused;
    }
    NewVersion made{.id = VersionId::fresh(), .app = app, .branch = answer.branch_id, .expected_head = {}, .parent = base.id, .commit = commit.text(),
                    .message = answer.message_id, .variant = answer.variant_id, .title = title, .author = "model", .files_changed = files_changed, .is_restart = is_restart};
    // An answer that is not the newest of its branch keeps its version beside the branch.
    if (answer.is_last) made.expected_head = head.version_id;
    auto written = write("apps.apply", [&](store::Tx& tx) -> Result<void> {
        TRY(record(tx, made));
        return {};
    });
    if (written && !answer.is_last) TRY(keep_commit(repository, commit));
    drop_aside(repository, aside, commit);
    TRY(std::move(written));
    return chats::Applied{made.id, {}};
}

/// Makes a version on top of what the branch shows; again when another one was faster.
Result<Version> Apps::commit_on_head(Op& op, const App& app, BranchId branch, const std::function<Result<NewVersion>(const Head&, git::Repository&)>& make) {
    git::Repository repository = TRY(this->repository(op, app.id));
    for (int tries = 1;; ++tries) {
        Head head = TRY(this->head(op, app.id, branch));
        NewVersion made = TRY(make(head, repository));
        made.app = app;
        made.branch = branch;
        made.expected_head = head.version_id;
        made.parent = head.version_id;
        made.author = author_of(op).name;
        auto version = store_.write(op, "apps.commit", [&](store::Tx& tx) { return record(tx, made); });
        drop_aside(repository, "aside/" + made.id.text(), oid(made.commit));
        if (version || version.error().code != Code::conflict || tries == tries_max) return version;
        if (TRY(this->head(op, app.id, branch)).version_id == head.version_id) return version;  // nobody was faster
    }
}

/// A version of the app of the run's chat, on the branch that the chat shows.
Result<Json> Apps::apply_changes(const Op& op, const chats::StepCall& call) {
    std::string text = TRY(from_json<ApplyChangesParameters>(call.parameters.text)).text;
    chats::Chat chat = TRY(chat_of_step(op, call));
    App app = TRY(show(op, *chat.app_id));
    VersionId id = version_of_step(call.run_id, call.step);
    auto known = TRY(store_.read(op, "apps.applied", [&](store::Tx& tx) { return tx.maybe(sql::version, {.id = id, .app_id = app.id}); }));
    if (known) return applied_json(known);
    changes::Parsed parsed = changes::parse(text);
    Head now = TRY(head(op, app.id, chat.active_branch_id));
    auto plan = planned(app, TRY(repository(op, app.id)), now.commit, parsed);
    if (!plan) return told(std::move(plan).error());
    if (plan->operations.empty()) return applied_json({});
    Op by = op;
    return applied_json(TRY(commit_on_head(by, app, chat.active_branch_id, [&](const Head& head, git::Repository& repository) -> Result<NewVersion> {
        auto operations = planned(app, repository, head.commit, parsed);
        if (!operations) return told(std::move(operations).error());
        NewVersion version{.id = id, .title = title_of(*operations), .files_changed = int64_t(operations->operations.size()), .is_restart = !operations->commands.empty()};
        version.commit = TRY(commit_aside(repository, "aside/" + id.text(), oid(head.commit), git_operations(std::move(operations->operations)), author_of(op), version.title)).text();
        TRY(try_migrations(op, app, head, repository, version));
        return version;
    })));
}

Result<http::Created<Version>> Apps::restore(Op& op, AppId id, VersionId version_id, Restore body) {
    App app = TRY(show(op, id));
    Version wanted = TRY(find_version(op, id, version_id));
    BranchId branch = body.branch_id.value_or(wanted.branch_id);
    if (!body.branch_id && !head(op, id, branch)) branch = app.branch_id;
    Version made = TRY(commit_on_head(op, app, branch, [&](const Head& head, git::Repository& repository) -> Result<NewVersion> {
        NewVersion version{.id = VersionId::fresh()};
        version.restored_from = wanted.id;
        version.title = "Restored version " + std::to_string(wanted.number) + ": " + wanted.title;
        std::string aside = "aside/" + version.id.text();
        TRY(repository.create_branch(aside, oid(head.commit)));
        version.commit = TRY(repository.commit_tree(aside, oid(head.commit), oid(wanted.commit), author_of(op), version.title)).text();
        version.files_changed = int64_t(TRY(repository.diff(oid(head.commit), oid(wanted.commit))).files.size());
        return version;
    }));
    std::string location = "/api/v1/apps/" + id.text() + "/versions/" + made.id.text();
    return http::Created<Version>{std::move(made), std::move(location)};
}

Result<http::Created<Version>> Apps::write_file(Op& op, AppId id, WriteFile body, http::IfMatch if_match) {
    App app = TRY(show(op, id));
    std::string path = TRY(app_path(body.path));
    std::optional<Version> base;
    if (body.base_version_id) base = TRY(find_version(op, id, *body.base_version_id));
    Version made = TRY(commit_on_head(op, app, body.branch_id.value_or(app.branch_id), [&](const Head& head, git::Repository& repository) -> Result<NewVersion> {
        if (base && !TRY(same_file(repository, oid(base->commit), oid(head.commit), path)))
            return fail(Code::conflict, "the file was changed on this branch since you read it; read it again and bring your change to what is there now");
        NewVersion version{.id = VersionId::fresh()};
        auto known = TRY(repository.find(oid(head.commit), path));
        TRY(if_match.check_tag(known ? known->oid.text() : ""));
        version.title = "Edited " + path;
        version.files_changed = 1;
        version.commit = TRY(commit_aside(repository, "aside/" + version.id.text(), oid(head.commit),
                                          {{.action = git::Action::write, .path = path, .content = body.content}}, author_of(op), version.title)).text();
        TRY(try_migrations(op, app, head, repository, version));
        return version;
    }));
    std::string location = "/api/v1/apps/" + id.text() + "/versions/" + made.id.text();
    return http::Created<Version>{std::move(made), std::move(location)};
}

/// Migrations that the commit aside brings run on a copy of the branch's data; when one does not, the commit is given up.
Result<void> Apps::try_migrations(const Op& op, const App& app, const Head& head, git::Repository& repository, const NewVersion& made) {
    if (!databases_) return {};
    auto tried = databases_->try_migrations(op, app, head.branch_id, TRY(find_version(op, app.id, head.version_id)), made.commit);
    if (!tried) drop_aside(repository, "aside/" + made.id.text(), oid(made.commit));
    return tried;
}

Result<void> Apps::branch_created(store::Tx& tx, AppId app, const chats::Branch& branch) {
    if (!branch.current_version_id) return {};
    tx.queue(sql::add_branch, {.id = branch.id, .app_id = app, .head_version_id = *branch.current_version_id});
    auto version = TRY(tx.maybe(sql::version, {.id = *branch.current_version_id, .app_id = app}));
    if (databases_ && branch.parent_branch_id) TRY(databases_->add_fork(tx, *branch.parent_branch_id, branch.id));
    if (version) follow_head(tx, app, branch.id, version->id, version->commit);
    return {};
}

Result<void> Apps::branch_moved(store::Tx& tx, AppId app, BranchId branch, std::optional<VersionId> to) {
    if (!to) return {};
    auto version = TRY(tx.maybe(sql::version, {.id = *to, .app_id = app}));
    if (!version) return {};
    TRY(tx.run(sql::move_head, {.id = branch, .head_version_id = *to}));
    if (databases_) TRY(databases_->follow(tx, branch, *to));
    follow_head(tx, app, branch, *to, version->commit);
    return {};
}

Result<void> Apps::branch_deleted(store::Tx& tx, AppId app, BranchId branch) {
    TRY(tx.run(sql::delete_branch, {.id = branch}));
    TRY(remove_previews(tx, app, branch));
    if (databases_) TRY(databases_->remove(tx, branch));
    follow_head(tx, app, branch, {}, "");
    return {};
}

Result<http::Page<Version>> Apps::list_versions(Op& op, AppId id, ListVersions query) {
    int limit = query.limit.value_or(page_default);
    std::optional<int64_t> before = INT64_MAX;
    if (query.cursor && !(before = parse_int(*query.cursor))) return invalid("/cursor", "is not a cursor of this list; leave it out to start from the beginning");
    TRY(show(op, id));
    auto versions = TRY(store_.read(op, "apps.list_versions", [&](store::Tx& tx) {
        return tx.many(sql::versions_page, {.app_id = id, .branch_id = query.branch_id, .before = *before, .limit = limit + 1});
    }));
    http::Page<Version> page;
    if (int(versions.size()) > limit) {
        versions.pop_back();
        page.next_cursor = std::to_string(versions.back().number);
    }
    page.items = std::move(versions);
    return page;
}

Result<Version> Apps::show_version(const Op& op, AppId app, VersionId id) { return find_version(op, app, id); }

Result<Version> Apps::mark_version(Op& op, AppId app, VersionId id, MarkVersion body) {
    return store_.write(op, "apps.mark_version", [&](store::Tx& tx) -> Result<Version> {
        if (!TRY(tx.maybe(sql::version, {.id = id, .app_id = app}))) return fail(Code::not_found, "the app has no such version");
        tx.queue(sql::mark_version, {.id = id, .note = body.note, .is_favorite = body.is_favorite});
        return *TRY(tx.maybe(sql::version, {.id = id, .app_id = app}));
    });
}

Result<Diff> Apps::diff(Op& op, AppId app, VersionId id, ReadDiff query) {
    Version to = TRY(find_version(op, app, id));
    std::optional<VersionId> from_id = query.from ? query.from : to.parent_id;
    git::Oid from;
    if (from_id) from = oid(TRY(find_version(op, app, *from_id)).commit);
    git::Repository files = TRY(repository(op, app));
    Diff diff{.from = from_id, .to = id};
    for (git::FileDiff& file : TRY(files.diff(from, oid(to.commit))).files)
        diff.files.push_back({.path = std::move(file.path), .old_path = std::move(file.old_path), .status = file.status, .additions = file.lines_added,
                              .deletions = file.lines_deleted, .is_binary = file.is_binary, .is_truncated = file.is_cut, .patch = std::move(file.text)});
    return diff;
}

}  // namespace ry::apps

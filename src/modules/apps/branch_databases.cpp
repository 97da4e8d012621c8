#include "modules/apps/branch_databases.h"

#include <algorithm>

#include "base/text.h"
#include "kernel/jobs/jobs.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"
#include "kernel/templates/templates.h"
#include "modules/apps/queries.gen.h"
#include "modules/chats/chats.h"

namespace ry::apps {
namespace {

constexpr int64_t bring_ms_max = 10 * 60'000;  // with migrations that rewrite large tables
constexpr int tries_max = 3;                     // of one job; then another one, which waits longer, goes on
constexpr int64_t pause_ms_max = 60'000;         // between its tries
constexpr int further_tries_max = 7 * 24 * 60;   // a week of minutes, and then another week
constexpr size_t migration_bytes_max = 1 << 20;
constexpr size_t migrations_max = 1'000;

std::string_view folder_of(std::string_view template_name) {
    const templates::Template* origin = templates::find(template_name);
    return origin ? std::string_view(origin->manifest.migrations) : std::string_view();
}

std::string ref_of(BranchId branch, VersionId version) { return branch.text() + "@" + version.text(); }

bool is_same(const std::optional<DataSource>& one, const std::optional<DataSource>& other) {
    if (!one || !other) return one.has_value() == other.has_value();
    return one->version_id == other->version_id && one->branch_id == other->branch_id && one->ref == other->ref &&
           one->changes == other->changes;
}

/// Not what is wrong with the app itself, nor what takes longer than it may, time after time.
bool is_worth_another_try(const Error& why, int attempt) {
    return why.code != Code::invalid && (why.code != Code::timed_out || attempt < tries_max);
}

/// Jobs of one branch follow each other. One that waits for its next try keeps none of them waiting.
jobs::EnqueueOptions of_branch(BranchId branch, const std::string& unique_key = "") {
    jobs::EnqueueOptions options{.subject = "branch:" + branch.text(),
                                 .concurrency_group = "database:" + branch.text()};
    if (!unique_key.empty()) options.unique_key = "database:" + branch.text() + ":" + unique_key;
    return options;
}

}  // namespace

/// The right to change one branch's database, in this process; the row's marks are for the others that died.
class BranchDatabases::Alone {
public:
    static Result<std::unique_ptr<Alone>> take(const Op& op, Guarded<std::set<BranchId>>& busy, BranchId branch) {
        while (true) {
            TRY(op.still_wanted());
            auto until = std::chrono::steady_clock::now() +
                         std::chrono::milliseconds(200);  // then it is seen whether somebody still wants it
            if (busy.wait_until(
                    until, [&](auto& all) { return !all.contains(branch); }, [&](auto& all) { all.insert(branch); }))
                return std::unique_ptr<Alone>(new Alone(busy, branch));
        }
    }
    ~Alone() {
        busy_.change([&](auto& all) { all.erase(branch_); });
    }

private:
    Alone(Guarded<std::set<BranchId>>& busy, BranchId branch) : busy_(busy), branch_(branch) {}
    Guarded<std::set<BranchId>>& busy_;
    BranchId branch_;
};

BranchDatabases::BranchDatabases(store::Store& store, stream::Hub& hub, jobs::Jobs& jobs, Apps& apps,
                                 DatabaseHost& host)
    : store_(store), hub_(hub), jobs_(jobs), apps_(apps), host_(host) {
    jobs_.add<BringDatabase>(
        {.queue = "databases",
         .attempts_max = tries_max,
         .timeout_ms = bring_ms_max,
         .backoff_ms_max = pause_ms_max,
         .on_given_up = [this](Op&, store::Tx& tx, const jobs::Job& job, const Json& argument) -> Result<void> {
             return go_on_later(tx, job, TRY(from_json<BringDatabase>(argument.text)).branch_id);
         }},
        [this](Op& op, const BringDatabase& what, jobs::Context& job) -> Result<void> {
            auto brought = bring(op, what.branch_id);
            if (brought || is_worth_another_try(brought.error(), job.attempt())) return brought;
            return {};  // the row says why
        });
    jobs_.add<DropDatabase>({.queue = "databases", .attempts_max = 100},
                            [this](Op& op, const DropDatabase& what, jobs::Context&) { return drop(op, what); });
    apps_.use_databases(*this);
}

/// There was no database to be had for so long that a job has used up its tries. One further job for each branch goes on, until
/// there is one, the branch is gone, or somebody cancels it.
Result<void> BranchDatabases::go_on_later(store::Tx& tx, const jobs::Job& job, BranchId branch) {
    bool has_used_up_its_tries = job.status == jobs::Status::failed && job.attempt >= job.attempts_max;
    if (!has_used_up_its_tries) return {};
    auto options = of_branch(branch, "again");
    options.attempts_max = further_tries_max;
    TRY(jobs_.enqueue(tx, BringDatabase{branch}, std::move(options)));
    return {};
}

Result<void> BranchDatabases::repair(const Op& op) {
    auto unready = TRY(store_.system_read(op, "apps.unready_branch_databases",
                                          [&](store::Tx& tx) { return tx.many(sql::unready_branch_databases, {}); }));
    for (const OwnedBranch& one : unready) {
        Op by = op;
        by.organization = one.organization_id;
        TRY(store_.write(by, "apps.bring_database", [&](store::Tx& tx) -> Result<void> {
            TRY(jobs_.enqueue(tx, BringDatabase{one.branch_id}, of_branch(one.branch_id, "repair")));
            return {};
        }));
    }
    return {};
}

// ---- what happens to branches

Result<void> BranchDatabases::add(store::Tx& tx, AppId app, BranchId branch) {
    tx.queue(sql::add_branch_database, {.branch_id = branch, .app_id = app});
    TRY(jobs_.enqueue(tx, BringDatabase{branch}, of_branch(branch)));
    return {};
}

Result<void> BranchDatabases::add_fork(store::Tx& tx, BranchId from, BranchId branch) {
    if (TRY(tx.run(sql::fork_branch_database, {.branch_id = branch, .from_branch_id = from})) == 0) return {};
    auto options = of_branch(branch);
    options.may_begin_here = true;
    TRY(jobs_.enqueue(tx, BringDatabase{branch}, std::move(options)));
    return {};
}

Result<void> BranchDatabases::follow(store::Tx& tx, BranchId branch, VersionId version) {
    if (TRY(tx.run(sql::follow_branch_database, {.branch_id = branch})) == 0) return {};
    TRY(jobs_.enqueue(tx, BringDatabase{branch}, of_branch(branch, version.text())));
    return {};
}

Result<void> BranchDatabases::remove(store::Tx& tx, BranchId branch) {
    if (!TRY(tx.maybe(sql::delete_branch_database, {.branch_id = branch}))) return {};
    std::vector<std::string> refs = TRY(tx.many(sql::forget_data_of, {.branch_id = branch}));
    TRY(jobs_.enqueue(tx, DropDatabase{branch, std::move(refs)}, of_branch(branch)));
    return {};
}

Result<void> BranchDatabases::drop(const Op& op, const DropDatabase& what) {
    auto alone = TRY(Alone::take(op, busy_, what.branch_id));
    TRY(host_.drop(op, what.branch_id.text()));
    for (const std::string& ref : what.refs) TRY(host_.forget(op, ref));
    return {};
}

Result<http::Page<BranchDatabase>> BranchDatabases::list(Op& op, AppId app) {
    TRY(apps_.show(op, app));
    return http::Page<BranchDatabase>{
        TRY(store_.read(op, "apps.branch_databases",
                        [&](store::Tx& tx) { return tx.many(sql::branch_databases, {.app_id = app}); })),
        {}};
}

// ---- bringing one to its version

/// `invalid` errors are the app's own; others may be over by the next time.
Result<void> BranchDatabases::bring(const Op& op, BranchId branch) {
    auto alone = TRY(Alone::take(op, busy_, branch));
    auto work = TRY(store_.read(op, "apps.branch_database", [&](store::Tx& tx) {
        return tx.maybe(sql::branch_database_work, {.branch_id = branch});
    }));
    if (!work) return {};  // the branch is gone, or its app has none
    bool is_told_already = work->status == DatabaseStatus::unavailable;
    auto brought = bring_to(op, *work);
    if (brought || op.stop.stop_requested()) return brought;
    const Error& why = brought.error();
    telemetry::log(telemetry::Level::info, "branch_database_failed",
                   {{"branch_id", branch.text()}, {"message", why.message}, {"cause", why.cause}});
    Op by = op;
    by.deadline = Deadline::in_ms(10'000);  // what it waited for may have used up its own
    bool is_unavailable = why.code != Code::invalid;
    auto told = set(by, *work, is_unavailable ? DatabaseStatus::unavailable : DatabaseStatus::failed,
                    is_unavailable && is_told_already ? "" : "database.failed", why.message);
    if (!told && told.error().code != Code::not_found)
        telemetry::log(telemetry::Level::warning, "branch_database_status_lost",
                       {{"branch_id", branch.text()}, {"cause", told.error().message}});
    return brought;
}

Result<void> BranchDatabases::bring_to(const Op& op, BranchDatabaseWork& work) {
    std::string name = work.branch_id.text();
    bool is_there = TRY(host_.find(op, name)).has_value();
    if (is_there && !work.version_id) {  // of an attempt that died before it was whole
        TRY(host_.drop(op, name));
        is_there = false;
    }
    if (!is_there && work.version_id) {
        work.version_id.reset();
        work.becoming_ref.reset();
        work.instance_id.reset();
        TRY(set(op, work, DatabaseStatus::making, ""));
    }
    bool is_whole = work.version_id && !work.becoming_ref;
    if (is_whole && work.version_id == work.head_version_id)
        return work.status == DatabaseStatus::ready ? Result<void>()
                                                    : set(op, work, DatabaseStatus::ready, "database.migrated");
    auto event = TRY(begin_with(op, work));
    auto migrated = host_.migrate(op, name, TRY(migrations(op, work.app_id, work.template_name, work.head_commit)));
    if (!migrated) {
        if (migrated.error().code == Code::invalid) TRY(undo(op, work));
        return migrated;
    }
    work.version_id = work.head_version_id;
    work.becoming_ref.reset();
    return set(op, work, DatabaseStatus::ready, event);
}

/// Gives it the data that the version begins with. From now on until it is whole, `becoming_ref` says what to make it
/// of when this is cut off; without one it is made anew.
Result<std::string_view> BranchDatabases::begin_with(const Op& op, BranchDatabaseWork& work) {
    if (!work.version_id)
        return make_anew(op, work, TRY(source_of(op, work.branch_id, work.from_branch_id, work.head_version_id)));
    auto source = TRY(settled_source_of(op, work));
    bool is_its_own = source && !source->ref && source->branch_id == work.branch_id;
    std::string ref;
    if (!work.becoming_ref) ref = TRY(keep(op, work.app_id, work.branch_id, *work.version_id));
    if (source && !is_its_own) ref = *source->ref;
    if (!source) {  // nothing is left of the versions before it
        TRY(host_.drop(op, work.branch_id.text()));
        work.version_id.reset();
        work.becoming_ref.reset();
        TRY(set(op, work, DatabaseStatus::making, ""));
        return make_anew(op, work, {});
    }
    work.version_id = source->version_id;
    work.becoming_ref = ref;
    TRY(set(op, work, DatabaseStatus::making, ""));
    if (is_its_own) return "database.migrated";
    work.instance_id = TRY(host_.make(op, work.branch_id.text(), ref, Keeping::until_dropped));
    return "database.restored";
}

Result<std::string_view> BranchDatabases::make_anew(const Op& op, BranchDatabaseWork& work,
                                                    const std::optional<DataSource>& source) {
    std::string name = work.branch_id.text();
    bool is_live = source && !source->ref;
    if (!is_live) {
        work.instance_id = TRY(host_.make(op, name, source ? source->ref : std::nullopt, Keeping::until_dropped));
        return source ? "database.forked" : "database.created";
    }
    for (std::optional<DataSource> from = source;;) {
        work.instance_id = TRY(host_.fork(op, from->branch_id.text(), name, Keeping::until_dropped));
        // Its branch may have left the version while it was copied.
        auto now = TRY(source_of(op, work.branch_id, work.from_branch_id, work.head_version_id));
        if (is_same(from, now)) return "database.forked";
        TRY(host_.drop(op, name));
        if (!now || now->ref) return make_anew(op, work, now);
        from = now;
    }
}

/// After migrations that do not run: what they did is undone.
Result<void> BranchDatabases::undo(const Op& op, BranchDatabaseWork& work) {
    std::string name = work.branch_id.text();
    if (!work.becoming_ref) {
        work.instance_id.reset();
        return host_.drop(op, name);
    }
    work.instance_id = TRY(host_.make(op, name, work.becoming_ref, Keeping::until_dropped));
    work.becoming_ref.reset();
    return {};
}

Result<std::optional<DataSource>> BranchDatabases::source_of(const Op& op, BranchId branch,
                                                             std::optional<BranchId> from, VersionId version) {
    return store_.read(op, "apps.data_source", [&](store::Tx& tx) {
        return tx.maybe(sql::data_source, {.branch_id = branch, .from_branch_id = from, .version_id = version});
    });
}

/// As source_of(), but what another branch's database has now is kept for this branch first. The other may leave the
/// version while that is done: then what was kept is another's data, and it is looked anew.
Result<std::optional<DataSource>> BranchDatabases::settled_source_of(const Op& op, const BranchDatabaseWork& work) {
    while (true) {
        TRY(op.still_wanted());
        auto source = TRY(source_of(op, work.branch_id, work.from_branch_id, work.head_version_id));
        if (!source || (!source->ref && source->branch_id == work.branch_id)) return source;
        if (source->ref) {  // as if it were kept now, so that it is not what is forgotten for the next
            TRY(note_kept(op, work.app_id, source->branch_id, source->version_id, *source->ref));
            return source;
        }
        std::string ref = ref_of(work.branch_id, source->version_id);
        TRY(host_.keep(op, source->branch_id.text(), ref));
        auto now = TRY(source_of(op, work.branch_id, work.from_branch_id, work.head_version_id));
        if (!is_same(source, now)) {
            TRY(host_.forget(op, ref));
            continue;
        }
        TRY(note_kept(op, work.app_id, work.branch_id, source->version_id, ref));
        source->ref = ref;
        return source;
    }
}

/// Keeps what the branch's database has now with the version whose data it is; the name of what is kept.
Result<std::string> BranchDatabases::keep(const Op& op, AppId app, BranchId branch, VersionId version) {
    std::string ref = ref_of(branch, version);
    TRY(host_.keep(op, branch.text(), ref));
    TRY(note_kept(op, app, branch, version, ref));
    return ref;
}

Result<void> BranchDatabases::note_kept(const Op& op, AppId app, BranchId branch, VersionId version,
                                        const std::string& ref) {
    auto forgotten = TRY(store_.write(op, "apps.keep_data", [&](store::Tx& tx) -> Result<std::vector<std::string>> {
        tx.step();
        if (TRY(tx.run(sql::keep_data, {.version_id = version, .branch_id = branch, .ref = ref})) == 0)
            return std::vector{ref};  // the branch is gone
        return tx.many(sql::forget_old_data, {.app_id = app, .kept_max = kept_data_max});
    }));
    for (const std::string& old : forgotten) TRY(host_.forget(op, old));
    return {};
}

/// Writes down how far it is, and tells those who follow the chat when there is an `event`.
Result<void> BranchDatabases::set(const Op& op, BranchDatabaseWork& work, DatabaseStatus status, std::string_view event,
                                  std::optional<std::string> error) {
    if (error) error = utf8_text(*error);
    work.status = status;
    return store_.write(op, "apps.bring_database", [&](store::Tx& tx) -> Result<void> {
        if (event.empty()) tx.step();
        auto row = TRY(tx.maybe(sql::set_branch_database, {.branch_id = work.branch_id,
                                                           .version_id = work.version_id,
                                                           .becoming_ref = work.becoming_ref,
                                                           .instance_id = work.instance_id,
                                                           .status = status,
                                                           .error = error}));
        if (!row)
            return fail(Code::not_found,
                        "the branch was deleted in the meantime");  // the job that drops its database comes next
        if (!event.empty())
            TRY(hub_.append(tx, chats::Chats::stream_of(work.chat_id), event,
                            {"{\"database\":" + to_json(*row) + "}"}));
        return {};
    });
}

/// The *.sql files of the template's folder, at a commit, by name.
Result<std::vector<MigrationFile>> BranchDatabases::migrations(const Op& op, AppId app,
                                                               const std::string& template_name,
                                                               const std::string& commit) {
    std::string folder = std::string(folder_of(template_name)) + "/";
    git::Repository repository = TRY(apps_.repository(op, app));
    git::Oid at = git::Oid::parse(commit).value_or(git::Oid{});
    std::vector<MigrationFile> files;
    for (const git::Entry& entry : TRY(repository.list(at))) {
        bool is_file = entry.kind == git::EntryKind::file || entry.kind == git::EntryKind::executable;
        if (!is_file || !entry.path.starts_with(folder) || !entry.path.ends_with(".sql")) continue;
        if (entry.size_bytes > int64_t(migration_bytes_max))
            return fail(Code::invalid, entry.path + " is longer than 1 MiB, the most a migration may have; split it");
        files.push_back({entry.path, TRY(repository.read_blob(entry.oid))});
    }
    if (files.size() > migrations_max)
        return fail(Code::invalid,
                    "the app has more than " + std::to_string(migrations_max) +
                        " migrations, the most it may have; put old ones together into one file in a new app");
    std::ranges::sort(files, {}, &MigrationFile::path);
    return files;
}

// ---- for previews and answers

Result<void> BranchDatabases::make_copy(const Op& op, const std::string& name,
                                        const std::optional<DataSource>& source) {
    bool is_live = source && !source->ref;
    if (is_live)
        TRY(host_.fork(op, source->branch_id.text(), name, Keeping::briefly));
    else
        TRY(host_.make(op, name, source ? source->ref : std::nullopt, Keeping::briefly));
    return {};
}

Result<std::optional<DatabaseAccess>> BranchDatabases::access(const Op& op, const App& app,
                                                              std::optional<BranchId> branch, const Version& version,
                                                              PreviewId preview) {
    if (folder_of(app.template_name).empty()) return std::optional<DatabaseAccess>();
    if (branch) {
        TRY(bring(op, *branch));
        return std::optional(TRY(host_.access(op, branch->text())));
    }
    std::string name = preview.text();
    if (!TRY(host_.find(op, name))) {
        TRY(make_copy(op, name, TRY(source_of(op, version.branch_id, {}, version.id))));
        TRY(host_.migrate(op, name, TRY(migrations(op, app.id, app.template_name, version.commit))));
    }
    return std::optional(TRY(host_.access(op, name)));
}

Result<Json> BranchDatabases::query(const Op& op, const App& app, BranchId branch, const std::string& statement,
                                    const std::vector<std::string>& parameters, int rows_max) {
    if (folder_of(app.template_name).empty()) return fail(Code::invalid, "the app has no database");
    TRY(bring(op, branch));
    return host_.query(op, branch.text(), statement, parameters, rows_max);
}

Result<void> BranchDatabases::try_migrations(const Op& op, const App& app, BranchId branch, const Version& base,
                                             const std::string& commit) {
    if (folder_of(app.template_name).empty()) return {};
    auto files = TRY(migrations(op, app.id, app.template_name, commit));
    if (files == TRY(migrations(op, app.id, app.template_name, base.commit))) return {};
    std::string name = "try-" + uuid_text(new_uuid());
    auto tried = [&]() -> Result<void> {
        TRY(make_copy(op, name, TRY(source_of(op, branch, {}, base.id))));
        return host_.migrate(op, name, files);
    }();
    if (auto dropped = host_.drop(op, name); !dropped)
        telemetry::log(telemetry::Level::info, "tried_database_left",
                       {{"name", name}, {"cause", dropped.error().message}});
    if (!tried &&
        tried.error().code != Code::invalid) {  // they run when there is a database again, and are told of then
        telemetry::log(telemetry::Level::info, "migrations_not_tried",
                       {{"app_id", app.id.text()}, {"message", tried.error().message}});
        return {};
    }
    return tried;
}

std::vector<http::Route> BranchDatabases::routes() {
    return {http::route::get("/api/v1/apps/{app_id}/databases", "apps.read", "apps databases",
                             "The databases of an app's branches.", &BranchDatabases::list, *this)};
}

}  // namespace ry::apps

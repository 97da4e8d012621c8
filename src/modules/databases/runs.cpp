// Runs: what ran with a database is written down by who runs it, before and after. The program itself runs where the person
// is; the server lends the database and remembers.
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {
namespace {

constexpr int page_default = 50;

Error no_such_run() { return fail(Code::not_found, "there is no such run; `ramify db runs` lists those there are"); }

Json json_of(const std::vector<std::string>& words) {
    Json json{""};
    encode(json.text, words);
    return json;
}

}  // namespace

Result<http::Created<StartedRun>> Databases::start_run(Op& op, StartRun body) {
    if (body.instance.has_value() == body.from.has_value()) return invalid("/instance", "give either instance or from");
    for (const std::string& word : body.command)
        if (word.size() > run_word_bytes_max) return invalid("/command", "has a word of more than 64 KiB; put it into a file");
    InstanceRow row;
    if (body.from) {
        StateRow state = TRY(inside_->store.read(op, "databases.find_state", [&](store::Tx& tx) { return inside_->state_named(tx, *body.from); }));
        row = TRY(inside_->hand_out(op, state, Origin::prepare, {}, run_lease_ms, run_lease_ms));
    } else {
        Instance opened = TRY(open_instance(op, {.name = *body.instance, .ttl_ms = {}})).value;
        row = TRY(inside_->store.read(op, "databases.show_instance", [&](store::Tx& tx) { return inside_->instance_named(tx, opened.id.text()); }));
    }
    DatabaseRunId id = DatabaseRunId::fresh();
    TRY(inside_->store.write(op, "databases.start_run", [&](store::Tx& tx) -> Result<void> {
        tx.queue(sql::forget_runs, {.kept = runs_kept});
        tx.queue(sql::add_run, {.id = id, .kind = body.kind, .command = json_of(body.command), .source = body.from ? *body.from : *body.instance, .instance_id = row.id, .state_id = row.state_id,
                                .image = row.image, .is_own = body.from.has_value() || body.is_own, .prepare_id = body.prepare_id, .compared_to = body.compared_to,
                                .provenance = body.provenance, .created_by = author_of(op)});
        return {};
    }));
    inside_->run_changed(op.organization, id);
    std::string dsn = *TRY(inside_->shown_with_dsn(op, row)).dsn;
    return http::Created<StartedRun>{{id, row.id, row.state_id, std::move(dsn)}, "/api/v1/database_runs/" + id.text()};
}

/// Who runs it is still there: the run is not lost, and its own instance stays.
Result<void> Databases::renew_run(Op& op, DatabaseRunId id) {
    return inside_->store.write(op, "databases.renew_run", [&](store::Tx& tx) -> Result<void> {
        tx.step();
        auto run = TRY(tx.maybe(sql::run, {.id = id}));
        if (!run) return no_such_run();
        tx.queue(sql::renew_run, {.id = id});
        if (run->is_own) tx.queue(sql::change_instance, {.id = run->instance_id, .name = {}, .ttl_ms = {}, .lease_ms = run_lease_ms});
        else tx.queue(sql::touch_instances, {.ids = {run->instance_id}});
        return {};
    });
}

Result<Run> Databases::end_run(Op& op, DatabaseRunId id, EndRun body) {
    if (body.outcome == RunOutcome::running || body.outcome == RunOutcome::lost) return invalid("/outcome", "must be how it ended");
    Run run = TRY(inside_->store.write(op, "databases.end_run", [&](store::Tx& tx) -> Result<Run> {
        if (!TRY(tx.maybe(sql::run, {.id = id}))) return no_such_run();
        tx.queue(sql::end_run, {.id = id, .outcome = body.outcome, .exit_code = body.exit_code, .ms = body.ms, .stdout_text = body.stdout_text, .stderr_text = body.stderr_text,
                                .stdout_bytes = body.stdout_bytes, .stderr_bytes = body.stderr_bytes});
        return *TRY(tx.maybe(sql::run, {.id = id}));
    }));
    inside_->run_changed(op.organization, id);
    if (!run.is_own) return run;
    auto gone = inside_->drop(op, run.instance_id);
    if (!gone && gone.error().code != Code::not_found) return std::move(gone).error();
    return run;
}

Result<http::Page<Run>> Databases::list_runs(Op& op, ListRuns query) {
    std::optional<DatabaseRunId> before;
    if (query.cursor && !(before = DatabaseRunId::parse(*query.cursor))) return invalid("/cursor", "is not a cursor of this list; leave it out to start from the beginning");
    int limit = query.limit.value_or(page_default);
    http::Page<Run> page;
    page.items = TRY(inside_->store.read(op, "databases.list_runs", [&](store::Tx& tx) { return tx.many(sql::runs_page, {.before = before, .limit = limit + 1}); }));
    if (page.items.size() > size_t(limit)) {
        page.items.pop_back();
        page.next_cursor = page.items.back().id.text();
    }
    return page;
}

Result<Run> Databases::show_run(Op& op, DatabaseRunId id) {
    auto run = TRY(inside_->store.read(op, "databases.show_run", [&](store::Tx& tx) { return tx.maybe(sql::run, {.id = id}); }));
    if (!run) return no_such_run();
    return *std::move(run);
}

Result<http::Bytes> Databases::run_output(Op& op, DatabaseRunId id, RunOutput query) {
    auto text = TRY(inside_->store.read(op, "databases.run_output", [&](store::Tx& tx) { return tx.maybe(sql::run_output, {.id = id, .is_stderr = query.stream == RunStream::stderr_text}); }));
    if (!text) return no_such_run();
    return http::Bytes{.content_type = "text/plain; charset=utf-8", .bytes = *std::move(text)};
}

}  // namespace ry::databases

// The changesets of one `liquibase update`: planned once and kept; built by one run of Liquibase, with a snapshot
// between two changesets. Why so: docs/decisions/0019-liquibase.md.
#include <filesystem>

#include "base/text.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/liquibase_plan.h"
#include "modules/databases/liquibase_run.h"
#include "modules/databases/queries.gen.h"
#include "modules/databases/step_run.h"
#include "modules/databases/workshop.h"

namespace ry::databases {
namespace {

constexpr int64_t plan_ms_max = 120'000;  // of Liquibase without a database: 6,000 changesets take 10 s
constexpr int64_t plans_max = 1'000;      // kept for an organization: some 100 kB each for long changelogs
constexpr int64_t tell_ms_min = 250;      // between two writes of all steps of a prepare

/// Tables are found by their columns: their names and schemas can be chosen.
std::string table_with(std::string_view columns, int count) {
    return "select a.attrelid::regclass::text from pg_attribute a join pg_class c on c.oid = a.attrelid where "
           "c.relkind = 'r' and a.attname in (" +
           std::string(columns) + ") group by a.attrelid having count(*) = " + std::to_string(count) +
           " order by a.attrelid limit 1";
}
const std::string changelog_table = table_with("'orderexecuted','md5sum','exectype','deployment_id'", 4);
const std::string lock_table = table_with("'locked','lockgranted','lockedby'", 3);
/// What recovery would empty or leave behind.
constexpr const char* unsafe_relations = "select 1 from pg_class where relpersistence <> 'p' limit 1";

using Rows = std::vector<Session::Row>;

Result<std::string> only_value(const Op& op, Session& session, const std::string& sql) {
    Rows rows = TRY(session.run(op, sql));
    return rows.empty() || rows[0].empty() || !rows[0][0] ? std::string() : *rows[0][0];
}

/// The changeset that was recorded last; empty when there is none.
Result<Session::Row> last_recorded(const Op& op, Session& session) {
    std::string table = TRY(only_value(op, session, changelog_table));
    if (table.empty()) return Session::Row();
    Rows rows = TRY(session.run(op, "select id, author, filename, md5sum from " + table +
                                        " order by orderexecuted desc, dateexecuted desc limit 1"));
    return rows.empty() ? Session::Row() : rows[0];
}

/// Nobody else is on the cluster, so nobody else could take it.
Result<void> give_back_lock(const Op& op, Session& session) {
    std::string table = TRY(only_value(op, session, lock_table));
    if (table.empty()) return {};
    TRY(session.run(op, "update " + table + " set locked = false, lockgranted = null, lockedby = null where locked"));
    return {};
}

bool is_of(const Link& link, const Session::Row& row) {
    return row.size() == 4 && link.changeset && row[0] == link.changeset->id && row[1] == link.changeset->author &&
           row[2] == link.changeset->path;
}

}  // namespace

Result<liquibase::Tool> Databases::Inside::liquibase_tool() {
    return found_tool.with([&](FoundTool& found) -> Result<liquibase::Tool> {
        std::error_code error;
        auto stamp = [&](const liquibase::Tool& of) {
            return std::filesystem::last_write_time(of.home + "/internal/lib/liquibase-core.jar", error);
        };
        if (found.tool && stamp(*found.tool) == found.stamp && !error) return *found.tool;
        liquibase::Tool tool = TRY(liquibase::find_tool(liquibase::tool_places(options.liquibase_home)));
        found = {tool, stamp(tool)};
        return tool;
    });
}

Result<std::optional<LiquibasePlan>> Databases::Inside::liquibase_plan(const Op& op, const PostgresImage& image,
                                                                       const Step& step, Planning planning) {
    liquibase::Arguments arguments = TRY(liquibase::read_arguments(step.arguments));
    if (arguments.changelog_file().empty())
        return invalid("/arguments", "name no changelog; add --changelog-file=FILE");
    liquibase::Tool tool = TRY(liquibase_tool());
    std::string key = plan_key(tool, image.major, arguments, step);
    auto kept = TRY(store.read(op, "databases.liquibase_plan",
                               [&](store::Tx& tx) { return tx.maybe(sql::liquibase_plan, {.key = key}); }));
    if (kept) return std::optional(TRY(from_json<LiquibasePlan>(kept->text)));
    if (planning == Planning::kept_only) return std::optional<LiquibasePlan>();
    PrepareRequest alone;
    alone.steps = {step};
    TRY(check_inputs(op, alone));
    std::string scratch = options.root + "/building/plan-" + uuid_text(PrepareId::fresh().uuid);
    blob::Store inputs = TRY(blobs(op.organization));
    StepFiles files(scratch);
    TRY(files.write(inputs, step));
    OfflinePlan offline = TRY(plan_offline(
        {.op = op, .sandbox = sandbox, .tool = tool, .arguments = arguments, .files = files, .ms_max = plan_ms_max},
        image.major, scratch + ".out"));
    LiquibasePlan plan = TRY(plan_of(offline, tool, arguments, step, inputs));
    Op by = background_op(op.organization, 30'000);
    TRY(store.write(by, "databases.add_liquibase_plan", [&](store::Tx& tx) -> Result<void> {
        TRY(tx.run(sql::add_liquibase_plan, {.key = key, .plan = Json{to_json(plan)}}));
        TRY(tx.run(sql::forget_liquibase_plans, {.kept = plans_max}));
        return {};
    }));
    return std::optional(std::move(plan));
}

/// One run of Liquibase over the links [first, end) of a chain, all of one step of the request.
class Databases::Inside::Update {
public:
    Update(Inside& inside, Op& op, jobs::Context& job, PrepareRow& row, Chain& chain, Workshop& workshop, size_t first,
           size_t end)
        : inside_(inside),
          op_(op),
          job_(job),
          row_(row),
          chain_(chain),
          workshop_(workshop),
          first_(first),
          end_(end),
          next_(first) {}

    Result<void> run(const Step& step, Failure& failure) {
        auto making = TRY(make_alone(op_, inside_.building, tree_of(op_.organization, last().state_id)));
        if (TRY(inside_.find_tree(op_, last().state_id))) return pass_over(end_);
        TRY(pass_over(TRY(resumable())));
        if (next_ > first_) TRY(workshop_.leave());
        began_ms_ = steady_ms();
        TRY(begin(next_));
        TRY(workshop_.enter(op_, chain_.image, parent_of(next_)));
        LiquibaseOutcome ran = TRY(update(step));
        if (!ran.succeeded()) return failed(ran, failure);
        for (; next_ + 1 < end_; ++next_) TRY(left_out(next_));
        TRY(workshop_.close(op_));
        TRY(keep(end_ - 1));
        return tell("step.done", end_ - 1);
    }

private:
    const Link& last() const { return chain_.links[end_ - 1]; }
    const std::string& parent_of(size_t at) const { return at == 0 ? chain_.base_id : chain_.links[at - 1].state_id; }

    /// Where an update may begin: behind the states that are there without a gap, and before what every update runs.
    Result<size_t> resumable() const {
        size_t at = first_;
        while (at + 1 < end_) {
            const Link& link = chain_.links[at];
            if (!link.changeset || link.changeset->runs_always || !TRY(inside_.find_tree(op_, link.state_id))) break;
            ++at;
        }
        return at;
    }

    /// These are there already.
    Result<void> pass_over(size_t until) {
        for (; next_ < until; ++next_) {
            ++inside_.hits;
            row_.steps[next_].cached = true;
            row_.steps[next_].reason.reset();
            TRY(tell("step.done", next_));
        }
        if (until == end_) TRY(workshop_.leave());
        return {};
    }

    Result<void> begin(size_t at) {
        ++inside_.misses;
        row_.steps[at].cached = false;
        job_.progress(double(at) / double(chain_.links.size()), chain_.links[at].title);
        return tell("step.started", at);
    }

    Result<LiquibaseOutcome> update(const Step& step) {
        StepLog log(inside_, op_.organization, row_.id, int64_t(next_) + 1);
        blob::Store inputs = TRY(inside_.blobs(op_.organization));
        StepFiles files(workshop_.dir + ".inputs");
        TRY(files.write(inputs, step));
        liquibase::Tool tool = TRY(inside_.liquibase_tool());
        liquibase::Arguments arguments = TRY(liquibase::read_arguments(step.arguments));
        sandbox::OutputCallback output = [&](const sandbox::Output& piece) { log.add(piece.bytes); };
        return run_update({.op = op_,
                           .sandbox = inside_.sandbox,
                           .tool = tool,
                           .arguments = arguments,
                           .files = files,
                           .ms_max = inside_.options.step_ms_max},
                          *workshop_.cluster, output, [&] { return recorded(); });
    }

    /// Liquibase waits while this runs: the changeset that it recorded last becomes a state.
    Result<void> recorded() {
        TRY(op_.still_wanted());
        Session session = TRY(workshop_.cluster->session(op_));
        Session::Row row = TRY(last_recorded(op_, session));
        size_t at = next_;
        while (at < end_ && !is_of(chain_.links[at], row)) ++at;
        if (at >= end_) return {};  // a row that was taken back, or one that was there before
        for (; next_ < at; ++next_) TRY(left_out(next_));
        if (at + 1 == end_) return {};  // the last state is made of the stopped cluster
        TRY(give_back_lock(op_, session));
        if (TRY(only_value(op_, session, unsafe_relations)).empty()) TRY(keep(at));
        TRY(tell("step.done", at));
        next_ = at + 1;
        began_ms_ = steady_ms();
        return begin(next_);
    }

    /// A precondition says that it is not to be run, or that its failure does not matter.
    Result<void> left_out(size_t at) {
        row_.steps[at].cached = false;
        row_.steps[at].reason = "left_out";
        row_.steps[at].ms = 0;
        TRY(tell("step.done", at));
        return begin(at + 1);
    }

    /// The data directory as a state: of the server that stands still, or that was stopped.
    Result<void> keep(size_t at) {
        const Link& link = chain_.links[at];
        int64_t build_ms = steady_ms() - began_ms_;
        auto snapshot = [&]() -> Result<void> {
            TRY(inside_.states.snapshot(op_, tree_of(op_.organization, link.state_id), workshop_.dir, build_ms));
            return {};
        };
        if (workshop_.cluster) TRY(workshop_.cluster->checkpoint(op_));  // no copy of the state shall have to replay its log
        TRY(workshop_.cluster ? workshop_.cluster->while_still(op_, snapshot) : snapshot());
        row_.steps[at].ms = build_ms;
        return inside_.keep_state(op_, chain_, link.state_id, parent_of(at), link, StateKind::lb);
    }

    Result<void> tell(std::string_view type, size_t at) {
        bool is_due = at + 1 == end_ || steady_ms() - told_ms_ >= tell_ms_min;
        if (is_due) told_ms_ = steady_ms();
        return inside_.tell_step(job_, row_, at, type, is_due);
    }

    Result<void> failed(const LiquibaseOutcome& ran, Failure& failure) {
        size_t at = next_;
        for (size_t i = next_; i < end_; ++i)
            if (const auto& changeset = chain_.links[i].changeset;
                changeset && ran.output.find("changeset " + changeset->path + "::" + changeset->id +
                                             "::" + changeset->author + ":") != std::string::npos)
                at = i;
        const auto& changeset = chain_.links[at].changeset;
        failure = {.message = ran.error ? utf8_text(ran.error->message) : ran.reason(), .step = int64_t(at) + 1};
        if (changeset) {
            failure.message = "changeset " + changeset->name() + ": " + failure.message;
            failure.file = changeset->file;
            if (changeset->line > 0) failure.line = changeset->line;
        }
        if (ran.error) {
            auto some = [](const std::string& text) {
                return text.empty() ? std::nullopt : std::optional(utf8_text(text));
            };
            if (!ran.error->detail.empty()) failure.message += " (" + utf8_text(ran.error->detail) + ")";
            failure.statement = some(ran.error->statement);
            failure.sqlstate = some(ran.error->sqlstate);
            failure.hint = some(ran.error->hint);
        }
        failure.output = last_output(ran.output, "");
        return fail(Code::unsupported, failure.message);
    }

    Inside& inside_;
    Op& op_;
    jobs::Context& job_;
    PrepareRow& row_;
    Chain& chain_;
    Workshop& workshop_;
    const size_t first_, end_;
    size_t next_;  // the link that is being made
    int64_t began_ms_ = 0, told_ms_ = 0;
};

Result<void> Databases::Inside::update_with_liquibase(Op& op, jobs::Context& job, PrepareRow& row, const Step& step,
                                                      Chain& chain, Workshop& workshop, size_t first, size_t end,
                                                      Failure& failure) {
    return Update(*this, op, job, row, chain, workshop, first, end).run(step, failure);
}

}  // namespace ry::databases

// `ramify db run`, `psql`, `dsn`: a program with the database in its environment.
#include "cli/database_run.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "cli/connection.h"
#include "cli/database.h"
#include "cli/provenance.h"
#include "cli/recipe_run.h"

namespace ry::cli {

namespace bj = boost::json;
using namespace databases;

namespace {

constexpr int64_t renew_ms = run_lease_ms / 3;

RunOutcome outcome_of(ProgramOutcome outcome) {
    switch (outcome) {
        case ProgramOutcome::done:
            return RunOutcome::done;
        case ProgramOutcome::failed:
            return RunOutcome::failed;
        case ProgramOutcome::timed_out:
            return RunOutcome::timed_out;
        case ProgramOutcome::limited:
            return RunOutcome::limited;
        case ProgramOutcome::cancelled:
            break;
    }
    return RunOutcome::cancelled;
}

/// What is written down: bounded, and without the password.
std::string recorded(const KeptOutput& output, const std::string& password) {
    std::string text = output.text();
    for (size_t at = 0; !password.empty() && (at = text.find(password, at)) != std::string::npos;)
        text.replace(at, password.size(), "…");
    KeptOutput bounded(run_output_bytes_max);
    bounded.add(text);
    return bounded.text();
}

EndRun end_of(const ProgramEnd& program, const std::string& password) {
    return {.outcome = outcome_of(program.outcome),
            .exit_code = program.exit_code,
            .ms = program.ms,
            .stdout_text = recorded(program.out, password),
            .stderr_text = recorded(program.err, password),
            .stdout_bytes = program.out.bytes(),
            .stderr_bytes = program.err.bytes()};
}

Result<std::string> read_database(const Words& words) {
    std::string name = words.get("database");
    if (name.empty()) return fail(Code::invalid, "--database must name one; `ramify db databases` lists them");
    return name;
}

}  // namespace

Result<RunAsked> read_run(const Words& words) {
    InputPlace here = disk_place();
    if (!words.folder.empty()) here.working_dir = words.folder;
    RunAsked asked{.place =
                       words.has("ref") ? TRY(place_at(here.working_dir, words.get("ref"), RefMode::worktree)) : here};
    if (asked.place.commit)
        asked.start.provenance.text = bj::serialize(
            bj::object{{"revision", asked.place.commit->revision}, {"commit", asked.place.commit->commit.text()}});
    std::vector<std::string> kinds = words.positional;
    if (kinds.size() > 1 || (kinds.size() == 1 && kinds[0] != "psql" && kinds[0] != "pgbench"))
        return fail(Code::invalid, "write the command after --");
    if (!kinds.empty()) asked.start.kind = kinds[0] == "psql" ? RunKind::psql : RunKind::pgbench;
    asked.start.command = std::move(kinds);
    asked.start.command.insert(asked.start.command.end(), words.rest.begin(), words.rest.end());
    if (asked.start.command.empty()) return fail(Code::invalid, "write the command after --, such as `-- npm test`");
    if (words.has("database")) asked.database = TRY(read_database(words));
    if (words.has("timeout")) {
        auto ms = parse_duration_ms(words.get("timeout"));
        if (!ms) return fail(Code::invalid, "--timeout must be a time such as 90s, 30m, 2h or 1d");
        asked.limits.timeout_ms = *ms;
    }
    for (auto [flag, limit] :
         {std::pair("max-rows", &asked.limits.rows_max), std::pair("max-bytes", &asked.limits.bytes_max)}) {
        if (!words.has(flag)) continue;
        auto number = parse_int(words.get(flag));
        if (!number || *number < 1)
            return fail(Code::invalid, "--" + std::string(flag) + " must be a number from 1 on");
        *limit = *number;
    }
    return asked;
}

Result<RunEnd> recorded_run(const Terminal& terminal, const HeldSignals& signals, ApiClient& api, const RunAsked& asked,
                            bool is_shown) {
    auto response = TRY(api.send("POST", "/api/v1/database_runs", to_json(asked.start)));
    if (!response.ok()) return error_of(response);
    bj::value started = parsed(response.body);
    std::string id = text_of(started, "/id"), at = "/api/v1/database_runs/" + id, dsn = text_of(started, "/dsn");
    if (!asked.database.empty()) dsn = dsn_of_database(dsn, asked.database);
    ProgramSpec spec{.words = asked.start.command,
                     .folder = asked.place.working_dir,
                     .environment = environment_of(dsn),
                     .limits = asked.limits,
                     .is_shown = is_shown,
                     .kept_bytes_max = is_shown ? run_output_bytes_max : compared_bytes_max,
                     .every_ms = renew_ms,
                     .every = [&] { (void)api.send("POST", at + "/renew"); }};
    RunEnd end{id, run_program(terminal, signals, spec)};
    auto told = TRY(api.send("POST", at + "/end", to_json(end_of(end.program, password_of(dsn)))));
    if (!told.ok()) return error_of(told);
    return end;
}

int shown_run(const DatabaseCall& call, const HeldSignals& signals, ApiClient& api, const RunAsked& asked) {
    auto end = recorded_run(call.terminal, signals, api, asked, true);
    if (!end) return failed(call, end.error());
    if (call.provenance) call.provenance->take_run(end->run_id, asked.start.command);
    return end->program.exit_code;
}

int database_run(const DatabaseCall& call) {
    auto recipe = read_recipe_run(call.words);
    if (!recipe) return failed(call, recipe.error());
    const Words& words = *recipe ? (*recipe)->words : call.words;
    auto asked = read_run(words);
    if (!asked) return misused(call, asked.error().message);
    for (const std::string& warning : *recipe ? (*recipe)->warnings : std::vector<std::string>())
        call.terminal.err << styled(call.terminal, Style::yellow, "warning:") << " " << printable(warning) << "\n";
    bool has_instance = words.has("instance"), has_state = words.has("from");
    if (!has_instance && !has_state && *recipe && (*recipe)->prepare)
        return prepare_and_run(call, *(*recipe)->prepare, *std::move(asked));
    if (has_instance == has_state)
        return misused(call, "say which database: --instance NAME, or --from REF for a copy of its own");
    if (has_instance)
        asked->start.instance = words.get("instance");
    else
        asked->start.from = words.get("from");
    HeldSignals signals;
    auto server = call.server();
    if (!server) return failed(call, server.error());
    ApiClient api(*server, {});
    return shown_run(call, signals, api, *asked);
}

int database_psql(const DatabaseCall& call) {
    if (call.words.positional.size() != 1) return misused(call, "name the instance or ref");
    Words words = call.words;
    words.values["instance"] = words.positional[0];
    words.positional = {"psql"};
    return database_run({call.terminal, call.command, words, call.surroundings, nullptr});
}

int database_dsn(const DatabaseCall& call) {
    if (call.words.positional.size() != 1) return misused(call, "name the instance or ref");
    auto database = call.words.has("database") ? read_database(call.words) : std::string();
    if (!database) return misused(call, database.error().message);
    auto server = call.server();
    if (!server) return failed(call, server.error());
    ApiClient api(*server, {});
    auto instance = open_instance(api, call.words.positional[0]);
    if (!instance) return failed(call, instance.error());
    std::string dsn = text_of(*instance, "/dsn");
    if (!database->empty()) dsn = dsn_of_database(dsn, *database);
    instance->as_object()["dsn"] = dsn;
    print_instance(call.terminal, *instance, dsn, call.words.get("output"));
    return 0;
}

}  // namespace ry::cli

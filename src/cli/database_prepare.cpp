// `ramify db prepare`, `plan` and `watch`.
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/database_call.h"
#include "cli/database_clone.h"
#include "cli/database_request.h"
#include "cli/database_run.h"
#include "cli/interrupts.h"
#include "cli/prepare_watch.h"
#include "cli/progress.h"
#include "cli/provenance.h"
#include "cli/table.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
using namespace databases;

void print_warnings(const Terminal& terminal, const std::vector<std::string>& warnings) {
    for (const std::string& warning : warnings)
        terminal.err << styled(terminal, Style::yellow, "warning:") << " " << printable(warning) << "\n";
}

void print_failure(const Terminal& terminal, const bj::value& failure) {
    std::string place = text_of(failure, "/file");
    if (int64_t line = number_of(failure, "/line"); line > 0)
        place += (place.empty() ? "line " : ":") + std::to_string(line);
    int64_t step = number_of(failure, "/step");
    terminal.err << styled(terminal, Style::red, "error:") << " "
                 << (step > 0 ? "step " + std::to_string(step) + ": " : "") << (place.empty() ? "" : place + ": ")
                 << printable(text_of(failure, "/message")) << "\n";
    if (std::string statement = text_of(failure, "/statement"); !statement.empty())
        terminal.err << styled(terminal, Style::dim, shortened(one_line(statement), terminal.columns)) << "\n";
    if (std::string detail = text_of(failure, "/detail"); !detail.empty())
        terminal.err << "detail: " << printable(detail) << "\n";
    if (std::string hint = text_of(failure, "/hint"); !hint.empty())
        terminal.err << "hint: " << printable(hint) << "\n";
}

/// What of a prepare scripts rely on.
bj::value result_of(const bj::value& prepare) {
    bj::object result;
    for (const char* member : {"dsn", "instance_id", "state_id", "cached", "steps", "ms"})
        if (const auto* value = prepare.as_object().if_contains(member)) result[member] = *value;
    result["prepare_id"] = prepare.at("id");
    return result;
}

bool is_done(const bj::value& prepare) { return text_of(prepare, "/status") == "done"; }
bool has_ended(const bj::value& prepare) {
    return is_done(prepare) || text_of(prepare, "/status") == "failed" || text_of(prepare, "/status") == "cancelled";
}

/// Where a prepare goes on that nobody waits for.
void print_detached(const DatabaseCall& call, const Endpoint& server, const std::string& id) {
    std::string output = call.words.get("output");
    if (output == "assignment") {
        std::string at = server.url + "/api/v1/database_prepares/" + id;
        call.terminal.out << "JOB_ID=" << id << "\nSTATUS_URL=" << at << "\nEVENTS_URL=" << at << "/events\n";
    } else if (output == "json") {
        call.terminal.out << bj::serialize(bj::object{{"prepare_id", id}}) << "\n";
    } else {
        call.terminal.out << id << "\n";
    }
    call.terminal.out << std::flush;
    call.terminal.err << "It goes on. Watch it:  ramify db watch " << id << "\n";
}

/// A prepare that was asked for, and how waiting for it ended: the prepare when it is done, else the exit code.
struct Prepared {
    std::optional<bj::value> prepare;
    int exit = 0;
};
Prepared wait_for(const DatabaseCall& call, const Endpoint& server, bj::value prepare) {
    std::string id = text_of(prepare, "/id");
    if (!has_ended(prepare)) {
        auto watched = watch_prepare(call, server, prepare);
        if (!watched) return {.exit = failed(call, watched.error())};
        if (watched->end == PrepareWatched::End::detached) return print_detached(call, server, id), Prepared{};
        if (watched->end == PrepareWatched::End::stopped) {
            call.terminal.err << "It is stopped; the states that were made are kept.\n";
            return {.exit = int(Exit::interrupted)};
        }
        prepare = std::move(watched->prepare);
    }
    if (call.provenance) call.provenance->take_answer(prepare);
    if (is_done(prepare)) return {.prepare = std::move(prepare)};
    if (call.words.get("output") == "json") call.terminal.out << bj::serialize(prepare) << "\n";
    print_failure(call.terminal, prepare.at("failure"));
    return {.exit = int(Exit::failed)};
}

/// Sends the request, and waits unless nobody wants to.
Prepared prepare(const DatabaseCall& call, const Endpoint& server, Asked& asked) {
    bj::value made;
    {
        Interrupts interrupts;
        ApiClient api(server, interrupts.token());
        if (auto found = resolve_clone(api, asked, true, call.terminal); !found)
            return {.exit = interrupts.happened() ? int(Exit::interrupted) : failed(call, found.error())};
        if (call.provenance) call.provenance->take_request(asked);
        auto response = ask(api, "/api/v1/database_prepares", asked);
        if (!response) return {.exit = interrupts.happened() ? int(Exit::interrupted) : failed(call, response.error())};
        if (!response->ok()) return {.exit = refused(call, *response)};
        made = parsed(response->body);
    }
    if (call.provenance) call.provenance->take_answer(made);
    if (!is_done(made) && call.words.has("no-watch"))
        return print_detached(call, server, text_of(made, "/id")), Prepared{};
    return wait_for(call, server, std::move(made));
}

/// The request, with what is to be said of it.
Result<Asked> read(const DatabaseCall& call) {
    auto asked = TRY(read_request(call.words));
    if (call.provenance) call.provenance->take_request(asked);
    print_warnings(call.terminal, asked.warnings);
    return asked;
}

// ---- prepare … run …

/// psql's options that take the next word as their value.
bool takes_value(std::string_view word) {
    constexpr std::string_view short_ones = "cfvPFRToLdhpU";
    if (word.starts_with("--"))
        return !word.contains('=') && word != "--" && word != "--single-transaction" && word != "--quiet" &&
               word != "--echo-all" && word != "--expanded" && word != "--tuples-only";
    return word.size() == 2 && word[0] == '-' && short_ones.contains(word[1]);
}

/// Where among the tool's arguments a `run` begins that stands for itself, with its own "--" after it; their number
/// when there is none.
size_t find_run(const std::vector<std::string>& rest) {
    for (size_t i = 0; i < rest.size(); ++i) {
        bool is_run = rest[i] == "run" || rest[i].starts_with("run:");
        if (!is_run || (i > 0 && takes_value(rest[i - 1]))) continue;
        if (std::find(rest.begin() + ptrdiff_t(i), rest.end(), "--") != rest.end()) return i;
    }
    return rest.size();
}

/// The words of `run` as the command line has them: "run:psql" is "psql".
Result<RunAsked> read_inner_run(std::span<const std::string> rest) {
    std::vector<std::string> given(rest.begin() + 1, rest.end());
    if (rest[0].size() > 4) given.insert(given.begin(), rest[0].substr(4));
    Words words = TRY(read_words(*find_own("db", "run"), given));
    for (const char* flag : {"instance", "from", "server", "token"})
        if (words.has(flag))
            return fail(Code::invalid, "--" + std::string(flag) +
                                           " has no place after `run`, which gets the database that is prepared");
    return read_run(words);
}

}  // namespace

int prepare_and_run(const DatabaseCall& call, const Words& words, RunAsked run) {
    if (words.has("name")) return misused(call, "--name has no place with `run`: the instance is dropped at the end");
    DatabaseCall inner{call.terminal, call.command, words, call.surroundings, call.provenance};
    auto asked = read(inner);
    if (!asked) return failed(call, asked.error());
    if (!asked->request.ttl_ms) asked->request.ttl_ms = run_lease_ms;  // so that it goes when nobody ends it
    auto server = inner.server();
    if (!server) return failed(call, server.error());
    Prepared prepared = prepare(inner, *server, *asked);
    if (!prepared.prepare) {
        if (prepared.exit == 0)
            call.terminal.out << "RUN_SKIPPED=" << (words.has("no-watch") ? "prepare_not_watched" : "prepare_detached")
                              << "\n"
                              << std::flush;
        return prepared.exit;
    }
    HeldSignals signals;
    ApiClient api(*server, {});
    run.start.instance = text_of(*prepared.prepare, "/instance_id");
    run.start.prepare_id = PrepareId::parse(text_of(*prepared.prepare, "/id"));
    run.start.is_own = true;
    return shown_run(call, signals, api, run);
}

namespace {

// ---- plan

void print_plan(const Terminal& terminal, const bj::value& plan) {
    terminal.out << styled(terminal, Style::bold, text_of(plan, "/image")) << "\n";
    std::vector<std::vector<Cell>> rows;
    int64_t saved_ms = 0, expected_ms = 0;
    size_t cached = 0;
    for (const auto& step : plan.at("steps").as_array()) {
        bool is_cached = flag_of(step, "/cached");
        int64_t ms = number_of(step, "/ms");
        (is_cached ? saved_ms : expected_ms) += ms;
        cached += is_cached ? 1 : 0;
        std::string time = ms == 0 ? "" : (is_cached ? "saves " : "about ") + duration(ms);
        rows.push_back(
            {{std::to_string(rows.size() + 1), Style::dim},
             {text_of(step, "/state_id").substr(0, 12), Style::dim},
             {one_line(text_of(step, "/title"))},
             {is_cached ? "cached" : one_line(text_of(step, "/reason")), is_cached ? Style::green : Style::yellow},
             {time, Style::dim}});
    }
    terminal.out << table(
        terminal,
        {{"", Align::right, true}, {"state", Align::left, true}, {"step"}, {"cache"}, {"time", Align::right, true}},
        rows);
    terminal.out << cached << " of " << rows.size() << " steps are cached"
                 << (saved_ms ? ", which saves " + duration(saved_ms) : "")
                 << (expected_ms ? "; the rest takes about " + duration(expected_ms) : "") << ".\n"
                 << std::flush;
}

}  // namespace

int database_prepare(const DatabaseCall& call) {
    Words words = call.words;
    // `prepare NAME run -- npm test`: a recipe has the tool's arguments, so `run` comes before the "--".
    if (words.positional.size() > 1 && (words.positional[1] == "run" || words.positional[1].starts_with("run:"))) {
        std::vector<std::string> rest(words.positional.begin() + 1, words.positional.end());
        rest.push_back("--");
        rest.insert(rest.end(), words.rest.begin(), words.rest.end());
        words.rest = std::move(rest);
        words.positional.resize(1);
    }
    if (size_t run_at = find_run(words.rest); run_at < words.rest.size()) {
        auto run = read_inner_run(std::span(words.rest).subspan(run_at));
        if (!run) return misused(call, run.error().message);
        words.rest.resize(run_at);
        return prepare_and_run(call, words, *std::move(run));
    }
    auto asked = read(call);
    if (!asked) return failed(call, asked.error());
    auto server = call.server();
    if (!server) return failed(call, server.error());
    Prepared prepared = prepare(call, *server, *asked);
    if (prepared.prepare)
        print_instance(call.terminal, result_of(*prepared.prepare), text_of(*prepared.prepare, "/dsn"),
                       call.words.get("output"));
    return prepared.exit;
}

int database_watch(const DatabaseCall& call) {
    if (call.words.positional.size() != 1) return misused(call, "name the prepare; `ramify db prepares` lists them");
    auto server = call.server();
    if (!server) return failed(call, server.error());
    ApiClient api(*server, {});
    auto response = api.send("GET", "/api/v1/database_prepares/" + percent_encoded(call.words.positional[0]));
    if (!response) return failed(call, response.error());
    if (!response->ok()) return refused(call, *response);
    Prepared prepared = wait_for(call, *server, parsed(response->body));
    if (prepared.prepare)
        print_instance(call.terminal, result_of(*prepared.prepare), text_of(*prepared.prepare, "/dsn"),
                       call.words.get("output"));
    return prepared.exit;
}

int database_plan(const DatabaseCall& call) {
    auto asked = read_request(call.words);
    if (!asked) return failed(call, asked.error());
    if (call.provenance) call.provenance->take_request(*asked);
    auto server = call.server();
    if (!server) return failed(call, server.error());
    ApiClient api(*server, {});
    if (auto found = resolve_clone(api, *asked, false, call.terminal); !found) return failed(call, found.error());
    if (call.provenance) call.provenance->take_request(*asked);
    auto response = ask(api, "/api/v1/database_plans", *asked);
    if (!response) return failed(call, response.error());
    if (!response->ok()) return refused(call, *response);
    bj::value plan = parsed(response->body);
    if (call.provenance) call.provenance->take_answer(plan);
    auto& warnings = plan.as_object()["warnings"].is_array() ? plan.as_object()["warnings"].as_array()
                                                             : plan.as_object()["warnings"].emplace_array();
    for (const std::string& warning : asked->warnings)  // the server finds those of the contents that it has
        if (std::ranges::find(warnings, bj::value(warning)) == warnings.end()) warnings.emplace_back(warning);
    if (call.words.get("output") == "json") {
        call.terminal.out << bj::serialize(plan) << "\n" << std::flush;
        return 0;
    }
    print_plan(call.terminal, plan);
    std::vector<std::string> told;
    for (const auto& warning : warnings) told.emplace_back(warning.as_string());
    print_warnings(call.terminal, told);
    return 0;
}

}  // namespace ry::cli

// `ramify db prepare` and `plan`.
#include <unistd.h>

#include <boost/json.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/database.h"
#include "cli/database_call.h"
#include "cli/database_clone.h"
#include "cli/database_request.h"
#include "cli/interrupts.h"
#include "cli/progress.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
using namespace databases;

constexpr std::string_view prepare_usage =
    "usage: ramify db prepare KIND [--image NAME | --from REF] [--name NAME] [--ttl TIME] [--lease TIME] [--input FILE]\n"
    "                              [--before FILE] [--mask FILE] [--deterministic] [--one-session]\n"
    "                              [--ref REV [--ref-mode blob|worktree]] [--output json|env|dsn] -- [arguments]\n"
    "\n"
    "  psql        psql's arguments: -f schema.sql -f seed.sql -c 'analyze'\n"
    "  lb          Liquibase's arguments: update --changelog-file=db/changelog.xml --contexts=test -Dsize=10\n"
    "  pgbench     -i and its options: -i -s 10\n"
    "  dump        pg_restore's options and a dump of any format: --no-owner shop.dump\n"
    "  migrations  a folder of Flyway, golang-migrate, dbmate, goose, sqitch, Prisma, Drizzle, Rails (SQL), or of numbered\n"
    "              files; --layout NAME says which when it is not seen\n"
    "  clone       pg_dump's options that choose; the server is named by --source DSN or RAMIFY_SOURCE. Taken once, and again\n"
    "              with --refresh\n"
    "\n"
    "--before and --mask name psql scripts that run before and after the kind's own steps; each is a step.\n"
    "\n"
    "  ramify db prepare psql --image postgres:15 --name shop -- -v rows=100 -f schema.sql -c 'analyze'\n"
    "  ramify db prepare dump --before roles.sql --mask mask.sql -- shop.dump\n";

void print_failure(const Terminal& terminal, const bj::value& failure) {
    std::string place = text_of(failure, "/file");
    if (int64_t line = number_of(failure, "/line"); line > 0) place += (place.empty() ? "line " : ":") + std::to_string(line);
    int64_t step = number_of(failure, "/step");
    terminal.err << styled(terminal, Style::red, "error:") << " " << (step > 0 ? "step " + std::to_string(step) + ": " : "") << (place.empty() ? "" : place + ": ") << printable(text_of(failure, "/message")) << "\n";
    if (std::string statement = text_of(failure, "/statement"); !statement.empty()) terminal.err << styled(terminal, Style::dim, shortened(one_line(statement), terminal.columns)) << "\n";
    if (std::string hint = text_of(failure, "/hint"); !hint.empty()) terminal.err << "hint: " << printable(hint) << "\n";
}

/// What of a prepare scripts rely on.
bj::value result_of(const bj::value& prepare) {
    bj::object result;
    for (const char* member : {"dsn", "instance_id", "state_id", "cached", "steps", "ms"})
        if (const auto* value = prepare.as_object().if_contains(member)) result[member] = *value;
    result["prepare_id"] = prepare.at("id");
    return result;
}

/// Ctrl-C while a prepare runs: stop it, or leave it running.
Exit interrupted(const Terminal& terminal, ApiClient& api, const std::string& id) {
    if (::isatty(STDIN_FILENO) && ::isatty(STDERR_FILENO)) {
        terminal.err << "\n[s] stop it   [d] leave it running: " << std::flush;
        char answer = 'd';
        std::cin >> answer;
        if (answer != 's' && answer != 'S') {
            terminal.err << "It goes on. Watch it:  ramify db logs " << id << "\n";
            return Exit::interrupted;
        }
    }
    (void)api.send("POST", "/api/v1/database_prepares/" + id + "/cancel", "{}");
    terminal.err << "It is stopped; the states that were made are kept.\n";
    return Exit::interrupted;
}

constexpr std::initializer_list<std::string_view> prepare_flags = {"image", "from", "name", "ttl", "lease", "input", "output", "server", "token", "ref", "ref-mode", "before", "mask", "layout", "source"};

}  // namespace

Exit database_prepare(const Terminal& terminal, std::span<const std::string> given, const Surroundings& surroundings) {
    auto words = read_words(given, prepare_flags, {"deterministic", "one-session", "refresh", "help"});
    if (!words) return wrong(terminal, words.error().message);
    if (words->has("help")) return terminal.out << prepare_usage, Exit::ok;
    auto asked = read_request(*words);
    if (!asked) return failed(terminal, asked.error());
    std::string output = words->get("output");
    if (!output.empty() && output != "json" && output != "env" && output != "dsn") return wrong(terminal, "--output must be json, env or dsn");
    for (const std::string& warning : asked->warnings) terminal.err << styled(terminal, Style::yellow, "warning:") << " " << warning << "\n";
    auto server = database_server(surroundings, words->get("server"));
    if (!server) return failed(terminal, server.error());
    Interrupts interrupts;
    ApiClient api(*server, words->has("token") ? words->get("token") : surroundings.token, interrupts.token());
    if (auto found = resolve_clone(api, *asked, true, terminal); !found) return interrupts.happened() ? Exit::interrupted : failed(terminal, found.error());
    auto response = ask(api, "/api/v1/database_prepares", *asked);
    if (!response) return interrupts.happened() ? Exit::interrupted : failed(terminal, response.error());
    if (!response->ok()) return refused(terminal, *response);
    bj::value prepare = parsed(response->body);
    std::string id = text_of(prepare, "/id");
    if (text_of(prepare, "/status") != "done") {
        Progress progress(terminal, asked->request.steps.size());
        auto followed = api.follow("/api/v1/database_prepares/" + id + "/events", [&](std::string_view json) {
            bj::value event = parsed(json);
            progress.take(event);
            return text_of(event, "/type") != "prepare.ended";
        });
        if (interrupts.happened()) {
            ApiClient other(*server, surroundings.token, {});
            return interrupted(terminal, other, id);
        }
        if (!followed) return failed(terminal, followed.error());
        auto ended = api.send("GET", "/api/v1/database_prepares/" + id);
        if (!ended) return failed(terminal, ended.error());
        if (!ended->ok()) return refused(terminal, *ended);
        prepare = parsed(ended->body);
    }
    if (text_of(prepare, "/status") != "done") {
        if (output == "json") terminal.out << bj::serialize(prepare) << "\n";
        print_failure(terminal, prepare.at("failure"));
        return Exit::failed;
    }
    print_instance(terminal, result_of(prepare), text_of(prepare, "/dsn"), output);
    return Exit::ok;
}

Exit database_plan(const Terminal& terminal, std::span<const std::string> given, const Surroundings& surroundings) {
    auto words = read_words(given, prepare_flags, {"deterministic", "one-session", "refresh", "help"});
    if (!words) return wrong(terminal, words.error().message);
    if (words->has("help")) return terminal.out << "usage: ramify db plan KIND [as `ramify db prepare`] -- [arguments]\n", Exit::ok;
    auto asked = read_request(*words);
    if (!asked) return failed(terminal, asked.error());
    auto server = database_server(surroundings, words->get("server"));
    if (!server) return failed(terminal, server.error());
    ApiClient api(*server, words->has("token") ? words->get("token") : surroundings.token, {});
    if (auto found = resolve_clone(api, *asked, false, terminal); !found) return failed(terminal, found.error());
    auto response = ask(api, "/api/v1/database_plans", *asked);
    if (!response) return failed(terminal, response.error());
    if (!response->ok()) return refused(terminal, *response);
    bj::value plan = parsed(response->body);
    auto& warnings = plan.as_object()["warnings"].is_array() ? plan.as_object()["warnings"].as_array() : plan.as_object()["warnings"].emplace_array();
    for (const std::string& warning : asked->warnings) warnings.emplace_back(warning);
    if (words->get("output") == "json") return terminal.out << bj::serialize(plan) << "\n", Exit::ok;
    terminal.out << styled(terminal, Style::bold, text_of(plan, "/image")) << "\n";
    size_t number = 0;
    for (const auto& step : plan.at("steps").as_array()) {
        bool is_cached = flag_of(step, "/cached");
        std::string how = is_cached ? "cached" : text_of(step, "/reason");
        if (int64_t ms = number_of(step, "/ms"); ms > 0) how += is_cached ? ", saves " + std::to_string(ms) + " ms" : "";
        terminal.out << padded(std::to_string(++number), 3) << " " << styled(terminal, Style::dim, text_of(step, "/state_id").substr(0, 12)) << "  "
                     << padded(shortened(one_line(text_of(step, "/title")), 50), 50) << "  " << styled(terminal, is_cached ? Style::green : Style::yellow, how) << "\n";
    }
    for (const auto& warning : plan.at("warnings").as_array()) terminal.err << styled(terminal, Style::yellow, "warning:") << " " << std::string_view(warning.as_string()) << "\n";
    return Exit::ok;
}

}  // namespace ry::cli

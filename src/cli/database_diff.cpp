// `ramify db diff`: what differs between two commits (inputs, steps), and between two databases (objects, rows).
#include <boost/json.hpp>
#include <set>

#include "base/text.h"
#include "cli/database_call.h"
#include "cli/database_clone.h"
#include "cli/database_request.h"
#include "cli/prepare_watch.h"
#include "modules/databases/databases.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
using namespace databases;

/// One of the two commits, or the working directory.
struct Side {
    std::string revision;  ///< empty: the working directory
    Asked asked;
    bj::value plan;
    std::string shown() const { return revision.empty() ? "the working directory" : revision; }
    /// Its inputs: path → SHA-256.
    std::map<std::string, std::string> inputs() const {
        std::map<std::string, std::string> all;
        for (const Step& step : asked.request.steps)
            for (const Input& input : step.inputs) all[input.path] = input.sha256;
        return all;
    }
};

struct Inputs {
    std::vector<std::string> added, modified, removed;
    bool is_same() const { return added.empty() && modified.empty() && removed.empty(); }
};
Inputs differences_of(const std::map<std::string, std::string>& from, const std::map<std::string, std::string>& to) {
    Inputs inputs;
    for (const auto& [path, sha256] : to) {
        auto before = from.find(path);
        if (before == from.end())
            inputs.added.push_back(path);
        else if (before->second != sha256)
            inputs.modified.push_back(path);
    }
    for (const auto& [path, sha256] : from)
        if (!to.contains(path)) inputs.removed.push_back(path);
    return inputs;
}

Result<Side> read_side(const DatabaseCall& call, ApiClient& api, const std::string& revision) {
    Words words = call.words;
    for (const char* flag : {"from", "to", "ref"}) words.values.erase(flag);
    if (!revision.empty()) words.values["ref"] = revision;
    Side side{revision, TRY(read_request(words)), {}};
    TRY(resolve_clone(api, side.asked, false, call.terminal));
    auto response = TRY(ask(api, "/api/v1/database_plans", side.asked));
    if (!response.ok()) return error_of(response);
    side.plan = parsed(response.body);
    return side;
}

/// The state of a side; built when it is not there, and then nothing of it stays but the state.
Result<std::string> state_of(const DatabaseCall& call, const Endpoint& server, ApiClient& api, Side& side) {
    if (flag_of(side.plan, "/cached")) return text_of(side.plan, "/state_id");
    side.asked.request.name.reset();
    side.asked.request.ttl_ms = 60'000;
    auto response = TRY(ask(api, "/api/v1/database_prepares", side.asked));
    if (!response.ok()) return error_of(response);
    bj::value prepare = parsed(response.body);
    if (text_of(prepare, "/status") != "done") {
        auto watched = TRY(watch_prepare(call, server, prepare));
        if (watched.end != PrepareWatched::End::over)
            return fail(Code::cancelled,
                        "the database of " + side.shown() + " was not built to its end, so nothing is compared");
        prepare = std::move(watched.prepare);
    }
    if (text_of(prepare, "/status") != "done")
        return fail(Code::invalid,
                    "the database of " + side.shown() + " cannot be built: " + text_of(prepare, "/failure/message"));
    (void)api.send("DELETE", "/api/v1/database_instances/" + text_of(prepare, "/instance_id"));
    return text_of(prepare, "/state_id");
}

// ---- what is said

void print_changes(const Terminal& terminal, Style style, std::string_view sign,
                   const std::vector<std::string>& names) {
    for (const std::string& name : names)
        terminal.out << styled(terminal, style, std::string(sign) + " " + one_line(name)) << "\n";
}

bj::array json_of(const std::vector<std::string>& names) {
    bj::array all;
    for (const std::string& name : names) all.emplace_back(name);
    return all;
}

/// Steps of the second side, with whether the first has the same, and what would be built.
bj::array steps_of(const Side& from, const Side& to) {
    std::set<std::string> known;
    for (const auto& step : from.plan.at("steps").as_array()) known.insert(text_of(step, "/state_id"));
    bj::array steps;
    for (const auto& step : to.plan.at("steps").as_array()) {
        bj::object told = step.as_object();
        told["is_changed"] = !known.contains(text_of(step, "/state_id"));
        steps.push_back(std::move(told));
    }
    return steps;
}

void print_steps(const Terminal& terminal, const bj::array& steps) {
    size_t number = 0, builds = 0;
    for (const auto& step : steps) {
        bool is_changed = flag_of(step, "/is_changed"), is_cached = flag_of(step, "/cached");
        builds += is_cached ? 0 : 1;
        std::string how = (is_changed ? "changed" : "the same") +
                          std::string(is_cached ? ", cached" : ", to be built: " + text_of(step, "/reason"));
        terminal.out << padded(std::to_string(++number), 3) << " "
                     << padded(shortened(one_line(text_of(step, "/title")), 56), 56) << "  "
                     << styled(terminal, is_changed ? Style::yellow : Style::dim, how) << "\n";
    }
    terminal.out << builds << " of " << number << " steps would be built.\n";
}

Style style_of(const std::string& change) {
    return change == "added" ? Style::green : change == "removed" ? Style::red : Style::yellow;
}
std::string sign_of(const std::string& change) { return change == "added" ? "+" : change == "removed" ? "-" : "~"; }

void print_definition(const Terminal& terminal, Style style, std::string_view sign, const std::string& text) {
    for (std::string_view line : split(text, '\n'))
        if (!line.empty())
            terminal.out << "      " << styled(terminal, style, std::string(sign) + " " + printable(line)) << "\n";
}

void print_object(const Terminal& terminal, const bj::value& object) {
    std::string change = text_of(object, "/change"), of = text_of(object, "/of"), from = text_of(object, "/from"),
                to = text_of(object, "/to");
    std::string name = text_of(object, "/kind") + " " + text_of(object, "/name");
    bool is_short = !from.contains('\n') && !to.contains('\n') && from.size() + to.size() < 100;
    std::string line = sign_of(change) + " " + name + (of.empty() ? "" : " of " + of);
    if (is_short) line += ": " + (change == "modified" ? from + " → " + to : from + to);
    terminal.out << (of.empty() ? "" : "  ") << styled(terminal, style_of(change), one_line(line)) << "\n";
    if (is_short) return;
    if (change != "added") print_definition(terminal, Style::red, "-", from);
    if (change != "removed") print_definition(terminal, Style::green, "+", to);
}

std::string cells(const bj::value& row) {
    std::string text;
    if (!row.is_object()) return text;
    for (const auto& [column, value] : row.as_object())
        text += (text.empty() ? "" : ", ") + std::string(column) + "=" +
                (value.is_string() ? std::string(value.as_string()) : "null");
    return one_line(text);
}

void print_table(const Terminal& terminal, const bj::value& table) {
    terminal.out << styled(terminal, Style::bold, text_of(table, "/name")) << "  " << number_of(table, "/rows_from")
                 << " → " << number_of(table, "/rows_to") << " rows: " << number_of(table, "/rows_added") << " added, "
                 << number_of(table, "/rows_removed") << " removed, " << number_of(table, "/rows_modified")
                 << " modified\n";
    if (std::string problem = text_of(table, "/problem"); !problem.empty())
        terminal.out << "  " << styled(terminal, Style::yellow, one_line(problem)) << "\n";
    for (const auto& row : table.at("rows").as_array()) {
        std::string change = text_of(row, "/change");
        std::string line = sign_of(change) + " ";
        if (change == "modified")
            line += cells(row.at("key")) + ": " + cells(row.at("from")) + " → " + cells(row.at("to"));
        else
            line += cells(row.at(change == "added" ? "to" : "from"));
        terminal.out << "  " << styled(terminal, style_of(change), shortened(line, terminal.columns - 2)) << "\n";
    }
}

void print_databases(const Terminal& terminal, const bj::value& diff, bool has_schema, bool has_data) {
    for (const auto& object : diff.at("objects").as_array()) print_object(terminal, object);
    if (has_schema)
        terminal.out << number_of(diff, "/objects_added") << " objects added, " << number_of(diff, "/objects_removed")
                     << " removed, " << number_of(diff, "/objects_modified") << " modified.\n";
    for (const auto& table : diff.at("tables").as_array()) print_table(terminal, table);
    if (has_data)
        terminal.out << diff.at("tables").as_array().size() << " of " << number_of(diff, "/tables_compared")
                     << " tables differ.\n";
    if (flag_of(diff, "/is_truncated"))
        terminal.out << styled(terminal, Style::dim,
                               "Not all is shown; --rows N shows more rows, --table NAME only one table, --output json "
                               "whole definitions.")
                     << "\n";
}

// ---- the two ways

/// What is asked of the server about two databases.
Result<bj::value> compare(const DatabaseCall& call, ApiClient& api, const std::string& from, const std::string& to,
                          bool has_schema) {
    const Words& words = call.words;
    DiffRequest request{
        .from = from, .to = to, .schema = has_schema, .data = words.has("data"), .tables = words.tables};
    if (words.has("database")) request.database = words.get("database");
    if (words.has("rows")) {
        auto rows = parse_int(words.get("rows"));
        if (!rows || *rows < 0 || *rows > diff_rows_max)
            return fail(Code::invalid, "--rows must be a number from 0 to " + std::to_string(diff_rows_max));
        request.rows_max = int(*rows);
    }
    if (words.has("timeout")) {
        request.timeout_ms = parse_duration_ms(words.get("timeout"));
        if (!request.timeout_ms || *request.timeout_ms < 1 || *request.timeout_ms > diff_ms_max)
            return fail(Code::invalid, "--timeout must be a time up to 9m, such as 90s");
    }
    auto response = TRY(api.send("POST", "/api/v1/database_diffs", to_json(request)));
    if (!response.ok()) return error_of(response);
    return parsed(response.body);
}

int diff_databases(const DatabaseCall& call) {
    if (!call.words.has("from") || !call.words.has("to"))
        return misused(call, "say what to compare: --from STATE --to STATE, or --from-ref REV with a kind or a recipe");
    if (!call.words.positional.empty() || !call.words.rest.empty())
        return misused(call, "--from and --to name databases; a kind or a recipe goes with --from-ref");
    auto server = call.server();
    if (!server) return failed(call, server.error());
    ApiClient api(*server, {});
    bool has_schema = call.words.has("schema") || !call.words.has("data");
    auto diff = compare(call, api, call.words.get("from"), call.words.get("to"), has_schema);
    if (!diff) return failed(call, diff.error());
    if (call.wants_json())
        call.terminal.out << bj::serialize(*diff) << "\n" << std::flush;
    else
        print_databases(call.terminal, *diff, has_schema, call.words.has("data"));
    return 0;
}

struct CommitsDiff {
    Side from, to;
    Inputs inputs;
    bj::array steps;
    std::optional<bj::value> databases;
};

Result<CommitsDiff> commits_diff(const DatabaseCall& call, const Endpoint& server, ApiClient& api) {
    CommitsDiff diff{TRY(read_side(call, api, call.words.get("from-ref"))),
                     TRY(read_side(call, api, call.words.get("to-ref"))),
                     {},
                     {},
                     {}};
    diff.inputs = differences_of(diff.from.inputs(), diff.to.inputs());
    diff.steps = steps_of(diff.from, diff.to);
    if (!call.words.has("schema") && !call.words.has("data")) return diff;
    std::string before = TRY(state_of(call, server, api, diff.from)), after = TRY(state_of(call, server, api, diff.to));
    diff.databases = TRY(compare(call, api, before, after, call.words.has("schema")));
    return diff;
}

void print_commits(const DatabaseCall& call, const CommitsDiff& diff) {
    const Terminal& terminal = call.terminal;
    terminal.out << styled(terminal, Style::bold, one_line(diff.from.shown()) + " → " + one_line(diff.to.shown()))
                 << "\n";
    print_changes(terminal, Style::green, "+", diff.inputs.added);
    print_changes(terminal, Style::yellow, "~", diff.inputs.modified);
    print_changes(terminal, Style::red, "-", diff.inputs.removed);
    terminal.out << diff.inputs.added.size() << " inputs added, " << diff.inputs.modified.size() << " modified, "
                 << diff.inputs.removed.size() << " removed.\n";
    print_steps(terminal, diff.steps);
    if (diff.databases) print_databases(terminal, *diff.databases, call.words.has("schema"), call.words.has("data"));
    terminal.out << std::flush;
}

bj::object json_of(const Side& side) {
    bj::object told = {{"revision", nullptr}, {"state_id", text_of(side.plan, "/state_id")}};
    if (!side.revision.empty()) told["revision"] = side.revision;
    return told;
}

int diff_commits(const DatabaseCall& call) {
    for (const char* flag : {"from", "to"})
        if (call.words.has(flag))
            return misused(
                call, "--from-ref and --to-ref name commits; --from and --to name databases: use one of the pairs");
    if (!call.words.has("from-ref"))
        return misused(call, "--to-ref needs --from-ref, the commit that it is compared with");
    auto server = call.server();
    if (!server) return failed(call, server.error());
    ApiClient api(*server, {});
    auto diff = commits_diff(call, *server, api);
    if (!diff) return failed(call, diff.error());
    if (!call.wants_json()) return print_commits(call, *diff), 0;
    bj::object all = {{"from", json_of(diff->from)},
                      {"to", json_of(diff->to)},
                      {"inputs", bj::object{{"added", json_of(diff->inputs.added)},
                                            {"modified", json_of(diff->inputs.modified)},
                                            {"removed", json_of(diff->inputs.removed)}}},
                      {"steps", diff->steps},
                      {"databases", diff->databases ? *diff->databases : bj::value()}};
    call.terminal.out << bj::serialize(all) << "\n" << std::flush;
    return 0;
}

}  // namespace

int database_diff(const DatabaseCall& call) {
    bool has_commits = call.words.has("from-ref") || call.words.has("to-ref");
    return has_commits ? diff_commits(call) : diff_databases(call);
}

}  // namespace ry::cli

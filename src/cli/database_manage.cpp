// `ramify db rm`, `gc`, `ls` and `stop`.
#include <boost/json.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/database_call.h"
#include "cli/local_server.h"
#include "modules/databases/removal_model.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;

/// "│  ├─ " before what stands at `at` in a list of things with depths.
std::string branch(const bj::array& items, size_t at) {
    auto depth = [&](size_t i) { return number_of(items[i], "/depth"); };
    auto goes_on = [&](int64_t level) {  // whether something of this level still follows below the same parent
        for (size_t i = at + 1; i < items.size() && depth(i) >= level; ++i)
            if (depth(i) == level) return true;
        return false;
    };
    std::string text;
    for (int64_t level = 1; level < depth(at); ++level) text += goes_on(level) ? "│  " : "   ";
    if (depth(at) > 0) text += goes_on(depth(at)) ? "├─ " : "└─ ";
    return text;
}

std::string explained(const bj::value& item) {
    std::string reason = text_of(item, "/reason");
    int64_t connections = number_of(item, "/connections");
    if (reason == "active_connections")
        return std::to_string(connections) + (connections == 1 ? " connection" : " connections") +
               "; --force drops it all the same";
    if (reason == "active_tasks") return "a prepare needs it; --force removes it all the same";
    if (reason == "has_descendants") return "others come from it; --recurse removes them too";
    if (reason == "is_of_app") return "of an app's branch; delete the branch to drop it";
    if (reason == "is_pinned") return "pinned or retained by a ref; `ramify db unpin` lets it go";
    if (reason == "blocked_by_descendant") return "what comes from it stays";
    return reason;
}

void print_removal(const Terminal& terminal, const bj::value& removal) {
    const bj::array& items = removal.at("items").as_array();
    std::string outcome = text_of(removal, "/outcome");
    for (size_t i = 0; i < items.size(); ++i) {
        bool is_blocked = !text_of(items[i], "/reason").empty();
        std::string id = text_of(items[i], "/id"), kind = text_of(items[i], "/kind");
        std::string line = branch(items, i) + (kind == "state" ? "state " + id.substr(0, 12) : id);
        if (std::string name = one_line(text_of(items[i], "/name")); !name.empty()) line += "  " + name;
        std::string end = is_blocked                  ? "✗ " + explained(items[i])
                          : outcome == "removed"      ? "removed"
                          : outcome == "would_remove" ? "would be removed"
                                                      : "";
        size_t room = terminal.columns > width_of(end) + 2 ? terminal.columns - width_of(end) - 2 : 0;
        bool is_beside = room >= 24;
        terminal.out << shortened(line, is_beside ? room : terminal.columns)
                     << (end.empty() ? ""
                         : is_beside ? "  "
                                     : "\n    ")
                     << styled(terminal, is_blocked ? Style::red : Style::dim,
                               is_beside ? end : shortened(end, terminal.columns - 4))
                     << "\n";
    }
    terminal.out << std::flush;
}

int remove_one(const DatabaseCall& call, ApiClient& api, const std::string& name) {
    databases::Remove wanted{.name = name,
                             .is_recursive = call.words.has("recurse"),
                             .is_forced = call.words.has("force"),
                             .is_dry_run = call.words.has("dry-run")};
    auto response = api.send("POST", "/api/v1/database_removals", to_json(wanted));
    if (!response) return failed(call.terminal, response.error());
    if (response->status == 404 && call.words.has("missing-ok")) {
        call.terminal.err << styled(call.terminal, Style::yellow, "warning:") << " "
                          << one_line(text_of(parsed(response->body), "/detail")) << "\n";
        return 0;
    }
    if (!response->ok()) return refused(call, *response);
    bj::value removal = parsed(response->body);
    if (call.wants_json())
        call.terminal.out << response->body << "\n" << std::flush;
    else
        print_removal(call.terminal, removal);
    if (text_of(removal, "/outcome") != "blocked") return 0;
    call.terminal.err << styled(call.terminal, Style::red, "error:") << " nothing of " << one_line(name)
                      << " was removed";
    for (const auto& item : removal.at("items").as_array())
        if (std::string reason = text_of(item, "/reason"); !reason.empty() && reason != "blocked_by_descendant") {
            call.terminal.err << ": " << explained(item);
            break;
        }
    call.terminal.err << "\n";
    return int(Exit::refused);
}

// ---- ls

struct Section {
    std::string_view flag, path, kind;
};
constexpr Section sections[] = {
    {"instances", "/api/v1/database_instances", "Instance"}, {"refs", "/api/v1/database_refs", "Ref"},
    {"states", "/api/v1/database_states", "DatabaseState"},  {"prepares", "/api/v1/database_prepares", "Prepare"},
    {"runs", "/api/v1/database_runs", "DatabaseRun"},        {"images", "/api/v1/database_images", "DatabaseImage"},
};

/// What the listed instances warn of, below their table.
void print_warnings(const DatabaseCall& call, const bj::array& instances) {
    for (const bj::value& instance : instances) {
        std::string warning = text_of(instance, "/warning"), name = text_of(instance, "/name");
        if (!warning.empty())
            call.terminal.err << styled(call.terminal, Style::yellow,
                                        (name.empty() ? text_of(instance, "/id") : name) + ": " + warning)
                              << "\n";
    }
}

}  // namespace

int database_rm(const DatabaseCall& call) {
    if (call.words.positional.empty()) return misused(call, "name what shall go");
    auto server = call.server();
    if (!server) return failed(call.terminal, server.error());
    ApiClient api(*server, {});
    int worst = 0;
    for (const std::string& name : call.words.positional) worst = std::max(worst, remove_one(call, api, name));
    return worst;
}

int database_gc(const DatabaseCall& call) {
    if (!call.words.positional.empty()) return misused(call, "it takes no names; `ramify db rm` does");
    auto server = call.server();
    if (!server) return failed(call.terminal, server.error());
    ApiClient api(*server, {});
    databases::Collect wanted{.is_everything = call.words.has("all"), .is_dry_run = call.words.has("dry-run")};
    auto response = api.send("POST", "/api/v1/database_cache/collect", to_json(wanted));
    if (!response) return failed(call.terminal, response.error());
    if (!response->ok()) return refused(call, *response);
    if (call.wants_json()) {
        call.terminal.out << response->body << "\n" << std::flush;
        return 0;
    }
    bj::value collected = parsed(response->body);
    call.terminal.out << number_of(collected, "/instances") << " instances and " << number_of(collected, "/states")
                      << " states " << (wanted.is_dry_run ? "would go; " : "are gone; ")
                      << human_bytes(number_of(collected, "/bytes"))
                      << (wanted.is_dry_run ? " would be free" : " are free") << "\n"
                      << std::flush;
    return 0;
}

int database_ls(const DatabaseCall& call) {
    if (!call.words.positional.empty()) return misused(call, "it takes no names; `ramify db show NAME` does");
    std::vector<Section> wanted;
    for (const Section& section : sections)
        if (call.words.has("all") || call.words.has(std::string(section.flag))) wanted.push_back(section);
    if (wanted.empty()) wanted.push_back(sections[0]);
    auto limit = parse_int(call.words.has("limit") ? call.words.get("limit") : "50");
    if (!limit || *limit < 1 || *limit > 200) return misused(call, "--limit must be a number from 1 to 200");
    auto server = call.server();
    if (!server) return failed(call.terminal, server.error());
    ApiClient api(*server, {});
    std::string json;
    for (const Section& section : wanted) {
        auto response = api.send(
            "GET", std::string(section.path) + (section.flag == "images" ? "" : "?limit=" + std::to_string(*limit)));
        if (!response) return failed(call.terminal, response.error());
        if (!response->ok()) return refused(call, *response);
        if (call.wants_json()) {
            if (wanted.size() == 1)
                json = response->body;
            else
                json += (json.empty() ? "{\"" : ",\"") + std::string(section.flag) +
                        "\":" + bj::serialize(parsed(response->body).at("items"));
            continue;
        }
        if (wanted.size() > 1)
            call.terminal.out << (&section == wanted.data() ? "" : "\n")
                              << styled(call.terminal, Style::bold, section.flag) << "\n";
        call.terminal.out << shown(call.terminal, section.kind, response->body, now());
        if (section.kind == "Instance") print_warnings(call, parsed(response->body).at("items").as_array());
        if (!text_of(parsed(response->body), "/next_cursor").empty())
            call.terminal.err << styled(call.terminal, Style::dim,
                                        "There are more: --limit " + std::to_string(std::min<int64_t>(200, *limit * 2)))
                              << "\n";
    }
    if (call.wants_json()) call.terminal.out << json << (wanted.size() == 1 ? "\n" : "}\n");
    call.terminal.out << std::flush;
    return 0;
}

int database_stop(const DatabaseCall& call) {
    if (!call.words.has("all")) return misused(call, "it ends the server with all instances: say so with --all");
    auto stopped = stop_local_server(local_data_dir());
    if (!stopped) return failed(call.terminal, stopped.error());
    call.terminal.err << (*stopped ? "The server has ended.\n" : "No server runs.\n");
    return 0;
}

}  // namespace ry::cli

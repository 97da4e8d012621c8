// `ramify db status` and `init`.
#include <boost/json.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/database_call.h"
#include "cli/local_server.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;

/// The items of a list of the API.
Result<bj::array> items_of(ApiClient& api, const std::string& path) {
    auto response = TRY(api.send("GET", path));
    if (!response.ok()) return error_of(response);
    bj::value page = parsed(response.body);
    return page.is_object() && page.as_object().contains("items") ? page.at("items").as_array() : bj::array();
}

int64_t count_of(const bj::array& items, std::string_view status) {
    return std::ranges::count_if(items, [&](const bj::value& item) { return text_of(item, "/status") == status; });
}

Result<bj::object> status_of(ApiClient& api, bool is_cache_wanted) {
    bj::object status;
    bj::array instances = TRY(items_of(api, "/api/v1/database_instances?limit=200"));
    status["instances"] = instances.size();
    status["running"] = count_of(instances, "ready");
    status["asleep"] = count_of(instances, "asleep");
    bj::array prepares = TRY(items_of(api, "/api/v1/database_prepares?limit=50"));
    status["preparing"] = count_of(prepares, "queued") + count_of(prepares, "building");
    bj::array images;
    for (const auto& image : TRY(items_of(api, "/api/v1/database_images"))) images.push_back(image.at("name"));
    status["images"] = std::move(images);
    auto limits = TRY(api.send("GET", "/api/v1/database_limits"));
    if (!limits.ok()) return error_of(limits);
    status["limits"] = parsed(limits.body);
    auto cache = TRY(api.send("GET", "/api/v1/database_cache"));
    if (!cache.ok()) return error_of(cache);
    bj::value all = parsed(cache.body);
    if (is_cache_wanted)
        status["cache"] = all;
    else
        status["cache"] =
            bj::object{{"states", all.at("states")}, {"bytes", all.at("bytes")}, {"bytes_max", all.at("bytes_max")}};
    return status;
}

int print_status(const DatabaseCall& call, bj::object status) {
    if (call.wants_json()) {
        call.terminal.out << bj::serialize(status) << "\n" << std::flush;
        return 0;
    }
    std::string sections;
    for (const char* name : {"limits", "cache"}) {
        auto* section = status.if_contains(name);
        if (!section) continue;
        sections += "\n" + styled(call.terminal, Style::bold, name) + "\n" +
                    shown(call.terminal, "", bj::serialize(*section), now());
        status.erase(name);
    }
    call.terminal.out << shown(call.terminal, "", bj::serialize(status), now()) << sections << std::flush;
    return 0;
}

int show_status(const DatabaseCall& call, const Endpoint& server) {
    bj::object status = {{"status", server.url.empty() ? "stopped" : "running"}, {"version", RAMIFY_VERSION}};
    if (!server.profile.empty()) status["profile"] = server.profile;
    if (server.is_local) status["data_dir"] = local_data_dir();
    if (server.url.empty()) return print_status(call, std::move(status));
    status["server"] = server.url;
    ApiClient api(server, {});
    auto more = status_of(api, call.words.has("cache"));
    if (!more) return failed(call, more.error());
    for (auto& member : *more) status[member.key()] = std::move(member.value());
    return print_status(call, std::move(status));
}

}  // namespace

int database_status(const DatabaseCall& call) {
    if (!call.words.positional.empty()) return misused(call, "it takes no names; `ramify db show NAME` does");
    auto server = call.server(Unnamed::found);
    return server ? show_status(call, *server) : failed(call.terminal, server.error());
}

/// Preparing nothing makes the empty cluster that all begins with; its instance is not needed.
int database_init(const DatabaseCall& call) {
    if (!call.words.positional.empty()) return misused(call, "it takes no names");
    auto server = call.server();
    if (!server) return failed(call.terminal, server.error());
    ApiClient api(*server, {});
    databases::PrepareRequest request;
    request.image = call.words.get("image");
    auto response = api.send("POST", "/api/v1/database_prepares", to_json(request));
    if (!response) return failed(call.terminal, response.error());
    if (!response->ok()) return refused(call, *response);
    std::string at = "/api/v1/database_prepares/" + text_of(parsed(response->body), "/id"), position;
    auto followed = api.follow(at + "/events", position,
                               [](std::string_view json) { return text_of(parsed(json), "/type") != "prepare.ended"; });
    if (!followed) return failed(call.terminal, followed.error());
    auto ended = api.send("GET", at);
    if (!ended) return failed(call.terminal, ended.error());
    bj::value prepare = parsed(ended->body);
    if (text_of(prepare, "/status") != "done")
        return failed(call.terminal, fail(Code::conflict, text_of(prepare, "/failure/message")));
    (void)api.send("DELETE", "/api/v1/database_instances/" + text_of(prepare, "/instance_id"));
    if (int exit = show_status(call, *server); exit != 0) return exit;
    if (!call.wants_json())
        call.terminal.err << styled(call.terminal, Style::dim,
                                    "\nTry:  ramify db prepare psql -- -c 'create table item (id int)'")
                          << "\n";
    return 0;
}

}  // namespace ry::cli

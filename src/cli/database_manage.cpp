// `ramify db rm` and `stop`.
#include "base/text.h"
#include "cli/database.h"
#include "cli/database_call.h"
#include "cli/local_server.h"

namespace ry::cli {

Exit database_rm(const Terminal& terminal, std::span<const std::string> given, const Surroundings& surroundings) {
    auto words = read_words(given, {"server", "token"}, {"recurse", "help"});
    if (!words) return wrong(terminal, words.error().message);
    if (words->positional.empty() || words->has("help")) return terminal.err << "usage: ramify db rm NAME|ID… [--recurse]\n\nDrops instances, and removes states, by name or a unique beginning of the id.\n", Exit::usage;
    auto server = database_server(surroundings, words->get("server"));
    if (!server) return failed(terminal, server.error());
    ApiClient api(*server, words->has("token") ? words->get("token") : surroundings.token, {});
    for (const std::string& name : words->positional) {
        auto response = api.send("DELETE", "/api/v1/database_instances/" + percent_encoded(name));
        if (response && response->status == 404) response = api.send("DELETE", "/api/v1/database_states/" + percent_encoded(name) + (words->has("recurse") ? "?recurse=true" : ""));
        if (!response) return failed(terminal, response.error());
        if (response->status == 409) return terminal.err << shown_problem(terminal, response->status, response->body), Exit::refused;
        if (!response->ok()) return refused(terminal, *response);
    }
    return Exit::ok;
}

Exit database_stop(const Terminal& terminal, std::span<const std::string> given) {
    auto words = read_words(given, {}, {"all", "help"});
    if (!words) return wrong(terminal, words.error().message);
    if (!words->has("all") || words->has("help")) return terminal.err << "usage: ramify db stop --all\n\nEnds the server that a `db` command started, with all instances; they wake with the next one.\n", Exit::usage;
    auto stopped = stop_local_server(local_data_dir());
    if (!stopped) return failed(terminal, stopped.error());
    terminal.err << (*stopped ? "The server has ended.\n" : "No server runs.\n");
    return Exit::ok;
}

}  // namespace ry::cli

// `ramify db run`, `psql` and `dsn`: a program with the database in its environment.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <csignal>

#include "base/text.h"
#include "cli/database.h"
#include "cli/database_call.h"
#include "cli/database_ref.h"

extern char** environ;

namespace ry::cli {
namespace {

namespace bj = boost::json;

constexpr std::string_view run_usage =
    "usage: ramify db run --instance NAME|--from REF [--ref REV] -- COMMAND [ARGUMENT…]\n"
    "       ramify db run psql|pgbench --instance NAME|--from REF [--ref REV] -- [its arguments]\n"
    "\n"
    "The program finds the database by DATABASE_URL and PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE. With --from it gets a\n"
    "copy of its own, which is dropped when it ends. With --ref it is started in the files of that commit, written to a directory of\n"
    "their own.\n";

/// Runs a program in `folder` to its end with the database in its environment; its exit code, as a shell gives it.
int run_program(const Terminal& terminal, const std::vector<std::string>& words, const std::string& dsn, const std::string& folder) {
    std::string variables = environment_of(dsn);
    for (std::string_view line : split(variables, '\n'))
        if (size_t equals = line.find('='); equals != std::string_view::npos) ::setenv(std::string(line.substr(0, equals)).c_str(), std::string(line.substr(equals + 1)).c_str(), 1);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    std::signal(SIGINT, SIG_IGN);  // it is for the program, which decides
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t restored;
    sigemptyset(&restored);
    sigaddset(&restored, SIGINT);
    posix_spawnattr_setsigdefault(&attributes, &restored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    pid_t pid = 0;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    int not_started = posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    int status = 0;
    if (not_started) {
        terminal.err << styled(terminal, Style::red, "error:") << " " << one_line(words[0]) << " cannot be started; see whether it is installed\n";
        status = 127;
    } else {
        ::waitpid(pid, &status, 0);
        status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    std::signal(SIGINT, SIG_DFL);
    return status;
}
}  // namespace

int database_run(const Terminal& terminal, std::span<const std::string> given, const Surroundings& surroundings) {
    auto words = read_words(given, {"instance", "from", "server", "token", "ref"}, {"help"});
    if (!words) return int(wrong(terminal, words.error().message));
    if (words->has("help")) return terminal.out << run_usage, 0;
    auto place = words->has("ref") ? place_at(disk_place().working_dir, words->get("ref"), RefMode::worktree) : disk_place();
    if (!place) return int(failed(terminal, place.error()));
    std::vector<std::string> program = words->positional;
    if (program.size() > 1 || (program.size() == 1 && program[0] != "psql" && program[0] != "pgbench")) return int(wrong(terminal, "write the command after --"));
    program.insert(program.end(), words->rest.begin(), words->rest.end());
    if (program.empty() || words->has("instance") == words->has("from")) return terminal.err << run_usage, int(Exit::usage);
    auto server = database_server(surroundings, words->get("server"));
    if (!server) return int(failed(terminal, server.error()));
    ApiClient api(*server, words->has("token") ? words->get("token") : surroundings.token, {});
    if (words->has("instance")) {
        auto instance = open_instance(api, words->get("instance"));
        if (!instance) return int(failed(terminal, instance.error()));
        return run_program(terminal, program, text_of(*instance, "/dsn"), place->working_dir);
    }
    Asked asked;
    asked.request.from = words->get("from");
    auto response = ask(api, "/api/v1/database_prepares", asked);
    if (!response) return int(failed(terminal, response.error()));
    if (!response->ok()) return int(refused(terminal, *response));
    bj::value prepare = parsed(response->body);
    int exit = run_program(terminal, program, text_of(prepare, "/dsn"), place->working_dir);
    (void)api.send("DELETE", "/api/v1/database_instances/" + text_of(prepare, "/instance_id"));
    return exit;
}

Exit database_dsn(const Terminal& terminal, std::span<const std::string> given, const Surroundings& surroundings) {
    auto words = read_words(given, {"server", "token", "output"}, {"help"});
    if (!words) return wrong(terminal, words.error().message);
    if (words->positional.size() != 1 || words->has("help")) return terminal.err << "usage: ramify db dsn NAME|ID|REF [--output json|env|dsn]\n", Exit::usage;
    auto server = database_server(surroundings, words->get("server"));
    if (!server) return failed(terminal, server.error());
    ApiClient api(*server, words->has("token") ? words->get("token") : surroundings.token, {});
    auto instance = open_instance(api, words->positional[0]);
    if (!instance) return failed(terminal, instance.error());
    print_instance(terminal, *instance, text_of(*instance, "/dsn"), words->get("output"));
    return Exit::ok;
}

int database_psql(const Terminal& terminal, std::span<const std::string> given, const Surroundings& surroundings) {
    auto words = read_words(given, {"server", "token"}, {"help"});
    if (!words) return int(wrong(terminal, words.error().message));
    if (words->positional.size() != 1 || words->has("help")) return terminal.err << "usage: ramify db psql NAME|ID|REF [-- psql's arguments]\n", int(Exit::usage);
    std::vector<std::string> all = {"psql", "--instance", words->positional[0]};
    for (const char* flag : {"server", "token"})
        if (words->has(flag)) all.insert(all.end(), {"--" + std::string(flag), words->get(flag)});
    all.push_back("--");
    all.insert(all.end(), words->rest.begin(), words->rest.end());
    return database_run(terminal, all, surroundings);
}

}  // namespace ry::cli

#include "cli/database.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <csignal>
#include <iostream>
#include <map>

#include "base/text.h"
#include "cli/api_client.h"
#include "cli/database_inputs.h"
#include "cli/interrupts.h"
#include "cli/local_server.h"
#include "modules/databases/model.h"

extern char** environ;

namespace ry::cli {
namespace {

namespace bj = boost::json;
using namespace databases;

constexpr std::string_view prepare_usage =
    "usage: ramify db prepare psql [--image NAME | --from REF] [--name NAME] [--ttl TIME] [--lease TIME] [--input FILE]\n"
    "                              [--deterministic] [--one-session] [--output json|env|dsn] -- [psql's arguments]\n"
    "\n"
    "  ramify db prepare psql -- -f schema.sql -f seed.sql\n"
    "  ramify db prepare psql --image postgres:15 --name shop -- -v rows=100 -f schema.sql -c 'analyze'\n";
constexpr std::string_view run_usage =
    "usage: ramify db run --instance NAME|--from REF -- COMMAND [ARGUMENT…]\n"
    "       ramify db run psql|pgbench --instance NAME|--from REF -- [its arguments]\n"
    "\n"
    "The program finds the database by DATABASE_URL and PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE. With --from it gets a\n"
    "copy of its own, which is dropped when it ends.\n";

std::string text_of(const bj::value& value, std::string_view pointer) {
    boost::system::error_code error;
    const bj::value* found = value.find_pointer(bj::string_view(pointer.data(), pointer.size()), error);
    return found && found->is_string() ? std::string(found->as_string()) : "";
}
int64_t number_of(const bj::value& value, std::string_view pointer) {
    boost::system::error_code error;
    const bj::value* found = value.find_pointer(bj::string_view(pointer.data(), pointer.size()), error);
    return found && found->is_int64() ? found->as_int64() : 0;
}
bool flag_of(const bj::value& value, std::string_view pointer) {
    boost::system::error_code error;
    const bj::value* found = value.find_pointer(bj::string_view(pointer.data(), pointer.size()), error);
    return found && found->is_bool() && found->as_bool();
}
bj::value parsed(std::string_view json) {
    boost::system::error_code error;
    bj::value value = bj::parse(bj::string_view(json.data(), json.size()), error);
    return error ? bj::value() : value;
}

Exit wrong(const Terminal& terminal, std::string_view message) {
    terminal.err << styled(terminal, Style::red, "error:") << " " << message << "\n";
    return Exit::usage;
}
Exit failed(const Terminal& terminal, const Error& error) {
    terminal.err << styled(terminal, Style::red, "error:") << " " << error.message << "\n";
    return error.code == Code::invalid || error.code == Code::conflict ? Exit::usage : Exit::failed;
}
Exit refused(const Terminal& terminal, const fetch::Response& response) {
    terminal.err << shown_problem(terminal, response.status, response.body);
    return response.status == 409 ? Exit::usage : exit_of_status(response.status);
}

/// "90s", "30m", "2h", "1d"; a number alone is seconds.
std::optional<int64_t> parse_duration_ms(std::string_view text) {
    int64_t unit_ms = 1'000;
    if (!text.empty() && !std::isdigit(static_cast<unsigned char>(text.back()))) {
        constexpr std::pair<char, int64_t> units[] = {{'s', 1'000}, {'m', 60'000}, {'h', 3'600'000}, {'d', 86'400'000}};
        auto unit = std::ranges::find(units, text.back(), &std::pair<char, int64_t>::first);
        if (unit == std::end(units)) return {};
        unit_ms = unit->second;
        text.remove_suffix(1);
    }
    auto number = parse_int(text);
    if (!number || *number < 0 || *number > ttl_ms_max / unit_ms) return {};
    return *number * unit_ms;
}

/// The flags of a command before "--", and the words after it.
struct Words {
    std::map<std::string, std::string> values;
    std::vector<std::string> inputs;     // --input, which may be repeated
    std::vector<std::string> positional;
    std::vector<std::string> rest;
    bool has(const std::string& flag) const { return values.contains(flag); }
    std::string get(const std::string& flag) const { return has(flag) ? values.at(flag) : ""; }
};
Result<Words> read_words(std::span<const std::string> words, std::initializer_list<std::string_view> with_value, std::initializer_list<std::string_view> without) {
    Words read;
    std::vector<std::string> known;
    for (auto flag : with_value) known.push_back("--" + std::string(flag));
    for (auto flag : without) known.push_back("--" + std::string(flag));
    for (size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--") {
            read.rest.assign(words.begin() + ptrdiff_t(i) + 1, words.end());
            break;
        }
        if (!word.starts_with("--")) {
            read.positional.push_back(word);
            continue;
        }
        size_t equals = word.find('=');
        std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
        if (std::ranges::find(without, name) != without.end() && equals == std::string::npos) {
            read.values[name] = "yes";
            continue;
        }
        if (std::ranges::find(with_value, name) == with_value.end()) {
            std::string near = nearest(word, known);
            return fail(Code::invalid, "there is no flag " + one_line(word) + (near.empty() ? "" : "; did you mean " + near + "?"));
        }
        if (equals == std::string::npos && i + 1 == words.size()) return fail(Code::invalid, word + " needs a value");
        std::string value = equals == std::string::npos ? words[++i] : word.substr(equals + 1);
        if (name == "input") read.inputs.push_back(value);
        else read.values[name] = value;
    }
    return read;
}

/// What is asked for, with the contents that the server may want to see.
struct Asked {
    PrepareRequest request;
    Contents contents;
    std::vector<std::string> warnings;
};

Result<Asked> read_request(const Words& words) {
    if (words.positional.size() != 1) return fail(Code::invalid, "name the kind of the steps: psql");
    if (words.positional[0] != "psql") return fail(Code::invalid, "\"" + one_line(words.positional[0]) + "\" is no kind of steps; there is psql");
    Asked asked;
    asked.request.image = words.get("image");
    if (words.has("from")) asked.request.from = words.get("from");
    if (words.has("name")) asked.request.name = words.get("name");
    for (auto [flag, member] : {std::pair("ttl", &asked.request.ttl_ms), std::pair("lease", &asked.request.lease_ms)}) {
        if (!words.has(flag)) continue;
        *member = parse_duration_ms(words.get(flag));
        if (!*member) return fail(Code::invalid, "--" + std::string(flag) + " must be a time such as 90s, 30m, 2h or 1d");
    }
    asked.request.is_deterministic = words.has("deterministic");
    DatabaseInputs inputs = TRY(read_database_inputs(words.rest, words.inputs, words.has("one-session"), ::isatty(STDIN_FILENO) == 0));
    asked.request.steps = std::move(inputs.steps);
    asked.contents = std::move(inputs.contents);
    asked.warnings = std::move(inputs.warnings);
    return asked;
}

/// Sends the request; contents that the server does not have are sent, and it is asked again.
Result<fetch::Response> ask(ApiClient& api, const std::string& path, const Asked& asked) {
    std::string body = to_json(asked.request);
    auto response = TRY(api.send("POST", path, body));
    if (response.status != 409) return response;
    bj::value problem = parsed(response.body);
    const auto* faults = problem.is_object() ? problem.as_object().if_contains("errors") : nullptr;
    if (!faults || !faults->is_array()) return response;
    for (const auto& fault : faults->as_array()) {
        std::string sha256 = text_of(fault, "/detail");
        auto content = asked.contents.find(sha256);
        if (content == asked.contents.end()) return response;
        auto sent = TRY(api.send("PUT", "/api/v1/blobs/" + sha256, TRY(read_file(content->second)), "application/octet-stream"));
        if (!sent.ok()) return sent;
    }
    return api.send("POST", path, body);
}

// ---- progress

/// The steps of a prepare on standard error: one line that changes on a terminal, a line for each step elsewhere.
class Progress {
public:
    Progress(const Terminal& terminal, size_t steps) : terminal_(terminal), is_terminal_(::isatty(STDERR_FILENO) != 0), steps_(steps) {}
    ~Progress() { clear(); }

    void take(const bj::value& event) {
        std::string type = text_of(event, "/type");
        if (type == "step.started") begin(size_t(number_of(event, "/step")), text_of(event, "/shown/title"));
        if (type == "step.done") end(size_t(number_of(event, "/step")), text_of(event, "/shown/title"), flag_of(event, "/shown/cached"), number_of(event, "/shown/ms"));
    }

private:
    void begin(size_t step, const std::string& title) {
        if (!is_terminal_) return;
        constexpr size_t cells = 20;
        size_t filled = steps_ ? cells * (step - 1) / steps_ : 0;
        std::string bar;
        for (size_t i = 0; i < cells; ++i) bar += i < filled ? "━" : "─";
        std::string line = bar + " " + std::to_string(step) + "/" + std::to_string(steps_) + "  " + one_line(title);
        terminal_.err << "\r\x1b[K" << shortened(line, terminal_.columns - 1) << std::flush;
        is_drawn_ = true;
    }
    void end(size_t step, const std::string& title, bool is_cached, int64_t ms) {
        clear();
        std::string number = std::to_string(step) + "/" + std::to_string(steps_);
        std::string how = is_cached ? "cached" : std::to_string(ms) + " ms";
        terminal_.err << styled(terminal_, Style::dim, number) << "  " << padded(shortened(one_line(title), 60), 60) << "  " << styled(terminal_, is_cached ? Style::dim : Style::green, how) << "\n";
    }
    void clear() {
        if (is_drawn_) terminal_.err << "\r\x1b[K" << std::flush;
        is_drawn_ = false;
    }

    const Terminal& terminal_;
    bool is_terminal_;
    size_t steps_;
    bool is_drawn_ = false;
};

// ---- how to connect

struct Place {
    std::string host, port, user, password, database;
};
Place place_of(const std::string& dsn) {
    // postgres://user:password@host:port/database, as the server writes it: nothing in it needs decoding.
    Place place;
    std::string_view rest = std::string_view(dsn).substr(dsn.find("://") + 3);
    auto take = [&](char until) {
        std::string part(rest.substr(0, rest.find(until)));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        return part;
    };
    place.user = take(':');
    place.password = take('@');
    place.host = take(':');
    place.port = take('/');
    place.database = rest;
    return place;
}

std::string environment_of(const std::string& dsn) {
    Place place = place_of(dsn);
    return "DATABASE_URL=" + dsn + "\nPGHOST=" + place.host + "\nPGPORT=" + place.port + "\nPGUSER=" + place.user + "\nPGPASSWORD=" + place.password + "\nPGDATABASE=" + place.database + "\n";
}

void print_instance(const Terminal& terminal, const bj::value& value, const std::string& dsn, const std::string& output) {
    if (output == "json") terminal.out << bj::serialize(value) << "\n";
    else if (output == "env") terminal.out << environment_of(dsn);
    else terminal.out << dsn << "\n";
    terminal.out << std::flush;
}

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

constexpr std::initializer_list<std::string_view> prepare_flags = {"image", "from", "name", "ttl", "lease", "input", "output", "server", "token"};

}  // namespace

Result<std::string> database_server(const Surroundings& surroundings, const std::string& named) {
    if (!named.empty()) return named;
    if (surroundings.is_server_given) return surroundings.server;
    return local_server(local_data_dir());
}

Exit database_prepare(const Terminal& terminal, std::span<const std::string> given, const Surroundings& surroundings) {
    auto words = read_words(given, prepare_flags, {"deterministic", "one-session", "help"});
    if (!words) return wrong(terminal, words.error().message);
    if (words->has("help")) return terminal.out << prepare_usage, Exit::ok;
    auto asked = read_request(*words);
    if (!asked) return wrong(terminal, asked.error().message);
    std::string output = words->get("output");
    if (!output.empty() && output != "json" && output != "env" && output != "dsn") return wrong(terminal, "--output must be json, env or dsn");
    for (const std::string& warning : asked->warnings) terminal.err << styled(terminal, Style::yellow, "warning:") << " " << warning << "\n";
    auto server = database_server(surroundings, words->get("server"));
    if (!server) return failed(terminal, server.error());
    Interrupts interrupts;
    ApiClient api(*server, words->has("token") ? words->get("token") : surroundings.token, interrupts.token());
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
    auto words = read_words(given, prepare_flags, {"deterministic", "one-session", "help"});
    if (!words) return wrong(terminal, words.error().message);
    if (words->has("help")) return terminal.out << "usage: ramify db plan psql [as `ramify db prepare`] -- [psql's arguments]\n", Exit::ok;
    auto asked = read_request(*words);
    if (!asked) return wrong(terminal, asked.error().message);
    auto server = database_server(surroundings, words->get("server"));
    if (!server) return failed(terminal, server.error());
    ApiClient api(*server, words->has("token") ? words->get("token") : surroundings.token, {});
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

namespace {

/// The DSN of an instance, of a name or of a ref.
Result<bj::value> open_instance(ApiClient& api, const std::string& name) {
    auto response = TRY(api.send("POST", "/api/v1/database_instances", "{\"name\":" + bj::serialize(bj::value(name)) + "}"));
    if (!response.ok()) return fail(response.status == 404 ? Code::not_found : Code::conflict, text_of(parsed(response.body), "/detail"));
    return parsed(response.body);
}

/// Runs a program to its end with the database in its environment; its exit code, as a shell gives it.
int run_program(const Terminal& terminal, const std::vector<std::string>& words, const std::string& dsn) {
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
    int not_started = posix_spawnp(&pid, arguments[0], nullptr, &attributes, arguments.data(), environ);
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
    auto words = read_words(given, {"instance", "from", "server", "token"}, {"help"});
    if (!words) return int(wrong(terminal, words.error().message));
    if (words->has("help")) return terminal.out << run_usage, 0;
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
        return run_program(terminal, program, text_of(*instance, "/dsn"));
    }
    Asked asked;
    asked.request.from = words->get("from");
    auto response = ask(api, "/api/v1/database_prepares", asked);
    if (!response) return int(failed(terminal, response.error()));
    if (!response->ok()) return int(refused(terminal, *response));
    bj::value prepare = parsed(response->body);
    int exit = run_program(terminal, program, text_of(prepare, "/dsn"));
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

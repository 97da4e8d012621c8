#include "modules/databases/liquibase_run.h"

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/guarded.h"
#include "base/text.h"
#include "modules/databases/liquibase_relay.h"

namespace ry::databases {
namespace {

constexpr const char* home_inside = "/liquibase";
constexpr const char* out_inside = "/out";
constexpr int64_t memory_mb_max = 1'536;         // heap, and what a JVM needs beside it
constexpr int64_t threads_max = 256;             // a JVM with the serial collector has some 20
constexpr size_t output_bytes_max = 64 << 10;    // kept: its end
constexpr uintmax_t plan_bytes_max = 256 << 20;  // of SQL: loadData is written out in it
constexpr int64_t output_kb_a_second = 64 << 10;

/// Quick to start rather than quick in the long run, and the same on every host.
constexpr const char* java_options[] = {"-XX:TieredStopAtLevel=1",
                                        "-XX:+UseSerialGC",
                                        "-XX:-UsePerfData",
                                        "-Xshare:auto",
                                        "-Xmx1g",
                                        "-Duser.timezone=UTC",
                                        "-Duser.language=en",
                                        "-Dfile.encoding=UTF-8",
                                        "-Djava.net.preferIPv4Stack=true"};
constexpr const char* main_class = "liquibase.integration.commandline.LiquibaseCommandLine";

sandbox::Cage cage_of(const LiquibaseRun& run, std::vector<std::string> words) {
    sandbox::Cage cage{.program = run.tool.java,
                       .arguments = {std::begin(java_options), std::end(java_options)},
                       .working_dir = run.files.working_dir()};
    std::string class_path;
    for (const std::string& jar : run.tool.jars)
        class_path += (class_path.empty() ? "" : ":") + std::string(home_inside) + "/" + jar;
    cage.arguments.insert(cage.arguments.end(), {"-cp", class_path, main_class});
    cage.arguments.insert(cage.arguments.end(), words.begin(), words.end());
    cage.environment = {
        {"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}, {"HOME", "/tmp"}, {"LIQUIBASE_ANALYTICS_ENABLED", "false"}};
    cage.read_only = run.files.binds();
    cage.read_only.push_back({run.tool.home, home_inside});
    if (!run.tool.java_home.starts_with("/usr/")) cage.read_only.push_back({run.tool.java_home, run.tool.java_home});
    cage.memory_mb_max = memory_mb_max;
    cage.processes_max = threads_max;
    cage.cpu_ms_max = 0;
    cage.wall_ms_max = run.ms_max;
    cage.output_kb_max = output_kb_a_second;
    return cage;
}

/// Passes output on, and keeps its end.
class Output {
public:
    explicit Output(const sandbox::OutputCallback& next) : next_(next) {}
    void take(const sandbox::Output& piece) {
        kept_.with([&](std::string& kept) {
            kept.append(piece.bytes);
            if (kept.size() > output_bytes_max) kept.erase(0, kept.size() - output_bytes_max);
        });
        if (next_) next_(piece);
    }
    std::string text() const {
        return kept_.with([](const std::string& kept) { return utf8_text(kept); });
    }

private:
    const sandbox::OutputCallback& next_;
    Guarded<std::string> kept_;
};

Error ended_by_limit(sandbox::Ended ended, int64_t ms_max) {
    if (ended == sandbox::Ended::by_wall_time)
        return fail(Code::timed_out, "Liquibase did not finish within " + std::to_string(ms_max) + " ms and was ended");
    std::string limit = ended == sandbox::Ended::by_memory ? "of memory"
                        : ended == sandbox::Ended::by_disk ? "of disk"
                                                           : "of output";
    return fail(Code::unavailable,
                "Liquibase was ended by the limit " + limit + " of its sandbox; split the changelog");
}

Result<std::string> content_of(const std::string& path) {
    std::error_code error;
    uintmax_t bytes = std::filesystem::file_size(path, error);
    if (error) return std::string();
    if (bytes > plan_bytes_max)
        return fail(Code::too_large,
                    "the SQL of the changelog is larger than 256 MB; split it, and load data with psql");
    std::ifstream file(path, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(file), {}};
}

/// "-- Liquibase version: 4.28.0" in the heading of the SQL.
std::string version_in(std::string_view sql) {
    constexpr std::string_view label = "-- Liquibase version: ";
    size_t at = sql.find(label);
    if (at == sql.npos) return "";
    std::string_view rest = sql.substr(at + label.size());
    return std::string(trim(rest.substr(0, rest.find('\n'))));
}

struct Folder {
    std::string path;
    explicit Folder(std::string at) : path(std::move(at)) {}
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

}  // namespace

std::string LiquibaseOutcome::reason() const {
    std::string_view text = output;
    for (std::string_view heading : {"Unexpected error running Liquibase: ", "Error parsing command line: "})
        if (size_t at = text.find(heading); at != text.npos) text = text.substr(at + heading.size());
    text = text.substr(0, text.find("\n\nFor more information"));
    text = trim(text.substr(0, text.find("\n\nFor detailed help")));
    if (!text.empty()) return std::string(text);
    if (exit_code > 128)
        return "Liquibase was ended by signal " + std::to_string(exit_code - 128) +
               "; prepare it again, the changesets before it are kept";
    return "Liquibase ended with exit code " + std::to_string(exit_code);
}

bool OfflinePlan::needs_database() const {
    return !outcome.succeeded() && (outcome.output.find("offline database") != std::string::npos ||
                                    outcome.output.find("offline connection") != std::string::npos ||
                                    outcome.output.find("OfflineConnection") != std::string::npos);
}

Result<OfflinePlan> plan_offline(const LiquibaseRun& run, int postgres_major, const std::string& out_dir) {
    Folder out(out_dir);
    std::error_code error;
    std::filesystem::create_directories(out_dir, error);
    TRY(run.sandbox.give(out_dir));
    std::string url = "--url=offline:postgresql?version=" + std::to_string(postgres_major) +
                      ".0&outputLiquibaseSql=none&changeLogFile=" + std::string(out_inside) + "/plan.csv";
    std::vector<std::string> globals = {"--show-banner=false", "--headless=true",
                                        "--output-file=" + std::string(out_inside) + "/plan.sql"},
                             further = {url};
    sandbox::Cage cage = cage_of(run, run.arguments.command_line(globals, "update-sql", further));
    cage.writable = {{out_dir, out_inside}};
    cage.output_kb_max = output_bytes_max >> 10;
    sandbox::Outcome ran = TRY(run.sandbox.run(run.op, cage));
    if (ran.ended != sandbox::Ended::by_itself) return ended_by_limit(ran.ended, run.ms_max);
    OfflinePlan plan{.outcome = {.exit_code = ran.exit_code, .output = utf8_text(ran.out + ran.err), .error = {}},
                     .csv = {},
                     .sql = {},
                     .version = {}};
    if (!plan.outcome.succeeded()) return plan;
    plan.csv = TRY(content_of(out_dir + "/plan.csv"));
    plan.sql = TRY(content_of(out_dir + "/plan.sql"));
    plan.version = version_in(plan.sql);
    return plan;
}

Result<LiquibaseOutcome> run_update(const LiquibaseRun& run, Cluster& cluster, const sandbox::OutputCallback& output,
                                    std::function<Result<void>()> recorded) {
    std::string url = "--url=jdbc:postgresql://127.0.0.1:" + std::to_string(Cluster::port) +
                      "/postgres?sslmode=disable&gssEncMode=disable";
    std::vector<std::string> globals = {"--show-banner=false", "--headless=true"},
                             further = {url, "--username=" + std::string(superuser)};
    sandbox::Cage cage = cage_of(run, run.arguments.command_line(globals, "update", further));
    cage.served_port = Cluster::port;
    Output kept(output);
    auto running = TRY(run.sandbox.start(run.op, cage, [&](const sandbox::Output& piece) { kept.take(piece); }));
    LiquibaseRelay relay(cluster, running->take_served_listener(), std::move(recorded),
                         [&] { (void)running->signal(SIGKILL); });
    sandbox::Outcome ran = TRY(running->wait(run.op));
    if (auto failure = relay.failure()) return *std::move(failure);
    if (ran.ended != sandbox::Ended::by_itself) return ended_by_limit(ran.ended, run.ms_max);
    LiquibaseOutcome outcome{.exit_code = ran.exit_code, .output = kept.text(), .error = {}};
    auto refused = relay.last_error();
    if (!outcome.succeeded() && refused && outcome.output.find(refused->message) != std::string::npos)
        outcome.error = std::move(refused);
    return outcome;
}

}  // namespace ry::databases

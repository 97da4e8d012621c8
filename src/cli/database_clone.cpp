#include "cli/database_clone.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>

#include "base/text.h"
#include "modules/databases/tools/clone_arguments.h"
#include "modules/databases/tools/source.h"

extern char** environ;

namespace ry::cli {

namespace bj = boost::json;
using namespace databases;

namespace {

constexpr const char* dump_name = "dump/clone.dump";
constexpr size_t complaint_bytes_max = 4 << 10;

/// A directory that only this user sees; gone with the last who needs it.
class PrivateFolder {
public:
    static Result<std::shared_ptr<PrivateFolder>> make() {
        std::error_code error;
        std::string path = std::filesystem::temp_directory_path(error).string() + "/ramify-clone-XXXXXX";
        if (error || !::mkdtemp(path.data()))
            return fail(Code::unsupported,
                        "no temporary folder can be made for the dump; set TMPDIR to one that is writable");
        return std::make_shared<PrivateFolder>(std::move(path));
    }
    explicit PrivateFolder(std::string path) : path_(std::move(path)) {}
    ~PrivateFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    PrivateFolder(const PrivateFolder&) = delete;
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    const std::string path_;
};

/// This process's environment, with the password where libpq looks for it and without the source, which may hold it.
std::vector<std::string> environment_with(const std::string& password) {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable; ++variable) {
        std::string_view text = *variable;
        bool is_replaced = text.starts_with("RAMIFY_SOURCE=") || (!password.empty() && text.starts_with("PGPASSWORD="));
        if (!is_replaced) variables.emplace_back(text);
    }
    if (!password.empty()) variables.push_back("PGPASSWORD=" + password);
    return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// What to do about what pg_dump complains of.
std::string advice_on(std::string_view complaint) {
    if (complaint.contains("server version mismatch"))
        return "; install the PostgreSQL client programs of the source's version";
    if (complaint.contains("no password supplied") || complaint.contains("password authentication failed"))
        return "; give the password by RAMIFY_SOURCE, PGPASSWORD or ~/.pgpass";
    if (complaint.contains("permission denied"))
        return "; take what the role may read (-n, -t, --exclude-table-data), or give a role that may read all, such "
               "as one of pg_read_all_data";
    return "";
}

Result<void> run_pg_dump(const CloneWanted& wanted, const PrivateFolder& folder, const std::string& file) {
    std::vector<std::string> words = {"pg_dump",   "--format=custom", "--no-password",
                                      "--no-sync", "--file=" + file,  "--dbname=" + wanted.dsn};
    words.insert(words.end(), wanted.options.begin(), wanted.options.end());
    std::vector<std::string> variables = environment_with(wanted.password);
    std::string complaints = folder.file("complaints");
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, complaints.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid = 0;
    int not_started =
        posix_spawnp(&pid, "pg_dump", &files, nullptr, pointers_to(words).data(), pointers_to(variables).data());
    posix_spawn_file_actions_destroy(&files);
    if (not_started)
        return fail(
            Code::unsupported,
            "pg_dump is not installed on this machine, which takes the clone; install the PostgreSQL client programs");
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    if (WIFSIGNALED(status)) return fail(Code::cancelled, "pg_dump was stopped; nothing of the clone is kept");
    std::string complaint = TRY(read_file(complaints));
    complaint = std::string(trim(complaint.substr(0, complaint_bytes_max)));
    return fail(Code::unsupported,
                "the clone of " + wanted.shown + " was not taken: " + utf8_text(complaint) + advice_on(complaint));
}

Result<void> take(Asked& asked, Step& step, const Terminal& terminal) {
    auto folder = TRY(PrivateFolder::make());
    std::string file = folder->file("clone.dump");
    terminal.err << "Taking a clone of " << printable(asked.clone->shown) << "\n" << std::flush;
    TRY(run_pg_dump(*asked.clone, *folder, file));
    InputPlace here = disk_place();
    script::Digest digest = TRY(here.files->digest(file));
    step.inputs = {{dump_name, digest.sha256, int64_t(digest.bytes)}};
    asked.contents[digest.sha256] = [folder, content = content_of(here, file)](const auto& take) {
        return content(take);
    };
    return {};
}

/// The dump of the clone that was taken last.
Result<std::optional<std::vector<Input>>> known_dump(ApiClient& api, const std::string& title) {
    auto response = TRY(api.send("GET", "/api/v1/database_clones?title=" + percent_encoded(title)));
    if (!response.ok()) return error_of(response);
    bj::value page = parsed(response.body);
    std::string sha256 = text_of(page, "/items/0/sha256");
    if (sha256.empty()) return std::optional<std::vector<Input>>();
    return std::optional(std::vector<Input>{{dump_name, sha256, number_of(page, "/items/0/bytes")}});
}

}  // namespace

Result<DatabaseInputs> read_clone_inputs(std::span<const std::string> arguments, const std::string& given,
                                         bool is_refresh) {
    const char* by_environment = std::getenv("RAMIFY_SOURCE");
    if (given.empty() && (!by_environment || !*by_environment))
        return fail(Code::invalid,
                    "name the server to clone with --source postgres://user@host/database, or RAMIFY_SOURCE");
    tools::Source source = TRY(tools::read_source(given.empty() ? by_environment : given));
    if (!given.empty() && !source.password.empty())
        return fail(Code::invalid,
                    "a password in --source is seen by everyone who lists processes; give the source by RAMIFY_SOURCE, "
                    "or its password by PGPASSWORD or ~/.pgpass");
    tools::CloneArguments clone = TRY(tools::read_clone_arguments(arguments));
    Step step{.kind = StateKind::clone, .title = "clone of " + source.shown};
    for (const std::string& option : clone.dump) *step.title += " " + option;
    if (step.title->size() > title_bytes_max)
        return fail(
            Code::invalid,
            "the source and its options are too long for a clone's name; choose by schemas (-n) instead of tables");
    step.arguments = {"--format=custom"};
    step.arguments.insert(step.arguments.end(), clone.restore.begin(), clone.restore.end());
    step.arguments.push_back(dump_name);
    DatabaseInputs all;
    all.steps.push_back(std::move(step));
    all.clone = CloneWanted{.dsn = std::move(source.dsn),
                            .password = std::move(source.password),
                            .shown = std::move(source.shown),
                            .options = std::move(clone.dump),
                            .is_refresh = is_refresh};
    return all;
}

Result<void> resolve_clone(ApiClient& api, Asked& asked, bool may_take, const Terminal& terminal) {
    if (!asked.clone) return {};
    Step& step = *std::ranges::find(asked.request.steps, StateKind::clone, &Step::kind);
    auto known = TRY(known_dump(api, *step.title));
    if (known && !asked.clone->is_refresh) {
        step.inputs = *std::move(known);
        asked.contents[step.inputs[0].sha256] = [](const auto&) -> Result<void> {
            return fail(Code::conflict, "the dump of the clone is not kept any more; take it again with --refresh");
        };
        return {};
    }
    if (!may_take && known) return fail(Code::invalid, "a plan takes no clone: leave --refresh away");
    if (!may_take)
        return fail(Code::not_found,
                    "no clone of " + asked.clone->shown + " has been taken yet; `ramify db prepare clone` takes it");
    return take(asked, step, terminal);
}

}  // namespace ry::cli

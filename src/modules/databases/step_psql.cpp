// A step of psql: its arguments, read back from their canonical forms.
#include "base/text.h"
#include "modules/databases/postgres/psql_run.h"
#include "modules/databases/step_run.h"

namespace ry::databases {
namespace {

/// A step's arguments in their canonical forms, as script::read_psql_arguments makes them; others are refused by
/// run_psql.
Result<void> read_arguments(const std::vector<std::string>& arguments, const std::string& stdin_file, PsqlRun& run) {
    for (size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        bool takes_value = argument == "-f" || argument == "-c" || argument == "-v" || argument == "-P";
        if (takes_value && i + 1 == arguments.size())
            return invalid("/arguments", "end after " + argument + ", which needs a value");
        if (argument == "-X") continue;  // forced
        if (argument == "-1") {
            run.single_transaction = true;
        } else if (argument == "-f" || argument == "-c") {
            const std::string& value = arguments[++i];
            if (argument == "-c")
                run.sources.push_back({PsqlSource::Kind::command, value});
            else if (value == "-")
                run.sources.push_back({PsqlSource::Kind::standard_input, stdin_file});
            else
                run.sources.push_back({PsqlSource::Kind::file, value});
        } else if (argument == "-v") {
            const std::string& value = arguments[++i];
            size_t equals = value.find('=');
            if (value == "ON_ERROR_STOP=1") continue;  // forced
            if (equals == std::string::npos)
                return invalid("/arguments", "have -v " + value + ", which is not NAME=VALUE");
            run.variables.emplace_back(value.substr(0, equals), value.substr(equals + 1));
        } else if (argument == "-P") {
            run.flags.push_back("--pset=" + arguments[++i]);
        } else {
            run.flags.push_back(argument);
        }
    }
    return {};
}

Result<PsqlRun> psql_of(const StepRun& step) {
    PsqlRun run{.sources = {},
                .working_dir = step.files.working_dir(),
                .password = step.password,
                .timeout_ms = step.ms_max,
                .memory_mb_max = step_memory_mb_max,
                .output = step.output};
    for (const sandbox::Bind& bind : step.files.binds()) run.inputs.push_back({bind.host, bind.inside});
    TRY(read_arguments(step.step.arguments, step.files.stdin_file(), run));
    return run;
}

/// psql said nothing of an error of the script. Its exit code is 2 when the connection broke, and 128 + N for signal N.
std::string ended_early(int exit_code, sandbox::Ended ended) {
    constexpr std::string_view again = "; the states before this step are kept: prepare it again, and see `ramify db logs` if that fails too";
    if (std::string limit = ended_by_limit("psql", ended); !limit.empty()) return limit;
    if (exit_code == 2) return std::string(server_is_gone) + std::string(again);
    if (exit_code > 128) return "psql was ended by signal " + std::to_string(exit_code - 128) + std::string(again);
    return "psql ended with exit code " + std::to_string(exit_code) + "; its output says more";
}

/// psql or the server could not open a file. Which of them were to be read, the plan knows; here only the error is there.
std::string about_file(const PsqlError& error) {
    if (error.message.ends_with("Read-only file system"))
        return "; a step writes no files: leave it out, and write the file from an instance with `ramify db psql`";
    return "; the step sees only its inputs: add the file with --input " + error.missing_file +
           ", unless it is to be written, which a step cannot";
}

/// The first error of the script. With -c psql says its own errors without a word before them.
std::optional<PsqlError> first_error(const PsqlOutcome& ran) {
    if (!ran.errors.empty()) return ran.errors.front();
    std::string_view last = trim(ran.err);
    last = last.substr(last.rfind('\n') + 1);
    if (ran.exit_code != 1 || last.empty()) return {};
    return psql_errors("psql: error: " + std::string(last)).front();
}

Failure failure_of(const PsqlOutcome& ran) {
    Failure failure;
    if (auto found = first_error(ran)) {
        const PsqlError& error = *found;
        auto some = [](const std::string& text) {
            return text.empty() ? std::nullopt : std::optional(utf8_text(text));
        };
        failure = {.message = utf8_text(error.message),
                   .file = some(error.file),
                   .line = error.line ? std::optional<int64_t>(error.line) : std::nullopt,
                   .statement = some(error.statement),
                   .detail = some(error.detail),
                   .hint = some(error.hint)};
        if (!error.missing_file.empty()) failure.message += about_file(error);
        if (error.message.find("No space left on device") != std::string::npos)
            failure.message += "; free some space where the data directory lies, and prepare it again";
    } else if (ran.ended_in_transaction) {
        failure.message =
            "the step ends inside an open transaction, so its changes would be lost; end it with COMMIT, or use "
            "--single-transaction";
    } else {
        failure.message = ended_early(ran.exit_code, ran.ended);
    }
    failure.output = last_output(ran.out, ran.err);
    return failure;
}

}  // namespace

Result<std::unique_ptr<PsqlSession>> make_psql_ready(const StepRun& step) {
    return PsqlSession::open(step.op, step.sandbox, step.tools, step.socket_dir, TRY(psql_of(step)));
}

Result<void> run_psql_step(const StepRun& step, Failure& failure) {
    std::unique_ptr<PsqlSession> own;
    if (!step.psql) own = TRY(make_psql_ready(step));
    PsqlOutcome ran = TRY((step.psql ? step.psql : own.get())->run(step.op));
    if (ran.succeeded()) return {};
    failure = failure_of(ran);
    return fail(Code::unsupported, failure.message);
}

}  // namespace ry::databases

#include "modules/databases/step_run.h"

#include "base/text.h"

namespace ry::databases {
namespace {

constexpr size_t output_bytes_max = 8 << 10;

using Runner = Result<void> (*)(const StepRun& step, Failure& failure);

Runner runner_of(StateKind kind) {
    switch (kind) {
        case StateKind::psql:
        case StateKind::migrations:
            return &run_psql_step;  // a migration is a session of psql that also keeps the tool's books
        case StateKind::pgbench:
            return &run_pgbench_step;
        case StateKind::dump:
        case StateKind::clone:
            return &run_dump_step;  // a clone is a dump that was taken of a running server
        default:
            return nullptr;
    }
}

}  // namespace

Result<void> check(const Step& step, const std::string& pointer) {
    if (step.kind != StateKind::lb && !runner_of(step.kind))
        return invalid(pointer + "/kind", "is " + std::string(name_of(step.kind)) + ", which no step can be");
    TRY(check_places(step, pointer));
    Result<void> arguments;
    if (step.kind == StateKind::pgbench) arguments = check_pgbench_arguments(step.arguments);
    if (step.kind == StateKind::dump || step.kind == StateKind::clone) arguments = check_dump_arguments(step.arguments);
    if (!arguments) return invalid(pointer + "/arguments", arguments.error().message);
    return {};
}

Result<void> run(const StepRun& step, Failure& failure) { return runner_of(step.step.kind)(step, failure); }

std::string last_output(const std::string& out, const std::string& err) {
    std::string last = out + err;
    return utf8_text(last.size() > output_bytes_max ? last.substr(last.size() - output_bytes_max) : last);
}

std::string error_of(std::string_view err, std::string_view tool) {
    constexpr std::string_view server_says[] = {"ERROR:  ", "FATAL:  ", "PANIC:  "};
    std::string own = std::string(tool) + ": error: ";
    std::string_view found;
    for (std::string_view line : split(err, '\n')) {
        for (std::string_view severity : server_says)
            if (size_t at = line.find(severity); at != line.npos) return utf8_text(line.substr(at + severity.size()));
        if (found.empty() && line.starts_with(own)) found = line.substr(own.size());
    }
    if (!found.empty()) return utf8_text(found);
    return std::string(tool) + " failed and did not say why";
}

}  // namespace ry::databases

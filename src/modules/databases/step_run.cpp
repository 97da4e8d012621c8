#include "modules/databases/step_run.h"

#include "base/text.h"

namespace ry::databases {
namespace {

constexpr size_t output_bytes_max = 8 << 10;
constexpr int64_t end_wait_ms = 1'000;  // of a server that breaks its connections before it is gone

using Runner = Result<void> (*)(const StepRun& step, Failure& failure);

Runner runner_of(StateKind kind) {
    if (is_psql(kind)) return &run_psql_step;
    switch (kind) {
        case StateKind::pgbench:
            return &run_pgbench_step;
        case StateKind::dump:
        case StateKind::clone:
            return &run_dump_step;  // a clone is a dump that was taken of a running server
        default:
            return nullptr;
    }
}

const std::string too_much_memory = "it used more than the " + std::to_string(step_memory_mb_max) +
                                    " MB of memory that a step may have; do less at once, in smaller batches or with a lower work_mem";

/// The tool only knows that its connection broke; the server knows why.
std::string server_ended(const ClusterEnd& end) {
    switch (end.ended) {
        case sandbox::Ended::by_memory:
            return "PostgreSQL was ended, since " + too_much_memory;
        case sandbox::Ended::by_disk:
            return "the disk is full, or the step wrote more than " + std::to_string(step_disk_mb_max >> 10) +
                   " GB; free some space where the data directory lies, and prepare it again";
        default:
            return std::string(server_is_gone) + ": " + end.message;
    }
}

/// The words of psql, of libpq in other tools, and ours when the tool had none.
bool is_broken_off(std::string_view message) {
    return message.find("connection to server was lost") != message.npos ||
           message.find("server closed the connection") != message.npos ||
           message.find("terminating connection") != message.npos || message.starts_with(server_is_gone);
}

}  // namespace

/// A migration is a session of psql that also keeps the tool's books.
bool is_psql(StateKind kind) { return kind == StateKind::psql || kind == StateKind::migrations; }

std::string ended_by_limit(std::string_view tool, sandbox::Ended ended) {
    switch (ended) {
        case sandbox::Ended::by_memory:
            return std::string(tool) + " used more than the " + std::to_string(step_memory_mb_max) +
                   " MB of memory that a step may have; it holds a line and a statement whole, so cut them into "
                   "smaller ones, or load the data with COPY";
        case sandbox::Ended::by_disk:
            return "the disk is full; free some space where the data directory lies, and prepare it again";
        default:
            return "";
    }
}

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

Result<void> run(const StepRun& step, Failure& failure) {
    auto ran = runner_of(step.step.kind)(step, failure);
    if (ran || failure.message.empty()) return ran;
    bool is_broken = is_broken_off(failure.message) || !step.cluster->is_alive();
    auto end = step.cluster->find_end(is_broken ? end_wait_ms : 0);
    if (end)
        failure.message = server_ended(*end);
    else if (is_broken && step.cluster->log_tail().find("was terminated by signal 9") != std::string::npos)
        failure.message = "the statement's process was killed, as happens when " + too_much_memory;
    else
        return ran;
    return fail(Code::unsupported, failure.message, step.cluster->log_tail());
}

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

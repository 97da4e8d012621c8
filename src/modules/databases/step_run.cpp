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
        default:
            return nullptr;
    }
}

}  // namespace

bool has_runner(StateKind kind) { return runner_of(kind) != nullptr; }

Result<void> run(const StepRun& step, Failure& failure) { return runner_of(step.step.kind)(step, failure); }

std::string last_output(const std::string& out, const std::string& err) {
    std::string last = out + err;
    return utf8_text(last.size() > output_bytes_max ? last.substr(last.size() - output_bytes_max) : last);
}

}  // namespace ry::databases

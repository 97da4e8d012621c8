#include "cli/database_inputs.h"

#include <algorithm>
#include <iterator>

#include "cli/call.h"
#include "modules/databases/script/closure.h"
#include "modules/databases/script/psql_arguments.h"

namespace ry::cli {
namespace {

using namespace databases;

constexpr size_t problems_shown = 20;

std::string told(const script::Finding& finding) {
    std::string place = finding.file;
    if (finding.place.line > 0) place += ":" + std::to_string(finding.place.line);
    return place + ": " + finding.message;
}

}  // namespace

Content content_of(const InputPlace& place, const std::string& path) {
    return [place, path](const std::function<bool(std::string_view)>& take) { return place.files->read(path, take); };
}

void append(DatabaseInputs& all, DatabaseInputs more) {
    std::ranges::move(more.steps, std::back_inserter(all.steps));
    std::ranges::move(more.warnings, std::back_inserter(all.warnings));
    std::ranges::move(more.notes, std::back_inserter(all.notes));
    all.contents.merge(more.contents);
    if (more.clone) all.clone = std::move(more.clone);
}

Result<DatabaseInputs> read_database_inputs(std::span<const std::string> arguments,
                                            const std::vector<std::string>& inputs, bool is_one_session,
                                            bool has_standard_input, const InputPlace& place) {
    auto planned = TRY(script::read_psql_arguments(
        arguments, {.is_one_session = is_one_session, .has_standard_input = has_standard_input}));
    DatabaseInputs all;
    std::vector<std::string> problems;
    for (script::PsqlStep& step : planned) {
        for (script::Source& source : step.sources)  // where the folder lies is not in the key
            if (source.kind == script::Source::Kind::file)
                source.text =
                    script::relative_path(place.working_dir, script::joined_path(place.working_dir, source.text));
        script::Closure closure =
            script::closure_of(step, {.working_dir = place.working_dir, .inputs = inputs}, *place.files);
        Step made{.arguments = step.arguments(), .stdin_text = {}, .inputs = {}};
        if (closure.reads_standard_input) made.stdin_text = TRY(read_standard_input());
        for (const script::ClosureFile& file : closure.files) {
            made.inputs.push_back({file.name, file.digest.sha256, int64_t(file.digest.bytes)});
            all.contents[file.digest.sha256] = content_of(place, file.path);
        }
        for (const script::Finding& finding : closure.findings) {
            if (finding.weight == script::Weight::problem) problems.push_back(told(finding));
            if (finding.weight == script::Weight::warning || finding.weight == script::Weight::dynamic)
                all.warnings.push_back(told(finding));
        }
        all.steps.push_back(std::move(made));
    }
    if (problems.empty()) return all;
    std::string message = problems.front();
    for (size_t i = 1; i < std::min(problems.size(), problems_shown); ++i) message += "\n       " + problems[i];
    if (problems.size() > problems_shown)
        message += "\n       and " + std::to_string(problems.size() - problems_shown) + " more";
    return fail(Code::invalid, message);
}

}  // namespace ry::cli

#include "cli/database_inputs.h"

#include <algorithm>
#include <iterator>

#include "cli/call.h"
#include "modules/databases/liquibase/arguments.h"
#include "modules/databases/liquibase/closure.h"
#include "modules/databases/script/closure.h"
#include "modules/databases/script/psql_arguments.h"

namespace ry::cli {
namespace {

using namespace databases;

constexpr size_t problems_shown = 20;

std::string told(const script::Finding& finding) {
    if (finding.file == "-f") return finding.message;  // of the file that the command line names
    std::string place = finding.file;
    if (finding.place.line > 0) place += ":" + std::to_string(finding.place.line);
    return place + ": " + finding.message;
}

std::string told(const liquibase::Finding& finding) {
    std::string place = finding.file;
    if (finding.line > 0) place += ":" + std::to_string(finding.line);
    return (place.empty() ? "" : place + ": ") + finding.message;
}

Result<void> no_problems(const std::vector<std::string>& problems) {
    if (problems.empty()) return {};
    std::string message = problems.front();
    for (size_t i = 1; i < std::min(problems.size(), problems_shown); ++i) message += "\n       " + problems[i];
    if (problems.size() > problems_shown) message += "\n       and " + std::to_string(problems.size() - problems_shown) + " more";
    return fail(Code::invalid, message);
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
    TRY(no_problems(problems));
    return all;
}

namespace {

Result<std::string> text_of_file(const InputPlace& place, const std::string& path) {
    constexpr size_t bytes_max = 1 << 20;  // of a properties file
    std::string text;
    TRY(place.files->read(path, [&](std::string_view piece) {
        text += piece.substr(0, bytes_max - std::min(bytes_max, text.size()));
        return text.size() < bytes_max;
    }));
    return text;
}

/// What --defaults-file names, which must be there, or liquibase.properties, which may be.
Result<void> add_defaults(liquibase::Arguments& arguments, const InputPlace& place) {
    bool is_named = !arguments.defaults_file.empty();
    std::string path = script::joined_path(place.working_dir, is_named ? arguments.defaults_file : "liquibase.properties");
    if (place.files->kind(path) == script::Files::Kind::file) arguments.add_defaults(TRY(text_of_file(place, path)));
    else if (is_named) return fail(Code::invalid, arguments.defaults_file + " is not there; see the name behind --defaults-file");
    return {};
}

}  // namespace

Result<DatabaseInputs> read_liquibase_inputs(std::span<const std::string> words, const std::vector<std::string>& inputs, const InputPlace& place) {
    liquibase::Arguments arguments = TRY(liquibase::read_arguments(words));
    TRY(add_defaults(arguments, place));
    arguments.make_relative(place.working_dir);
    liquibase::Closure closure = liquibase::closure_of(arguments, place.working_dir, inputs, *place.files);
    DatabaseInputs all;
    std::vector<std::string> problems;
    for (const liquibase::Finding& finding : closure.findings) (finding.is_problem ? problems : all.warnings).push_back(told(finding));
    TRY(no_problems(problems));
    Step step{.kind = StateKind::lb, .title = {}, .arguments = arguments.canonical(), .stdin_text = {}, .inputs = {}};
    for (const liquibase::ClosureFile& file : closure.files) {
        step.inputs.push_back({file.name, file.digest.sha256, int64_t(file.digest.bytes)});
        all.contents[file.digest.sha256] = content_of(place, file.path);
    }
    all.steps.push_back(std::move(step));
    return all;
}

}  // namespace ry::cli

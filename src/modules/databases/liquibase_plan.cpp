#include "modules/databases/liquibase_plan.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "modules/databases/liquibase/closure.h"
#include "modules/databases/liquibase_run.h"
#include "modules/databases/script/closure.h"
#include "modules/databases/script/sha256.h"

namespace ry::databases {
namespace {

constexpr size_t warnings_max = 100;

/// Options whose effect shows in which changesets there are, in their names and in the digests of their files.
constexpr std::string_view selecting_options[] = {
    "--changelog-file=", "--search-path=", "--contexts=", "--label-filter=", "--classpath="};

std::string sha256_of(std::string_view text) {
    script::Sha256 hash;
    hash.add(text);
    return hash.hex();
}

/// The inputs of a step, as the readers of changelogs look at files.
class StepInputs final : public script::Files {
public:
    StepInputs(const Step& step, const blob::Store& blobs) : blobs_(blobs) {
        size_t up = 0;
        for (const Input& input : step.inputs)
            up = std::max(up, size_t(std::ranges::count(split(input.path, '/'), "..")));
        for (size_t i = 0; i <= up; ++i) working_dir_ += "/d";
        for (const Input& input : step.inputs) {
            std::string path = script::joined_path(working_dir_, input.path);
            for (size_t slash = path.rfind('/'); slash != 0 && slash != path.npos; slash = path.rfind('/', slash - 1))
                below_[path.substr(0, slash)].push_back(path);
            all_[path] = &input;
        }
    }
    const std::string& working_dir() const { return working_dir_; }

    Kind kind(const std::string& path) override {
        return all_.contains(path) ? Kind::file : below_.contains(path) ? Kind::directory : Kind::missing;
    }
    Result<void> read(const std::string& path, const std::function<bool(std::string_view)>& take) override {
        bool wants_more = true;
        return blobs_.read(blob::Key::parse(all_.at(path)->sha256).value_or(blob::Key{}),
                           [&](std::string_view piece) -> Result<void> {
                               if (wants_more) wants_more = take(piece);
                               return {};
                           });
    }
    Result<script::Digest> digest(const std::string& path) override {
        return script::Digest{all_.at(path)->sha256, uint64_t(all_.at(path)->bytes)};
    }
    Result<std::vector<std::string>> list(const std::string& path) override {
        std::vector<std::string> names;
        for (const std::string& below : below_[path]) {
            std::string_view rest = std::string_view(below).substr(path.size() + 1);
            size_t slash = rest.find('/');
            names.emplace_back(rest.substr(0, slash == rest.npos ? slash : slash + 1));
        }
        std::ranges::sort(names);
        names.erase(std::unique(names.begin(), names.end()), names.end());
        return names;
    }

private:
    const blob::Store& blobs_;
    std::string working_dir_;
    std::map<std::string, const Input*> all_;
    std::map<std::string, std::vector<std::string>> below_;  // of each folder
};

/// Statements read no files of a client.
class NoFiles final : public script::Files {
public:
    Kind kind(const std::string&) override { return Kind::missing; }
    Result<void> read(const std::string&, const std::function<bool(std::string_view)>&) override { return {}; }
    Result<std::vector<std::string>> list(const std::string&) override { return std::vector<std::string>(); }
};

void add_warnings(LiquibasePlan& plan, const std::string& changeset, std::string_view sql) {
    NoFiles none;
    script::PsqlStep statements{
        .sources = {{script::Source::Kind::command, std::string(sql)}}, .options = {}, .variables = {}};
    for (const script::Finding& finding :
         script::closure_of(statements, {.working_dir = "/", .inputs = {}}, none).findings)
        if (finding.weight == script::Weight::warning && plan.warnings.size() < warnings_max)
            plan.warnings.push_back(changeset + ": " + finding.message);
}

std::vector<std::string> options_that_count(const liquibase::Arguments& arguments) {
    std::vector<std::string> words = arguments.canonical();
    std::erase_if(words, [](const std::string& word) {
        return std::ranges::any_of(selecting_options,
                                   [&](std::string_view option) { return word.starts_with(option); });
    });
    return words;
}

std::vector<Input> inputs_of(const liquibase::Definition* definition, const Step& step) {
    if (!definition || definition->is_opaque) return step.inputs;
    std::vector<Input> inputs;
    for (const Input& input : step.inputs)
        if (std::ranges::find(definition->files, input.path) != definition->files.end()) inputs.push_back(input);
    return inputs;
}

/// Of what counts for all changesets: properties, and files that no changelog names (--input).
std::string everywhere_of(const liquibase::Closure& closure, const Step& step) {
    std::string all = closure.everywhere_sha256;
    for (const Input& input : step.inputs)
        if (std::ranges::find(closure.files, input.path, &liquibase::ClosureFile::name) == closure.files.end())
            all += "\n" + std::to_string(input.path.size()) + ":" + input.path + input.sha256;
    return sha256_of(all);
}

std::string shown(std::string_view name) { return std::string(utf8_prefix(name, title_bytes_max)); }

LiquibaseStep step_of(const liquibase::PlannedChangeset& planned, const liquibase::Closure& closure,
                      const std::string& everywhere, const std::vector<std::string>& options, const Step& step) {
    const liquibase::Definition* definition = liquibase::definition_of(closure, planned);
    ChangesetPlace place{
        .id = planned.id,
        .author = planned.author,
        .path = planned.path,
        .file = planned.path,
        .runs_always = !definition && std::ranges::any_of(closure.changesets, &liquibase::Definition::runs_always)};
    if (definition) {
        place.file = definition->file;
        place.line = definition->line;
        place.runs_always = definition->runs_always;
    }
    LiquibaseStep made{.step = {.kind = StateKind::lb,
                                .title = shown(place.name()),
                                .arguments = {},
                                .stdin_text = {},
                                .inputs = inputs_of(definition, step)},
                       .changeset = std::move(place)};
    made.step.arguments = {"changeset=" + made.changeset->name(), "md5sum=" + planned.md5sum,
                           "definition=" + (definition ? definition->definition_sha256 : "unknown"),
                           "sql=" + sha256_of(planned.sql), "everywhere=" + everywhere};
    made.step.arguments.insert(made.step.arguments.end(), options.begin(), options.end());
    return made;
}

LiquibasePlan one_step(const liquibase::Tool& tool, const liquibase::Arguments& arguments, const Step& step) {
    LiquibaseStep whole{.step = step, .changeset = {}};
    whole.step.title = shown("update " + arguments.changelog_file());
    whole.step.arguments = arguments.canonical();
    whole.step.arguments.push_back("liquibase=" + tool.jars_sha256);
    return {.tool_major = 0, .steps = {std::move(whole)}, .warnings = {}};
}

}  // namespace

std::string plan_key(const liquibase::Tool& tool, int postgres_major, const liquibase::Arguments& arguments,
                     const Step& step) {
    std::string all = "ramify-lb-plan-1\n" + tool.jars_sha256 + "\n" + std::to_string(postgres_major) + "\n";
    auto add = [&](std::string_view text) { all += std::to_string(text.size()) + ":" + std::string(text); };
    for (const std::string& word : arguments.canonical()) add(word);
    all += "\n";
    for (const Input& input : step.inputs) add(input.path), add(input.sha256);
    return sha256_of(all);
}

Result<LiquibasePlan> plan_of(const OfflinePlan& offline, const liquibase::Tool& tool,
                              const liquibase::Arguments& arguments, const Step& step, const blob::Store& blobs) {
    if (!offline.outcome.succeeded() && !offline.needs_database())
        return fail(Code::unsupported, offline.outcome.reason());
    auto planned = liquibase::read_plan(offline.csv, offline.sql);
    if (!planned && planned.error().code == Code::too_large) return std::move(planned).error();
    if (!planned || planned->empty()) {
        LiquibasePlan whole = one_step(tool, arguments, step);
        if (!offline.outcome.succeeded())
            whole.warnings.push_back("the changelog cannot be planned without a database, so all of it is one step: " +
                                     offline.outcome.reason());
        return whole;
    }
    StepInputs files(step, blobs);
    liquibase::Closure closure = liquibase::closure_of(arguments, files.working_dir(), {}, files);
    std::string everywhere = everywhere_of(closure, step);
    LiquibasePlan plan{.tool_major = parse_int(offline.version.substr(0, offline.version.find('.'))).value_or(0),
                       .steps = {},
                       .warnings = {}};
    std::vector<std::string> options = options_that_count(arguments);
    for (const liquibase::PlannedChangeset& one : *planned) {
        plan.steps.push_back(step_of(one, closure, everywhere, options, step));
        add_warnings(plan, plan.steps.back().changeset->name(), one.sql);
    }
    return plan;
}

}  // namespace ry::databases

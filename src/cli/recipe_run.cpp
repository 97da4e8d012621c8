#include "cli/recipe_run.h"

#include "cli/database_request.h"

namespace ry::cli {
namespace {

/// The run of this name; without one, the only one.
Result<RunRecipe> run_named(const FoundRecipe& recipe, const std::string& name) {
    if (name.empty() && recipe.runs.size() == 1) return recipe.runs.begin()->second;
    if (auto found = recipe.runs.find(name); found != recipe.runs.end()) return found->second;
    std::string names;
    for (const auto& [known, run] : recipe.runs) names += (names.empty() ? "" : ", ") + known;
    if (names.empty())
        return fail(Code::invalid,
                    "the recipe " + recipe.path + " has no runs; add them, or write the command after -- with --from");
    return fail(Code::invalid,
                (name.empty() ? "say which of the runs of " : "\"" + one_line(name) + "\" is no run of ") +
                    recipe.path + (name.empty() ? ": " : "; there is ") + names);
}

}  // namespace

Result<std::optional<RecipeRun>> read_recipe_run(const Words& given) {
    RecipeWords expanded = TRY(with_recipe(given, RecipeUse::run));
    if (!expanded.recipe) return std::optional<RecipeRun>();
    if (given.positional.size() > 2)
        return fail(Code::invalid, "write `ramify db run RECIPE [RUN]`, and further arguments after --");
    RunRecipe run = TRY(run_named(*expanded.recipe, given.positional.size() > 1 ? given.positional[1] : ""));
    RecipeRun made{.words = std::move(expanded.words), .prepare = {}, .warnings = expanded.recipe->warnings};
    made.words.positional.clear();
    if (run.kind != "command") made.words.positional.push_back(run.kind);
    made.words.rest.insert(made.words.rest.begin(), run.args.begin(), run.args.end());
    if (run.timeout && !given.has("timeout")) made.words.values["timeout"] = *run.timeout;
    if (expanded.recipe->is_foreign) return std::optional(std::move(made));
    made.prepare.emplace();
    made.prepare->positional = {given.positional[0]};
    for (const char* flag : {"ref", "server", "token"})
        if (given.has(flag)) made.prepare->values[flag] = given.get(flag);
    return std::optional(std::move(made));
}

}  // namespace ry::cli

#include "cli/database_request.h"

#include <unistd.h>

#include <algorithm>

#include "cli/database_clone.h"
#include "cli/database_inputs.h"
#include "cli/database_kinds.h"

namespace ry::cli {

using namespace databases;

Result<InputPlace> input_place(const Words& words) {
    RefMode mode = TRY(read_ref_mode(words.get("ref-mode")));
    InputPlace here = disk_place();
    if (!words.folder.empty()) here.working_dir = words.folder;
    if (words.has("ref")) return place_at(here.working_dir, words.get("ref"), mode);
    if (words.has("ref-mode")) return fail(Code::invalid, "--ref-mode says how --ref is read; give --ref too");
    return here;
}

namespace {

constexpr std::string_view kinds_shown = "psql, lb, pgbench, dump, migrations or clone";

bool is_kind(std::string_view word) {
    auto kinds = names_of(StateKind{});
    return std::ranges::find(kinds, word) != kinds.end();
}

Result<StateKind> read_kind(const Words& words) {
    if (words.positional.size() != 1)
        return fail(Code::invalid, "name the kind of the steps: " + std::string(kinds_shown));
    for (StateKind kind : {StateKind::psql, StateKind::lb, StateKind::pgbench, StateKind::dump, StateKind::migrations, StateKind::clone})
        if (words.positional[0] == name_of(kind)) return kind;
    return fail(Code::invalid,
                "\"" + one_line(words.positional[0]) + "\" is no kind of steps; there is " + std::string(kinds_shown));
}

/// Flags that are of some kinds alone.
Result<void> check_flags(const Words& words, StateKind kind) {
    if (words.has("one-session") && kind != StateKind::psql)
        return fail(Code::invalid, "--one-session is for psql's steps");
    if (words.has("layout") && kind != StateKind::migrations)
        return fail(Code::invalid, "--layout is of a folder of migrations");
    if ((words.has("source") || words.has("refresh")) && kind != StateKind::clone)
        return fail(Code::invalid, "--source and --refresh are of a clone");
    return {};
}

Result<DatabaseInputs> read_kind_inputs(const Words& words, StateKind kind, const InputPlace& place) {
    switch (kind) {
        case StateKind::lb:
            return read_liquibase_inputs(words.rest, words.inputs, place);
        case StateKind::pgbench:
            return read_pgbench_inputs(words.rest);
        case StateKind::dump:
            return read_dump_inputs(words.rest, place);
        case StateKind::migrations:
            return read_migration_inputs(words.rest, words.inputs, words.get("layout"), place);
        case StateKind::clone:
            return read_clone_inputs(words.rest, words.get("source"), words.has("refresh"));
        default:
            return read_database_inputs(words.rest, words.inputs, words.has("one-session"), ::isatty(STDIN_FILENO) == 0,
                                        place);
    }
}

/// The steps of the kind, with the scripts of --before and --mask around them.
Result<DatabaseInputs> read_inputs(const Words& words, StateKind kind, const InputPlace& place) {
    DatabaseInputs all;
    auto add_scripts = [&](const std::vector<std::string>& files) -> Result<void> {
        for (const std::string& file : files) {
            std::string arguments[] = {"-f", file};
            append(all, TRY(read_database_inputs(arguments, words.inputs, false, false, place)));
        }
        return {};
    };
    TRY(add_scripts(words.before));
    append(all, TRY(read_kind_inputs(words, kind, place)));
    TRY(add_scripts(words.masks));
    return all;
}

}  // namespace

Result<RecipeWords> with_recipe(const Words& given, RecipeUse use) {
    RecipeWords expanded{.words = given, .recipe = {}};
    if (given.positional.empty() || is_kind(given.positional[0])) return expanded;
    InputPlace here = disk_place();
    if (given.has("ref")) here = TRY(place_at(here.working_dir, given.get("ref"), RefMode::blob));
    expanded.recipe = TRY(find_recipe(given.positional[0], use, here));
    expanded.words.folder = expanded.recipe->folder;
    return expanded;
}

namespace {

/// The words as if the recipe's were on the command line; flags that are there already win.
Words words_of(const RecipeWords& expanded) {
    Words words = expanded.words;
    const Recipe& recipe = expanded.recipe->recipe;
    words.positional = {recipe.kind};
    words.rest.insert(words.rest.begin(), recipe.args.begin(), recipe.args.end());
    words.inputs.insert(words.inputs.begin(), recipe.inputs.begin(), recipe.inputs.end());
    if (!words.has("from") && !words.has("image")) {
        if (recipe.from) words.values["from"] = *recipe.from;
        else if (!recipe.image.empty()) words.values["image"] = recipe.image;
    }
    if (recipe.one_session) words.values["one-session"] = "yes";
    if (recipe.deterministic) words.values["deterministic"] = "yes";
    return words;
}

}  // namespace

Result<Asked> read_request(const Words& given) {
    RecipeWords expanded = TRY(with_recipe(given, RecipeUse::prepare));
    Words words = expanded.recipe ? words_of(expanded) : given;
    StateKind kind = TRY(read_kind(words));
    TRY(check_flags(words, kind));
    Asked asked;
    asked.request.kind = kind;
    asked.request.image = words.get("image");
    if (words.has("from")) asked.request.from = words.get("from");
    if (words.has("name")) asked.request.name = words.get("name");
    for (auto [flag, member] : {std::pair("ttl", &asked.request.ttl_ms), std::pair("lease", &asked.request.lease_ms)}) {
        if (!words.has(flag)) continue;
        *member = parse_duration_ms(words.get(flag));
        if (!*member)
            return fail(Code::invalid, "--" + std::string(flag) + " must be a time such as 90s, 30m, 2h or 1d");
    }
    asked.request.is_deterministic = words.has("deterministic");
    asked.place = TRY(input_place(words));
    DatabaseInputs inputs = TRY(read_inputs(words, kind, asked.place));
    if (words.has("deterministic") && !inputs.warnings.empty())
        return fail(Code::unsupported, "the result may vary by itself: " + inputs.warnings.front() +
                                           "; leave --deterministic out to build it all the same");
    asked.request.steps = std::move(inputs.steps);
    asked.contents = std::move(inputs.contents);
    asked.clone = std::move(inputs.clone);
    asked.warnings = std::move(inputs.notes);
    std::ranges::move(inputs.warnings, std::back_inserter(asked.warnings));
    if (expanded.recipe) {
        asked.recipe = expanded.recipe->path;
        asked.warnings.insert(asked.warnings.begin(), expanded.recipe->warnings.begin(), expanded.recipe->warnings.end());
    }
    return asked;
}

}  // namespace ry::cli

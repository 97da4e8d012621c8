#include "cli/recipe.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "cli/terminal.h"
#include "cli/yaml_document.h"
#include "modules/databases/script/files.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
using databases::script::Files;
using databases::script::joined_path;
using databases::script::relative_path;

constexpr std::string_view own_ending = ".ramify.yaml", prepare_ending = ".prep.s9s.yaml", run_ending = ".run.s9s.yaml";
constexpr size_t runs_max = 100;

/// A file of sqlrs: one thing to prepare, or one to run.
struct ForeignRecipe {
    std::string kind;
    std::string image;
    std::vector<std::string> args;
    static const Fields& fields() {
        using S = ForeignRecipe;
        static const Field table[] = {field("kind", &S::kind, ""), field("image", &S::image, "", defaulted()),
                                      field("args", &S::args, "", length(0, 1'000), defaulted())};
        static const Fields all{"ForeignRecipe", table};
        return all;
    }
};

/// "recipe shop.ramify.yaml: args must be given".
Error wrong_in(const std::string& path, const Error& error) {
    std::string message = "the recipe " + path + ": ";
    if (error.faults.empty()) message += error.message;
    for (size_t i = 0; i < error.faults.size(); ++i)
        message += (i ? "; " : "") +
                   error.faults[i].pointer.substr(std::min<size_t>(1, error.faults[i].pointer.size())) + " " +
                   error.faults[i].detail;
    return fail(Code::invalid, std::move(message));
}

Result<void> read_own(FoundRecipe& found, const std::string& json) {
    found.recipe = TRY(from_json<Recipe>(json));
    boost::system::error_code error;
    bj::value runs = bj::parse(found.recipe.runs.text, error);
    if (error || !runs.is_object()) return fail(Code::invalid, "runs must be a mapping from names to what runs");
    if (runs.as_object().size() > runs_max)
        return fail(Code::invalid, "runs has more than 100 entries; use several recipes");
    for (const auto& [name, value] : runs.as_object()) {
        auto run = from_json<RunRecipe>(bj::serialize(value));
        if (!run)
            return fail(Code::invalid,
                        "runs." + std::string(name) + ": " +
                            wrong_in("", run.error()).message.substr(std::string_view("the recipe : ").size()));
        if (run->kind != "psql" && run->kind != "pgbench" && run->kind != "command")
            return fail(Code::invalid, "runs." + std::string(name) + ".kind must be psql, pgbench or command");
        found.runs.emplace(name, *std::move(run));
    }
    return {};
}

/// Members that sqlrs may have and that mean nothing here are left out, and that is said.
Result<void> read_foreign(FoundRecipe& found, bj::object document, bool is_run) {
    constexpr std::string_view known[] = {"kind", "image", "args"};
    bj::object kept;
    for (auto& [name, value] : document) {
        if (std::ranges::find(known, std::string_view(name)) != std::end(known))
            kept[name] = value;
        else
            found.warnings.push_back(found.path + ": " + one_line(std::string(name)) +
                                     " is not taken; `ramify db prepare --help` lists what there is");
    }
    ForeignRecipe foreign = TRY(from_json<ForeignRecipe>(bj::serialize(kept)));
    found.is_foreign = true;
    if (is_run) {
        if (foreign.kind != "psql" && foreign.kind != "pgbench")
            return fail(Code::invalid, "kind must be psql or pgbench");
        found.runs.emplace("", RunRecipe{foreign.kind, std::move(foreign.args), {}});
        return {};
    }
    found.recipe.kind = foreign.kind;
    found.recipe.image = foreign.image;
    found.recipe.args = std::move(foreign.args);
    return {};
}

/// The folder and those above it, to the top of the repository.
std::vector<std::string> folders_of(const InputPlace& place) {
    std::string top = place.working_dir;
    if (place.commit && !place.is_on_disk)
        top = place.commit->checkout.root();
    else if (auto checkout = git::Checkout::find(place.working_dir))
        top = checkout->root();
    std::vector<std::string> folders = {place.working_dir};
    while (folders.back() != top && folders.back().size() > 1) folders.push_back(joined_path(folders.back(), ".."));
    return folders;
}

Error no_recipe(const std::string& name, const InputPlace& place) {
    std::string near;
    if (auto names = place.files->list(place.working_dir)) {
        std::vector<std::string> recipes;
        for (const std::string& file : *names)
            for (std::string_view ending : {own_ending, prepare_ending, run_ending})
                if (file.ends_with(ending)) recipes.push_back(file.substr(0, file.size() - ending.size()));
        near = nearest(name, recipes);
    }
    return fail(Code::invalid,
                "\"" + one_line(name) + "\" is no kind of steps, and there is no recipe " + one_line(name) +
                    std::string(own_ending) + " in this folder or above" +
                    (near.empty() ? "; `ramify db discover` proposes some" : "; did you mean " + near + "?"));
}

}  // namespace

Result<FoundRecipe> read_recipe(const std::string& path, std::string_view bytes) {
    FoundRecipe found{.path = path,
                      .folder = path.substr(0, std::max<size_t>(path.rfind('/'), 1)),
                      .recipe = {},
                      .runs = {},
                      .is_foreign = false,
                      .warnings = {}};
    auto read = [&]() -> Result<void> {
        Json document = TRY(json_of_yaml(bytes));
        if (path.ends_with(own_ending)) return read_own(found, document.text);
        return read_foreign(found, bj::parse(document.text).as_object(), path.ends_with(run_ending));
    }();
    if (!read) return wrong_in(path, read.error());
    return found;
}

Result<FoundRecipe> find_recipe(const std::string& name, RecipeUse use, const InputPlace& place) {
    for (const std::string& folder : folders_of(place)) {
        for (std::string_view ending : {own_ending, use == RecipeUse::run ? run_ending : prepare_ending}) {
            std::string path = joined_path(folder, name + std::string(ending));
            if (place.files->kind(path) != Files::Kind::file) continue;
            std::string bytes;
            auto read = place.files->read(path, [&](std::string_view piece) {
                bytes += piece;
                return bytes.size() <= yaml_bytes_max;
            });
            if (!read) return wrong_in(path, read.error());
            return read_recipe(path, bytes);
        }
    }
    return no_recipe(name, place);
}

}  // namespace ry::cli

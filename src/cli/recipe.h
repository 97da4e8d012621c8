#pragma once
// Recipes: files in the repository that say how a database is made and what may run on it, so that `ramify db prepare
// shop` is enough. The format is docs/database-recipes.md. `*.prep.s9s.yaml` and `*.run.s9s.yaml` of sqlrs are read
// too.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "cli/database_ref.h"

namespace ry::cli {

/// What runs on a recipe's database.
struct RunRecipe {
    std::string kind = "command";
    std::vector<std::string> args;
    std::optional<std::string> timeout;
    static const Fields& fields() {
        using S = RunRecipe;
        static const Field table[] = {
            field("kind", &S::kind, "psql, pgbench, or command: args are the whole command.", defaulted()),
            field("args", &S::args, "Its arguments.", length(0, 1'000)),
            field("timeout", &S::timeout, "When it is ended: 90s, 30m."),
        };
        static const Fields all{"RunRecipe", table};
        return all;
    }
};

struct Recipe {
    std::string kind = "psql";
    std::string image;
    std::optional<std::string> from;
    std::vector<std::string> args;
    std::vector<std::string> inputs;
    bool one_session = false;
    bool deterministic = false;
    Json runs{"{}"};
    static const Fields& fields() {
        using S = Recipe;
        static const Field table[] = {
            field("kind", &S::kind, "What makes the steps: psql, lb, and so on.", defaulted()),
            field("image", &S::image, "The PostgreSQL that it runs on.", defaulted()),
            field("from", &S::from, "A state or ref to begin with."),
            field("args", &S::args, "The tool's arguments.", length(0, 1'000)),
            field("inputs", &S::inputs, "Files and folders that the steps may read besides.", length(0, 1'000),
                  defaulted()),
            field("one_session", &S::one_session, "All sources in one session of psql.", defaulted()),
            field("deterministic", &S::deterministic, "Refuse what may vary by itself.", defaulted()),
            field("runs", &S::runs, "What runs on it, by name.", defaulted()),
        };
        static const Fields all{"Recipe", table};
        return all;
    }
};

/// A recipe where it was found. Names in it are relative to `folder`.
struct FoundRecipe {
    std::string path, folder;
    Recipe recipe;
    std::map<std::string, RunRecipe> runs;
    bool is_foreign = false;            ///< of sqlrs
    std::vector<std::string> warnings;  ///< what of the file is not taken
};

enum class RecipeUse { prepare, run };

/// `name` is looked for in `place`, from its working directory upwards to the repository's folder (outside of a
/// repository: there only). A path in the name goes on from each of these folders. Code::invalid when there is none, or
/// it is wrong.
Result<FoundRecipe> find_recipe(const std::string& name, RecipeUse use, const InputPlace& place);

/// The content of a recipe by its path, for find_recipe and discover.
Result<FoundRecipe> read_recipe(const std::string& path, std::string_view bytes);

}  // namespace ry::cli

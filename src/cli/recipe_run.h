#pragma once
// `db run NAME [RUN]`: what a recipe says that may run on its database.
#include "cli/database_call.h"

namespace ry::cli {

struct RecipeRun {
    Words words;                   ///< as if the recipe's were on the command line of `run`
    std::optional<Words> prepare;  ///< of `db prepare`, for the recipe's own database; absent when it has none
    std::vector<std::string> warnings;
};

/// Absent when the words name no recipe but a kind, or nothing. Code::invalid when there is none, or no such run in it.
Result<std::optional<RecipeRun>> read_recipe_run(const Words& words);

}  // namespace ry::cli

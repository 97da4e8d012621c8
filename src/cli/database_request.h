#pragma once
// What `db prepare` and `db plan` ask for, made of their words: the steps with the files that they may read.
#include "cli/database_call.h"
#include "cli/database_ref.h"
#include "cli/recipe.h"

namespace ry::cli {

/// Where the inputs are read: here, or at --ref.
Result<InputPlace> input_place(const Words& words);
/// Words that name a recipe instead of a kind, with the recipe, and the folder that its names are relative to.
struct RecipeWords {
    Words words;
    std::optional<FoundRecipe> recipe;  ///< absent when a kind is named
};
Result<RecipeWords> with_recipe(const Words& words, RecipeUse use);
/// The request of `words`: the kind or a recipe, flags, and the tool's arguments after "--". Code::invalid with what is wrong.
Result<Asked> read_request(const Words& words);

}  // namespace ry::cli

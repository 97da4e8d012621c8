#pragma once
// Adding dependencies to the text of a package.json without touching anything else in it.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ry::apps::changes {

/// The text with each selector ("react@^19", "zod") in "dependencies": a new one at its place in the alphabet, a known
/// one (also of "devDependencies") with its new version; without a version a known one stays and a new one is "latest".
/// Indentation and line ends are those of the text. Code::unsupported when it is no JSON object.
Result<std::string> with_dependencies(std::string text, const std::vector<std::string>& selectors);

}  // namespace ry::apps::changes

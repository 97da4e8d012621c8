#pragma once
// What is generated from the code and checked in: `./dev gen` writes it, a test compares it.
#include <span>
#include <string>
#include <string_view>

#include "kernel/http/route.h"

namespace ry::cli {

struct Artefact {
    std::string_view flag;  ///< of `ramify openapi`: "--typescript"
    std::string_view file;  ///< in the repository: "web/src/api.gen.ts"
    std::string (*make)(std::span<const http::Route> routes);
};
std::span<const Artefact> artefacts();

}  // namespace ry::cli

#pragma once
// What `embed` makes of the folder templates/.
#include "kernel/templates/templates.h"

namespace ry::templates {

struct Embedded {
    std::string_view name;      ///< the folder
    std::string_view manifest;  ///< its template.json
    std::span<const File> files;
};
extern const std::span<const Embedded> embedded;

}  // namespace ry::templates

#pragma once
// A dump and how it is restored: pg_restore's options as a step takes them, and the formats of pg_dump.
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ry::databases::tools {

/// As pg_dump names them.
enum class DumpFormat { plain, custom, directory, tar };
constexpr std::array<std::string_view, 4> names_of(DumpFormat) { return {"plain", "custom", "directory", "tar"}; }

struct DumpArguments {
    std::vector<std::string> options;  ///< canonical, of pg_restore
    std::string file;                  ///< the dump, as it was given
    std::string use_list;              ///< -L: a further file; empty for none
};

/// Code::invalid for what connects, writes or lists, and when there is not one file.
Result<DumpArguments> read_dump_arguments(std::span<const std::string> arguments);

/// How much of a file tells its format.
inline constexpr size_t head_bytes = 512;
/// Of a file by its beginning; a directory is for the caller to see. Code::invalid for what is compressed with
/// something that cannot be read here, and for what is no dump.
Result<DumpFormat> format_of(std::string_view head);
bool is_gzip(std::string_view head);

}  // namespace ry::databases::tools

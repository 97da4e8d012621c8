#pragma once
// Inside: the files of a folder of migrations, by their names relative to it.
#include <string>
#include <string_view>
#include <vector>

#include "modules/databases/script/files.h"

namespace ry::databases::migrations {

inline constexpr size_t files_max = 20'000;

/// All files below the folder, at most depth_max folders down, sorted. Names that begin with "." are left out.
Result<std::vector<std::string>> list_files(script::Files& files, const std::string& folder);
Result<std::string> read_whole(script::Files& files, const std::string& path);

/// "db/V1__a.sql" → "V1__a.sql".
std::string_view base_name(std::string_view name);
bool is_at_top(std::string_view name);
/// The decimal digits that a name begins with.
std::string_view leading_digits(std::string_view name);
/// By value, whatever the zeros before: 2 is before 10.
bool is_smaller_number(std::string_view a, std::string_view b);
/// 'It''s', as a string of SQL.
std::string quoted(std::string_view text);

}  // namespace ry::databases::migrations

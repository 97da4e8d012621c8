#pragma once
// Paths inside an app or a repository: relative, normalised, with "/" between the parts. Pure; nothing touches a disk.
#include <string>
#include <string_view>

#include "base/result.h"

namespace ry {

namespace path_limit {
inline constexpr size_t bytes_max = 1024;      ///< a whole path; PATH_MAX (4096) leaves room for the root before it
inline constexpr size_t part_bytes_max = 255;  ///< one part; NAME_MAX of Linux file systems
inline constexpr size_t parts_max = 64;        ///< depth: recursion over a tree stays shallow
}  // namespace path_limit

/// What is wrong with one part of a path ("src"), or empty when it is fine. Refused are "", ".", "..", control
/// characters, separators, text that is not UTF-8, parts that are too long, and every spelling that some file system
/// takes for ".git" (case, trailing dots and spaces, "git~1", characters that HFS+ ignores, ":" streams of NTFS).
std::string_view problem_of_path_part(std::string_view part);

/// The normalised form of a path that a person or a model wrote: `\` becomes `/`, "./" and doubled separators go.
/// Code::unsupported, with the reason, for absolute paths, "..", drive letters, "~/", and parts that are refused above.
Result<std::string> app_path(std::string_view written);

/// True when `path` is already what app_path() returns for it.
bool is_app_path(std::string_view path);

}  // namespace ry

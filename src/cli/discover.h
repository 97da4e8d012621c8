#pragma once
// `ramify db discover`: what of a working directory could be prepared, as proposals with a command to paste. It only
// reads.
#include <string>
#include <vector>

#include "cli/database_ref.h"

namespace ry::cli {

struct Proposal {
    enum class Kind { recipe, ignore, split };
    Kind kind = Kind::recipe;
    std::string title;  ///< "a recipe for db/schema.sql"
    std::string why;
    std::string command;  ///< for a shell in the folder that was looked through
};
constexpr std::array<std::string_view, 3> names_of(Proposal::Kind) { return {"recipe", "ignore", "split"}; }

struct Discovery {
    std::vector<Proposal> proposals;
    size_t files_looked_at = 0;
    std::vector<std::string> warnings;  ///< what could not be looked at
};

namespace discover_limit {
inline constexpr size_t files_max = 50'000;           ///< of the folder: 5 MB of names
inline constexpr size_t scripts_max = 2'000;          ///< whose includes are followed
inline constexpr int64_t script_bytes_max = 8 << 20;  ///< of one script that is read for its includes
inline constexpr size_t commits_max = 2'000;          ///< of the history of one large script
inline constexpr int64_t split_bytes_min = 64 << 10;  ///< smaller scripts are not worth a step of their own
}  // namespace discover_limit

/// Looks through `place`, from its working directory downwards. Hidden folders and those of package managers are left
/// out.
Result<Discovery> discover(const InputPlace& place);

}  // namespace ry::cli

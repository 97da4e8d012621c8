#pragma once
// The commands that are no row of the route table: carried out in this process, or made of several calls of the API.
// Help, the manual pages, completion and the reading of the command line are all made of this table.
#include <optional>
#include <span>
#include <string_view>

namespace ry::cli {

/// `--name VALUE`; without a placeholder it takes none. A placeholder "json|env" is all that may be given.
struct OwnFlag {
    std::string_view name;
    std::string_view placeholder;
    std::string_view doc;
    bool is_repeated = false;
};

/// What an argument names, so that completion can ask the server for it; profiles stand in a file.
enum class Names { nothing, instance, ref, state, prepare, anything, profile };

struct OwnCommand {
    std::string_view name;   ///< "serve", "changes parse"
    std::string_view usage;  ///< what follows the name: "FILE|- [--output json]"
    std::string_view summary;
    std::string_view details;  ///< paragraphs of the help
    std::span<const OwnFlag> flags = {};
    Names argument = Names::nothing;
};

std::span<const OwnCommand> own_commands();
/// "db prepare", or a command of one word whose further words are its own; null when there is none.
const OwnCommand* find_own(std::string_view noun, std::string_view verb);
const OwnFlag* find_flag(const OwnCommand& command, std::string_view name);
/// What the value of a flag names, for completion: --instance, --from, --to, --profile.
Names names_of_flag(std::string_view flag);

}  // namespace ry::cli

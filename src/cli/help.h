#pragma once
// What `ramify`, `ramify NOUN` and `ramify NOUN VERB --help` print, all from the table.
// Pure.
#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/own_commands.h"
#include "cli/terminal.h"

namespace ry::cli {

/// A name and its explanation: a flag, an argument, an exit code.
struct HelpRow {
    std::string name;
    std::string text;
};
std::vector<HelpRow> help_rows(const OwnCommand& command);      ///< its flags
std::vector<HelpRow> help_rows(const Command& command);         ///< its flags, the common ones at the end
std::vector<HelpRow> argument_rows(const Command& command);
/// What exit codes mean for the commands of a noun; "" is for most of them.
std::vector<HelpRow> exit_codes(std::string_view noun);

/// All nouns, one line each, and the exit codes.
std::string overview(const Terminal& terminal, std::span<const OwnCommand> own, std::span<const Command> commands);
/// The commands of one noun.
std::string help_of_noun(const Terminal& terminal, std::string_view noun, std::span<const OwnCommand> own,
                         std::span<const Command> commands);
std::string help_of(const Terminal& terminal, const Command& command);
std::string help_of(const Terminal& terminal, const OwnCommand& command);

/// "ramify chats say chat_… \"Make the heading blue\" --follow"
std::string example_of(const Command& command);

}  // namespace ry::cli

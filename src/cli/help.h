#pragma once
// What `ramify`, `ramify NOUN` and `ramify NOUN VERB --help` print, and the completion scripts: all from the table.
// Pure.
#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/own_commands.h"
#include "cli/terminal.h"

namespace ry::cli {

/// All nouns, one line each, and the exit codes.
std::string overview(const Terminal& terminal, std::span<const OwnCommand> own, std::span<const Command> commands);
/// The commands of one noun.
std::string help_of_noun(const Terminal& terminal, std::string_view noun, std::span<const OwnCommand> own,
                         std::span<const Command> commands);
std::string help_of(const Terminal& terminal, const Command& command);
std::string help_of(const Terminal& terminal, const OwnCommand& command);

/// "ramify chats say chat_… \"Make the heading blue\" --follow"
std::string example_of(const Command& command);

/// A completion script; "" for a shell that is not bash, zsh or fish.
std::string completion(std::string_view shell, std::span<const OwnCommand> own, std::span<const Command> commands);

}  // namespace ry::cli

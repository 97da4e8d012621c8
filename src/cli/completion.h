#pragma once
// What may stand next on a command line: nouns, verbs and flags of the tables, and names that the server knows. The
// scripts for shells ask for it with `ramify completion words`.
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/endpoint.h"
#include "cli/own_commands.h"

namespace ry::cli {

/// A completion script; "" for a shell that is not bash, zsh or fish. Pure.
std::string completion_script(std::string_view shell);

/// Names and ids of that kind; asked for at most once.
using KnownNames = std::function<std::vector<std::string>(Names names)>;
/// `words` follow the program's name; the last one is the one that is being written. None: a file may stand there. Pure
/// but for `known`.
std::vector<std::string> candidates(std::span<const std::string> words, std::span<const OwnCommand> own,
                                    std::span<const Command> commands, const KnownNames& known);

/// What the server knows, within `known_ms_max`; nothing when it does not answer.
std::vector<std::string> known_names(const Endpoint& server, Names names);
inline constexpr int64_t known_ms_max = 500;

}  // namespace ry::cli

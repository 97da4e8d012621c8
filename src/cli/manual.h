#pragma once
// Manual pages in the man(7) macros, of the tables that help is made of. Pure.
#include <string>

#include "cli/command.h"
#include "cli/own_commands.h"

namespace ry::cli {

/// The page of everything (both empty), of a noun, or of a command; "" when there is no such noun or command.
std::string manual_page(std::string_view noun, std::string_view verb, std::span<const OwnCommand> own, std::span<const Command> commands);

}  // namespace ry::cli

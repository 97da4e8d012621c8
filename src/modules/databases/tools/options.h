#pragma once
// A command line read as getopt_long reads it: bundled letters, values attached or apart, unique beginnings of long
// names. A table says what becomes of each option.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ry::databases::tools {

enum class Use {
    kept,     ///< changes the result; the last one counts
    listed,   ///< the same, and each one counts
    dropped,  ///< changes nothing that stays
    refused,
};

struct Option {
    char letter;            ///< '\0' for none
    std::string_view name;  ///< long, without the dashes
    bool takes_value;
    Use use;
    std::string_view why = {};  ///< of a refused one: what to do instead
};

struct Reading {
    std::string_view tool;  ///< "pgbench", for messages
    std::span<const Option> options;
};

struct ReadOptions {
    std::vector<std::string> kept;      ///< "--scale=10", in the order of the table; listed ones in their own order
    std::vector<std::string> operands;  ///< words that are no options
    bool has(std::string_view name) const;
    /// Of an option that was given with a value.
    std::optional<std::string_view> value(std::string_view name) const;
};

/// More than a shell can pass is refused before.
inline constexpr size_t words_max = 1'000;

/// Code::invalid with the reason, and what to write instead.
Result<ReadOptions> read_options(std::span<const std::string> words, const Reading& reading);

}  // namespace ry::databases::tools

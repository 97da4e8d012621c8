#pragma once
// The command line of psql as `prepare psql -- …` takes it: what each step runs, and with which options. Connection
// options are refused, -X and ON_ERROR_STOP=1 are always set.
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace ry::databases::script {

/// Where psql reads from: a file, the text of -c, or its standard input.
struct Source {
    enum class Kind { file, command, standard_input };
    Kind kind = Kind::file;
    std::string text;  ///< the path as it was given, or the command
    bool operator==(const Source&) const = default;
};

struct PsqlStep {
    std::vector<Source> sources;  ///< one; all of the command line with `one_session`
    /// Canonical: two command lines that mean the same have the same options.
    std::vector<std::string> options;
    /// What -v sets, the values that psql starts with; absent: unset by "-v NAME".
    std::map<std::string, std::optional<std::string>> variables;
    /// What psql is started with: the options, then the sources.
    std::vector<std::string> arguments() const;
};

struct PsqlReading {
    bool is_one_session = false;      ///< all sources in one session and one step
    bool has_standard_input = false;  ///< something is piped in: a step of its own when there is no -f and no -c
};

/// Arguments of one command line; their texts together, as exec() limits them (2 MiB on Linux).
inline constexpr size_t psql_arguments_max = 1000;

/// Code::invalid with the reason and what to write instead.
Result<std::vector<PsqlStep>> read_psql_arguments(std::span<const std::string> arguments, const PsqlReading& reading);

}  // namespace ry::databases::script

#pragma once
// The name of a state: a hash of everything that can change what the database becomes. The format is docs/state-key.md;
// a key that was once given never changes its meaning.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "modules/databases/script/files.h"

namespace ry::databases::script {

/// What a cluster is before its first step.
struct BaseIngredients {
    std::string binaries_sha256;              ///< of the server's programs, libraries and extensions
    std::vector<std::string> initdb_options;  ///< canonical, without directories
    std::string locale;                       ///< "C.UTF-8", and its provider when it is not libc
    std::string encoding;
    std::string time_zone;
    std::map<std::string, std::string> settings;  ///< those that change results
};

/// What a step is, beside the state that it starts from.
struct StepIngredients {
    std::string kind;                                ///< "psql", "lb", …
    std::vector<std::string> arguments;              ///< canonical: -v, -1, -c TEXT, -f NAME
    std::string standard_input_sha256;               ///< empty: the step reads none
    std::map<std::string, std::string> files;        ///< name, relative to the working directory → SHA-256
    std::map<std::string, std::string> environment;  ///< what the step gets, all of it
    int tool_major = 0;                              ///< of psql, Liquibase, …
};

/// 64 hex digits.
std::string base_key(const BaseIngredients& base);
std::string step_key(const std::string& parent_key, const StepIngredients& step);

}  // namespace ry::databases::script

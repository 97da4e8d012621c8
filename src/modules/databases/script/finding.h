#pragma once
// What is worth saying of a script before it runs.
#include <array>
#include <string>
#include <string_view>

#include "modules/databases/script/meta_command.h"

namespace ry::databases::script {

enum class FindingKind {
    missing_file,
    not_a_file,  ///< a directory, a socket
    unreadable_file,
    binary_file,
    outside_file,  ///< exists perhaps, but is not among the inputs
    recursive_include,
    limit,
    malformed,       ///< the script itself: \if without \endif, an open quote, an unknown command
    refused,         ///< cannot work in a step: it waits for a person, leaves the cluster, never ends
    dynamic_file,    ///< a file whose name is only known when the script runs
    program,         ///< starts a program beside psql: \!, backticks, \copy … program
    writes_file,     ///< \o, \w, \g FILE, \copy … to
    server_file,     ///< COPY … FROM 'file': read or written by the server, not by psql
    server_program,  ///< COPY … PROGRAM
    generated_sql,   ///< \gexec
    setting,         ///< changes how psql goes on: ON_ERROR_STOP off
    volatile_value,  ///< comes out differently each time: now(), random()
    outside_effect,  ///< reaches beyond the cluster: dblink, CREATE TABLESPACE, LOAD
};
constexpr std::array<std::string_view, 18> names_of(FindingKind) {
    return {"missing_file", "not_a_file",     "unreadable_file", "binary_file",  "outside_file",   "recursive_include",
            "limit",        "malformed",      "refused",         "dynamic_file", "program",        "writes_file",
            "server_file",  "server_program", "generated_sql",   "setting",      "volatile_value", "outside_effect"};
}

/// problem: the step would fail, nothing is started. dynamic: the sandbox decides when it runs. warning: the state may
/// come out differently another time. note: worth knowing.
enum class Weight { problem, dynamic, warning, note };
constexpr std::array<std::string_view, 4> names_of(Weight) { return {"problem", "dynamic", "warning", "note"}; }

/// Where SQL takes effect: at once, when what is defined is used, or when the function is called.
enum class Effect { at_once, by_definition, in_function };
constexpr std::array<std::string_view, 3> names_of(Effect) { return {"at_once", "by_definition", "in_function"}; }

struct Finding {
    FindingKind kind = FindingKind::malformed;
    Weight weight = Weight::problem;
    Effect effect = Effect::at_once;
    std::string file;  ///< its name, relative to the working directory; "-c" or "standard input" for what is no file
    Place place;
    std::string message;
    bool operator==(const Finding&) const = default;
};

}  // namespace ry::databases::script

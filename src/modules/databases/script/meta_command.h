#pragma once
// Backslash commands of psql: how one is read from its line, and what is known of each name.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ry::databases::script {

/// A byte of a file: lines and columns count from 1, columns in bytes.
struct Place {
    uint64_t offset = 0;
    uint64_t line = 1;
    uint64_t column = 1;
    bool operator==(const Place&) const = default;
};

/// What can be known of a condition before the script runs.
enum class Truth { no, yes, unknown };

/// A part of an argument: text, or a place where psql puts in what is only known when it runs.
struct Piece {
    enum class Kind {
        text,        ///< as psql sees it, quotes and escapes resolved
        variable,    ///< :name
        literal,     ///< :'name'
        identifier,  ///< :"name"
        test,        ///< :{?name}
        backtick,    ///< the output of a shell command, which is the text
    };
    Kind kind = Kind::text;
    std::string text;
    bool operator==(const Piece&) const = default;
};

struct Argument {
    std::vector<Piece> pieces;
    size_t unquoted_tail = 0;  ///< how many bytes at its end stood outside quotes: only those may be a stripped ";"
    bool operator==(const Argument&) const = default;
};

struct MetaCommand {
    std::string name;                 ///< without the backslash
    Place place;                      ///< of the backslash
    uint64_t end = 0;                 ///< the offset after it, with the "\\" that closes it
    std::vector<Argument> arguments;  ///< of commands that take arguments
    std::string rest;                 ///< of those that take the line as it is: \copy, \!, and "|command" of \g, \o, \w
    bool is_known = true;             ///< false: psql says "invalid command"
    bool is_unterminated = false;     ///< a quote was still open at the line's end: psql drops that argument
    bool has_backtick = false;
    bool is_in_statement = false;  ///< a statement had begun before it
    Truth is_active = Truth::yes;  ///< no: it stands in a branch of \if that is not taken
};

/// How psql reads what follows a command's name, and whether it sends the statement before it.
struct MetaTraits {
    bool is_known = false;
    bool takes_line = false;  ///< the rest of the line, as it is
    bool takes_pipe = false;  ///< an argument that begins with "|" is the rest of the line
    bool sends = false;       ///< \g and its relatives
};
/// Of psql 15 to 18.
MetaTraits traits_of(std::string_view name);

/// Reads the command at the front of `line`, which begins with its backslash and has no line end. The number of bytes
/// used; further commands or SQL may follow. Sets everything but `place`, `end`, `is_in_statement` and `is_active`.
size_t read_meta_command(std::string_view line, MetaCommand& command);

/// psql's reading of a truth value: "on", "tru", "0", …; unknown when it is none.
Truth truth_of(std::string_view text);

}  // namespace ry::databases::script

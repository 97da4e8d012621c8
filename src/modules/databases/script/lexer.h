#pragma once
// Cuts a script into what psql would do with it: statements, backslash commands and rows of inline COPY data. The rules
// are those of psql's own scanner, with its quirks, so that the cuts are the same (tests/psql_test.cpp asks psql).
//
//   class Mine : public Sink { void statement(const Statement& s) override { … } };
//   Lexer lexer({}, mine);
//   for (chunk of the file) lexer.feed(chunk);
//   lexer.finish();
//
// Bytes may come in any chunks: the events are the same. Memory does not grow with lines, statements or files: what is
// held is one word, one backslash command or the beginning of one string.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "modules/databases/script/meta_command.h"

namespace ry::databases::script {

enum class TokenKind { word, quoted_identifier, string, dollar_string, number, symbol, variable, comment };

/// A token of a statement. `text` lives during the call. Of a dollar-quoted string it is the opening tag, and the
/// inside follows as body() calls; of a string or quoted identifier the first `string_bytes_kept` bytes with their
/// quotes; of a comment it is empty (line comments before a statement, and white space, are no tokens). A symbol is one
/// byte.
struct Token {
    TokenKind kind = TokenKind::symbol;
    std::string_view text;
    uint64_t offset = 0;
    uint64_t bytes = 0;  ///< of the whole token; of a dollar-quoted string, of its tag
};

/// Which lines the bytes stand on. Inside an event only, for offsets of that event's token.
class Lines {
public:
    explicit Lines(const Place& begin)
        : passed_(begin.offset), line_(begin.line), line_begin_(begin.offset + 1 - begin.column) {}

    Place place(uint64_t offset);

    // For the lexer: the bytes that come next, a place to remember for a token that goes beyond them, and their end.
    void load(std::string_view bytes, uint64_t offset) { bytes_ = bytes, bytes_offset_ = offset; }
    void hold(uint64_t offset) {
        if (offset >= passed_) held_ = place(offset);
    }
    void pass(uint64_t offset) { advance(offset); }

private:
    void advance(uint64_t offset);
    std::string_view bytes_;
    uint64_t bytes_offset_ = 0, passed_, line_, line_begin_;
    Place held_;
};

/// One COPY in a statement.
struct Copy {
    enum class Peer { standard_stream, file, program };
    bool is_from = false;
    Peer peer = Peer::standard_stream;
    std::string name;  ///< of the server's file, or the command, unquoted
    Place place;
    bool operator==(const Copy&) const = default;
};

struct Statement {
    enum class Ended { semicolon, meta_command, end_of_input, discarded };
    enum class Open { nothing, string, identifier, comment, dollar_string, parenthesis, body };
    Place begin;                     ///< the first byte that psql sends
    uint64_t end = 0;                ///< the offset after its ";", or where the command that ended it begins
    uint64_t end_line = 0;           ///< where it ends: the line that psql names in errors
    Ended ended = Ended::semicolon;  ///< discarded: by \r, never sent
    Open open = Open::nothing;       ///< what was not closed at the end of the input
    std::string first_word;          ///< in lower case
    std::vector<Copy> copies;
    bool has_variables = false;  ///< psql may put something in: statements may end elsewhere than they seem to
    Truth is_active = Truth::yes;
};

/// Rows of COPY … FROM STDIN between the lines of the script.
struct Data {
    uint64_t begin = 0, end = 0;  ///< with the line "\."
    bool is_terminated = true;    ///< false: the file ended first
};

struct Problem {
    Place place;
    std::string message;
    bool is_fatal = false;  ///< nothing after it was read
};

class Sink {
public:
    virtual void token(const Token&, Lines&) {}
    virtual void body(std::string_view span, uint64_t offset, Lines&) { (void)span, (void)offset; }
    virtual void body_end() {}
    virtual void statement(const Statement&) {}
    virtual void data(const Data&) {}
    /// The answer matters for \if and \elif: is the condition true? Commands in branches that are not taken come too.
    virtual Truth meta_command(const MetaCommand&) { return Truth::unknown; }
    virtual void problem(const Problem&) {}

protected:
    ~Sink() = default;
};

enum class Dialect {
    psql,    ///< a script that psql reads: -f, standard input, \i
    server,  ///< SQL that the server reads as it is: -c, the body of a function
};

struct LexerOptions {
    Dialect dialect = Dialect::psql;
    Truth is_active = Truth::yes;  ///< unknown: the script is included from a branch that may not be taken
    Place begin = {};              ///< of the first byte: for text that is part of a file
};

class Lexer {
public:
    /// One backslash command with its arguments. A longer line of SQL or data is no problem.
    static constexpr size_t meta_bytes_max = 1 << 20;
    static constexpr size_t word_bytes_max = 1024;     ///< names of PostgreSQL have 63; what is longer is cut in `text`
    static constexpr size_t string_bytes_kept = 4096;  ///< PATH_MAX: file names are looked at, other strings are not
    static constexpr size_t conditions_max = 1000;     ///< \if in \if

    /// `sink` outlives the lexer.
    Lexer(const LexerOptions& options, Sink& sink);
    ~Lexer();
    Lexer(Lexer&&) noexcept;

    void feed(std::string_view bytes);
    /// The input is over. Nothing may be fed afterwards.
    void finish();

private:
    class State;
    std::unique_ptr<State> state_;
};

/// What a \copy says, as psql takes it apart; absent `problem` when it is well-formed.
struct ClientCopy {
    enum class Peer { standard_stream, psql_stream, file, program };
    bool is_from = false;
    Peer peer = Peer::standard_stream;
    std::string name;
    bool is_malformed = false;
};
ClientCopy read_client_copy(std::string_view rest);

}  // namespace ry::databases::script

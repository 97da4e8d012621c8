#pragma once
// A Sink that writes events down, one a line: two scans of one script compare as text.
#include <string>

#include "modules/databases/script/lexer.h"

namespace ry::databases::script::testing {

class Recorder final : public Sink {
public:
    void token(const Token& token, Lines& lines) override {
        constexpr std::string_view names[] = {"word",   "identifier", "string",   "dollar",
                                              "number", "symbol",     "variable", "comment"};
        Place place = lines.place(token.offset);
        tokens_ += std::string(names[size_t(token.kind)]) + " " + std::to_string(place.line) + ":" +
                   std::to_string(place.column) + " [" + std::string(token.text) + "] " + std::to_string(token.bytes) +
                   "\n";
    }
    void body(std::string_view span, uint64_t offset, Lines&) override {
        if (body_.empty()) body_ = std::to_string(offset) + " [";
        body_ += span;
    }
    void body_end() override {
        tokens_ += "body " + body_ + "]\n";
        body_.clear();
    }
    void statement(const Statement& s) override {
        constexpr std::string_view ends[] = {"", " by command", " at end", " discarded"};
        constexpr std::string_view opens[] = {"",           " in string", " in identifier", " in comment",
                                              " in dollar", " in (",      " in body"};
        std::string row = "statement " + std::to_string(s.begin.line) + ":" + std::to_string(s.begin.column) + " " +
                          std::to_string(s.begin.offset) + "-" + std::to_string(s.end) + " line " +
                          std::to_string(s.end_line) + " " + s.first_word + std::string(ends[size_t(s.ended)]) +
                          std::string(opens[size_t(s.open)]) + (s.has_variables ? " variables" : "") +
                          activity(s.is_active);
        for (const Copy& copy : s.copies)
            row += std::string(copy.is_from ? " from" : " to") +
                   (copy.peer == Copy::Peer::standard_stream ? ""
                    : copy.peer == Copy::Peer::file          ? " file"
                                                             : " program") +
                   (copy.name.empty() ? "" : "=" + copy.name) + "@" + std::to_string(copy.place.line);
        add(row);
    }
    void data(const Data& data) override {
        add("data " + std::to_string(data.begin) + "-" + std::to_string(data.end) +
            (data.is_terminated ? "" : " to the end"));
    }
    Truth meta_command(const MetaCommand& command) override {
        std::string row = "\\" + command.name + " " + std::to_string(command.place.line) + ":" +
                          std::to_string(command.place.column) + " " + std::to_string(command.place.offset) + "-" +
                          std::to_string(command.end);
        for (const Argument& argument : command.arguments) {
            row += " [";
            constexpr std::string_view kinds[] = {"", "$", "$'", "$\"", "$?", "`"};
            for (const Piece& piece : argument.pieces) row += std::string(kinds[size_t(piece.kind)]) + piece.text;
            row += "]";
        }
        if (!command.rest.empty()) row += " <" + command.rest + ">";
        add(row + (command.is_known ? "" : " unknown") + (command.is_unterminated ? " unterminated" : "") +
            (command.is_in_statement ? " in statement" : "") + activity(command.is_active));
        if (command.name != "if" && command.name != "elif") return Truth::unknown;
        return command.arguments.empty() || command.arguments[0].pieces.empty()
                   ? Truth::no
                   : truth_of(command.arguments[0].pieces[0].text);
    }
    void problem(const Problem& problem) override {
        add("problem " + std::to_string(problem.place.line) + ":" + std::to_string(problem.place.column) + " " +
            problem.message + (problem.is_fatal ? " (fatal)" : ""));
    }

    std::string events;  ///< without tokens
    std::string all() const { return events + "--\n" + tokens_ + (body_.empty() ? "" : "body " + body_ + "]\n"); }

private:
    static std::string activity(Truth truth) {
        return truth == Truth::yes ? "" : truth == Truth::no ? " skipped" : " perhaps";
    }
    void add(const std::string& row) { events += row + "\n"; }
    std::string tokens_, body_;
};

inline Recorder lex(std::string_view script, LexerOptions options = {}) {
    Recorder recorder;
    Lexer lexer(options, recorder);
    lexer.feed(script);
    lexer.finish();
    return recorder;
}

/// In chunks of `size` bytes, the first one of `first`.
inline Recorder lex_in_chunks(std::string_view script, size_t first, size_t size, LexerOptions options = {}) {
    Recorder recorder;
    Lexer lexer(options, recorder);
    lexer.feed(script.substr(0, first));
    for (size_t at = std::min(first, script.size()); at < script.size(); at += size)
        lexer.feed(script.substr(at, size));
    lexer.finish();
    return recorder;
}

}  // namespace ry::databases::script::testing

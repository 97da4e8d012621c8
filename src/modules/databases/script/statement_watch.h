#pragma once
// Inside script: what the lexer must know of a statement that it cuts: whether ";" belongs to the body of a routine,
// which COPYs it holds, and whether it changes what a backslash in a string means.
#include <optional>
#include <string>
#include <vector>

#include "modules/databases/script/lexer.h"

namespace ry::databases::script {

class StatementWatch {
public:
    /// `depth`: of the parentheses before the token.
    void follow(const Token& token, int64_t depth, Lines& lines) {
        if (token.kind == TokenKind::word && (word_count_ < 4 || is_routine_)) count_word(token.text, depth);
        if (part_ != Part::other) follow_part(token, depth, lines);
    }
    /// A ";" that does not end the statement for psql ("\;"), but does for the server.
    void next_part();
    void next_statement();

    /// In how many BEGIN and CASE of a routine's body the lexer is: psql counts them after CREATE FUNCTION or
    /// PROCEDURE.
    int64_t body_depth() const { return body_depth_; }
    const std::string& first_word() const { return first_word_; }
    const std::vector<Copy>& copies() const { return copies_; }
    /// What the statement sets standard_conforming_strings to.
    std::optional<bool> standard_strings() const { return standard_strings_; }

private:
    enum class Part { unknown, copy, copy_from, copy_to, copy_program, set, set_strings, other };
    void count_word(std::string_view word, int64_t depth);
    void follow_part(const Token& token, int64_t depth, Lines& lines);
    void follow_copy(const Token& token, int64_t depth, Lines& lines);
    void add_copy(const Token& token, Copy::Peer peer, Lines& lines);

    char words_[4] = {};  ///< of the first words: c, o, r, f, p for create, or, replace, function, procedure
    size_t word_count_ = 0;
    int64_t body_depth_ = 0;
    bool is_routine_ = false;

    Part part_ = Part::unknown;
    bool is_from_ = false;
    std::string first_word_;
    std::vector<Copy> copies_;
    std::optional<bool> standard_strings_;
};

}  // namespace ry::databases::script

#include "modules/databases/script/statement_watch.h"

#include <algorithm>

#include "base/text.h"

namespace ry::databases::script {
namespace {

bool is(const Token& token, std::string_view word) {
    return token.kind == TokenKind::word && equals_ignoring_case(token.text, word);
}

/// The value of 'it''s' or E'it\'s', as a file name or command: escapes of E'' other than quotes stay as written.
std::string unquoted(std::string_view literal) {
    size_t begin = literal.find('\'');
    if (begin == literal.npos || literal.size() < begin + 2) return std::string(literal);
    std::string text;
    for (size_t at = begin + 1; at + 1 < literal.size(); ++at) {
        text += literal[at];
        if (literal[at] == '\'' && literal[at + 1] == '\'') ++at;
    }
    return text;
}

}  // namespace

void StatementWatch::count_word(std::string_view word, int64_t depth) {
    if (word_count_ == 0) {
        std::fill(std::begin(words_), std::end(words_), '\0');
        is_routine_ = false;
    }
    if (word_count_ < 4) {
        for (std::string_view known : {"create", "function", "procedure", "or", "replace"})
            if (equals_ignoring_case(word, known)) words_[word_count_] = known[0];
        bool is_plain = words_[1] == 'f' || words_[1] == 'p';
        bool is_replace = words_[1] == 'o' && words_[2] == 'r' && (words_[3] == 'f' || words_[3] == 'p');
        is_routine_ = words_[0] == 'c' && (is_plain || is_replace);
    }
    ++word_count_;
    if (!is_routine_ || depth > 0) return;
    if (equals_ignoring_case(word, "begin") || (body_depth_ > 0 && equals_ignoring_case(word, "case")))
        ++body_depth_;
    else if (body_depth_ > 0 && equals_ignoring_case(word, "end"))
        --body_depth_;
}

void StatementWatch::follow_part(const Token& token, int64_t depth, Lines& lines) {
    switch (part_) {
        case Part::unknown:
            if (first_word_.empty() && token.kind == TokenKind::word) first_word_ = lower(token.text);
            part_ = is(token, "copy") ? Part::copy : is(token, "set") ? Part::set : Part::other;
            return;
        case Part::set:
            if (is(token, "standard_conforming_strings"))
                part_ = Part::set_strings;
            else if (!is(token, "session") && !is(token, "local"))
                part_ = Part::other;
            return;
        case Part::set_strings:
            if (token.kind == TokenKind::symbol || is(token, "to")) return;
            if (Truth value =
                    truth_of(token.kind == TokenKind::string ? unquoted(token.text) : std::string(token.text));
                value != Truth::unknown)
                standard_strings_ = value == Truth::yes;
            part_ = Part::other;
            return;
        case Part::other:
            return;
        default:
            return follow_copy(token, depth, lines);
    }
}

void StatementWatch::follow_copy(const Token& token, int64_t depth, Lines& lines) {
    if (depth > 0) return;
    if (part_ == Part::copy) {
        is_from_ = is(token, "from");
        if (is_from_ || is(token, "to")) part_ = is_from_ ? Part::copy_from : Part::copy_to;
        return;
    }
    if (part_ == Part::copy_program) return add_copy(token, Copy::Peer::program, lines);
    if (is(token, "program"))
        part_ = Part::copy_program;
    else
        add_copy(token, is(token, "stdin") || is(token, "stdout") ? Copy::Peer::standard_stream : Copy::Peer::file,
                 lines);
}

void StatementWatch::add_copy(const Token& token, Copy::Peer peer, Lines& lines) {
    constexpr size_t copies_max = 10'000;  // of one statement, joined by "\;"
    part_ = Part::other;
    if (token.kind == TokenKind::symbol || copies_.size() == copies_max) return;
    copies_.push_back(
        {is_from_, peer, peer == Copy::Peer::standard_stream ? "" : unquoted(token.text), lines.place(token.offset)});
}

void StatementWatch::next_part() {
    word_count_ = 0;
    part_ = Part::unknown;
}

void StatementWatch::next_statement() {
    next_part();
    first_word_.clear();
    copies_.clear();
    standard_strings_.reset();
}

}  // namespace ry::databases::script

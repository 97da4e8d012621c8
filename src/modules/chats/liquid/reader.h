#pragma once
// Inside liquid: reads expressions from a stretch of a source. It accepts what LiquidJS accepts, odd things included:
// what cannot be understood at the end of an expression is passed over, a name may contain `-` and `?`.
#include <optional>
#include <string_view>

#include "modules/chats/liquid/syntax.h"

namespace ry::chats::liquid {

/// White space of the language, which is not quite JavaScript's. `at` is in the text.
size_t blank_bytes(std::string_view text, size_t at);
size_t blank_bytes_before(std::string_view text, size_t end);
/// The bytes of the character at `at` when names may contain it, or 0.
size_t word_bytes(std::string_view text, size_t at);

class Reader {
public:
    /// After a failure nothing more is read. Constants are made in `arena`. `begin` may be behind `end`: then there is
    /// nothing.
    Reader(std::string_view source, size_t begin, size_t end, Arena& arena, Failure& failure)
        : source_(source), at_(begin), end_(end), arena_(arena), failure_(failure) {}

    Expression expression();
    Operand value();
    Operand value_or_fail();
    std::string_view identifier();
    std::optional<Operand> quoted();
    /// `key: value, key: value`; a later one replaces an earlier one of its name.
    std::vector<Argument> arguments();
    /// The path that the text begins with; none when it does not.
    Operand path();

    void skip_blank();
    /// Goes behind the next `text`; to the end when there is none.
    bool read_to(std::string_view text);
    bool is_end() const { return at_ >= end_; }
    char peek(size_t ahead = 0) const { return at_ + ahead < end_ ? source_[at_ + ahead] : '\0'; }
    void advance() { ++at_; }
    size_t at() const { return at_; }
    void go_to(size_t at) {
        if (!failure_.has_failed) at_ = at;
    }
    void fail(std::string message);
    /// The source from `begin` on, as messages quote it.
    std::string snapshot(size_t begin) const;

private:
    std::optional<Term> term();
    Operator operation();
    std::vector<Filter> filters();
    std::optional<Filter> filter();
    Operand number();
    Operand literal();
    Operand range();
    std::vector<Operand> properties(bool is_begin);
    bool skip_word(std::string_view word);
    size_t word_at(size_t at) const { return at < end_ ? word_bytes(source_, at) : 0; }
    Operand constant(size_t begin, Value value) const;
    Operand text_constant(std::string_view text) const;
    int depth_ = 0;

    std::string_view source_;
    size_t at_;
    size_t end_;
    Arena& arena_;
    Failure& failure_;
};

}  // namespace ry::chats::liquid

#include "modules/chats/liquid/reader.h"

#include <algorithm>

#include "base/text.h"
#include "modules/chats/liquid/filters.h"
#include "modules/chats/liquid/js_text.h"
#include "modules/chats/liquid/json_text.h"

namespace ry::chats::liquid {
namespace {

constexpr int depth_max = 100;  ///< of brackets in brackets; 300 bytes of stack each
constexpr size_t snapshot_units_max = 32;

constexpr bool is_wide_blank(char32_t code) {
    return code == 0xA0 || code == 0x1680 || code == 0x180E || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct OperatorWord {
    std::string_view word;
    Operator operation;
};
constexpr OperatorWord operator_words[] = {
    {"==", Operator::equal},          {"!=", Operator::not_equal}, {">=", Operator::greater_or_equal},
    {"<=", Operator::less_or_equal},  {">", Operator::greater},    {"<", Operator::less},
    {"contains", Operator::contains}, {"not", Operator::negation}, {"and", Operator::conjunction},
    {"or", Operator::disjunction},
};

int precedence_of(Operator operation) {
    if (operation == Operator::conjunction || operation == Operator::disjunction) return 0;
    return operation == Operator::negation ? 1 : 2;
}

/// What a quoted text means: `\n`, `\u00e9`, `\101`.
std::string unescaped(std::string_view quoted) {
    constexpr std::string_view letters = "bfnrtv", meant = "\b\f\n\r\t\v";
    std::string text;
    // The last character is the closing quote; so LiquidJS takes it even when the text was not closed.
    size_t last = quoted.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(quoted[last]) & 0xC0) == 0x80) --last;
    for (size_t i = 1; i < last; ++i) {
        if (quoted[i] != '\\') {
            text += quoted[i];
            continue;
        }
        char next = quoted[i + 1];
        if (size_t letter = letters.find(next); letter != std::string_view::npos) {
            text += meant[letter];
            ++i;
        } else if (next == 'u' || (next >= '0' && next <= '7')) {
            bool is_hex = next == 'u';
            size_t j = is_hex ? i + 2 : i + 1, end = std::min(quoted.size(), is_hex ? i + 6 : i + 4);
            char32_t code = 0;
            for (; j < end; ++j) {
                char c = quoted[j];
                int digit = is_digit(c) ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 99;
                if (digit >= (is_hex ? 16 : 8)) break;
                code = code * (is_hex ? 16 : 8) + char32_t(digit);
            }
            append_utf8(text, code);
            i = j - 1;
        } else {
            size_t bytes = front(quoted.substr(i + 1)).bytes;
            text += quoted.substr(i + 1, bytes);
            i += bytes;
        }
    }
    return joined_surrogates(std::move(text), false);
}

}  // namespace

size_t blank_bytes(std::string_view text, size_t at) {
    auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) return byte == ' ' || (byte >= 9 && byte <= 13) ? 1 : 0;
    auto [code, bytes] = front(text.substr(at));
    return is_wide_blank(code) ? bytes : 0;
}

size_t blank_bytes_before(std::string_view text, size_t end) {
    if (end == 0) return 0;
    size_t begin = end - 1;
    while (begin > 0 && end - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    return blank_bytes(text, begin) == end - begin ? end - begin : 0;
}

size_t word_bytes(std::string_view text, size_t at) {
    auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
        char letter = char(byte | 0x20);
        return (letter >= 'a' && letter <= 'z') || is_digit(char(byte)) || byte == '_' || byte == '-' || byte == '?'
                   ? 1
                   : 0;
    }
    auto [code, bytes] = front(text.substr(at));
    return is_wide_blank(code) || code == 0x201C || code == 0x201D ? 0 : bytes;
}

void Reader::fail(std::string message) {
    failure_.fail_at(source_, at_, std::move(message));
    at_ = std::max(at_, end_);
}

std::string Reader::snapshot(size_t begin) const {
    std::string_view rest = begin < end_ ? source_.substr(begin, end_ - begin) : std::string_view();
    std::string json;
    // No more than 33 units are looked at, however long the rest is.
    if (length_of(rest.substr(0, 4 * (snapshot_units_max + 1))) > snapshot_units_max)
        append_json(json, joined_surrogates(units(rest, 0, snapshot_units_max - 3), false) + "...");
    else
        append_json(json, rest);
    return json;
}

void Reader::skip_blank() {
    while (at_ < end_) {
        size_t bytes = blank_bytes(source_, at_);
        if (!bytes) return;
        at_ += bytes;
    }
}

bool Reader::read_to(std::string_view text) {
    // LiquidJS looks at what ends behind the first character: the text may begin before it.
    size_t from = at_ + 1 >= text.size() ? at_ + 1 - text.size() : 0;
    size_t found = at_ < end_ ? source_.substr(0, end_).find(text, from) : std::string_view::npos;
    at_ = found == std::string_view::npos ? std::max(at_, end_) : found + text.size();
    return found != std::string_view::npos;
}

std::string_view Reader::identifier() {
    skip_blank();
    size_t begin = at_;
    while (size_t bytes = word_at(at_)) at_ += bytes;
    return begin < at_ ? source_.substr(begin, at_ - begin) : std::string_view();
}

bool Reader::skip_word(std::string_view word) {
    if (at_ + word.size() > end_ || source_.substr(at_, word.size()) != word) return false;
    bool is_name = word_bytes(word, word.size() - 1) > 0;
    if (is_name && word_at(at_ + word.size())) return false;
    at_ += word.size();
    return true;
}

Operator Reader::operation() {
    skip_blank();
    for (auto [word, operation] : operator_words)
        if (skip_word(word)) return operation;
    return Operator::none;
}

std::optional<Term> Reader::term() {
    if (Operator found = operation(); found != Operator::none) return Term{found, {}};
    if (Operand operand = value()) return Term{Operator::none, std::move(operand)};
    return std::nullopt;
}

Expression Reader::expression() {
    Expression expression;
    size_t begin = at_;
    std::vector<Operator> waiting;
    while (at_ < end_) {
        std::optional<Term> next = term();
        if (!next) break;
        if (next->operation == Operator::none) {
            expression.terms.push_back(std::move(*next));
            continue;
        }
        while (!waiting.empty() && precedence_of(waiting.back()) > precedence_of(next->operation)) {
            expression.terms.push_back({waiting.back(), {}});
            waiting.pop_back();
        }
        waiting.push_back(next->operation);
    }
    for (; !waiting.empty(); waiting.pop_back()) expression.terms.push_back({waiting.back(), {}});
    if (expression.terms.empty()) fail("invalid value expression: " + snapshot(at_));
    expression.filters = filters();
    if (begin < at_) expression.source = source_.substr(begin, at_ - begin);
    return expression;
}

std::vector<Filter> Reader::filters() {
    std::vector<Filter> all;
    while (std::optional<Filter> next = filter()) all.push_back(std::move(*next));
    return all;
}

std::optional<Filter> Reader::filter() {
    skip_blank();
    if (is_end() || peek() == ')' || peek() == ',') return std::nullopt;
    bool is_bar = peek() == '|';
    at_ += front(source_.substr(at_)).bytes;
    if (!is_bar) return fail("expected \"|\" before filter"), std::nullopt;
    std::string_view name = identifier();
    if (name.empty()) {
        if (!is_end()) fail("expected filter name");
        return std::nullopt;
    }
    Filter filter{find_filter(name), name, {}};
    skip_blank();
    if (peek() == ':') {
        do {
            ++at_;
            if (Operand first = value()) {
                skip_blank();
                bool has_key = peek() == ':';
                if (has_key) ++at_;
                std::string_view key = has_key ? first.source : std::string_view();
                filter.arguments.push_back({has_key, key, has_key ? value() : std::move(first)});
            }
            skip_blank();
            if (!is_end() && peek() != ',' && peek() != '|' && peek() != ')')
                return fail("unexpected character " + snapshot(at_)), std::nullopt;
        } while (!is_end() && peek() == ',');
    } else if (!is_end() && peek() != '|' && peek() != ')' && peek() != ',') {
        return fail("expected \":\" after filter name"), std::nullopt;
    }
    return filter;
}

std::vector<Argument> Reader::arguments() {
    std::vector<Argument> all;
    while (true) {
        skip_blank();
        if (peek() == ',') ++at_;
        std::string_view key = identifier();
        if (key.empty()) return all;
        Argument argument{true, key, {}};
        skip_blank();
        if (peek() == ':') {
            ++at_;
            argument.value = value();
        }
        auto same = std::ranges::find(all, key, &Argument::key);
        if (same != all.end())
            *same = std::move(argument);
        else
            all.push_back(std::move(argument));
    }
}

Operand Reader::constant(size_t begin, Value value) const {
    return {.kind = Operand::Kind::constant, .constant = value, .source = source_.substr(begin, at_ - begin)};
}

Operand Reader::text_constant(std::string_view text) const {
    return {
        .kind = Operand::Kind::constant, .hash = Name::hash_of(text), .constant = Value::string(text), .source = text};
}

Operand Reader::value() {
    skip_blank();
    if (++depth_ > depth_max)
        fail("brackets in brackets are too deep; at most " + std::to_string(depth_max) + " are read");
    size_t begin = at_;
    Operand root = literal();
    if (!root) {
        if (std::optional<Operand> text = quoted()) root = std::move(*text);
    }
    if (!root) root = number();
    if (!root && peek() == '(') root = range();
    std::vector<Operand> steps = properties(!root);
    --depth_;
    if (steps.empty()) return root;
    Operand path{.kind = Operand::Kind::path,
                 .has_root = bool(root),
                 .source = source_.substr(begin, std::max(at_, begin) - begin)};
    if (root) path.parts.push_back(std::move(root));
    std::ranges::move(steps, std::back_inserter(path.parts));
    return path;
}

Operand Reader::value_or_fail() {
    Operand read = value();
    if (!read) fail("unexpected token " + snapshot(at_) + ", value expected");
    return read;
}

Operand Reader::path() {
    skip_blank();
    size_t begin = at_;
    std::vector<Operand> steps = properties(true);
    if (steps.empty()) return {};
    return {.kind = Operand::Kind::path, .source = source_.substr(begin, at_ - begin), .parts = std::move(steps)};
}

std::vector<Operand> Reader::properties(bool is_begin) {
    std::vector<Operand> steps;
    while (!failure_.has_failed) {
        if (peek() == '[') {
            ++at_;
            Operand step = value();
            if (!step) step = text_constant("");
            if (!read_to("]")) fail("[ not closed");
            steps.push_back(std::move(step));
            continue;
        }
        bool is_first = is_begin && steps.empty();
        if (is_first) {
            if (std::string_view name = identifier(); !name.empty()) {
                steps.push_back(text_constant(name));
                continue;
            }
        }
        if (peek() != '.' || peek(1) == '.') break;
        ++at_;
        std::string_view name = identifier();
        if (name.empty()) break;
        steps.push_back(text_constant(name));
    }
    return steps;
}

Operand Reader::literal() {
    constexpr std::pair<std::string_view, Value> literals[] = {
        {"true", Value::boolean(true)},   {"false", Value::boolean(false)},    {"nil", Value::word(Type::nil)},
        {"null", Value::word(Type::nil)}, {"empty", Value::word(Type::empty)}, {"blank", Value::word(Type::blank)},
    };
    size_t begin = at_;
    for (auto& [word, value] : literals)
        if (skip_word(word)) return constant(begin, value);
    return {};
}

std::optional<Operand> Reader::quoted() {
    skip_blank();
    char quote = peek();
    if (quote != '"' && quote != '\'') return std::nullopt;
    size_t begin = at_++;
    for (bool is_escaped = false; at_ < end_;) {
        char c = source_[at_++];
        if (c == quote && !is_escaped) break;
        is_escaped = !is_escaped && c == '\\';
    }
    std::string_view written = source_.substr(begin, at_ - begin);
    std::string_view inner = written.size() >= 2 ? written.substr(1, written.size() - 2) : std::string_view();
    bool is_plain = inner.find('\\') == std::string_view::npos && (written.size() < 2 || written.back() == quote);
    Operand operand = text_constant(is_plain ? inner : arena_.copy(unescaped(written)));
    operand.source = written;
    return operand;
}

Operand Reader::number() {
    size_t n = peek() == '-' || peek() == '+' ? 1 : 0;
    bool has_point = false, has_digit = false;
    for (;; ++n) {
        if (is_digit(peek(n))) {
            has_digit = true;
        } else if (peek(n) == '.' && peek(n + 1) != '.') {
            if (has_point || !has_digit) return {};
            has_point = true;
        } else {
            break;
        }
    }
    if (!has_digit || word_at(at_ + n)) return {};
    size_t begin = at_;
    at_ += n;
    return constant(begin, Value::number(number_of(source_.substr(begin, n))));
}

Operand Reader::range() {
    size_t begin = at_++;
    Operand low = value_or_fail();
    skip_blank();
    if (peek() != '.' || peek(1) != '.') return fail("invalid range syntax"), Operand();
    at_ += 2;
    Operand high = value_or_fail();
    skip_blank();
    bool is_closed = peek() == ')';
    if (!failure_.has_failed && at_ <= end_) at_ += at_ < source_.size() ? front(source_.substr(at_)).bytes : 1;
    if (!is_closed) return fail("invalid range syntax"), Operand();
    Operand range{.kind = Operand::Kind::range, .source = source_.substr(begin, at_ - begin)};
    range.parts.push_back(std::move(low));
    range.parts.push_back(std::move(high));
    return range;
}

}  // namespace ry::chats::liquid

#include "modules/chats/cards/json_tree.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "modules/chats/cards/cards.h"

namespace ry::chats::cards {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

uint32_t unit_at(std::string_view token, size_t at) {
    uint32_t unit = 0;
    for (size_t i = 0; i < 4; ++i) unit = unit * 16 + uint32_t(hex_digit(token[at + i]));
    return unit;
}

/// What a text's token says; the token is well formed.
std::string decoded(std::string_view token) {
    std::string out;
    out.reserve(token.size());
    for (size_t i = 1; i + 1 < token.size(); ++i) {
        if (token[i] != '\\') {
            out += token[i];
            continue;
        }
        char escape = token[++i];
        constexpr std::string_view letters = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
        if (escape != 'u') {
            out += meant[letters.find(escape)];
            continue;
        }
        uint32_t unit = unit_at(token, i + 1);
        i += 4;
        bool is_high = unit >= 0xD800 && unit < 0xDC00;
        bool has_next = is_high && token.substr(i + 1).starts_with("\\u");
        uint32_t low = has_next ? unit_at(token, i + 3) : 0;
        if (low >= 0xDC00 && low < 0xE000) {
            append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
            i += 6;
        } else {
            append_utf8(out, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
        }
    }
    return out;
}

std::string quoted(std::string_view said) {
    std::string token;
    json::write_string(token, said);
    return token;
}

bool is_named(const Member& member, std::string_view name) {
    std::string_view token = member.name;
    if (token.find('\\') != std::string_view::npos) return decoded(token) == name;
    return token.substr(1, token.size() - 2) == name;
}

void write(std::string& out, const Value& value) {
    if (value.kind == Value::Kind::list) {
        out += '[';
        for (size_t i = 0; i < value.items.size(); ++i) {
            if (i) out += ',';
            write(out, value.items[i]);
        }
        out += ']';
    } else if (value.kind == Value::Kind::object) {
        out += '{';
        for (size_t i = 0; i < value.members.size(); ++i) {
            if (i) out += ',';
            (out += value.members[i].name) += ':';
            write(out, value.members[i].value);
        }
        out += '}';
    } else {
        out += value.token;
    }
}

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Value> document() {
        Value value = TRY(parse(1));
        skip_blanks();
        if (at_ < text_.size()) return wrong("something follows its end");
        return value;
    }

private:
    Result<Value> parse(size_t depth) {
        if (depth > limit::depth_max)
            return fail(Code::too_large, "the card's JSON is nested deeper than " + std::to_string(limit::depth_max) +
                                             " levels, the most a card may have");
        if (++values_ > limit::values_max)
            return fail(Code::too_large, "the card has more than " + std::to_string(limit::values_max) +
                                             " values, the most it may have");
        skip_blanks();
        if (at_ == text_.size()) return wrong("it ends in the middle");
        char c = text_[at_];
        if (c == '{') return object(depth);
        if (c == '[') return list(depth);
        Value value;
        if (c == '"') {
            value.kind = Value::Kind::text;
            value.token = TRY(text_token());
        } else if (c == '-' || is_digit(c)) {
            value.kind = Value::Kind::number;
            value.token = TRY(number_token());
        } else {
            value.token = TRY(word_token());
        }
        return value;
    }

    Result<Value> object(size_t depth) {
        Value value = Value::object();
        ++at_;
        if (skips('}')) return value;
        do {
            skip_blanks();
            if (at_ == text_.size() || text_[at_] != '"') return wrong("a name in quotes must stand here");
            std::string name = TRY(text_token());
            if (!skips(':')) return wrong("a colon must follow the name");
            Value member = TRY(parse(depth + 1));
            value.members.push_back({std::move(name), std::move(member)});
        } while (skips(','));
        if (!skips('}')) return wrong("a comma or } must stand here");
        return value;
    }

    Result<Value> list(size_t depth) {
        Value value = Value::list();
        ++at_;
        if (skips(']')) return value;
        do value.items.push_back(TRY(parse(depth + 1)));
        while (skips(','));
        if (!skips(']')) return wrong("a comma or ] must stand here");
        return value;
    }

    Result<std::string> text_token() {
        size_t begin = at_++;
        for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (static_cast<unsigned char>(text_[at_]) < 0x20)
                return wrong("a text has a line break or control character, which must be escaped");
            if (text_[at_] == '\\' && !is_escape()) return wrong("a text has an escape that JSON does not know");
        }
        if (at_ == text_.size()) return wrong("a text has no end");
        ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }

    /// Moves to the last letter of an escape.
    bool is_escape() {
        if (++at_ == text_.size()) return false;
        if (text_[at_] != 'u') return std::string_view("\"\\/bfnrt").find(text_[at_]) != std::string_view::npos;
        if (text_.size() - at_ < 5) return false;
        for (size_t i = 1; i <= 4; ++i)
            if (hex_digit(text_[at_ + i]) < 0) return false;
        at_ += 4;
        return true;
    }

    Result<std::string> number_token() {
        size_t begin = at_;
        if (text_[at_] == '-') ++at_;
        size_t whole = at_;
        if (!skip_digits() || (text_[whole] == '0' && at_ - whole > 1)) return wrong("a number is no number of JSON");
        if (at_ < text_.size() && text_[at_] == '.') {
            ++at_;
            if (!skip_digits()) return wrong("a number is no number of JSON");
        }
        if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
            ++at_;
            if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
            if (!skip_digits()) return wrong("a number is no number of JSON");
        }
        return std::string(text_.substr(begin, at_ - begin));
    }

    Result<std::string> word_token() {
        for (std::string_view word : {"null", "true", "false"}) {
            if (!text_.substr(at_).starts_with(word)) continue;
            at_ += word.size();
            return std::string(word);
        }
        return wrong("this is no value of JSON");
    }

    bool skip_digits() {
        size_t begin = at_;
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        return at_ > begin;
    }

    void skip_blanks() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    }

    bool skips(char c) {
        skip_blanks();
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    Error wrong(std::string_view what) const {
        return fail(Code::invalid,
                    "the card is not JSON at byte " + std::to_string(at_ + 1) + ": " + std::string(what));
    }

    std::string_view text_;
    size_t at_ = 0;
    size_t values_ = 0;
};

}  // namespace

Value Value::text(std::string_view said) {
    return {.kind = Kind::text, .token = quoted(said), .items = {}, .members = {}};
}
Value Value::word(std::string_view token) {
    return {.kind = Kind::word, .token = std::string(token), .items = {}, .members = {}};
}
Value Value::list() { return {.kind = Kind::list, .token = "", .items = {}, .members = {}}; }
Value Value::object() { return {.kind = Kind::object, .token = "", .items = {}, .members = {}}; }

const Value* Value::find(std::string_view name) const {
    for (auto member = members.rbegin(); member != members.rend(); ++member)
        if (is_named(*member, name)) return &member->value;
    return nullptr;
}

Value* Value::find(std::string_view name) { return const_cast<Value*>(std::as_const(*this).find(name)); }

void Value::set(std::string_view name, Value value) {
    if (Value* old = find(name))
        *old = std::move(value);
    else
        members.push_back({quoted(name), std::move(value)});
}

void Value::remove(std::string_view name) {
    std::erase_if(members, [&](const Member& member) { return is_named(member, name); });
}

void Value::rename(std::string_view from, std::string_view to) {
    for (Member& member : members)
        if (is_named(member, from)) member.name = quoted(to);
}

std::string Value::said() const { return kind == Kind::text ? decoded(token) : ""; }

std::string Value::json() const {
    std::string out;
    write(out, *this);
    return out;
}

Result<Value> parse_tree(std::string_view json) {
    if (json.starts_with("\xEF\xBB\xBF")) json.remove_prefix(3);
    while (json.ends_with('\0')) json.remove_suffix(1);  // some tools fill up with them
    if (json.size() > limit::card_bytes_max)
        return fail(Code::too_large, "the card's JSON has more than " + std::to_string(limit::card_bytes_max >> 20) +
                                         " MiB, the most it may have");
    if (!is_utf8(json)) return fail(Code::invalid, "the card's JSON is not UTF-8; save it as UTF-8 and try again");
    return Parser(json).document();
}

}  // namespace ry::chats::cards

#include "modules/chats/liquid/data.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "modules/chats/liquid/js_text.h"

namespace ry::chats::liquid {
namespace {

/// Not Boost's parser: its numbers may differ from JavaScript's in the last digit, and it refuses halves of surrogate
/// pairs.
class JsonReader {
public:
    JsonReader(std::string_view json, Arena& arena) : json_(json), arena_(arena) {}

    std::expected<Value, std::string> run() {
        skip_space();
        Value root = value();
        skip_space();
        if (at_ < json_.size()) fail("nothing follows the value");
        if (!problem_.empty()) return std::unexpected(problem_);
        if (!root.is(Type::object)) return std::unexpected("the context is not a JSON object: write {\"name\": value}");
        return root;
    }

private:
    void fail(std::string_view expected) {
        if (problem_.empty())
            problem_ = "the context is not JSON at byte " + std::to_string(at_) + ": " + std::string(expected);
        at_ = json_.size();
    }
    char peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }
    bool take(char c) {
        if (peek() != c) return false;
        ++at_;
        return true;
    }
    void skip_space() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
    }

    Value value() {
        char c = peek();
        if (c == '"') return Value::string(string());
        if (c == '{' || c == '[') {
            if (depth_ >= Limits().nesting_max) return fail("it is nested too deeply"), Value();
            ++depth_;
            Value nested = c == '{' ? object() : array();
            --depth_;
            return nested;
        }
        if (word("true")) return Value::boolean(true);
        if (word("false")) return Value::boolean(false);
        if (word("null")) return Value::null();
        return number();
    }

    bool word(std::string_view word) {
        if (!json_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    bool digits() {
        size_t begin = at_;
        while (peek() >= '0' && peek() <= '9') ++at_;
        return at_ > begin;
    }
    Value number() {
        size_t begin = at_;
        take('-');
        bool is_number = take('0') || digits();
        if (is_number && take('.')) is_number = digits();
        if (is_number && (take('e') || take('E'))) {
            take('+') || take('-');
            is_number = digits();
        }
        if (!is_number) return fail("a value is missing"), Value();
        return Value::number(number_of(json_.substr(begin, at_ - begin)));
    }

    std::optional<char32_t> unit() {
        char32_t code = 0;
        for (int i = 0; i < 4; ++i) {
            char c = peek();
            int digit = c >= '0' && c <= '9'                     ? c - '0'
                        : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                                 : -1;
            if (digit < 0) return fail("\\u has four digits"), std::nullopt;
            code = code * 16 + char32_t(digit);
            ++at_;
        }
        return code;
    }

    std::string_view string() {
        size_t begin = ++at_;
        while (at_ < json_.size() && json_[at_] != '"' && json_[at_] != '\\' &&
               static_cast<unsigned char>(json_[at_]) >= 0x20)
            ++at_;
        if (take('"')) return arena_.copy(json_.substr(begin, at_ - 1 - begin));
        constexpr std::string_view letters = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
        std::string text(json_.substr(begin, at_ - begin));
        while (true) {
            if (at_ >= json_.size()) return fail("a text does not end"), std::string_view();
            if (static_cast<unsigned char>(peek()) < 0x20)
                return fail("a control character in a text is written as \\n or \\u000a"), std::string_view();
            if (take('"')) return arena_.copy(joined_surrogates(std::move(text), false));
            if (!take('\\')) {
                text += json_[at_++];
                continue;
            }
            if (take('u')) {
                if (auto code = unit()) append_utf8(text, *code);
                continue;
            }
            size_t letter = at_ < json_.size() ? letters.find(peek()) : std::string_view::npos;
            if (letter == std::string_view::npos) return fail("there is no such escape"), std::string_view();
            text += meant[letter];
            ++at_;
        }
    }

    Value array() {
        std::vector<Value> items;
        ++at_;
        skip_space();
        if (take(']')) return arena_.array_of(items);
        do {
            skip_space();
            items.push_back(value());
            skip_space();
        } while (take(','));
        if (!take(']')) fail("an array goes on with , or ends with ]");
        return arena_.array_of(items);
    }

    Value object() {
        std::vector<Member> members;
        ++at_;
        skip_space();
        if (take('}')) return arena_.object_of({});
        do {
            skip_space();
            if (peek() != '"') return fail("a name in quotes is missing"), Value();
            Name name(string());
            skip_space();
            if (!take(':')) return fail("a name is followed by :"), Value();
            skip_space();
            members.push_back({name, value()});
            skip_space();
        } while (take(','));
        if (!take('}')) fail("an object goes on with , or ends with }");
        return arena_.object_of(std::move(members));
    }

    std::string_view json_;
    Arena& arena_;
    size_t at_ = 0;
    size_t depth_ = 0;
    std::string problem_;
};

}  // namespace

namespace {

/// The members of the root that are objects and have a name print as it.
Value with_names_printed(const Object& root, std::span<const std::string_view> named, Arena& arena) {
    std::vector<Member> members(root.members.begin(), root.members.end());
    for (Member& member : members) {
        if (!member.value.is(Type::object) || std::ranges::find(named, member.name.text) == named.end()) continue;
        Object object = member.value.object();
        if (const Value* name = object.find(Name("name"))) object.printed = *name;
        member.value = Value::object(arena.make(object));
    }
    return arena.object_of(std::move(members));
}

}  // namespace

std::expected<Data, std::string> Data::from_json(std::string_view json, std::span<const std::string_view> named) {
    if (!is_utf8(json)) return std::unexpected("the context is not UTF-8");
    auto tree = std::make_shared<Tree>();
    auto root = JsonReader(json, tree->arena).run();
    if (!root) return std::unexpected(root.error());
    tree->root = named.empty() ? *root : with_names_printed(root->object(), named, tree->arena);
    Data data;
    data.tree_ = std::move(tree);
    return data;
}

}  // namespace ry::chats::liquid

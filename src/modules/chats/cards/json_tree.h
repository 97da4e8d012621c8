#pragma once
// Inside the part: JSON as a tree whose numbers and texts stay as they were written, so that what nobody reads comes
// out as it went in.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ry::chats::cards {

struct Member;

struct Value {
    enum class Kind { word, number, text, list, object };  ///< a word is null, true or false
    Kind kind = Kind::word;
    std::string token = "null";  ///< of words, numbers and texts: with the quotes and escapes that it came with
    std::vector<Value> items;
    std::vector<Member> members;

    static Value text(std::string_view said);
    static Value word(std::string_view token);
    static Value list();
    static Value object();

    bool is_null() const { return kind == Kind::word && token == "null"; }
    /// The member of that name, the last one when there are several; null when there is none, or this is no object.
    const Value* find(std::string_view name) const;
    Value* find(std::string_view name);
    /// Replaces the member of that name, or adds it.
    void set(std::string_view name, Value value);
    void remove(std::string_view name);
    void rename(std::string_view from, std::string_view to);

    /// What a text says; half of a surrogate pair is U+FFFD. "" for everything that is no text.
    std::string said() const;
    std::string json() const;
};

struct Member {
    std::string name;  ///< as a token
    Value value;
};

/// `invalid` with the byte at which it is no JSON, or `too_large` beyond the limits of cards.h.
Result<Value> parse_tree(std::string_view json);

}  // namespace ry::chats::cards

#pragma once
// Inside liquid: values as JavaScript has them, in memory that is freed all at once. A Value is 16 bytes and copied
// freely; what it points to lives in an Arena (of the Data, or of one rendering) or in the template's text.
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ry::chats::liquid {

enum class Type : uint8_t {
    undefined,
    null,
    boolean,
    number,
    string,  ///< UTF-8; a half of a surrogate pair, which JavaScript can cut off, is the three bytes it would have
             ///< (WTF-8)
    array,
    range,  ///< (1..9): an array that is not written out
    object,
    nil,    ///< the words nil and null
    empty,  ///< the word empty
    blank,  ///< the word blank
    loop,   ///< forloop, tablerowloop
    block,  ///< block, of layouts: what {{ block.super }} belongs to
};

struct Array;
struct Range;
struct Object;
struct Loop;
struct SuperBlock;

class Value {
public:
    constexpr Value() = default;
    static constexpr Value null() { return Value(Type::null); }
    static constexpr Value word(Type type) { return Value(type); }
    static constexpr Value boolean(bool is_true) {
        Value value(Type::boolean);
        value.is_true_ = is_true;
        return value;
    }
    static constexpr Value number(double number) {
        Value value(Type::number);
        value.number_ = number;
        return value;
    }
    /// `text` outlives the value.
    static constexpr Value string(std::string_view text) {
        Value value(Type::string);
        value.size_ = uint32_t(text.size());
        value.text_ = text.data();
        return value;
    }
    static Value array(const Array* array) { return Value(Type::array, array); }
    static Value range(const Range* range) { return Value(Type::range, range); }
    static Value object(const Object* object) { return Value(Type::object, object); }
    static Value loop(const Loop* loop) { return Value(Type::loop, loop); }
    static Value block(const SuperBlock* block) { return Value(Type::block, block); }

    Type type() const { return type_; }
    bool is(Type type) const { return type_ == type; }
    /// undefined or null, and not the words nil and null.
    bool is_absent() const { return type_ <= Type::null; }
    bool is_array() const { return type_ == Type::array || type_ == Type::range; }

    bool is_true() const { return is_true_; }
    double number() const { return number_; }
    std::string_view text() const { return {text_, size_}; }
    const Array& array() const { return *static_cast<const Array*>(pointer_); }
    const Range& range() const { return *static_cast<const Range*>(pointer_); }
    const Object& object() const { return *static_cast<const Object*>(pointer_); }
    const Loop& loop() const { return *static_cast<const Loop*>(pointer_); }
    const SuperBlock& block() const { return *static_cast<const SuperBlock*>(pointer_); }
    const void* pointer() const { return pointer_; }

private:
    constexpr explicit Value(Type type) : type_(type) {}
    Value(Type type, const void* pointer) : type_(type), pointer_(pointer) {}

    Type type_ = Type::undefined;
    uint32_t size_ = 0;
    union {
        bool is_true_;
        double number_ = 0;
        const char* text_;
        const void* pointer_;
    };
};
static_assert(sizeof(Value) == 16);

struct Array {
    std::span<const Value> items;
};

/// first, first + 1, …
struct Range {
    double first = 0;
    size_t size = 0;
};

/// The name of a member, with its hash: names in a template are hashed when it is parsed.
struct Name {
    std::string_view text;
    uint32_t hash = 0;
    Name() = default;
    explicit Name(std::string_view name) : text(name), hash(hash_of(name)) {}
    bool operator==(const Name& other) const { return hash == other.hash && text == other.text; }
    static uint32_t hash_of(std::string_view text) {
        uint32_t hash = 2166136261;
        for (unsigned char byte : text) hash = (hash ^ byte) * 16777619;
        return hash;
    }
};

struct Member {
    Name name;
    Value value;
};

/// Members in the order of JavaScript: indexes by their size, then the others as they came.
struct Object {
    std::span<const Member> members;
    std::span<const uint32_t> slots;  ///< for many members: open addressing, index + 1, 0 is free; a power of two
    Value printed = {};               ///< what it prints as; undefined for "[object Object]"

    const Value* find(const Name& name) const {
        if (slots.empty()) {
            for (const Member& member : members)
                if (member.name == name) return &member.value;
            return nullptr;
        }
        for (size_t i = name.hash;; ++i) {
            uint32_t slot = slots[i & (slots.size() - 1)];
            if (slot == 0) return nullptr;
            if (members[slot - 1].name == name) return &members[slot - 1].value;
        }
    }
};

/// What `forloop` and `tablerowloop` show. It moves while the loop runs.
struct Loop {
    double index = 0;
    double length = 0;
    std::string_view variable;
    std::string_view collection;
    bool is_table = false;
    Value columns = {};  ///< of a table
};

/// Memory that only grows until it goes.
class Arena {
public:
    Arena() = default;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    void* allocate(size_t bytes) {
        bytes = (bytes + 7) & ~size_t(7);
        if (bytes > size_t(end_ - at_)) grow(bytes);
        void* memory = at_;
        at_ += bytes;
        return memory;
    }
    template <class T>
    std::span<T> array(size_t size) {
        auto* items = static_cast<T*>(allocate(size * sizeof(T)));
        for (size_t i = 0; i < size; ++i) new (items + i) T();
        return {items, size};
    }
    template <class T>
    T* make(T value) {
        return new (allocate(sizeof(T))) T(std::move(value));
    }
    std::string_view copy(std::string_view text) {
        auto* bytes = static_cast<char*>(allocate(text.size()));
        if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
        return {bytes, text.size()};
    }
    /// Of all blocks together.
    size_t bytes() const { return bytes_; }

    Value array_of(std::span<const Value> items) {
        std::span<Value> copied = array<Value>(items.size());
        std::copy(items.begin(), items.end(), copied.begin());
        return Value::array(make(Array{copied}));
    }
    /// Later members replace earlier ones of the same name.
    Value object_of(std::vector<Member> members);

private:
    void grow(size_t bytes);

    std::vector<std::unique_ptr<char[]>> blocks_;
    char* at_ = nullptr;
    char* end_ = nullptr;
    size_t bytes_ = 0;
};

/// The index that `key` is, when it is one as JavaScript writes it; -1 otherwise.
int64_t index_of(std::string_view key);

}  // namespace ry::chats::liquid

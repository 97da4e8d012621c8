#pragma once
// Fields: one description of a struct that yields JSON both ways, JSON Schema (OpenAPI, TypeScript), query strings,
// command-line flags, configuration keys and database rows.
//
//     struct PostMessage {
//         std::string text;
//         std::optional<std::string> model;
//         static const Fields& fields() {
//             using S = PostMessage;
//             static const Field table[] = {
//                 field("text", &S::text, "What to say.", length(1, 200'000)),
//                 field("model", &S::model, "Overrides the chat's model for this answer."),
//             };
//             static const Fields all{"PostMessage", table};
//             return all;
//         }
//     };
//
// A member may be: bool, an integer, double, std::string, Json, Time, an Id, an enum with names_of(), another described
// struct, or a std::optional or std::vector of these. A field must be given unless it is optional or defaulted().
// Templates are instantiated once per member type; the loops over fields are ordinary functions (20 ms of compile time a struct).
#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace boost::json {
class value;
}

namespace ry {

/// A parsed JSON value; only .cpp files look inside.
using JsonValue = boost::json::value;

/// What a value must obey. Lengths count bytes of strings and elements of arrays.
struct Rules {
    double min = -1e308;
    double max = 1e308;
    size_t length_min = 0;
    size_t length_max = SIZE_MAX;
    bool defaulted = false;  ///< may be left out: the member keeps its initial value
    bool secret = false;     ///< accepted, never shown: encoded as null
    bool positional = false; ///< the CLI takes it as a plain argument instead of a flag
};

struct Field;
struct Fields;

/// Where in a document the decoder is: a list on the stack, written out only when something is wrong.
struct Path {
    const Path* up = nullptr;
    std::string_view key = {};
    size_t index = 0;
    std::string pointer() const;  ///< RFC 6901
};

/// Collects every fault of a document, not the first one. Bounded: 100.
struct Faults {
    std::vector<Fault> list;
    void add(const Path& path, std::string detail);
};

/// Named JSON Schemas met on the way: `#/components/schemas/<name>`.
using Definitions = std::map<std::string, std::string, std::less<>>;

/// The operations of one member type.
struct Ops {
    void (*encode)(std::string& json, const void* value);
    void (*decode)(const JsonValue& json, void* value, const Path& path, Faults& faults, const Rules& rules);
    std::string (*schema)(const Rules& rules, Definitions& definitions);
    /// Plain text: SQL in text format, query strings, flags, environment. False when it does not read.
    bool (*from_text)(std::string_view text, void* value);
    /// Plain text, or false for an absent optional (SQL null).
    bool (*to_text)(std::string& text, const void* value);
    bool is_optional;
    std::string_view kind;  ///< "string", "integer", "number", "boolean", "array", "object", "id", "time", "enum", "json"
};

struct Field {
    std::string_view name;
    size_t offset;
    const Ops* ops;
    std::string_view doc;
    Rules rules;
    bool is_required() const { return !ops->is_optional && !rules.defaulted; }
    const void* of(const void* object) const { return static_cast<const char*>(object) + offset; }
    void* of(void* object) const { return static_cast<char*>(object) + offset; }
};

struct Fields {
    std::string_view name;
    std::span<const Field> list;
    const Field* find(std::string_view field_name) const;
};

template <class T>
concept Described = requires {
    { T::fields() } -> std::same_as<const Fields&>;
};
/// `constexpr std::array<std::string_view, N> names_of(E)` beside the enum: the names in the order of its values 0, 1, 2 …
template <class T>
concept NamedEnum = std::is_enum_v<T> && requires(T e) { names_of(e)[0]; };

// ---- rules, as arguments of field()

struct LengthRule { size_t min, max; };
struct RangeRule { double min, max; };
struct DefaultedRule {};
struct SecretRule {};
struct PositionalRule {};
constexpr LengthRule length(size_t min, size_t max) { return {min, max}; }
constexpr RangeRule range(double min, double max) { return {min, max}; }
constexpr DefaultedRule defaulted() { return {}; }
constexpr SecretRule secret() { return {}; }
constexpr PositionalRule positional() { return {}; }
constexpr void apply(Rules& rules, LengthRule rule) { rules.length_min = rule.min, rules.length_max = rule.max; }
constexpr void apply(Rules& rules, RangeRule rule) { rules.min = rule.min, rules.max = rule.max; }
constexpr void apply(Rules& rules, DefaultedRule) { rules.defaulted = true; }
constexpr void apply(Rules& rules, SecretRule) { rules.secret = true; }
constexpr void apply(Rules& rules, PositionalRule) { rules.positional = true; }

// ---- whole objects

std::string to_json(const Fields& fields, const void* object);
void write_json(std::string& out, const Fields& fields, const void* object);
/// Reads a JSON object; unknown, missing and wrong members are all reported. `bytes` may be at most 32 levels deep.
Result<void> from_json(std::string_view bytes, const Fields& fields, void* object);
/// The schema's name, defined in `definitions` with everything that it refers to.
std::string schema_of(const Fields& fields, Definitions& definitions);

template <Described T>
std::string to_json(const T& object) { return to_json(T::fields(), &object); }
template <Described T>
Result<T> from_json(std::string_view bytes) {
    T object{};
    TRY(from_json(bytes, T::fields(), &object));
    return object;
}

// ---- one value, by type

namespace detail {

bool enum_from_text(std::span<const std::string_view> names, std::string_view text, int64_t& value);
std::string enum_schema(std::span<const std::string_view> names);
std::string_view string_of(const JsonValue& json, const Path& path, Faults& faults, const Rules& rules, bool& ok);
bool integer_of(const JsonValue& json, int64_t min, int64_t max, int64_t& value, const Path& path, Faults& faults, const Rules& rules);
bool number_of(const JsonValue& json, double& value, const Path& path, Faults& faults, const Rules& rules);
bool boolean_of(const JsonValue& json, bool& value, const Path& path, Faults& faults);
bool is_null(const JsonValue& json);
/// The number of elements, or absent with a fault when it is no array or has the wrong length.
std::optional<size_t> array_of(const JsonValue& json, const Path& path, Faults& faults, const Rules& rules);
const JsonValue& element(const JsonValue& json, size_t index);
std::string text_of(const JsonValue& json);
void decode_object(const JsonValue& json, const Fields& fields, void* object, const Path& path, Faults& faults);
bool object_from_text(std::string_view json, const Fields& fields, void* object);
/// Parses `json` as an array and calls `each` for every element with that element as JSON text and as plain text.
bool array_from_text(std::string_view json, bool (*each)(void* list, const JsonValue& json), void* list);
std::string scalar_schema(std::string_view type, std::string_view format, const Rules& rules);
std::string array_schema(std::string items, const Rules& rules);
bool parse_double(std::string_view text, double& value);
bool parse_bool(std::string_view text, bool& value);

template <class T> inline constexpr bool is_vector = false;
template <class T> inline constexpr bool is_vector<std::vector<T>> = true;
template <class T> inline constexpr bool is_optional = false;
template <class T> inline constexpr bool is_optional<std::optional<T>> = true;
template <class T> inline constexpr bool is_id = false;
template <class T> inline constexpr bool is_id<Id<T>> = true;

}  // namespace detail

template <class T>
void encode(std::string& out, const T& value) {
    if constexpr (std::is_same_v<T, bool>) out += value ? "true" : "false";
    else if constexpr (NamedEnum<T>) (out += '"') += names_of(value)[size_t(value)], out += '"';
    else if constexpr (std::is_integral_v<T>) out += std::to_string(value);
    else if constexpr (std::is_floating_point_v<T>) json::write_number(out, value);
    else if constexpr (std::is_same_v<T, std::string>) json::write_string(out, value);
    else if constexpr (std::is_same_v<T, Json>) out += value.text;
    else if constexpr (std::is_same_v<T, Time>) (out += '"') += rfc3339(value), out += '"';
    else if constexpr (detail::is_id<T>) (out += '"') += value.text(), out += '"';
    else if constexpr (detail::is_optional<T>) {
        if (value) encode(out, *value);
        else out += "null";
    } else if constexpr (detail::is_vector<T>) {
        out += '[';
        for (size_t i = 0; i < value.size(); ++i) {
            if (i) out += ',';
            encode(out, value[i]);
        }
        out += ']';
    } else {
        static_assert(Described<T>, "a field's type needs fields(), names_of() or an operation in base/fields.h");
        write_json(out, T::fields(), &value);
    }
}

template <class T>
void decode(const JsonValue& json, T& value, const Path& path, Faults& faults, const Rules& rules = {}) {
    if constexpr (std::is_same_v<T, bool>) detail::boolean_of(json, value, path, faults);
    else if constexpr (NamedEnum<T>) {
        bool ok = true;
        auto text = detail::string_of(json, path, faults, rules, ok);
        int64_t index = 0;
        if (!ok) return;
        if (!detail::enum_from_text(names_of(T{}), text, index)) {
            std::string choices;
            for (auto name : names_of(T{})) choices += (choices.empty() ? "" : ", ") + std::string(name);
            return faults.add(path, "must be one of: " + choices);
        }
        value = T(index);
    } else if constexpr (std::is_integral_v<T>) {
        int64_t number = 0;
        constexpr int64_t max = std::numeric_limits<T>::max() > uint64_t(INT64_MAX) ? INT64_MAX : int64_t(std::numeric_limits<T>::max());
        if (detail::integer_of(json, int64_t(std::numeric_limits<T>::min()), max, number, path, faults, rules)) value = T(number);
    } else if constexpr (std::is_floating_point_v<T>) {
        double number = 0;
        if (detail::number_of(json, number, path, faults, rules)) value = number;
    } else if constexpr (std::is_same_v<T, std::string>) {
        bool ok = true;
        auto text = detail::string_of(json, path, faults, rules, ok);
        if (ok) value = text;
    } else if constexpr (std::is_same_v<T, Json>) value.text = detail::text_of(json);
    else if constexpr (std::is_same_v<T, Time>) {
        bool ok = true;
        auto text = detail::string_of(json, path, faults, rules, ok);
        auto time = ok ? parse_time(text) : std::nullopt;
        if (time) value = *time;
        else if (ok) faults.add(path, "must be a time such as 2026-01-31T12:00:00Z (RFC 3339)");
    } else if constexpr (detail::is_id<T>) {
        bool ok = true;
        auto text = detail::string_of(json, path, faults, rules, ok);
        auto id = ok ? T::parse(text) : std::nullopt;
        if (id) value = *id;
        else if (ok) faults.add(path, "must be an id that starts with " + std::string(T::prefix) + "_");
    } else if constexpr (detail::is_optional<T>) {
        if (detail::is_null(json)) value.reset();
        else decode(json, value.emplace(), path, faults, rules);
    } else if constexpr (detail::is_vector<T>) {
        auto size = detail::array_of(json, path, faults, rules);
        if (!size) return;
        value.clear();
        for (size_t i = 0; i < *size; ++i) {
            typename T::value_type item{};
            decode(detail::element(json, i), item, Path{&path, {}, i}, faults);
            value.push_back(std::move(item));
        }
    } else {
        static_assert(Described<T>, "a field's type needs fields(), names_of() or an operation in base/fields.h");
        detail::decode_object(json, T::fields(), &value, path, faults);
    }
}

template <class T>
std::string schema(const Rules& rules, Definitions& definitions) {
    if constexpr (std::is_same_v<T, bool>) return detail::scalar_schema("boolean", {}, rules);
    else if constexpr (NamedEnum<T>) return detail::enum_schema(names_of(T{}));
    else if constexpr (std::is_integral_v<T>) return detail::scalar_schema("integer", {}, rules);
    else if constexpr (std::is_floating_point_v<T>) return detail::scalar_schema("number", {}, rules);
    else if constexpr (std::is_same_v<T, std::string>) return detail::scalar_schema("string", {}, rules);
    else if constexpr (std::is_same_v<T, Json>) return "{}";
    else if constexpr (std::is_same_v<T, Time>) return detail::scalar_schema("string", "date-time", rules);
    else if constexpr (detail::is_id<T>) return R"({"type":"string","pattern":"^)" + std::string(T::prefix) + R"(_[0-9a-z]{26}$"})";
    else if constexpr (detail::is_optional<T>) return R"({"anyOf":[)" + schema<typename T::value_type>(rules, definitions) + R"(,{"type":"null"}]})";
    else if constexpr (detail::is_vector<T>) return detail::array_schema(schema<typename T::value_type>({}, definitions), rules);
    else return R"({"$ref":"#/components/schemas/)" + schema_of(T::fields(), definitions) + "\"}";
}

template <class T>
bool from_text(std::string_view text, T& value) {
    if constexpr (std::is_same_v<T, bool>) return detail::parse_bool(text, value);
    else if constexpr (NamedEnum<T>) {
        int64_t index = 0;
        if (!detail::enum_from_text(names_of(T{}), text, index)) return false;
        value = T(index);
        return true;
    } else if constexpr (std::is_integral_v<T>) {
        int64_t number = 0;
        Faults unused;
        auto parsed = [&] {
            if (text.empty()) return false;
            size_t at = text[0] == '-' ? 1 : 0;
            if (at == text.size() || text.size() - at > 18) return false;
            for (size_t i = at; i < text.size(); ++i) {
                if (text[i] < '0' || text[i] > '9') return false;
                number = number * 10 + (text[i] - '0');
            }
            if (at) number = -number;
            return true;
        }();
        if (!parsed || !std::in_range<T>(number)) return false;
        value = T(number);
        return true;
    } else if constexpr (std::is_floating_point_v<T>) return detail::parse_double(text, value);
    else if constexpr (std::is_same_v<T, std::string>) {
        value = text;
        return true;
    } else if constexpr (std::is_same_v<T, Json>) {
        value.text = text;
        return true;
    } else if constexpr (std::is_same_v<T, Time>) {
        auto time = parse_time(text);
        if (time) value = *time;
        return time.has_value();
    } else if constexpr (detail::is_id<T>) {
        if (auto uuid = parse_uuid(text)) {  // as PostgreSQL writes it
            value = T{*uuid};
            return true;
        }
        auto id = T::parse(text);
        if (id) value = *id;
        return id.has_value();
    } else if constexpr (detail::is_optional<T>) return from_text(text, value.emplace());
    else if constexpr (detail::is_vector<T>) {
        value.clear();
        return detail::array_from_text(text, [](void* list, const JsonValue& json) {
            typename T::value_type item{};
            Faults faults;
            Path root;
            decode(json, item, root, faults);
            static_cast<T*>(list)->push_back(std::move(item));
            return faults.list.empty();
        }, &value);
    } else return detail::object_from_text(text, T::fields(), &value);
}

/// Plain text for SQL parameters and tables. Ids are written as UUIDs, arrays and objects as JSON.
template <class T>
bool to_text(std::string& out, const T& value) {
    if constexpr (NamedEnum<T>) out += names_of(value)[size_t(value)];
    else if constexpr (std::is_same_v<T, std::string>) out += value;
    else if constexpr (std::is_same_v<T, Time>) out += rfc3339(value);
    else if constexpr (detail::is_id<T>) out += uuid_text(value.uuid);
    else if constexpr (detail::is_optional<T>) return value ? to_text(out, *value) : false;
    else encode(out, value);
    return true;
}

template <class T>
constexpr std::string_view kind_of() {
    if constexpr (std::is_same_v<T, bool>) return "boolean";
    else if constexpr (NamedEnum<T>) return "enum";
    else if constexpr (std::is_integral_v<T>) return "integer";
    else if constexpr (std::is_floating_point_v<T>) return "number";
    else if constexpr (std::is_same_v<T, std::string>) return "string";
    else if constexpr (std::is_same_v<T, Json>) return "json";
    else if constexpr (std::is_same_v<T, Time>) return "time";
    else if constexpr (detail::is_id<T>) return "id";
    else if constexpr (detail::is_optional<T>) return kind_of<typename T::value_type>();
    else if constexpr (detail::is_vector<T>) return "array";
    else return "object";
}

template <class T>
inline constexpr Ops ops_of{
    [](std::string& out, const void* value) { encode(out, *static_cast<const T*>(value)); },
    [](const JsonValue& json, void* value, const Path& path, Faults& faults, const Rules& rules) { decode(json, *static_cast<T*>(value), path, faults, rules); },
    [](const Rules& rules, Definitions& definitions) { return schema<T>(rules, definitions); },
    [](std::string_view text, void* value) { return from_text(text, *static_cast<T*>(value)); },
    [](std::string& out, const void* value) { return to_text(out, *static_cast<const T*>(value)); },
    detail::is_optional<T>,
    kind_of<T>(),
};

/// One row of a struct's table. `doc` is shown in the API reference, in --help and in the configuration's manual.
template <class S, class M, class... R>
Field field(std::string_view name, M S::*member, std::string_view doc, R... rule) {
    static_assert(sizeof member == sizeof(size_t));
    Field made{name, 0, &ops_of<M>, doc, {}};
    std::memcpy(&made.offset, &member, sizeof member);  // Itanium C++ ABI §2.3: a data-member pointer is its offset
    (apply(made.rules, rule), ...);
    return made;
}

}  // namespace ry

#pragma once
// Typed identifiers. Inside: a UUIDv7 (RFC 9562), so ids sort by time of making. Outside (API, CLI, logs): the kind's
// prefix and 26 letters of Crockford's base 32, "chat_01kaq3…"; in SQL: the column type uuid.
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ry {

struct Uuid {
    std::array<uint8_t, 16> bytes{};
    auto operator<=>(const Uuid&) const = default;
    bool is_nil() const { return *this == Uuid{}; }
};

/// A new UUIDv7; two of one process never compare in the wrong order. Any thread.
Uuid new_uuid();
std::string uuid_text(const Uuid& uuid);                        ///< "01932c07-…", 36 characters
std::optional<Uuid> parse_uuid(std::string_view text);          ///< absent when it is not one
std::string id_text(std::string_view prefix, const Uuid& uuid);  ///< "chat_01…"
std::optional<Uuid> parse_id(std::string_view prefix, std::string_view text);

/// `Tag` has `static constexpr std::string_view prefix`.
template <class Tag>
struct Id {
    Uuid uuid;
    auto operator<=>(const Id&) const = default;
    static constexpr std::string_view prefix = Tag::prefix;
    static Id fresh() { return {new_uuid()}; }
    static std::optional<Id> parse(std::string_view text) {
        auto uuid = parse_id(prefix, text);
        if (!uuid) return {};
        return Id{*uuid};
    }
    std::string text() const { return id_text(prefix, uuid); }
    bool is_nil() const { return uuid.is_nil(); }
};

/// Declares `Name` as an Id whose text starts with `letters_`.
#define DECLARE_ID(Name, letters)                                \
    struct Name##Tag {                                           \
        static constexpr std::string_view prefix = letters;      \
    };                                                           \
    using Name = ::ry::Id<Name##Tag>

}  // namespace ry

#pragma once
// Inside the part: a card of any version as V3, and a V3 card as V2.
#include <functional>
#include <optional>

#include "modules/chats/cards/json_tree.h"

namespace ry::chats::cards {

/// `card` with the wrapper of V3 and every field that V3 requires. Fields of people and tools that no version knows
/// stay where they are; those of a flat V1 card are in `data` then. Faults have pointers.
Result<Value> as_v3(Value card, std::vector<std::string>& warnings);
/// Gives the character of a card of any version a name; an object without `data` becomes the `data` of a card.
void call(Value& card, std::string_view name);
/// Of what as_v3() made. V3's own fields stay in `data`, where programs that know V2 alone keep them.
Value as_v2(Value card);

/// One of `data.assets`.
struct Asset {
    std::string type, uri, name, ext;
};
std::vector<Asset> assets_of(const Value& card);
/// Puts other addresses in place of those of assets.
void readdress(Value& card, const std::function<std::optional<std::string>(const Asset&)>& address);
/// Adds an asset; the list is made when there is none.
void add_asset(Value& card, const Asset& asset);

}  // namespace ry::chats::cards

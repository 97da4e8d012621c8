#include "modules/chats/liquid/value.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

namespace ry::chats::liquid {
namespace {

constexpr size_t block_bytes_min = 8 << 10;
constexpr size_t block_bytes_max = 1 << 20;
constexpr size_t members_scanned_max = 12;  ///< up to here a scan of hashes is as fast as a table

/// Earlier members of a name give way, and keep its place.
void drop_repeated(std::vector<Member>& members) {
    std::unordered_map<std::string_view, size_t> places;
    size_t size = 0;
    for (Member& member : members) {
        auto [place, is_new] = places.try_emplace(member.name.text, size);
        members[is_new ? size++ : place->second] = member;
    }
    members.resize(size);
}

/// Indexes come first, by their size.
void order_indexes(std::vector<Member>& members) {
    std::vector<Member> indexes, others;
    for (const Member& member : members) (index_of(member.name.text) >= 0 ? indexes : others).push_back(member);
    if (indexes.empty()) return;
    std::ranges::sort(indexes, {}, [](const Member& member) { return index_of(member.name.text); });
    members = std::move(indexes);
    members.insert(members.end(), others.begin(), others.end());
}

}  // namespace

int64_t index_of(std::string_view key) {
    if (key.empty() || key.size() > 10 || (key[0] == '0' && key.size() > 1)) return -1;
    int64_t index = 0;
    for (char digit : key) {
        if (digit < '0' || digit > '9') return -1;
        index = index * 10 + (digit - '0');
    }
    return index < 4294967295 ? index : -1;
}

void Arena::grow(size_t bytes) {
    size_t size = std::max(bytes, std::clamp(bytes_, block_bytes_min, block_bytes_max));
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    bytes_ += size;
    at_ = blocks_.back().get();
    end_ = at_ + size;
}

Value Arena::object_of(std::vector<Member> members) {
    drop_repeated(members);
    order_indexes(members);
    std::span<Member> copied = array<Member>(members.size());
    std::ranges::copy(members, copied.begin());
    std::span<uint32_t> slots;
    if (members.size() > members_scanned_max) {
        slots = array<uint32_t>(std::bit_ceil(members.size() * 2));
        for (uint32_t i = 0; i < members.size(); ++i) {
            size_t slot = members[i].name.hash;
            while (slots[slot & (slots.size() - 1)]) ++slot;
            slots[slot & (slots.size() - 1)] = i + 1;
        }
    }
    return Value::object(make(Object{copied, slots, {}}));
}

}  // namespace ry::chats::liquid

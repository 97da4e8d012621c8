#include "modules/chats/lore/inclusion_groups.h"

#include <algorithm>
#include <map>

#include "modules/chats/lore/roll.h"

namespace ry::chats::lore {
namespace {

using Members = std::vector<Contender*>;

void leave(Members& members, const std::string& why, auto stays) {
    for (Contender* member : members)
        if (!stays(*member) && member->lost_to.empty()) member->lost_to = why;
    std::erase_if(members, [](const Contender* member) { return !member->lost_to.empty(); });
}

const Contender* drawn(const Members& members, const std::string& group, uint64_t seed, size_t round) {
    double total = 0;
    for (const Contender* member : members) total += double(member->weight);
    double at = roll(seed, {"group", group, std::to_string(round)}) * total;
    for (const Contender* member : members)
        if ((at -= double(member->weight)) < 0) return member;
    return members.back();
}

void decide_group(const std::string& group, Members members, bool is_won_before, uint64_t seed, size_t round) {
    std::string of = " of the group " + group;
    std::erase_if(members, [](const Contender* member) { return !member->lost_to.empty(); });
    if (std::ranges::any_of(members, &Contender::is_sticky))
        return leave(members, "a sticky entry" + of + " is active",
                     [](const Contender& member) { return member.is_sticky; });
    if (is_won_before)
        return leave(members, "another entry" + of + " is active", [](const Contender&) { return false; });
    if (std::ranges::any_of(members, &Contender::is_scored)) {
        int64_t best = 0;
        for (const Contender* member : members) best = std::max(best, member->score);
        leave(members, "another entry" + of + " has more keys that were found",
              [&](const Contender& member) { return !member.is_scored || member.score == best; });
    }
    if (members.size() < 2) return;
    const Contender* winner = nullptr;
    for (const Contender* member : members)
        if (member->is_override && (!winner || member->order > winner->order)) winner = member;
    if (winner)
        return leave(members, "another entry" + of + " comes first",
                     [&](const Contender& member) { return &member == winner; });
    winner = drawn(members, group, seed, round);
    leave(members, "another entry" + of + " was drawn", [&](const Contender& member) { return &member == winner; });
}

}  // namespace

void decide(std::vector<Contender>& contenders, const std::set<std::string, std::less<>>& won_before, uint64_t seed,
            size_t round) {
    std::map<std::string, Members> groups;
    for (Contender& contender : contenders)
        for (const std::string& group : *contender.groups) groups[group].push_back(&contender);
    for (const auto& [group, members] : groups) decide_group(group, members, won_before.contains(group), seed, round);
}

}  // namespace ry::chats::lore

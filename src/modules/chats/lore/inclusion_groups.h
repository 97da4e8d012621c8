#pragma once
// Inside lore: of entries that share a group, one is chosen.
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace ry::chats::lore {

struct Contender {
    const std::vector<std::string>* groups;
    bool is_override = false;
    int64_t order = 0;
    int64_t weight = 0;
    bool is_sticky = false;
    bool is_scored = false;
    int64_t score = 0;         ///< keys that were found
    std::string lost_to = {};  ///< why it is out; empty while it is in
};

/// Decides group after group: sticky ones stay and all others go; a group that was won before has no further winner;
/// then the best score, the override of the highest order, and last a draw by weight. `contenders` stand in the order
/// in which they are considered; `round` makes draws of later rounds independent.
void decide(std::vector<Contender>& contenders, const std::set<std::string, std::less<>>& won_before, uint64_t seed,
            size_t round);

}  // namespace ry::chats::lore

#pragma once
// Inside: which states' copies are kept ready. A value; who shares it guards it.
#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "modules/databases/rows.h"

namespace ry::databases {

/// A state of one organization.
struct WarmKey {
    OrganizationId organization;
    std::string state_id;
    auto operator<=>(const WarmKey&) const = default;
};

/// A state that was handed out lately.
struct WarmState {
    WarmKey key;
    StateRow state;
    int64_t used_ms = 0;  ///< steady_ms() of the last hand-out
    int uses = 0;         ///< without a longer pause
};

/// `Ready` is a running copy; `key` says of what.
template <class Ready>
struct WarmPool {
    static constexpr int64_t wanted_ms =
        10 * 60'000;                          // after its last hand-out a state's copies go, and no longer keep it
    static constexpr size_t recent_max = 64;  // states that are remembered; copies are kept of the latest of them

    std::vector<WarmState> recent;  ///< the latest first
    std::vector<Ready> ready;
    std::optional<WarmKey> in_making;  ///< of which state a copy is made now

    void note(const WarmKey& key, const StateRow& state, int64_t now_ms) {
        auto known = std::ranges::find(recent, key, &WarmState::key);
        WarmState fresh{key, state, now_ms, 1};
        if (known != recent.end()) {
            if (now_ms - known->used_ms < wanted_ms) fresh.uses = known->uses + 1;
            recent.erase(known);
        }
        recent.insert(recent.begin(), std::move(fresh));
        if (recent.size() > recent_max) recent.pop_back();
    }

    void forget(const WarmKey& key) {
        std::erase_if(recent, [&](const WarmState& one) { return one.key == key; });
    }

    /// How many copies of which state, `room` in all: one of each, the latest first, then one more of those that were
    /// asked for more often, and so on.
    std::map<WarmKey, int> wanted(int room, int64_t now_ms) const {
        std::map<WarmKey, int> counts;
        for (int round = 1, before = -1; room > 0 && before != room; ++round) {
            before = room;
            for (const WarmState& one : recent)
                if (now_ms - one.used_ms < wanted_ms && one.uses >= round && room > 0) ++counts[one.key], --room;
        }
        return counts;
    }

    /// The latest state of which there are fewer copies than wanted.
    std::optional<WarmState> missing(int room, int64_t now_ms) const {
        auto counts = wanted(room, now_ms);
        for (const Ready& one : ready) --counts[one.key];
        for (const WarmState& one : recent)
            if (auto count = counts.find(one.key); count != counts.end() && count->second > 0) return one;
        return {};
    }

    /// Takes a copy of the state out, if there is one.
    std::optional<Ready> take(const WarmKey& key) {
        auto found = std::ranges::find(ready, key, &Ready::key);
        if (found == ready.end()) return {};
        std::optional<Ready> taken(std::move(*found));
        ready.erase(found);
        return taken;
    }

    /// Takes the copies out that are dead, or more than wanted.
    template <class IsAlive>
    std::vector<Ready> take_unwanted(int room, int64_t now_ms, IsAlive is_alive) {
        auto counts = wanted(room, now_ms);
        std::vector<Ready> out, kept;
        for (Ready& one : ready) {
            bool stays = is_alive(one) && counts[one.key]-- > 0;
            (stays ? kept : out).push_back(std::move(one));
        }
        ready = std::move(kept);
        return out;
    }
};

}  // namespace ry::databases

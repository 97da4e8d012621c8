// Warm copies: running copies of the states that were handed out lately, made in idle time and kept for the next who
// asks. A copy has its id and its password from the start and lacks only a row, so handing it out is one transaction.
// After a crash it is a directory that no row names, which the next start removes.
#include <algorithm>
#include <fstream>

#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"

namespace ry::databases {
namespace {

constexpr int64_t make_ms_max = 60'000;
constexpr int64_t pause_ms = 60'000;  // after a copy could not be made
constexpr int64_t calm_ms = 25;       // from a hand-out, whose client now signs in, and between two copies
constexpr int64_t look_ms = 1'000;    // how often copies that died or that nobody wants any more are looked for

/// What the kernel could give to programs.
int64_t memory_free_mb() {
    std::ifstream in("/proc/meminfo");
    std::string word;
    for (int64_t kb = 0; in >> word;)
        if (word == "MemAvailable:" && in >> kb) return kb / 1024;
    return INT64_MAX;
}

bool is_alive(const WarmCopy& one) {
    auto cluster = one.copy.slot->state.with([](Slot::State& state) { return state.cluster; });
    return cluster && cluster->is_alive();
}

}  // namespace

/// A warm copy of the state, which is the caller's from now on. Remembers that it was asked for.
std::optional<Copy> Databases::Inside::take_warm(const Op& op, const StateRow& state) {
    if (options.warm_max == 0) return {};
    WarmKey key{op.organization, state.id};
    std::optional<Copy> found;
    while (auto taken = warm.with([&](auto& pool) { return pool.take(key); })) {
        if (!is_alive(*taken)) {
            discard(taken->copy.slot);
            continue;
        }
        found = std::move(taken->copy);
        found->slot->state.change([](Slot::State& now) { now.used_ms = steady_ms(); });
        break;
    }
    warm.change([&](auto& pool) { pool.note(key, state, steady_ms()); });
    telemetry::counter("database_hand_outs_total", "New instances of states, by whether a copy stood ready.", "from",
                       found ? "warm" : "cold")
        .add();
    return found;
}

/// Ends the warm copies of a state, before it is removed.
void Databases::Inside::forget_warm(const WarmKey& key) {
    std::vector<WarmCopy> gone;
    warm.change([&](auto& pool) {
        pool.forget(key);
        while (auto one = pool.take(key)) gone.push_back(*std::move(one));
    });
    // One that is being made is not wanted any more, and is discarded when it is there.
    warm.wait_until(
        std::chrono::steady_clock::now() + std::chrono::milliseconds(make_ms_max),
        [&](auto& pool) { return pool.in_making != key; }, [](auto&) {});
    for (const WarmCopy& one : gone) discard(one.copy.slot);
}

/// Ends all of an organization, also of states whose rows a crash of PostgreSQL took back.
void Databases::Inside::forget_warm_of(OrganizationId organization) {
    std::set<WarmKey> keys;
    warm.with([&](auto& pool) {
        for (const WarmState& one : pool.recent) keys.insert(one.key);
        for (const WarmCopy& one : pool.ready) keys.insert(one.key);
        if (pool.in_making) keys.insert(*pool.in_making);
    });
    for (const WarmKey& key : keys)
        if (key.organization == organization) forget_warm(key);
}

/// Ends the warm copy that was made first, to make room for an instance. False when there is none.
bool Databases::Inside::end_a_warm_copy() {
    std::optional<WarmCopy> gone;
    warm.with([&](auto& pool) {
        if (!pool.ready.empty()) gone = pool.take(pool.ready.front().key);
    });
    if (gone) discard(gone->copy.slot);
    return gone.has_value();
}

/// Ends the copies of the state of which one was made first, so that the state may be evicted; it has none again when it is
/// handed out the next time. False when there are none.
bool Databases::Inside::give_up_warm_copies() {
    auto key = warm.with([](auto& pool) {
        return !pool.ready.empty() ? std::optional(pool.ready.front().key) : pool.in_making;
    });
    if (key) forget_warm(*key);
    return key.has_value();
}

/// One at a time, while nobody waits for a copy of theirs or has just been given one, and there is memory to spare.
void Databases::Inside::keep_warm(std::stop_token stop) {
    std::stop_callback wake(stop, [this] { warm.change([](auto&) {}); });
    int64_t paused_until_ms = 0, made_ms = 0;
    while (!stop.stop_requested()) {
        int64_t now_ms = steady_ms();
        bool may_be_warm = now_ms >= paused_until_ms && memory_free_mb() >= options.warm_memory_free_mb_min;
        int room = may_be_warm ? options.warm_max : 0;
        for (const WarmCopy& one : warm.with([&](auto& pool) { return pool.take_unwanted(room, now_ms, is_alive); }))
            discard(one.copy.slot);
        bool is_full =
            running_count() + int(warm.with([](auto& pool) { return pool.ready.size(); })) >= options.running_max;
        int64_t calm_from_ms = 0;  // when a missing copy may be made, if that is later
        auto next = is_full || copies_being_made > 0 ? std::nullopt : warm.with([&](auto& pool) {
            auto missing = pool.missing(room, now_ms);
            if (!missing) return missing;
            calm_from_ms = std::max(pool.recent.front().used_ms, made_ms) + calm_ms;
            if (calm_from_ms > now_ms) return decltype(missing)();
            pool.in_making = missing->key;
            return missing;
        });
        if (next) {
            if (!make_warm(*next)) paused_until_ms = steady_ms() + pause_ms;
            warm.change([](auto& pool) { pool.in_making.reset(); });
            made_ms = steady_ms();
            continue;
        }
        if (calm_from_ms > now_ms) {
            auto calm = std::chrono::steady_clock::now() + std::chrono::milliseconds(calm_from_ms - now_ms);
            warm.wait_until(calm, [&](auto&) { return stop.stop_requested(); }, [](auto&) {});
            continue;
        }
        auto looks_again = std::chrono::steady_clock::now() + std::chrono::milliseconds(look_ms);
        warm.wait_until(
            looks_again,
            [&](auto& pool) {
                return stop.stop_requested() ||
                       (room > 0 && !is_full && copies_being_made == 0 && pool.missing(room, now_ms));
            },
            [](auto&) {});
    }
}

/// False when it is better not to try again soon.
bool Databases::Inside::make_warm(const WarmState& wanted) {
    Op op = background_op(wanted.key.organization, make_ms_max);
    auto copy = make_copy(op, wanted.state, Origin::prepare);
    if (!copy) {
        warm.with([&](auto& pool) { pool.forget(wanted.key); });
        if (copy.error().code == Code::conflict) return true;  // the state was evicted; who asks for it builds it anew
        telemetry::log(
            telemetry::Level::warning, "no_warm_copy",
            {{"state_id", wanted.key.state_id}, {"message", copy.error().message}, {"cause", copy.error().cause}});
        return false;
    }
    // The first session of a server makes what the later ones read (pg_internal.init), some ms of work.
    auto cluster = copy->slot->state.with([](Slot::State& state) { return state.cluster; });
    (void)cluster->session(op);
    expect_client(copy->slot);
    bool is_kept = warm.change([&](auto& pool) {
        bool is_wanted = std::ranges::find(pool.recent, wanted.key, &WarmState::key) != pool.recent.end();
        if (is_wanted) pool.ready.push_back({wanted.key, *copy});
        return is_wanted;
    });
    if (!is_kept) discard(copy->slot);
    return true;
}

int Databases::Inside::running_count() {
    int count = 0;
    for (auto& [id, slot] : slots.with([](auto& all) { return all; }))
        count += slot->state.with([](Slot::State& state) { return state.cluster != nullptr; });
    return count;
}

}  // namespace ry::databases

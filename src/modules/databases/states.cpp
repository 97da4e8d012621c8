// States and refs as people see them.
#include <algorithm>

#include "base/text.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {
namespace {

constexpr int64_t clones_max = 1'000;  // servers and parts of them that are cloned: one page
constexpr int page_default = 50;
constexpr size_t beginning_min = 8;

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<void> check_ref_name(std::string_view name) {
    bool is_plain = std::ranges::all_of(
        name, [](unsigned char c) { return std::isalnum(c) || std::string_view("._-@").contains(char(c)); });
    bool is_like_an_id = name.size() >= beginning_min && is_hex(name);
    if (!is_plain || is_like_an_id || name.starts_with("instance_"))
        return invalid("/name", "may have letters, digits and . _ - @ only, and must not look like an id");
    return {};
}

}  // namespace

std::string Databases::Inside::tree_of(OrganizationId organization, const std::string& state_id) {
    return uuid_text(organization.uuid) + "-" + state_id;
}

Result<StateRow> Databases::Inside::state_named(store::Tx& tx, const std::string& name) {
    if (auto ref = TRY(tx.maybe(sql::ref, {.name = name}))) return *TRY(tx.maybe(sql::state, {.id = ref->state_id}));
    Error unknown = fail(Code::not_found, "there is no state or ref \"" + name +
                                              "\"; `ramify db states` and `ramify db refs` list those there are");
    if (name.size() < beginning_min || name.size() > 64 || !is_hex(name)) return unknown;
    auto ids = TRY(tx.many(sql::states_beginning, {.prefix = name}));
    if (ids.empty()) return unknown;
    if (ids.size() == 1) return *TRY(tx.maybe(sql::state, {.id = ids.front()}));
    std::string candidates;
    for (const std::string& id : ids) candidates += (candidates.empty() ? "" : ", ") + id.substr(0, 16);
    return fail(Code::invalid, "\"" + name + "\" begins more than one state; give more of it: " + candidates);
}

Result<http::Page<State>> Databases::list_states(Op& op, ListStates query) {
    int limit = query.limit.value_or(page_default);
    std::optional<Time> before_at;
    std::optional<std::string> before_id;
    if (query.cursor) {
        auto known = TRY(inside_->store.read(
            op, "databases.find_state", [&](store::Tx& tx) { return tx.maybe(sql::state, {.id = *query.cursor}); }));
        if (!known) return invalid("/cursor", "is not a cursor of this list; leave it out to start from the beginning");
        before_at = known->created_at;
        before_id = known->id;
    }
    http::Page<State> page;
    page.items = TRY(inside_->store.read(op, "databases.list_states", [&](store::Tx& tx) {
        return tx.many(sql::states_page, {.before_at = before_at, .before_id = before_id, .limit = limit + 1});
    }));
    if (page.items.size() > size_t(limit)) {
        page.items.pop_back();
        page.next_cursor = page.items.back().id;
    }
    return page;
}

Result<State> Databases::show_state(Op& op, std::string name) {
    return inside_->store.read(op, "databases.show_state", [&](store::Tx& tx) -> Result<State> {
        StateRow row = TRY(inside_->state_named(tx, name));
        return *TRY(tx.maybe(sql::state_shown, {.id = row.id}));
    });
}

Result<CacheStatus> Databases::cache_status(Op&) {
    states::Usage usage = TRY(inside_->states.usage());
    return CacheStatus{
        .backend = std::string(states::name_of(inside_->states.backend())),
        .why = inside_->states.why(),
        .states = usage.states,
        .bytes = usage.bytes,
        .bytes_max = usage.bytes_max,
        .bytes_free = usage.bytes_free,
        .bytes_reclaimable = usage.bytes_reclaimable,
        .evicted = usage.evicted,
        .last_evicted_at = usage.last_eviction > Time{} ? std::optional(usage.last_eviction) : std::nullopt,
        .hits = inside_->hits,
        .misses = inside_->misses,
        .saved_ms = inside_->saved_ms,
        .warm = int64_t(inside_->warm.with([](auto& pool) { return pool.ready.size(); }))};
}

// ---- refs

Result<http::Page<Clone>> Databases::list_clones(Op& op, ListClones query) {
    http::Page<Clone> page;
    page.items = TRY(inside_->store.read(op, "databases.list_clones", [&](store::Tx& tx) {
        return tx.many(sql::clones, {.title = query.title, .limit = clones_max});
    }));
    return page;
}

Result<http::Page<Ref>> Databases::list_refs(Op& op, ListRefs query) {
    int limit = query.limit.value_or(page_default);
    http::Page<Ref> page;
    page.items = TRY(inside_->store.read(op, "databases.list_refs", [&](store::Tx& tx) {
        return tx.many(sql::refs_page, {.after = query.cursor.value_or(""), .limit = limit + 1});
    }));
    if (page.items.size() > size_t(limit)) {
        page.items.pop_back();
        page.next_cursor = page.items.back().name;
    }
    return page;
}

Result<Ref> Databases::show_ref(Op& op, std::string name) {
    auto ref = TRY(inside_->store.read(op, "databases.show_ref",
                                       [&](store::Tx& tx) { return tx.maybe(sql::ref, {.name = name}); }));
    if (!ref) return fail(Code::not_found, "there is no ref \"" + name + "\"; `ramify db refs` lists those there are");
    return *std::move(ref);
}

Result<Ref> Databases::set_ref(Op& op, std::string name, SetRef body) {
    TRY(check_ref_name(name));
    Json tags{""};
    encode(tags.text, body.tags);
    Ref ref = TRY(inside_->store.write(op, "databases.set_ref", [&](store::Tx& tx) -> Result<Ref> {
        StateRow state = TRY(inside_->state_named(tx, body.state_id));
        tx.queue(sql::set_ref, {.name = name,
                                .state_id = state.id,
                                .tags = tags,
                                .is_pinned = body.is_pinned,
                                .keep_ms = body.keep_ms,
                                .created_by = author_of(op)});
        return *TRY(tx.maybe(sql::ref, {.name = name}));
    }));
    Time until = ref.is_pinned ? Time{INT64_MAX} : ref.keep_until.value_or(Time{});
    if (ref.is_pinned || ref.keep_until)
        TRY(inside_->states.retain(Inside::tree_of(op.organization, ref.state_id), until));
    return ref;
}

/// The state may be evicted, unless another ref keeps it.
Result<void> Databases::Inside::release(const Op& op, const std::string& state_id) {
    auto line =
        TRY(store.read(op, "databases.pins", [&](store::Tx& tx) { return tx.many(sql::line_of, {.id = state_id}); }));
    if (!line.empty() && line.front().pins > 0) return {};
    return states.retain(tree_of(op.organization, state_id), Time{});
}

Result<void> Databases::remove_ref(Op& op, std::string name) {
    Ref ref = TRY(show_ref(op, name));
    TRY(inside_->store.write(op, "databases.remove_ref",
                             [&](store::Tx& tx) { return tx.run(sql::delete_ref, {.name = name}); }));
    return inside_->release(op, ref.state_id);
}

Result<Ref> Databases::pin_ref(Op& op, std::string name, PinRef body) {
    Ref ref = TRY(show_ref(op, name));
    return set_ref(op, name,
                   {.state_id = ref.state_id, .tags = ref.tags, .is_pinned = !body.keep_ms, .keep_ms = body.keep_ms});
}

Result<Ref> Databases::unpin_ref(Op& op, std::string name) {
    Ref ref = TRY(inside_->store.write(op, "databases.unpin_ref", [&](store::Tx& tx) -> Result<Ref> {
        TRY(tx.run(sql::unpin_ref, {.name = name}));
        auto found = TRY(tx.maybe(sql::ref, {.name = name}));
        if (!found)
            return fail(Code::not_found, "there is no ref \"" + name + "\"; `ramify db refs` lists those there are");
        return *std::move(found);
    }));
    TRY(inside_->release(op, ref.state_id));
    return ref;
}

}  // namespace ry::databases

// What is removed together: a state with what comes from it, an instance, a prepare. Looked at first, then removed
// whole or not at all. And what nobody needs any more.
#include <algorithm>
#include <map>

#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {
namespace {

constexpr size_t beginning_min = 8;
constexpr int64_t states_looked_at_max = 10'000;

bool is_prepare(std::string_view name) {
    return name.starts_with(std::string(PrepareId::prefix) + "_") &&
           name.size() >= PrepareId::prefix.size() + 1 + beginning_min;
}

/// The prepare of an id or a unique beginning of it.
Result<PrepareRow> prepare_named(store::Tx& tx, const std::string& name) {
    if (auto id = PrepareId::parse(name)) {
        if (auto row = TRY(tx.maybe(sql::prepare, {.id = *id}))) return *std::move(row);
        return fail(Code::not_found, "there is no such prepare; `ramify db prepares` lists those there are");
    }
    std::vector<PrepareRow> begun;
    if (auto range = ids_beginning<PrepareId>(name))
        begun = TRY(tx.many(sql::prepares_between, {.first = range->first, .last = range->second, .limit = candidates_max}));
    if (begun.empty())
        return fail(Code::not_found, "there is no prepare that begins with \"" + name +
                                         "\"; `ramify db prepares` lists those there are");
    if (begun.size() == 1) return std::move(begun.front());
    std::string candidates;
    for (const PrepareRow& row : begun) candidates += (candidates.empty() ? "" : ", ") + row.id.text();
    return fail(Code::invalid, "\"" + name + "\" begins more than one prepare; give more of it: " + candidates);
}

/// What comes from a state, read at once.
struct Line {
    std::map<std::string, std::vector<StateInLine>> children;    // by parent
    std::map<std::string, std::vector<HeldInstance>> instances;  // by state
    std::map<std::string, int64_t> tasks;                        // of prepares that run, by state
};

Result<Line> line_of(store::Tx& tx, const std::string& root) {
    Line line;
    std::vector<std::string> ids;
    for (StateInLine& state : TRY(tx.many(sql::line_of, {.id = root}))) {
        ids.push_back(state.id);
        line.children[state.id == root ? "" : state.parent_id.value_or("")].push_back(std::move(state));
    }
    for (HeldInstance& instance : TRY(tx.many(sql::instances_of, {.states = ids})))
        line.instances[instance.state_id].push_back(std::move(instance));
    for (const StateTasks& tasks : TRY(tx.many(sql::tasks_of, {.states = ids})))
        line.tasks[tasks.state_id] = tasks.tasks;
    return line;
}

/// Lays out the tree in the order that it is shown in, with what stands against each removal.
class Outline {
public:
    Outline(const Line& line, const Remove& how, const std::function<int(InstanceId)>& connections_of)
        : line_(line), how_(how), connections_of_(connections_of) {}

    void add(const StateInLine& state, int depth) {
        RemovalItem item{.kind = RemovalKind::state, .id = state.id, .name = state.title, .depth = depth};
        auto held = line_.instances.find(state.id);
        auto children = line_.children.find(state.id);
        bool has_descendants = held != line_.instances.end() || children != line_.children.end();
        auto tasks = line_.tasks.find(state.id);
        if (state.pins > 0)
            item.reason = "is_pinned";
        else if (tasks != line_.tasks.end() && !how_.is_forced)
            item.reason = "active_tasks";
        else if (has_descendants && !how_.is_recursive)
            item.reason = "has_descendants";
        size_t at = items_.size();
        items_.push_back(std::move(item));
        if (held != line_.instances.end())
            for (const HeldInstance& instance : held->second) add(instance, depth + 1);
        if (children != line_.children.end())
            for (const StateInLine& child : children->second) add(child, depth + 1);
        bool is_blocked_below = std::any_of(items_.begin() + ptrdiff_t(at) + 1, items_.end(),
                                            [](const RemovalItem& one) { return one.reason.has_value(); });
        if (!items_[at].reason && is_blocked_below) items_[at].reason = "blocked_by_descendant";
    }
    void add(const HeldInstance& instance, int depth) {
        RemovalItem item{.kind = RemovalKind::instance,
                         .id = instance.id.text(),
                         .name = instance.name,
                         .depth = depth,
                         .connections = connections_of_(instance.id)};
        if (instance.origin == Origin::app)
            item.reason = "is_of_app";
        else if (item.connections > 0 && !how_.is_forced)
            item.reason = "active_connections";
        items_.push_back(std::move(item));
    }
    std::vector<RemovalItem> items() && { return std::move(items_); }

private:
    const Line& line_;
    const Remove& how_;
    const std::function<int(InstanceId)>& connections_of_;
    std::vector<RemovalItem> items_;
};

}  // namespace

int Databases::Inside::connections_of(InstanceId id) {
    SlotPtr slot = slots.with([&](auto& all) {
        auto found = all.find(id);
        return found == all.end() ? nullptr : found->second;
    });
    return slot ? slot->state.with([](Slot::State& state) { return state.connections; }) : 0;
}

/// What the name means: a prepare, an instance, else a state or ref.
Result<Removal> Databases::Inside::removal_of(const Op& op, const Remove& body) {
    std::function<int(InstanceId)> connections = [this](InstanceId id) { return connections_of(id); };
    return store.read(op, "databases.removal", [&](store::Tx& tx) -> Result<Removal> {
        Removal removal;
        if (is_prepare(body.name)) {
            PrepareRow row = TRY(prepare_named(tx, body.name));
            bool is_active = !has_ended(row.status);
            removal.items.push_back(
                {.kind = RemovalKind::prepare,
                 .id = row.id.text(),
                 .reason = is_active && !body.is_forced ? std::optional<std::string>("active_tasks") : std::nullopt});
        } else if (auto instance = instance_named(tx, body.name)) {
            Line line;
            Outline outline(line, body, connections);
            outline.add(HeldInstance{instance->id, instance->name, instance->state_id, instance->origin}, 0);
            removal.items = std::move(outline).items();
        } else if (instance.error().code != Code::not_found) {
            return std::move(instance).error();
        } else {
            auto state = state_named(tx, body.name);
            if (!state && state.error().code == Code::not_found)
                return fail(Code::not_found, "there is no instance, state, ref or prepare \"" + body.name +
                                                 "\"; `ramify db ls --all` lists those there are");
            if (!state) return std::move(state).error();
            Line line = TRY(line_of(tx, state->id));
            Outline outline(line, body, connections);
            outline.add(line.children.at("").front(), 0);
            removal.items = std::move(outline).items();
        }
        bool is_blocked =
            std::ranges::any_of(removal.items, [](const RemovalItem& item) { return item.reason.has_value(); });
        removal.outcome = is_blocked        ? RemovalOutcome::blocked
                          : body.is_dry_run ? RemovalOutcome::would_remove
                                            : RemovalOutcome::removed;
        return removal;
    });
}

Result<void> Databases::Inside::forget_state(const Op& op, const std::string& id) {
    forget_warm({op.organization, id});
    TRY(states.remove(op, tree_of(op.organization, id)));  // a conflict, while somebody copies it, leaves the row
    return store.write(op, "databases.remove_state", [&](store::Tx& tx) -> Result<void> {
        tx.queue(sql::delete_refs_of, {.state_id = id});
        tx.queue(sql::delete_state, {.id = id});
        return {};
    });
}

Result<void> Databases::Inside::carry_out(Op& op, const Removal& removal) {
    for (auto item = removal.items.rbegin(); item != removal.items.rend(); ++item) {  // what comes from it first
        if (item->kind == RemovalKind::instance) {
            auto gone = drop(op, *InstanceId::parse(item->id));
            if (!gone && gone.error().code != Code::not_found) return std::move(gone).error();
        } else if (item->kind == RemovalKind::state) {
            TRY(forget_state(op, item->id));
        } else {
            PrepareId id = *PrepareId::parse(item->id);
            auto row = TRY(store.read(op, "databases.show_prepare",
                                      [&](store::Tx& tx) { return tx.maybe(sql::prepare, {.id = id}); }));
            if (row && row->job_id && !has_ended(row->status)) TRY(jobs.cancel(op, *row->job_id));
            TRY(store.write(op, "databases.remove_prepare",
                            [&](store::Tx& tx) { return tx.run(sql::delete_prepare, {.id = id}); }));
        }
    }
    return {};
}

Result<Removal> Databases::remove(Op& op, Remove body) {
    Removal removal = TRY(inside_->removal_of(op, body));
    if (removal.outcome == RemovalOutcome::removed) TRY(inside_->carry_out(op, removal));
    return removal;
}

/// The removal of a state, for who expects it to succeed: what stands against it is an error. Instances always do.
Result<void> Databases::remove_state(Op& op, std::string name, RemoveState how) {
    StateRow state = TRY(inside_->store.read(op, "databases.find_state",
                                             [&](store::Tx& tx) { return inside_->state_named(tx, name); }));
    Removal removal = TRY(inside_->removal_of(op, {.name = state.id, .is_recursive = how.recurse}));
    auto count = [&](auto holds) { return std::to_string(std::ranges::count_if(removal.items, holds)); };
    auto has = [&](std::string_view reason) {
        return std::ranges::any_of(removal.items, [&](const RemovalItem& item) { return item.reason == reason; });
    };
    auto is_instance = [](const RemovalItem& item) { return item.kind == RemovalKind::instance; };
    auto is_below = [](const RemovalItem& item) { return item.kind == RemovalKind::state && item.depth > 0; };
    if (has("is_pinned"))
        return fail(
            Code::conflict,
            "the state, or one that comes from it, is pinned or retained by a ref; `ramify db refs` shows which");
    if (!how.recurse && std::ranges::any_of(removal.items, is_below))
        return fail(Code::conflict, count(is_below) + " states come from this one; remove them too with --recurse");
    if (std::ranges::any_of(removal.items, is_instance))
        return fail(Code::conflict, count(is_instance) + " instances are copies of it or of what comes from it; drop them first (`ramify db ls`)");
    if (has("active_tasks"))
        return fail(Code::conflict, "a prepare that runs needs it or what comes from it; wait for it, or cancel it (`ramify db prepares`)");
    return inside_->carry_out(op, removal);
}

/// Instances whose time is over go now; states go where room is short, or, if everything is asked for, wherever nothing
/// needs them.
Result<Collected> Databases::collect(Op& op, Collect body) {
    Collected collected{.is_dry_run = body.is_dry_run};
    int64_t before = TRY(inside_->states.usage()).bytes;
    auto expired = TRY(inside_->store.read(op, "databases.expired_instances",
                                           [&](store::Tx& tx) { return tx.many(sql::expired_instances, {}); }));
    collected.instances = int64_t(expired.size());
    std::vector<UnneededState> unneeded;
    if (body.is_everything)
        unneeded = TRY(inside_->store.read(op, "databases.unneeded_states", [&](store::Tx& tx) {
            return tx.many(sql::unneeded_states, {.limit = states_looked_at_max});
        }));
    if (body.is_dry_run) {
        collected.states = int64_t(unneeded.size());
        for (const UnneededState& state : unneeded) collected.bytes += state.bytes;
        return collected;
    }
    for (const OwnedInstance& one : expired) {
        auto gone = inside_->drop(op, one.id);
        if (!gone && gone.error().code != Code::not_found) return std::move(gone).error();
    }
    inside_->warn_of_expiry();
    if (body.is_everything) inside_->forget_warm_of(op.organization);
    int64_t evicted = TRY(inside_->states.usage()).evicted;
    TRY(inside_->states.trim(op));
    collected.states = TRY(inside_->states.usage()).evicted - evicted;
    for (const UnneededState& state : unneeded) {  // what comes from one stands before it
        TRY(op.still_wanted());
        auto gone = inside_->forget_state(op, state.id);
        if (!gone && gone.error().code != Code::conflict) return std::move(gone).error();
        collected.states += gone ? 1 : 0;
    }
    collected.bytes = std::max<int64_t>(0, before - TRY(inside_->states.usage()).bytes);
    return collected;
}

}  // namespace ry::databases

#pragma once
// What is removed, and why not, as the API shows it.
#include <array>

#include "base/fields.h"
#include "modules/databases/instance_model.h"

namespace ry::databases {

struct RemoveState {
    bool recurse = false;
    static const Fields& fields() {
        static const Field table[] = {
            field("recurse", &RemoveState::recurse, "Also the states that come from it; not while one of them has instances.", defaulted())};
        static const Fields all{"RemoveState", table};
        return all;
    }
};

struct Remove {
    std::string name;
    bool is_recursive = false;
    bool is_forced = false;
    bool is_dry_run = false;
    static const Fields& fields() {
        using S = Remove;
        static const Field table[] = {
            field("name", &S::name, "An instance, state, ref or prepare, by name or a unique beginning of its id.", length(1, name_bytes_max), positional()),
            field("is_recursive", &S::is_recursive, "Also what comes from it: states and instances.", defaulted()),
            field("is_forced", &S::is_forced, "Also while somebody is connected, or a prepare needs it.", defaulted()),
            field("is_dry_run", &S::is_dry_run, "Only say what would be removed.", defaulted()),
        };
        static const Fields all{"RemoveDatabase", table};
        return all;
    }
};

enum class RemovalKind { state, instance, prepare };
constexpr std::array<std::string_view, 3> names_of(RemovalKind) { return {"state", "instance", "prepare"}; }

struct RemovalItem {
    RemovalKind kind = RemovalKind::instance;
    std::string id;
    std::optional<std::string> name;
    int depth = 0;
    int connections = 0;
    std::optional<std::string> reason;
    static const Fields& fields() {
        using S = RemovalItem;
        static const Field table[] = {
            field("kind", &S::kind, "What it is."),
            field("id", &S::id, "Its id."),
            field("name", &S::name, "Its name; of a state, its step in a few words."),
            field("depth", &S::depth, "How far below the first it stands: it comes from the last one before it that is less deep."),
            field("connections", &S::connections, "How many are connected to it."),
            field("reason", &S::reason, "Why it may not be removed: active_connections, active_tasks, has_descendants, is_of_app, is_pinned, blocked_by_descendant."),
        };
        static const Fields all{"RemovalItem", table};
        return all;
    }
};

enum class RemovalOutcome { removed, would_remove, blocked };
constexpr std::array<std::string_view, 3> names_of(RemovalOutcome) { return {"removed", "would_remove", "blocked"}; }

/// All of it was removed, or nothing.
struct Removal {
    RemovalOutcome outcome = RemovalOutcome::removed;
    std::vector<RemovalItem> items;
    static const Fields& fields() {
        using S = Removal;
        static const Field table[] = {
            field("outcome", &S::outcome, "Whether it was removed."),
            field("items", &S::items, "What was asked for and what comes from it, as a tree."),
        };
        static const Fields all{"Removal", table};
        return all;
    }
};

struct Collect {
    bool is_everything = false;
    bool is_dry_run = false;
    static const Fields& fields() {
        using S = Collect;
        static const Field table[] = {
            field("is_everything", &S::is_everything, "Also states for which there is room, if nothing names them, copies them or comes from them that is needed.", defaulted()),
            field("is_dry_run", &S::is_dry_run, "Only say what would go.", defaulted()),
        };
        static const Fields all{"CollectDatabases", table};
        return all;
    }
};

struct Collected {
    int64_t instances = 0;
    int64_t states = 0;
    int64_t bytes = 0;
    bool is_dry_run = false;
    static const Fields& fields() {
        using S = Collected;
        static const Field table[] = {
            field("instances", &S::instances, "How many instances went, because their time was over."),
            field("states", &S::states, "How many states went."),
            field("bytes", &S::bytes, "What that freed on the disk."),
            field("is_dry_run", &S::is_dry_run, "Whether nothing was done yet."),
        };
        static const Fields all{"CollectedDatabases", table};
        return all;
    }
};

}  // namespace ry::databases

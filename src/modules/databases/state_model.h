#pragma once
// States, as the API shows them, and what they take and save together.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/op/op.h"

namespace ry::databases {

enum class StateKind { base, psql, lb, pgbench, dump, snapshot, migrations, clone };
constexpr std::array<std::string_view, 8> names_of(StateKind) {
    return {"base", "psql", "lb", "pgbench", "dump", "snapshot", "migrations", "clone"};
}
constexpr std::string_view name_of(StateKind kind) { return names_of(kind)[size_t(kind)]; }

struct State {
    std::string id;
    std::optional<std::string> parent_id;
    std::string image;
    StateKind kind = StateKind::base;
    std::string title;
    int64_t bytes = 0;
    int64_t build_ms = 0;
    int64_t uses = 0;
    int64_t instances = 0;
    std::vector<std::string> refs;
    Time created_at;
    Time last_used_at;
    static const Fields& fields() {
        using S = State;
        static const Field table[] = {
            field("id", &S::id,
                  "The key of what made it: 64 hex digits; a unique beginning of 8 or more is enough to name it."),
            field("parent_id", &S::parent_id, "The state that its step began with."),
            field("image", &S::image, "The PostgreSQL that made it."),
            field("kind", &S::kind, "What made it."),
            field("title", &S::title, "Its step, in a few words."),
            field("bytes", &S::bytes, "What it added to the disk when it was made."),
            field("build_ms", &S::build_ms, "How long it took to build."),
            field("uses", &S::uses, "How often it was handed out."),
            field("instances", &S::instances, "How many instances are copies of it."),
            field("refs", &S::refs, "The refs that name it."),
            field("created_at", &S::created_at, "When it was built."),
            field("last_used_at", &S::last_used_at, "When it was handed out last."),
        };
        static const Fields all{"DatabaseState", table};
        return all;
    }
};

struct CacheStatus {
    std::string backend;
    std::string why;
    int64_t states = 0;
    int64_t bytes = 0;
    int64_t bytes_max = 0;
    int64_t bytes_free = 0;
    int64_t bytes_reclaimable = 0;
    int64_t evicted = 0;
    std::optional<Time> last_evicted_at;
    int64_t hits = 0;
    int64_t misses = 0;
    int64_t saved_ms = 0;
    int64_t warm = 0;
    static const Fields& fields() {
        using S = CacheStatus;
        static const Field table[] = {
            field("backend", &S::backend, "How copies are made."),
            field("why", &S::why, "What a copy costs here, and why there is no better way."),
            field("states", &S::states, "How many states there are, of databases and of packages."),
            field("bytes", &S::bytes, "What they take on the disk."),
            field("bytes_max", &S::bytes_max, "What they may take."),
            field("bytes_free", &S::bytes_free, "What is free on the disk."),
            field("bytes_reclaimable", &S::bytes_reclaimable, "What could be evicted now."),
            field("evicted", &S::evicted, "How many were evicted so far."),
            field("last_evicted_at", &S::last_evicted_at, "When one was evicted last."),
            field("hits", &S::hits, "Steps that were there already, since the server started."),
            field("misses", &S::misses, "Steps that had to be built, since the server started."),
            field("saved_ms", &S::saved_ms, "What the hits would have taken to build."),
            field("warm", &S::warm, "How many copies run already for whoever asks next."),
        };
        static const Fields all{"CacheStatus", table};
        return all;
    }
};

// ---- what a person sends

struct ListStates {
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListStates;
        static const Field table[] = {
            field("limit", &S::limit, "How many at most.", range(1, 200)),
            field("cursor", &S::cursor, "next_cursor of the page before."),
        };
        static const Fields all{"ListStates", table};
        return all;
    }
};

}  // namespace ry::databases

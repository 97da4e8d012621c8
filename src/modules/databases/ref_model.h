#pragma once
// Refs, as the API shows them.
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/op/op.h"
#include "modules/databases/instance_model.h"

namespace ry::databases {

/// A named handle on a state.
struct Ref {
    std::string name;
    std::string state_id;
    std::vector<std::string> tags;
    bool is_pinned = false;
    std::optional<Time> keep_until;
    Time created_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Ref;
        static const Field table[] = {
            field("name", &S::name, "Its name, such as shop@main; it works in connection strings."),
            field("state_id", &S::state_id, "The state that it names."),
            field("tags", &S::tags, "Its tags."),
            field("is_pinned", &S::is_pinned, "Whether the state is kept for ever."),
            field("keep_until", &S::keep_until, "Until when the state is kept at least."),
            field("created_at", &S::created_at, "When it was made."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"Ref", table};
        return all;
    }
};

// ---- what a person sends

struct SetRef {
    std::string state_id;
    std::vector<std::string> tags;
    std::optional<bool> is_pinned;
    std::optional<int64_t> keep_ms;
    static const Fields& fields() {
        using S = SetRef;
        static const Field table[] = {
            field("state_id", &S::state_id,
                  "The state that it shall name, by a unique beginning of its id, or by another ref.",
                  length(1, name_bytes_max), positional()),
            field("tags", &S::tags, "Its tags.", length(0, 20), defaulted()),
            field("is_pinned", &S::is_pinned, "Keep the state for ever."),
            field("keep_ms", &S::keep_ms, "Keep the state at least so long.", range(0, double(ttl_ms_max))),
        };
        static const Fields all{"SetRef", table};
        return all;
    }
};

struct PinRef {
    std::optional<int64_t> keep_ms;
    static const Fields& fields() {
        static const Field table[] = {field("keep_ms", &PinRef::keep_ms,
                                            "Keep the state at least so long, instead of for ever.",
                                            range(0, double(ttl_ms_max)))};
        static const Fields all{"PinDatabaseRef", table};
        return all;
    }
};

struct ListRefs {
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListRefs;
        static const Field table[] = {
            field("limit", &S::limit, "How many at most; 50 without it.", range(1, 200)),
            field("cursor", &S::cursor, "next_cursor of the page before."),
        };
        static const Fields all{"ListRefs", table};
        return all;
    }
};

}  // namespace ry::databases

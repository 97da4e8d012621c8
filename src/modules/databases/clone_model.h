#pragma once
// Clones of running servers, as the API shows them.
#include <optional>
#include <string>

#include "base/fields.h"
#include "kernel/op/op.h"
#include "modules/databases/step_model.h"

namespace ry::databases {

/// A clone that was taken of a running server, as it was taken last.
struct Clone {
    std::string title;
    std::string state_id;
    std::string sha256;
    int64_t bytes = 0;
    Time created_at;
    static const Fields& fields() {
        using S = Clone;
        static const Field table[] = {
            field("title", &S::title, "What was cloned: user, host and database, and which part of it."),
            field("state_id", &S::state_id, "The state that its dump made."),
            field("sha256", &S::sha256, "The SHA-256 of its dump."),
            field("bytes", &S::bytes, "The size of its dump."),
            field("created_at", &S::created_at, "When the state was built."),
        };
        static const Fields all{"DatabaseClone", table};
        return all;
    }
};

// ---- what a person sends

struct ListClones {
    std::optional<std::string> title;
    static const Fields& fields() {
        static const Field table[] = {
            field("title", &ListClones::title, "Of this title only.", length(1, title_bytes_max))};
        static const Fields all{"ListClones", table};
        return all;
    }
};

}  // namespace ry::databases

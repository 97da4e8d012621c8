#pragma once
// What the lists of the module have in common.
#include <optional>
#include <string>

#include "base/fields.h"
#include "base/result.h"

namespace ry::chats {

inline constexpr int page_default = 50;
inline Error not_a_cursor() { return invalid("/cursor", "is not a cursor of this list; leave it out to start from the beginning"); }

/// A page of a list that has no other choices.
struct Paging {
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = Paging;
        static const Field table[] = {
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"Paging", table};
        return all;
    }
};

}  // namespace ry::chats

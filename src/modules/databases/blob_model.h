#pragma once
// Contents that steps read, when they are too large for one request.
#include <string>
#include <vector>

#include "base/fields.h"

namespace ry::databases {

constexpr size_t parts_max = 4'096;  // of one blob: 16 GiB in parts of 4 MiB

/// A content too large for one request, put together from what was sent in parts.
struct JoinBlobs {
    std::string sha256;
    std::vector<std::string> parts;
    static const Fields& fields() {
        using S = JoinBlobs;
        static const Field table[] = {
            field("sha256", &S::sha256, "The SHA-256 of the whole: 64 hex digits.", length(64, 64)),
            field("parts", &S::parts, "The SHA-256 of each part, in order; parts are not kept.", length(1, parts_max)),
        };
        static const Fields all{"JoinBlobs", table};
        return all;
    }
};

}  // namespace ry::databases

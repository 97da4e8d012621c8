#pragma once
// What a stream's tables keep, as values.
#include <cstdint>
#include <optional>
#include <string>

#include "base/fields.h"

namespace ry::stream {

/// One event as it is kept. `data` is an object whose first member is "type"; the bytes are kept as they were appended.
struct Event {
    int64_t seq = 0;
    std::string type;
    Json data;
    std::optional<int64_t> closes;  ///< the block of the text which this event ends
    static const Fields& fields();
};

/// What was flushed of a text: all that survives a crash.
struct FlushedText {
    int64_t block = 0;
    std::string text;
    static const Fields& fields();
};

}  // namespace ry::stream

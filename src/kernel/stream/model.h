#pragma once
// What a stream's tables keep, as values.
#include <cstdint>
#include <optional>
#include <string>

#include "base/fields.h"
#include "kernel/op/op.h"

namespace ry::stream {

/// One event as it is kept. `data` is an object whose first member is "type"; the bytes are kept as they were appended.
struct Event {
    int64_t seq = 0;
    std::string type;
    Json data;
    bool opens = false;               ///< opens the text named by its seq
    std::optional<int64_t> closes;    ///< the block of the text which this event ends
    std::optional<std::string> text;  ///< the whole of that text, when data.block.content does not say it
    static const Fields& fields();
};

/// What was flushed of an open text: all that survives a crash.
struct FlushedText {
    int64_t block = 0;
    std::string text;
    static const Fields& fields();
};

/// A stream at one moment: its head and its open texts, each from the byte the reader already had.
struct Look {
    int64_t last_seq = 0;
    std::vector<FlushedText> texts;
    static const Fields& fields();
};

/// A stream whose head is beyond what a reader knew, or where an event was appended.
struct Head {
    OrganizationId organization_id;
    std::string stream;
    int64_t seq = 0;
    static const Fields& fields();
};

}  // namespace ry::stream

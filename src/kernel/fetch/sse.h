#pragma once
// Incremental readers for streamed bodies: server-sent events (WHATWG HTML §9.2) and JSON lines. Bytes may break
// anywhere.
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ry::fetch {

/// The views are valid during the call that gets them.
struct SseEvent {
    std::string_view name;  ///< of `event:`; "message" when the server gave none
    std::string_view data;  ///< the `data:` lines, joined by LF
    std::string_view id;    ///< the last `id:` seen in the stream
};

/// Gets a line without its end; an error stops the reading and is returned to who fed the bytes.
using OnLine = std::function<Result<void>(std::string_view line)>;
using OnEvent = std::function<Result<void>(const SseEvent& event)>;

/// Which bytes end a line.
enum class LineEnds { lf, cr_lf_or_both };

/// Splits bytes into lines, one copy of an unfinished line at most. `lf` takes a CR before the LF away as well.
class LineSplitter {
public:
    static constexpr size_t line_bytes_max_default = 4 << 20;  ///< an answer with an inlined image is the longest known
    explicit LineSplitter(LineEnds ends, size_t line_bytes_max = line_bytes_max_default)
        : ends_(ends), line_bytes_max_(line_bytes_max) {}

    /// too_large when a line grows over the limit.
    Result<void> feed(std::string_view bytes, const OnLine& on_line);
    /// The stream ended: gives the last line when it has no end.
    Result<void> finish(const OnLine& on_line);

private:
    Result<void> keep(std::string_view piece);
    Result<void> give(std::string_view piece, const OnLine& on_line);

    LineEnds ends_;
    size_t line_bytes_max_;
    std::string kept_;       ///< the beginning of a line whose end has not come
    bool after_cr_ = false;  ///< an LF that comes now belongs to the CR before it
};

/// Reads server-sent events. Comments and unknown fields are skipped, one byte order mark at the start too.
class SseParser {
public:
    static constexpr size_t event_bytes_max_default = 4 << 20;
    explicit SseParser(size_t event_bytes_max = event_bytes_max_default)
        : event_bytes_max_(event_bytes_max), lines_(LineEnds::cr_lf_or_both, event_bytes_max) {}

    /// too_large when a line or the joined data of an event grows over the limit.
    Result<void> feed(std::string_view bytes, const OnEvent& on_event);
    /// The stream ended. An event that lacks only its empty line is given: some model servers leave the last one out.
    Result<void> finish(const OnEvent& on_event);

private:
    Result<void> line(std::string_view line, const OnEvent& on_event);
    Result<void> dispatch(const OnEvent& on_event);

    size_t event_bytes_max_;
    LineSplitter lines_;
    bool is_first_line_ = true;  ///< where a byte order mark may stand
    std::string name_, data_, id_;
    bool has_data_ = false;
};

}  // namespace ry::fetch

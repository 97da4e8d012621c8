#include "kernel/fetch/sse.h"

#include <algorithm>

namespace ry::fetch {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

Error too_long(size_t bytes_max) {
    return fail(Code::too_large, "a streamed line is longer than " + std::to_string(bytes_max) +
                                     " bytes; the server's answer is broken");
}

}  // namespace

// ---- lines

Result<void> LineSplitter::feed(std::string_view bytes, const OnLine& on_line) {
    std::string_view ends = ends_ == LineEnds::lf ? "\n" : "\r\n";
    while (!bytes.empty()) {
        if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
        after_cr_ = false;
        size_t end = bytes.find_first_of(ends);
        if (end == bytes.npos) return keep(bytes);
        after_cr_ = bytes[end] == '\r';
        TRY(give(bytes.substr(0, end), on_line));
        bytes.remove_prefix(end + 1);
    }
    return {};
}

Result<void> LineSplitter::finish(const OnLine& on_line) {
    if (kept_.empty()) return {};
    return give({}, on_line);
}

Result<void> LineSplitter::keep(std::string_view piece) {
    if (kept_.size() + piece.size() > line_bytes_max_) return too_long(line_bytes_max_);
    kept_ += piece;
    return {};
}

/// The line that ends with `piece`.
Result<void> LineSplitter::give(std::string_view piece, const OnLine& on_line) {
    std::string whole;
    if (kept_.empty()) {
        if (piece.size() > line_bytes_max_) return too_long(line_bytes_max_);
    } else {
        TRY(keep(piece));
        whole.swap(kept_);
        piece = whole;
    }
    if (ends_ == LineEnds::lf && piece.ends_with('\r')) piece.remove_suffix(1);
    return on_line(piece);
}

// ---- events

Result<void> SseParser::feed(std::string_view bytes, const OnEvent& on_event) {
    return lines_.feed(bytes, [&](std::string_view text) { return line(text, on_event); });
}

Result<void> SseParser::finish(const OnEvent& on_event) {
    TRY(lines_.finish([&](std::string_view text) { return line(text, on_event); }));
    return dispatch(on_event);
}

Result<void> SseParser::line(std::string_view line, const OnEvent& on_event) {
    if (is_first_line_ && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    is_first_line_ = false;
    if (line.empty()) return dispatch(on_event);
    if (line.front() == ':') return {};
    size_t colon = std::min(line.find(':'), line.size());
    std::string_view field = line.substr(0, colon);
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "data") {
        if (data_.size() + value.size() + 1 > event_bytes_max_) return too_long(event_bytes_max_);
        if (has_data_) data_ += '\n';
        data_ += value;
        has_data_ = true;
    } else if (field == "event") {
        name_ = value;
    } else if (field == "id" && !value.contains('\0')) {
        id_ = value;
    }
    return {};
}

Result<void> SseParser::dispatch(const OnEvent& on_event) {
    std::string name = std::exchange(name_, {});
    std::string data = std::exchange(data_, {});
    if (!std::exchange(has_data_, false)) return {};
    return on_event({.name = name.empty() ? std::string_view("message") : name, .data = data, .id = id_});
}

}  // namespace ry::fetch

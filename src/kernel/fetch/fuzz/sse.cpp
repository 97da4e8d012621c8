// Server-sent events and JSON lines: any bytes, cut anywhere, read the same as in one piece.
#include "kernel/fetch/sse.h"

#include <cstdlib>

using namespace ry;
using namespace ry::fetch;

namespace {

std::string read(std::string_view bytes, size_t cut) {
    std::string seen;
    SseParser parser(1 << 16);
    OnEvent take = [&](const SseEvent& event) -> Result<void> {
        for (std::string_view text : {event.name, event.data, event.id}) (seen += text) += '\x01';
        return {};
    };
    LineSplitter lines(LineEnds::lf, 1 << 16);
    OnLine take_line = [&](std::string_view line) -> Result<void> {
        (seen += line) += '\x02';
        return {};
    };
    for (std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
        if (!parser.feed(piece, take)) return "too long";
        if (!lines.feed(piece, take_line)) return "too long";
    }
    (void)parser.finish(take).has_value();
    (void)lines.finish(take_line).has_value();
    return seen;
}

/// Events and lines come interleaved by piece, so they are compared apart.
std::string only(const std::string& seen, char end) {
    std::string kept;
    size_t from = 0;
    for (size_t at = 0; at < seen.size(); ++at) {
        if (seen[at] != '\x01' && seen[at] != '\x02') continue;
        if (seen[at] == end) kept += seen.substr(from, at + 1 - from);
        from = at + 1;
    }
    return kept;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    if (bytes.find_first_of("\x01\x02") != bytes.npos) return 0;
    size_t cut = (size_t(data[0]) << 8 | data[1]) % (bytes.size() + 1);
    std::string in_one = read(bytes, bytes.size()), in_two = read(bytes, cut);
    for (char end : {'\x01', '\x02'})
        if (only(in_one, end) != only(in_two, end)) abort();
    return 0;
}

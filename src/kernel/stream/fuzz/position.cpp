// Whatever bytes a client sends as Last-Event-ID: they are no position, or they read back as they were.
#include <cstdlib>

#include "kernel/stream/stream.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto position = ry::stream::Position::parse(text);
    if (position && !text.empty() && position->text() != text) std::abort();
    return 0;
}

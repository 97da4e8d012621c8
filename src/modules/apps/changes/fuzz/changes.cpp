// Any bytes: scanning never crashes, and cutting the answer at a place that the bytes choose changes nothing.
#include <cstdlib>

#include "modules/apps/changes/tests/events.h"

using namespace ry::apps::changes;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view answer(reinterpret_cast<const char*>(data), size);
    size_t first = size ? data[0] % (size + 1) : 0, step = 1 + (size > 1 ? data[1] % 7 : 0);
    if (testing::scan_in_chunks(answer, first, step) != testing::scan(answer)) std::abort();
    Tree tree{{{"src/a.ts", TreeKind::file, 8}, {"package.json", TreeKind::file, 2}, {"link", TreeKind::symlink, 1}},
              [](std::string_view path) -> ry::Result<std::string> {
                  return std::string(path == "package.json" ? "{}" : "one\ntwo\n");
              }};
    (void)plan(parse(answer), tree);
    return 0;
}

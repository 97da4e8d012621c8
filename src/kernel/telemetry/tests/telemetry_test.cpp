#include "kernel/telemetry/telemetry.h"

#include <doctest/doctest.h>

#include <string>

namespace ry::telemetry {
namespace {

/// Destroyed after everything static that is made later, as threads outlive what the end of a process takes away. What it
/// uses wrongly, AddressSanitizer tells.
struct CountsAtTheEnd {
    ~CountsAtTheEnd() {
        counter("ends_total", "Ends.").add();
        gauge("ends", "Ends.").set(1);
        histogram_ms("end_ms", "Ends.").observe(1);
        redact("a secret of the end");
        log(Level::error, "ended", {{"secret", "a secret of the end"}});
    }
} counts_at_the_end;

TEST_CASE("metrics have a name and a label, and count from zero while the process lives") {
    Counter& passed = counter("stories_total", "Stories told.", "how", "passed");
    passed.add();
    passed.add(2);
    CHECK(&counter("stories_total", "Stories told.", "how", "passed") == &passed);
    counter("stories_total", "Stories told.", "how", "failed").add();
    std::string text = metrics_text();
    CHECK(text.find("stories_total{how=\"passed\"} 3\n") != std::string::npos);
    CHECK(text.find("stories_total{how=\"failed\"} 1\n") != std::string::npos);
    gauge("stories", "Stories now.").set(4);
    CHECK(metrics_text().find("stories 4\n") != std::string::npos);
}

}  // namespace
}  // namespace ry::telemetry

#include "kernel/sandbox/probe.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "kernel/sandbox/tests/story.h"

using namespace ry::sandbox;
using namespace ry::sandbox::testing;

TEST_CASE("on a host where sandboxes run, nothing is missing, and all that is weaker says what to do") {
    TempDir temp;
    auto findings = probe({.runtime_dir = temp.path + "/runtime"}, temp.dir("data"));
    CHECK(findings.size() == 12);
    for (const Finding& finding : findings) {
        CAPTURE(finding.name);
        CAPTURE(finding.detail);
        CHECK(finding.verdict != Verdict::missing);
        CHECK(finding.fix.empty() == (finding.verdict == Verdict::good));
        CHECK_FALSE(finding.detail.empty());
        CHECK_FALSE(finding.why.empty());
    }
    CHECK(std::filesystem::is_empty(temp.path + "/data"));
}

TEST_CASE("what is missing is named with the command that brings it") {
    TempDir temp;
    auto findings = probe({.runtime_dir = temp.path + "/runtime", .bwrap = "/nowhere/bwrap"}, temp.dir("data"));
    auto bwrap = std::ranges::find(findings, "bubblewrap", &Finding::name);
    REQUIRE(bwrap != findings.end());
    CHECK(bwrap->verdict == Verdict::missing);
    CHECK(bwrap->fix == "apt-get install bubblewrap");
}

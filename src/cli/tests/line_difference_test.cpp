#include "cli/line_difference.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace ry::cli {
namespace {

std::string shown(std::string_view before, std::string_view after, size_t edits_max = 1'000) {
    std::string text;
    for (const DifferenceLine& line : line_difference(before, after, edits_max)) text += (line.kind == LineKind::common ? ' ' : line.kind == LineKind::added ? '+' : '-') + std::string(line.text) + "\n";
    return text;
}

TEST_CASE("the difference of two texts is the shortest") {
    CHECK(shown("", "") == "");
    CHECK(shown("a\nb\n", "a\nb\n") == " a\n b\n");
    CHECK(shown("", "a\n") == "+a\n");
    CHECK(shown("a\nb\nc\n", "a\nx\nc\n") == " a\n-b\n+x\n c\n");
    CHECK(shown("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n").size() == 3u * 9);  // of Myers' paper: five edits, four lines in common
    CHECK(shown("a\nb\n", "c\nd\n", 2) == "-a\n-b\n+c\n+d\n");
}

TEST_CASE("either text can be read back from the difference") {
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        std::string before, after;
        for (unsigned i = random() % 20; i > 0; --i) before += std::string(1, char('a' + random() % 4)) + "\n";
        for (unsigned i = random() % 20; i > 0; --i) after += std::string(1, char('a' + random() % 4)) + "\n";
        std::string a, b;
        for (const DifferenceLine& line : line_difference(before, after, 1 + random() % 40)) {
            if (line.kind != LineKind::added) a += std::string(line.text) + "\n";
            if (line.kind != LineKind::removed) b += std::string(line.text) + "\n";
        }
        CHECK(a == before);
        CHECK(b == after);
    }
}

}  // namespace
}  // namespace ry::cli

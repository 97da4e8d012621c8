#include "kernel/fetch/sse.h"

#include <doctest/doctest.h>

#include <vector>

using namespace ry;
using namespace ry::fetch;

namespace {

/// What a reader of the stream sees, one line an event: "name|data|id".
struct Seen {
    std::vector<std::string> events;
    OnEvent take() {
        return [this](const SseEvent& event) -> Result<void> {
            events.push_back(std::string(event.name) + "|" + std::string(event.data) + "|" + std::string(event.id));
            return {};
        };
    }
};

std::vector<std::string> read_in_pieces(std::string_view bytes, const std::vector<size_t>& cuts) {
    SseParser parser;
    Seen seen;
    size_t from = 0;
    for (size_t cut : cuts) {
        REQUIRE(parser.feed(bytes.substr(from, cut - from), seen.take()));
        from = cut;
    }
    REQUIRE(parser.feed(bytes.substr(from), seen.take()));
    REQUIRE(parser.finish(seen.take()));
    return seen.events;
}

using Events = std::vector<std::string>;
struct Sample {
    std::string bytes;
    Events events;
};
const Sample samples[] = {
    {"", {}},
    {"data: one\n\ndata: two\n\n", {"message|one|", "message|two|"}},
    {"data: one\r\n\r\ndata: two\r\n\r\n", {"message|one|", "message|two|"}},
    {"data: one\r\rdata: two\r\r", {"message|one|", "message|two|"}},
    {"data: one\r\n\rdata: two\n\r\n", {"message|one|", "message|two|"}},
    {"event: ping\ndata:x\n\ndata:  y\n\n", {"ping|x|", "message| y|"}},
    {"data: a\ndata:\ndata: b\n\n", {"message|a\n\nb|"}},
    {"data\n\n", {"message||"}},
    {": a comment\n\n:\ndata: x\n:another\n\n", {"message|x|"}},
    {"event: lost\n\ndata: x\n\n", {"message|x|"}},
    {"id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", {"message|a|7", "message|b|7", "message|c|"}},
    {"retry: 10\nwhatever: 1\ndata: x\n\n", {"message|x|"}},
    {"\xEF\xBB\xBF"
     "data: x\n\n",
     {"message|x|"}},
    {"data: \xEF\xBB\xBFx\n\n", {"message|\xEF\xBB\xBFx|"}},
    {"data: Привет, 世界 🙂\n\n", {"message|Привет, 世界 🙂|"}},
    {"data: no empty line\n", {"message|no empty line|"}},
    {"data: no end at all", {"message|no end at all|"}},
    {"\n\n\r\n\rdata: x\n\n\n\n", {"message|x|"}},
};

}  // namespace

TEST_CASE("events are the same wherever the bytes break") {
    for (const Sample& sample : samples) {
        CAPTURE(sample.bytes);
        CHECK(read_in_pieces(sample.bytes, {}) == sample.events);
        for (size_t cut = 0; cut <= sample.bytes.size(); ++cut)
            CHECK(read_in_pieces(sample.bytes, {cut}) == sample.events);
        std::vector<size_t> everywhere;
        for (size_t cut = 1; cut < sample.bytes.size(); ++cut) everywhere.push_back(cut);
        CHECK(read_in_pieces(sample.bytes, everywhere) == sample.events);
    }
}

TEST_CASE("two cuts anywhere change nothing either") {
    std::string all;
    Events expected;
    for (const Sample& sample : samples)
        if (sample.bytes.ends_with("\n\n") && !sample.bytes.contains('\r') && !sample.bytes.contains("id")) {
            if (sample.bytes.starts_with("\xEF")) continue;
            all += sample.bytes;
            expected.insert(expected.end(), sample.events.begin(), sample.events.end());
        }
    REQUIRE(expected.size() > 8);
    for (size_t first = 0; first <= all.size(); first += 3)
        for (size_t second = first; second <= all.size(); second += 5)
            REQUIRE(read_in_pieces(all, {first, second}) == expected);
}

TEST_CASE("a line or an event over the limit ends the reading") {
    Seen seen;
    SseParser small(16);
    CHECK(small.feed("data: 123456789\n\n", seen.take()));
    auto too_long = small.feed("data: 12345678901", seen.take());
    REQUIRE_FALSE(too_long);
    CHECK(too_long.error().code == Code::too_large);

    SseParser joined(16);
    auto too_much = joined.feed("data: 12345678\ndata: 12345678\n\n", seen.take());
    REQUIRE_FALSE(too_much);
    CHECK(too_much.error().code == Code::too_large);
    CHECK(seen.events == Events{"message|123456789|"});
}

TEST_CASE("an error of the reader stops at once and comes back") {
    SseParser parser;
    int count = 0;
    auto result = parser.feed("data: 1\n\ndata: 2\n\n", [&](const SseEvent&) -> Result<void> {
        ++count;
        return fail(Code::unsupported, "not this");
    });
    REQUIRE_FALSE(result);
    CHECK(result.error().message == "not this");
    CHECK(count == 1);
}

TEST_CASE("JSON lines: LF or CRLF, the last end may be missing") {
    std::string bytes = "{\"a\":1}\r\n\n{\"b\":\"\rй\"}\n{\"c\":3}";
    std::vector<std::string> expected = {"{\"a\":1}", "", "{\"b\":\"\rй\"}", "{\"c\":3}"};
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
        LineSplitter lines(LineEnds::lf);
        std::vector<std::string> seen;
        auto take = [&](std::string_view line) -> Result<void> {
            seen.emplace_back(line);
            return {};
        };
        REQUIRE(lines.feed(std::string_view(bytes).substr(0, cut), take));
        REQUIRE(lines.feed(std::string_view(bytes).substr(cut), take));
        REQUIRE(lines.finish(take));
        CHECK(seen == expected);
    }
    LineSplitter small(LineEnds::lf, 4);
    CHECK_FALSE(small.feed("12345", [](std::string_view) -> Result<void> { return {}; }));
}

// The machine alone, without a database: what goes in, what readers get.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "kernel/stream/tests/reader.h"
#include "kernel/stream/topic.h"

using namespace ry;
using namespace ry::stream;

namespace {

std::shared_ptr<const Event> event(int64_t seq, bool opens = false, std::optional<int64_t> closes = {}) {
    return std::make_shared<const Event>(Event{.seq = seq, .type = "x.happened", .data = {R"({"type":"x.happened"})"}, .opens = opens, .closes = closes});
}

/// A topic whose stream ends at `head`, with one live reader.
struct Followed {
    Topic topic{OrganizationId::fresh(), "x:1", 1 << 20};
    std::shared_ptr<Reader> reader = std::make_shared<Reader>();

    explicit Followed(int64_t head) {
        join(reader, {head, {}});
        topic.looked(topic.life(), {}, Look{head, {}});
        topic.advance();
    }
    std::shared_ptr<Subscriber> join(std::shared_ptr<Reader> follower, Position after) {
        auto subscriber = std::make_shared<Subscriber>(Subscriber{.follower = std::move(follower), .position = std::move(after)});
        topic.join(subscriber);
        topic.advance();
        return subscriber;
    }
    Fold fold(int64_t from) {
        Fold fold{.last_seq = from};
        for (const std::string& frame : reader->frames()) fold.take(frame);
        return fold;
    }
};

}  // namespace

TEST_CASE("commits that report in any order are shown in their own") {
    std::mt19937 random(11);
    for (int round = 0; round < 200; ++round) {
        Followed followed(10);
        std::vector<int64_t> seqs{11, 12, 13, 14, 15, 16, 17, 18};
        std::ranges::shuffle(seqs, random);
        for (int64_t seq : seqs) {
            followed.topic.publish(event(seq));
            followed.topic.advance();
        }
        Fold fold = followed.fold(10);
        CHECK(fold.problem == "");
        CHECK(fold.last_seq == 18);
    }
}

TEST_CASE("a gap is read from the database, once") {
    Followed followed(3);
    followed.topic.publish(event(6));
    Reads reads = followed.topic.advance();
    REQUIRE(reads.events_after == 3);
    CHECK_FALSE(followed.topic.advance().events_after);  // on its way
    followed.topic.read(followed.topic.life(), std::vector<Event>{*event(4), *event(5), *event(6)});
    CHECK_FALSE(followed.topic.advance().events_after);
    CHECK(followed.fold(3).last_seq == 6);
    CHECK(followed.fold(3).problem == "");
}

TEST_CASE("a read that failed is made again when the hub says so, not before") {
    Followed followed(3);
    followed.topic.hear(4, false);
    REQUIRE(followed.topic.advance().events_after == 3);
    followed.topic.read(followed.topic.life(), std::nullopt);
    CHECK_FALSE(followed.topic.advance().events_after);
    CHECK(followed.topic.is_stalled());
    followed.topic.try_again();
    CHECK(followed.topic.advance().events_after == 3);
}

TEST_CASE("a position beyond the end counts as the end") {
    Followed followed(3);
    auto lost = std::make_shared<Reader>();
    followed.join(lost, {99, {}});
    followed.topic.read(followed.topic.life(), std::vector<Event>{});
    followed.topic.advance();
    followed.topic.publish(event(4));
    followed.topic.advance();
    REQUIRE(lost->frames().size() == 1);
    CHECK(parse_frame(lost->frames()[0])->id == "4");
}

TEST_CASE("a piece may cut a letter anywhere; readers get whole ones") {
    const std::string whole = "żółw 🐢 плывёт — 亀, \"ok\"\n";
    for (size_t cut = 0; cut <= whole.size(); ++cut) {
        for (size_t second = cut; second <= whole.size(); ++second) {
            Followed followed(0);
            followed.topic.open_local_text(1);
            followed.topic.publish(event(1, true));
            followed.topic.advance();
            REQUIRE(followed.topic.push(1, whole.substr(0, cut)));
            REQUIRE(followed.topic.push(1, whole.substr(cut, second - cut)));
            REQUIRE(followed.topic.push(1, whole.substr(second)));
            Fold fold = followed.fold(0);
            CHECK(fold.problem == "");
            CHECK(fold.texts[1] == whole);
            for (const std::string& frame : followed.reader->frames()) CHECK(is_utf8(frame));
        }
    }
}

TEST_CASE("bytes that are no text become U+FFFD, and so does the zero byte") {
    Followed followed(0);
    followed.topic.open_local_text(1);
    REQUIRE(followed.topic.push(1, std::string_view("a\xFF" "b\0c\xE2\x28", 7)));
    auto pieces = followed.topic.unflushed({});
    REQUIRE(pieces.size() == 1);
    CHECK(pieces[0].text == "a\uFFFD" "b\uFFFD" "c\uFFFD(");
}

TEST_CASE("a text has a limit, and none can be pushed after its end") {
    Topic topic(OrganizationId::fresh(), "x:1", 10);
    topic.open_local_text(1);
    REQUIRE(topic.push(1, "12345"));
    CHECK(topic.push(1, "123456").error().code == Code::too_large);
    topic.drop_text(1);
    CHECK(topic.push(1, "a").error().code == Code::conflict);
}

TEST_CASE("a reader who comes from another server with more of a text than was flushed gets the rest and nothing twice") {
    Followed followed(5);
    followed.topic.hear(5, true);
    Reads reads = followed.topic.advance();
    REQUIRE(reads.look);
    followed.topic.looked(followed.topic.life(), {}, Look{5, {{4, "Hello"}}});
    followed.topic.advance();
    auto ahead = std::make_shared<Reader>();
    followed.join(ahead, {5, {{4, 8}}});  // it has "Hello, w"
    CHECK(ahead->frames().empty());
    followed.topic.hear(5, true);
    REQUIRE(followed.topic.advance().look);
    followed.topic.looked(followed.topic.life(), followed.topic.known_texts(), Look{5, {{4, ", world"}}});
    followed.topic.advance();
    REQUIRE(ahead->frames().size() == 1);
    CHECK(text_in(parse_frame(ahead->frames()[0])->data) == "orld");
    CHECK(parse_frame(ahead->frames()[0])->id == "5~4.12");
}

TEST_CASE("a reader whose buffer is full is dropped, and the others go on") {
    Followed followed(0);
    auto slow = std::make_shared<Reader>(2);
    followed.join(slow, {});
    for (int64_t seq = 1; seq <= 5; ++seq) {
        followed.topic.publish(event(seq));
        followed.topic.advance();
    }
    CHECK(slow->is_over());
    CHECK(slow->frames().size() == 2);
    CHECK(followed.fold(0).last_seq == 5);
    CHECK(followed.topic.followers() == 1);
}

TEST_CASE("a large replay waits for room between turns, in the middle of a text too") {
    Followed followed(2);
    auto reader = std::make_shared<Reader>();
    auto subscriber = followed.join(reader, {});
    std::string whole(200'000, 'x');
    std::vector<Event> events{*event(1, true), *event(2, false, 1)};
    events[1].text = whole;
    bool waits = followed.topic.replay(*subscriber, events);
    int turns = 1;
    for (; waits; ++turns) {
        CHECK(reader->frames().size() <= size_t(turns) * 3);
        waits = followed.topic.room(*subscriber);
    }
    CHECK(turns >= 4);
    Fold fold;
    for (const std::string& frame : reader->frames()) fold.take(frame);
    CHECK(fold.problem == "");
    CHECK(fold.texts[1] == whole);
    CHECK(fold.last_seq == 2);
}

TEST_CASE("a large open text is caught up with in turns, and what comes meanwhile is not lost") {
    Followed followed(0);
    followed.topic.open_local_text(1);
    followed.topic.publish(event(1, true));
    followed.topic.advance();
    std::string whole(200'000, 'y');
    REQUIRE(followed.topic.push(1, whole));
    auto reader = std::make_shared<Reader>();
    auto subscriber = std::make_shared<Subscriber>(Subscriber{.follower = reader, .position = {1, {{1, 10}}}});
    followed.topic.join(subscriber);
    Reads reads = followed.topic.advance();
    REQUIRE(reads.rooms.size() == 1);
    REQUIRE(followed.topic.push(1, " and more"));
    while (!reads.rooms.empty()) {
        CHECK_FALSE(followed.topic.room(*subscriber));
        reads = followed.topic.advance();
    }
    REQUIRE(followed.topic.push(1, ", live"));
    std::string text;
    for (const std::string& frame : reader->frames()) text += text_in(parse_frame(frame)->data);
    CHECK(text == whole.substr(10) + " and more, live");
}

#include "modules/databases/proxy/wire.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "modules/databases/proxy/backend_login.h"

using namespace ry;
using namespace ry::databases;

namespace {

/// Everything of `stream` as frames, fed in pieces of the sizes that `size_of` gives.
std::vector<std::string> frames_of(std::string_view stream, bool has_type, auto size_of) {
    std::vector<std::string> found;
    Frame frame(has_type, 10'000);
    for (size_t at = 0; at < stream.size();) {
        size_t count = std::min<size_t>({frame.missing(), size_of(at), stream.size() - at});
        REQUIRE(frame.add(stream.substr(at, count)));
        at += count;
        if (!frame.is_complete()) continue;
        found.emplace_back(frame.bytes());
        frame.clear();
    }
    CHECK(frame.is_empty());
    return found;
}

std::string session_body(std::string_view parameters, uint32_t version = 3 << 16) {
    return integer_bytes(version) + std::string(parameters);
}

Frame frame_of(std::string_view bytes) {
    Frame frame(true, 10'000);
    while (!bytes.empty()) {
        size_t count = std::min(frame.missing(), bytes.size());
        REQUIRE(frame.add(bytes.substr(0, count)));
        bytes.remove_prefix(count);
    }
    REQUIRE(frame.is_complete());
    return frame;
}

}  // namespace

TEST_CASE("messages are the same wherever the bytes are cut") {
    std::vector<std::string> messages{message('p', "secret"), message('X', ""), message('p', std::string(300, 'x')),
                                      message('S', std::string("a\0b", 3))};
    std::string stream;
    for (const std::string& one : messages) stream += one;
    for (size_t cut = 1; cut < stream.size(); ++cut)
        CHECK(frames_of(stream, true, [&](size_t at) { return at < cut ? cut - at : stream.size(); }) == messages);
    CHECK(frames_of(stream, true, [](size_t) { return size_t(1); }) == messages);

    std::vector<std::string> packets{integer_bytes(8) + integer_bytes(1234 << 16 | 5679),
                                     start_up_packet({{"user", "u"}, {"database", "d"}})};
    stream = packets[0] + packets[1];
    for (size_t cut = 1; cut < stream.size(); ++cut)
        CHECK(frames_of(stream, false, [&](size_t at) { return at < cut ? cut - at : stream.size(); }) == packets);
}

TEST_CASE("a length that cannot be is refused when it is known, before anything is kept for it") {
    for (uint32_t length : {0u, 3u, 7u, 10'001u, 0x7fffffffu, 0xffffffffu}) {
        CAPTURE(length);
        CHECK_FALSE(Frame(false, 10'000).add(integer_bytes(length)));
        if (length != 7) CHECK_FALSE(Frame(true, 10'000).add("p" + integer_bytes(length)));
    }
    Frame largest(false, 10'000);
    CHECK(largest.add(integer_bytes(10'000)));
    CHECK(largest.missing() == 9'996);
}

TEST_CASE("where messages end is known wherever the bytes are cut") {
    std::string stream = message('T', "abc") + message('Z', "") + message('D', std::string(300, 'x'));
    std::vector<uint64_t> missing;  // after each byte
    for (size_t body : {size_t(3), size_t(0), size_t(300)}) {
        missing.insert(missing.end(), {4, 3, 2, 1});
        for (size_t rest = body + 1; rest-- > 0;) missing.push_back(rest);
    }
    REQUIRE(missing.size() == stream.size());
    for (size_t cut = 0; cut < stream.size(); ++cut) {
        MessageEnds ends;
        ends.add(std::string_view(stream).substr(0, cut));
        CHECK(ends.missing() == (cut == 0 ? 0 : missing[cut - 1]));
        ends.add(std::string_view(stream).substr(cut));
        CHECK(ends.missing() == 0);
    }
}

TEST_CASE("start-up packets") {
    auto session =
        parse_start_up(session_body(std::string("user\0ann\0database\0shop@main\0application_name\0psql\0\0", 51)));
    REQUIRE(session);
    CHECK(session->kind == StartUp::Kind::session);
    CHECK(session->parameter("user") == "ann");
    CHECK(session->parameter("database") == "shop@main");
    CHECK(session->parameter("options") == "");
    CHECK(session->protocol_options.empty());

    auto newer = parse_start_up(session_body(std::string("user\0ann\0_pq_.x\0on\0\0", 20), 3 << 16 | 2));
    REQUIRE(newer);
    CHECK(newer->minor == 2);
    CHECK(newer->protocol_options == std::vector<std::string>{"_pq_.x"});
    CHECK(newer->parameters.size() == 1);

    CHECK(parse_start_up(integer_bytes(1234 << 16 | 5679))->kind == StartUp::Kind::ssl_request);
    CHECK(parse_start_up(integer_bytes(1234 << 16 | 5680))->kind == StartUp::Kind::gss_request);
    auto cancel = parse_start_up(cancel_request({77, "abcd"}).substr(4));
    REQUIRE(cancel);
    CHECK(cancel->kind == StartUp::Kind::cancel);
    CHECK(cancel->cancel == CancelKey{77, "abcd"});
}

TEST_CASE("start-up packets that are none say what is wrong") {
    for (std::string body :
         {std::string(), std::string("abc"), session_body("", 2 << 16), session_body("", 4 << 16), session_body(""),
          session_body(std::string("\0", 1)), session_body("user"), session_body(std::string("user\0", 5)),
          session_body(std::string("user\0ann\0", 9)), session_body(std::string("user\0ann\0\0x", 11)),
          session_body(std::string("user\0\0\0", 7)), integer_bytes(1234 << 16 | 5678) + "1234abc",
          integer_bytes(1234 << 16 | 5678) + "1234" + std::string(257, 'k'), integer_bytes(1234 << 16 | 5679) + "x"}) {
        CAPTURE(body);
        auto read = parse_start_up(body);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == Code::invalid);
    }
}

TEST_CASE("an ErrorResponse carries severity, SQLSTATE and text") {
    std::string bytes = fatal(sql_state_of(fail(Code::not_found, "")), "there is no database");
    BackendError error = parse_error(frame_of(bytes).body());
    CHECK(error.sql_state == "3D000");
    CHECK(error.text == "there is no database");
    CHECK(bytes.find(std::string("SFATAL\0VFATAL\0", 14)) != std::string::npos);
    CHECK(parse_error("C123").sql_state == "");
}

TEST_CASE("a backend that does not prove that it knows the password is not used") {
    Target target{.address = UnixAddress{"/x"}, .database = "d", .user = "u", .password = Secret("p")};
    BackendLogin login(target, {{"user", "client"}, {"database", "shop"}, {"application_name", "a"}});
    CHECK(login.start_up() == start_up_packet({{"application_name", "a"}, {"user", "u"}, {"database", "d"}}));
    CHECK_FALSE(login.take(frame_of(authentication(Authentication::ok))));
    CHECK_FALSE(BackendLogin(target, {}).take(frame_of(authentication(Authentication::cleartext))));
    CHECK_FALSE(BackendLogin(target, {}).take(frame_of(message('Z', "I"))));
    CHECK_FALSE(BackendLogin(target, {}).take(frame_of(message('T', ""))));
}

TEST_CASE("a backend's refusal of the login is ours to explain, every other one the client's to read") {
    Target target{.address = UnixAddress{"/x"}, .database = "d", .user = "u"};
    auto explained = BackendLogin(target, {}).take(frame_of(fatal("28P01", "password authentication failed")));
    REQUIRE_FALSE(explained);
    CHECK(explained.error().code == Code::unavailable);
    std::string full = fatal("53300", "sorry, too many clients already");
    auto passed = BackendLogin(target, {}).take(frame_of(full));
    REQUIRE(passed);
    CHECK(passed->has_refused);
    CHECK(passed->to_client == full);
}

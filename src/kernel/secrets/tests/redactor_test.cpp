#include <doctest/doctest.h>
#include <sodium.h>

#include <random>

#include "base/text.h"
#include "kernel/secrets/redactor.h"

using namespace ry;
using namespace ry::secrets;

namespace {

Redactor redactor_of(std::initializer_list<const char*> texts) {
    std::vector<Secret> secrets;
    for (const char* text : texts) secrets.emplace_back(std::string(text));
    return Redactor(secrets);
}

/// What a stream shows when `text` comes in pieces of `size` bytes.
std::string in_pieces(const Redactor& redactor, std::string_view text, size_t size) {
    Redactor::Stream stream = redactor.stream();
    std::string shown;
    for (size_t at = 0; at < text.size(); at += size) shown += stream.feed(text.substr(at, size));
    return shown += stream.flush();
}

}  // namespace

TEST_CASE("a secret is hidden as it is and in the encodings that programs print") {
    Redactor redactor = redactor_of({"s3cr3t/key \"A\"?"});
    struct Row {
        const char* form;
        std::string text;
    };
    const Row rows[] = {
        {"itself", "s3cr3t/key \"A\"?"},
        {"hex", hex("s3cr3t/key \"A\"?")},
        {"percent", "s3cr3t%2Fkey%20%22A%22%3F"},
        {"percent, lower", "s3cr3t%2fkey%20%22A%22%3f"},
        {"form", "s3cr3t%2Fkey+%22A%22%3F"},
        {"json", "s3cr3t/key \\\"A\\\"?"},
        {"json with escaped slash", "s3cr3t\\/key \\\"A\\\"?"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.form);
        CHECK(redactor.redact("key=" + row.text + ";") == "key=[redacted];");
    }
    CHECK(redactor.redact("nothing secret here") == "nothing secret here");
}

TEST_CASE("base64 is found at every place in its group, as in Basic authentication") {
    std::string key = "0123456789abcdefXYZ";
    Redactor redactor = redactor_of({key.c_str()});
    for (std::string before : {"", "u", "us", "usr", "user:"})
        for (std::string after : {"", "!", "!!", "!!!"}) {
            CAPTURE(before);
            CAPTURE(after);
            for (std::string text : {base64(before + key + after), base64url(before + key + after)}) {
                std::string shown = redactor.redact("Authorization: Basic " + text);
                CHECK(shown.find("[redacted]") != std::string::npos);
                CHECK(shown.find(text.substr(4, 16)) == std::string::npos);
            }
        }
}

TEST_CASE("a secret is hidden wherever the pieces are cut") {
    Redactor redactor = redactor_of({"hunter2-hunter2", "2-hunter2-tail", "abcdabcd"});
    std::string text = "a hunter2-hunter2-tail b hunter2-hunter3 abcdabcdabcd abcdabc";
    std::string whole = redactor.redact(text);
    CHECK(whole == "a [redacted] b hunter2-hunter3 [redacted] abcdabc");
    for (size_t size = 1; size <= text.size(); ++size) CHECK(in_pieces(redactor, text, size) == whole);
}

TEST_CASE("a stream holds back only what may be the beginning of a secret") {
    Redactor::Stream stream = redactor_of({"topsecretkey"}).stream();
    CHECK(stream.feed("line one\n") == "line one\n");
    CHECK(stream.feed("key: topsec") == "key: ");
    CHECK(stream.feed("ond thing\n") == "topsecond thing\n");
    CHECK(stream.feed("topsecretke") == "");
    CHECK(stream.feed("y.") == "[redacted].");
    CHECK(stream.feed("tops") == "");
    CHECK(stream.flush() == "tops");
}

TEST_CASE("property: no secret survives, other text does, for any cut") {
    std::mt19937 random(7);
    auto letters = [&](size_t length) {
        std::string text;
        while (text.size() < length) text += "ab"[random() % 2];
        return text;
    };
    for (int round = 0; round < 300; ++round) {
        std::vector<std::string> values{letters(4 + random() % 4), letters(5 + random() % 6)};
        std::vector<Secret> secrets;
        for (const std::string& value : values) secrets.emplace_back(std::string(value));
        Redactor redactor(secrets);
        std::string text = letters(60);
        std::string whole = redactor.redact(text);
        CHECK(in_pieces(redactor, text, 1 + random() % 9) == whole);
        std::string shown = whole;
        for (size_t at; (at = shown.find("[redacted]")) != std::string::npos;) shown.replace(at, 10, "|");
        for (const std::string& value : values) CHECK(shown.find(value) == std::string::npos);
        if (text.find(values[0]) == std::string::npos && text.find(values[1]) == std::string::npos) CHECK(whole == text);
    }
}

TEST_CASE("a redactor of nothing changes nothing, and tiny secrets do not take text apart") {
    CHECK(Redactor().redact("abc") == "abc");
    CHECK(redactor_of({"a"}).redact("banana") == "banana");
}

// What holds for all books: the automaton finds what a naive search finds, order and seed; and bad days.
#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "modules/chats/lore/automaton.h"
#include "modules/chats/lore/decorators.h"
#include "modules/chats/lore/tests/rules.h"

using namespace ry;
using namespace ry::chats::lore;

namespace {

std::string random_word(std::mt19937& random, size_t length_max, int letters) {
    std::string word;
    for (size_t length = 1 + random() % length_max; word.size() < length;)
        word += char('a' + random() % unsigned(letters));
    return word;
}

Book random_book(std::mt19937& random, size_t entries) {
    Book book;
    for (size_t uid = 0; uid < entries; ++uid) {
        Entry entry{.uid = int64_t(uid)};
        for (size_t keys = random() % 3; keys-- > 0;) entry.keys.push_back(random_word(random, 4, 3));
        if (random() % 3 == 0) entry.secondary_keys.push_back(random_word(random, 3, 3));
        entry.selective_logic = Logic(random() % 4);
        entry.constant = random() % 8 == 0;
        entry.insertion_order = int64_t(random() % 5);
        entry.content = random_word(random, 6, 3);
        entry.probability = double(random() % 101);
        if (random() % 3 == 0) entry.group = random() % 2 ? "g" : "h, g";
        entry.group_weight = int64_t(random() % 200);
        entry.delay_until_recursion = random() % 4 ? 0 : int64_t(random() % 3);
        entry.position = Position(random() % 8);
        if (random() % 4 == 0) entry.match_whole_words = true;
        book.entries.push_back(std::move(entry));
    }
    return book;
}

/// Verdicts by uid, and where everything went.
std::string all_of(const Outcome& outcome) {
    std::vector<std::string> verdicts;
    for (const Verdict& verdict : outcome.verdicts) verdicts.push_back(to_json(verdict));
    std::ranges::sort(verdicts);
    std::string all = placed(outcome);
    for (const std::string& verdict : verdicts) all += "\n" + verdict;
    return all;
}

}  // namespace

TEST_CASE("the automaton finds every word that a naive search finds, at each place") {
    std::mt19937 random(1);
    for (int turn = 0; turn < 300; ++turn) {
        std::set<std::string> distinct;
        for (size_t words = random() % 40; words-- > 0;) distinct.insert(random_word(random, 6, 2 + turn % 3));
        std::vector<std::string> words(distinct.begin(), distinct.end());
        std::ranges::shuffle(words, random);
        std::string text = random_word(random, 200, 2 + turn % 3);
        Automaton automaton(words);
        std::set<std::pair<std::string, size_t>> found, expected;
        automaton.scan(text, [&](uint32_t longest, size_t end) {
            for (uint32_t word = longest; word != Automaton::none; word = automaton.shorter(word))
                found.insert({words[word], end});
        });
        for (const std::string& word : words)
            for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
                expected.insert({word, at + word.size()});
        REQUIRE(found == expected);
    }
}

TEST_CASE("in which order a file has its entries changes nothing, and the same seed repeats all") {
    std::mt19937 random(2);
    for (int turn = 0; turn < 100; ++turn) {
        Book book = random_book(random, 30);
        Scene scene = scene_of({random_word(random, 20, 3), random_word(random, 20, 3)});
        scene.seed = random();
        std::string once = all_of(resolved(book, scene));
        CHECK(all_of(resolved(book, scene)) == once);
        std::ranges::shuffle(book.entries, random);
        REQUIRE(all_of(resolved(book, scene)) == once);
    }
}

TEST_CASE("entries that have nothing to do with the others change nothing for them") {
    std::mt19937 random(3);
    for (int turn = 0; turn < 100; ++turn) {
        Book book = random_book(random, 20);
        Scene scene = scene_of({random_word(random, 20, 3)});
        scene.seed = random();
        std::string once = told(resolved(book, scene));
        Book more = book;
        for (int64_t uid = 1000; uid < 1010; ++uid) {
            Entry other{.uid = uid,
                        .keys = {"zzz"},
                        .insertion_order = int64_t(random() % 5),
                        .probability = double(random() % 101)};
            other.constant = random() % 2 == 0;
            other.prevent_recursion = true;
            more.entries.push_back(std::move(other));
        }
        REQUIRE(told(resolved(more, scene)).starts_with(once));
    }
}

TEST_CASE("one book that is ready serves many threads") {
    std::mt19937 random(4);
    auto compiled = compile(random_book(random, 200));
    Scene scene = scene_of({random_word(random, 500, 3)});
    std::string once = all_of(resolve({{"b", Scope::global, compiled}}, {}, scene));
    std::vector<std::string> all(4);
    {
        std::vector<std::jthread> threads;
        for (std::string& one : all)
            threads.emplace_back([&] { one = all_of(resolve({{"b", Scope::global, compiled}}, {}, scene)); });
    }
    for (const std::string& one : all) CHECK(one == once);
}

TEST_CASE("10,000 entries that activate each other in one chain end with a warning") {
    Book book;
    for (int64_t uid = 0; uid < 10'000; ++uid)
        book.entries.push_back({.uid = uid,
                                .keys = {"key" + std::to_string(uid) + "."},
                                .content = "key" + std::to_string(uid + 1) + "."});
    Outcome outcome = resolved(std::move(book), scene_of({"key0."}), R"({"context_tokens": 1000000})");
    CHECK(std::ranges::count_if(outcome.verdicts, &Verdict::activated) == int64_t(rounds_max));
    REQUIRE(outcome.warnings.size() == 1);
    CHECK(outcome.warnings[0].starts_with("stopped after 200 rounds"));
}

TEST_CASE("expressions that take exponential time elsewhere are matched in linear time") {
    std::string text(20'000, 'a');
    Outcome outcome = resolved(
        sillytavern_book(
            R"({"uid": 1, "key": ["/(a+)+$b/"]}, {"uid": 2, "key": ["/(a|aa)+c/"]}, {"uid": 3, "key": ["/^(([a-z])+.)+[A-Z]([a-z])+$/"]}, {"uid": 4, "key": ["/(x+x+)+y/"]})"),
        scene_of({text}));
    CHECK(told(outcome) == "1:-no_match 2:-no_match 3:-no_match 4:-no_match");
}

TEST_CASE("more expressions than the work allows are not looked for, and that is said") {
    Book book;
    Entry entry{.uid = 1};
    for (int key = 0; key < 1000; ++key) entry.keys.push_back("/(ab|c" + std::to_string(key) + "){200}z/");
    book.entries.push_back(std::move(entry));
    Outcome outcome = resolved(std::move(book), scene_of({std::string(50'000, 'q')}));
    REQUIRE(!outcome.warnings.empty());
    CHECK(outcome.warnings.back() == "regular expressions took too long; the last ones were not looked for");
}

TEST_CASE("a text beyond the limit is looked at as far as that") {
    Outcome outcome = resolved(sillytavern_book(R"({"uid": 1, "key": ["end"]})"),
                               scene_of({"x" + std::string(scanned_bytes_max, ' ') + "end"}));
    CHECK(told(outcome) == "1:-no_match");
    CHECK(outcome.warnings.size() == 1);
}

TEST_CASE("words that are parts of each other cost no more than their letters") {
    Book book;
    for (int64_t uid = 0; uid < 1000; ++uid)
        book.entries.push_back(
            {.uid = uid, .keys = {std::string(size_t(uid) + 1, 'a')}, .match_whole_words = uid % 2 == 0});
    std::string text;
    for (int line = 0; line < 20; ++line) text += std::string(1500, 'a') + " ";
    Outcome outcome = resolved(std::move(book), scene_of({text}));
    CHECK(std::ranges::count_if(outcome.verdicts, &Verdict::activated) == 500);
}

TEST_CASE("decorators end at the first line that is none") {
    std::string_view content = "\n@@depth 4\r\n@@activate\r\n\r\nText\n@@role user";
    Decorators decorators = take_decorators(content);
    CHECK(content == "Text\n@@role user");
    CHECK(decorators.depth == 4);
    CHECK(decorators.activate);
    CHECK(!decorators.role);
}

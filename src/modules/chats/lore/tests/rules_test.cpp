// A table for each rule of docs/lore.md.
#include "modules/chats/lore/tests/rules.h"

using namespace ry;
using namespace ry::chats::lore;

namespace {

struct Case {
    std::string_view entries;
    std::vector<std::string> lines;
    std::string_view expected;
    std::string_view settings = "{}";
};

void check(std::initializer_list<Case> cases) {
    for (const Case& one : cases) {
        INFO(one.entries);
        CHECK(told(one.entries, scene_of(one.lines), one.settings) == one.expected);
    }
}

}  // namespace

TEST_CASE("primary keys: one is enough; case does not matter unless it is said, in any script") {
    check({
        {R"({"uid": 1, "key": ["dragon", "wyrm"]}, {"uid": 2, "key": ["elf"]})",
         {"A Wyrm sleeps."},
         "1:keys 2:-no_match"},
        {R"({"uid": 1, "key": ["Дракон"]}, {"uid": 2, "key": ["ЁЖИК"]})",
         {"там дракона нет, а ёжик есть"},
         "1:keys 2:keys"},
        {R"({"uid": 1, "key": ["Rose"], "caseSensitive": true}, {"uid": 2, "key": ["Rose"], "caseSensitive": false})",
         {"a rose"},
         "1:-no_match 2:keys"},
        {R"({"uid": 1, "key": ["ΟΔΟΣ"]}, {"uid": 2, "key": ["straße"]}, {"uid": 3, "key": ["İzmir"]})",
         {"οδος, STRAßE, i̇zmir"},
         "1:keys 2:keys 3:keys"},
        {R"({"uid": 1, "key": ["  dragon "]}, {"uid": 2, "key": ["", "  "]}, {"uid": 3})",
         {"dragons"},
         "1:keys 2:-no_keys 3:-no_keys"},
        {R"({"uid": 1, "key": "dragon, wyrm"})", {"wyrm"}, "1:keys"},
    });
}

TEST_CASE("a book that is read with regard to case has keys that are sensitive unless they say otherwise") {
    auto compiled =
        compile(sillytavern_book(R"({"uid": 1, "key": ["Rose"]}, {"uid": 2, "key": ["Rose"], "caseSensitive": false})"),
                {.case_sensitive = true});
    CHECK(told(resolve({{"b", Scope::global, compiled}}, {}, scene_of({"a rose"}))) == "1:-no_match 2:keys");
    CHECK(told(resolve({{"b", Scope::global, compiled}}, {}, scene_of({"a Rose"}))) == "1:keys 2:keys");
}

TEST_CASE(
    "whole words end where letters and digits of any script end; keys of several words are looked for as they are") {
    check({
        {R"({"uid": 1, "key": ["кот"], "matchWholeWords": true}, {"uid": 2, "key": ["кот"]})",
         {"который час"},
         "1:-no_match 2:keys"},
        {R"({"uid": 1, "key": ["кот"], "matchWholeWords": true})", {"Вот кот."}, "1:keys"},
        {R"({"uid": 1, "key": ["cat"]}, {"uid": 2, "key": ["cat"], "matchWholeWords": false})",
         {"concatenate"},
         "1:-no_match 2:keys",
         R"({"match_whole_words": true})"},
        {R"({"uid": 1, "key": ["cat"], "matchWholeWords": true})", {"category cat_ (cat)"}, "1:keys"},
        {R"({"uid": 1, "key": ["cat"], "matchWholeWords": true})", {"category cat_ cat9"}, "1:-no_match"},
        {R"({"uid": 1, "key": ["C++"], "matchWholeWords": true})", {"in C++, no"}, "1:keys"},
        {R"({"uid": 1, "key": ["red fox"], "matchWholeWords": true})", {"a hundred foxes"}, "1:keys"},
        {R"({"uid": 1, "key": ["a"], "matchWholeWords": true}, {"uid": 2, "key": ["ba"], "matchWholeWords": true})",
         {"ba"},
         "1:-no_match 2:keys"},
    });
}

TEST_CASE("secondary keys are joined by their logic, and count only when the entry is selective") {
    auto entry = [](int logic, std::string_view more = "") {
        return R"({"uid": 1, "key": ["k"], "keysecondary": ["one", "two"], "selectiveLogic": )" +
               std::to_string(logic) + std::string(more) + "}";
    };
    struct Row {
        const char* text;
        const char *and_any, *not_all, *not_any, *and_all;
    };
    constexpr const char *in = "1:keys", *out = "1:-secondary_keys";
    for (Row row : {Row{"k", out, in, in, out}, Row{"k one", in, in, out, out}, Row{"k one two", in, out, out, in}}) {
        INFO(row.text);
        CHECK(told(entry(0), scene_of({row.text})) == row.and_any);
        CHECK(told(entry(1), scene_of({row.text})) == row.not_all);
        CHECK(told(entry(2), scene_of({row.text})) == row.not_any);
        CHECK(told(entry(3), scene_of({row.text})) == row.and_all);
    }
    CHECK(told(entry(0, R"(, "selective": false)"), scene_of({"k"})) == in);
    CHECK(told(entry(2), scene_of({"one"})) == "1:-no_match");
    CHECK(resolved(sillytavern_book(entry(3)), scene_of({"k one"})).verdicts[0].detail ==
          "1 of 2 are there; the logic is and_all");
}

TEST_CASE("matched keys are told as the book has them, primary and secondary") {
    auto outcome = resolved(
        sillytavern_book(
            R"({"uid": 1, "key": ["Dragon", "/w[yi]rm/i", "no"], "keysecondary": ["Cave"]}, {"uid": 2, "key": ["cave"], "keysecondary": ["sea"]})"),
        scene_of({"a WYRM, a dragon, a cave"}));
    CHECK(outcome.verdicts[0].matched_keys == std::vector<std::string>{"Dragon", "/w[yi]rm/i", "Cave"});
    CHECK(outcome.verdicts[1].matched_keys == std::vector<std::string>{"cave"});
}

TEST_CASE(
    "regular expressions are JavaScript's as far as linear time allows; what is not possible is said at its entry") {
    check({
        {R"({"uid": 1, "key": ["/dra[gk]on(s|ess)?/i"], "caseSensitive": true})", {"DRAKONESS"}, "1:keys"},
        {R"({"uid": 1, "key": ["/^\\x01?a.c$/m"]}, {"uid": 2, "key": ["/a.c/s"]}, {"uid": 3, "key": ["/a.c/"]})",
         {"a\nc"},
         "1:-no_match 2:keys 3:-no_match"},
        {R"({"uid": 1, "key": ["/дракон(а|у)/iu"]}, {"uid": 2, "key": ["/\\u0434\\u{440}/"]}, {"uid": 3, "key": ["/\\p{Script=Cyrillic}{6}/u"]})",
         {"ДРАКОНУ др"},
         "1:keys 2:keys 3:keys"},
        {R"({"uid": 1, "key": ["/(?<year>\\d{4})-[^\\/]\\//"]})", {"2024-x/"}, "1:keys"},
        {R"({"uid": 1, "key": ["/one[^\\x01]*two/"]}, {"uid": 2, "key": ["/one[\\s\\S]*two/"]})",
         {"two", "one"},
         "1:-no_match 2:keys"},
        {R"({"uid": 1, "key": ["/var/lib/"]}, {"uid": 2, "key": ["/x/q"]})",
         {"in /var/lib/ and /x/q"},
         "1:keys 2:keys"},
        {R"({"uid": 1, "key": ["/a(?=b)/"]}, {"uid": 2, "key": ["/(?<!x)b/"]}, {"uid": 3, "key": ["/(a)\\1/"]}, {"uid": 4, "key": ["/(/"]})",
         {"aab"},
         "1:-unusable_key 2:-unusable_key 3:-unusable_key 4:-unusable_key"},
        {R"({"uid": 1, "key": ["/a(?=b)/", "ab"]})", {"ab"}, "1:keys"},
        {R"({"uid": 1, "key": ["/((a{30}){30}){30}/"]})", {"a"}, "1:-unusable_key"},
    });
    auto outcome =
        resolved(sillytavern_book(R"({"uid": 7, "comment": "Pass", "key": ["/a(?=b)/"]})"), scene_of({"ab"}));
    CHECK(outcome.verdicts[0].detail.starts_with("the key /a(?=b)/ looks ahead or behind"));
    REQUIRE(outcome.warnings.size() == 1);
    CHECK(outcome.warnings[0].starts_with("entry 7 (Pass): the key /a(?=b)/"));
}

TEST_CASE("use_regex of V3 makes every key an expression, and secondary keys do not count") {
    auto book = read_book(R"({"spec": "lorebook_v3", "data": {"entries": [
        {"id": 1, "keys": ["dra(g|k)on"], "secondary_keys": ["x"], "selective": true, "use_regex": true, "content": "c", "enabled": true, "insertion_order": 1},
        {"id": 2, "keys": ["dra(g|k)on"], "use_regex": true, "case_sensitive": true, "content": "c", "enabled": true, "insertion_order": 1},
        {"id": 3, "keys": ["dra(g|k)on"], "use_regex": false, "content": "c", "enabled": true, "insertion_order": 1}]}})");
    REQUIRE(book);
    CHECK(told(resolved(*book, scene_of({"DRAKON"}))) == "1:keys 2:-no_match 3:-no_match");
}

TEST_CASE("scan depth: the setting's newest messages, or the entry's own") {
    check({
        {R"({"uid": 1, "key": ["old"]}, {"uid": 2, "key": ["old"], "scanDepth": 3}, {"uid": 3, "key": ["new"], "scanDepth": 0})",
         {"old", "b", "new"},
         "1:-no_match 2:keys 3:-no_match"},
        {R"({"uid": 1, "key": ["old"]})", {"old", "b", "new"}, "1:keys", R"({"scan_depth": 3})"},
        {R"({"uid": 1, "key": ["new"]})", {"old", "b", "new"}, "1:-no_match", R"({"scan_depth": 0})"},
        {R"({"uid": 1, "key": ["a\nb"]}, {"uid": 2, "key": ["ab"]})", {"a", "b"}, "1:-no_match 2:-no_match"},
    });
    auto book = read_book(
        R"({"scan_depth": 1, "entries": [{"id": 1, "keys": ["old"], "content": "", "enabled": true, "insertion_order": 1}]})");
    REQUIRE(book);
    CHECK(told(resolved(*book, scene_of({"old", "new"}))) == "1:-no_match");
}

TEST_CASE("names of those who speak are looked at when that is set") {
    Scene scene;
    scene.lines = {{"Anna", "hello"}};
    CHECK(told(R"({"uid": 1, "key": ["anna"]})", scene) == "1:keys");
    CHECK(told(R"({"uid": 1, "key": ["anna"]})", scene, R"({"include_names": false})") == "1:-no_match");
    CHECK(told(R"({"uid": 1, "key": ["/\\x01Anna: hel/"]})", scene) == "1:keys");
}

TEST_CASE("{{char}} and {{user}} in keys are the names of the two") {
    auto compiled = compile(
        sillytavern_book(R"({"uid": 1, "key": ["{{Char}}'s sword"]}, {"uid": 2, "key": ["/{{user}} falls/i"]})"),
        {.char_name = "Lyra", .user_name = "Max"});
    CHECK(told(resolve({{"b", Scope::global, compiled}}, {}, scene_of({"lyra's sword; max falls"}))) ==
          "1:keys 2:keys");
}

TEST_CASE("fields of the scene are looked at by the entries that ask") {
    Scene scene = scene_of({"hi"});
    scene.persona_description = "has a scar";
    scene.scenario = "a scar on the sky";
    scene.creator_notes = "notes";
    CHECK(
        told(
            R"({"uid": 1, "key": ["scar"]}, {"uid": 2, "key": ["scar"], "matchPersonaDescription": true}, {"uid": 3, "key": ["sky"], "matchPersonaDescription": true},
                  {"uid": 4, "key": ["/sky$/"], "matchScenario": true}, {"uid": 5, "key": ["notes"], "matchCreatorNotes": true})",
            scene) == "1:-no_match 2:keys 3:-no_match 4:keys 5:keys");
}

TEST_CASE("constant entries need no key; disabled ones never activate") {
    check(
        {{R"({"uid": 1, "constant": true, "content": "c"}, {"uid": 2, "constant": true, "disable": true}, {"uid": 3, "key": ["x"], "disable": true})",
          {"x"},
          "1:constant 2:-disabled 3:-disabled"}});
}

TEST_CASE("recursion: what activated is looked at, unless one side says no or it is off") {
    constexpr std::string_view chain =
        R"({"uid": 1, "key": ["a"], "content": "bee"}, {"uid": 2, "key": ["bee"], "content": "sea"}, {"uid": 3, "key": ["sea"], "content": ""})";
    check({
        {chain, {"a"}, "1:keys 2:keys 3:keys"},
        {chain, {"a"}, "1:keys 2:-no_match 3:-no_match", R"({"recursive": false})"},
        {chain, {"a"}, "1:keys 2:keys 3:-no_match", R"({"max_recursion_steps": 2})"},
        {R"({"uid": 1, "key": ["a"], "content": "bee", "preventRecursion": true}, {"uid": 2, "key": ["bee"]})",
         {"a"},
         "1:keys 2:-no_match"},
        {R"({"uid": 1, "key": ["a"], "content": "bee"}, {"uid": 2, "key": ["bee"], "excludeRecursion": true})",
         {"a"},
         "1:keys 2:-excluded_from_recursion"},
        {R"({"uid": 1, "key": ["a"], "content": "bee"}, {"uid": 2, "key": ["a"], "excludeRecursion": true})",
         {"a"},
         "1:keys 2:keys"},
        {R"({"uid": 1, "key": ["a"], "content": "b"}, {"uid": 2, "key": ["b"], "content": "a"})",
         {"a"},
         "1:keys 2:keys"},
        {R"({"uid": 1, "key": ["a"], "content": "one"}, {"uid": 2, "key": ["a"], "content": "two"}, {"uid": 3, "key": ["/one\\n?two|two\\n?one/"]})",
         {"a"},
         "1:keys 2:keys 3:keys"},
    });
}

TEST_CASE("entries that wait for recursion open level by level") {
    check({
        {R"({"uid": 1, "key": ["a"], "content": "bee"}, {"uid": 2, "key": ["a"], "delayUntilRecursion": true}, {"uid": 3, "key": ["a"], "delayUntilRecursion": 2})",
         {"a"},
         "1:keys 2:keys 3:keys"},
        {R"({"uid": 1, "key": ["a"], "delayUntilRecursion": true})", {"a"}, "1:-waits_for_recursion"},
        {R"({"uid": 1, "key": ["a"], "content": "x", "preventRecursion": true}, {"uid": 2, "key": ["a"], "delayUntilRecursion": 1})",
         {"a"},
         "1:keys 2:-waits_for_recursion"},
        {R"({"uid": 1, "key": ["a"], "content": "x"}, {"uid": 2, "key": ["a"], "delayUntilRecursion": 1, "content": "level two"}, {"uid": 3, "key": ["two"], "delayUntilRecursion": 5, "excludeRecursion": false})",
         {"a"},
         "1:keys 2:keys 3:keys"},
    });
}

TEST_CASE("a book's own recursive_scanning is stronger than the setting") {
    auto book = [](std::string_view flag) {
        auto made = read_book(
            R"({"recursive_scanning": )" + std::string(flag) +
            R"(, "entries": [{"id": 1, "keys": ["a"], "content": "bee", "enabled": true, "insertion_order": 1}, {"id": 2, "keys": ["bee"], "content": "", "enabled": true, "insertion_order": 1}]})");
        REQUIRE(made);
        return *made;
    };
    CHECK(told(resolved(book("true"), scene_of({"a"}), R"({"recursive": false})")) == "1:keys 2:keys");
    CHECK(told(resolved(book("false"), scene_of({"a"}))) == "1:keys 2:-no_match");
}

TEST_CASE("minimum activations look further back, message by message, as far as they may") {
    constexpr std::string_view two =
        R"({"uid": 1, "key": ["new"]}, {"uid": 2, "key": ["older"]}, {"uid": 3, "key": ["oldest"]})";
    std::vector<std::string> lines = {"oldest", "older", "x", "new"};
    check({
        {two, lines, "1:keys 2:-no_match 3:-no_match", R"({"scan_depth": 1})"},
        {two, lines, "1:keys 2:keys 3:-no_match", R"({"scan_depth": 1, "min_activations": 2})"},
        {two, lines, "1:keys 2:keys 3:keys", R"({"scan_depth": 1, "min_activations": 9})"},
        {two, lines, "1:keys 2:-no_match 3:-no_match",
         R"({"scan_depth": 1, "min_activations": 9, "min_activations_depth_max": 2})"},
        {two, lines, "1:keys 2:-no_match 3:-no_match",
         R"({"scan_depth": 1, "min_activations": 9, "max_recursion_steps": 1})"},
        {R"({"uid": 1, "key": ["new"]}, {"uid": 2, "key": ["older"], "scanDepth": 1})", lines, "1:keys 2:-no_match",
         R"({"scan_depth": 1, "min_activations": 2})"},
    });
}

TEST_CASE("probability is drawn once for each entry and seed; 0 never, 100 always, and only when it is used") {
    check(
        {{R"({"uid": 1, "constant": true, "probability": 0}, {"uid": 2, "constant": true, "probability": 100}, {"uid": 3, "constant": true, "probability": 0, "useProbability": false})",
          {},
          "1:-probability 2:constant 3:constant"}});
    int activated = 0;
    for (uint64_t seed = 0; seed < 2000; ++seed) {
        Scene scene;
        scene.seed = seed;
        std::string once = told(R"({"uid": 1, "constant": true, "probability": 30})", scene);
        CHECK(told(R"({"uid": 1, "constant": true, "probability": 30})", scene) == once);
        activated += once == "1:constant";
    }
    CHECK(activated > 520);
    CHECK(activated < 680);
}

TEST_CASE("what lost its draw stays out, and says nothing to others") {
    check(
        {{R"({"uid": 1, "constant": true, "probability": 0, "content": "bee"}, {"uid": 2, "key": ["bee"]}, {"uid": 3, "constant": true, "content": "x"})",
          {},
          "1:-probability 2:-no_match 3:constant"}});
}

TEST_CASE("of a group one activates: overrides first, then a draw by weight") {
    check({
        {R"({"uid": 1, "constant": true, "group": "g", "groupOverride": true, "order": 5}, {"uid": 2, "constant": true, "group": "g", "groupOverride": true, "order": 9}, {"uid": 3, "constant": true, "group": "g"})",
         {},
         "1:-group 2:constant 3:-group"},
        {R"({"uid": 1, "constant": true, "group": "g", "groupWeight": 0}, {"uid": 2, "constant": true, "group": "g", "groupWeight": 1})",
         {},
         "1:-group 2:constant"},
        {R"({"uid": 1, "constant": true, "group": "g"})", {}, "1:constant"},
        {R"({"uid": 1, "constant": true, "group": "g, h", "groupOverride": true}, {"uid": 2, "constant": true, "group": "g"}, {"uid": 3, "constant": true, "group": "h"})",
         {},
         "1:constant 2:-group 3:-group"},
        {R"({"uid": 1, "constant": true, "group": "g", "content": "bee"}, {"uid": 2, "key": ["bee"], "group": "g"})",
         {},
         "1:constant 2:-group"},
    });
    int heavy = 0;
    for (uint64_t seed = 0; seed < 2000; ++seed) {
        Scene scene;
        scene.seed = seed;
        std::string once = told(
            R"({"uid": 1, "constant": true, "group": "g", "groupWeight": 300}, {"uid": 2, "constant": true, "group": "g"})",
            scene);
        heavy += once == "1:constant 2:-group";
        if (once != "1:constant 2:-group") CHECK(once == "1:-group 2:constant");
    }
    CHECK(heavy > 1400);
    CHECK(heavy < 1600);
}

TEST_CASE("group scoring: the most matched keys win, where it is on") {
    constexpr std::string_view entries =
        R"({"uid": 1, "key": ["a"], "group": "g", "groupOverride": true}, {"uid": 2, "key": ["a", "b"], "group": "g"}, {"uid": 3, "key": ["a"], "keysecondary": ["b", "c"], "group": "g"})";
    CHECK(told(entries, scene_of({"a b c"}), R"({"use_group_scoring": true})") == "1:-group 2:-group 3:keys");
    CHECK(told(entries, scene_of({"a b c"})) == "1:keys 2:-group 3:-group");
    check({
        {R"({"uid": 1, "key": ["a"], "group": "g", "useGroupScoring": true, "groupWeight": 1000000}, {"uid": 2, "key": ["a", "b"], "group": "g"})",
         {"a b"},
         "1:-group 2:keys"},
        {R"({"uid": 1, "key": ["a"], "group": "g", "useGroupScoring": false, "groupOverride": true}, {"uid": 2, "key": ["a", "b"], "group": "g"})",
         {"a b"},
         "1:keys 2:-group",
         R"({"use_group_scoring": true})"},
        {R"({"uid": 1, "key": ["a", "b"], "group": "g"}, {"uid": 2, "key": ["a"], "keysecondary": ["b", "x", "c"], "selectiveLogic": 1, "group": "g"})",
         {"a b c"},
         "1:keys 2:-group",
         R"({"use_group_scoring": true})"},
    });
}

namespace {

/// A chat that grows by one message a turn, with the effects that each turn left.
struct Turns {
    Book book;
    Scene scene;
    std::string said(std::string text) {
        scene.lines.push_back({"", std::move(text)});
        Outcome outcome = resolved(book, scene, R"({"scan_depth": 1})");
        scene.effects = outcome.effects;
        return told(outcome);
    }
};

}  // namespace

TEST_CASE("sticky entries stay for so many messages, then rest for their cooldown") {
    Turns turns{.book = sillytavern_book(R"({"uid": 1, "key": ["k"], "sticky": 2, "cooldown": 2, "probability": 100})"),
                .scene = {}};
    CHECK(turns.said("k") == "1:keys");
    CHECK(turns.said("x") == "1:sticky");
    CHECK(turns.said("k") == "1:-cooldown");
    CHECK(turns.said("k") == "1:-cooldown");
    CHECK(turns.said("k") == "1:keys");
}

TEST_CASE("cooldown alone counts from the activation; delay wants messages first") {
    Turns turns{
        .book = sillytavern_book(R"({"uid": 1, "key": ["k"], "cooldown": 2}, {"uid": 2, "key": ["k"], "delay": 3})"),
        .scene = {}};
    CHECK(turns.said("k") == "1:keys 2:-delay");
    CHECK(turns.said("k") == "1:-cooldown 2:-delay");
    CHECK(turns.said("k") == "1:keys 2:keys");
}

TEST_CASE("an answer that is asked for again does not see the effects of the first try") {
    Turns turns{.book = sillytavern_book(R"({"uid": 1, "key": ["k"], "cooldown": 5})"), .scene = {}};
    CHECK(turns.said("k") == "1:keys");
    CHECK(told(resolved(turns.book, turns.scene)) == "1:keys");
    CHECK(turns.said("k") == "1:-cooldown");
}

TEST_CASE("a sticky entry keeps its place in its group, and needs no draw") {
    Scene scene = scene_of({"a", "b"});
    scene.effects = {{"book", 1, TimedEffectKind::sticky, 1, 9, false}};
    CHECK(
        told(
            R"({"uid": 1, "key": ["no"], "group": "g", "probability": 0}, {"uid": 2, "constant": true, "group": "g", "groupOverride": true})",
            scene) == "1:sticky 2:-group");
    CHECK(told(R"({"uid": 1, "key": ["no"], "delayUntilRecursion": 3})", scene) == "1:sticky");
}

TEST_CASE("character filters and triggers") {
    Scene scene;
    scene.character_name = "Lyra";
    scene.character_tags = {"mage"};
    scene.trigger = "continue";
    CHECK(told(R"({"uid": 1, "constant": true, "characterFilter": {"isExclude": false, "names": ["Lyra"], "tags": []}},
                  {"uid": 2, "constant": true, "characterFilter": {"isExclude": true, "names": ["Lyra"], "tags": []}},
                  {"uid": 3, "constant": true, "characterFilter": {"isExclude": false, "names": [], "tags": ["knight"]}},
                  {"uid": 4, "constant": true, "characterFilter": {"isExclude": true, "names": [], "tags": ["knight"]}},
                  {"uid": 5, "constant": true, "characterFilter": {"isExclude": false, "names": ["Lyra"], "tags": ["knight"]}})",
               scene) == "1:constant 2:-character_filter 3:-character_filter 4:constant 5:-character_filter");
    CHECK(
        told(
            R"({"uid": 1, "constant": true, "triggers": ["normal"]}, {"uid": 2, "constant": true, "triggers": ["swipe", "continue"]}, {"uid": 3, "constant": true, "triggers": []})",
            scene) == "1:-trigger 2:constant 3:constant");
}

TEST_CASE("the budget ends at the first text without room; what ignores it still comes in") {
    constexpr std::string_view entries =
        R"({"uid": 1, "constant": true, "order": 3, "content": "12345678"}, {"uid": 2, "constant": true, "order": 2, "content": "12345678"},
        {"uid": 3, "constant": true, "order": 1, "content": "1234"}, {"uid": 4, "constant": true, "order": 0, "content": "12345678", "ignoreBudget": true}, {"uid": 5, "key": ["5678"], "content": "x"})";
    CHECK(told(entries, Scene(), R"({"budget_percent": 50, "context_tokens": 8})") ==
          "1:constant 2:-budget 3:-budget 4:constant 5:-no_match");
    CHECK(told(entries, Scene(), R"({"budget_percent": 100, "context_tokens": 8000, "budget_cap": 4})") ==
          "1:constant 2:-budget 3:-budget 4:constant 5:-no_match");
    Outcome outcome = resolved(sillytavern_book(entries), Scene(), R"({"budget_percent": 50, "context_tokens": 8})");
    CHECK(outcome.budget == 4);
    CHECK(outcome.tokens == 4);
    CHECK(outcome.is_overflowed);
    Scene scene;
    scene.count_tokens = [](std::string_view) { return 1; };
    CHECK(told(entries, scene, R"({"budget_percent": 50, "context_tokens": 8, "recursive": false})") ==
          "1:constant 2:constant 3:constant 4:constant 5:-no_match");
}

TEST_CASE("a book's token_budget leaves out its lowest entries, and no other book's") {
    auto book = read_book(
        R"({"token_budget": 3, "entries": [{"id": 1, "constant": true, "keys": [], "content": "12345678", "enabled": true, "insertion_order": 9},
        {"id": 2, "constant": true, "keys": [], "content": "12345678", "enabled": true, "insertion_order": 8}, {"id": 3, "constant": true, "keys": [], "content": "1234", "enabled": true, "insertion_order": 7}]})");
    REQUIRE(book);
    Outcome outcome = resolve(
        {{"small", Scope::chat, compile(*book)},
         {"other", Scope::global, compile(sillytavern_book(R"({"uid": 1, "constant": true, "content": "12345678"})"))}},
        {}, Scene());
    CHECK(told(outcome) == "1:constant 2:-budget 3:constant 1:constant");
}

TEST_CASE("positions: lower orders come first; depth has a role, outlets have names") {
    constexpr std::string_view entries =
        R"({"uid": 1, "constant": true, "order": 2, "position": 0, "content": "b2"}, {"uid": 2, "constant": true, "order": 1, "position": 0, "content": "b1"},
        {"uid": 3, "constant": true, "order": 3, "position": 1, "content": "after"}, {"uid": 4, "constant": true, "order": 4, "position": 2, "content": "antop"},
        {"uid": 5, "constant": true, "order": 5, "position": 3, "content": "anbottom"}, {"uid": 6, "constant": true, "order": 6, "position": 4, "depth": 2, "role": 1, "content": "deep"},
        {"uid": 7, "constant": true, "order": 7, "position": 5, "content": "emtop"}, {"uid": 8, "constant": true, "order": 8, "position": 6, "content": "embottom"},
        {"uid": 9, "constant": true, "order": 9, "position": 7, "outletName": "map", "content": "out"}, {"uid": 10, "constant": true, "order": 10, "position": 7, "content": "unnamed"},
        {"uid": 11, "constant": true, "order": 11, "content": ""})";
    Outcome outcome = resolved(sillytavern_book(entries), Scene());
    CHECK(placed(outcome) ==
          "before: b1 | before: b2 | after: after | an_top: antop | an_bottom: anbottom | at_depth 2 user: deep | "
          "em_top: emtop | em_bottom: embottom | outlet map: out | outlet default: unnamed");
    CHECK(text_at(outcome, Position::before) == "b1\nb2");
    CHECK(outcome.verdicts[10].activated);
}

TEST_CASE(
    "books: the chat's come first, then the persona's, then by the strategy; one that is bound twice counts once") {
    auto book = [](std::string_view text) {
        return compile(sillytavern_book(R"({"uid": 0, "constant": true, "content": ")" + std::string(text) +
                                        R"(", "order": 100})"));
    };
    auto last = compile(sillytavern_book(R"({"uid": 0, "constant": true, "content": "g", "order": 200})"));
    std::vector<BookInUse> books = {{"g", Scope::global, last},
                                    {"e", Scope::entity_profile, book("e")},
                                    {"p", Scope::persona, book("p")},
                                    {"c", Scope::chat, book("c")},
                                    {"c", Scope::global, book("c")}};
    auto first = [&](std::string_view settings) {
        Outcome outcome = resolve(books, settings_of(settings), Scene());
        std::string all;
        for (const Verdict& verdict : outcome.verdicts)
            if (verdict.activated) all += verdict.book;
        return all;
    };
    CHECK(first(R"({"budget_cap": 2})") == "c");
    books.resize(3);
    CHECK(first(R"({"budget_cap": 2})") == "p");
    books.resize(2);
    CHECK(first(R"({"budget_cap": 2})") == "e");
    CHECK(first(R"({"budget_cap": 2, "insertion_strategy": "global_first"})") == "g");
    CHECK(first(R"({"budget_cap": 2, "insertion_strategy": "evenly"})") == "g");
}

TEST_CASE("decorators") {
    auto entry = [](std::string_view content, std::string_view more = R"(, "constant": true)") {
        return R"({"uid": 1, "content": ")" + std::string(content) + "\"" + std::string(more) + "}";
    };
    auto place = [&](std::string_view content, const Scene& scene = scene_of({"a", "b", "c"})) {
        return placed(resolved(sillytavern_book(entry(content)), scene));
    };
    CHECK(place(R"(@@depth 2\n@@role assistant\ntext)") == "at_depth 2 assistant: text");
    CHECK(place(R"(@@reverse_depth 1\n\n text)") == "at_depth 2 system:  text");
    CHECK(place(R"(@@position after_desc\n@@depth 1\ntext)") == "after: text");
    CHECK(place(R"(@@position personality\ntext)") == "personality: text");
    CHECK(place(R"(@@position moon\n@@@depth 3\n@@@depth 4\ntext)") == "at_depth 3 system: text");
    CHECK(place(R"(@@new_thing 1\n@@@newer 2\n@@@third 2\n@@@fourth 2\n@@@depth 5\ntext)") ==
          "at_depth 5 system: text");
    CHECK(place(R"(@@depth 1\n@@@depth 9\n@@depth 7\ntext\n@@depth 3)") == "at_depth 1 system: text\n@@depth 3");
    CHECK(place("text @@depth 1") == "before: text @@depth 1");
    CHECK(place(R"(@@depth -1\ntext)") == "before: text");

    constexpr std::string_view keyed = R"(, "key": ["k"])";
    CHECK(told(entry(R"(@@activate\nx)", keyed), Scene()) == "1:decorator");
    CHECK(told(entry(R"(@@dont_activate\nx)", keyed), scene_of({"k"})) == "1:-dont_activate");
    CHECK(told(entry(R"(@@dont_activate\n@@activate\nx)", keyed), scene_of({"k"})) == "1:decorator");
    CHECK(told(entry(R"(@@activate\nx)", R"(, "disable": true)"), Scene()) == "1:-disabled");
    CHECK(told(entry(R"(@@additional_keys red, blue\nx)", keyed), scene_of({"k"})) == "1:-additional_keys");
    CHECK(told(entry(R"(@@additional_keys red, blue\nx)", keyed), scene_of({"k blue"})) == "1:keys");
    CHECK(told(entry(R"(@@exclude_keys red\nx)"), scene_of({"k red"})) == "1:-exclude_keys");
    CHECK(told(entry(R"(@@scan_depth 3\nx)", R"(, "key": ["k"], "scanDepth": 1)"), scene_of({"k", "", ""})) ==
          "1:keys");

    Scene scene = scene_of({"k"});
    scene.assistant_messages_count = 3;
    scene.greeting = 1;
    scene.user_icon = "knight";
    scene.is_context_full = true;
    CHECK(told(entry(R"(@@activate_only_after 3\nx)"), scene) == "1:constant");
    CHECK(told(entry(R"(@@activate_only_after 4\nx)"), scene) == "1:-only_after");
    CHECK(told(entry(R"(@@activate_only_every 3\nx)"), scene) == "1:constant");
    CHECK(told(entry(R"(@@activate_only_every 2\nx)"), scene) == "1:-only_every");
    CHECK(told(entry(R"(@@is_greeting 1\nx)"), scene) == "1:constant");
    CHECK(told(entry(R"(@@is_greeting 0\nx)"), scene) == "1:-greeting");
    CHECK(told(entry(R"(@@is_user_icon mage\nx)"), scene) == "1:-user_icon");
    CHECK(told(entry(R"(@@ignore_on_max_context\nx)"), scene) == "1:-context_full");
    CHECK(told(entry(R"(@@is_greeting 0\n@@is_user_icon mage\n@@ignore_on_max_context\nx)"), Scene()) == "1:constant");

    Outcome outcome = resolved(sillytavern_book(entry(R"(@@disable_ui_prompt system_prompt\n@@bogus 1\nx)")), Scene());
    CHECK(outcome.disabled_prompts == std::vector<std::string>{"system_prompt"});
    CHECK(outcome.warnings ==
          std::vector<std::string>{"entry 1: the decorator @@bogus 1 is not known, or has no such value"});
}

TEST_CASE("decorators that remember: once matched an entry stays, or never comes again") {
    Turns turns{
        .book = sillytavern_book(
            R"({"uid": 1, "key": ["k"], "content": "@@keep_activate_after_match\nx"}, {"uid": 2, "key": ["k"], "content": "@@dont_activate_after_match\nx"})"),
        .scene = {}};
    CHECK(turns.said("") == "1:-no_match 2:-no_match");
    CHECK(turns.said("k") == "1:keys 2:keys");
    for (int turn = 0; turn < 5; ++turn) CHECK(turns.said("k") == "1:sticky 2:-cooldown");
}

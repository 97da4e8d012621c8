#include "modules/chats/prompt.h"

#include <doctest/doctest.h>

#include "modules/chats/liquid/liquid.h"
#include "modules/chats/prompt_context.h"

using namespace ry;
using namespace ry::chats;

namespace {

std::vector<Turn> turns(int count, size_t words) {
    std::vector<Turn> all;
    for (int i = 0; i < count; ++i) {
        std::string text = std::to_string(i) + ":";
        for (size_t word = 0; word < words; ++word) text += " word";
        all.push_back({i % 2 ? Role::assistant : Role::user, text, {}});
    }
    return all;
}

PromptPiece system_piece(std::string text) {
    int64_t tokens = message_tokens(text);
    return {.source = PromptSource::prompt_template, .role = Role::system, .text = std::move(text), .tokens = tokens};
}

PromptParts parts(std::string system, std::vector<Turn> turns) {
    int64_t count = int64_t(turns.size());
    PromptParts parts{.turns = std::move(turns), .messages_count = count};
    if (!system.empty()) parts.before = {system_piece(std::move(system))};
    return parts;
}

/// What the built-in template prints.
std::string printed(const PromptValues& values, std::vector<Turn> turns = {}) {
    constexpr std::string_view named[] = {"char", "user"};
    auto data = liquid::Data::from_json(context_json(values, turns), named);
    REQUIRE_MESSAGE(data, (data ? "" : data.error()));
    auto parsed = liquid::Template::parse(std::string(built_in_template));
    REQUIRE_MESSAGE(parsed, (parsed ? "" : parsed.error().message));
    CHECK_FALSE((*parsed)->unknown_name([](std::string_view) { return false; }));
    return *(*parsed)->render(*data, {});
}

std::string printed(std::string text, const PromptValues& values, std::vector<Turn> turns = {}) {
    constexpr std::string_view named[] = {"char", "user"};
    return *(*liquid::Template::parse(std::move(text)))
                ->render(*liquid::Data::from_json(context_json(values, turns), named), {});
}

}  // namespace

TEST_CASE("a prompt that fits has everything, in order, behind the system message") {
    auto prompt = fit_prompt(parts("Be kind.", turns(5, 10)), 64'000);
    REQUIRE(prompt);
    REQUIRE(prompt->pieces.size() == 6);
    CHECK(prompt->pieces[0].text == "Be kind.");
    CHECK(prompt->pieces[1].text.starts_with("0:"));
    CHECK(prompt->pieces[5].text.starts_with("4:"));
    CHECK(prompt->messages_left_out == 0);
    int64_t tokens = 0;
    for (const PromptPiece& piece : prompt->pieces) tokens += piece.tokens;
    CHECK(tokens == prompt->tokens);
}

TEST_CASE("pieces at a depth have so many turns after them, and the farthest stand before what is sent of the history") {
    PromptParts all = parts("Be kind.", turns(3, 1));
    auto at = [&](int64_t depth, std::string text) {
        all.within.emplace(depth, PromptPiece{.source = PromptSource::lore, .role = Role::system, .text = std::move(text), .tokens = 5});
    };
    at(0, "end");
    at(2, "second");
    at(99, "first");
    at(2, "third");
    auto prompt = fit_prompt(std::move(all), 64'000);
    REQUIRE(prompt);
    std::string order;
    for (const PromptPiece& piece : prompt->pieces) order += piece.source == PromptSource::history ? "." : " " + piece.text + " ";
    CHECK(order == " Be kind.  first . second  third .. end ");
    int64_t tokens = 0;
    for (const PromptPiece& piece : prompt->pieces) tokens += piece.tokens;
    CHECK(tokens == prompt->tokens);
}

TEST_CASE("of a history that is too long the oldest turns are left out, by tokens and never by a count") {
    for (int64_t window : {2'000, 4'000, 16'000}) {
        PromptParts long_history = parts("Be kind.", turns(200, 100));
        long_history.messages_count = 100'000;  // of which the turns are the end
        auto prompt = fit_prompt(std::move(long_history), window);
        REQUIRE(prompt);
        CHECK(prompt->tokens <= window - answer_tokens(window));
        CHECK(prompt->messages_left_out + int64_t(prompt->pieces.size()) - 1 == 100'000);
        CHECK(prompt->pieces.back().text.starts_with("199:"));
        // One more turn would not have fitted.
        CHECK(prompt->tokens + 110 > window - answer_tokens(window));
    }
}

TEST_CASE("pinned turns are sent before newer ones that are not, and leave half of the room to these") {
    std::vector<Turn> said = turns(200, 100);
    for (int i : {0, 1, 50}) said[size_t(i)].is_pinned = true;
    auto prompt = fit_prompt(parts("Be kind.", said), 4'000);
    REQUIRE(prompt);
    CHECK(prompt->pieces[1].text.starts_with("0:"));
    CHECK(prompt->pieces[2].text.starts_with("1:"));
    CHECK(prompt->pieces[3].text.starts_with("50:"));
    for (size_t i = 1; i <= 3; ++i) CHECK(prompt->pieces[i].source == PromptSource::pinned);
    CHECK(prompt->pieces[4].source == PromptSource::history);
    CHECK(prompt->pieces.back().text.starts_with("199:"));
    CHECK(prompt->messages_left_out + int64_t(prompt->pieces.size()) - 1 == 200);
    CHECK(prompt->tokens <= 4'000 - answer_tokens(4'000));
    CHECK(prompt->tokens + 110 > 4'000 - answer_tokens(4'000));

    for (size_t i = 0; i < 100; ++i) said[i].is_pinned = true;
    prompt = fit_prompt(parts("", said), 4'000);
    REQUIRE(prompt);
    int64_t pinned = 0, newest = 0;
    std::string last_pinned;
    for (const PromptPiece& piece : prompt->pieces) {
        bool is_pinned = piece.source == PromptSource::pinned;
        (is_pinned ? pinned : newest) += piece.tokens;
        if (is_pinned) last_pinned = piece.text;
    }
    CHECK(pinned > 0);
    CHECK(pinned <= 1'500);
    CHECK(newest > 1'300);
    CHECK(last_pinned.starts_with("99:"));
}

TEST_CASE("what stands behind the history keeps its room") {
    PromptParts both = parts("", turns(200, 100));
    both.after = {system_piece(std::string(1'000, '.') + " Stay in character.")};
    auto prompt = fit_prompt(std::move(both), 2'000);
    REQUIRE(prompt);
    CHECK(prompt->tokens <= 2'000 - answer_tokens(2'000));
    CHECK(prompt->pieces.back().text.ends_with("Stay in character."));
}

TEST_CASE("a message or a template that does not fit is refused with what to do") {
    auto prompt = fit_prompt(parts("", turns(1, 5'000)), 2'000);
    REQUIRE_FALSE(prompt);
    CHECK(prompt.error().code == Code::invalid);
    CHECK(prompt.error().message.find("Settings → Models") != std::string::npos);
    std::string text;
    for (int i = 0; i < 5'000; ++i) text += " word";
    prompt = fit_prompt(parts(text, turns(1, 1)), 2'000);
    REQUIRE_FALSE(prompt);
    CHECK(prompt.error().message.find("shorten the prompt template") != std::string::npos);
}

TEST_CASE("empty answers, of attempts that failed, are not sent") {
    auto prompt =
        fit_prompt(parts("", {{Role::user, "a", {}}, {Role::assistant, "", {}}, {Role::user, "b", {}}}), 64'000);
    REQUIRE(prompt);
    CHECK(prompt_json(*prompt) == R"([{"role":"user","text":"a"},{"role":"user","text":"b"}])");
    CHECK(prompt->messages_left_out == 0);
}

TEST_CASE("the built-in template says what there is, and nothing of what there is not") {
    PromptValues values;
    std::string plain = printed(values);
    CHECK(plain ==
          "You are the assistant of a conversation in Ramify. Answer in the language of the person. Use Markdown where "
          "it helps.");
    values.persona = Persona{.name = "Ann", .description = "A pilot {{ not a template }}."};
    CHECK(printed(values) == plain + "\n\nAbout Ann: A pilot {{ not a template }}.");
    values.character = PromptCharacter{.name = "Lyra", .description = "A bard.", .scenario = "A tavern."};
    CHECK(printed(values) ==
          "Write the next message of Lyra in this conversation with Ann. Stay in character.\n\nA bard.\n\nScenario: A "
          "tavern.\n\nAbout Ann: A pilot {{ not a template }}.");
    values.character->system_prompt = "You are {{ char }}.";
    values.lore.before = "The war is over.";
    CHECK(printed(values).starts_with("You are {{ char }}.\n\nThe war is over.\n\nA bard."));
}

TEST_CASE("templates name what a chat has, by the names of this place and by those of others") {
    PromptValues values{.chat_title = "Talk", .model = "m"};
    std::vector<Turn> said = {{Role::user, "hi", {}}, {Role::assistant, "ho", {}}, {Role::user, "{{ char }}", {}}};
    CHECK(printed("{{ user }}|{{ user.name }}|{{ char }}|{{ chat.title }}|{{ model }}", values, said) ==
          "User|User||Talk|m");
    CHECK(printed("{{ lastUserMessage }}|{{ lastAssistantMessage }}|{{ messages.size }}|{{ messages[0].role }}:{{ "
                  "messages[0].content }}",
                  values, said) == "{{ char }}|ho|3|user:hi");
    values.persona = Persona{.name = "Ann", .description = "A pilot."};
    values.character = PromptCharacter{.name = "Lyra", .personality = "sharp"};
    CHECK(printed("{{ char | upcase }} {{ user | append: '!' }} {{ persona }} {{ personality }} {{ char.personality }}",
                  values) == "LYRA Ann! A pilot. sharp sharp");
    CHECK(printed("{% if wiBefore == blank and outlet.x == nil %}none{% endif %}", values) == "none");
}

TEST_CASE("a card's own first words may hold what they take the place of") {
    CHECK(with_original("{{original}} Be terse. {{original}}", "Be kind.") == "Be kind. Be terse. Be kind.");
    CHECK(with_original("{{original}}", "{{original}}") == "{{original}}");
    CHECK(main_prompt("Lyra", "Ann") == "Write the next message of Lyra in this conversation with Ann. Stay in character.");
}

TEST_CASE("what a template printed is told apart by where it comes from") {
    PromptValues values;
    values.persona =
        Persona{.name = "Ann", .description = "A pilot with forty years of flights over the northern sea."};
    std::string text = printed(values);
    std::vector<PromptPart> parts = parts_of(text, values);
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].source == PromptSource::prompt_template);
    CHECK(parts[1].source == PromptSource::persona);
    CHECK(parts[0].tokens + parts[1].tokens == llm::estimate_tokens(text));
    CHECK(parts_of("nothing of it", values).size() == 1);
}

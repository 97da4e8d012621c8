#include "modules/chats/prompt_context.h"

#include <algorithm>

#include "base/json.h"
#include "kernel/llm/llm.h"
#include "modules/chats/prompt_knowledge.h"

namespace ry::chats {

// Values that are empty take their headings and their blank lines with them.
const std::string_view built_in_template = R"liquid(
{%- if system != blank %}{{ system }}{% else %}{{ main }}{% endif %}
{%- if loreBefore != blank %}

{{ loreBefore }}
{%- endif %}
{%- if description != blank %}

{{ description }}
{%- endif %}
{%- if personality != blank %}

Personality: {{ personality }}
{%- endif %}
{%- if scenario != blank %}

Scenario: {{ scenario }}
{%- endif %}
{%- if loreAfter != blank %}

{{ loreAfter }}
{%- endif %}
{%- if persona != blank %}

About {{ user.name }}: {{ persona }}
{%- endif %}
{%- if emTop != blank %}

{{ emTop }}
{%- endif %}
{%- if mesExamples != blank %}

{{ mesExamples }}
{%- endif %}
{%- if emBottom != blank %}

{{ emBottom }}
{%- endif %}
{%- if rag.text != blank %}

Passages of documents, for what is asked. Name those that you use by their numbers, as in [1].

{{ rag.text }}
{%- endif -%}
)liquid";

namespace {

constexpr std::string_view nobody = "User";      // who has no persona
constexpr size_t messages_bytes_max = 2 << 20;  // of what templates may look at: the newest; a window of 500,000 tokens

/// Writes an object member by member.
class Members {
public:
    Members& text(std::string_view name, std::string_view value) {
        begin(name);
        json::write_string(out_, value);
        return *this;
    }
    Members& raw(std::string_view name, std::string_view value) {
        begin(name);
        out_ += value;
        return *this;
    }
    std::string end() { return std::move(out_ += is_empty_ ? "{}" : "}"); }

private:
    void begin(std::string_view name) {
        out_ += is_empty_ ? '{' : ',';
        is_empty_ = false;
        json::write_string(out_, name);
        out_ += ':';
    }
    std::string out_;
    bool is_empty_ = true;
};

std::string messages_json(std::span<const Turn> turns) {
    size_t bytes = 0, first = turns.size();
    while (first > 0 && (bytes += turns[first - 1].text.size()) <= messages_bytes_max) --first;
    turns = turns.subspan(first);
    std::string out = "[";
    for (const Turn& turn : turns) {
        if (turn.text.empty()) continue;
        if (out.size() > 1) out += ',';
        out += Members().text("role", names_of(turn.role)[size_t(turn.role)]).text("content", turn.text).end();
    }
    return out += "]";
}

std::string_view last_text(std::span<const Turn> turns, Role role) {
    for (size_t i = turns.size(); i-- > 0;)
        if (turns[i].role == role && !turns[i].text.empty()) return turns[i].text;
    return {};
}

std::string character_json(const std::optional<PromptCharacter>& character) {
    if (!character) return "null";
    return Members()
        .text("name", character->name)
        .text("description", character->description)
        .text("personality", character->personality)
        .text("scenario", character->scenario)
        .text("mes_example", character->mes_example)
        .text("system_prompt", character->system_prompt)
        .text("post_history_instructions", character->post_history_instructions)
        .end();
}

std::string outlets_json(const PromptLore& lore) {
    Members outlets;
    for (const auto& [name, text] : lore.outlets) outlets.text(name, text);
    return outlets.end();
}

}  // namespace

std::string main_prompt(std::string_view character_name, std::string_view user_name) {
    if (character_name.empty())
        return "You are the assistant of a conversation in Ramify. Answer in the language of the person. Use Markdown where it helps.";
    return "Write the next message of " + std::string(character_name) + " in this conversation with " + std::string(user_name) + ". Stay in character.";
}

std::string with_original(std::string text, std::string_view original) {
    constexpr std::string_view macro = "{{original}}";
    for (size_t at = 0; (at = text.find(macro, at)) != std::string::npos; at += original.size()) text.replace(at, macro.size(), original);
    return text;
}

std::string context_json(const PromptValues& values, std::span<const Turn> turns) {
    static const PromptCharacter no_character;
    const PromptCharacter& character = values.character ? *values.character : no_character;
    std::string_view user_name = values.persona ? std::string_view(values.persona->name) : nobody;
    std::string_view persona = values.persona ? std::string_view(values.persona->description) : std::string_view();
    return Members()
        .raw("char", character_json(values.character))
        .raw("user", Members().text("name", user_name).text("description", persona).end())
        .raw("chat", Members()
                         .text("id", values.chat_id.text())
                         .text("title", values.chat_title)
                         .text("branch_id", values.branch_id.text())
                         .text("created_at", rfc3339(values.chat_created_at))
                         .end())
        .raw("app", values.app_id ? Members().text("id", values.app_id->text()).end() : "null")
        .raw("messages", messages_json(turns))
        .raw("lore", Members().text("before", values.lore.before).text("after", values.lore.after).end())
        .raw("rag", rag_json(values.passages))
        .raw("vars", values.vars.text)
        .text("now", rfc3339(values.now))
        .text("model", values.model)
        .text("persona", persona)
        .text("main", main_prompt(character.name, user_name))
        .text("system", character.system_prompt)
        .text("description", character.description)
        .text("personality", character.personality)
        .text("scenario", character.scenario)
        .text("mesExamples", character.mes_example)
        .text("wiBefore", values.lore.before)
        .text("wiAfter", values.lore.after)
        .text("loreBefore", values.lore.before)
        .text("loreAfter", values.lore.after)
        .text("emTop", values.lore.examples_top)
        .text("emBottom", values.lore.examples_bottom)
        .raw("outlet", outlets_json(values.lore))
        .text("lastUserMessage", last_text(turns, Role::user))
        .text("lastAssistantMessage", last_text(turns, Role::assistant))
        .end();
}

std::vector<PromptPart> parts_of(std::string_view printed, const PromptValues& values) {
    std::vector<PromptPart> parts;
    int64_t rest = llm::estimate_tokens(printed);
    auto add = [&](PromptSource source, std::initializer_list<std::string_view> texts) {
        int64_t tokens = 0;
        for (std::string_view text : texts)
            if (!text.empty() && printed.find(text) != std::string_view::npos) tokens += llm::estimate_tokens(text);
        tokens = std::min(tokens, rest);
        rest -= tokens;
        if (tokens == 0) return;
        if (!parts.empty() && parts.back().source == source)
            parts.back().tokens += tokens;
        else
            parts.push_back({source, tokens});
    };
    if (auto& character = values.character)
        add(PromptSource::entity_profile, {character->system_prompt, character->description, character->personality, character->scenario, character->mes_example});
    add(PromptSource::lore, {values.lore.before, values.lore.after, values.lore.examples_top, values.lore.examples_bottom});
    for (const auto& [name, text] : values.lore.outlets) add(PromptSource::lore, {text});
    if (!values.passages.empty()) {
        std::string text = rag_text(values.passages);
        add(PromptSource::knowledge, {text});
    }
    if (values.persona) add(PromptSource::persona, {values.persona->description});
    if (rest > 0) parts.insert(parts.begin(), {PromptSource::prompt_template, rest});
    return parts;
}

}  // namespace ry::chats

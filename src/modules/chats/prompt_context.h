#pragma once
// Inside the part: what prompt templates may name, and the template of chats that have none. Pure.
//
// Values are data: what a person, a card or a model wrote is printed as it is and never read as a template.
#include <map>
#include <span>
#include <string>
#include <vector>

#include "modules/chats/persona_model.h"
#include "modules/chats/prompt_model.h"

namespace ry::chats {

/// Who the chat is with.
struct PromptCharacter {
    std::string name;
    std::string description, personality, scenario, mes_example;
    std::string system_prompt, post_history_instructions;
    std::vector<std::string> tags;
};

/// What lore has activated, by the place where it belongs.
struct PromptLore {
    std::string before, after;
    std::string examples_top, examples_bottom;   ///< around the examples of the character
    std::map<std::string, std::string> outlets;  ///< by name: texts that a template puts where it wants
};

/// What the chat has; what it has not is empty, and a template prints nothing of it.
struct PromptValues {
    ChatId chat_id;
    BranchId branch_id;
    std::string chat_title;
    Time chat_created_at;
    std::optional<AppId> app_id;
    std::optional<PromptCharacter> character;
    std::optional<Persona> persona;
    PromptLore lore;
    Json vars{"{}"};  ///< of the chat: an object
    std::vector<KnowledgePassage> passages;  ///< what of knowledge belongs to the newest message
    std::string model;
    Time now;
};

/// What a model is told first when no card says it: of a chat with a character, and of one without ("").
std::string main_prompt(std::string_view character_name, std::string_view user_name);
/// The text of a card with `{{original}}`, which is what it takes the place of.
std::string with_original(std::string text, std::string_view original);

/// The template of chats for which none is enabled.
extern const std::string_view built_in_template;

/// The context of a rendering as a JSON object: docs/prompts.md has its members. `turns`: the newest messages.
std::string context_json(const PromptValues& values, std::span<const Turn> turns);

/// Where the text that a template printed comes from: its values that stand in it as they are, and the template.
std::vector<PromptPart> parts_of(std::string_view printed, const PromptValues& values);

}  // namespace ry::chats

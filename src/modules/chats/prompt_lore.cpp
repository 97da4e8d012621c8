#include "modules/chats/prompt_lore.h"

#include <algorithm>
#include <map>

#include "modules/chats/cards/macros.h"

namespace ry::chats {
namespace {

constexpr std::string_view nobody = "User";  // who has no persona
constexpr int64_t note_depth = 4;            // where SillyTavern puts the author's note, which chats here do not have

uint64_t seed_of(BranchId branch, int64_t messages_count) {
    uint64_t seed = uint64_t(messages_count);
    for (char c : branch.text()) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3;  // FNV-1a
    return seed;
}

Role role_of(lore::Speaker speaker) {
    if (speaker == lore::Speaker::user) return Role::user;
    return speaker == lore::Speaker::assistant ? Role::assistant : Role::system;
}

void append(std::string& text, std::string_view more) { (text += text.empty() ? "" : "\n") += more; }

}  // namespace

lore::Outcome resolve_lore(const LoreWork& work, const PromptValues& values, const std::vector<Turn>& turns,
                           int64_t messages_count, int64_t context_tokens) {
    lore::Settings settings = work.settings;
    settings.context_tokens = context_tokens;
    lore::Scene scene{.messages_count = messages_count,
                      .trigger = work.trigger,
                      .effects = work.effects,
                      .seed = seed_of(values.branch_id, messages_count),
                      .count_tokens = &llm::estimate_tokens};
    std::string user = values.persona ? values.persona->name : "",
                character = values.character ? values.character->name : "";
    size_t first = turns.size() - std::min(turns.size(), lore::messages_max);
    for (size_t at = first; at < turns.size(); ++at) {
        bool is_answer = turns[at].role == Role::assistant;
        scene.assistant_messages_count += is_answer;
        scene.lines.push_back({turns[at].role == Role::user ? user : is_answer ? character : "", turns[at].text});
    }
    if (values.persona) scene.persona_description = values.persona->description;
    if (values.character) {
        scene.character_name = character;
        scene.character_tags = values.character->tags;
        scene.character_description = values.character->description;
        scene.character_personality = values.character->personality;
        scene.scenario = values.character->scenario;
    }
    scene.expand = [&](std::string_view text) {
        return cards::expand_macros(text,
                                    {.character = character, .user = user.empty() ? nobody : user, .seed = scene.seed})
            .value_or(std::string(text));
    };
    return lore::resolve(work.books, settings, scene);
}

std::optional<Json> effects_left(const LoreWork& work, const lore::Outcome& outcome) {
    if (work.effects.empty() && outcome.effects.empty()) return {};
    Json left{""};
    encode(left.text, outcome.effects);
    return left;
}

std::vector<CitedEntry> entries_said(const LoreWork& work, const lore::Outcome& outcome) {
    std::map<std::pair<std::string_view, int64_t>, const lore::Verdict*> verdicts;
    for (const lore::Verdict& verdict : outcome.verdicts)
        if (verdict.activated) verdicts[{verdict.book, verdict.uid}] = &verdict;
    std::vector<CitedEntry> entries;
    for (const lore::Piece& piece : outcome.pieces) {
        const lore::Verdict& verdict = *verdicts.at({piece.book, piece.uid});
        auto book = std::ranges::find(work.books, piece.book, &lore::BookInUse::id);
        entries.push_back({.lorebook_id = *LorebookId::parse(piece.book),
                           .lorebook_name = lore::book_of(*book->compiled).name,
                           .uid = piece.uid,
                           .comment = verdict.comment,
                           .reason = verdict.reason,
                           .matched_keys = verdict.matched_keys,
                           .text = piece.text,
                           .tokens = piece.tokens});
    }
    return entries;
}

void place_lore(const lore::Outcome& outcome, PromptValues& values, PromptParts& parts) {
    auto within = [&](const lore::Piece& piece, int64_t depth, Role role) {
        parts.within.emplace(
            depth,
            PromptPiece{
                .source = PromptSource::lore, .role = role, .text = piece.text, .tokens = message_tokens(piece.text)});
    };
    for (const lore::Piece& piece : outcome.pieces) {
        switch (piece.position) {
            case lore::Position::before:
                append(values.lore.before, piece.text);
                break;
            case lore::Position::after:
            case lore::Position::personality:
            case lore::Position::scenario:
                append(values.lore.after, piece.text);
                break;
            case lore::Position::an_top:
            case lore::Position::an_bottom:
                within(piece, note_depth, Role::system);
                break;
            case lore::Position::at_depth:
                within(piece, piece.depth, role_of(piece.role));
                break;
            case lore::Position::em_top:
                append(values.lore.examples_top, piece.text);
                break;
            case lore::Position::em_bottom:
                append(values.lore.examples_bottom, piece.text);
                break;
            case lore::Position::outlet:
                append(values.lore.outlets[piece.outlet_name], piece.text);
                break;
        }
    }
    if (!values.character) return;
    for (const std::string& prompt : outcome.disabled_prompts)
        (prompt == "system_prompt" ? values.character->system_prompt : values.character->post_history_instructions)
            .clear();
}

}  // namespace ry::chats

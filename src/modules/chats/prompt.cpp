#include "modules/chats/prompt.h"

#include <algorithm>
#include <ranges>

#include "modules/chats/image_file.h"

namespace ry::chats {
namespace {

constexpr int64_t tokens_per_message = 4;  // role and separators, as chat templates add them
constexpr int64_t pinned_share = 2;        // of the room for the history: one part of so many, so that the newest go on

llm::Role role_of(Role role) {
    switch (role) {
        case Role::user:
            return llm::Role::user;
        case Role::assistant:
            return llm::Role::assistant;
        case Role::system:
            return llm::Role::system;
        case Role::tool:
            return llm::Role::user;
    }
    return llm::Role::user;
}

int64_t tokens_of(const std::vector<PromptPiece>& pieces) {
    int64_t tokens = 0;
    for (const PromptPiece& piece : pieces) tokens += piece.tokens;
    return tokens;
}

/// An answer that never came; it is not sent.
bool is_empty(const Turn& turn) { return turn.text.empty() && turn.images.empty(); }

int64_t turn_tokens(const Turn& turn) {
    if (is_empty(turn)) return 0;
    int64_t tokens = message_tokens(turn.text);
    for (const Image& image : turn.images) tokens += image_tokens(image);
    return tokens;
}

void keep_newest_images(std::vector<Turn>& turns) {
    size_t room = prompt_images_max;
    for (Turn& turn : turns | std::views::reverse) {
        if (turn.images.size() > room) turn.images.resize(room);
        room -= turn.images.size();
    }
}

struct MeasuredTurn {
    Turn turn;
    int64_t tokens = 0;
    bool is_sent = false;
};

/// Marks what is sent: the last turn; of the pinned ones the newest, as far as half of the rest goes; then the newest.
/// False when the last one does not fit.
bool choose(std::vector<MeasuredTurn>& turns, int64_t room) {
    if (turns.empty()) return true;
    auto take = [&](MeasuredTurn& each) {
        room -= each.tokens;
        each.is_sent = true;
    };
    if (turns.back().tokens > room) return false;
    take(turns.back());
    int64_t pinned_room = room / pinned_share;
    for (MeasuredTurn& each : turns | std::views::reverse) {
        if (each.is_sent || !each.turn.is_pinned) continue;
        if ((pinned_room -= each.tokens) < 0) break;
        take(each);
    }
    for (MeasuredTurn& each : turns | std::views::reverse) {
        if (each.is_sent) continue;
        if (each.tokens > room) break;
        take(each);
    }
    return true;
}

}  // namespace

int64_t answer_tokens(int64_t context_tokens) { return std::min<int64_t>(context_tokens / 4, 16'000); }

int64_t message_tokens(std::string_view text) { return llm::estimate_tokens(text) + tokens_per_message; }

Result<Prompt> fit_prompt(PromptParts parts, int64_t context_tokens) {
    int64_t room = context_tokens - answer_tokens(context_tokens);
    Prompt prompt{.pieces = std::move(parts.before)};
    prompt.tokens = tokens_of(prompt.pieces) + tokens_of(parts.after);
    for (const auto& [depth, piece] : parts.within) prompt.tokens += piece.tokens;
    if (prompt.tokens > room)
        return fail(Code::invalid,
                    "what the model is told before the conversation has " + std::to_string(prompt.tokens) +
                        " tokens, and its window has room for " + std::to_string(room) +
                        "; shorten the prompt template or what it prints, or raise the window in Settings → Models");
    keep_newest_images(parts.turns);
    std::vector<MeasuredTurn> turns;
    for (Turn& turn : parts.turns) {
        int64_t tokens = turn_tokens(turn);
        turns.push_back({.turn = std::move(turn), .tokens = tokens});
    }
    if (!choose(turns, room - prompt.tokens))
        return fail(Code::invalid, "the message does not fit into the model's window of " +
                                       std::to_string(context_tokens) +
                                       " tokens; shorten it, or raise the window in Settings → Models");
    prompt.messages_left_out = parts.messages_count;
    auto placed = parts.within.begin();
    auto place = [&](size_t turns_after) {
        for (; placed != parts.within.end() && placed->first >= int64_t(turns_after); ++placed)
            prompt.pieces.push_back(std::move(placed->second));
    };
    for (size_t i = 0; i < turns.size(); ++i) {
        auto& [turn, tokens, is_sent] = turns[i];
        if (!is_sent) continue;
        --prompt.messages_left_out;
        prompt.tokens += tokens;
        place(turns.size() - i);
        if (is_empty(turn)) continue;
        prompt.pieces.push_back({.source = turn.is_pinned ? PromptSource::pinned : PromptSource::history,
                                 .role = turn.role,
                                 .text = std::move(turn.text),
                                 .tokens = tokens,
                                 .message_id = turn.id,
                                 .images = std::move(turn.images)});
    }
    place(0);
    for (PromptPiece& piece : parts.after) prompt.pieces.push_back(std::move(piece));
    return prompt;
}

bool has_images(const Prompt& prompt) {
    return std::ranges::any_of(prompt.pieces, [](const PromptPiece& piece) { return !piece.images.empty(); });
}

std::vector<llm::Message> messages_of(const Prompt& prompt, const std::map<ImageId, llm::Image>& images) {
    std::vector<llm::Message> messages;
    for (const PromptPiece& piece : prompt.pieces) {
        llm::Message message{.role = role_of(piece.role), .parts = {}};
        for (const Image& image : piece.images)
            if (auto file = images.find(image.id); file != images.end()) message.parts.push_back(file->second);
        if (message.parts.empty() || !piece.text.empty()) message.parts.push_back(llm::Text{piece.text});
        messages.push_back(std::move(message));
    }
    return messages;
}

std::string prompt_json(const Prompt& prompt) {
    std::string out = "[";
    for (const PromptPiece& piece : prompt.pieces) {
        if (out.size() > 1) out += ',';
        ((out += "{\"role\":\"") += names_of(piece.role)[size_t(piece.role)]) += "\",\"text\":";
        json::write_string(out, piece.text);
        for (const Image& image : piece.images)
            ((out += &image == piece.images.data() ? ",\"image_ids\":[\"" : ",\"") += image.id.text()) += '"';
        out += piece.images.empty() ? "}" : "]}";
    }
    return out + "]";
}

}  // namespace ry::chats

#include "modules/chats/prompt.h"

#include <algorithm>

namespace ry::chats {
namespace {

constexpr int64_t tokens_per_message = 4;  // role and separators, as chat templates add them

llm::Role role_of(Role role) {
    switch (role) {
        case Role::user: return llm::Role::user;
        case Role::assistant: return llm::Role::assistant;
        case Role::system: return llm::Role::system;
        case Role::tool: return llm::Role::user;
    }
    return llm::Role::user;
}

std::string_view name_of_role(llm::Role role) {
    constexpr std::string_view names[] = {"system", "user", "assistant", "tool"};
    return names[size_t(role)];
}

}  // namespace

int64_t answer_tokens(int64_t context_tokens) { return std::min<int64_t>(context_tokens / 4, 16'000); }

Result<Prompt> fit_prompt(std::string_view system, const std::vector<Turn>& turns, int64_t context_tokens) {
    Prompt prompt;
    int64_t room = context_tokens - answer_tokens(context_tokens);
    if (!system.empty()) {
        prompt.messages.push_back(llm::message(llm::Role::system, std::string(system)));
        prompt.tokens += llm::estimate_tokens(system) + tokens_per_message;
    }
    size_t first = turns.size();
    while (first > 0) {
        const Turn& turn = turns[first - 1];
        int64_t tokens = llm::estimate_tokens(turn.text) + tokens_per_message;
        if (prompt.tokens + tokens > room) break;
        prompt.tokens += tokens;
        --first;
    }
    if (first == turns.size() && !turns.empty())
        return fail(Code::invalid, "the message does not fit into the model's window of " + std::to_string(context_tokens) +
                                       " tokens; shorten it, or raise the window in Settings → Models");
    prompt.turns_left_out = int64_t(first);
    for (size_t i = first; i < turns.size(); ++i)
        if (!turns[i].text.empty()) prompt.messages.push_back(llm::message(role_of(turns[i].role), turns[i].text));
    return prompt;
}

std::string prompt_json(const Prompt& prompt) {
    std::string out = "[";
    for (const llm::Message& message : prompt.messages) {
        if (out.size() > 1) out += ',';
        ((out += "{\"role\":\"") += name_of_role(message.role)) += "\",\"text\":";
        json::write_string(out, llm::text_of(message));
        out += '}';
    }
    return out + "]";
}

}  // namespace ry::chats

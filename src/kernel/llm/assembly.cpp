#include <algorithm>

#include "kernel/llm/adapter.h"

namespace ry::llm {
namespace {

/// Of one answer; models ask for a handful at most.
constexpr size_t calls_max = 128;
/// Of one call: a whole file with its JSON escapes. 128 × 2 MiB bounds an answer to 256 MiB.
constexpr size_t arguments_bytes_max = 2 << 20;
constexpr size_t signature_bytes_max = 64 << 10;  // a few hundred bytes come

/// PostgreSQL's text has no U+0000, so an answer must not have one either.
std::string without_nul(std::string_view text) {
    std::string clean(text);
    std::erase(clean, '\0');
    return clean;
}

}  // namespace

void Assembly::give(const Piece& piece) {
    if (stopped_) return;
    if (piece.kind != PieceKind::usage && piece.kind != PieceKind::finish) given_ = true;
    if (!on_piece_(piece)) stopped_ = true;
}

void Assembly::text(std::string_view text) {
    if (text.contains('\0')) return this->text(without_nul(text));
    if (!text.empty()) give({.kind = PieceKind::text, .text = text});
}

void Assembly::reasoning(std::string_view text) {
    if (text.contains('\0')) return reasoning(without_nul(text));
    if (!text.empty()) give({.kind = PieceKind::reasoning, .text = text});
}

Assembly::Call* Assembly::find_call(int index) {
    auto found = std::ranges::find(calls_, index, &Call::index);
    return found == calls_.end() ? nullptr : &*found;
}

void Assembly::call_started(int index, std::string_view id, std::string_view name) {
    if (find_call(index)) return;
    if (calls_.size() >= calls_max)
        return refuse({.status = 502, .message = "the answer asks for more than 128 tools at once"});
    Call& call = calls_.emplace_back(Call{.index = index, .id = std::string(id), .name = std::string(name)});
    if (call.id.empty()) call.id = "call_" + std::to_string(index);
    give({.kind = PieceKind::tool_call_started, .index = position_of(call), .id = call.id, .name = call.name});
}

void Assembly::call_arguments(int index, std::string_view text) {
    Call* call = find_call(index);
    if (!call || !call->is_open || text.empty()) return;
    if (call->arguments.size() + text.size() > arguments_bytes_max)
        return refuse({.status = 502, .message = "the arguments of a tool call are longer than 2 MiB"});
    call->arguments += text;
    give({.kind = PieceKind::tool_call_arguments,
          .text = text,
          .index = position_of(*call),
          .id = call->id,
          .name = call->name});
}

void Assembly::call_signed(int index, std::string_view signature) {
    if (signature.size() > signature_bytes_max)
        return refuse({.status = 502, .message = "the signature of a tool call is longer than 64 KiB"});
    if (Call* call = find_call(index)) call->signature = signature;
}

void Assembly::call_done(int index) {
    Call* call = find_call(index);
    if (!call || !call->is_open) return;
    call->is_open = false;
    if (call->arguments.empty()) call->arguments = "{}";
    if (!json::is_valid(call->arguments)) {
        std::string wrapped = "{\"unparsed\":";
        json::write_string(wrapped, call->arguments);
        call->arguments = wrapped + "}";
    }
    give({.kind = PieceKind::tool_call_done,
          .text = call->arguments,
          .index = position_of(*call),
          .id = call->id,
          .name = call->name});
}

void Assembly::usage(const Usage& usage) {
    if (usage == finished_.usage) return;
    finished_.usage = usage;
    give({.kind = PieceKind::usage, .usage = usage});
}

Finished Assembly::finish() {
    for (size_t i = 0; i < calls_.size(); ++i) call_done(calls_[i].index);
    bool has_calls = !calls_.empty();
    FinishReason reason = finish_reason_.value_or(FinishReason::stop);
    if (has_calls && reason == FinishReason::stop) reason = FinishReason::tool_calls;
    finished_.finish_reason = reason;
    finished_.request_id = request_id_;
    for (Call& call : calls_)
        finished_.tool_calls.push_back({.id = std::move(call.id),
                                        .name = std::move(call.name),
                                        .arguments = {std::move(call.arguments)},
                                        .signature = std::move(call.signature)});
    give({.kind = PieceKind::finish, .usage = finished_.usage, .finish_reason = reason});
    return std::move(finished_);
}

}  // namespace ry::llm

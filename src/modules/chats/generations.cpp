// What a person can do with a generation, and how one ends that has no answer to apply.
#include "modules/chats/generations.h"

#include "base/text.h"
#include "kernel/store/store.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/chats/answer_blocks.h"
#include "modules/chats/answer_pipeline.h"
#include "modules/chats/chats.h"
#include "modules/chats/citation_queries.gen.h"
#include "modules/chats/citations.h"
#include "modules/chats/generation_queries.gen.h"
#include "modules/chats/message_queries.gen.h"
#include "modules/chats/run_queries.gen.h"
#include "modules/chats/running.h"
#include "modules/chats/variant_queries.gen.h"

namespace ry::chats {
namespace {

/// The text of an answer whose process died, from the blocks that were kept. Unfinished changes are left open, so
/// nothing applies them.
std::string text_of(const std::vector<Block>& blocks) {
    std::string text;
    for (const Block& block : blocks) {
        if (block.type == BlockType::answer) text += block.content;
        if (block.type != BlockType::code_change) continue;
        std::string name = block.kind.value_or("write");
        for (char& c : name)
            if (c == '_') c = '-';
        text += "\n<ramify-" + name + " path=\"" + block.path.value_or("") + "\">\n" + block.content;
        if (block.status == BlockStatus::done) text += "</ramify-" + name + ">\n";
    }
    return text;
}

}  // namespace

stream::Entry ending_of(MessageRow row) {
    constexpr std::string_view types[] = {"", "", "generation.done", "generation.aborted", "generation.error"};
    Message message = to_message(std::move(row));
    const Generation& generation = *message.variant.generation;
    std::string data =
        "{\"generation\":" + to_json(generation) + ",\"message\":" + to_json(ended_message(message)) + "}";
    return {std::string(types[size_t(generation.status)]), {std::move(data)}};
}

void measure(store::Tx& tx, const Generation& ended) {
    tx.after_commit([status = ended.status, queued = ended.queued_at, first_token = ended.first_token_at] {
        telemetry::counter("chats_generations_total", "Answers that have ended, by how.", "status",
                           names_of(status)[size_t(status)])
            .add();
        if (first_token)
            telemetry::histogram_ms("chats_first_token_ms", "From a message to the first token of its answer.")
                .observe(double(first_token->us - queued.us) / 1000);
    });
}

/// Ends a generation that has no answer to apply. A block that another attempt left open is closed with what was
/// flushed of it.
Result<Generation> Chats::settle(store::Tx& tx, const GenerationWork& work, GenerationStatus status,
                                 const std::string& code, const std::string& message) {
    if (work.open_block) {
        Block block = work.open_block->block;
        std::string stream = stream_of(work.chat_id);
        block.content = TRY(hub_.read_text(tx, stream, work.open_block->seq));
        block.status = BlockStatus::unfinished;
        TRY(hub_.close_text(tx, {tx.op().organization, stream, work.open_block->seq}, "block.done",
                            block_event(work, 0, block)));
        tx.queue(sql::add_blocks, {.variant_id = work.variant_id, .blocks = {"[" + to_json(block) + "]"}});
        std::vector<Block> blocks;
        if (auto kept = TRY(tx.maybe(sql::variant_blocks, {.id = work.variant_id}))) from_text(kept->text, blocks);
        tx.queue(sql::set_variant_text, {.id = work.variant_id, .text = text_of(blocks)});
    }
    auto some = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); };
    StepStatus step = status == GenerationStatus::aborted ? StepStatus::cancelled : StepStatus::failed;
    tx.queue(sql::fail_open_steps, {.run_id = work.run_id, .status = step, .error = some(message)});
    tx.queue(sql::set_run_status, {.id = work.run_id, .status = step});
    tx.queue(sql::end_generation, {.id = work.id,
                                   .status = status,
                                   .tokens_in = work.tokens_in,
                                   .tokens_out = work.tokens_out,
                                   .tokens_cached = work.tokens_cached,
                                   .cost_usd = work.cost_usd,
                                   .error_code = some(code),
                                   .error_message = some(message),
                                   .problems = {"[]"}});
    auto ended = *TRY(tx.maybe(sql::message_of_variant, {.variant_id = work.variant_id}));
    Generation generation = *to_message(ended).variant.generation;
    measure(tx, generation);
    TRY(tell_run_ended(tx, hub_, work.run_id));
    TRY(hub_.append(tx, stream_of(work.chat_id), {ending_of(std::move(ended))}));
    return generation;
}

Result<void> Chats::give_up(store::Tx& tx, GenerationId id) {
    auto work = TRY(tx.maybe(sql::lock_generation, {.id = id}));
    if (!work || work->ended_at) return {};
    TRY(settle(tx, *work, GenerationStatus::error, "interrupted", std::string(interrupted_message)));
    return {};
}

Result<Generation> Chats::show_generation(Op& op, GenerationId id) {
    auto found = TRY(
        store_.read(op, "chats.show_generation", [&](store::Tx& tx) { return tx.maybe(sql::generation, {.id = id}); }));
    if (!found) return fail(Code::not_found, "there is no such generation");
    return *std::move(found);
}

namespace {

/// A generation's prompt as it is kept, with its messages unpacked.
struct Unpacked {
    KeptPrompt kept;
    std::vector<SentMessage> messages;
};

Result<Unpacked> prompt_of(store::Store& store, const Op& op, GenerationId id) {
    auto kept = TRY(store.read(op, "chats.kept_prompt", [&](store::Tx& tx) -> Result<std::optional<KeptPrompt>> {
        if (!TRY(tx.maybe(sql::generation, {.id = id}))) return fail(Code::not_found, "there is no such generation");
        return tx.maybe(sql::kept_prompt, {.id = id});
    }));
    if (!kept)
        return fail(Code::not_found,
                    "no prompt is kept of that generation: it waits for its turn, ended before a model was asked, or "
                    "came out of a file");
    Unpacked unpacked{.messages = unpacked_prompt(unhex(kept->zstd_hex).value_or(""))};
    unpacked.kept = *std::move(kept);
    return unpacked;
}

}  // namespace

Result<SentPrompt> Chats::show_prompt(Op& op, GenerationId id) {
    Unpacked prompt = TRY(prompt_of(store_, op, id));
    return SentPrompt{.prompt_hash = std::move(prompt.kept.prompt_hash),
                      .settings = std::move(prompt.kept.settings),
                      .messages = std::move(prompt.messages)};
}

Result<Citations> Chats::show_citations(Op& op, GenerationId id) {
    Unpacked prompt = TRY(prompt_of(store_, op, id));
    if (!prompt.kept.citations) return Citations{};
    return citations_from(*prompt.kept.citations, prompt.messages);
}

Result<void> Chats::abort_unfinished(store::Tx& tx, ChatId chat) {
    for (GenerationId id : TRY(tx.many(sql::unfinished_of_chat, {.chat_id = chat}))) TRY(stop_answer(tx, id));
    return {};
}

Result<Generation> Chats::abort(Op& op, GenerationId id) {
    return store_.write(op, "chats.abort_generation", [&](store::Tx& tx) { return stop_answer(tx, id); });
}

Result<Generation> Chats::stop_answer(store::Tx& tx, GenerationId id) {
    auto work = TRY(tx.maybe(sql::lock_generation, {.id = id}));
    if (!work) return fail(Code::not_found, "there is no such generation");
    if (work->status == GenerationStatus::queued) return settle(tx, *work, GenerationStatus::aborted, "", "");
    if (work->status == GenerationStatus::streaming) {
        tx.queue(sql::mark_aborted, {.id = id});
        tx.after_commit([this, id] { running_->abort(id); });
    }
    return *TRY(tx.maybe(sql::generation, {.id = id}));
}

}  // namespace ry::chats

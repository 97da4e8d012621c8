// The job that writes an answer: the default pipeline pre → llm → post, each step recorded.
//
// pre   builds the prompt from the history and what the chat's subject says
// llm   streams the answer: text goes to followers at once and to the database every half second
// post  lets the subject apply what the answer changes; what cannot be applied the model is asked once to mend
//
// A process may die at any point. The next attempt finds how far the last one came: it applies an answer that was
// complete, closes one that was cut off (its flushed text is kept), and asks again when nothing had been said.
#include <zstd.h>

#include <atomic>
#include <map>

#include "base/guarded.h"
#include "base/hash.h"
#include "base/text.h"
#include "kernel/jobs/jobs.h"
#include "kernel/llm/llm.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/chats/chats.h"
#include "modules/chats/prompt.h"
#include "modules/chats/queries.gen.h"
#include "modules/chats/running.h"

namespace ry::chats {
namespace {

constexpr int continuations_max = 2;          // of one answer that ended inside an element
constexpr size_t answer_bytes_max = 4 << 20;  // as stream::Limits::text_bytes_max
constexpr std::string_view interrupted_message = "the answer was interrupted when the server stopped; what had arrived is kept. Regenerate it to get the rest";
constexpr std::string_view plain_system = "You are the assistant of a conversation in Ramify. Answer in the language of the person. Use Markdown where it helps.";
constexpr std::string_view continue_request =
    "Your answer was cut off inside a change. Continue exactly where it stopped, beginning with the next character. Repeat nothing, explain nothing.";

constexpr std::string_view repair_request =
    "Nothing of your answer was applied, because of the problems below. Write all of its changes again, corrected and complete, and nothing else.";

/// The answer of a chat that is about nothing: one block.
class PlainReader final : public AnswerReader {
public:
    void feed(std::string_view text, BlockSink& sink) override {
        if (!is_started_) sink.start({.type = BlockType::answer});
        is_started_ = true;
        sink.grow(text);
    }
    bool is_inside() const override { return false; }
    void finish(BlockSink& sink) override {
        if (is_started_) sink.end(BlockStatus::done);
    }

private:
    bool is_started_ = false;
};

std::string compressed(std::string_view bytes) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
    return out;
}

/// The text of an answer whose process died, from the blocks that were kept. Unfinished changes are left open, so nothing applies them.
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

Json started_event(const GenerationWork& work, int64_t index, const Block& block) {
    Json data{"{\"generation_id\":\"" + work.id.text() + "\",\"message_id\":\"" + work.message_id.text() + "\",\"variant_id\":\"" +
              work.variant_id.text() + "\",\"index\":" + std::to_string(index) + ",\"block\":" + to_json(block) + "}"};
    return data;
}

}  // namespace

/// One attempt at an answer. Its functions run on the job's thread.
class Chats::Answering final : BlockSink {
public:
    Answering(Chats& chats, Op& op, jobs::Context& job, GenerationId id) : chats_(chats), op_(op), job_(job), id_(id), stop_(chats.running_->enter(id, op.stop)) {
        op_.stop = stop_->token();
    }
    ~Answering() { chats_.running_->leave(id_); }

    Result<void> run() {
        switch (TRY(begin())) {
            case Next::nothing: return {};
            case Next::post: return post();
            case Next::ask: break;
        }
        auto prompt = prepare();
        if (!prompt) return finish_failed(std::move(prompt).error());
        prompt_ = *std::move(prompt);
        auto finished = ask(prompt_.messages);
        if (!finished) return finish_failed(std::move(finished).error());
        TRY(keep_answer());
        return post();
    }

private:
    enum class Next { nothing, ask, post };

    /// Runs `f` as a transaction of this attempt.
    template <class F>
    auto write(std::string_view name, F&& f) { return job_.write(name, std::forward<F>(f)); }

    Result<Next> begin() {
        return write("chats.start_generation", [&](store::Tx& tx) -> Result<Next> {
            auto found = TRY(tx.maybe(sql::lock_generation, {.id = id_}));
            if (!found || found->ended_at) return Next::nothing;
            work_ = *std::move(found);
            if (work_.status == GenerationStatus::aborted) {
                TRY(chats_.settle(tx, work_, GenerationStatus::aborted, "", ""));
                return Next::nothing;
            }
            if (work_.attempt > 0) {
                auto llm = TRY(tx.maybe(sql::step_status, {.run_id = work_.run_id, .type = "llm"}));
                if (llm == StepStatus::done) {
                    // What was being mended when the process died is not part of the answer.
                    if (work_.open_block) TRY(chats_.hub_.drop_text(tx, {op_.organization, stream(), work_.open_block->seq}));
                    return Next::post;
                }
                auto blocks = TRY(tx.maybe(sql::variant_blocks, {.id = work_.variant_id}));
                if (work_.open_block || (blocks && blocks->text != "[]")) {
                    TRY(chats_.settle(tx, work_, GenerationStatus::error, "interrupted", std::string(interrupted_message)));
                    return Next::nothing;
                }
            }
            model_ = TRY(tx.maybe(sql::model, {.id = work_.model_id.value_or(ModelId{})}));
            tx.step();
            tx.queue(sql::start_generation, {.id = id_});
            work_ = *TRY(tx.maybe(sql::lock_generation, {.id = id_}));  // with the version to build on
            tx.queue(sql::set_run_status, {.id = work_.run_id, .status = StepStatus::running});
            tx.queue(sql::start_step, {.run_id = work_.run_id, .type = "pre", .input = {"{}"}});
            auto generation = TRY(tx.maybe(sql::generation, {.id = id_}));
            TRY(chats_.hub_.append(tx, stream(), "generation.started", {"{\"generation\":" + to_json(*generation) + "}"}));
            return Next::ask;
        });
    }

    /// Step pre.
    Result<Prompt> prepare() {
        if (!model_) return fail(Code::not_found, "the model was deleted in the meantime; choose another and regenerate");
        Known known = TRY(chats_.store_.read(op_, "chats.read_history", [&](store::Tx& tx) { return read_known(tx); }));
        app_id_ = known.app_id;
        endpoint_ = std::move(known.endpoint);
        const std::vector<Turn>& turns = known.turns;
        std::string system(plain_system);
        std::string_view question = turns.empty() ? std::string_view() : std::string_view(turns.back().text);
        if (app_id_ && chats_.subject_)
            system = TRY(chats_.subject_->context(op_, *app_id_, work_.base_version_id, question, model_->context_tokens / 2));
        Prompt prompt = TRY(fit_prompt(system, turns, model_->context_tokens));
        std::string snapshot = prompt_json(prompt);
        std::string hash = sha256_hex(snapshot), packed = compressed(snapshot);
        TRY(write("chats.keep_prompt", [&](store::Tx& tx) -> Result<void> {
            std::string summary = "{\"messages\":" + std::to_string(prompt.messages.size()) + ",\"tokens\":" + std::to_string(prompt.tokens) +
                                  ",\"turns_left_out\":" + std::to_string(prompt.turns_left_out) + ",\"prompt_hash\":\"" + hash + "\"}";
            tx.step();
            tx.queue(sql::add_prompt_snapshot, {.hash = hash, .zstd = {packed}});
            tx.queue(sql::set_prompt, {.id = id_, .prompt_hash = hash});
            tx.queue(sql::end_step, {.run_id = work_.run_id, .type = "pre", .status = StepStatus::done, .output = {summary}, .error = {}});
            tx.queue(sql::start_step, {.run_id = work_.run_id, .type = "llm", .input = {summary}});
            return {};
        }));
        return prompt;
    }

    /// What the prompt is made of, and who is asked.
    struct Known {
        std::optional<AppId> app_id;
        llm::Model endpoint;
        std::vector<Turn> turns;
    };
    Result<Known> read_known(store::Tx& tx) {
        Known known{.app_id = {}, .endpoint = TRY(chats_.with_key(tx, *model_)), .turns = TRY(history(tx, model_->context_tokens))};
        if (auto chat = TRY(tx.maybe(sql::chat, {.id = work_.chat_id}))) known.app_id = chat->app_id;
        return known;
    }

    /// The messages before the answer, oldest first: as many of the newest as may fit into the window.
    Result<std::vector<Turn>> history(store::Tx& tx, int64_t context_tokens) {
        std::vector<Turn> newest_first;
        int64_t tokens = 0;
        constexpr int64_t page = 100;
        for (int64_t end = work_.seq - 1; end > 0 && tokens < context_tokens; end -= page) {
            int64_t after = std::max<int64_t>(0, end - page);
            auto rows = TRY(tx.many(sql::messages_page, {.branch_id = work_.branch_id, .after = after, .limit = end - after}));
            for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
                tokens += llm::estimate_tokens(row->text);
                newest_first.push_back({row->role, std::move(row->text)});
            }
        }
        return std::vector<Turn>(newest_first.rbegin(), newest_first.rend());
    }

    /// Step llm: streams until the answer is complete.
    Result<void> ask(const std::vector<llm::Message>& messages) {
        llm::Ask ask{.messages = messages, .tokens_max = answer_tokens(model_->context_tokens)};
        if (app_id_ && chats_.subject_) reader_ = chats_.subject_->reader();
        else reader_ = std::make_unique<PlainReader>();
        for (int round = 0;; ++round) {
            auto finished = chats_.gateway_.stream(op_, endpoint_, ask, [&](const llm::Piece& piece) { return take(piece); });
            if (failure_) return std::move(*failure_);
            if (!finished) return std::move(finished).error();
            usage_.tokens_in += finished->usage.tokens_in;
            usage_.tokens_out += finished->usage.tokens_out;
            usage_.tokens_cached += finished->usage.tokens_cached;
            cost_usd_ += llm::cost_usd(endpoint_.price, finished->usage);
            if (!reader_->is_inside() || round == continuations_max) break;
            ask.messages = messages;
            ask.messages.push_back(llm::message(llm::Role::assistant, text_));
            ask.messages.push_back(llm::message(llm::Role::user, std::string(continue_request)));
        }
        end_reasoning();
        reader_->finish(*this);
        if (failure_) return std::move(*failure_);
        return {};
    }

    bool take(const llm::Piece& piece) {
        if (piece.kind == llm::PieceKind::reasoning) {
            if (!is_reasoning_ && !is_open_) {
                start({.type = BlockType::reasoning});
                is_reasoning_ = true;
            }
            if (is_reasoning_) grow(piece.text);
        } else if (piece.kind == llm::PieceKind::text) {
            end_reasoning();
            if (text_.size() + piece.text.size() > answer_bytes_max)
                failure_ = fail(Code::too_large, "the answer is longer than " + std::to_string(answer_bytes_max >> 20) + " MiB; ask for less at once");
            else {
                text_ += piece.text;
                reader_->feed(piece.text, *this);
            }
        }
        return !failure_;
    }

    void end_reasoning() {
        if (is_reasoning_) end(BlockStatus::done);
        is_reasoning_ = false;
    }

    // ---- BlockSink: a failure is kept and ends the stream

    void start(const Block& block) override {
        if (failure_) return;
        block_ = block;
        is_open_ = true;
        // An answer's text opens with its first character that shows: the blanks between two changes are no block.
        if (block.type != BlockType::answer) open();
    }

    void grow(std::string_view text) override {
        if (failure_ || !is_open_) return;
        block_.content += text;
        if (text_id_) return keep(chats_.hub_.push(*text_id_, text));
        if (!trim(text).empty()) {
            open();
            if (!failure_) keep(chats_.hub_.push(*text_id_, block_.content));
        }
    }

    void end(BlockStatus status) override {
        if (!is_open_) return;
        is_open_ = false;
        if (!text_id_ || failure_) return;
        block_.status = status;
        keep(write("chats.end_block", [&](store::Tx& tx) -> Result<void> {
            tx.step();
            return close(tx);
        }));
        text_id_.reset();
    }

    void open() {
        keep(write("chats.start_block", [&](store::Tx& tx) -> Result<void> {
            tx.step();
            Block shown = block_;
            shown.content.clear();
            shown.status = BlockStatus::streaming;
            text_id_ = TRY(chats_.hub_.open_text(tx, stream(), "block.started", started_event(work_, index_, shown)));
            tx.queue(sql::open_block, {.id = id_, .open_block = {text_id_->block, shown}});
            return {};
        }));
    }

    /// Ends the open block in `tx`.
    Result<void> close(store::Tx& tx) {
        TRY(chats_.hub_.close_text(tx, *text_id_, "block.done", started_event(work_, index_, block_)));
        tx.queue(sql::add_block, {.variant_id = work_.variant_id, .block = block_});
        tx.queue(sql::close_block, {.id = id_});
        ++index_;
        return {};
    }

    void keep(Result<void> result) {
        if (!result && !failure_) failure_ = std::move(result).error();
    }

    /// The whole answer, before anything is applied.
    Result<void> keep_answer() {
        return write("chats.keep_answer", [&](store::Tx& tx) -> Result<void> {
            tx.step();
            tx.queue(sql::set_variant_text, {.id = work_.variant_id, .text = text_});
            tx.queue(sql::set_usage, {.id = id_, .tokens_in = usage_.tokens_in, .tokens_out = usage_.tokens_out, .tokens_cached = usage_.tokens_cached, .cost_usd = cost_usd_});
            std::string usage = "{\"generation_id\":\"" + id_.text() + "\",\"tokens_in\":" + std::to_string(usage_.tokens_in) + ",\"tokens_out\":" +
                                std::to_string(usage_.tokens_out) + ",\"tokens_cached\":" + std::to_string(usage_.tokens_cached) + ",\"cost_usd\":";
            json::write_number(usage, cost_usd_);
            usage += "}";
            tx.queue(sql::end_step, {.run_id = work_.run_id, .type = "llm", .status = StepStatus::done, .output = {usage}, .error = {}});
            tx.queue(sql::start_step, {.run_id = work_.run_id, .type = "post", .input = {"{\"bytes\":" + std::to_string(text_.size()) + "}"}});
            TRY(chats_.hub_.append(tx, stream(), "usage", {usage}));
            return {};
        });
    }

    /// What the answer changes becomes a version, or its problems.
    Result<Applied> apply(std::string text) {
        auto shown = TRY(chats_.store_.read(op_, "chats.answer", [&](store::Tx& tx) { return tx.maybe(sql::answer, {.variant_id = work_.variant_id, .branch_id = work_.branch_id}); }));
        if (!shown || !shown->app_id || !chats_.subject_) return Applied{};
        Answer answer{.app_id = *shown->app_id, .chat_id = work_.chat_id, .branch_id = work_.branch_id, .message_id = work_.message_id,
                      .variant_id = work_.variant_id, .generation_id = id_, .base_version_id = work_.base_version_id,
                      .is_last = shown->is_last, .text = text.empty() ? std::move(shown->text) : std::move(text)};
        auto result = chats_.subject_->apply(op_, answer, [&](std::string_view name, const std::function<Result<void>(store::Tx&)>& f) { return write(name, f); });
        if (result || op_.stop.stop_requested()) return result;
        return Applied{.version_id = {}, .problems = {{.path = {}, .message = result.error().message}}};
    }

    /// Asks the model once to mend changes that could not be applied; the mended ones follow the answer, and are applied in its place.
    Result<Applied> repair(Applied refused) {
        std::string request(repair_request);
        for (const Problem& problem : refused.problems) request += "\n- " + problem.message;
        std::vector<llm::Message> messages = prompt_.messages;
        messages.push_back(llm::message(llm::Role::assistant, text_));
        messages.push_back(llm::message(llm::Role::user, request));
        std::string first = std::exchange(text_, {});
        auto finished = ask(messages);
        std::string mended = std::exchange(text_, first + "\n\n" + text_);
        if (!finished && (op_.stop.stop_requested() || text_id_)) return std::move(finished).error();
        failure_.reset();
        TRY(keep_answer());
        if (!finished || mended.empty()) return refused;
        Applied applied = TRY(apply(std::move(mended)));
        bool has_changed = applied.version_id || !applied.problems.empty();
        return has_changed ? applied : refused;  // an answer without changes mends nothing
    }

    /// Step post, and the end.
    Result<void> post() {
        auto result = apply("");
        if (result && !result->problems.empty() && model_) result = repair(*std::move(result));
        if (!result) return finish_failed(std::move(result).error());
        Applied applied = *std::move(result);
        return write("chats.end_generation", [&](store::Tx& tx) -> Result<void> {
            auto found = TRY(tx.maybe(sql::lock_generation, {.id = id_}));
            if (!found || found->ended_at) return {};
            auto generation = *TRY(tx.maybe(sql::generation, {.id = id_}));
            Json problems{""};
            encode(problems.text, applied.problems);
            if (!applied.problems.empty())
                TRY(chats_.hub_.append(tx, stream(), "changes.refused", {"{\"generation_id\":\"" + id_.text() + "\",\"problems\":" + problems.text + "}"}));
            std::string output = applied.version_id ? "{\"version_id\":\"" + applied.version_id->text() + "\"}" : "{\"problems\":" + problems.text + "}";
            tx.queue(sql::end_step, {.run_id = work_.run_id, .type = "post", .status = applied.problems.empty() ? StepStatus::done : StepStatus::failed,
                                     .output = {output}, .error = applied.problems.empty() ? std::nullopt : std::optional(applied.problems.front().message)});
            tx.queue(sql::set_run_status, {.id = work_.run_id, .status = StepStatus::done});
            tx.queue(sql::end_generation, {.id = id_, .status = GenerationStatus::done, .tokens_in = generation.tokens_in, .tokens_out = generation.tokens_out,
                                           .tokens_cached = generation.tokens_cached, .cost_usd = generation.cost_usd, .error_code = {}, .error_message = {},
                                           .problems = problems});
            return chats_.announce_end(tx, work_);
        });
    }

    /// The attempt ended without an answer that can be used: what was said is kept, nothing is applied.
    Result<void> finish_failed(Error error) {
        bool is_aborted = stop_->is_abort();
        bool is_interrupted = !is_aborted && error.code == Code::cancelled;
        if (!is_aborted && !is_interrupted)
            telemetry::log(telemetry::Level::warning, "generation_failed", {{"generation_id", id_.text()}, {"code", std::string(name_of(error.code))}, {"cause", error.cause}});
        failure_.reset();
        op_.stop = {};  // what is left must be written
        return write("chats.fail_generation", [&](store::Tx& tx) -> Result<void> {
            auto found = TRY(tx.maybe(sql::lock_generation, {.id = id_}));
            if (!found || found->ended_at) return {};
            work_.open_block.reset();
            if (text_id_) {
                block_.status = BlockStatus::unfinished;
                TRY(close(tx));
            }
            tx.queue(sql::set_variant_text, {.id = work_.variant_id, .text = text_});
            if (is_aborted) TRY(chats_.settle(tx, work_, GenerationStatus::aborted, "", ""));
            else if (is_interrupted) TRY(chats_.settle(tx, work_, GenerationStatus::error, "interrupted", std::string(interrupted_message)));
            else TRY(chats_.settle(tx, work_, GenerationStatus::error, std::string(name_of(error.code)), error.message));
            return {};
        });
    }

    std::string stream() const { return stream_of(work_.chat_id); }

    Chats& chats_;
    Op& op_;
    jobs::Context& job_;
    GenerationId id_;
    std::shared_ptr<Running::Stop> stop_;
    GenerationWork work_;
    std::optional<Model> model_;  // absent when an earlier attempt has the answer already
    Prompt prompt_;
    llm::Model endpoint_;  // of model_, with its key
    std::optional<AppId> app_id_;
    std::unique_ptr<AnswerReader> reader_;
    std::string text_;  // the answer as the model wrote it
    llm::Usage usage_;
    double cost_usd_ = 0;

    Block block_;                           // the block that is being written
    bool is_open_ = false;                  // between start and end
    bool is_reasoning_ = false;             // the open block is the provider's reasoning
    std::optional<stream::TextId> text_id_;  // set once the block is visible
    int64_t index_ = 0;
    std::optional<Error> failure_;
};

Result<void> Chats::announce_end(store::Tx& tx, const GenerationWork& work) {
    auto generation = TRY(tx.maybe(sql::generation, {.id = work.id}));
    auto message = TRY(tx.maybe(sql::message_of_variant, {.variant_id = work.variant_id}));
    if (!generation || !message) return {};
    constexpr std::string_view types[] = {"", "", "generation.done", "generation.aborted", "generation.error"};
    Message shown = to_message(*std::move(message));
    shown.variant.generation = generation;
    TRY(hub_.append(tx, stream_of(work.chat_id), types[size_t(generation->status)],
                    {"{\"generation\":" + to_json(*generation) + ",\"message\":" + to_json(shown) + "}"}));
    return {};
}

/// Ends a generation that has no answer to apply. A block that another attempt left open is closed with what was flushed of it.
Result<Generation> Chats::settle(store::Tx& tx, const GenerationWork& work, GenerationStatus status, const std::string& code, const std::string& message) {
    if (work.open_block) {
        Block block = work.open_block->block;
        std::string stream = stream_of(work.chat_id);
        block.content = TRY(hub_.read_text(tx, stream, work.open_block->seq));
        block.status = BlockStatus::unfinished;
        TRY(hub_.close_text(tx, {tx.op().organization, stream, work.open_block->seq}, "block.done", started_event(work, 0, block)));
        TRY(tx.run(sql::add_block, {.variant_id = work.variant_id, .block = block}));
        std::vector<Block> blocks;
        if (auto kept = TRY(tx.maybe(sql::variant_blocks, {.id = work.variant_id}))) from_text(kept->text, blocks);
        tx.queue(sql::set_variant_text, {.id = work.variant_id, .text = text_of(blocks)});
    }
    auto generation = TRY(tx.maybe(sql::generation, {.id = work.id}));
    auto some = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); };
    StepStatus step = status == GenerationStatus::aborted ? StepStatus::cancelled : StepStatus::failed;
    tx.queue(sql::fail_open_steps, {.run_id = work.run_id, .status = step, .error = some(message)});
    tx.queue(sql::set_run_status, {.id = work.run_id, .status = step});
    tx.queue(sql::end_generation, {.id = work.id, .status = status, .tokens_in = generation->tokens_in, .tokens_out = generation->tokens_out,
                                   .tokens_cached = generation->tokens_cached, .cost_usd = generation->cost_usd, .error_code = some(code),
                                   .error_message = some(message), .problems = {"[]"}});
    TRY(announce_end(tx, work));
    return *TRY(tx.maybe(sql::generation, {.id = work.id}));
}

Result<void> Chats::generate(Op& op, jobs::Context& job, GenerationId generation) { return Answering(*this, op, job, generation).run(); }

Result<void> Chats::give_up(store::Tx& tx, GenerationId id) {
    auto work = TRY(tx.maybe(sql::lock_generation, {.id = id}));
    if (!work || work->ended_at) return {};
    TRY(settle(tx, *work, GenerationStatus::error, "interrupted", std::string(interrupted_message)));
    return {};
}

Result<Generation> Chats::show_generation(Op& op, GenerationId id) {
    auto found = TRY(store_.read(op, "chats.show_generation", [&](store::Tx& tx) { return tx.maybe(sql::generation, {.id = id}); }));
    if (!found) return fail(Code::not_found, "there is no such generation");
    return *std::move(found);
}

Result<Generation> Chats::abort(Op& op, GenerationId id) {
    return store_.write(op, "chats.abort_generation", [&](store::Tx& tx) -> Result<Generation> {
        auto work = TRY(tx.maybe(sql::lock_generation, {.id = id}));
        if (!work) return fail(Code::not_found, "there is no such generation");
        if (work->status == GenerationStatus::queued) return settle(tx, *work, GenerationStatus::aborted, "", "");
        if (work->status == GenerationStatus::streaming) {
            tx.queue(sql::mark_aborted, {.id = id});
            tx.after_commit([this, id] { running_->abort(id); });
        }
        return *TRY(tx.maybe(sql::generation, {.id = id}));
    });
}

}  // namespace ry::chats

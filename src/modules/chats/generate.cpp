// The job that writes an answer: the default pipeline pre → llm → post, each step recorded.
//
// pre   makes the prompt (prompt_making.h)
// llm   streams the answer (answer_blocks.h): text goes to followers at once and to the database every half second
// post  lets the subject apply what the answer changes; what cannot be applied the model is asked once to mend
//
// Answering::run() is the order of it. A pipeline that people made has steps before pre and between llm and post
// (answer_pipeline.h).
//
// A process may die at any point. The next attempt finds how far the last one came: it applies an answer that was
// complete, closes one that was cut off (its flushed text is kept), and asks again when nothing had been said.
#include <zstd.h>

#include "base/hash.h"
#include "kernel/jobs/jobs.h"
#include "kernel/llm/llm.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/chats/answer_blocks.h"
#include "modules/chats/answer_pipeline.h"
#include "modules/chats/chats.h"
#include "modules/chats/citation_queries.gen.h"
#include "modules/chats/citations.h"
#include "modules/chats/generation_queries.gen.h"
#include "modules/chats/generations.h"
#include "modules/chats/images.h"
#include "modules/chats/lorebook_queries.gen.h"
#include "modules/chats/message_queries.gen.h"
#include "modules/chats/model_chain.h"
#include "modules/chats/policy_queries.gen.h"
#include "modules/chats/prompt_making.h"
#include "modules/chats/prompt_queries.gen.h"
#include "modules/chats/run_queries.gen.h"
#include "modules/chats/running.h"
#include "modules/chats/variant_queries.gen.h"

namespace ry::chats {
namespace {

constexpr int continuations_max = 2;  // of one answer that ended inside an element
constexpr std::string_view continue_request =
    "Your answer was cut off inside a change. Continue exactly where it stopped, beginning with the next character. "
    "Repeat nothing, explain nothing.";

constexpr std::string_view repair_request =
    "Nothing of your answer was applied, because of the problems below. Write all of its changes again, corrected and "
    "complete, and nothing else.";

void name_model(Generation& generation, const Model& model) {
    generation.model_id = model.id;
    generation.provider = model.provider;
    generation.model = model.model.empty() ? model.name : model.model;
}

std::string compressed(std::string_view bytes) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
    return out;
}

}  // namespace

/// One attempt at an answer. Its functions run on the job's thread.
class Chats::Answering {
public:
    Answering(Chats& chats, Op& op, jobs::Context& job, GenerationId id)
        : chats_(chats),
          op_(op),
          job_(job),
          id_(id),
          stop_(chats.running_->enter(id, op.stop)),
          pipeline_(*chats.pipelines_, chats.store_, chats.hub_, fenced()),
          blocks_(chats.hub_, fenced()) {
        op_.stop = stop_->token();
    }
    ~Answering() { chats_.running_->leave(id_); }

    Result<void> run() {
        switch (TRY(look())) {
            case Next::nothing:
                return {};
            case Next::post:
                return post();
            case Next::ask:
                break;
        }
        if (pipeline_.has_answer()) return take_answer();
        auto prompt = prepare();
        if (!prompt) return finish_failed(std::move(prompt).error());
        messages_ = *std::move(prompt);
        if (!pipeline_.reason_not_to_ask()) {
            auto finished = ask(messages_);
            if (!finished) return finish_failed(std::move(finished).error());
        }
        if (!may_change() && !has_steps_after()) return finish({});
        TRY(keep_answer());
        return post();
    }

private:
    enum class Next { nothing, ask, post };

    /// Runs `f` as a transaction of this attempt.
    template <class F>
    auto write(std::string_view name, F&& f) {
        return job_.write(name, std::forward<F>(f));
    }

    FencedWrite fenced() {
        return
            [this](std::string_view name, const std::function<Result<void>(store::Tx&)>& f) { return write(name, f); };
    }

    /// How far the last attempt came, and what the prompt is made of.
    Result<Next> look() {
        began_at_ = now();
        auto found =
            TRY(chats_.store_.read(op_, "chats.read_generation", [&](store::Tx& tx) { return read_work(tx); }));
        if (!found || found->ended_at) return Next::nothing;
        work_ = *std::move(found);
        TRY(chats_.find_by_meaning(op_, prompt_work_));
        if (pipeline_.is_there()) context_ = chats_.context_of(prompt_work_);
        blocks_.set_generation(work_);
        if (work_.status == GenerationStatus::queued) return Next::ask;
        return write("chats.look_at_generation", [&](store::Tx& tx) { return take_over(tx); });
    }

    Result<std::optional<GenerationWork>> read_work(store::Tx& tx) {
        auto work = tx.ask(sql::find_generation, {.id = id_});
        auto models = tx.ask(sql::models_of_generation, {.generation_id = id_});
        auto newest = tx.ask(sql::turns_before, {.generation_id = id_, .limit = turns_page});
        auto asked = tx.ask(sql::prompt_setting, {.chat_id = {}, .generation_id = id_});
        auto found = TRY(work.get());
        if (!found) return found;
        for (Model& model : TRY(models.get())) TRY(add_to_chain(tx, std::move(model)));
        Model first = chain_.is_empty() ? Model{} : chain_.current().model;
        prompt_work_ = {.chat_id = found->chat_id,
                        .branch_id = found->branch_id,
                        .messages_count = found->seq - 1,
                        .app_id = found->app_id,
                        .base_version_id = found->base_version_id,
                        .model = first.model,
                        .context_tokens = first.context_tokens,
                        .takes_images = first.takes_images,
                        .task = found->task};
        auto setting = TRY(asked.get());
        if (setting) prompt_work_.lore.trigger = setting->lore_trigger;
        auto turns = TRY(newest.get());
        TRY(chats_.read_history(tx, prompt_work_, std::move(setting), std::move(turns)));
        if (found->continued_text) {
            prompt_work_.turns.push_back({Role::assistant, *found->continued_text, found->message_id});
            ++prompt_work_.messages_count;
        }
        if (prompt_work_.setting.has_pipeline)
            TRY(pipeline_.read(tx, TRY(tx.maybe(sql::run_of_generation, {.generation_id = id_}))));
        return found;
    }

    Result<void> add_to_chain(store::Tx& tx, Model model) {
        llm::Model endpoint = TRY(chats_.with_key(tx, model));
        chain_.add(std::move(model), std::move(endpoint));
        return {};
    }

    /// Of an attempt that died: its answer is applied when it was complete, and closed when it was cut off.
    Result<Next> take_over(store::Tx& tx) {
        auto found = TRY(tx.maybe(sql::lock_generation, {.id = id_}));
        if (!found || found->ended_at) return Next::nothing;
        if (found->status == GenerationStatus::aborted) {
            TRY(chats_.settle(tx, *found, GenerationStatus::aborted, "", ""));
            return Next::nothing;
        }
        if (auto from = TRY(tx.maybe(sql::answer_kept, {.run_id = found->run_id}))) {
            is_kept_ = true;
            mended_from_ = size_t(*from);
            // What was being mended when the process died is not part of the answer.
            if (found->open_block) TRY(chats_.hub_.drop_text(tx, {op_.organization, stream(), found->open_block->seq}));
            tx.step();
            return Next::post;
        }
        auto blocks = TRY(tx.maybe(sql::variant_blocks, {.id = found->variant_id}));
        if (!found->open_block && (!blocks || blocks->text == "[]")) {
            tx.step();
            return Next::ask;
        }
        TRY(chats_.settle(tx, *found, GenerationStatus::error, "interrupted", std::string(interrupted_message)));
        return Next::nothing;
    }

    /// An answer that came with a run which is repeated from a step after it.
    Result<void> take_answer() {
        Generation started = work_;
        started.status = GenerationStatus::streaming;
        ++started.attempt;
        TRY(write("chats.take_answer", [&](store::Tx& tx) -> Result<void> {
            tx.step();
            tx.queue(sql::start_generation, {.id = id_, .base_version_id = work_.base_version_id, .prompt_hash = "", .citations_count = 0});
            tx.queue(sql::set_run_status, {.id = work_.run_id, .status = StepStatus::running});
            mended_from_ = size_t(TRY(tx.maybe(sql::answer_kept, {.run_id = work_.run_id})).value_or(0));
            TRY(chats_.hub_.append(tx, stream(), "generation.started",
                                   {"{\"generation\":" + to_json(started) + ",\"messages_left_out\":0}"}));
            return {};
        }));
        is_kept_ = true;
        return post();
    }

    /// Whether something stands between the answer and its end.
    bool has_steps_after() const { return pipeline_.has_after() || pipeline_.reason_not_to_ask(); }

    /// Step pre, after the steps that the chat's pipeline has before it.
    Result<std::vector<llm::Message>> prepare() {
        if (chain_.is_empty())
            return fail(Code::not_found, "the model was deleted in the meantime; choose another and regenerate");
        if (pipeline_.is_there()) prompt_work_.effects = TRY(pipeline_.before(op_, context_));
        Prompt prompt = TRY(chats_.make_prompt(op_, std::move(prompt_work_)));
        if (!pipeline_.reason_not_to_ask()) TRY(chain_.begin(prompt.tokens, work_.cost_usd_max, has_images(prompt)));
        auto images = TRY(chats_.images_->sent_with(op_, prompt));
        name_model(work_, chain_.current().model);
        std::string snapshot = prompt_json(prompt);
        std::string hash = sha256_hex(snapshot), packed = compressed(snapshot);
        std::string left_out = "\"messages_left_out\":" + std::to_string(prompt.messages_left_out);
        Json summary{"{\"messages\":" + std::to_string(prompt.pieces.size()) + ",\"tokens\":" +
                     std::to_string(prompt.tokens) + "," + left_out + ",\"prompt_hash\":\"" + hash + "\"}"};
        Generation started = work_;
        started.status = GenerationStatus::streaming;
        started.first_token_at.reset();
        ++started.attempt;
        started.citations_count = count_of(prompt.citations);
        TRY(write("chats.start_generation", [&](store::Tx& tx) -> Result<void> {
            tx.step();
            auto is_wanted = tx.ask(sql::start_answer, {.id = id_,
                                                        .run_id = work_.run_id,
                                                        .base_version_id = work_.base_version_id,
                                                        .prompt_hash = hash,
                                                        .citations_count = started.citations_count,
                                                        .zstd = {packed},
                                                        .began_at = began_at_,
                                                        .prompt = summary});
            if (chain_.passed_over_json() != "[]") queue_reroute(tx);
            if (started.citations_count > 0)
                tx.queue(sql::keep_citations, {.generation_id = id_, .citations = kept_citations(prompt.citations)});
            if (prompt.lore_effects)
                tx.queue(sql::keep_lore_effects, {.variant_id = work_.variant_id, .effects = *prompt.lore_effects});
            TRY(chats_.hub_.append(tx, stream(), "generation.started",
                                   {"{\"generation\":" + to_json(started) + "," + left_out + "}"}));
            if (TRY(is_wanted.get()) == 0) return fail(Code::cancelled, "the answer was stopped before it began");
            return {};
        }));
        is_started_ = true;
        return messages_of(prompt, images);
    }

    /// Whether there is somebody to say what the model must know, and to apply what it answers.
    bool may_change() const { return work_.app_id && chats_.subject_ && work_.task == Task::answer; }

    /// Step llm: the first model that can answers. One that fails before it says something leaves it to the next.
    Result<void> ask(const std::vector<llm::Message>& messages) {
        blocks_.begin(may_change() ? chats_.subject_->reader() : plain_reader());
        for (;;) {
            auto asked = ask_current(messages);
            bool may_go_on = !asked && !has_said_ && !op_.stop.stop_requested();
            if (!may_go_on || !chain_.go_on(asked.error())) return asked;
            TRY(reroute());
        }
    }

    /// Streams until the answer is complete.
    Result<void> ask_current(const std::vector<llm::Message>& messages) {
        const ModelChain::Link& link = chain_.current();
        llm::Ask ask = question(messages, link.model.context_tokens);
        for (int round = 0;; ++round) {
            auto finished =
                chats_.gateway_.stream(op_, link.endpoint, ask, [&](const llm::Piece& piece) { return take(piece); });
            TRY(blocks_.failure());
            if (!finished) return std::move(finished).error();
            usage_.tokens_in += finished->usage.tokens_in;
            usage_.tokens_out += finished->usage.tokens_out;
            usage_.tokens_cached += finished->usage.tokens_cached;
            cost_usd_ += llm::cost_usd(link.endpoint.price, finished->usage);
            if (!blocks_.is_inside() || round == continuations_max) break;
            ask.messages = messages;
            ask.messages.push_back(llm::message(llm::Role::assistant, std::string(blocks_.text_begun())));
            ask.messages.push_back(llm::message(llm::Role::user, std::string(continue_request)));
        }
        return blocks_.finish();
    }

    llm::Ask question(const std::vector<llm::Message>& messages, int64_t context_tokens) const {
        const GenerationSettings& settings = work_.settings;
        int64_t room = answer_tokens(context_tokens);
        constexpr llm::Reasoning reasonings[] = {llm::Reasoning::off, llm::Reasoning::low, llm::Reasoning::medium,
                                                 llm::Reasoning::high};
        return {.messages = messages,
                .temperature = settings.temperature,
                .tokens_max = std::min(settings.tokens_max.value_or(room), room),
                .reasoning = settings.thinking ? reasonings[size_t(*settings.thinking)] : llm::Reasoning::model_default,
                .output_schema = settings.output_schema};
    }

    bool take(const llm::Piece& piece) {
        bool is_text = piece.kind == llm::PieceKind::text;
        bool is_first_text = is_text && blocks_.text().empty();
        has_said_ = has_said_ || is_text || piece.kind == llm::PieceKind::reasoning;
        // An answer that goes on begins with what it goes on from.
        if (is_first_text && work_.continued_text && !blocks_.take({.text = *work_.continued_text})) return false;
        return blocks_.take(piece);
    }

    /// The model has failed, and the next one of the chain is asked.
    Result<void> reroute() {
        name_model(work_, chain_.current().model);
        return write("chats.reroute_generation", [&](store::Tx& tx) -> Result<void> {
            tx.step();
            queue_reroute(tx);
            TRY(chats_.hub_.append(tx, stream(), "generation.rerouted",
                                   {"{\"generation\":" + to_json(static_cast<const Generation&>(work_)) +
                                    ",\"passed_over\":" + chain_.passed_over_json() + "}"}));
            return {};
        });
    }

    void queue_reroute(store::Tx& tx) {
        tx.queue(sql::reroute_generation,
                 {.id = id_, .model_id = *work_.model_id, .provider = work_.provider, .model = work_.model});
    }

    /// The whole answer, before anything is applied.
    Result<void> keep_answer() {
        TRY(write("chats.keep_answer", [&](store::Tx& tx) -> Result<void> {
            tx.step();
            tx.queue(sql::set_usage, {.id = id_,
                                      .tokens_in = usage_.tokens_in,
                                      .tokens_out = usage_.tokens_out,
                                      .tokens_cached = usage_.tokens_cached,
                                      .cost_usd = cost_usd_});
            Recorded recorded = record_answer();
            tx.queue(sql::keep_answer,
                     {.variant_id = work_.variant_id, .text = blocks_.text(), .blocks = blocks_.blocks_ended()});
            tx.queue(sql::end_asking, {.run_id = work_.run_id, .usage = recorded.output, .answer = recorded.answer});
            if (auto& reason = pipeline_.reason_not_to_ask())
                tx.queue(sql::skip_asking, {.run_id = work_.run_id, .reason = *reason});
            TRY(chats_.hub_.append(tx, stream(), std::move(recorded.events)));
            return {};
        }));
        blocks_.ended_is_written();
        is_kept_ = true;
        return {};
    }

    /// What is recorded of an answer that is whole.
    struct Recorded {
        Json output;  // of step llm
        Json answer;  // the input of step post
        std::vector<stream::Entry> events;
    };
    Recorded record_answer() const {
        Json usage{"{\"generation_id\":\"" + id_.text() + "\",\"tokens_in\":" + std::to_string(usage_.tokens_in) +
                   ",\"tokens_out\":" + std::to_string(usage_.tokens_out) +
                   ",\"tokens_cached\":" + std::to_string(usage_.tokens_cached) + ",\"cost_usd\":"};
        json::write_number(usage.text, cost_usd_);
        usage.text += "}";
        Recorded recorded{.output = usage,
                          .answer = {"{\"bytes\":" + std::to_string(blocks_.text().size()) +
                                     ",\"mended_from\":" + std::to_string(mended_from_) + "}"},
                          .events = blocks_.events_ended()};
        if (std::string passed_over = chain_.passed_over_json(); passed_over != "[]")
            recorded.output.text.insert(recorded.output.text.size() - 1, ",\"passed_over\":" + passed_over);
        recorded.events.push_back({"usage", std::move(usage)});
        return recorded;
    }

    /// What the kept answer changes becomes a version, or its problems.
    Result<Applied> apply() {
        auto shown = TRY(chats_.store_.read(op_, "chats.answer", [&](store::Tx& tx) {
            return tx.maybe(sql::answer, {.variant_id = work_.variant_id, .branch_id = work_.branch_id});
        }));
        if (!shown) return Applied{};
        Answer answer{.app_id = *work_.app_id,
                      .chat_id = work_.chat_id,
                      .branch_id = work_.branch_id,
                      .message_id = work_.message_id,
                      .variant_id = work_.variant_id,
                      .generation_id = id_,
                      .base_version_id = work_.base_version_id,
                      .is_last = shown->is_last,
                      .text = shown->text.substr(std::min(mended_from_, shown->text.size()))};
        auto result = chats_.subject_->apply(op_, answer, fenced());
        if (result || op_.stop.stop_requested()) return result;
        return Applied{.version_id = {}, .problems = {{.path = {}, .message = result.error().message}}};
    }

    /// Asks the model once to mend changes that could not be applied; the mended ones follow the answer, and are
    /// applied in its place.
    Result<Applied> repair(Applied refused) {
        std::string request(repair_request);
        for (const Problem& problem : refused.problems) request += "\n- " + problem.message;
        std::vector<llm::Message> messages = messages_;
        messages.push_back(llm::message(llm::Role::assistant, blocks_.text()));
        messages.push_back(llm::message(llm::Role::user, request));
        blocks_.separate();
        auto finished = ask(messages);
        if (!finished && (op_.stop.stop_requested() || blocks_.is_cut())) return std::move(finished).error();
        blocks_.forget_failure();
        bool is_mended = finished && !blocks_.text_begun().empty();
        if (is_mended) mended_from_ = blocks_.text().size() - blocks_.text_begun().size();
        TRY(keep_answer());
        if (!is_mended) return refused;
        Applied applied = TRY(apply());
        bool has_changed = applied.version_id || !applied.problems.empty();
        return has_changed ? applied : refused;  // an answer without changes mends nothing
    }

    /// The steps that the chat's pipeline has after the answer, which has been kept.
    Result<void> run_after() {
        auto said = TRY(chats_.store_.read(op_, "chats.answer_text",
                                           [&](store::Tx& tx) { return first_answer_of(tx, work_.run_id); }));
        auto effect = TRY(pipeline_.after(op_, context_, said.text));
        if (effect) return replace(*effect, said);
        if (auto& reason = pipeline_.reason_not_to_ask())
            return fail(Code::unsupported, "the pipeline kept the model from answering (" + *reason +
                                               "), and no step of it replaced the answer");
        return {};
    }

    /// What a step put in the place of the answer. What it replaces is kept, so that it can be undone.
    Result<void> replace(const RunEffect& effect, const PreviousAnswer& said) {
        Json blocks =
            blocks_in_place(said.blocks, effect.effect.text, may_change() ? chats_.subject_->reader() : plain_reader());
        TRY(write("chats.replace_answer", [&](store::Tx& tx) -> Result<void> {
            tx.step();
            tx.queue(sql::keep_previous, {.id = effect.id, .previous = {to_json(said)}});
            tx.queue(sql::change_variant,
                     {.id = work_.variant_id, .text = effect.effect.text, .blocks = std::move(blocks)});
            return {};
        }));
        is_replaced_ = true;
        mended_from_ = 0;
        return {};
    }

    /// Step post, of an answer that has been kept, and the end.
    Result<void> post() {
        if (has_steps_after())
            if (auto done = run_after(); !done) return finish_failed(std::move(done).error());
        if (!may_change()) return finish({});
        auto result = apply();
        if (result && !result->problems.empty() && is_started_ && !is_replaced_) result = repair(*std::move(result));
        if (!result) return finish_failed(std::move(result).error());
        return finish(*result);
    }

    /// The end of an answer that is complete; with the answer itself, when that was not kept before.
    Result<void> finish(const Applied& applied) {
        Json problems{""};
        encode(problems.text, applied.problems);
        bool is_refused = !applied.problems.empty();
        sql::end_answer_args end{.id = id_,
                                 .variant_id = work_.variant_id,
                                 .run_id = work_.run_id,
                                 .status = is_refused ? StepStatus::failed : StepStatus::done,
                                 .output = {applied.version_id ? "{\"version_id\":\"" + applied.version_id->text() + "\"}"
                                                               : "{\"problems\":" + problems.text + "}"},
                                 .tokens_in = usage().tokens_in,
                                 .tokens_out = usage().tokens_out,
                                 .tokens_cached = usage().tokens_cached,
                                 .cost_usd = usage().cost_usd,
                                 .problems = problems};
        std::string reason = is_refused ? applied.problems.front().message : "";
        if (is_refused) end.error = reason;
        std::vector<stream::Entry> told;
        if (is_started_ && !is_kept_) {
            Recorded recorded = record_answer();
            end.text = blocks_.text();
            end.blocks = blocks_.blocks_ended();
            end.usage = std::move(recorded.output);
            end.answer = std::move(recorded.answer);
            told = std::move(recorded.events);
        }
        if (is_refused)
            told.push_back({"changes.refused",
                            {"{\"generation_id\":\"" + id_.text() + "\",\"problems\":" + problems.text + "}"}});
        return write("chats.end_generation", [&](store::Tx& tx) -> Result<void> {
            auto row = TRY(tx.maybe(sql::end_answer, end));
            if (!row) return fail(Code::conflict, "the answer was deleted meanwhile");
            measure(tx, *to_message(*row).variant.generation);
            std::vector<stream::Entry> events = told;
            if (is_replaced_)
                events.push_back({"message.updated", {"{\"message\":" + to_json(to_message(*row)) + "}"}});
            if (pipeline_.is_there()) TRY(tell_run_ended(tx, chats_.hub_, work_.run_id));
            events.push_back(ending_of(*std::move(row)));
            TRY(chats_.hub_.append(tx, stream(), std::move(events)));
            return {};
        });
    }

    /// What the answer has cost: as this attempt counted, or as the row says when an earlier one asked.
    const Generation& usage() {
        if (!is_started_) return work_;
        work_.tokens_in = usage_.tokens_in;
        work_.tokens_out = usage_.tokens_out;
        work_.tokens_cached = usage_.tokens_cached;
        work_.cost_usd = cost_usd_;
        return work_;
    }

    /// The attempt ended without an answer that can be used: what was said is kept, nothing is applied. An answer that
    /// is whole is applied by the next attempt when the server stops before this one has.
    Result<void> finish_failed(Error error) {
        bool is_aborted = stop_->is_abort();
        if (is_kept_ && !is_aborted && error.code == Code::cancelled) return error;
        if (!is_aborted && error.code != Code::cancelled)
            telemetry::log(
                telemetry::Level::warning, "generation_failed",
                {{"generation_id", id_.text()}, {"code", std::string(name_of(error.code))}, {"cause", error.cause}});
        op_.stop = {};  // what is left must be written
        return write("chats.fail_generation", [&](store::Tx& tx) -> Result<void> {
            auto found = TRY(tx.maybe(sql::lock_generation, {.id = id_}));
            if (!found || found->ended_at) return {};
            if (!is_started_) tx.queue(sql::start_step, {.run_id = work_.run_id, .type = "pre", .input = {"{}"}});
            if (auto cut = blocks_.cut_off();
                cut && found->open_block && found->open_block->seq == cut->text_id.block) {
                TRY(chats_.hub_.close_text(tx, cut->text_id, "block.done", block_event(work_, cut->index, cut->block)));
                tx.queue(sql::add_blocks,
                         {.variant_id = work_.variant_id, .blocks = {"[" + to_json(cut->block) + "]"}});
                found->open_block.reset();
            }
            if (is_started_ && !is_replaced_)
                tx.queue(sql::set_variant_text, {.id = work_.variant_id, .text = blocks_.text()});
            if (is_aborted || found->status == GenerationStatus::aborted)
                TRY(chats_.settle(tx, *found, GenerationStatus::aborted, "", ""));
            else if (error.code == Code::cancelled)
                TRY(chats_.settle(tx, *found, GenerationStatus::error, "interrupted",
                                  std::string(interrupted_message)));
            else
                TRY(chats_.settle(tx, *found, GenerationStatus::error, std::string(name_of(error.code)),
                                  error.message));
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
    Time began_at_;
    ModelChain chain_;
    bool has_said_ = false;  // a model has begun to answer
    PromptWork prompt_work_;
    std::vector<llm::Message> messages_;  // the prompt
    bool is_started_ = false;             // this attempt asks the model; otherwise an earlier one has the answer
    bool is_replaced_ = false;            // a step of the pipeline has put another text in its place
    bool is_kept_ = false;                // the answer is written, by this attempt or an earlier one
    size_t mended_from_ = 0;              // the byte of the answer from which on it counts
    AnswerPipeline pipeline_;
    std::string context_;  // what the texts of its steps may name of the chat
    AnswerBlocks blocks_;
    llm::Usage usage_;
    double cost_usd_ = 0;
};

Result<void> Chats::generate(Op& op, jobs::Context& job, GenerationId generation) {
    return Answering(*this, op, job, generation).run();
}

}  // namespace ry::chats

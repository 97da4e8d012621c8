// Messages, their variants, and how an exchange begins: everything that is acknowledged is one transaction.
#include "base/check.h"
#include "base/text.h"
#include "kernel/jobs/jobs.h"
#include "kernel/reads/kept.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "modules/chats/answer_pipeline.h"
#include "modules/chats/branch_queries.gen.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/chats.h"
#include "modules/chats/exchange.h"
#include "modules/chats/generation_queries.gen.h"
#include "modules/chats/image_file.h"
#include "modules/chats/images.h"
#include "modules/chats/lorebook_queries.gen.h"
#include "modules/chats/message_queries.gen.h"
#include "modules/chats/paging.h"
#include "modules/chats/pipeline_queries.gen.h"
#include "modules/chats/profiles.h"
#include "modules/chats/prompt.h"
#include "modules/chats/prompt_queries.gen.h"
#include "modules/chats/prompts.h"
#include "modules/chats/variant_queries.gen.h"
#include "modules/chats/written.h"

namespace ry::chats {
namespace {

constexpr std::string_view no_such_chat = "there is no such chat; `ramify chats ls` lists those there are";
constexpr std::string_view no_such_message = "there is no such message";
constexpr std::string_view no_such_branch = "there is no such branch; `ramify branches ls` lists those of a chat";
constexpr size_t preview_bytes_max = 120;
constexpr size_t title_bytes = 60;  // of a chat that its first message names

Json deletion_event(const MessageRow& message, bool keeps_following) {
    return {"{\"message_id\":\"" + message.id.text() + "\",\"branch_id\":\"" + message.branch_id.text() + "\",\"message_seq\":" + std::to_string(message.seq) +
            (keeps_following ? ",\"keeps_following\":true}" : "}")};
}

/// What cannot be sent is not recorded.
Result<void> check_fits(const Model& model, const Written& written) {
    int64_t tokens = message_tokens(written.text);
    for (const Block& block : written.blocks)
        if (block.image) tokens += image_tokens(*block.image);
    if (tokens <= model.context_tokens - answer_tokens(model.context_tokens)) return {};
    return invalid("/text", "does not fit into the window of " + std::to_string(model.context_tokens) + " tokens of the model \"" + model.name +
                                "\"; shorten it, or raise the window in Settings → Models");
}

std::string preview_of(std::string_view text) { return std::string(utf8_prefix(trim(text), preview_bytes_max)); }
Json message_event(const Message& message) { return {"{\"message\":" + to_json(message) + "}"}; }

/// The number of the message's next variant; the message is locked.
Result<int64_t> next_number(store::Tx& tx, MessageId message) {
    int64_t number = TRY(tx.maybe(sql::next_variant, {.message_id = message})).value_or(1);
    if (number > variants_max)
        return fail(Code::over_quota, "the message has " + std::to_string(variants_max) + " variants, the most it may have; delete some first");
    return number;
}

}  // namespace

bool is_unfinished(const MessageRow& row) {
    return row.status == GenerationStatus::queued || row.status == GenerationStatus::streaming;
}

std::optional<UserId> author_of(const Op& op) { return op.actor.user.is_nil() ? std::nullopt : std::optional(op.actor.user); }

Error still_writing() {
    return fail(Code::conflict, "the message is still being written; wait until it is complete, or stop it");
}

Message to_message(MessageRow row) {
    Message message{.id = row.id, .chat_id = row.chat_id, .branch_id = row.branch_id, .seq = row.seq, .role = row.role,
                    .text = row.text, .variants_count = row.variants_count, .pinned_at = row.pinned_at, .created_at = row.created_at};
    message.variant = {.id = row.variant_id, .message_id = row.id, .number = row.number, .kind = row.kind, .text = std::move(row.text),
                       .blocks = std::move(row.blocks), .is_selected = row.is_selected, .version_id = row.version_id,
                       .created_at = row.variant_created_at};
    if (!row.generation_id) return message;
    message.variant.generation = Generation{
        .id = *row.generation_id, .chat_id = row.chat_id, .branch_id = *row.generation_branch_id, .message_id = row.id,
        .variant_id = row.variant_id, .status = *row.status, .provider = *std::move(row.provider), .model = *std::move(row.model),
        .model_id = row.model_id, .tokens_in = *row.tokens_in, .tokens_out = *row.tokens_out, .tokens_cached = *row.tokens_cached,
        .cost_usd = *row.cost_usd, .error_code = std::move(row.error_code), .error_message = std::move(row.error_message),
        .problems = row.problems.value_or(Json{"[]"}), .attempt = *row.attempt, .queued_at = *row.queued_at,
        .first_token_at = row.first_token_at, .ended_at = row.ended_at, .run_id = *row.run_id,
        .citations_count = row.citations_count.value_or(0)};
    return message;
}

EndedMessage ended_message(const Message& message) {
    const Variant& variant = message.variant;
    return {.id = message.id, .chat_id = message.chat_id, .branch_id = message.branch_id, .seq = message.seq, .role = message.role, .text = message.text,
            .variant = {.id = variant.id, .message_id = variant.message_id, .number = variant.number, .kind = variant.kind,
                        .is_selected = variant.is_selected, .version_id = variant.version_id, .created_at = variant.created_at},
            .variants_count = message.variants_count, .pinned_at = message.pinned_at, .created_at = message.created_at};
}

namespace {

/// `before` and `after` say the order, too.
bool is_newest_first(const ListMessages& query) { return query.before || (!query.after && query.order == Order::newest); }

/// The statement's arguments: one message more than the page holds tells whether there is a next one.
Result<sql::messages_shown_args> arguments_of(ChatId chat, const ListMessages& query) {
    if (query.before && query.after) return invalid("/after", "must be left out when before is given");
    std::optional<int64_t> cursor = query.before ? query.before : query.after;
    if (query.cursor && !(cursor = parse_int(*query.cursor)))
        return not_a_cursor();
    return sql::messages_shown_args{.chat_id = chat, .branch_id = query.branch_id, .cursor = cursor, .is_newest = is_newest_first(query),
                                    .limit = query.limit.value_or(page_default) + 1};
}

Result<http::Page<Message>> page_of(const store::Rows& rows, const ListMessages& query) {
    if (rows.size() == 0) return fail(Code::not_found, query.branch_id ? "the chat has no such branch; `ramify branches ls` lists those it has" : std::string(no_such_chat));
    http::Page<Message> page;
    bool is_newest = is_newest_first(query);
    size_t limit = size_t(query.limit.value_or(page_default)), count = std::min(rows.size(), limit);
    if (!rows.value(0, *rows.find_column("id"))) return page;
    page.items.reserve(count);
    for (size_t i = 0; i < count; ++i) page.items.push_back(to_message(TRY(rows.read<MessageRow>(is_newest ? rows.size() - 1 - i : i))));
    if (rows.size() > limit) page.next_cursor = std::to_string(page.items.back().seq);
    return page;
}

}  // namespace

Result<http::Page<Message>> Chats::list_messages(const Op& op, ChatId chat, ListMessages query) {
    store::Parameters parameters;
    TRY(arguments_of(chat, query)).bind(parameters);
    return store_.read(op, "chats.list_messages", [&](store::Tx& tx) -> Result<http::Page<Message>> { return page_of(TRY(tx.execute(sql::messages_shown, parameters)), query); });
}

Result<reads::Question> Chats::mark_messages(const http::ReadRequest& request) {
    ChatId chat = TRY(reads::hole<ChatId>(request));
    auto query = TRY(http::query_of<ListMessages>(request));
    return reads::mark(sql::messages_mark, {.chat_id = chat, .branch_id = query.branch_id});
}

Result<reads::Question> Chats::ask_messages(const http::ReadRequest& request) {
    ChatId chat = TRY(reads::hole<ChatId>(request));
    auto query = TRY(http::query_of<ListMessages>(request));
    auto arguments = TRY(arguments_of(chat, query));
    return reads::ask(sql::messages_shown, arguments, [query = std::move(query)](const store::Rows& rows) { return page_of(rows, query); });
}

Result<Message> Chats::show_message(Op& op, MessageId id) {
    auto row = TRY(store_.read(op, "chats.show_message", [&](store::Tx& tx) { return tx.maybe(sql::message, {.id = id}); }));
    if (!row) return fail(Code::not_found, std::string(no_such_message));
    return to_message(*std::move(row));
}

namespace {

/// Messages that an exchange begins with, column by column.
struct NewMessages {
    std::vector<MessageId> ids;
    std::vector<int64_t> seqs;
    std::vector<VariantId> variant_ids;
    std::vector<std::string> roles, kinds, texts, blocks;

    void add(const MessageRow& row) {
        ids.push_back(row.id);
        seqs.push_back(row.seq);
        variant_ids.push_back(row.variant_id);
        roles.emplace_back(names_of(row.role)[size_t(row.role)]);
        kinds.emplace_back(names_of(row.kind)[size_t(row.kind)]);
        texts.push_back(row.text);
        blocks.push_back(row.blocks.text);
    }
};

}  // namespace

/// Writes what a model needs to answer: the messages that are new, generation, recorded run, job, events.
Result<Posted> Chats::start_exchange(store::Tx& tx, Exchange exchange) {
    const Model& model = exchange.models.model;
    Generation generation{.id = GenerationId::fresh(), .chat_id = exchange.chat_id, .branch_id = exchange.branch_id,
                          .message_id = exchange.answer.id, .variant_id = exchange.answer.variant_id, .provider = model.provider,
                          .model = model.model.empty() ? model.name : model.model, .model_id = model.id,
                          .queued_at = now(), .run_id = RunId::fresh()};
    NewMessages said;
    if (exchange.question) said.add(*exchange.question);
    if (!exchange.is_further_variant) said.add(exchange.answer);
    std::string_view question = exchange.question ? std::string_view(exchange.question->text) : std::string_view();
    std::string preview = preview_of(question), title(utf8_prefix(trim(question), title_bytes));
    Posted posted{.id = exchange.question ? exchange.question->id : exchange.answer.id};
    if (exchange.question) posted.message = to_message(*std::move(exchange.question));
    int64_t seq = exchange.answer.seq;
    posted.answer = to_message(std::move(exchange.answer));
    posted.answer.variant.generation = generation;
    posted.generation = generation;
    auto bound = tx.ask(sql::bound_pipeline, {.chat_id = generation.chat_id});
    TRY(jobs_.enqueue(tx, GenerateAnswer{generation.id},
                      {.subject = "chat:" + generation.chat_id.text(), .concurrency_group = "branch:" + generation.branch_id.text(),
                       .may_begin_here = exchange.is_alone}));
    std::vector<stream::Entry> events;
    if (posted.message) events.push_back({"message.created", message_event(*posted.message)});
    events.push_back({exchange.is_further_variant ? "message.updated" : "message.created", message_event(posted.answer)});
    posted.started_seq = TRY(hub_.append(tx, stream_of(generation.chat_id), std::move(events)));
    std::optional<BoundPipeline> pipeline = TRY(bound.get());
    if (exchange.task == Task::impersonation) pipeline.reset();
    if (exchange.repeated) pipeline = BoundPipeline{*exchange.repeated->run.pipeline_id, *exchange.repeated->run.pipeline_number, exchange.repeated->run.definition};
    AnswerSteps steps = TRY(answer_steps(pipeline, pipelines_->types()));
    tx.queue(sql::add_exchange, {.id = generation.id, .chat_id = generation.chat_id, .branch_id = generation.branch_id,
                                   .message_id = generation.message_id, .variant_id = generation.variant_id, .seq = seq,
                                   .model_id = generation.model_id, .provider = generation.provider, .model = generation.model,
                                   .base_version_id = exchange.base_version_id, .started_seq = posted.started_seq, .run_id = generation.run_id,
                                   .task = exchange.task, .continued_variant_id = exchange.continued_variant_id,
                                   .fallback_model_ids = std::move(exchange.models.fallback_model_ids), .cost_usd_max = exchange.models.cost_usd_max,
                                   .settings = exchange.settings.value_or(GenerationSettings{}),
                                   .trigger = exchange.trigger, .pipeline_id = steps.pipeline_id, .pipeline_number = steps.pipeline_number, .definition = steps.definition,
                                   .retried_run_id = exchange.repeated ? std::optional(exchange.repeated->run.id) : std::nullopt,
                                   .step_ids = steps.ids, .steps = steps.steps, .step_types = steps.types, .parts = steps.parts,
                                   .segment_id = exchange.segment_id, .created_by = author_of(tx.op()), .said_ids = said.ids, .said_seqs = said.seqs, .said_roles = said.roles,
                                   .said_variant_ids = said.variant_ids, .said_kinds = said.kinds, .said_texts = said.texts, .said_blocks = said.blocks,
                                   .last_message_preview = preview, .title = title});
    if (exchange.repeated) TRY(keep_steps(tx, generation.run_id, *exchange.repeated));
    return posted;
}

http::Following<Posted> following(ChatId chat, Posted posted) {
    http::Following<Posted> answer;
    answer.stream = Chats::stream_of(chat);
    answer.after = std::to_string(posted.started_seq - 1);
    answer.events = "/api/v1/chats/" + chat.text() + "/events";
    // Of the chat's events those of this exchange, up to the end of the generation.
    std::vector<std::string> ids = {posted.answer.id.text(), posted.generation.id.text()};
    if (posted.message) ids.push_back(posted.message->id.text());
    answer.is_wanted = [ids](std::string_view type, std::string_view data) {
        if (type == "chat.deleted") return true;
        for (const std::string& id : ids)
            if (data.find(id) != std::string_view::npos) return true;
        return false;
    };
    answer.is_last = [id = posted.generation.id.text()](std::string_view type, std::string_view data) {
        if (type == "chat.deleted") return true;
        bool is_end = type == "generation.done" || type == "generation.aborted" || type == "generation.error";
        return is_end && data.find(id) != std::string_view::npos;
    };
    answer.value = std::move(posted);
    return answer;
}

/// The first message of a chat with a character: what it says first, and as further variants what else it might say.
Result<void> Chats::greet(store::Tx& tx, ChatId chat_id, BranchId branch_id, const EntityProfile& profile) {
    cards::Character character = TRY(cards::character_of(profile.spec));
    auto setting = TRY(tx.maybe(sql::prompt_setting, {.chat_id = chat_id, .generation_id = {}}));
    std::string user_name = setting ? user_name_of(*setting) : "";
    std::vector<std::string> greetings = greetings_of(character, user_name, macro_seed(chat_id));
    if (greetings.empty()) return {};
    auto end = TRY(tx.maybe(sql::lock_branch, {.id = branch_id}));
    ENSURE(end);
    MessageId id = MessageId::fresh();
    tx.queue(sql::add_message, {.id = id, .chat_id = chat_id, .branch_id = branch_id, .segment_id = end->segment_id, .seq = 1, .role = Role::assistant,
                                .created_by = author_of(tx.op()), .variant_id = VariantId::fresh(), .kind = VariantKind::import, .text = greetings[0],
                                .blocks = written_of(greetings[0]).blocks_json()});
    for (size_t i = 1; i < greetings.size(); ++i)
        tx.queue(sql::add_further_variant, {.id = VariantId::fresh(), .message_id = id, .number = int64_t(i) + 1, .kind = VariantKind::import,
                                            .text = greetings[i], .blocks = written_of(greetings[i]).blocks_json()});
    tx.queue(sql::grow_branch, {.id = branch_id, .chat_id = chat_id, .by = 1, .last_message_preview = preview_of(greetings[0]), .title = ""});
    Message message = to_message(*TRY(tx.maybe(sql::message, {.id = id})));
    TRY(hub_.append(tx, stream_of(chat_id), "message.created", message_event(message)));
    return {};
}

Result<http::Following<Posted>> Chats::post_message(Op& op, ChatId chat_id, PostMessage body) {
    std::vector<ImageId> image_ids = body.image_ids.value_or(std::vector<ImageId>());
    Written said = TRY(written_of(body.text, body.blocks, !image_ids.empty()));
    if (trim(said.text).empty() && image_ids.empty()) return invalid("/blocks", "must have one that models see; POST /api/v1/branches/{branch_id}/messages adds a message without asking one");
    // A template is rendered before anything is recorded. Most organizations have none, which the transaction finds out by itself.
    bool is_checked = prompts_->has_seen_template(op.organization);
    bool must_be_checked = false;
    auto post = [&](store::Tx& tx) -> Result<Posted> {
        TRY(adopt_models(tx));
        ModelQuestion models(tx, chat_id, body.model, false);
        std::optional<store::Later<bool>> has_template;
        if (!is_checked) has_template = tx.ask(sql::has_prompt_template, {});
        AnswerPlace place = TRY(place_for_answer(tx, chat_id, body.branch_id));
        must_be_checked = has_template && TRY(has_template->get());
        if (must_be_checked) return fail(Code::conflict, "the prompt's template was not rendered yet");
        ModelChoice choice = TRY(models.choice(!image_ids.empty()));
        Written written = said;
        if (!image_ids.empty()) TRY(attach_images(tx, chat_id, image_ids, written));
        TRY(check_fits(choice.model, written));
        const BranchEnd* end = &place.end;
        BranchId branch_id = end->id;

        Time at = now();
        MessageRow question{.id = MessageId::fresh(), .chat_id = chat_id, .branch_id = branch_id, .seq = end->messages_count + 1, .role = Role::user,
                            .created_at = at, .variant_id = VariantId::fresh(), .kind = VariantKind::manual_edit, .text = written.text,
                            .blocks = written.blocks_json(), .variant_created_at = at};
        MessageRow answer{.id = MessageId::fresh(), .chat_id = chat_id, .branch_id = branch_id, .seq = end->messages_count + 2, .role = Role::assistant,
                          .created_at = at, .variant_id = VariantId::fresh(), .kind = VariantKind::generation, .blocks = {"[]"}, .variant_created_at = at};
        return start_exchange(tx, {.chat_id = chat_id, .branch_id = branch_id, .models = std::move(choice), .trigger = Trigger::user_message,
                                   .settings = body.settings, .is_alone = place.is_alone, .segment_id = end->segment_id, .question = std::move(question),
                                   .answer = std::move(answer)});
    };
    if (is_checked) TRY(check_prompt(op, chat_id, body.branch_id, {}, said.text));
    Result<Posted> posted = store_.write(op, "chats.post_message", post);
    if (!posted && must_be_checked) {
        prompts_->saw_template(op.organization);
        is_checked = true;
        TRY(check_prompt(op, chat_id, body.branch_id, {}, said.text));
        posted = store_.write(op, "chats.post_message", post);
    }
    return following(chat_id, TRY(std::move(posted)));
}

Result<MessageRow> Chats::add_empty_variant(store::Tx& tx, MessageRow shown, Json blocks) {
    MessageRow answer = std::move(shown);
    answer.number = TRY(next_number(tx, answer.id));
    answer.variants_count = answer.number;
    answer.variant_id = VariantId::fresh();
    answer.kind = VariantKind::generation;
    answer.text.clear();
    answer.blocks = std::move(blocks);
    answer.version_id.reset();
    answer.generation_id.reset();
    answer.variant_created_at = now();
    tx.queue(sql::deselect_variants, {.message_id = answer.id});
    tx.queue(sql::add_variant, {.id = answer.variant_id, .message_id = answer.id, .number = answer.number, .kind = answer.kind, .text = "", .blocks = answer.blocks});
    return answer;
}

Result<Posted> Chats::add_answer(store::Tx& tx, MessageId id, Regenerate body, std::optional<RepeatedRun> repeated) {
    auto written = TRY(tx.maybe(sql::message, {.id = id}));
    if (!written) return fail(Code::not_found, std::string(no_such_message));
    bool is_of_model = written->role == Role::assistant || written->kind == VariantKind::generation;
    if (!is_of_model) return fail(Code::unsupported, "only what a model wrote can be regenerated; edit the message, or regenerate the answer to it");
    BranchId branch_id = body.branch_id.value_or(written->branch_id);
    auto end = TRY(tx.maybe(sql::lock_branch, {.id = branch_id}));
    if (!end || end->chat_id != written->chat_id) return fail(Code::not_found, "the branch is not one of this chat; it may have been deleted");
    TRY(check_active(end->chat_status));
    auto shown = TRY(tx.maybe(sql::message_in_branch, {.id = id, .branch_id = branch_id}));
    if (!shown) return fail(Code::not_found, "the message is not in the history of that branch");
    if (is_unfinished(*shown)) return still_writing();
    if (shown->seq == 1) return fail(Code::unsupported, "the chat begins with this message, so there is nothing that a model could answer; choose another of its variants, or edit it");
    TRY(adopt_models(tx));
    ModelChoice choice = TRY(ModelQuestion(tx, shown->chat_id, body.model, shown->role == Role::user).choice());
    // The app as it was before the message; a later message keeps the branch where it is.
    auto before = TRY(tx.maybe(sql::version_at, {.branch_id = branch_id, .seq = shown->seq - 1}));
    auto base = before ? std::optional(*before) : TRY(tx.maybe(sql::start_version, {.branch_id = branch_id}))->version_id;
    if (shown->generation_id)
        if (auto previous = TRY(tx.maybe(sql::base_version, {.variant_id = shown->variant_id})); previous && previous->version_id) base = previous->version_id;

    bool is_impersonation = shown->role == Role::user;
    MessageRow answer = TRY(add_empty_variant(tx, *std::move(shown), {"[]"}));
    if (repeated && repeated->keeps_answer) {
        PreviousAnswer said = TRY(first_answer_of(tx, repeated->run.id));
        answer.text = std::move(said.text);
        answer.blocks = std::move(said.blocks);
        tx.queue(sql::change_variant, {.id = answer.variant_id, .text = answer.text, .blocks = answer.blocks});
        tx.queue(sql::copy_lore_effects, {.from = repeated->variant_id, .to = answer.variant_id});
    }
    return start_exchange(tx, {.chat_id = answer.chat_id, .branch_id = branch_id, .models = std::move(choice), .trigger = Trigger::manual,
                               .task = is_impersonation ? Task::impersonation : Task::answer, .settings = std::move(body.settings),
                               .base_version_id = base, .is_further_variant = true, .answer = std::move(answer), .repeated = std::move(repeated)});
}

Result<http::Following<Posted>> Chats::regenerate(Op& op, MessageId id, Regenerate body) {
    TRY(check_prompt(op, {}, body.branch_id, id, {}));
    Posted posted = TRY(store_.write(op, "chats.regenerate", [&](store::Tx& tx) { return add_answer(tx, id, std::move(body), {}); }));
    return following(posted.answer.chat_id, std::move(posted));
}

Result<Message> Chats::edit_message(Op& op, MessageId id, EditMessage body) {
    Written said = TRY(written_of(body.text, body.blocks));
    return store_.write(op, "chats.edit_message", [&](store::Tx& tx) -> Result<Message> {
        auto shown = TRY(tx.maybe(sql::message, {.id = id}));
        if (!shown) return fail(Code::not_found, std::string(no_such_message));
        if (is_unfinished(*shown)) return still_writing();
        Written written = said;
        keep_images(written, shown->blocks);
        Json blocks = written.blocks_json();
        if (body.in_place.value_or(false)) {
            tx.queue(sql::change_variant, {.id = shown->variant_id, .text = written.text, .blocks = blocks});
        } else {
            int64_t number = TRY(next_number(tx, id));
            tx.queue(sql::deselect_variants, {.message_id = id});
            VariantId variant = VariantId::fresh();
            tx.queue(sql::add_variant, {.id = variant, .message_id = id, .number = number, .kind = VariantKind::manual_edit, .text = written.text, .blocks = blocks});
            tx.queue(sql::copy_lore_effects, {.from = shown->variant_id, .to = variant});
        }
        Message edited = to_message(*TRY(tx.maybe(sql::message, {.id = id})));
        TRY(hub_.append(tx, stream_of(edited.chat_id), "message.updated", message_event(edited)));
        return edited;
    });
}

Result<http::Created<Message>> Chats::create_message(Op& op, BranchId branch_id, CreateMessage body) {
    std::vector<ImageId> image_ids = body.image_ids.value_or(std::vector<ImageId>());
    Written said = TRY(written_of(body.text, body.blocks, !image_ids.empty()));
    MessageId id = MessageId::fresh();
    op.object = "message:" + id.text();
    Message made = TRY(store_.write(op, "chats.create_message", [&](store::Tx& tx) -> Result<Message> {
        auto end = TRY(tx.maybe(sql::lock_branch, {.id = branch_id}));
        if (!end) return fail(Code::not_found, std::string(no_such_branch));
        TRY(check_active(end->chat_status));
        Role role = body.role.value_or(Role::user);
        Written written = said;
        if (!image_ids.empty()) TRY(attach_images(tx, end->chat_id, image_ids, written));
        tx.queue(sql::add_message, {.id = id, .chat_id = end->chat_id, .branch_id = branch_id, .segment_id = end->segment_id, .seq = end->messages_count + 1, .role = role,
                                    .created_by = author_of(op), .variant_id = VariantId::fresh(), .kind = VariantKind::manual_edit, .text = written.text,
                                    .blocks = written.blocks_json()});
        tx.queue(sql::grow_branch, {.id = branch_id, .chat_id = end->chat_id, .by = 1, .last_message_preview = preview_of(written.text),
                                    .title = role == Role::user ? std::string(utf8_prefix(trim(written.text), title_bytes)) : ""});
        Message message = to_message(*TRY(tx.maybe(sql::message, {.id = id})));
        TRY(hub_.append(tx, stream_of(end->chat_id), "message.created", message_event(message)));
        return message;
    }));
    return http::Created<Message>{std::move(made), "/api/v1/messages/" + id.text()};
}

Result<void> Chats::close_gap(store::Tx& tx, const BranchEnd& end, int64_t seq) {
    if (end.app_id) return fail(Code::unsupported, "the messages of an app's chat made its versions, one after the other; delete this one with what follows it, or branch before it");
    if (int64_t others = TRY(tx.one(sql::count_branches_sharing, {.branch_id = end.id, .seq = seq})); others > 0)
        return fail(Code::conflict, std::to_string(others) + " other branches have what follows the message in their history, where it would have another place; delete it with what follows it, or delete those branches first");
    SegmentId segment = SegmentId::fresh();
    tx.queue(sql::move_messages_up, {.branch_id = end.id, .seq = seq, .segment_id = segment});
    tx.queue(sql::cut_lineage, {.branch_id = end.id, .seq = seq});
    tx.queue(sql::add_lineage, {.branch_id = end.id, .seq_from = seq, .segment_id = segment});
    int64_t count = end.messages_count - 1;
    std::string preview;
    for (const MessageRow& last : TRY(tx.many(sql::messages_page, {.branch_id = end.id, .after = count - 1, .limit = 1}))) preview = preview_of(last.text);
    tx.queue(sql::move_branch_end, {.id = end.id, .segment_id = segment, .messages_count = count, .last_message_preview = preview, .current_version_id = end.current_version_id});
    return {};
}

Result<void> Chats::remove_message(Op& op, MessageId id, RemoveMessage query) {
    return store_.write(op, "chats.delete_message", [&](store::Tx& tx) -> Result<void> {
        auto written = TRY(tx.maybe(sql::message, {.id = id}));
        if (!written) return fail(Code::not_found, std::string(no_such_message));
        auto end = TRY(tx.maybe(sql::lock_branch, {.id = written->branch_id}));
        if (!end) return fail(Code::conflict, "the branch of the message was deleted; other branches keep what they inherited");
        TRY(check_no_answer(tx, written->chat_id, written->branch_id));
        if (!TRY(tx.maybe(sql::message_in_branch, {.id = id, .branch_id = written->branch_id})))
            return fail(Code::not_found, "the message is not in the history of its branch any more");
        if (query.keep_following.value_or(false)) {
            TRY(close_gap(tx, *end, written->seq));
            TRY(hub_.append(tx, stream_of(written->chat_id), "message.deleted", deletion_event(*written, true)));
            return {};
        }
        auto before = TRY(tx.maybe(sql::version_at, {.branch_id = written->branch_id, .seq = written->seq - 1}));
        auto version = before ? std::optional(*before) : TRY(tx.maybe(sql::start_version, {.branch_id = written->branch_id}))->version_id;
        auto rest = TRY(tx.many(sql::messages_page, {.branch_id = written->branch_id, .after = written->seq - 2, .limit = 1}));
        SegmentId segment = SegmentId::fresh();
        tx.queue(sql::cut_lineage, {.branch_id = written->branch_id, .seq = written->seq});
        tx.queue(sql::add_lineage, {.branch_id = written->branch_id, .seq_from = written->seq, .segment_id = segment});
        tx.queue(sql::move_branch_end, {.id = written->branch_id, .segment_id = segment, .messages_count = written->seq - 1,
                                        .last_message_preview = rest.empty() ? "" : preview_of(rest.front().text), .current_version_id = version});
        if (end->app_id && subject_) TRY(subject_->branch_moved(tx, *end->app_id, written->branch_id, version));
        TRY(hub_.append(tx, stream_of(written->chat_id), "message.deleted", deletion_event(*written, false)));
        return {};
    });
}

Result<http::Page<Variant>> Chats::list_variants(Op& op, MessageId id, Paging query) {
    int limit = query.limit.value_or(page_default);
    std::optional<int64_t> after = 0;
    if (query.cursor && !(after = parse_int(*query.cursor))) return not_a_cursor();
    auto rows = TRY(store_.read(op, "chats.list_variants", [&](store::Tx& tx) { return tx.many(sql::variants, {.message_id = id, .after = *after, .limit = limit + 1}); }));
    if (rows.empty() && !query.cursor) return fail(Code::not_found, std::string(no_such_message));
    http::Page<Variant> page;
    if (int(rows.size()) > limit) {
        rows.pop_back();
        page.next_cursor = std::to_string(rows.back().number);
    }
    for (MessageRow& row : rows) page.items.push_back(to_message(std::move(row)).variant);
    return page;
}

Result<http::Created<Variant>> Chats::create_variant(Op& op, MessageId id, CreateVariant body) {
    Written written = TRY(written_of(body.text, body.blocks));
    VariantId variant = VariantId::fresh();
    bool is_selected = body.is_selected.value_or(true);
    Variant made = TRY(store_.write(op, "chats.create_variant", [&](store::Tx& tx) -> Result<Variant> {
        auto shown = TRY(tx.maybe(sql::message, {.id = id}));
        if (!shown) return fail(Code::not_found, std::string(no_such_message));
        if (is_unfinished(*shown)) return still_writing();
        int64_t number = TRY(next_number(tx, id));
        if (is_selected) {
            tx.queue(sql::deselect_variants, {.message_id = id});
            tx.queue(sql::add_variant, {.id = variant, .message_id = id, .number = number, .kind = VariantKind::manual_edit, .text = written.text, .blocks = written.blocks_json()});
        } else {
            tx.queue(sql::add_further_variant, {.id = variant, .message_id = id, .number = number, .kind = VariantKind::manual_edit, .text = written.text, .blocks = written.blocks_json()});
        }
        Message changed = to_message(*TRY(tx.maybe(sql::message, {.id = id})));
        TRY(hub_.append(tx, stream_of(changed.chat_id), "message.updated", message_event(changed)));
        return to_message(*TRY(tx.maybe(sql::message_of_variant, {.variant_id = variant}))).variant;
    }));
    return http::Created<Variant>{std::move(made), "/api/v1/messages/" + id.text() + "/variants"};
}

Result<Message> Chats::remove_variant(Op& op, MessageId id, VariantId variant) {
    return store_.write(op, "chats.delete_variant", [&](store::Tx& tx) -> Result<Message> {
        auto shown = TRY(tx.maybe(sql::message, {.id = id}));
        if (!shown) return fail(Code::not_found, std::string(no_such_message));
        if (is_unfinished(*shown)) return still_writing();
        TRY(tx.maybe(sql::lock_branch, {.id = shown->branch_id}));  // nobody branches from it meanwhile
        auto gone = TRY(tx.maybe(sql::variant_of_message, {.id = variant, .message_id = id}));
        if (!gone) return fail(Code::not_found, "the message has no such variant");
        if (shown->variants_count == 1) return fail(Code::conflict, "it is the only variant of the message; delete the message instead");
        if (gone->version_id) return fail(Code::conflict, "the variant made a version of the app, which stays; select another variant instead");
        if (gone->is_pinned) return fail(Code::conflict, "a branch was forked from this variant and shows it; delete that branch first");
        TRY(tx.run(sql::delete_variant, {.id = variant, .message_id = id}));
        tx.queue(sql::number_variants, {.message_id = id});
        if (gone->is_selected) tx.queue(sql::select_newest_variant, {.message_id = id});
        Message changed = to_message(*TRY(tx.maybe(sql::message, {.id = id})));
        TRY(hub_.append(tx, stream_of(changed.chat_id), "message.updated", message_event(changed)));
        return changed;
    });
}

Result<Message> Chats::select_variant(Op& op, MessageId id, VariantId variant) {
    return store_.write(op, "chats.select_variant", [&](store::Tx& tx) -> Result<Message> {
        auto written = TRY(tx.maybe(sql::message, {.id = id}));
        if (!written) return fail(Code::not_found, std::string(no_such_message));
        if (is_unfinished(*written)) return still_writing();
        auto end = TRY(tx.maybe(sql::lock_branch, {.id = written->branch_id}));
        tx.queue(sql::deselect_variants, {.message_id = id});
        if (TRY(tx.run(sql::select_variant, {.id = variant, .message_id = id})) == 0) return fail(Code::not_found, "the message has no such variant");
        Message shown = to_message(*TRY(tx.maybe(sql::message, {.id = id})));
        // The newest answer of a branch decides what the branch shows.
        if (end && end->app_id && subject_ && shown.role == Role::assistant && end->messages_count == shown.seq) {
            auto version = shown.variant.version_id;
            if (!version)
                if (auto base = TRY(tx.maybe(sql::base_version, {.variant_id = variant}))) version = base->version_id;
            if (version) {
                TRY(move_branch(tx, shown.branch_id, version));
                TRY(subject_->branch_moved(tx, *end->app_id, shown.branch_id, version));
            }
        }
        TRY(hub_.append(tx, stream_of(shown.chat_id), "message.updated", message_event(shown)));
        return shown;
    });
}

Result<Message> Chats::set_pinned(Op& op, MessageId id, bool is_pinned) {
    return store_.write(op, is_pinned ? "chats.pin_message" : "chats.unpin_message", [&](store::Tx& tx) -> Result<Message> {
        auto written = TRY(tx.maybe(sql::message, {.id = id}));
        if (!written) return fail(Code::not_found, std::string(no_such_message));
        TRY(tx.maybe(sql::lock_chat, {.id = written->chat_id}));  // two that pin at once count one after the other
        if (is_pinned && !written->pinned_at && TRY(tx.one(sql::count_pinned, {.chat_id = written->chat_id})) >= pins_max)
            return fail(Code::over_quota, "the chat has " + std::to_string(pins_max) + " pinned messages, the most it may have; unpin some first");
        tx.queue(sql::set_pinned, {.message_id = id, .is_pinned = is_pinned});
        Message message = to_message(*TRY(tx.maybe(sql::message, {.id = id})));
        TRY(hub_.append(tx, stream_of(message.chat_id), "message.updated", message_event(message)));
        return message;
    });
}

Result<Message> Chats::pin_message(Op& op, MessageId id) { return set_pinned(op, id, true); }

Result<Message> Chats::unpin_message(Op& op, MessageId id) { return set_pinned(op, id, false); }

Result<http::Page<Message>> Chats::list_pinned(Op& op, BranchId id) {
    return store_.read(op, "chats.list_pinned", [&](store::Tx& tx) -> Result<http::Page<Message>> {
        if (!TRY(tx.maybe(sql::branch, {.id = id}))) return fail(Code::not_found, std::string(no_such_branch));
        http::Page<Message> page;
        for (MessageRow& row : TRY(tx.many(sql::pinned_messages, {.branch_id = id}))) page.items.push_back(to_message(std::move(row)));
        return page;
    });
}

}  // namespace ry::chats

#include "modules/chats/prompt_making.h"

#include <algorithm>

#include "base/hash.h"
#include "kernel/store/store.h"
#include "modules/chats/branch_queries.gen.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/citations.h"
#include "modules/chats/knowledge_sources.h"
#include "modules/chats/lorebooks.h"
#include "modules/chats/message_queries.gen.h"
#include "modules/chats/model_policies.h"
#include "modules/chats/profile_queries.gen.h"
#include "modules/chats/profiles.h"
#include "modules/chats/prompt_context.h"
#include "modules/chats/prompt_lore.h"
#include "modules/chats/prompt_queries.gen.h"
#include "modules/chats/prompts.h"

namespace ry::chats {
namespace {

constexpr int64_t knowledge_share = 8;  // of the window: one part of so many
constexpr int64_t token_bytes_max = 8;  // of a text that may fit into a window: tokens have 4 bytes, in most languages

/// What templates may name, of this chat.
PromptValues values_of(ChatId chat, BranchId branch, std::optional<AppId> app, std::string model, const PromptSetting& setting) {
    PromptValues values{.chat_id = chat, .branch_id = branch, .chat_title = setting.title, .chat_created_at = setting.created_at,
                        .app_id = app, .vars = setting.vars, .model = std::move(model), .now = now()};
    if (setting.persona_name) values.persona = Persona{.name = *setting.persona_name, .description = setting.persona_description.value_or("")};
    return values;
}

/// What knowledge is looked for with: the newest message of the person.
std::string_view newest_question(const std::vector<Turn>& turns) {
    for (size_t i = turns.size(); i-- > 0;)
        if (turns[i].role == Role::user) return turns[i].text;
    return {};
}

PromptPiece piece(PromptSource source, std::string text) {
    int64_t tokens = message_tokens(text);
    return {.source = source, .role = Role::system, .text = std::move(text), .tokens = tokens};
}

/// What the model is asked to do at the end, where that is not to answer.
std::string instruction_of(Task task, std::string_view user_name) {
    if (task == Task::continuation)
        return "Your last message was cut off. Continue it exactly where it stopped, beginning with the next character. Repeat nothing, explain nothing.";
    if (task == Task::impersonation)
        return "Write the next message of " + std::string(user_name) + " in this conversation, as " + std::string(user_name) +
               " would write it. Answer with that message alone.";
    return {};
}

/// For a model that takes no images: that there were some.
void name_images(Turn& turn) {
    for (size_t i = 0; i < turn.images.size(); ++i) turn.text += turn.text.empty() ? "[image]" : "\n\n[image]";
    turn.images.clear();
}

/// Changes the first system message, or adds one at a depth.
void apply(pipelines::Effect effect, PromptParts& parts) {
    constexpr Role roles[] = {Role::system, Role::user, Role::assistant};
    PromptPiece made = piece(PromptSource::pipeline, std::move(effect.text));
    if (effect.type == pipelines::EffectType::add_message) {
        made.role = roles[size_t(effect.role)];
        parts.within.emplace(effect.depth, std::move(made));
        return;
    }
    if (parts.before.empty()) return parts.before.push_back(std::move(made));
    PromptPiece& first = parts.before.front();
    if (effect.mode == pipelines::RewriteMode::replace) {
        first = std::move(made);
        return;
    }
    bool is_appended = effect.mode == pipelines::RewriteMode::append;
    first.text = is_appended ? first.text + "\n\n" + made.text : made.text + "\n\n" + first.text;
    first.tokens = message_tokens(first.text);
}

}  // namespace

/// The template that is printed, and the character of the chat; what they need was asked together.
Result<void> Chats::read_setting(store::Tx& tx, PromptWork& work) {
    PromptSetting& setting = work.setting;
    std::optional<store::Later<std::optional<EntityProfile>>> profile;
    std::optional<store::Later<std::optional<PromptText>>> text;
    if (setting.entity_profile_id) profile = tx.ask(sql::entity_profile, {.id = *setting.entity_profile_id});
    if (setting.has_template)
        text = tx.ask(sql::template_of_chat, {.chat_scope_id = work.chat_id.text(), .profile_scope_id = setting.entity_profile_id ? setting.entity_profile_id->text() : "none"});
    if (profile) {
        if (auto found = TRY(profile->get())) {
            cards::Character character = TRY(cards::character_of(found->spec));
            work.character = prompt_character_of(character, user_name_of(setting), macro_seed(work.chat_id));
        }
    }
    if (text) {
        if (auto found = TRY(text->get())) {
            setting.template_name = std::move(found->name);
            setting.template_text = std::move(found->text);
        }
    }
    return {};
}

Result<void> Chats::read_history(store::Tx& tx, PromptWork& work, std::optional<PromptSetting> setting, std::vector<Turn> newest) {
    if (!setting) return fail(Code::not_found, "the chat was deleted meanwhile");
    work.setting = *std::move(setting);
    std::vector<Turn> newest_first;
    int64_t tokens = 0;
    for (int64_t end = work.messages_count; end > 0 && tokens < work.context_tokens; end -= turns_page) {
        if (end < work.messages_count)
            newest = TRY(tx.many(sql::turns, {.branch_id = work.branch_id, .after = std::max<int64_t>(0, end - turns_page), .last = end}));
        for (auto turn = newest.rbegin(); turn != newest.rend(); ++turn) {
            tokens += llm::estimate_tokens(turn->text);
            newest_first.push_back(std::move(*turn));
        }
    }
    if (int64_t before = work.messages_count - int64_t(newest_first.size()); before > 0)
        work.pinned = TRY(tx.many(sql::pinned_turns, {.branch_id = work.branch_id, .last = before, .bytes_max = work.context_tokens * token_bytes_max}));
    work.turns.assign(std::make_move_iterator(newest_first.rbegin()), std::make_move_iterator(newest_first.rend()));
    TRY(read_setting(tx, work));
    std::vector<LorebookBinding> places{{lore::Scope::chat, work.chat_id.text()}};
    if (work.setting.entity_profile_id) places.push_back({lore::Scope::entity_profile, work.setting.entity_profile_id->text()});
    if (work.setting.persona_id) places.push_back({lore::Scope::persona, work.setting.persona_id->text()});
    std::string trigger = std::move(work.lore.trigger);
    if (work.setting.has_lore)
        work.lore = TRY(lorebooks_->work(tx, work.branch_id, work.messages_count, places,
                                         {.char_name = work.character ? work.character->name : "", .user_name = work.setting.persona_name.value_or("")}));
    work.lore.trigger = std::move(trigger);
    if (!work.setting.has_knowledge) return {};
    std::vector<KnowledgeBinding> knowledge;
    for (const LorebookBinding& place : places) knowledge.push_back({place.scope, place.scope_id});
    std::string_view question = work.text ? std::string_view(*work.text) : newest_question(work.turns);
    work.knowledge = TRY(knowledge_->look_up(tx, question, knowledge, work.chat_id, work.context_tokens / knowledge_share));
    return {};
}

Result<void> Chats::find_by_meaning(const Op& op, PromptWork& work) {
    if (!work.knowledge.embedding_model) return {};
    work.knowledge.passages = TRY(knowledge_->found(op, std::move(work.knowledge))).passages;
    work.knowledge.embedding_model.reset();
    return {};
}

Result<Chats::PrintedLore> Chats::print_template(const Op& op, PromptWork work, PromptParts& parts) {
    PrintedLore lore;
    PromptValues values = values_of(work.chat_id, work.branch_id, work.app_id, std::move(work.model), work.setting);
    values.character = std::move(work.character);
    if (auto& character = values.character) {
        character->system_prompt = with_original(std::move(character->system_prompt), main_prompt(character->name, user_name_of(work.setting)));
        character->post_history_instructions = with_original(std::move(character->post_history_instructions), "");
    }
    values.passages = std::move(work.knowledge.passages);
    if (!work.lore.books.empty()) {
        lore::Outcome outcome = resolve_lore(work.lore, values, parts.turns, parts.messages_count, work.context_tokens);
        place_lore(outcome, values, parts);
        lore = {effects_left(work.lore, outcome), entries_said(work.lore, outcome)};
    }
    auto printed = prompts_->rendered(op, work.setting.template_text.value_or(std::string(built_in_template)), context_json(values, parts.turns));
    if (!printed && work.setting.template_name) return std::move(printed).error().within("prompt template \"" + *work.setting.template_name + "\"");
    std::string text = TRY(std::move(printed));
    PromptPiece made = piece(PromptSource::prompt_template, std::move(text));
    made.template_name = work.setting.template_name;
    made.parts = parts_of(made.text, values);
    if (!made.text.empty()) parts.before.push_back(std::move(made));
    if (values.character && !values.character->post_history_instructions.empty())
        parts.after.push_back(piece(PromptSource::entity_profile, std::move(values.character->post_history_instructions)));
    return lore;
}

std::string Chats::context_of(const PromptWork& work) {
    PromptValues values = values_of(work.chat_id, work.branch_id, work.app_id, work.model, work.setting);
    values.character = work.character;
    values.passages = work.knowledge.passages;
    std::string json = context_json(values, work.turns);
    return json.substr(1, json.size() - 2);
}

Result<Prompt> Chats::make_prompt(const Op& op, PromptWork work) {
    PromptParts parts{.turns = std::move(work.turns), .messages_count = work.messages_count};
    PrintedLore lore;
    std::vector<Turn> pinned = std::move(work.pinned);
    if (!work.takes_images)
        for (std::vector<Turn>* turns : {&parts.turns, &pinned}) std::ranges::for_each(*turns, name_images);
    std::vector<KnowledgePassage> passages = work.knowledge.passages;
    std::vector<pipelines::Effect> effects = std::move(work.effects);
    int64_t context_tokens = work.context_tokens;
    std::string instruction = instruction_of(work.task, user_name_of(work.setting));
    bool has_subject = work.app_id && subject_;
    if (has_subject) {
        std::string_view question = parts.turns.empty() ? std::string_view() : std::string_view(parts.turns.back().text);
        parts.before.push_back(piece(PromptSource::app, TRY(subject_->context(op, *work.app_id, work.base_version_id, question, context_tokens / 2))));
    }
    // The built-in template is for conversations; an app says for itself what the model must know.
    if (!has_subject || work.setting.template_text) lore = TRY(print_template(op, std::move(work), parts));
    if (!instruction.empty()) {
        parts.after.push_back(piece(PromptSource::instruction, std::move(instruction)));
        parts.after.back().role = Role::user;  // what the system says, some providers put first
    }
    for (pipelines::Effect& effect : effects) apply(std::move(effect), parts);
    parts.turns.insert(parts.turns.begin(), std::make_move_iterator(pinned.begin()), std::make_move_iterator(pinned.end()));
    Prompt prompt = TRY(fit_prompt(std::move(parts), context_tokens));
    prompt.lore_effects = std::move(lore.effects);
    prompt.citations = citations_of(prompt.pieces, passages, std::move(lore.entries));
    prompt.passages = std::move(passages);
    return prompt;
}

Result<Chats::PromptWork> Chats::prompt_work(store::Tx& tx, std::optional<ChatId> chat_id, std::optional<BranchId> branch_id, std::optional<MessageId> message_id) {
    if (!chat_id) {  // a message names its chat and its branch
        auto answered = TRY(tx.maybe(sql::message, {.id = *message_id}));
        if (!answered) return fail(Code::not_found, "there is no such message");
        chat_id = answered->chat_id;
        if (!branch_id) branch_id = answered->branch_id;
    }
    Chat chat = TRY(tx.maybe(sql::chat, {.id = *chat_id})).value_or(Chat{});
    if (chat.id != *chat_id) return fail(Code::not_found, "there is no such chat");
    auto branch = TRY(tx.maybe(sql::branch, {.id = branch_id.value_or(chat.active_branch_id)}));
    if (!branch || branch->chat_id != *chat_id) return fail(Code::not_found, "the branch is not one of this chat");
    PromptWork work{.chat_id = *chat_id, .branch_id = branch->id, .messages_count = branch->messages_count, .app_id = chat.app_id, .base_version_id = branch->current_version_id,
                    .context_tokens = Model{}.context_tokens};
    if (message_id) {
        auto shown = TRY(tx.maybe(sql::message_in_branch, {.id = *message_id, .branch_id = branch->id}));
        if (!shown) return fail(Code::not_found, "the message is not in the history of that branch");
        work.messages_count = shown->seq - 1;
    }
    return work;
}

Result<void> Chats::check_prompt(const Op& op, std::optional<ChatId> chat, std::optional<BranchId> branch, std::optional<MessageId> message, std::optional<std::string> text) {
    auto work = TRY(store_.read(op, "chats.check_prompt", [&](store::Tx& tx) -> Result<std::optional<PromptWork>> {
        if (!TRY(tx.one(sql::has_prompt_template, {}))) return std::optional<PromptWork>();  // the built-in one prints whatever it is given
        PromptWork asked = TRY(prompt_work(tx, chat, branch, message));
        int64_t end = asked.messages_count;
        auto setting = tx.ask(sql::prompt_setting, {.chat_id = asked.chat_id, .generation_id = {}});
        auto newest = TRY(tx.many(sql::turns, {.branch_id = asked.branch_id, .after = std::max<int64_t>(0, end - turns_page), .last = end}));
        asked.text = text;
        TRY(read_history(tx, asked, TRY(setting.get()), std::move(newest)));
        return std::optional(std::move(asked));
    }));
    if (!work || !work->setting.template_text) return {};
    if (text) work->turns.push_back({Role::user, *std::move(text), {}});
    PromptParts parts{.turns = work->turns, .messages_count = work->messages_count + (text ? 1 : 0)};
    TRY(print_template(op, *std::move(work), parts));
    return {};
}

Result<PromptPreview> Chats::preview_prompt(Op& op, ChatId chat_id, PreviewPrompt body) {
    if (body.text && body.message_id) return invalid("/text", "must be left out when message_id is given: what would be regenerated has its question");
    TRY(adopt_models_once(op));
    Model model;
    PromptWork work = TRY(store_.read(op, "chats.preview_prompt", [&](store::Tx& tx) -> Result<PromptWork> {
        ModelQuestion models(tx, chat_id, body.model, false);
        PromptWork work = TRY(prompt_work(tx, chat_id, body.branch_id, body.message_id));
        model = TRY(models.choice()).model;
        work.model = model.model;
        work.context_tokens = model.context_tokens;
        work.takes_images = model.takes_images;
        int64_t end = work.messages_count;
        auto setting = tx.ask(sql::prompt_setting, {.chat_id = work.chat_id, .generation_id = {}});
        auto newest = TRY(tx.many(sql::turns, {.branch_id = work.branch_id, .after = std::max<int64_t>(0, end - turns_page), .last = end}));
        if (body.message_id) work.lore.trigger = "regenerate";
        work.text = body.text;
        TRY(read_history(tx, work, TRY(setting.get()), std::move(newest)));
        return work;
    }));
    TRY(find_by_meaning(op, work));
    if (body.text && !body.text->empty()) {
        work.turns.push_back({Role::user, *std::move(body.text), {}});
        ++work.messages_count;
    }
    Prompt prompt = TRY(make_prompt(op, std::move(work)));
    PromptPreview preview{.tokens = prompt.tokens, .tokens_max = model.context_tokens - answer_tokens(model.context_tokens), .context_tokens = model.context_tokens,
                          .messages_left_out = prompt.messages_left_out, .prompt_hash = sha256_hex(prompt_json(prompt)), .model = model.name};
    preview.messages = std::move(prompt.pieces);
    preview.passages = std::move(prompt.passages);
    return preview;
}

}  // namespace ry::chats

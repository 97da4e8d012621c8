// Answers that no new question asks for: to the history as it is, the rest of one, and what the person might say.
#include "base/text.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "modules/chats/branch_queries.gen.h"
#include "modules/chats/chats.h"
#include "modules/chats/exchange.h"
#include "modules/chats/generation_queries.gen.h"
#include "modules/chats/message_queries.gen.h"
#include "modules/chats/model_policies.h"

namespace ry::chats {
namespace {

Error nothing_said() { return fail(Code::conflict, "nothing was said in this chat yet; say something first"); }

/// The thoughts of an answer stay with what goes on from it; its text is said again, with the rest.
Json thoughts_of(const Json& blocks) {
    std::vector<Block> all, thoughts;
    from_text(blocks.text, all);
    for (Block& block : all)
        if (block.type == BlockType::reasoning) thoughts.push_back(std::move(block));
    Json json{""};
    encode(json.text, thoughts);
    return json;
}

}  // namespace

Result<Chats::AnswerPlace> Chats::place_for_answer(store::Tx& tx, ChatId chat, std::optional<BranchId> branch) {
    auto locked = tx.ask(sql::lock_branch_of, {.chat_id = chat, .branch_id = branch});
    auto unfinished = tx.ask(sql::count_unfinished, {.chat_id = chat, .branch_id = branch});
    auto end = TRY(locked.get());
    if (!end) {
        bool is_branch = branch && TRY(tx.maybe(sql::branch, {.id = *branch}));
        return fail(Code::not_found, is_branch ? "the branch is not one of this chat"
                                               : "there is no such chat; `ramify chats ls` lists those there are");
    }
    TRY(check_active(end->chat_status));
    int64_t waiting = TRY(unfinished.get());
    if (waiting >= unfinished_max)
        return Error{Code::over_quota,
                     std::to_string(unfinished_max) +
                         " answers are waiting on this branch, the most there may be; wait for them or stop some",
                     {},
                     {},
                     5'000};
    return AnswerPlace{.end = *std::move(end), .is_alone = waiting == 0};
}

Result<Posted> Chats::add_turn(store::Tx& tx, ChatId chat, Generate body, Task task) {
    TRY(adopt_models(tx));
    bool is_impersonation = task == Task::impersonation;
    ModelQuestion models(tx, chat, body.model, is_impersonation);
    AnswerPlace place = TRY(place_for_answer(tx, chat, body.branch_id));
    if (place.end.messages_count == 0) return nothing_said();
    ModelChoice choice = TRY(models.choice());
    Time at = now();
    MessageRow turn{.id = MessageId::fresh(),
                    .chat_id = chat,
                    .branch_id = place.end.id,
                    .seq = place.end.messages_count + 1,
                    .role = is_impersonation ? Role::user : Role::assistant,
                    .created_at = at,
                    .variant_id = VariantId::fresh(),
                    .kind = VariantKind::generation,
                    .blocks = {"[]"},
                    .variant_created_at = at};
    return start_exchange(tx, {.chat_id = chat,
                               .branch_id = turn.branch_id,
                               .models = std::move(choice),
                               .trigger = Trigger::manual,
                               .task = task,
                               .settings = std::move(body.settings),
                               .is_alone = place.is_alone,
                               .segment_id = place.end.segment_id,
                               .answer = std::move(turn)});
}

Result<http::Following<Posted>> Chats::generate_answer(Op& op, ChatId chat, Generate body) {
    TRY(check_prompt(op, chat, body.branch_id, {}, {}));
    return following(chat, TRY(store_.write(op, "chats.generate", [&](store::Tx& tx) {
                         return add_turn(tx, chat, std::move(body), Task::answer);
                     })));
}

Result<http::Following<Posted>> Chats::impersonate(Op& op, ChatId chat, Generate body) {
    TRY(check_prompt(op, chat, body.branch_id, {}, {}));
    return following(chat, TRY(store_.write(op, "chats.impersonate", [&](store::Tx& tx) {
                         return add_turn(tx, chat, std::move(body), Task::impersonation);
                     })));
}

Result<http::Following<Posted>> Chats::continue_answer(Op& op, ChatId chat, Generate body) {
    TRY(check_prompt(op, chat, body.branch_id, {}, {}));
    return following(
        chat, TRY(store_.write(op, "chats.continue", [&](store::Tx& tx) -> Result<Posted> {
            TRY(adopt_models(tx));
            ModelQuestion models(tx, chat, body.model, false);
            AnswerPlace place = TRY(place_for_answer(tx, chat, body.branch_id));
            if (place.end.app_id)
                return fail(Code::unsupported,
                            "an answer about an app is whole or is not applied; say what is missing");
            if (place.end.messages_count == 0) return nothing_said();
            auto last = TRY(tx.many(sql::messages_page,
                                    {.branch_id = place.end.id, .after = place.end.messages_count - 1, .limit = 1}));
            if (last.empty() || last.front().role != Role::assistant)
                return fail(Code::conflict,
                            "the last message is no answer; generate one, or branch at the one to continue");
            if (is_unfinished(last.front())) return still_writing();
            if (trim(last.front().text).empty())
                return fail(Code::conflict,
                            "the last answer is empty, so there is nothing to go on from; regenerate it");
            ModelChoice choice = TRY(models.choice());
            VariantId continued = last.front().variant_id;
            Json thoughts = thoughts_of(last.front().blocks);
            MessageRow answer = TRY(add_empty_variant(tx, std::move(last.front()), std::move(thoughts)));
            return start_exchange(tx, {.chat_id = chat,
                                       .branch_id = place.end.id,
                                       .models = std::move(choice),
                                       .trigger = Trigger::manual,
                                       .task = Task::continuation,
                                       .continued_variant_id = continued,
                                       .settings = std::move(body.settings),
                                       .is_alone = place.is_alone,
                                       .is_further_variant = true,
                                       .answer = std::move(answer)});
        })));
}

}  // namespace ry::chats

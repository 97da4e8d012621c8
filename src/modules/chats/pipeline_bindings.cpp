// Where pipelines answer: in one chat, in the chats with one profile, or in all.
#include "kernel/store/store.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/pipeline_queries.gen.h"
#include "modules/chats/pipelines.h"
#include "modules/chats/profile_queries.gen.h"

namespace ry::chats {
namespace {

/// The chat or the profile must be there.
Result<void> check_place(store::Tx& tx, const PipelineBinding& binding) {
    if (binding.chat_id && binding.entity_profile_id)
        return invalid("/entity_profile_id", "must be left out when chat_id is given");
    if (binding.chat_id && !TRY(tx.maybe(sql::chat, {.id = *binding.chat_id})))
        return invalid("/chat_id", "names no chat; `ramify chats ls` lists those there are");
    if (binding.entity_profile_id && !TRY(tx.maybe(sql::entity_profile, {.id = *binding.entity_profile_id})))
        return invalid("/entity_profile_id", "names no profile; `ramify profiles ls` lists those there are");
    return {};
}

}  // namespace

Result<http::Page<PipelineBinding>> Pipelines::list_bindings(Op& op, PipelineId id) {
    TRY(show(op, id));
    return http::Page<PipelineBinding>{
        TRY(store_.read(op, "pipelines.bindings",
                        [&](store::Tx& tx) { return tx.many(sql::pipeline_bindings, {.pipeline_id = id}); })),
        {}};
}

Result<PipelineBinding> Pipelines::bind(Op& op, PipelineId id, PipelineBinding body) {
    return store_.write(op, "pipelines.bind", [&](store::Tx& tx) -> Result<PipelineBinding> {
        auto pipeline = TRY(tx.maybe(sql::lock_pipeline, {.id = id}));
        if (!pipeline)
            return fail(Code::not_found, "there is no such pipeline; `ramify pipelines ls` lists those there are");
        if (!answers(pipeline->definition))
            return fail(Code::unsupported,
                        "the pipeline does not answer messages; give it the trigger user_message, and the steps pre, "
                        "llm and post");
        TRY(check_place(tx, body));
        if (int64_t(TRY(tx.many(sql::pipeline_bindings, {.pipeline_id = id})).size()) >= pipeline_bindings_max)
            return fail(Code::over_quota, "the pipeline answers in " + std::to_string(pipeline_bindings_max) +
                                              " places already; bind it to their profile, or to all chats");
        tx.queue(sql::bind_pipeline,
                 {.pipeline_id = id, .chat_id = body.chat_id, .entity_profile_id = body.entity_profile_id});
        return body;
    });
}

Result<void> Pipelines::unbind(Op& op, PipelineId id, PipelineBinding query) {
    return store_.write(op, "pipelines.unbind", [&](store::Tx& tx) -> Result<void> {
        if (TRY(tx.run(sql::unbind_pipeline,
                       {.pipeline_id = id, .chat_id = query.chat_id, .entity_profile_id = query.entity_profile_id})) ==
            0)
            return fail(Code::not_found,
                        "the pipeline does not answer there; `ramify pipelines bindings` lists where it does");
        return {};
    });
}

}  // namespace ry::chats

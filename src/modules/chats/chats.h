#pragma once
// Chats: conversations with branches, variants and streamed answers. See README.md in this folder for the words.
//
// Any thread. Each method is one thing that a person can do; what it changes, and the events that say so, commit together.
// An id that is not this organization's is not_found. Failures before the first event are the method's Error.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/http/route.h"
#include "kernel/reads/reads.h"
#include "modules/chats/branch_model.h"
#include "modules/chats/chat_model.h"
#include "modules/chats/generation_model.h"
#include "modules/chats/ids.h"
#include "modules/chats/message_model.h"
#include "modules/chats/model_model.h"
#include "modules/chats/paging.h"
#include "modules/chats/run_model.h"
#include "modules/chats/subject.h"
#include "modules/chats/variant_model.h"

namespace ry::store {
class Store;
struct Schema;
}  // namespace ry::store
namespace ry::stream {
class Hub;
}
namespace ry::jobs {
class Jobs;
class Context;
}  // namespace ry::jobs
namespace ry::llm {
class Gateway;
struct Model;
struct Ask;
}  // namespace ry::llm
namespace ry::fetch {
class Fetch;
}
namespace ry::identity {
class Identities;
}
namespace ry::secrets {
class Secrets;
}

namespace ry::chats {

class Prompts;
class KnowledgeSources;
class KnowledgeVectors;
class Lorebooks;
class ModelPolicies;
class Pipelines;
class PipelineRuns;
struct StepKind;
struct ModelAnswer;
struct RepeatedRun;
struct RetryRun;
struct Prompt;
struct PromptSetting;
struct PromptParts;
struct PreviewPrompt;
struct PromptPreview;
struct SearchChats;
struct Found;
struct TagUse;
class Images;
class Profiles;
class Transfers;
struct EntityProfile;
struct ServedModel;
struct SentPrompt;
struct Citations;

extern const store::Schema schema;

/// How long a generation may take altogether: the model gateway's half hour, and the work after it.
inline constexpr int64_t generation_ms_max = 40 * 60 * 1000;
/// Answers that may wait on one branch; a further message is refused as over_quota.
inline constexpr int64_t unfinished_max = 20;
inline constexpr int64_t branches_max = 10'000;
inline constexpr int64_t variants_max = 1'000;  ///< of one message
inline constexpr int64_t turns_page = 100;  ///< messages of the history that are read at once for a prompt

/// What the job `chats.generate` is given.
struct GenerateAnswer {
    static constexpr std::string_view kind = "chats.generate";
    GenerationId generation_id;
    static const Fields& fields() {
        static const Field table[] = {field("generation_id", &GenerateAnswer::generation_id, "Which generation.")};
        static const Fields all{"GenerateAnswer", table};
        return all;
    }
};

class Chats {
public:
    /// The parts outlive the Chats. `subject` may be null: chats are then about nothing.
    Chats(store::Store& store, stream::Hub& hub, jobs::Jobs& jobs, llm::Gateway& gateway, secrets::Secrets& secrets, identity::Identities& identities, fetch::Fetch& fetch);
    ~Chats();
    /// Before the first request.
    void set_subject(Subject& subject);
    /// Who reads the text of PDFs, for knowledge; without one they are refused. Before the first request.
    void set_pdf_reader(std::function<Result<std::string>(const Op& op, std::string_view bytes)> read);
    std::vector<http::Route> routes();

    // ---- chats
    Result<http::Created<Chat>> create(Op& op, CreateChat body);
    Result<http::Page<Chat>> list(Op& op, ListChats query);
    Result<http::Page<Chat>> list_of_profile(Op& op, EntityProfileId profile, Paging query);
    Result<Chat> show(Op& op, ChatId chat);
    Result<Chat> change(Op& op, ChatId chat, ChangeChat body, http::IfMatch if_match);
    Result<Chat> archive(Op& op, ChatId chat, http::IfMatch if_match);
    Result<Chat> restore(Op& op, ChatId chat, http::IfMatch if_match);
    /// Puts it into the trash, where its answers stop; one that is there already is deleted for good.
    Result<void> remove(Op& op, ChatId chat);
    /// Deletes for good what is in the trash for so long, in all organizations. `server`: an Op of the server itself.
    Result<void> empty_trash(const Op& server, int64_t kept_days);
    Result<http::Page<Found>> search(Op& op, SearchChats query);
    Result<http::Page<TagUse>> tags(Op& op);
    Result<http::Events> events(Op& op, ChatId chat);

    // ---- branches
    Result<http::Created<Branch>> create_branch(Op& op, ChatId chat, CreateBranch body);
    Result<Branch> show_branch(Op& op, BranchId branch);
    Result<Branch> rename_branch(Op& op, BranchId branch, ChangeBranch body, http::IfMatch if_match);
    Result<Chat> activate_branch(Op& op, BranchId branch);
    Result<void> remove_branch(Op& op, BranchId branch);

    // ---- messages
    Result<http::Page<Message>> list_messages(const Op& op, ChatId chat, ListMessages query);
    Result<http::Following<Posted>> post_message(Op& op, ChatId chat, PostMessage body);
    Result<Message> show_message(Op& op, MessageId message);
    Result<Message> edit_message(Op& op, MessageId message, EditMessage body);
    /// Records what somebody said; no model is asked.
    Result<http::Created<Message>> create_message(Op& op, BranchId branch, CreateMessage body);
    /// Deletes the message from the branch that it was written on, with what follows it or alone; other branches keep what they inherited.
    Result<void> remove_message(Op& op, MessageId message, RemoveMessage query);
    /// A pinned message is sent to models however long the history grows; a chat has pins_max at most.
    Result<Message> pin_message(Op& op, MessageId message);
    Result<Message> unpin_message(Op& op, MessageId message);
    Result<http::Page<Message>> list_pinned(Op& op, BranchId branch);
    Result<http::Following<Posted>> regenerate(Op& op, MessageId message, Regenerate body);
    /// A further answer to the history as it is; the rest of the last answer, as a further variant of it; what the person
    /// might say next.
    Result<http::Following<Posted>> generate_answer(Op& op, ChatId chat, Generate body);
    Result<http::Following<Posted>> continue_answer(Op& op, ChatId chat, Generate body);
    Result<http::Following<Posted>> impersonate(Op& op, ChatId chat, Generate body);
    Result<http::Page<Variant>> list_variants(Op& op, MessageId message, Paging query);
    Result<http::Created<Variant>> create_variant(Op& op, MessageId message, CreateVariant body);
    Result<Message> select_variant(Op& op, MessageId message, VariantId variant);
    /// When it is the one that is shown, the newest of the others is shown instead.
    Result<Message> remove_variant(Op& op, MessageId message, VariantId variant);

    // ---- generations and runs
    Result<Generation> show_generation(Op& op, GenerationId generation);
    Result<Generation> abort(Op& op, GenerationId generation);
    /// The prompt that a generation was sent, and what of knowledge and lore stood in it.
    Result<SentPrompt> show_prompt(Op& op, GenerationId generation);
    Result<Citations> show_citations(Op& op, GenerationId generation);
    Result<http::Page<Run>> list_runs(Op& op, ChatId chat, Paging query);
    Result<Run> show_run(Op& op, RunId run);

    /// What a model would be sent next, by the same functions that make what it is sent.
    Result<PromptPreview> preview_prompt(Op& op, ChatId chat, PreviewPrompt body);

    // ---- models
    Result<http::Page<Model>> list_models(Op& op, Paging query);
    Result<http::Created<Model>> create_model(Op& op, CreateModel body);
    Result<Model> show_model(Op& op, ModelId model);
    Result<Model> change_model(Op& op, ModelId model, ChangeModel body, http::IfMatch if_match);
    Result<void> remove_model(Op& op, ModelId model);
    Result<ModelTest> test_model(Op& op, ModelId model);
    /// The names that the model's provider serves; at most 1,000.
    Result<http::Page<ServedModel>> served_models(Op& op, ModelId model);
    /// Models that every organization has beside its own: of the environment, and found on this machine. Before the first request.
    void offer_models(std::vector<llm::Model> models);

    // ---- for modules whose steps pipelines may have: pipeline_steps.h
    /// Before the first request.
    void add_step_kind(StepKind kind);

    // ---- for the module that owns the subject, in its transactions
    /// The ids are the caller's; the project was checked.
    struct NewChat {
        ChatId id;
        BranchId main_branch;
        ProjectId project;
        std::string title;
        std::optional<AppId> app = {};          ///< what it is about
        std::optional<EntityProfileId> profile = {};  ///< whom it is with
        std::optional<VersionId> version = {};  ///< what the main branch shows
    };
    Result<void> add_chat(store::Tx& tx, const NewChat& chat);
    /// The branch shows `version` from now on. The branch is locked until the commit; its new row is returned.
    Result<Branch> move_branch(store::Tx& tx, BranchId branch, std::optional<VersionId> version);
    /// A conflict while an answer waits or is being written on the branch: it would hide what is put there by hand.
    /// The branch is locked, as after move_branch(): no further answer begins until the commit.
    Result<void> check_no_answer(store::Tx& tx, ChatId chat, BranchId branch);
    Result<void> set_variant_version(store::Tx& tx, VariantId variant, VersionId version);
    Result<Branch> branch(store::Tx& tx, BranchId branch);
    Result<std::vector<Branch>> branches(store::Tx& tx, ChatId chat);
    Result<void> remove_chat(store::Tx& tx, ChatId chat);

    /// The name of the chat's stream.
    static std::string stream_of(ChatId chat);

private:
    class Answering;
    struct Running;
    struct Adopted;

    // The most frequent reads need no worker: what each asks of the database.
    static Result<reads::Question> ask_chat(const http::ReadRequest& request);
    static Result<reads::Question> ask_branches(const http::ReadRequest& request);
    static Result<reads::Question> mark_messages(const http::ReadRequest& request);
    static Result<reads::Question> ask_messages(const http::ReadRequest& request);

    Result<Chat> set_status(store::Tx& tx, ChatId chat, ChatStatus status, const http::IfMatch& if_match);
    Result<Generation> stop_answer(store::Tx& tx, GenerationId generation);
    Result<void> abort_unfinished(store::Tx& tx, ChatId chat);
    /// Deletes the message at `seq` of the branch alone: what follows it moves up.
    Result<void> close_gap(store::Tx& tx, const BranchEnd& end, int64_t seq);
    Result<Message> set_pinned(Op& op, MessageId message, bool is_pinned);
    Result<void> greet(store::Tx& tx, ChatId chat, BranchId branch, const EntityProfile& profile);
    Result<void> generate(Op& op, jobs::Context& job, GenerationId generation);
    Result<void> give_up(store::Tx& tx, GenerationId generation);
    Result<Generation> settle(store::Tx& tx, const GenerationWork& work, GenerationStatus status, const std::string& code, const std::string& message);
    Result<llm::Model> with_key(store::Tx& tx, const Model& model);
    Result<void> adopt_models(store::Tx& tx);
    /// The same before what only reads.
    Result<void> adopt_models_once(const Op& op);
    struct PromptWork;
    /// Reads what the prompt is made of beside what `work` names. `newest`: the end of the history, up to turns_page messages.
    Result<void> read_history(store::Tx& tx, PromptWork& work, std::optional<PromptSetting> setting, std::vector<Turn> newest);
    Result<void> read_setting(store::Tx& tx, PromptWork& work);
    /// After read_history() and its transaction: what knowledge has to say, where a model tells what it means.
    Result<void> find_by_meaning(const Op& op, PromptWork& work);
    Result<Prompt> make_prompt(const Op& op, PromptWork work);
    struct PrintedLore;
    /// What the template prints, and what stands before and after the history because of it.
    Result<PrintedLore> print_template(const Op& op, PromptWork work, PromptParts& parts);
    Result<PromptWork> prompt_work(store::Tx& tx, std::optional<ChatId> chat, std::optional<BranchId> branch, std::optional<MessageId> message);
    /// Fails as the making of the prompt would when the template of what is asked cannot be rendered: nothing is recorded then.
    Result<void> check_prompt(const Op& op, std::optional<ChatId> chat, std::optional<BranchId> branch, std::optional<MessageId> message, std::optional<std::string> text);
    struct AnswerPlace;
    Result<AnswerPlace> place_for_answer(store::Tx& tx, ChatId chat, std::optional<BranchId> branch);
    Result<Posted> add_turn(store::Tx& tx, ChatId chat, Generate body, Task task);
    /// The row of `shown` with a new variant, which is selected.
    Result<MessageRow> add_empty_variant(store::Tx& tx, MessageRow shown, Json blocks);
    /// What templates may name of a chat: members of a JSON object, without its braces.
    static std::string context_of(const PromptWork& work);
    Result<std::string> step_context(const Op& op, ChatId chat);
    Result<ModelAnswer> answer_of(const Op& op, std::optional<ChatId> chat, const std::optional<std::string>& model, const llm::Ask& ask);
    struct Exchange;
    Result<Posted> start_exchange(store::Tx& tx, Exchange exchange);
    /// Another variant of what a model wrote; of a run that is repeated from a step on when one is given.
    Result<Posted> add_answer(store::Tx& tx, MessageId message, Regenerate body, std::optional<RepeatedRun> repeated);
    Result<RunId> retry_answer(Op& op, RunId run, const RetryRun& body);

    store::Store& store_;
    stream::Hub& hub_;
    jobs::Jobs& jobs_;
    llm::Gateway& gateway_;
    secrets::Secrets& secrets_;
    identity::Identities& identities_;
    Subject* subject_ = nullptr;
    std::unique_ptr<KnowledgeVectors> knowledge_vectors_;
    std::unique_ptr<KnowledgeSources> knowledge_;
    std::unique_ptr<Lorebooks> lorebooks_;
    std::unique_ptr<Images> images_;
    std::unique_ptr<Profiles> profiles_;
    std::unique_ptr<Adopted> adopted_;
    std::unique_ptr<Running> running_;
    std::unique_ptr<Prompts> prompts_;
    std::unique_ptr<Transfers> transfers_;
    std::unique_ptr<ModelPolicies> policies_;
    std::unique_ptr<Pipelines> pipelines_;
    std::unique_ptr<PipelineRuns> pipeline_runs_;
};

}  // namespace ry::chats

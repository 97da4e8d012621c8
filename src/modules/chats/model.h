#pragma once
// The values of a conversation, as the API shows them and as the database's rows hold them.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/op/op.h"
#include "modules/chats/image_model.h"
#include "modules/chats/pipelines/definition.h"

namespace ry::chats {

DECLARE_ID(ChatId, "chat");
DECLARE_ID(BranchId, "branch");
DECLARE_ID(SegmentId, "segment");
DECLARE_ID(MessageId, "message");
DECLARE_ID(VariantId, "variant");
DECLARE_ID(GenerationId, "generation");
DECLARE_ID(RunId, "run");
DECLARE_ID(StepId, "step");
DECLARE_ID(PipelineId, "pipeline");
DECLARE_ID(ModelId, "model");
DECLARE_ID(PersonaId, "persona");
DECLARE_ID(EntityProfileId, "profile");
DECLARE_ID(AppId, "app");          // what a chat may be about; modules/apps owns it
DECLARE_ID(VersionId, "version");  // the state of the app at a point of the conversation; modules/apps owns it

enum class ChatStatus { active, archived, deleted };
constexpr std::array<std::string_view, 3> names_of(ChatStatus) { return {"active", "archived", "deleted"}; }
enum class Role { user, assistant, system, tool };
constexpr std::array<std::string_view, 4> names_of(Role) { return {"user", "assistant", "system", "tool"}; }
enum class VariantKind { generation, manual_edit, import };
constexpr std::array<std::string_view, 3> names_of(VariantKind) { return {"generation", "manual_edit", "import"}; }
enum class GenerationStatus { queued, streaming, done, aborted, error };
constexpr std::array<std::string_view, 5> names_of(GenerationStatus) { return {"queued", "streaming", "done", "aborted", "error"}; }
enum class BlockType { answer, reasoning, code_change, image };
constexpr std::array<std::string_view, 4> names_of(BlockType) { return {"answer", "reasoning", "code_change", "image"}; }
/// Who sees a block: people, models, or both.
enum class Visibility { ui_only, prompt_only, both };
constexpr std::array<std::string_view, 3> names_of(Visibility) { return {"ui_only", "prompt_only", "both"}; }
enum class BlockStatus { streaming, done, unfinished };
constexpr std::array<std::string_view, 3> names_of(BlockStatus) { return {"streaming", "done", "unfinished"}; }
using pipelines::StepStatus;
using pipelines::Trigger;
/// What a generation is asked for: an answer, the rest of one, or what the person might say.
enum class Task { answer, continuation, impersonation };
constexpr std::array<std::string_view, 3> names_of(Task) { return {"answer", "continuation", "impersonation"}; }
/// How far what is said may go, from the least to the most.
enum class DataClass { open, internal, confidential };
constexpr std::array<std::string_view, 3> names_of(DataClass) { return {"open", "internal", "confidential"}; }
/// How much a model that can should think before it answers.
enum class Thinking { off, low, medium, high };
constexpr std::array<std::string_view, 4> names_of(Thinking) { return {"off", "low", "medium", "high"}; }
enum class Order { oldest, newest };
constexpr std::array<std::string_view, 2> names_of(Order) { return {"oldest", "newest"}; }

constexpr size_t text_bytes_max = 1'000'000;   ///< of one message: just under the 1 MiB of a request's body
constexpr size_t query_bytes_max = 1'000;      ///< of what is searched for
constexpr size_t title_bytes_max = 200;
constexpr size_t written_blocks_max = 100;  ///< of what a person writes at once
constexpr int64_t pins_max = 100;  ///< messages of one chat: more than people keep in view, and every prompt looks at them
constexpr size_t tags_max = 32;  ///< of one chat
constexpr size_t tag_bytes_max = 60;

struct Chat {
    ChatId id;
    std::string title;
    std::optional<ProjectId> project_id;
    std::optional<AppId> app_id;
    std::optional<PersonaId> persona_id;
    std::optional<EntityProfileId> entity_profile_id;
    DataClass data_class = DataClass::internal;
    ChatStatus status = ChatStatus::active;
    std::vector<std::string> tags;
    Json vars{"{}"};
    std::optional<ChatId> origin_chat_id;
    std::optional<BranchId> origin_branch_id;
    std::optional<MessageId> origin_message_id;
    BranchId active_branch_id;
    std::string position;
    std::optional<Time> last_message_at;
    std::optional<Time> deleted_at;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Chat;
        static const Field table[] = {
            field("id", &S::id, "Which chat."),
            field("title", &S::title, "Its title; taken from the first message when none was given."),
            field("project_id", &S::project_id, "The project that it belongs to; absent in chats older than projects."),
            field("app_id", &S::app_id, "The app that the chat is about."),
            field("persona_id", &S::persona_id, "Who the person is in it; the default persona, if there is one, when absent."),
            field("entity_profile_id", &S::entity_profile_id, "The profile of the character that the chat is with."),
            field("data_class", &S::data_class, "How far what is said in it may go: models that may not be sent it do not answer."),
            field("status", &S::status, "active, archived (put away), or deleted (in the trash)."),
            field("tags", &S::tags, "What people sort it by."),
            field("vars", &S::vars, "Its variables, which templates of prompts and pipelines name: an object."),
            field("origin_chat_id", &S::origin_chat_id, "The chat that it was forked from; it may be gone."),
            field("origin_branch_id", &S::origin_branch_id, "The branch of that chat."),
            field("origin_message_id", &S::origin_message_id, "The last message that it took along; absent when it took the whole branch."),
            field("active_branch_id", &S::active_branch_id, "The branch that is shown when none is named."),
            field("position", &S::position, "Where to follow the chat's events from, so that nothing that its messages do not show yet is missed."),
            field("last_message_at", &S::last_message_at, "When the newest message was written."),
            field("deleted_at", &S::deleted_at, "When it was put into the trash, which is emptied by itself after trash_kept_days."),
            field("created_at", &S::created_at, "When it was created."),
            field("updated_at", &S::updated_at, "When it last changed."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"Chat", table};
        return all;
    }
};

struct Branch {
    BranchId id;
    ChatId chat_id;
    std::string title;
    bool is_main = false;
    std::optional<BranchId> parent_branch_id;
    std::optional<MessageId> forked_from_message_id;
    std::optional<VariantId> forked_from_variant_id;
    std::optional<int64_t> forked_from_seq;
    int64_t messages_count = 0;
    std::string last_message_preview;
    std::optional<VersionId> current_version_id;
    Time created_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Branch;
        static const Field table[] = {
            field("id", &S::id, "Which branch."),
            field("chat_id", &S::chat_id, "Its chat."),
            field("title", &S::title, "Its title."),
            field("is_main", &S::is_main, "Whether it is the branch that the chat began with."),
            field("parent_branch_id", &S::parent_branch_id, "The branch that it was forked from."),
            field("forked_from_message_id", &S::forked_from_message_id, "The last message that it inherits."),
            field("forked_from_variant_id", &S::forked_from_variant_id, "The variant of that message which it inherits."),
            field("forked_from_seq", &S::forked_from_seq, "The place of that message in the history."),
            field("messages_count", &S::messages_count, "Messages in its history, the inherited ones included."),
            field("last_message_preview", &S::last_message_preview, "The beginning of its newest message."),
            field("current_version_id", &S::current_version_id, "The version of the app that it shows."),
            field("created_at", &S::created_at, "When it was created."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"Branch", table};
        return all;
    }
};

/// A part of a message. `kind`, `path` and `description` belong to code changes.
struct Block {
    BlockType type = BlockType::answer;
    std::string content;
    std::optional<std::string> kind;
    std::optional<std::string> path;
    std::optional<std::string> description;
    BlockStatus status = BlockStatus::done;
    std::optional<Visibility> visibility = {};
    std::optional<Image> image = {};
    static const Fields& fields() {
        using S = Block;
        static const Field table[] = {
            field("type", &S::type, "What it is."),
            field("content", &S::content, "Its text; for a code change the new content or the edit."),
            field("kind", &S::kind, "Of a code change: write, search_replace, rename, delete, copy, add_dependency, execute_sql or command."),
            field("path", &S::path, "Of a code change: the file."),
            field("description", &S::description, "Of a code change: what it is for."),
            field("status", &S::status, "Whether it is complete."),
            field("visibility", &S::visibility, "Who sees it: people (ui_only), models (prompt_only), or both. Absent: people alone of reasoning, both of all else."),
            field("image", &S::image, "Of an image: which one."),
        };
        static const Fields all{"Block", table};
        return all;
    }
};

/// A part of what a person writes.
struct WrittenBlock {
    std::string content;
    std::optional<BlockType> type;
    std::optional<Visibility> visibility;
    static const Fields& fields() {
        using S = WrittenBlock;
        static const Field table[] = {
            field("content", &S::content, "Its text.", length(1, text_bytes_max)),
            field("type", &S::type, "answer (when absent) or reasoning."),
            field("visibility", &S::visibility, "Who sees it: people (ui_only), models (prompt_only), or both; people alone of reasoning, both of all else, when absent."),
        };
        static const Fields all{"WrittenBlock", table};
        return all;
    }
};

/// Why a change of an answer was not applied.
struct Problem {
    std::optional<std::string> path;
    std::string message;
    static const Fields& fields() {
        using S = Problem;
        static const Field table[] = {
            field("path", &S::path, "The file, where the problem is about one."),
            field("message", &S::message, "What is wrong and what to do."),
        };
        static const Fields all{"Problem", table};
        return all;
    }
};

/// How a model shall answer; what is absent is left to the model.
struct GenerationSettings {
    std::optional<double> temperature;
    std::optional<int64_t> tokens_max;
    std::optional<Thinking> thinking;
    std::optional<Json> output_schema;
    static const Fields& fields() {
        using S = GenerationSettings;
        static const Field table[] = {
            field("temperature", &S::temperature, "How much chance there is in it.", range(0, 2)),
            field("tokens_max", &S::tokens_max, "How many tokens the answer may have.", range(1, 1'000'000)),
            field("thinking", &S::thinking, "How much a model that can should think before it answers."),
            field("output_schema", &S::output_schema, "A JSON Schema that the answer must follow; the answer is then JSON."),
        };
        static const Fields all{"GenerationSettings", table};
        return all;
    }
};

struct Generation {
    GenerationId id;
    ChatId chat_id;
    BranchId branch_id;
    MessageId message_id;
    VariantId variant_id;
    GenerationStatus status = GenerationStatus::queued;
    std::string provider;
    std::string model;
    std::optional<ModelId> model_id;
    int64_t tokens_in = 0;
    int64_t tokens_out = 0;
    int64_t tokens_cached = 0;
    double cost_usd = 0;
    std::optional<std::string> error_code;
    std::optional<std::string> error_message;
    Json problems{"[]"};
    int64_t attempt = 0;
    Time queued_at;
    std::optional<Time> first_token_at;
    std::optional<Time> ended_at;
    RunId run_id;
    static const Fields& fields() {
        using S = Generation;
        static const Field table[] = {
            field("id", &S::id, "Which generation."),
            field("chat_id", &S::chat_id, "Its chat."),
            field("branch_id", &S::branch_id, "The branch whose history it answers."),
            field("message_id", &S::message_id, "The message that it writes."),
            field("variant_id", &S::variant_id, "The variant that it writes."),
            field("status", &S::status, "How far it is."),
            field("provider", &S::provider, "Who runs the model."),
            field("model", &S::model, "The model's name."),
            field("model_id", &S::model_id, "The model's settings; absent when they were deleted since."),
            field("tokens_in", &S::tokens_in, "Tokens of the prompt."),
            field("tokens_out", &S::tokens_out, "Tokens of the answer."),
            field("tokens_cached", &S::tokens_cached, "Tokens of the prompt that the provider had cached."),
            field("cost_usd", &S::cost_usd, "What it cost, in US dollars, where the model's price is known."),
            field("error_code", &S::error_code, "Why it failed: one of the error codes, or \"interrupted\"."),
            field("error_message", &S::error_message, "Why it failed and what to do."),
            field("problems", &S::problems, "Changes of the answer that were not applied: [{path, message}]."),
            field("attempt", &S::attempt, "Which attempt is or was the last."),
            field("queued_at", &S::queued_at, "When it was asked for."),
            field("first_token_at", &S::first_token_at, "When the first piece of the answer came."),
            field("ended_at", &S::ended_at, "When it ended."),
            field("run_id", &S::run_id, "The pipeline run that records its steps."),
        };
        static const Fields all{"Generation", table};
        return all;
    }
};

struct Variant {
    VariantId id;
    MessageId message_id;
    int64_t number = 1;
    VariantKind kind = VariantKind::generation;
    std::string text;
    Json blocks{"[]"};
    bool is_selected = true;
    std::optional<Generation> generation;
    std::optional<VersionId> version_id;
    Time created_at;
    static const Fields& fields() {
        using S = Variant;
        static const Field table[] = {
            field("id", &S::id, "Which variant."),
            field("message_id", &S::message_id, "Its message."),
            field("number", &S::number, "1 for the first variant of the message, 2 for the next."),
            field("kind", &S::kind, "Where it came from."),
            field("text", &S::text, "The text that models see."),
            field("blocks", &S::blocks, "The parts that it is shown by: [Block]. Models see `text`, which is made of those that are for them."),
            field("is_selected", &S::is_selected, "Whether the message shows it."),
            field("generation", &S::generation, "The attempt of a model that wrote it."),
            field("version_id", &S::version_id, "The version of the app that it made."),
            field("created_at", &S::created_at, "When it was created."),
        };
        static const Fields all{"Variant", table};
        return all;
    }
};

struct Message {
    MessageId id;
    ChatId chat_id;
    BranchId branch_id;
    int64_t seq = 0;
    Role role = Role::user;
    std::string text;
    Variant variant;
    int64_t variants_count = 1;
    std::optional<Time> pinned_at;
    Time created_at;
    static const Fields& fields() {
        using S = Message;
        static const Field table[] = {
            field("id", &S::id, "Which message."),
            field("chat_id", &S::chat_id, "Its chat."),
            field("branch_id", &S::branch_id, "The branch that it was written on."),
            field("seq", &S::seq, "Its place in the history, from 1, without gaps."),
            field("role", &S::role, "Who speaks."),
            field("text", &S::text, "The text of the variant that is shown."),
            field("variant", &S::variant, "The variant that is shown."),
            field("variants_count", &S::variants_count, "How many variants there are."),
            field("pinned_at", &S::pinned_at, "When it was pinned: models are sent it however long the history grows; absent when it is not."),
            field("created_at", &S::created_at, "When it was written."),
        };
        static const Fields all{"Message", table};
        return all;
    }
};

/// A variant without what events have told of it: its text, its blocks and its generation.
struct EndedVariant {
    VariantId id;
    MessageId message_id;
    int64_t number = 1;
    VariantKind kind = VariantKind::generation;
    bool is_selected = true;
    std::optional<VersionId> version_id;
    Time created_at;
    static const Fields& fields() {
        using S = EndedVariant;
        static const Field table[] = {
            field("id", &S::id, ""), field("message_id", &S::message_id, ""), field("number", &S::number, ""), field("kind", &S::kind, ""),
            field("is_selected", &S::is_selected, ""), field("version_id", &S::version_id, ""), field("created_at", &S::created_at, ""),
        };
        static const Fields all{"EndedVariant", table};
        return all;
    }
};

/// A message as the last event of its generation tells it: `text` is its variant's.
struct EndedMessage {
    MessageId id;
    ChatId chat_id;
    BranchId branch_id;
    int64_t seq = 0;
    Role role = Role::assistant;
    std::string text;
    EndedVariant variant;
    int64_t variants_count = 1;
    std::optional<Time> pinned_at;
    Time created_at;
    static const Fields& fields() {
        using S = EndedMessage;
        static const Field table[] = {
            field("id", &S::id, ""), field("chat_id", &S::chat_id, ""), field("branch_id", &S::branch_id, ""), field("seq", &S::seq, ""),
            field("role", &S::role, ""), field("text", &S::text, ""), field("variant", &S::variant, ""),
            field("variants_count", &S::variants_count, ""), field("pinned_at", &S::pinned_at, ""), field("created_at", &S::created_at, ""),
        };
        static const Fields all{"EndedMessage", table};
        return all;
    }
};
EndedMessage ended_message(const Message& message);

/// A message with its shown variant and that variant's newest generation, as one flat row.
struct MessageRow {
    MessageId id;
    ChatId chat_id;
    BranchId branch_id;
    int64_t seq = 0;
    Role role = Role::user;
    Time created_at;
    int64_t variants_count = 1;
    std::optional<Time> pinned_at;
    VariantId variant_id;
    int64_t number = 1;
    VariantKind kind = VariantKind::generation;
    std::string text;
    Json blocks;
    bool is_selected = true;
    std::optional<VersionId> version_id;
    Time variant_created_at;
    std::optional<GenerationId> generation_id;
    std::optional<BranchId> generation_branch_id;
    std::optional<GenerationStatus> status;
    std::optional<std::string> provider;
    std::optional<std::string> model;
    std::optional<ModelId> model_id;
    std::optional<int64_t> tokens_in;
    std::optional<int64_t> tokens_out;
    std::optional<int64_t> tokens_cached;
    std::optional<double> cost_usd;
    std::optional<std::string> error_code;
    std::optional<std::string> error_message;
    std::optional<Json> problems;
    std::optional<int64_t> attempt;
    std::optional<Time> queued_at;
    std::optional<Time> first_token_at;
    std::optional<Time> ended_at;
    std::optional<RunId> run_id;
    static const Fields& fields() {
        using S = MessageRow;
        static const Field table[] = {
            field("id", &S::id, ""), field("chat_id", &S::chat_id, ""), field("branch_id", &S::branch_id, ""), field("seq", &S::seq, ""),
            field("role", &S::role, ""), field("created_at", &S::created_at, ""), field("variants_count", &S::variants_count, ""),
            field("pinned_at", &S::pinned_at, ""), field("variant_id", &S::variant_id, ""), field("number", &S::number, ""), field("kind", &S::kind, ""), field("text", &S::text, ""),
            field("blocks", &S::blocks, ""), field("is_selected", &S::is_selected, ""), field("version_id", &S::version_id, ""),
            field("variant_created_at", &S::variant_created_at, ""), field("generation_id", &S::generation_id, ""),
            field("generation_branch_id", &S::generation_branch_id, ""), field("status", &S::status, ""), field("provider", &S::provider, ""),
            field("model", &S::model, ""), field("model_id", &S::model_id, ""), field("tokens_in", &S::tokens_in, ""),
            field("tokens_out", &S::tokens_out, ""), field("tokens_cached", &S::tokens_cached, ""), field("cost_usd", &S::cost_usd, ""),
            field("error_code", &S::error_code, ""), field("error_message", &S::error_message, ""), field("problems", &S::problems, ""),
            field("attempt", &S::attempt, ""), field("queued_at", &S::queued_at, ""), field("first_token_at", &S::first_token_at, ""),
            field("ended_at", &S::ended_at, ""), field("run_id", &S::run_id, ""),
        };
        static const Fields all{"MessageRow", table};
        return all;
    }
};
Message to_message(MessageRow row);

/// A step of a run.
struct Step {
    StepId id;
    std::string step;
    std::string type;
    StepStatus status = StepStatus::waiting;
    Json input;
    Json output;
    std::optional<std::string> error;
    std::optional<std::string> reason;
    int64_t attempt = 0;
    std::optional<Time> started_at;
    std::optional<Time> ended_at;
    static const Fields& fields() {
        using S = Step;
        static const Field table[] = {
            field("id", &S::id, "Which step run."),
            field("step", &S::step, "Its id in the pipeline's definition."),
            field("type", &S::type, "Its type."),
            field("status", &S::status, "How far it is."),
            field("input", &S::input, "What it was given."),
            field("output", &S::output, "What it gave."),
            field("error", &S::error, "Why it, or its last try, failed and what to do."),
            field("reason", &S::reason, "Why it was skipped."),
            field("attempt", &S::attempt, "Which try is or was the last."),
            field("started_at", &S::started_at, "When it started."),
            field("ended_at", &S::ended_at, "When it ended."),
        };
        static const Fields all{"Step", table};
        return all;
    }
};

struct Run {
    RunId id;
    std::optional<ChatId> chat_id;
    std::optional<GenerationId> generation_id;
    std::optional<PipelineId> pipeline_id;
    std::optional<int64_t> pipeline_number;
    std::optional<RunId> retried_run_id;
    Trigger trigger = Trigger::user_message;
    StepStatus status = StepStatus::waiting;
    Json input{"{}"};
    std::optional<std::string> error;
    std::vector<Step> steps;
    Time created_at;
    std::optional<Time> ended_at;
    static const Fields& fields() {
        using S = Run;
        static const Field table[] = {
            field("id", &S::id, "Which pipeline run."),
            field("chat_id", &S::chat_id, "Its chat."),
            field("generation_id", &S::generation_id, "The generation that it made, when it answers."),
            field("pipeline_id", &S::pipeline_id, "Its pipeline; absent for the built-in one."),
            field("pipeline_number", &S::pipeline_number, "The version of the pipeline that it runs."),
            field("retried_run_id", &S::retried_run_id, "The run that it repeats from a step on."),
            field("trigger", &S::trigger, "Why it ran."),
            field("status", &S::status, "How far it is."),
            field("input", &S::input, "What it was given."),
            field("error", &S::error, "Why it failed and what to do."),
            field("steps", &S::steps, "Its step runs, in order.", defaulted()),
            field("created_at", &S::created_at, "When it was asked for."),
            field("ended_at", &S::ended_at, "When it ended."),
        };
        static const Fields all{"Run", table};
        return all;
    }
};

struct Model {
    ModelId id;
    std::string name;
    std::string provider;
    std::string base_url;
    std::string model;
    int64_t context_tokens = 64'000;
    bool has_api_key = false;
    bool is_default = false;
    int64_t connect_timeout_ms = 10'000;
    int64_t first_token_timeout_ms = 120'000;
    int64_t between_tokens_timeout_ms = 60'000;
    int64_t total_timeout_ms = 1'800'000;
    double tokens_in_usd = 0;
    double tokens_cached_usd = 0;
    double tokens_out_usd = 0;
    bool takes_images = true;
    DataClass data_class_max = DataClass::confidential;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Model;
        static const Field table[] = {
            field("id", &S::id, "Which model."),
            field("name", &S::name, "What people call it here."),
            field("provider", &S::provider, "openai (chat completions of any compatible endpoint), openai_responses, anthropic, gemini, ollama or demo."),
            field("base_url", &S::base_url, "Where its API stands; empty for the provider's own address."),
            field("model", &S::model, "The provider's name of it."),
            field("context_tokens", &S::context_tokens, "How many tokens a prompt and its answer may have together."),
            field("has_api_key", &S::has_api_key, "Whether a key is stored; keys are never shown."),
            field("is_default", &S::is_default, "Whether it answers when no model is named and no policy fits."),
            field("connect_timeout_ms", &S::connect_timeout_ms, "How long it may take to be reached."),
            field("first_token_timeout_ms", &S::first_token_timeout_ms, "How long the first token may take."),
            field("between_tokens_timeout_ms", &S::between_tokens_timeout_ms, "How long it may be silent between two tokens."),
            field("total_timeout_ms", &S::total_timeout_ms, "How long an answer may take altogether."),
            field("tokens_in_usd", &S::tokens_in_usd, "What a million tokens of a prompt cost, in US dollars; 0 where unknown or free."),
            field("tokens_cached_usd", &S::tokens_cached_usd, "The same of those that the provider had cached."),
            field("tokens_out_usd", &S::tokens_out_usd, "The same of an answer's."),
            field("takes_images", &S::takes_images, "Whether it can be sent images."),
            field("data_class_max", &S::data_class_max, "The most confidential class of data that it may be sent."),
            field("created_at", &S::created_at, "When it was added."),
            field("updated_at", &S::updated_at, "When it last changed."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"Model", table};
        return all;
    }
};

// ---- rows that only the service sees

struct TrashedChat {
    OrganizationId organization_id;
    ChatId id;
    static const Fields& fields() {
        static const Field table[] = {field("organization_id", &TrashedChat::organization_id, ""), field("id", &TrashedChat::id, "")};
        static const Fields all{"TrashedChat", table};
        return all;
    }
};

struct BranchEnd {
    BranchId id;
    ChatId chat_id;
    SegmentId segment_id;
    int64_t messages_count = 0;
    std::optional<VersionId> current_version_id;
    std::optional<AppId> app_id;
    ChatStatus chat_status = ChatStatus::active;
    static const Fields& fields() {
        using S = BranchEnd;
        static const Field table[] = {
            field("id", &S::id, ""), field("chat_id", &S::chat_id, ""), field("segment_id", &S::segment_id, ""), field("messages_count", &S::messages_count, ""),
            field("current_version_id", &S::current_version_id, ""), field("app_id", &S::app_id, ""), field("chat_status", &S::chat_status, ""),
        };
        static const Fields all{"BranchEnd", table};
        return all;
    }
};

/// A variant that may be deleted or not.
struct VariantPlace {
    int64_t number = 1;
    bool is_selected = false;
    std::optional<VersionId> version_id;
    bool is_pinned = false;
    static const Fields& fields() {
        using S = VariantPlace;
        static const Field table[] = {
            field("number", &S::number, ""), field("is_selected", &S::is_selected, ""), field("version_id", &S::version_id, ""), field("is_pinned", &S::is_pinned, ""),
        };
        static const Fields all{"VariantPlace", table};
        return all;
    }
};

struct StartVersion {
    std::optional<VersionId> version_id;
    static const Fields& fields() {
        static const Field table[] = {field("version_id", &StartVersion::version_id, "")};
        static const Fields all{"StartVersion", table};
        return all;
    }
};

/// The block that is being streamed: what a later attempt needs to close it.
struct OpenBlock {
    int64_t seq = 0;  ///< of its block.started event
    Block block;
    static const Fields& fields() {
        static const Field table[] = {field("seq", &OpenBlock::seq, ""), field("block", &OpenBlock::block, "")};
        static const Fields all{"OpenBlock", table};
        return all;
    }
};

/// A generation as its job sees it.
struct GenerationWork : Generation {
    int64_t seq = 0;
    std::optional<VersionId> base_version_id;
    std::optional<OpenBlock> open_block;
    std::optional<AppId> app_id;
    Task task = Task::answer;
    std::optional<std::string> continued_text;  ///< that the answer goes on from
    std::optional<double> cost_usd_max;
    GenerationSettings settings;
    static const Fields& fields() {
        using S = GenerationWork;
        static const std::vector<Field> table = [] {
            std::vector<Field> list(Generation::fields().list.begin(), Generation::fields().list.end());
            list.insert(list.end(), {field("seq", &S::seq, ""), field("base_version_id", &S::base_version_id, ""),
                                     field("open_block", &S::open_block, ""), field("app_id", &S::app_id, ""),
                                     field("task", &S::task, ""), field("continued_text", &S::continued_text, ""),
                                     field("cost_usd_max", &S::cost_usd_max, ""),
                                     field("settings", &S::settings, "")});
            return list;
        }();
        static const Fields all{"GenerationWork", table};
        return all;
    }
};

/// One past message, as models see it.
struct Turn {
    Role role = Role::user;
    std::string text;
    std::optional<MessageId> id;  ///< absent of what was not said yet
    bool is_pinned = false;
    std::vector<Image> images = {};
    static const Fields& fields() {
        static const Field table[] = {field("role", &Turn::role, ""), field("text", &Turn::text, ""), field("id", &Turn::id, ""), field("is_pinned", &Turn::is_pinned, ""), field("images", &Turn::images, "")};
        static const Fields all{"Turn", table};
        return all;
    }
};

struct AnswerRow {
    std::string text;
    bool is_last = false;
    static const Fields& fields() {
        static const Field table[] = {field("text", &AnswerRow::text, ""), field("is_last", &AnswerRow::is_last, "")};
        static const Fields all{"AnswerRow", table};
        return all;
    }
};

struct StepRow {
    RunId run_id;
    StepId id;
    std::string step;
    std::string type;
    StepStatus status = StepStatus::waiting;
    Json input;
    Json output;
    std::optional<std::string> error;
    std::optional<std::string> reason;
    int64_t attempt = 0;
    std::optional<Time> started_at;
    std::optional<Time> ended_at;
    static const Fields& fields() {
        using S = StepRow;
        static const Field table[] = {
            field("run_id", &S::run_id, ""),
            field("id", &S::id, ""),
            field("step", &S::step, ""),
            field("type", &S::type, ""),
            field("status", &S::status, ""),
            field("input", &S::input, ""),
            field("output", &S::output, ""),
            field("error", &S::error, ""),
            field("reason", &S::reason, ""),
            field("attempt", &S::attempt, ""),
            field("started_at", &S::started_at, ""),
            field("ended_at", &S::ended_at, ""),
        };
        static const Fields all{"StepRow", table};
        return all;
    }
};
Step step_of(StepRow row);

// ---- what a person sends

struct CreateModel {
    std::string name;
    std::string provider;
    std::optional<std::string> base_url;
    std::optional<std::string> model;
    std::optional<std::string> api_key;
    std::optional<int64_t> context_tokens;
    std::optional<bool> is_default;
    std::optional<int64_t> connect_timeout_ms;
    std::optional<int64_t> first_token_timeout_ms;
    std::optional<int64_t> between_tokens_timeout_ms;
    std::optional<int64_t> total_timeout_ms;
    std::optional<double> tokens_in_usd;
    std::optional<double> tokens_cached_usd;
    std::optional<double> tokens_out_usd;
    std::optional<bool> takes_images;
    std::optional<DataClass> data_class_max;
    static const Fields& fields() {
        using S = CreateModel;
        static const Field table[] = {
            field("name", &S::name, "What people call it here.", length(1, 100), positional()),
            field("provider", &S::provider, "openai (chat completions of any compatible endpoint), openai_responses, anthropic, gemini, ollama or demo.", length(1, 20)),
            field("base_url", &S::base_url, "Where its API stands; the provider's own address when absent.", length(0, 2000)),
            field("model", &S::model, "The provider's name of it.", length(0, 200)),
            field("api_key", &S::api_key, "The key; stored encrypted and never shown.", length(0, 10'000), secret()),
            field("context_tokens", &S::context_tokens, "How many tokens a prompt and its answer may have together (64000 when absent).", range(1000, 10'000'000)),
            field("is_default", &S::is_default, "Whether it answers when no model is named."),
            field("connect_timeout_ms", &S::connect_timeout_ms, "How long it may take to be reached (10 s when absent).", range(100, 600'000)),
            field("first_token_timeout_ms", &S::first_token_timeout_ms, "How long the first token may take (2 minutes when absent).", range(100, 1'800'000)),
            field("between_tokens_timeout_ms", &S::between_tokens_timeout_ms, "How long it may be silent between two tokens (a minute when absent).", range(100, 1'800'000)),
            field("total_timeout_ms", &S::total_timeout_ms, "How long an answer may take altogether (half an hour when absent).", range(1'000, 1'800'000)),
            field("tokens_in_usd", &S::tokens_in_usd, "What a million tokens of a prompt cost, in US dollars.", range(0, 1'000'000)),
            field("tokens_cached_usd", &S::tokens_cached_usd, "The same of those that the provider had cached.", range(0, 1'000'000)),
            field("tokens_out_usd", &S::tokens_out_usd, "The same of an answer's.", range(0, 1'000'000)),
            field("takes_images", &S::takes_images, "Whether it can be sent images (true when absent, but for the demo)."),
            field("data_class_max", &S::data_class_max, "The most confidential class of data that it may be sent (confidential when absent)."),
        };
        static const Fields all{"CreateModel", table};
        return all;
    }
};

struct ChangeModel {
    std::optional<std::string> name;
    std::optional<std::string> base_url;
    std::optional<std::string> model;
    std::optional<std::string> api_key;
    std::optional<int64_t> context_tokens;
    std::optional<bool> is_default;
    std::optional<int64_t> connect_timeout_ms;
    std::optional<int64_t> first_token_timeout_ms;
    std::optional<int64_t> between_tokens_timeout_ms;
    std::optional<int64_t> total_timeout_ms;
    std::optional<double> tokens_in_usd;
    std::optional<double> tokens_cached_usd;
    std::optional<double> tokens_out_usd;
    std::optional<bool> takes_images;
    std::optional<DataClass> data_class_max;
    static const Fields& fields() {
        using S = ChangeModel;
        static const Field table[] = {
            field("name", &S::name, "What people call it here.", length(1, 100)),
            field("base_url", &S::base_url, "Where its API stands; empty for the provider's own address.", length(0, 2000)),
            field("model", &S::model, "The provider's name of it.", length(0, 200)),
            field("api_key", &S::api_key, "A new key; empty removes the stored one.", length(0, 10'000), secret()),
            field("context_tokens", &S::context_tokens, "How many tokens a prompt and its answer may have together.", range(1000, 10'000'000)),
            field("is_default", &S::is_default, "true makes it the model that answers when none is named."),
            field("connect_timeout_ms", &S::connect_timeout_ms, "How long it may take to be reached.", range(100, 600'000)),
            field("first_token_timeout_ms", &S::first_token_timeout_ms, "How long the first token may take.", range(100, 1'800'000)),
            field("between_tokens_timeout_ms", &S::between_tokens_timeout_ms, "How long it may be silent between two tokens.", range(100, 1'800'000)),
            field("total_timeout_ms", &S::total_timeout_ms, "How long an answer may take altogether.", range(1'000, 1'800'000)),
            field("tokens_in_usd", &S::tokens_in_usd, "What a million tokens of a prompt cost, in US dollars.", range(0, 1'000'000)),
            field("tokens_cached_usd", &S::tokens_cached_usd, "The same of those that the provider had cached.", range(0, 1'000'000)),
            field("tokens_out_usd", &S::tokens_out_usd, "The same of an answer's.", range(0, 1'000'000)),
            field("takes_images", &S::takes_images, "Whether it can be sent images."),
            field("data_class_max", &S::data_class_max, "The most confidential class of data that it may be sent."),
        };
        static const Fields all{"ChangeModel", table};
        return all;
    }
};

struct ModelTest {
    bool ok = false;
    std::string message;
    std::optional<std::string> answer;
    int64_t total_ms = 0;
    static const Fields& fields() {
        using S = ModelTest;
        static const Field table[] = {
            field("ok", &S::ok, "Whether the model answered."),
            field("message", &S::message, "What happened, and what to do when it did not work."),
            field("answer", &S::answer, "What the model said."),
            field("total_ms", &S::total_ms, "How long it took."),
        };
        static const Fields all{"ModelTest", table};
        return all;
    }
};

struct CreateChat {
    std::optional<std::string> title;
    std::optional<ProjectId> project_id;
    std::optional<AppId> app_id;
    std::optional<EntityProfileId> entity_profile_id;
    std::optional<PersonaId> persona_id;
    static const Fields& fields() {
        using S = CreateChat;
        static const Field table[] = {
            field("title", &S::title, "Its title.", length(0, title_bytes_max), positional()),
            field("project_id", &S::project_id, "The project that it belongs to; the caller's own when absent."),
            field("app_id", &S::app_id, "The app that it is about."),
            field("entity_profile_id", &S::entity_profile_id, "The profile of the character that it is with: the chat begins with the greetings of its card."),
            field("persona_id", &S::persona_id, "Who the person is in it; the default persona, if there is one, when absent."),
        };
        static const Fields all{"CreateChat", table};
        return all;
    }
};

struct ChangeChat {
    std::optional<std::string> title;
    std::optional<ChatStatus> status;
    std::optional<std::string> persona_id;
    std::optional<std::vector<std::string>> tags;
    std::optional<Json> vars;
    std::optional<DataClass> data_class;
    static const Fields& fields() {
        using S = ChangeChat;
        static const Field table[] = {
            field("title", &S::title, "The new title.", length(1, title_bytes_max)),
            field("status", &S::status, "archived puts it away; active brings it back."),
            field("persona_id", &S::persona_id, "Who the person is in it; empty for the default persona.", length(0, 60)),
            field("tags", &S::tags, "All its tags from now on; [] for none.", length(0, tags_max)),
            field("vars", &S::vars, "All its variables from now on: an object of 16 KiB at most; {} for none."),
            field("data_class", &S::data_class, "How far what is said in it may go."),
        };
        static const Fields all{"ChangeChat", table};
        return all;
    }
};

struct ListChats {
    std::optional<AppId> app_id;
    std::optional<EntityProfileId> entity_profile_id;
    std::optional<ChatStatus> status;
    std::optional<std::string> tag;
    std::optional<std::string> query;
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListChats;
        static const Field table[] = {
            field("app_id", &S::app_id, "Only chats about this app."),
            field("entity_profile_id", &S::entity_profile_id, "Only chats with the character of this profile."),
            field("status", &S::status, "Only chats of this status; all but the deleted ones when absent."),
            field("tag", &S::tag, "Only chats that have this tag.", length(1, tag_bytes_max)),
            field("query", &S::query, "Only chats whose title or messages have these words.", length(1, query_bytes_max)),
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"ListChats", table};
        return all;
    }
};

struct PostMessage {
    std::optional<std::string> text;
    std::optional<std::vector<WrittenBlock>> blocks;
    std::optional<std::vector<ImageId>> image_ids;
    std::optional<BranchId> branch_id;
    std::optional<std::string> model;
    std::optional<GenerationSettings> settings;
    static const Fields& fields() {
        using S = PostMessage;
        static const Field table[] = {
            field("text", &S::text, "What to say.", length(1, text_bytes_max), positional()),
            field("blocks", &S::blocks, "In the place of text: parts that people, models or both see.", length(1, written_blocks_max)),
            field("image_ids", &S::image_ids, "Images of the chat that belong to it; text and blocks may then be left out.", length(1, message_images_max)),
            field("branch_id", &S::branch_id, "The branch to say it on; the active branch when absent."),
            field("model", &S::model, "Name or id of the model that answers; what the policies say, else the default model, when absent."),
            field("settings", &S::settings, "How it shall answer."),
        };
        static const Fields all{"PostMessage", table};
        return all;
    }
};

struct Regenerate {
    std::optional<std::string> model;
    std::optional<BranchId> branch_id;
    std::optional<GenerationSettings> settings;
    static const Fields& fields() {
        using S = Regenerate;
        static const Field table[] = {
            field("model", &S::model, "Name or id of the model that answers; what the policies say, else the default model, when absent."),
            field("branch_id", &S::branch_id, "The branch whose history is answered; the branch that the message was written on when absent."),
            field("settings", &S::settings, "How it shall answer."),
        };
        static const Fields all{"Regenerate", table};
        return all;
    }
};

/// An answer that no new question asks for.
struct Generate {
    std::optional<BranchId> branch_id;
    std::optional<std::string> model;
    std::optional<GenerationSettings> settings;
    static const Fields& fields() {
        using S = Generate;
        static const Field table[] = {
            field("branch_id", &S::branch_id, "The branch whose history is answered; the active branch when absent."),
            field("model", &S::model, "Name or id of the model that answers; what the policies say, else the default model, when absent."),
            field("settings", &S::settings, "How it shall answer."),
        };
        static const Fields all{"Generate", table};
        return all;
    }
};

struct EditMessage {
    std::optional<std::string> text;
    std::optional<std::vector<WrittenBlock>> blocks;
    std::optional<bool> in_place;
    static const Fields& fields() {
        using S = EditMessage;
        static const Field table[] = {
            field("text", &S::text, "The new text.", length(1, text_bytes_max), positional()),
            field("blocks", &S::blocks, "In the place of text: parts that people, models or both see.", length(1, written_blocks_max)),
            field("in_place", &S::in_place, "true changes the shown variant; otherwise the edit is a new variant."),
        };
        static const Fields all{"EditMessage", table};
        return all;
    }
};

/// A message that no model is asked about.
struct CreateMessage {
    std::optional<std::string> text;
    std::optional<std::vector<WrittenBlock>> blocks;
    std::optional<std::vector<ImageId>> image_ids;
    std::optional<Role> role;
    static const Fields& fields() {
        using S = CreateMessage;
        static const Field table[] = {
            field("text", &S::text, "What is said.", length(1, text_bytes_max), positional()),
            field("blocks", &S::blocks, "In the place of text: parts that people, models or both see.", length(1, written_blocks_max)),
            field("image_ids", &S::image_ids, "Images of the chat that belong to it; text and blocks may then be left out.", length(1, message_images_max)),
            field("role", &S::role, "Who says it; user when absent."),
        };
        static const Fields all{"CreateMessage", table};
        return all;
    }
};

struct RemoveMessage {
    std::optional<bool> keep_following;
    static const Fields& fields() {
        static const Field table[] = {field("keep_following", &RemoveMessage::keep_following, "true deletes this message alone; otherwise what follows it goes, too.")};
        static const Fields all{"RemoveMessage", table};
        return all;
    }
};

struct CreateVariant {
    std::optional<std::string> text;
    std::optional<std::vector<WrittenBlock>> blocks;
    std::optional<bool> is_selected;
    static const Fields& fields() {
        using S = CreateVariant;
        static const Field table[] = {
            field("text", &S::text, "Another text of the message.", length(1, text_bytes_max), positional()),
            field("blocks", &S::blocks, "In the place of text: parts that people, models or both see.", length(1, written_blocks_max)),
            field("is_selected", &S::is_selected, "Whether the message shows it from now on; true when absent."),
        };
        static const Fields all{"CreateVariant", table};
        return all;
    }
};

struct ListMessages {
    std::optional<BranchId> branch_id;
    std::optional<Order> order;
    std::optional<int64_t> before;
    std::optional<int64_t> after;
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListMessages;
        static const Field table[] = {
            field("branch_id", &S::branch_id, "The branch whose history is read; the active branch when absent."),
            field("order", &S::order, "oldest (first; the default) or newest."),
            field("before", &S::before, "Only messages before this seq, the newest of them first.", range(1, 9e15)),
            field("after", &S::after, "Only messages after this seq, the oldest of them first.", range(0, 9e15)),
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"ListMessages", table};
        return all;
    }
};

/// A page of a list that has no other choices.
struct Paging {
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = Paging;
        static const Field table[] = {
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"Paging", table};
        return all;
    }
};

struct CreateBranch {
    MessageId from_message_id;
    std::optional<std::string> title;
    std::optional<BranchId> branch_id;
    static const Fields& fields() {
        using S = CreateBranch;
        static const Field table[] = {
            field("from_message_id", &S::from_message_id, "The last message that the new branch inherits.", positional()),
            field("title", &S::title, "Its title.", length(1, title_bytes_max)),
            field("branch_id", &S::branch_id, "The branch whose history is inherited; the branch that the message was written on when absent."),
        };
        static const Fields all{"CreateBranch", table};
        return all;
    }
};

struct ChangeBranch {
    std::string title;
    static const Fields& fields() {
        using S = ChangeBranch;
        static const Field table[] = {field("title", &S::title, "The new title.", length(1, title_bytes_max), positional())};
        static const Fields all{"ChangeBranch", table};
        return all;
    }
};

/// The answer to a message: what was recorded, and where to watch the rest.
struct Posted {
    MessageId id;
    std::optional<Message> message;
    Message answer;
    Generation generation;
    int64_t started_seq = 0;  ///< of the exchange's first event; not shown
    static const Fields& fields() {
        using S = Posted;
        static const Field table[] = {
            field("id", &S::id, "The recorded message."),
            field("message", &S::message, "The recorded message; absent after regenerate."),
            field("answer", &S::answer, "The message that the model is writing."),
            field("generation", &S::generation, "The attempt that writes it."),
        };
        static const Fields all{"Posted", table};
        return all;
    }
};

}  // namespace ry::chats

#pragma once
// Attempts of models to answer, as the API shows them and as the database's rows hold them.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/op/op.h"
#include "modules/chats/block_model.h"
#include "modules/chats/ids.h"

namespace ry::chats {

enum class GenerationStatus { queued, streaming, done, aborted, error };
constexpr std::array<std::string_view, 5> names_of(GenerationStatus) { return {"queued", "streaming", "done", "aborted", "error"}; }

/// What a generation is asked for: an answer, the rest of one, or what the person might say.
enum class Task { answer, continuation, impersonation };
constexpr std::array<std::string_view, 3> names_of(Task) { return {"answer", "continuation", "impersonation"}; }

/// How much a model that can should think before it answers.
enum class Thinking { off, low, medium, high };
constexpr std::array<std::string_view, 4> names_of(Thinking) { return {"off", "low", "medium", "high"}; }

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
    int64_t citations_count = 0;
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
            field("citations_count", &S::citations_count, "How much of knowledge and lore stood in its prompt; GET …/citations lists it."),
        };
        static const Fields all{"Generation", table};
        return all;
    }
};

// ---- what a person sends

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

// ---- rows that only the service sees

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

struct AnswerRow {
    std::string text;
    bool is_last = false;
    static const Fields& fields() {
        static const Field table[] = {field("text", &AnswerRow::text, ""), field("is_last", &AnswerRow::is_last, "")};
        static const Fields all{"AnswerRow", table};
        return all;
    }
};

}  // namespace ry::chats

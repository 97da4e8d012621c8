#pragma once
// The gateway to language models: one question in, pieces of an answer out, whatever the provider.
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "kernel/op/op.h"

namespace ry::fetch {
class Fetch;
}

namespace ry::llm {

enum class Provider {
    openai,            ///< any endpoint that speaks OpenAI's chat completions
    openai_responses,  ///< any endpoint that speaks OpenAI's responses
    anthropic,         ///< Anthropic messages
    gemini,            ///< Google generateContent
    ollama,            ///< Ollama's own /api/chat
    demo,              ///< built in, scripted, offline; says so in its answers
};
/// The names as they stand in JSON, SQL and on the command line.
constexpr std::array<std::string_view, 6> names_of(Provider) {
    return {"openai", "openai_responses", "anthropic", "gemini", "ollama", "demo"};
}
constexpr std::string_view name_of(Provider provider) { return names_of(provider)[size_t(provider)]; }
std::optional<Provider> parse_provider(std::string_view name);

/// US dollars for a million tokens; 0 where unknown or free.
struct Price {
    double tokens_in_usd = 0;
    double tokens_cached_usd = 0;  ///< of the tokens in that came from the provider's cache
    double tokens_out_usd = 0;
};

/// A model as Settings → Models describes it. A value.
struct Model {
    std::string name;  ///< what people call it here
    Provider provider = Provider::demo;
    /// Where the API stands; empty: the provider's own address. Forgiving: spaces and slashes at the end and a pasted
    /// "/chat/completions" or "/messages" are dropped, a missing "http://" or "https://" is added, and an address
    /// without a path gets the usual one. With and without "/v1" mean the same, and a path of one's own stays:
    ///   openai     http://host:8000, http://host:8000/v1/  → http://host:8000/v1/chat/completions
    ///              https://host/openai/v2                  → https://host/openai/v2/chat/completions
    ///   openai_responses: the same with /responses
    ///   anthropic  https://host, https://host/v1           → https://host/v1/messages
    ///   gemini     https://host, https://host/v1beta       → https://host/v1beta/models/MODEL:streamGenerateContent
    ///   ollama     http://host:11434, …/api, …/v1          → http://host:11434/api/chat
    /// Embeddings stand beside: …/embeddings (both of openai), …/models/MODEL:batchEmbedContents, …/api/embed.
    /// An openai address without a path that answers 404 at /v1/chat/completions is asked at /chat/completions too.
    std::string base_url = {};
    std::string model = {};  ///< the provider's name of it
    Secret api_key = {};     ///< empty: no key is sent

    int64_t connect_timeout_ms = 10'000;
    int64_t first_token_timeout_ms = 120'000;  ///< big models on small machines load for minutes
    int64_t between_tokens_timeout_ms = 60'000;
    int64_t total_timeout_ms = 1'800'000;  ///< half an hour, if the Op does not end sooner
    Price price = {};
};

enum class Role { system, user, assistant, tool };

struct Text {
    std::string text;
};
struct Image {
    std::string media_type;  ///< "image/png"
    std::string bytes;       ///< the file itself, not base64
};
/// The model asked for a tool. `arguments` is a JSON object.
struct ToolCall {
    std::string id;
    std::string name;
    Json arguments = {"{}"};
    std::string signature = {};  ///< what the provider wants back with the call; empty for most
};
/// What the tool answered to the call of that id.
struct ToolResult {
    std::string id;
    std::string name;
    std::string text;
    bool is_error = false;
};
using Part = std::variant<Text, Image, ToolCall, ToolResult>;

struct Message {
    Role role = Role::user;
    std::vector<Part> parts;
};
/// A message of one text.
Message message(Role role, std::string text);
/// The texts of a message, joined.
std::string text_of(const Message& message);

struct Tool {
    std::string name;
    std::string description;
    Json schema;  ///< JSON Schema of the arguments, an object
};

/// How much a model that can should think before it answers.
enum class Reasoning { model_default, off, low, medium, high };

struct Ask {
    std::vector<Message> messages;  ///< oldest first; system messages anywhere, the adapters put them where they belong
    std::vector<Tool> tools = {};
    std::optional<double> temperature = {};
    std::optional<int64_t> tokens_max = {};  ///< of the answer; Anthropic, which must have one, gets 8192 without
    Reasoning reasoning = Reasoning::model_default;
    std::optional<Json> output_schema = {};  ///< JSON Schema, an object, that the answer must follow
};

enum class PieceKind {
    text,                 ///< `text` continues the answer
    reasoning,            ///< `text` continues the thinking
    tool_call_started,    ///< call `index` (0, 1, 2 …) begins: `id`, `name`
    tool_call_arguments,  ///< `text` continues the JSON of call `index`
    tool_call_done,       ///< `text` is the whole JSON of call `index`: `id`, `name`
    usage,                ///< `usage` so far; may come more than once, the last counts
    finish,               ///< the last piece
};

struct Usage {
    int64_t tokens_in = 0;   ///< all of the prompt, the cached part included
    int64_t tokens_out = 0;  ///< reasoning included
    int64_t tokens_cached = 0;
    bool operator==(const Usage&) const = default;
};
double cost_usd(const Price& price, const Usage& usage);

enum class FinishReason { stop, length, tool_calls, content_filter, other };
constexpr std::array<std::string_view, 5> names_of(FinishReason) {
    return {"stop", "length", "tool_calls", "content_filter", "other"};
}
constexpr std::string_view name_of(FinishReason reason) { return names_of(reason)[size_t(reason)]; }

/// Views are valid during the call of on_piece.
struct Piece {
    PieceKind kind = PieceKind::text;
    std::string_view text = {};
    int index = 0;
    std::string_view id = {};
    std::string_view name = {};
    Usage usage = {};
    FinishReason finish_reason = FinishReason::stop;
};
/// Called on the thread that called stream(); false ends the answer (the result is then cancelled).
using OnPiece = std::function<bool(const Piece&)>;

struct Finished {
    FinishReason finish_reason = FinishReason::stop;
    Usage usage = {};                       ///< zeros when the provider gave none
    std::string request_id = {};            ///< the provider's, for its support
    std::vector<ToolCall> tool_calls = {};  ///< whole; arguments that are not JSON come as {"unparsed": "…"}
    int tries = 1;
};

/// What a text is embedded for; some models put a question elsewhere than what answers it.
enum class EmbeddingUse { document, question };

constexpr size_t embedding_texts_max = 64;          ///< of one request; every provider takes so many
constexpr size_t embedding_dimensions_max = 4'096;  ///< 64 × 4,096 numbers are 6 MB of JSON, below what fetch takes

/// Where texts lie in a model's space: texts that mean the same lie close together.
struct Embeddings {
    std::vector<std::vector<float>> vectors =
        {};            ///< one of each text, in their order, all of one size and of length 1
    Usage usage = {};  ///< tokens_in; estimated when the provider gave none
    int tries = 1;
};

struct Config {
    int tries_max = 4;               ///< of one question, all before the first piece
    int64_t backoff_first_ms = 500;  ///< then doubled, each with ± 25 % jitter: 0.5 + 1 + 2 s without Retry-After
    int64_t backoff_max_ms = 8'000;
    int64_t retry_after_max_ms = 60'000;  ///< a longer Retry-After is told to the person instead of waited for
    int64_t demo_word_ms = 15;            ///< between two words, or lines of a file, of the demo; 0 in tests
    std::string ollama_url = "http://127.0.0.1:11434";
};

/// Shared by all threads; holds no state but its configuration. `fetch` must outlive it.
///
/// Errors are for the person, say what to do, and never contain the key, even when a provider sends it back:
///   forbidden    the key was refused            not_found    no such model, or the address is wrong
///   invalid      the conversation is too long, or the provider refuses the question
///   over_quota   rate limit or no credit left; `retry_after_ms` when the provider named it
///   unavailable  the model is down, or its answer was cut off
///   timed_out    a timeout of the Model or the Op's deadline
///   cancelled    the Op was stopped, or on_piece returned false
class Gateway {
public:
    explicit Gateway(fetch::Fetch& fetch, Config config = {});

    /// Asks and streams the answer. Before the first piece a failure that may pass (429, 5xx, refused, reset) is tried
    /// again, never beyond the Op's deadline; after it the error is returned, and the pieces given remain valid.
    Result<Finished> stream(const Op& op, const Model& model, const Ask& ask, const OnPiece& on_piece);

    /// Where up to embedding_texts_max texts lie, none of them empty. Documents are tried again as stream()
    /// does; a question is not, since somebody waits and there are other ways to look. `unsupported` of a
    /// provider without embeddings (anthropic, demo), `unavailable` when what comes back is not a vector of each text.
    Result<Embeddings> embed(const Op& op, const Model& model, const std::vector<std::string>& texts, EmbeddingUse use);

    /// A question of a few tokens, once, for the test button: the model's answer, shortened.
    Result<std::string> test_model(const Op& op, const Model& model);

    /// The names that the provider can serve, sorted; at most 1,000.
    Result<std::vector<std::string>> list_models(const Op& op, const Model& model);

    /// The models of an Ollama on this machine, ready to use; empty when none runs. Takes at most a second.
    std::vector<Model> discover_ollama(const Op& op);

private:
    fetch::Fetch& fetch_;
    Config config_;
};

/// About how many tokens a text is, without the model's tokenizer. Never less than 1 for a text that is not empty.
///
/// Of o200k_base (GPT-4o and later) it is off by 4 % on average, and by 8 % at most, over texts of a page in English,
/// German, French, Spanish, Russian, Chinese, Japanese, Korean, C++, TypeScript, Python, SQL and JSON
/// (tests/tokens_test.cpp). Tokenizers of 100,000 entries, as cl100k_base, take the same for English and code, 25 %
/// more for Chinese and Japanese and up to 80 % more for Russian and Korean. 250–500 MB/s.
int64_t estimate_tokens(std::string_view text);

}  // namespace ry::llm

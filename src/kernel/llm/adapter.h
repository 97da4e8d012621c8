#pragma once
// What a provider's adapter gives to the gateway, and what it uses for it. Private to llm.
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/fetch/fetch.h"
#include "kernel/llm/llm.h"

namespace ry::llm {

/// A provider's "no" in its own words: the body of an error status, or an error inside a stream.
struct Refusal {
    int status = 0;  ///< HTTP's; for an error inside a stream the one that its type stands for
    std::string type = {};
    std::string message = {};
};
/// Reads the error documents of all providers, arrays around them, and plain text.
Refusal read_refusal(int status, std::string_view body);
Refusal read_refusal(int status, const boost::json::value& document);
/// For the person: what happened and what to do, with the provider's words, cleaned of the key.
Error error_of(const Model& model, const Refusal& refusal, int retry_after_ms);
/// True when the same question may succeed a moment later.
bool may_pass(const Refusal& refusal);
/// What was asked has more tokens than the model takes.
bool is_too_long(const Refusal& refusal);
/// `text` without the model's key, at most `bytes_max` long, on one line.
std::string without_key(const Model& model, std::string_view text, size_t bytes_max = 300);
/// Milliseconds that a Retry-After (seconds or an HTTP date) or retry-after-ms asks to wait; absent when there is none.
std::optional<int64_t> retry_after_ms(const fetch::Response& response, Time now);

/// Takes what an adapter reads, passes pieces on, and puts tool calls together.
class Assembly {
public:
    explicit Assembly(const OnPiece& on_piece) : on_piece_(on_piece) {}

    void text(std::string_view text);
    void reasoning(std::string_view text);
    void call_started(int index, std::string_view id, std::string_view name);
    void call_arguments(int index, std::string_view text);
    void call_signed(int index, std::string_view signature);
    void call_done(int index);
    void usage(const Usage& usage);
    void finish_reason(FinishReason reason) { finish_reason_ = reason; }
    void request_id(std::string_view id) { request_id_ = id; }
    void refuse(Refusal refusal) { refusal_ = std::move(refusal); }
    void end() { ended_ = true; }  ///< the format said that nothing follows

    bool goes_on() const { return !refusal_ && !stopped_ && !ended_; }
    bool has_given() const { return given_; }
    bool was_stopped() const { return stopped_; }
    bool is_whole() const { return ended_ || finish_reason_.has_value(); }
    int call_count() const { return int(calls_.size()); }
    const std::optional<Refusal>& refusal() const { return refusal_; }
    const Usage& usage_so_far() const { return finished_.usage; }

    /// Ends open calls and gives the last pieces.
    Finished finish();

private:
    struct Call {
        int index = 0;  ///< the provider's; pieces are numbered 0, 1, 2 … as the calls come
        std::string id, name, arguments, signature;
        bool is_open = true;
    };
    Call* find_call(int index);
    int position_of(const Call& call) const { return int(&call - calls_.data()); }
    void give(const Piece& piece);

    const OnPiece& on_piece_;
    std::vector<Call> calls_;
    std::optional<FinishReason> finish_reason_;
    std::optional<Refusal> refusal_;
    std::string request_id_;
    Finished finished_;
    bool given_ = false, stopped_ = false, ended_ = false;
};

/// Reads a streamed body. Bytes may break anywhere; what it reads goes to its Assembly. Stops reading when that
/// !goes_on().
class Decoder {
public:
    virtual ~Decoder() = default;
    virtual void feed(std::string_view bytes) = 0;
    virtual void finish() = 0;  ///< the body ended
};

/// Oddities of OpenAI-like servers that show only in their refusal.
struct Concessions {
    bool without_v1 = false;
    bool without_stream_options = false;
    bool operator==(const Concessions&) const = default;
};

/// What a provider answered to texts, as it stands there.
struct EmbeddingsRead {
    std::vector<std::vector<float>> vectors;
    std::optional<int64_t> tokens_in;
};

/// One provider's format, as functions.
struct Adapter {
    fetch::Request (*ask)(const Model& model, const Ask& ask, const Concessions& concessions);
    std::unique_ptr<Decoder> (*decoder)(Assembly& assembly);
    fetch::Request (*list)(const Model& model);
    std::vector<std::string> (*names)(const boost::json::value& document);
    /// Null where the provider has no embeddings.
    fetch::Request (*embed)(const Model& model, const std::vector<std::string>& texts, EmbeddingUse use,
                            const Concessions& concessions) = nullptr;
    EmbeddingsRead (*embeddings)(const boost::json::value& document) = nullptr;
};
/// Not for demo, which asks nobody.
const Adapter& adapter_of(Provider provider);
extern const Adapter openai_adapter, openai_responses_adapter, anthropic_adapter, gemini_adapter, ollama_adapter;

/// The address of the API: llm.h at Model::base_url says how it is read. Without a slash at the end.
std::string api_address(Provider provider, std::string_view base_url);
bool has_path(std::string_view base_url);

// ---- what OpenAI's two formats share
std::string openai_address(const Model& model, const Concessions& concessions);
fetch::Request list_openai_models(const Model& model);
std::vector<std::string> names_in_openai_list(const boost::json::value& document);
fetch::Request embed_by_openai(const Model& model, const std::vector<std::string>& texts, EmbeddingUse use,
                               const Concessions& concessions);
EmbeddingsRead embeddings_of_openai(const boost::json::value& document);

// ---- JSON of others: every member may be missing or of another kind

std::optional<boost::json::value> parse_json(
    std::string_view text);  ///< bytes that are not UTF-8, and halves of surrogates, read as U+FFFD
const boost::json::value* find(const boost::json::value& object, std::string_view key);  ///< null when absent
std::string_view text_at(const boost::json::value& object, std::string_view key);        ///< empty when absent
std::optional<int64_t> int_at(const boost::json::value& object, std::string_view key);
/// The numbers of an array; empty when it is none, or has anything else.
std::vector<float> numbers_of(const boost::json::value* value);
/// The texts as an array of strings.
boost::json::array array_of(const std::vector<std::string>& texts);
/// A JSON document as a value, for a request; an empty object when it is not JSON.
boost::json::value value_of(const Json& json);

/// Request with the JSON body, the model's timeouts, and addresses as the operator configured them.
fetch::Request json_request(const Model& model, std::string url, const boost::json::value& body);
fetch::Request get_request(const Model& model, std::string url);
/// The role as OpenAI and those that follow it name it; results of tools, which they take another way, are the user's.
std::string_view role_name(Role role);
/// "data:image/png;base64,…"
std::string data_url(const Image& image);
/// The key as "Authorization: Bearer …", where there is one.
void add_bearer(fetch::Request& request, const Model& model);
std::string_view key_of(const Model& model);  ///< without the spaces that come along when a key is pasted

}  // namespace ry::llm

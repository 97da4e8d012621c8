#pragma once
// Models that answer, as the API shows them and as the database's rows hold them.
#include <optional>
#include <string>

#include "base/fields.h"
#include "kernel/op/op.h"
#include "modules/chats/chat_model.h"
#include "modules/chats/ids.h"

namespace ry::chats {

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

}  // namespace ry::chats

#include "kernel/llm/llm.h"

#include <sodium.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cmath>

#include "base/check.h"
#include "base/guarded.h"
#include "base/text.h"
#include "kernel/fetch/fetch.h"
#include "kernel/llm/adapter.h"
#include "kernel/llm/demo.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::llm {
namespace {

constexpr size_t list_names_max = 1'000;
constexpr size_t refusal_bytes_max = 64 << 10;  ///< of an error document; they are a few hundred bytes
constexpr int64_t test_timeout_ms = 60'000;     ///< a person waits at a button

std::string title_of(const Model& model) {
    return "the model \"" + without_key(model, model.name.empty() ? model.model : model.name) + "\"";
}

/// Waits, unless the Op ends before.
Result<void> pause(const Op& op, int64_t ms) {
    Guarded<bool> stopped(false);
    std::stop_callback wake(op.stop, [&] { stopped.change([](bool& value) { value = true; }); });
    auto until = std::chrono::steady_clock::now() +
                 std::chrono::milliseconds(std::min(ms, std::max<int64_t>(op.deadline.left_ms(), 0)));
    stopped.wait_until(until, [](bool value) { return value; }, [](bool&) {});
    return op.still_wanted();
}

/// ± 25 %, so that many who were refused together do not come back together.
int64_t with_jitter(int64_t ms) { return ms * 3 / 4 + int64_t(randombytes_uniform(uint32_t(ms / 2 + 1))); }

/// How one try ended; `T` has `tries`.
template <class T>
struct Outcome {
    Result<T> result;
    bool may_retry = false;
    std::optional<int64_t> wait_ms = {};  ///< that the provider asks for
    std::optional<Refusal> refusal = {};
};

template <class T>
Outcome<T> refused(const Model& model, const Refusal& refusal, std::optional<int64_t> wait_ms, bool has_given) {
    Error error = error_of(model, refusal, int(wait_ms.value_or(0)));
    if (has_given) {
        error.message = "the model's answer was cut off: " + error.message;
        error.code = Code::unavailable;
    }
    return {.result = std::move(error),
            .may_retry = !has_given && may_pass(refusal),
            .wait_ms = wait_ms,
            .refusal = refusal};
}

template <class T>
Outcome<T> cut_off(const Model& model, std::string why) {
    return {.result = fail(Code::unavailable, "the model's answer was cut off; ask it to go on, or try again.",
                           title_of(model) + ": " + without_key(model, why))};
}

/// The connection failed. What was not begun to be answered may be asked again; what timed out has waited long enough.
template <class T>
Outcome<T> unreached(const Op& op, const Model& model, Error error, bool has_given) {
    if (!op.still_wanted()) return {.result = op.still_wanted().error()};
    if (has_given) return cut_off<T>(model, error.message + " " + error.cause);
    bool may_retry = error.code == Code::unavailable;
    return {.result = std::move(error).within(title_of(model)), .may_retry = may_retry};
}

/// Passes pieces on, with text that came together in one piece: a frame of ours for every read, not for every token.
class Gathering {
public:
    explicit Gathering(const OnPiece& on_piece) : on_piece_(on_piece) {}

    bool take(const Piece& piece) {
        bool is_text = piece.kind == PieceKind::text || piece.kind == PieceKind::reasoning;
        if (!is_text || piece.kind != kind_) flush();
        if (!is_text) return goes_on_ = goes_on_ && on_piece_(piece);
        kind_ = piece.kind;
        text_ += piece.text;
        return goes_on_;
    }
    /// False when the reader wants no more.
    bool flush() {
        if (goes_on_ && !text_.empty()) goes_on_ = on_piece_({.kind = kind_, .text = text_});
        text_.clear();
        return goes_on_;
    }

private:
    const OnPiece& on_piece_;
    PieceKind kind_ = PieceKind::text;
    std::string text_;
    bool goes_on_ = true;
};

/// One try.
Outcome<Finished> ask_once(fetch::Fetch& fetch, const Op& op, const Model& model, const Ask& ask,
                           const Concessions& concessions, const OnPiece& on_piece) {
    const Adapter& adapter = adapter_of(model.provider);
    Gathering gathering(on_piece);
    const OnPiece gather = [&](const Piece& piece) { return gathering.take(piece); };
    Assembly assembly(gather);
    auto decoder = adapter.decoder(assembly);
    fetch::Request request = adapter.ask(model, ask, concessions);
    request.body_bytes_max = refusal_bytes_max;
    auto response = fetch.stream(op, std::move(request), [&](std::string_view bytes) {
        decoder->feed(bytes);
        return gathering.flush() && assembly.goes_on();
    });
    if (response && response->ok() && assembly.goes_on()) decoder->finish();
    if (!gathering.flush() || assembly.was_stopped())
        return {.result = fail(Code::cancelled, "the answer was stopped")};
    if (!response) return unreached<Finished>(op, model, std::move(response).error(), assembly.has_given());
    auto wait_ms = retry_after_ms(*response, now());
    if (!response->ok())
        return refused<Finished>(model, read_refusal(response->status, response->body), wait_ms, false);
    if (assembly.refusal()) return refused<Finished>(model, *assembly.refusal(), wait_ms, assembly.has_given());
    if (!assembly.is_whole()) {
        Outcome<Finished> outcome = cut_off<Finished>(model, "the stream ended early");
        outcome.may_retry = !assembly.has_given();
        return outcome;
    }
    Finished finished = assembly.finish();
    if (!gathering.flush() || assembly.was_stopped())
        return {.result = fail(Code::cancelled, "the answer was stopped")};
    for (std::string_view header : {"x-request-id", "request-id"})
        if (auto id = response->find_header(header)) finished.request_id = *id;
    return {.result = std::move(finished)};
}

/// What to change after a refusal that shows a known oddity; the same when it shows none.
Concessions concede(const Model& model, const Concessions& made, const Refusal& refusal) {
    Concessions next = made;
    if (model.provider != Provider::openai && model.provider != Provider::openai_responses) return next;
    if (refusal.status == 404 && !trim(model.base_url).empty() && !has_path(model.base_url)) next.without_v1 = true;
    if ((refusal.status == 400 || refusal.status == 422) && refusal.message.contains("stream_options"))
        next.without_stream_options = true;
    return next;
}

/// Of length 1: then their product is the cosine of their angle. False when it has no direction.
bool normalize(std::vector<float>& vector) {
    double square = 0;
    for (float number : vector) square += double(number) * double(number);
    if (!std::isfinite(square) || square <= 0) return false;
    for (float& number : vector) number = float(double(number) / std::sqrt(square));
    return true;
}

/// Brings the vectors of `count` texts to length 1. What is wrong with them; empty when nothing is.
std::string normalize_all(std::vector<std::vector<float>>& vectors, size_t count) {
    if (vectors.size() != count)
        return "it gave " + std::to_string(vectors.size()) + " vectors for " + std::to_string(count) + " texts";
    for (std::vector<float>& vector : vectors) {
        if (vector.size() != vectors.front().size()) return "its vectors are of different sizes";
        if (vector.empty() || vector.size() > embedding_dimensions_max)
            return "its vectors have " + std::to_string(vector.size()) + " numbers, and may have 1 to " +
                   std::to_string(embedding_dimensions_max);
        if (!normalize(vector)) return "a vector of it has no direction";
    }
    return {};
}

/// One try.
Outcome<Embeddings> embed_once(fetch::Fetch& fetch, const Op& op, const Model& model,
                               const std::vector<std::string>& texts, EmbeddingUse use,
                               const Concessions& concessions) {
    const Adapter& adapter = adapter_of(model.provider);
    auto response = fetch.send(op, adapter.embed(model, texts, use, concessions));
    if (!response) return unreached<Embeddings>(op, model, std::move(response).error(), false);
    if (!response->ok()) {
        Refusal refusal = read_refusal(response->status, response->body);
        if (is_too_long(refusal))
            return {.result = fail(Code::invalid, "a text is too long for " + title_of(model) +
                                                      "; choose an embedding model with a larger context")};
        return refused<Embeddings>(model, refusal, retry_after_ms(*response, now()), false);
    }
    auto document = parse_json(response->body);
    EmbeddingsRead read = document ? adapter.embeddings(*document) : EmbeddingsRead{};
    if (std::string fault = normalize_all(read.vectors, texts.size()); !fault.empty())
        return {.result = fail(Code::unavailable, title_of(model) + " did not answer as an embedding model does: " +
                                                      fault + "; check its name and address in Settings → Models.")};
    Embeddings made{.vectors = std::move(read.vectors)};
    int64_t estimate = 0;
    for (const std::string& text : texts) estimate += estimate_tokens(text);
    made.usage.tokens_in = read.tokens_in.value_or(estimate);
    return {.result = std::move(made)};
}

/// Asks again while that may help, before anything was given.
template <class T, class F>
Result<T> with_tries(const Op& op, const Config& config, const Model& model, const F& once) {
    Concessions concessions;
    std::optional<Refusal> first_refusal;  // a concession that does not help must not hide what was wrong
    int64_t backoff_ms = config.backoff_first_ms;
    for (int tries = 1;;) {
        Outcome<T> outcome = once(concessions);
        if (outcome.result) {
            outcome.result->tries = tries;
            return std::move(outcome.result);
        }
        if (outcome.refusal) {
            Concessions next = concede(model, concessions, *outcome.refusal);
            if (next != concessions) {
                concessions = next;
                if (!first_refusal) first_refusal = outcome.refusal;
                continue;
            }
            if (first_refusal && outcome.refusal->status == 404) return error_of(model, *first_refusal, 0);
        }
        int64_t wait_ms = outcome.wait_ms.value_or(with_jitter(backoff_ms));
        bool is_worth_it = outcome.may_retry && tries < config.tries_max && wait_ms <= config.retry_after_max_ms &&
                           wait_ms < op.deadline.left_ms();
        if (!is_worth_it) return std::move(outcome.result);
        telemetry::counter("llm_retries_total", "Questions to a model that were asked again", "provider",
                           name_of(model.provider))
            .add();
        TRY(pause(op, wait_ms));
        backoff_ms = std::min(backoff_ms * 2, config.backoff_max_ms);
        ++tries;
    }
}

Result<Finished> ask_demo(const Op& op, const Config& config, const Ask& ask, const OnPiece& on_piece) {
    std::string answer = demo_answer(ask);
    Finished finished{.request_id = "demo"};
    for (const Message& message : ask.messages) finished.usage.tokens_in += estimate_tokens(text_of(message));
    finished.usage.tokens_out = estimate_tokens(answer);
    auto give = [&](const Piece& piece) -> Result<void> {
        if (!on_piece(piece)) return fail(Code::cancelled, "the answer was stopped");
        return {};
    };
    for (std::string_view piece : demo_pieces(answer)) {
        TRY(pause(op, config.demo_word_ms));
        TRY(give({.kind = PieceKind::text, .text = piece}));
    }
    TRY(give({.kind = PieceKind::usage, .usage = finished.usage}));
    TRY(give({.kind = PieceKind::finish, .usage = finished.usage}));
    return finished;
}

}  // namespace

// ---- values

std::optional<Provider> parse_provider(std::string_view name) {
    auto names = names_of(Provider::demo);
    auto found = std::ranges::find(names, name);
    if (found == names.end()) return {};
    return Provider(found - names.begin());
}

Message message(Role role, std::string text) {
    Message made{.role = role, .parts = {}};
    made.parts.emplace_back(Text{std::move(text)});
    return made;
}

std::string text_of(const Message& message) {
    std::string text;
    for (const Part& part : message.parts)
        if (const auto* piece = std::get_if<Text>(&part)) text += piece->text;
    return text;
}

double cost_usd(const Price& price, const Usage& usage) {
    double fresh = double(usage.tokens_in - usage.tokens_cached);
    return (fresh * price.tokens_in_usd + double(usage.tokens_cached) * price.tokens_cached_usd +
            double(usage.tokens_out) * price.tokens_out_usd) /
           1e6;
}

// ---- the gateway

Gateway::Gateway(fetch::Fetch& fetch, Config config) : fetch_(fetch), config_(std::move(config)) {}

Result<Finished> Gateway::stream(const Op& op, const Model& model, const Ask& ask, const OnPiece& on_piece) {
    TRY(op.still_wanted());
    if (model.provider == Provider::demo) return ask_demo(op, config_, ask, on_piece);
    return with_tries<Finished>(op, config_, model, [&](const Concessions& concessions) {
        return ask_once(fetch_, op, model, ask, concessions, on_piece);
    });
}

Result<Embeddings> Gateway::embed(const Op& op, const Model& model, const std::vector<std::string>& texts,
                                  EmbeddingUse use) {
    TRY(op.still_wanted());
    ENSURE(texts.size() <= embedding_texts_max);
    if (texts.empty()) return Embeddings{};
    if (model.provider == Provider::demo || !adapter_of(model.provider).embed)
        return fail(Code::unsupported, "the provider " + std::string(name_of(model.provider)) +
                                           " has no embeddings; choose a model of openai, gemini or ollama");
    Config config = config_;
    if (use == EmbeddingUse::question) config.tries_max = 1;
    return with_tries<Embeddings>(op, config, model, [&](const Concessions& concessions) {
        return embed_once(fetch_, op, model, texts, use, concessions);
    });
}

Result<std::string> Gateway::test_model(const Op& op, const Model& model) {
    Op hurried = op;
    hurried.deadline = op.deadline.sooner(Deadline::in_ms(test_timeout_ms));
    Config once = config_;
    once.tries_max = 1;
    once.demo_word_ms = 0;
    std::string answer;
    // Enough for a model that thinks first: with fewer tokens its answer would be empty.
    Ask ask{.messages = {message(Role::user, "Answer with the one word: ready")}, .tokens_max = 512};
    TRY(Gateway(fetch_, once).stream(hurried, model, ask, [&](const Piece& piece) {
        if (piece.kind == PieceKind::text) answer += utf8_prefix(piece.text, 400);
        return true;
    }));
    return without_key(model, trim(answer), 200);
}

Result<std::vector<std::string>> Gateway::list_models(const Op& op, const Model& model) {
    if (model.provider == Provider::demo) return std::vector<std::string>{"demo"};
    const Adapter& adapter = adapter_of(model.provider);
    auto response = fetch_.send(op, adapter.list(model));
    if (!response) return unreached<Finished>(op, model, std::move(response).error(), false).result.error();
    if (!response->ok())
        return error_of(model, read_refusal(response->status, response->body),
                        int(retry_after_ms(*response, now()).value_or(0)));
    auto document = parse_json(response->body);
    if (!document) return error_of(model, {.status = 404, .message = "the address did not answer as a model does"}, 0);
    std::vector<std::string> names = adapter.names(*document);
    std::erase(names, "");
    std::ranges::sort(names);
    if (names.size() > list_names_max) names.resize(list_names_max);
    return names;
}

std::vector<Model> Gateway::discover_ollama(const Op& op) {
    Op hurried = op;
    hurried.deadline = op.deadline.sooner(Deadline::in_ms(1'000));
    Model asked{.name = "ollama", .provider = Provider::ollama, .base_url = config_.ollama_url};
    std::vector<Model> models;
    auto names = list_models(hurried, asked);
    if (!names) return models;
    for (std::string& name : *names) {
        Model model = asked;
        model.name = name;
        model.model = std::move(name);
        models.push_back(std::move(model));
    }
    return models;
}

}  // namespace ry::llm

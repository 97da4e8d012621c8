// Embeddings against a scripted model endpoint on a real socket.
#include <doctest/doctest.h>

#include "kernel/fetch/fetch.h"
#include "kernel/llm/llm.h"
#include "testing/model_server.h"

using namespace ry;
using namespace ry::llm;
using ry::testing::Answer;
using ry::testing::Gate;
using ry::testing::ModelServer;
using ry::testing::refusal;

namespace {

constexpr const char* key = "sk-test-0123456789";

struct World {
    ModelServer server;
    fetch::Fetch fetch;
    Gateway gateway{fetch, {.tries_max = 3, .backoff_first_ms = 1, .backoff_max_ms = 2}};

    Model model(Provider provider = Provider::openai) {
        return {.name = "tested",
                .provider = provider,
                .base_url = server.url(),
                .model = "test-model",
                .api_key = Secret(key)};
    }
    Result<Embeddings> embed(const Model& asked, const std::vector<std::string>& texts,
                             EmbeddingUse use = EmbeddingUse::document, const Op& op = server_op("test")) {
        return gateway.embed(op, asked, texts, use);
    }
    /// The error of one that is expected to fail.
    Error failed(const Model& asked) {
        auto made = embed(asked, {"a"});
        REQUIRE_FALSE(made);
        return made.error();
    }
};

constexpr Provider providers[] = {Provider::openai, Provider::openai_responses, Provider::gemini, Provider::ollama};

}  // namespace

TEST_CASE("each provider embeds in its own words: a vector of length one of each text, in their order") {
    struct Row {
        Provider provider;
        std::string path, header, value, said;
    };
    const Row rows[] = {
        {Provider::openai, "/v1/embeddings", "authorization", std::string("Bearer ") + key,
         R"({"model":"test-model","input":["трамвай","b"],"encoding_format":"float"})"},
        {Provider::openai_responses, "/v1/embeddings", "authorization", std::string("Bearer ") + key,
         R"({"model":"test-model","input":["трамвай","b"],"encoding_format":"float"})"},
        {Provider::gemini, "/v1beta/models/test-model:batchEmbedContents", "x-goog-api-key", key,
         R"({"requests":[{"model":"models/test-model","content":{"parts":[{"text":"трамвай"}]},"taskType":"RETRIEVAL_DOCUMENT"},)"
         R"({"model":"models/test-model","content":{"parts":[{"text":"b"}]},"taskType":"RETRIEVAL_DOCUMENT"}]})"},
        {Provider::ollama, "/api/embed", "authorization", std::string("Bearer ") + key,
         R"({"model":"test-model","input":["трамвай","b"]})"},
    };
    for (const Row& row : rows) {
        CAPTURE(name_of(row.provider));
        World world;
        world.server.embed_by([](std::string_view text) {
            return text == "b" ? std::vector<float>{0, -2, 0} : std::vector<float>{3, 0, 4};
        });
        auto made = world.embed(world.model(row.provider), {"трамвай", "b"});
        REQUIRE(made);
        REQUIRE(made->vectors.size() == 2);
        CHECK(made->vectors[0] == std::vector<float>{0.6f, 0, 0.8f});
        CHECK(made->vectors[1] == std::vector<float>{0, -1, 0});
        CHECK(made->tries == 1);
        CHECK(made->usage.tokens_in > 0);
        if (row.provider != Provider::gemini) CHECK(made->usage.tokens_in == 15);  // as the server counted
        auto seen = world.server.requests().at(0);
        CHECK(seen.method == "POST");
        CHECK(seen.path == row.path);
        CHECK(seen.header(row.header) == row.value);
        CHECK(seen.body == row.said);
    }
    World world;
    REQUIRE(world.embed(world.model(Provider::gemini), {"a"}, EmbeddingUse::question));
    CHECK(world.server.requests().at(0).body.contains("RETRIEVAL_QUERY"));
    CHECK(world.embed(world.model(), {})->vectors.empty());
    CHECK(world.server.requests().size() == 1);
}

TEST_CASE("an address that was pasted whole is the same address") {
    for (std::string pasted : {"/v1/embeddings", "/v1", ""}) {
        World world;
        Model model = world.model();
        model.base_url += pasted;
        REQUIRE(world.embed(model, {"a"}));
        CHECK(world.server.requests().at(0).path == "/v1/embeddings");
    }
    World world;
    Model model = world.model(Provider::ollama);
    model.base_url += "/api/embed";
    REQUIRE(world.embed(model, {"a"}));
    CHECK(world.server.requests().at(0).path == "/api/embed");
}

TEST_CASE("vectors that come out of order are put in order by their index") {
    World world;
    world.server.next_embeddings(
        Answer().body(R"({"data":[{"index":1,"embedding":[0,1]},{"index":0,"embedding":[1,0]}]})"));
    auto made = world.embed(world.model(), {"a", "b"});
    REQUIRE(made);
    CHECK(made->vectors[0] == std::vector<float>{1, 0});
    CHECK(made->usage.tokens_in > 0);  // estimated
}

TEST_CASE("what may pass is tried again, with the pause that was asked for; what may not is told at once") {
    for (Provider provider : providers) {
        CAPTURE(name_of(provider));
        World world;
        world.server.next_embeddings(refusal(429, "slow down").header("retry-after-ms", "1"));
        world.server.next_embeddings(refusal(503, "busy"));
        auto made = world.embed(world.model(provider), {"a"});
        REQUIRE(made);
        CHECK(made->tries == 3);
    }
    World world;
    for (int i = 0; i < 3; ++i) world.server.next_embeddings(refusal(503, "busy"));
    CHECK(world.failed(world.model()).code == Code::unavailable);
    CHECK(world.server.requests().size() == 3);
    world.server.next_embeddings(refusal(401, std::string("bad key ") + key));
    Error error = world.failed(world.model());
    CHECK(error.code == Code::forbidden);
    CHECK_FALSE((error.message + error.cause).contains(key));
    CHECK(world.server.requests().size() == 4);
    world.server.next_embeddings(refusal(400, "maximum context length is 512 tokens", "context_length_exceeded"));
    error = world.failed(world.model());
    CHECK(error.code == Code::invalid);
    CHECK(error.message.contains("larger context"));
    world.server.next_embeddings(refusal(404, "no such model", "model_not_found"));
    world.server.next_embeddings(refusal(404, "no such path"));  // asked without /v1
    CHECK(world.failed(world.model()).code == Code::not_found);
}

TEST_CASE("what is no vector of each text is told, and nothing of it is used") {
    for (std::string body :
         {R"({"data":[]})", R"({"data":[{"embedding":[1,0]},{"embedding":[0,1]}]})", R"({"data":[{"embedding":[]}]})",
          R"({"data":[{"embedding":[0,0]}]})", R"({"data":[{"embedding":["1"]}]})",
          R"({"data":[{"embedding":[1e999]}]})", R"({"data":7})", "<html>", "[]", "{}"}) {
        CAPTURE(body);
        World world;
        world.server.next_embeddings(Answer().body(body));
        Error error = world.failed(world.model());
        CHECK(error.code == Code::unavailable);
        CHECK(error.message.contains("Settings → Models"));
        CHECK(world.server.requests().size() == 1);
    }
    World world;
    world.server.embed_by([](std::string_view text) { return std::vector<float>(text.size(), 1); });
    CHECK(world.embed(world.model(), {"a", "ab"}).error().message.contains("different sizes"));
    world.server.embed_by([](std::string_view) { return std::vector<float>(embedding_dimensions_max + 1, 1); });
    CHECK(world.failed(world.model()).message.contains("4097"));
    world.server.embed_by([](std::string_view) { return std::vector<float>(embedding_dimensions_max, 1); });
    std::vector<std::string> many(embedding_texts_max, "a");
    auto made = world.embed(world.model(), many);
    REQUIRE(made);
    CHECK(made->vectors.size() == embedding_texts_max);
}

TEST_CASE("providers without embeddings say so; timeouts and stops end a request") {
    World world;
    for (Provider provider : {Provider::anthropic, Provider::demo}) {
        Error error = world.failed(world.model(provider));
        CHECK(error.code == Code::unsupported);
        CHECK(error.message.contains("openai, gemini or ollama"));
    }
    CHECK(world.server.requests().empty());
    Model hurried = world.model();
    hurried.first_token_timeout_ms = 50;
    Gate never;
    world.server.next_embeddings(Answer().wait_for(never));
    CHECK(world.failed(hurried).code == Code::timed_out);
    Op stopped = server_op("test");
    std::stop_source stop;
    stopped.stop = stop.get_token();
    stop.request_stop();
    CHECK(world.embed(world.model(), {"a"}, EmbeddingUse::document, stopped).error().code == Code::cancelled);
}

// The gateway against a scripted model endpoint on a real socket.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

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

Op op() { return server_op("test"); }

constexpr const char* key = "sk-test-0123456789";

struct World {
    ModelServer server;
    fetch::Fetch fetch;
    Gateway gateway{
        fetch,
        {.tries_max = 3, .backoff_first_ms = 1, .backoff_max_ms = 2, .demo_word_ms = 0, .ollama_url = server.url()}};

    Model model(Provider provider = Provider::openai) {
        return {.name = "tested",
                .provider = provider,
                .base_url = server.url(),
                .model = "test-model",
                .api_key = Secret(key)};
    }

    struct Heard {
        Result<Finished> result = Finished{};
        std::string text;
        int pieces = 0;
    };
    Heard ask(const Model& asked, const Ask& question, const Op& asking = op()) {
        Heard heard;
        heard.result = gateway.stream(asking, asked, question, [&](const Piece& piece) {
            ++heard.pieces;
            if (piece.kind == PieceKind::text) heard.text += piece.text;
            return true;
        });
        return heard;
    }
    Heard ask(const Model& asked) { return ask(asked, {.messages = {message(Role::user, "Hello?")}}); }
};

constexpr Provider all_providers[] = {Provider::openai, Provider::openai_responses, Provider::anthropic, Provider::gemini,
                                      Provider::ollama};

}  // namespace

TEST_CASE("each provider is asked in its own words, and its answer comes back as pieces") {
    for (Provider provider : all_providers) {
        CAPTURE(name_of(provider));
        World world;
        world.server.next(Answer().say_words("Hello from the model.").usage(12, 4));
        Ask ask{.messages = {message(Role::system, "Be kind."), message(Role::user, "Привет \"you\"")},
                .temperature = 0.5,
                .tokens_max = 99};
        auto heard = world.ask(world.model(provider), ask);
        REQUIRE(heard.result);
        CHECK(heard.text == "Hello from the model.");
        CHECK(heard.result->finish_reason == FinishReason::stop);
        CHECK(heard.result->usage == Usage{.tokens_in = 12, .tokens_out = 4});
        CHECK(heard.result->request_id == "req_test");
        CHECK(heard.result->tries == 1);
        auto seen = world.server.requests().at(0);
        CHECK(seen.method == "POST");
        CHECK(json::is_valid(seen.body));
        CHECK(seen.body.contains("Привет \\\"you\\\""));
        CHECK(seen.body.contains("Be kind."));
        CHECK(seen.body.contains("99"));
    }
}

TEST_CASE("paths and keys go where each provider wants them") {
    struct Row {
        Provider provider;
        std::string path, header, value;
    };
    const Row rows[] = {
        {Provider::openai, "/v1/chat/completions", "authorization", "Bearer sk-test-0123456789"},
        {Provider::openai_responses, "/v1/responses", "authorization", "Bearer sk-test-0123456789"},
        {Provider::anthropic, "/v1/messages", "x-api-key", key},
        {Provider::gemini, "/v1beta/models/test-model:streamGenerateContent?alt=sse", "x-goog-api-key", key},
        {Provider::ollama, "/api/chat", "authorization", "Bearer sk-test-0123456789"},
    };
    for (const Row& row : rows) {
        World world;
        REQUIRE(world.ask(world.model(row.provider)).result);
        auto seen = world.server.requests().at(0);
        CHECK(seen.path == row.path);
        CHECK(seen.header(row.header) == row.value);
        Model keyless = world.model(row.provider);
        keyless.api_key = {};
        REQUIRE(world.ask(keyless).result);
        CHECK(world.server.requests().at(1).header(row.header).empty());
    }
}

TEST_CASE("a whole conversation with an image, calls and results is put in each provider's form") {
    Message with_image{.role = Role::user,
                       .parts = {Text{"What is it?"}, Image{.media_type = "image/png", .bytes = "\x89PNG"}}};
    Message calling{.role = Role::assistant,
                    .parts = {ToolCall{.id = "c1", .name = "look", .arguments = {R"({"at":1})"}}}};
    Message result{.role = Role::tool, .parts = {ToolResult{.id = "c1", .name = "look", .text = "a cat"}}};
    Ask ask{.messages = {message(Role::system, "S"), with_image, calling, result},
            .tools = {{.name = "look", .description = "Looks.", .schema = {R"({"type":"object"})"}}}};
    struct Row {
        Provider provider;
        std::vector<std::string> parts;
    };
    const Row rows[] = {
        {Provider::openai,
         {R"("url":"data:image/png;base64,iVBORw==")",
          R"("tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{\"at\":1}"}}])",
          R"({"role":"tool","tool_call_id":"c1","content":"a cat"})", R"("parameters":{"type":"object"})",
          R"("include_usage":true)"}},
        {Provider::openai_responses,
         {R"("input":[{"role":"system","content":[{"type":"input_text","text":"S"}]})",
          R"({"type":"input_image","image_url":"data:image/png;base64,iVBORw=="})",
          R"({"type":"function_call","call_id":"c1","name":"look","arguments":"{\"at\":1}"})",
          R"({"type":"function_call_output","call_id":"c1","output":"a cat"})",
          R"("tools":[{"type":"function","name":"look")", R"("store":false)"}},
        {Provider::anthropic,
         {R"("media_type":"image/png","data":"iVBORw==")",
          R"({"type":"tool_use","id":"c1","name":"look","input":{"at":1}})",
          R"("type":"tool_result","tool_use_id":"c1","content":"a cat")", R"("input_schema":{"type":"object"})",
          R"("system":[{"type":"text","text":"S")"}},
        {Provider::gemini,
         {R"("inlineData":{"mimeType":"image/png","data":"iVBORw=="})",
          R"("functionCall":{"name":"look","args":{"at":1}})",
          R"("functionResponse":{"name":"look","response":{"result":"a cat"}})",
          R"("systemInstruction":{"parts":[{"text":"S"}]})", R"("functionDeclarations":[)"}},
        {Provider::ollama,
         {R"("images":["iVBORw=="])", R"("tool_calls":[{"function":{"name":"look","arguments":{"at":1}}}])",
          R"({"role":"tool","tool_name":"look","content":"a cat"})", R"("num_ctx":8192)"}},
    };
    for (const Row& row : rows) {
        World world;
        world.server.next(Answer().call("c2", "look", R"({"at":2})"));
        auto heard = world.ask(world.model(row.provider), ask);
        REQUIRE(heard.result);
        CHECK(heard.result->finish_reason == FinishReason::tool_calls);
        REQUIRE(heard.result->tool_calls.size() == 1);
        CHECK(heard.result->tool_calls[0].name == "look");
        CHECK(heard.result->tool_calls[0].arguments.text == R"({"at":2})");
        std::string body = world.server.requests().at(0).body;
        for (const std::string& part : row.parts) CHECK_MESSAGE(body.contains(part), part << " in " << body);
    }
}

TEST_CASE("the schema of an answer is put in each provider's form") {
    Ask ask{.messages = {message(Role::user, "x")}, .output_schema = Json{R"({"type":"object"})"}};
    struct Row {
        Provider provider;
        std::string part;
    };
    const Row rows[] = {
        {Provider::openai,
         R"("response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"},"strict":true}})"},
        {Provider::openai_responses,
         R"("text":{"format":{"type":"json_schema","name":"answer","schema":{"type":"object"},"strict":true}})"},
        {Provider::anthropic, R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}})"},
        {Provider::gemini, R"("responseMimeType":"application/json","responseJsonSchema":{"type":"object"})"},
        {Provider::ollama, R"("format":{"type":"object"})"},
    };
    for (const Row& row : rows) {
        World world;
        REQUIRE(world.ask(world.model(row.provider), ask).result);
        std::string body = world.server.requests().at(0).body;
        CHECK_MESSAGE(body.contains(row.part), body);
    }
}

TEST_CASE("Gemini gets the signature of a call back") {
    World world;
    world.server.next(
        Answer().raw("data: "
                     "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"look\",\"args\":{}},"
                     "\"thoughtSignature\":\"c2ln\"}]}}]}\r\n\r\n"));
    auto heard = world.ask(world.model(Provider::gemini));
    REQUIRE(heard.result);
    Message calling{.role = Role::assistant, .parts = {heard.result->tool_calls.at(0)}};
    REQUIRE(world.ask(world.model(Provider::gemini), {.messages = {message(Role::user, "x"), calling}}).result);
    CHECK(world.server.requests().at(1).body.contains(
        R"({"functionCall":{"name":"look","args":{}},"thoughtSignature":"c2ln"})"));
}

TEST_CASE("Anthropic gets turns that alternate, begin with the user and have no empty text") {
    World world;
    Ask ask{.messages = {message(Role::assistant, "Greetings."), message(Role::user, "a"), message(Role::user, ""),
                         message(Role::user, "b")},
            .reasoning = Reasoning::low};
    REQUIRE(world.ask(world.model(Provider::anthropic), ask).result);
    std::string body = world.server.requests().at(0).body;
    CHECK(body.contains(
        R"x("messages":[{"role":"user","content":[{"type":"text","text":"(The conversation begins.)"}]},{"role":"assistant")x"));
    CHECK(body.contains(
        R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control")"));
    CHECK(body.contains(R"("budget_tokens":1024)"));
}

TEST_CASE("pieces arrive while the model still speaks, byte by byte too") {
    for (Provider provider : all_providers) {
        World world;
        Gate gate;
        world.server.next(Answer().say("first").wait_for(gate).say(" second").bytes_a_write(1));
        std::string text;
        auto result = world.gateway.stream(op(), world.model(provider), {.messages = {message(Role::user, "x")}},
                                           [&](const Piece& piece) {
                                               if (piece.kind == PieceKind::text) text += piece.text;
                                               if (text == "first") gate.open();
                                               return true;
                                           });
        REQUIRE(result);
        CHECK(text == "first second");
    }
}

TEST_CASE("a base URL without a path works with /v1 and without it") {
    World world;
    world.server.next(Answer().status(404).body("not found"));
    world.server.next(Answer().say("here"));
    auto heard = world.ask(world.model());
    REQUIRE(heard.result);
    CHECK(heard.text == "here");
    CHECK(world.server.requests().at(1).path == "/chat/completions");

    // When both are wrong, the error is the first one's: it may name the model that does not exist.
    world.server.next(refusal(404, "The model test-model does not exist"));
    world.server.next(Answer().status(404).body("not found"));
    auto lost = world.ask(world.model());
    REQUIRE_FALSE(lost.result);
    CHECK(lost.result.error().code == Code::not_found);
    CHECK(lost.result.error().message.contains("The model test-model does not exist"));
}

TEST_CASE("a server that does not know stream_options is asked without it") {
    World world;
    world.server.next(refusal(400, "Unrecognized request argument: stream_options"));
    world.server.next(Answer().say("ok"));
    auto heard = world.ask(world.model());
    REQUIRE(heard.result);
    CHECK(heard.text == "ok");
    CHECK_FALSE(world.server.requests().at(1).body.contains("stream_options"));
}

TEST_CASE("what may pass is tried again before the first piece, for every provider") {
    for (Provider provider : all_providers) {
        CAPTURE(name_of(provider));
        for (int status : {429, 500, 502, 503, 529}) {
            World world;
            world.server.next(refusal(status, "not now", "overloaded"));
            world.server.next(Answer().say("now"));
            auto heard = world.ask(world.model(provider));
            REQUIRE(heard.result);
            CHECK(heard.text == "now");
            CHECK(heard.result->tries == 2);
        }
        World world;
        world.server.next(Answer().fail_inside("Overloaded", "overloaded_error"));
        world.server.next(Answer().raw("").reset());
        world.server.next(Answer().say("now"));
        auto heard = world.ask(world.model(provider));
        REQUIRE(heard.result);
        CHECK(heard.result->tries == 3);
    }
}

TEST_CASE("tries end: after the last the error stands") {
    World world;
    for (int i = 0; i < 5; ++i) world.server.next(refusal(503, "down for repairs"));
    auto heard = world.ask(world.model());
    REQUIRE_FALSE(heard.result);
    CHECK(heard.result.error().code == Code::unavailable);
    CHECK(heard.result.error().message.contains("down for repairs"));
    CHECK(world.server.requests().size() == 3);
}

TEST_CASE("what will not pass is asked once") {
    for (int status : {400, 401, 403, 404, 413}) {
        World world;
        world.server.otherwise(refusal(status, "no, and your key is " + std::string(key)));
        Model model = world.model(Provider::anthropic);
        auto heard = world.ask(model);
        REQUIRE_FALSE(heard.result);
        CHECK(world.server.requests().size() == 1);
        CHECK_FALSE((heard.result.error().message + heard.result.error().cause).contains(key));
        CHECK(heard.result.error().message.contains("[key]"));
    }
}

TEST_CASE("Retry-After is waited for, but not beyond the deadline and not for minutes") {
    World world;
    world.server.next(refusal(429, "slow down").header("Retry-After", "0.01"));
    world.server.next(Answer().say("ok"));
    CHECK(world.ask(world.model()).text == "ok");

    world.server.next(refusal(429, "slow down").header("Retry-After", "3600"));
    auto hours = world.ask(world.model());
    REQUIRE_FALSE(hours.result);
    CHECK(hours.result.error().code == Code::over_quota);
    CHECK(hours.result.error().retry_after_ms == 3'600'000);

    world.server.next(refusal(429, "slow down").header("Retry-After", "30"));
    Op hurried = op();
    hurried.deadline = Deadline::in_ms(10'000);
    auto late = world.ask(world.model(), {.messages = {message(Role::user, "x")}}, hurried);
    REQUIRE_FALSE(late.result);
    CHECK(late.result.error().code == Code::over_quota);
    CHECK_FALSE(hurried.deadline.passed());
    CHECK(world.server.requests().size() == 4);
}

TEST_CASE("an answer that breaks off is told as such, and is not asked again") {
    for (Provider provider : all_providers) {
        CAPTURE(name_of(provider));
        for (Answer answer : {Answer().say("Hel").cut(), Answer().say("Hel").reset(), Answer().say("Hel").without_end(),
                              Answer().say("Hel").fail_inside("boom"),
                              Answer().say("Hel").raw("data: {garbage\n\n{garbage\n").without_end()}) {
            World world;
            world.server.next(answer);
            auto heard = world.ask(world.model(provider));
            REQUIRE_FALSE(heard.result);
            CHECK(heard.result.error().code == Code::unavailable);
            CHECK_MESSAGE(heard.result.error().message.contains("cut off"), heard.result.error().message);
            CHECK(world.server.requests().size() == 1);
        }
    }
}

TEST_CASE("a model that is down, or silent, is told as such") {
    World world;
    Model nobody = world.model();
    {
        ModelServer gone;
        nobody.base_url = gone.url();
    }
    auto down = world.ask(nobody);
    REQUIRE_FALSE(down.result);
    CHECK(down.result.error().code == Code::unavailable);
    CHECK(down.result.error().message.contains("the model \"tested\""));

    Model impatient = world.model();
    impatient.first_token_timeout_ms = 30;
    world.server.next(Answer().hang());
    auto silent = world.ask(impatient);
    REQUIRE_FALSE(silent.result);
    CHECK(silent.result.error().code == Code::timed_out);

    impatient = world.model();
    impatient.between_tokens_timeout_ms = 1'000;  // time enough for the first word on a busy machine
    world.server.next(Answer().say("Hel").hang());
    auto stuck = world.ask(impatient);
    REQUIRE_FALSE(stuck.result);
    CHECK(stuck.result.error().message.contains("cut off"));
    CHECK(stuck.text == "Hel");
}

TEST_CASE("stop ends the answer, wherever it is, and the provider's connection") {
    for (bool inside : {false, true}) {
        World world;
        Gate gate;
        Answer answer;
        if (inside) answer.say("Hel");
        world.server.next(answer.wait_for(gate));
        std::stop_source stop;
        Op stopped = op();
        stopped.stop = stop.get_token();
        std::thread person([&] {
            CHECK(gate.wait_until_reached());
            stop.request_stop();
        });
        auto heard = world.ask(world.model(), {.messages = {message(Role::user, "x")}}, stopped);
        person.join();
        REQUIRE_FALSE(heard.result);
        CHECK(heard.result.error().code == Code::cancelled);
        CHECK(world.server.wait_until_idle());
    }
}

TEST_CASE("stop ends the wait between two tries") {
    ModelServer server;
    fetch::Fetch fetch;
    Gateway gateway(fetch);
    server.otherwise(refusal(429, "slow down").header("Retry-After", "50"));
    std::stop_source stop;
    Op stopped = op();
    stopped.stop = stop.get_token();
    std::thread person([&] {
        CHECK(server.wait_for_requests(1));
        stop.request_stop();
    });
    Model model{.provider = Provider::openai, .base_url = server.url(), .model = "m"};
    auto result =
        gateway.stream(stopped, model, {.messages = {message(Role::user, "x")}}, [](const Piece&) { return true; });
    person.join();
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Code::cancelled);
}

TEST_CASE("false from on_piece ends an endless answer") {
    for (Provider provider : all_providers) {
        World world;
        world.server.next(Answer().say_forever("again "));
        int count = 0;
        auto result = world.gateway.stream(op(), world.model(provider), {.messages = {message(Role::user, "x")}},
                                           [&](const Piece&) { return ++count < 5; });
        REQUIRE_FALSE(result);
        CHECK(result.error().code == Code::cancelled);
        CHECK(count == 5);
        CHECK(world.server.wait_until_idle());
    }
}

TEST_CASE("the test button: an answer, or what is wrong") {
    World world;
    for (Provider provider : all_providers) {
        world.server.next(Answer().say(" ready\n"));
        auto answer = world.gateway.test_model(op(), world.model(provider));
        REQUIRE(answer);
        CHECK(*answer == "ready");
    }
    world.server.next(refusal(503, "down"));
    CHECK_FALSE(world.gateway.test_model(op(), world.model(Provider::anthropic)));
    CHECK(world.server.requests().size() == 1 + std::size(all_providers));
    auto demo = world.gateway.test_model(op(), {.name = "demo", .provider = Provider::demo});
    REQUIRE(demo);
    CHECK(demo->contains("demo"));
}

TEST_CASE("lists of models, and Ollama found by itself") {
    World world;
    world.server.models({"zeta:7b", "alpha"});
    for (Provider provider : all_providers) {
        auto names = world.gateway.list_models(op(), world.model(provider));
        REQUIRE(names);
        CHECK(*names == std::vector<std::string>{"alpha", "zeta:7b"});
    }
    auto found = world.gateway.discover_ollama(op());
    REQUIRE(found.size() == 2);
    CHECK(found[0].provider == Provider::ollama);
    CHECK(found[0].model == "alpha");
    CHECK(world.ask(found[0]).text == "Hello from the test model.");

    fetch::Fetch fetch;
    std::string gone_url;
    {
        ModelServer gone;
        gone_url = gone.url();
    }
    CHECK(Gateway(fetch, {.ollama_url = gone_url}).discover_ollama(op()).empty());
    CHECK_FALSE(Gateway(fetch).list_models(op(), {.name = "x", .provider = Provider::openai, .base_url = gone_url}));
}

TEST_CASE("many answers at once do not mix") {
    World world;
    Gate gate;
    world.server.otherwise(Answer().say_words("one two three four five").wait_for(gate).say(" end").bytes_a_write(3));
    std::vector<std::thread> people;
    std::atomic<int> good = 0;
    for (int i = 0; i < 16; ++i)
        people.emplace_back([&, i] {
            auto heard = world.ask(world.model(all_providers[i % 4]));
            if (heard.result && heard.text == "one two three four five end") ++good;
        });
    CHECK(world.server.wait_for_requests(16));
    gate.open();
    for (std::thread& person : people) person.join();
    CHECK(good == 16);
}

TEST_CASE("prices, and the names of providers") {
    CHECK(cost_usd({.tokens_in_usd = 3, .tokens_cached_usd = 0.3, .tokens_out_usd = 15},
                   {.tokens_in = 1'000'000, .tokens_out = 100'000, .tokens_cached = 500'000}) ==
          doctest::Approx(1.5 + 0.15 + 1.5));
    for (Provider provider : all_providers) CHECK(parse_provider(name_of(provider)) == provider);
    CHECK_FALSE(parse_provider("other"));
}

// The wire formats: recorded-style scripts, each read with its bytes split at every position.
#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "kernel/llm/adapter.h"
#include "testing/model_server.h"

using namespace ry;
using namespace ry::llm;
using ry::testing::Answer;
using ry::testing::Wire;
using ry::testing::wire_bytes;

namespace {

constexpr Provider all_providers[] = {Provider::openai, Provider::openai_responses, Provider::anthropic,
                                      Provider::gemini, Provider::ollama};

Wire wire_of(Provider provider) {
    switch (provider) {
        case Provider::openai:
            return Wire::openai;
        case Provider::openai_responses:
            return Wire::openai_responses;
        case Provider::anthropic:
            return Wire::anthropic;
        case Provider::gemini:
            return Wire::gemini;
        default:
            return Wire::ollama;
    }
}

/// What a caller sees, in one text: "text(Hel) text(lo) usage(3/2/0) finish(stop)". Neighbours of a kind are joined
/// when asked.
struct Reader {
    bool joins = true;
    std::string seen = {};
    std::string last = {};
    OnPiece on_piece = [this](const Piece& piece) {
        auto part = [&](std::string name, std::string_view text) {
            if (joins && last == name && seen.ends_with(')'))
                seen.insert(seen.size() - 1, text);
            else
                seen += (seen.empty() ? "" : " ") + name + "(" + std::string(text) + ")";
            last = name;
        };
        std::string index = std::to_string(piece.index);
        switch (piece.kind) {
            case PieceKind::text:
                part("text", piece.text);
                break;
            case PieceKind::reasoning:
                part("reasoning", piece.text);
                break;
            case PieceKind::tool_call_started:
                part("call" + index, std::string(piece.id) + " " + std::string(piece.name));
                break;
            case PieceKind::tool_call_arguments:
                part("arguments" + index, piece.text);
                break;
            case PieceKind::tool_call_done:
                part("done" + index, piece.text);
                break;
            case PieceKind::usage:
                break;
            case PieceKind::finish:
                part("finish", std::string(name_of(piece.finish_reason)) + " " + std::to_string(piece.usage.tokens_in) +
                                   "/" + std::to_string(piece.usage.tokens_out) + "/" +
                                   std::to_string(piece.usage.tokens_cached));
                break;
        }
        return true;
    };

    std::string read(Provider provider, std::string_view bytes, const std::vector<size_t>& cuts) {
        Assembly assembly(on_piece);
        auto decoder = adapter_of(provider).decoder(assembly);
        size_t from = 0;
        for (size_t cut : cuts) {
            decoder->feed(bytes.substr(from, cut - from));
            from = cut;
        }
        decoder->feed(bytes.substr(from));
        decoder->finish();
        if (assembly.refusal())
            return seen + " refused(" + std::to_string(assembly.refusal()->status) + " " + assembly.refusal()->message +
                   ")";
        if (!assembly.is_whole()) return seen + " cut";
        (void)assembly.finish();
        return seen;
    }
};

std::string read(Provider provider, std::string_view bytes, const std::vector<size_t>& cuts = {}) {
    return Reader().read(provider, bytes, cuts);
}

void reads_as(Provider provider, const std::string& bytes, const std::string& expected) {
    CAPTURE(name_of(provider));
    CAPTURE(bytes);
    CHECK(read(provider, bytes) == expected);
    for (size_t cut = 0; cut <= bytes.size(); ++cut) REQUIRE(read(provider, bytes, {cut}) == expected);
    std::vector<size_t> everywhere;
    for (size_t cut = 1; cut < bytes.size(); ++cut) everywhere.push_back(cut);
    CHECK(read(provider, bytes, everywhere) == expected);
}

std::string sse(std::initializer_list<std::string_view> frames) {
    std::string bytes;
    for (std::string_view frame : frames) bytes += "data: " + std::string(frame) + "\n\n";
    return bytes;
}

}  // namespace

TEST_CASE("every provider's words, thoughts, calls and figures read the same, split anywhere") {
    struct Row {
        Answer answer;
        std::string expected;
    };
    const Row rows[] = {
        {Answer().say("Hel").say("lo, мир 🙂").usage(3, 2), "text(Hello, мир 🙂) finish(stop 3/2/0)"},
        {Answer().think("Well").think("…").say("\"Yes\"\n\\ok\t<b>"),
         "reasoning(Well…) text(\"Yes\"\n\\ok\t<b>) finish(stop 11/7/0)"},
        {Answer().say("x").finish_reason("length"), "text(x) finish(length 11/7/0)"},
        {Answer(), "finish(stop 11/7/0)"},
    };
    for (Provider provider : all_providers)
        for (const Row& row : rows) reads_as(provider, wire_bytes(wire_of(provider), row.answer), row.expected);
}

TEST_CASE("tool calls come started, in pieces, and whole") {
    Answer answer =
        Answer().say("Let me look.").call("call_a", "read_file", R"({"path":"src/a.ts"})").call("call_b", "list", "{}");
    for (Provider provider : {Provider::openai, Provider::openai_responses, Provider::anthropic})
        reads_as(provider, wire_bytes(wire_of(provider), answer),
                 "text(Let me look.) call0(call_a read_file) arguments0({\"path\":\"src/a.ts\"}) "
                 "done0({\"path\":\"src/a.ts\"}) "
                 "call1(call_b list) arguments1({}) done1({}) finish(tool_calls 11/7/0)");
    for (Provider provider : {Provider::gemini, Provider::ollama})  // whole calls without ids
        reads_as(provider, wire_bytes(wire_of(provider), answer),
                 "text(Let me look.) call0(call_0 read_file) arguments0({\"path\":\"src/a.ts\"}) "
                 "done0({\"path\":\"src/a.ts\"}) "
                 "call1(call_1 list) arguments1({}) done1({}) finish(tool_calls 11/7/0)");
}

TEST_CASE("tokens from the provider's cache count as tokens in") {
    for (Provider provider : {Provider::openai, Provider::openai_responses, Provider::anthropic, Provider::gemini})
        reads_as(provider, wire_bytes(wire_of(provider), Answer().say("x").usage(100, 5, 80)),
                 "text(x) finish(stop 100/5/80)");
}

TEST_CASE("an error in the middle is the provider's, with its status") {
    Answer overloaded = Answer().say("Hel").fail_inside("Overloaded", "overloaded_error");
    reads_as(Provider::openai, wire_bytes(Wire::openai, overloaded), "text(Hel) refused(529 Overloaded)");
    reads_as(Provider::openai_responses, wire_bytes(Wire::openai_responses, overloaded),
             "text(Hel) refused(529 Overloaded)");
    reads_as(Provider::anthropic, wire_bytes(Wire::anthropic, overloaded), "text(Hel) refused(529 Overloaded)");
    reads_as(Provider::gemini, wire_bytes(Wire::gemini, overloaded), "text(Hel) refused(500 Overloaded)");
    reads_as(Provider::ollama, wire_bytes(Wire::ollama, overloaded), "text(Hel) refused(500 Overloaded)");
}

TEST_CASE("a stream without its end is cut, wherever it stops") {
    for (Provider provider : all_providers) {
        std::string bytes = wire_bytes(wire_of(provider), Answer().say("Hel").say("lo").without_end());
        CHECK(read(provider, bytes).ends_with(" cut"));
        CHECK(read(provider, "").ends_with(" cut"));
    }
}

TEST_CASE("garbage is refused, and what was said before it stays") {
    for (Provider provider : all_providers) {
        std::string garbage = provider == Provider::ollama ? "{\"message\":\n" : "data: {\"choices\":[\n\n";
        std::string bytes = wire_bytes(wire_of(provider), Answer().say("Hel").without_end()) + garbage;
        CHECK(read(provider, bytes) == "text(Hel) refused(502 a part of the answer is not JSON)");
    }
}

TEST_CASE("frames of the wrong kind are passed over") {
    const char* values[] = {"null", "1", "\"x\"", "[]", "{}", "[1]", "true"};
    for (std::string value : values) {
        CAPTURE(value);
        for (std::string frame :
             {value, "{\"choices\":" + value + "}", "{\"choices\":[" + value + "]}",
              "{\"choices\":[{\"delta\":" + value + "}]}", "{\"choices\":[{\"delta\":{\"tool_calls\":" + value + "}}]}",
              "{\"choices\":[{\"delta\":{\"tool_calls\":[" + value + "]}}]}",
              "{\"choices\":[{\"finish_reason\":" + (value == "\"x\"" ? "null" : value) + "}]}",
              "{\"usage\":" + value + "}"})
            CHECK(read(Provider::openai, sse({frame, "[DONE]"})) == "finish(stop 0/0/0)");
        for (std::string frame :
             {value, "{\"type\":" + value + "}",
              "{\"type\":\"response.output_text.delta\",\"delta\":" + (value == "\"x\"" ? "1" : value) + "}",
              "{\"type\":\"response.output_item.done\",\"output_index\":" + value + ",\"item\":" + value + "}",
              "{\"type\":\"response.in_progress\",\"sequence_number\":" + value + ",\"response\":" + value + "}"})
            CHECK(read(Provider::openai_responses, sse({frame, R"({"type":"response.completed","response":{}})"})) ==
                  "finish(stop 0/0/0)");
        for (std::string frame :
             {value, "{\"type\":" + value + "}", "{\"type\":\"message_start\",\"message\":" + value + "}",
              "{\"type\":\"content_block_start\",\"content_block\":" + value + "}",
              "{\"type\":\"content_block_delta\",\"index\":" + value + ",\"delta\":{}}",
              "{\"type\":\"message_delta\",\"delta\":" + value + ",\"usage\":" + value + "}"})
            CHECK(read(Provider::anthropic, sse({frame, "{\"type\":\"message_stop\"}"})) == "finish(stop 0/0/0)");
        for (std::string frame :
             {value, "{\"candidates\":" + value + "}", "{\"candidates\":[" + value + "]}",
              "{\"candidates\":[{\"content\":{\"parts\":" + value + "}}]}", "{\"usageMetadata\":" + value + "}"})
            CHECK(read(Provider::gemini, sse({frame, "{\"candidates\":[{\"finishReason\":\"STOP\"}]}"})) ==
                  "finish(stop 0/0/0)");
        for (std::string line : {value, "{\"message\":" + value + "}", "{\"message\":{\"tool_calls\":" + value + "}}",
                                 "{\"done\":" + (value == "true" ? "1" : value) + "}"})
            CHECK(read(Provider::ollama, line + "\n{\"done\":true}\n") == "finish(stop 0/0/0)");
    }
}

TEST_CASE("OpenAI-like servers and their oddities") {
    // Azure: a first frame without choices. Many: a delta with the role alone, null content, a usage of null.
    reads_as(Provider::openai,
             sse({R"({"id":"","choices":[],"prompt_filter_results":[{}]})",
                  R"({"choices":[{"index":0,"delta":{"role":"assistant"}}],"usage":null})",
                  R"({"choices":[{"delta":{"content":null}}]})",
                  R"({"choices":[{"delta":{"content":"Hi"},"finish_reason":""}]})",
                  R"({"choices":[{"delta":{},"finish_reason":"stop"}]})", "[DONE]"}),
             "text(Hi) finish(stop 0/0/0)");
    // OpenRouter: comments while it waits; CRLF of others.
    reads_as(Provider::openai,
             ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\r\n\r\n" +
                 sse({R"({"choices":[{"delta":{"content":"Hi","reasoning":"Hm"}}]})"}) + "data: [DONE]\r\n\r\n",
             "reasoning(Hm) text(Hi) finish(stop 0/0/0)");
    // No finish_reason before [DONE]; no [DONE] after a finish_reason; no last empty line.
    reads_as(Provider::openai, sse({R"({"choices":[{"delta":{"content":"a"}}]})"}) + "data: [DONE]",
             "text(a) finish(stop 0/0/0)");
    reads_as(Provider::openai, sse({R"({"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]})"}),
             "text(a) finish(stop 0/0/0)");
    reads_as(Provider::openai, R"(data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]})",
             "text(a) finish(stop 0/0/0)");
    // Mistral: content as an array, thinking inside; DeepSeek: reasoning_content.
    reads_as(
        Provider::openai,
        sse({R"({"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},{"type":"text","text":"Hi"}]}}]})",
             R"({"choices":[{"delta":{"reasoning_content":"…","content":""}}]})", "[DONE]"}),
        "reasoning(Hm) text(Hi) reasoning(…) finish(stop 0/0/0)");
    // Calls without an index, each whole; the arguments of one as an object; a later frame that repeats the name.
    reads_as(
        Provider::openai,
        sse({R"({"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":{"x":1}}},{"id":"b","function":{"name":"g","arguments":"{\"y\""}}]}}]})",
             R"({"choices":[{"delta":{"tool_calls":[{"function":{"name":"g","arguments":":2}"}}]},"finish_reason":"stop"}]})",
             "[DONE]"}),
        R"(call0(a f) arguments0({"x":1}) done0({"x":1}) call1(b g) arguments1({"y":2}) done1({"y":2}) finish(tool_calls 0/0/0))");
    // Arguments that never become JSON stay readable.
    reads_as(
        Provider::openai,
        sse({R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]}}]})",
             "[DONE]"}),
        R"(call0(a f) arguments0({"x":) done0({"unparsed":"{\"x\":"}) finish(tool_calls 0/0/0))");
    // Errors that come with status 200: in the stream, with a numeric code, and instead of it.
    reads_as(
        Provider::openai,
        sse({R"({"error":{"code":502,"message":"Provider returned error"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]})"}),
        " refused(502 Provider returned error)");
    reads_as(Provider::openai, R"({"error":{"message":"no such key","type":"authentication_error"}})",
             " refused(401 no such key)");
    // A server that does not stream, and one that is no model.
    reads_as(
        Provider::openai,
        R"({"choices":[{"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}})",
        "text(Hi) finish(stop 3/1/0)");
    reads_as(Provider::openai, "<!doctype html><title>Welcome</title>",
             " refused(404 the address did not answer as a model does)");
    // Bytes that are not UTF-8, and the NUL that PostgreSQL does not take.
    reads_as(Provider::openai, sse({"{\"choices\":[{\"delta\":{\"content\":\"a\xff\\u0000b\"}}]}", "[DONE]"}),
             "text(a\xEF\xBF\xBD"
             "b) finish(stop 0/0/0)");
}

TEST_CASE("servers that speak OpenAI's responses, and their oddities") {
    constexpr auto responses = Provider::openai_responses;
    // A proxy that sends frames twice; a server that ends with [DONE] as chat completions do.
    reads_as(
        responses,
        sse({R"({"type":"response.output_text.delta","sequence_number":1,"delta":"Hi"})",
             R"({"type":"response.output_text.delta","sequence_number":1,"delta":"Hi"})",
             R"({"type":"response.completed","sequence_number":2,"response":{"usage":{"input_tokens":3,"output_tokens":1}}})",
             "[DONE]"}),
        "text(Hi) finish(stop 3/1/0)");
    // No deltas: a part, and a call, given as a whole.
    reads_as(
        responses,
        sse({R"({"type":"response.output_text.done","output_index":0,"text":"Hi"})",
             R"({"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{\"x\":1}"}})",
             R"({"type":"response.completed","response":{}})"}),
        R"(text(Hi) call0(c f) arguments0({"x":1}) done0({"x":1}) finish(tool_calls 0/0/0))");
    // Deltas are not said again by the frames that repeat their part.
    reads_as(
        responses,
        sse({R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"})",
             R"({"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hi"})",
             R"({"type":"response.completed","response":{"output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}]}})"}),
        "text(Hi) finish(stop 0/0/0)");
    // Two paragraphs of a summary; thoughts of an open model; a refusal is the answer.
    reads_as(responses,
             sse({R"({"type":"response.reasoning_summary_text.delta","summary_index":0,"delta":"One"})",
                  R"({"type":"response.reasoning_summary_text.delta","summary_index":1,"delta":"Two"})",
                  R"({"type":"response.reasoning_text.delta","output_index":1,"delta":"Three"})",
                  R"({"type":"response.refusal.delta","output_index":2,"delta":"No."})",
                  R"({"type":"response.incomplete","response":{"incomplete_details":{"reason":"content_filter"}}})"}),
             "reasoning(One\n\nTwo\n\nThree) text(No.) finish(content_filter 0/0/0)");
    // An error of its own type, and one instead of the stream.
    reads_as(responses, sse({R"({"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null})"}),
             " refused(429 slow down)");
    reads_as(responses, R"({"error":{"message":"no such key","type":"authentication_error"}})",
             " refused(401 no such key)");
    // A server that does not stream, and one that is no model.
    reads_as(
        responses,
        R"({"status":"completed","error":null,"output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"Hm"}]},{"type":"message","content":[{"type":"output_text","text":"Hi"}]}],"usage":{"input_tokens":3,"output_tokens":1}})",
        "reasoning(Hm) text(Hi) finish(stop 3/1/0)");
    reads_as(responses, "<!doctype html><title>Welcome</title>",
             " refused(404 the address did not answer as a model does)");
}

TEST_CASE("halves of a surrogate pair, whole pairs and what looks like one") {
    struct Row {
        std::string escaped, expected;
    };
    const Row rows[] = {{R"(\ud83d\ude42)", "🙂"},
                        {R"(a\ud83d)", "a\uFFFD"},
                        {R"(\ude42b)", "\uFFFDb"},
                        {R"(\ud83d\ud83d\ude42)", "\uFFFD🙂"},
                        {R"(\ud83dx\ude42)", "\uFFFDx\uFFFD"},
                        {R"(\ud83d\\ud83d)", "\uFFFD\\ud83d"}};
    for (const Row& row : rows) {
        reads_as(Provider::openai, sse({R"({"choices":[{"delta":{"content":")" + row.escaped + "\"}}]}", "[DONE]"}),
                 "text(" + row.expected + ") finish(stop 0/0/0)");
        reads_as(Provider::ollama, R"({"message":{"content":")" + row.escaped + "\"}}\n{\"done\":true}\n",
                 "text(" + row.expected + ") finish(stop 0/0/0)");
    }
}

TEST_CASE("Gemini's oddities: a signed call, a blocked question, a call beside words, a frame without candidates") {
    reads_as(
        Provider::gemini,
        sse({R"({"candidates":[{"content":{"parts":[{"text":"Hm","thought":true},{"text":"Hi"},{"functionCall":{"name":"f","args":{}},"thoughtSignature":"c2ln"}]}}]})",
             R"({"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1,"thoughtsTokenCount":4}})",
             R"({"candidates":[{"finishReason":"STOP"}]})"}),
        "reasoning(Hm) text(Hi) call0(call_0 f) arguments0({}) done0({}) finish(tool_calls 3/5/0)");
    reads_as(Provider::gemini, sse({R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}})"}),
             " refused(400 the question was blocked: PROHIBITED_CONTENT)");
}

TEST_CASE("what follows the end is not read") {
    CHECK(read(Provider::openai, sse({"[DONE]", R"({"choices":[{"delta":{"content":"late"}}]})"})) ==
          "finish(stop 0/0/0)");
    CHECK(read(Provider::ollama, "{\"done\":true}\n{\"message\":{\"content\":\"late\"}}\n") == "finish(stop 0/0/0)");
}

TEST_CASE("base URLs as people write them") {
    struct Row {
        Provider provider;
        std::string given, address;
    };
    const Row rows[] = {
        {Provider::openai, "", "https://api.openai.com/v1"},
        {Provider::openai, "https://api.openai.com", "https://api.openai.com/v1"},
        {Provider::openai, " https://api.openai.com/v1/ ", "https://api.openai.com/v1"},
        {Provider::openai, "http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"},
        {Provider::openai, "http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1"},
        {Provider::openai, "http://127.0.0.1:8000/v1//", "http://127.0.0.1:8000/v1"},
        {Provider::openai, "http://127.0.0.1:8000/v1/chat/completions", "http://127.0.0.1:8000/v1"},
        {Provider::openai, "http://127.0.0.1:8000/v1/responses", "http://127.0.0.1:8000/v1"},
        {Provider::openai_responses, "", "https://api.openai.com/v1"},
        {Provider::openai, "http://127.0.0.1:8000/v1/models", "http://127.0.0.1:8000/v1"},
        {Provider::openai, "https://host.example/openai/v2", "https://host.example/openai/v2"},
        {Provider::openai, "localhost:1234", "http://localhost:1234/v1"},
        {Provider::openai, "192.168.1.5:1234/v1", "http://192.168.1.5:1234/v1"},
        {Provider::openai, "openrouter.ai/api/v1", "https://openrouter.ai/api/v1"},
        {Provider::anthropic, "", "https://api.anthropic.com/v1"},
        {Provider::anthropic, "https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1"},
        {Provider::gemini, "", "https://generativelanguage.googleapis.com/v1beta"},
        {Provider::gemini, "http://127.0.0.1:9/v1beta/", "http://127.0.0.1:9/v1beta"},
        {Provider::ollama, "", "http://127.0.0.1:11434"},
        {Provider::ollama, "http://box:11434/api/", "http://box:11434"},
        {Provider::ollama, "box:11434/v1", "http://box:11434"},
        {Provider::ollama, "http://box:11434/api/chat", "http://box:11434"},
        {Provider::ollama, "https://host.example/ollama", "https://host.example/ollama"},
    };
    for (const Row& row : rows) CHECK_MESSAGE(api_address(row.provider, row.given) == row.address, row.given);
}

TEST_CASE("Retry-After in seconds, in milliseconds, and as a date") {
    Time now = *parse_time("2026-11-21T10:00:00Z");
    auto wait = [&](std::string name, std::string value) {
        return retry_after_ms({.headers = {{name, value}}}, now).value_or(-1);
    };
    CHECK(wait("retry-after", "2") == 2'000);
    CHECK(wait("retry-after", "0.5") == 500);
    CHECK(wait("retry-after-ms", "150") == 150);
    CHECK(wait("retry-after", "Sat, 21 Nov 2026 10:00:30 GMT") == 30'000);
    CHECK(wait("retry-after", "Sat, 21 Nov 2026 09:00:00 GMT") == 0);
    CHECK(wait("retry-after", "99999999999999999999") == 86'400'000);
    for (const char* nothing : {"", "soon", "-1", "nan", "inf", "2 s"}) CHECK(wait("retry-after", nothing) == -1);
    CHECK_FALSE(retry_after_ms({}, now));
}

TEST_CASE("a refusal is told so that the person knows what to do") {
    Model model{.name = "big", .provider = Provider::openai, .model = "big-1", .api_key = Secret(" sk-secret-1234 \n")};
    struct Row {
        int status;
        std::string body;
        Code code;
        std::string says;
        bool may_pass;
    };
    const Row rows[] = {
        {401, R"({"error":{"message":"Incorrect API key provided: sk-secret-1234","code":"invalid_api_key"}})",
         Code::forbidden, "Settings → Models", false},
        {403, "", Code::forbidden, "key", false},
        {400,
         R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}})",
         Code::forbidden, "key", false},
        {404, R"({"error":"model 'x' not found"})", Code::not_found, "model 'x' not found", false},
        {400,
         R"({"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}})",
         Code::invalid, "too long", false},
        {400,
         R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}})",
         Code::invalid, "too long", false},
        {413, "", Code::invalid, "too long", false},
        {402, "", Code::over_quota, "credit", false},
        {429,
         R"({"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}})",
         Code::over_quota, "credit", false},
        {429, R"([{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED"}}])",
         Code::over_quota, "Resource exhausted", true},
        {500, "Internal Server Error", Code::unavailable, "Internal Server Error", true},
        {502, "<html>Bad gateway</html>", Code::unavailable, "(502)", true},
        {503, "", Code::unavailable, "try again", true},
        {529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})", Code::unavailable,
         "Overloaded", true},
        {504, "", Code::timed_out, "too long", true},
        {302, "", Code::unsupported, "base URL", false},
        {422, R"({"detail":"tools are not supported"})", Code::invalid, "tools are not supported", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.status);
        CAPTURE(row.body);
        Refusal refusal = read_refusal(row.status, row.body);
        Error error = error_of(model, refusal, 0);
        CHECK(error.code == row.code);
        CHECK_MESSAGE(error.message.contains(row.says), error.message);
        CHECK_FALSE((error.message + error.cause).contains("sk-secret"));
        CHECK(may_pass(refusal) == row.may_pass);
    }
}

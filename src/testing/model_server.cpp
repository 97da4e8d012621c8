#include "testing/model_server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <deque>
#include <list>
#include <thread>

#include "base/json.h"
#include "base/text.h"

namespace ry::testing {
namespace {

constexpr auto patience = std::chrono::seconds(180);  // a hang becomes a failure

std::string quoted(std::string_view text) {
    std::string out;
    json::write_string(out, text);
    return out;
}

Wire wire_of(std::string_view path) {
    if (path.contains("/chat/completions")) return Wire::openai;
    if (path.contains("/responses")) return Wire::openai_responses;
    if (path.contains("/messages")) return Wire::anthropic;
    if (path.contains(":streamGenerateContent") || path.contains(":generateContent")) return Wire::gemini;
    if (path.contains("/api/chat") || path.contains("/api/embed")) return Wire::ollama;
    if (path.ends_with("/embeddings")) return Wire::openai;
    if (path.ends_with(":batchEmbedContents")) return Wire::gemini;
    return Wire::plain;
}

std::string error_document(Wire wire, int status, const std::string& message, const std::string& type) {
    switch (wire) {
        case Wire::anthropic:
            return R"({"type":"error","error":{"type":)" + quoted(type) + R"(,"message":)" + quoted(message) +
                   R"(},"request_id":"req_err"})";
        case Wire::gemini:
            return R"({"error":{"code":)" + std::to_string(status) + R"(,"message":)" + quoted(message) +
                   R"(,"status":)" + quoted(type) + "}}";
        case Wire::ollama:
            return R"({"error":)" + quoted(message) + "}";
        default:
            return R"({"error":{"message":)" + quoted(message) + R"(,"type":)" + quoted(type) +
                   R"(,"param":null,"code":)" + quoted(type) + "}}";
    }
}

// ---- frames of the formats

std::string openai_frame(const std::string& delta, const std::string& finish = "null") {
    return R"(data: {"id":"chatcmpl-test","object":"chat.completion.chunk","created":1790000000,"model":"test-model","choices":[{"index":0,"delta":)" +
           delta + R"(,"logprobs":null,"finish_reason":)" + finish + "}]}\n\n";
}

std::string responses_frame(int& number, const std::string& type, const std::string& members) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\",\"sequence_number\":" + std::to_string(number++) +
           "," + members + "}\n\n";
}

std::string anthropic_frame(const std::string& type, const std::string& members) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + (members.empty() ? "" : ",") + members + "}\n\n";
}

std::string gemini_frame(const std::string& part, const std::string& more = "") {
    return R"(data: {"candidates":[{"content":{"parts":[)" + part + R"(],"role":"model"},"index":0)" + more +
           "\r\n\r\n";
}

std::string ollama_frame(const std::string& message) {
    return R"({"model":"test-model","created_at":"2026-11-21T08:00:00.000000Z","message":{"role":"assistant",)" +
           message +
           R"(},"done":false})"
           "\n";
}

// ---- embeddings

bool is_for_embeddings(std::string_view path) {
    return path.ends_with("/embeddings") || path.ends_with("/api/embed") || path.ends_with(":batchEmbedContents");
}

/// The texts that a request for embeddings has.
std::vector<std::string> texts_in(const boost::json::value& body) {
    std::vector<std::string> texts;
    auto add = [&](const boost::json::value& text) { texts.emplace_back(text.as_string().c_str()); };
    const auto& members = body.as_object();
    if (auto requests = members.if_contains("requests"))
        for (const auto& one : requests->as_array()) add(one.at("content").at("parts").at(0).at("text"));
    if (auto input = members.if_contains("input"))
        for (const auto& one : input->as_array()) add(one);
    return texts;
}

std::string embeddings_document(const SeenRequest& request,
                                const std::function<std::vector<float>(std::string_view)>& embed) {
    Wire wire = wire_of(request.path);
    std::vector<std::string> texts = texts_in(boost::json::parse(request.body));
    std::string items;
    size_t tokens = 0;
    for (size_t i = 0; i < texts.size(); ++i) {
        std::string numbers;
        for (float number : embed(texts[i])) {
            if (!numbers.empty()) numbers += ',';
            json::write_number(numbers, double(number));
        }
        if (i > 0) items += ',';
        if (wire == Wire::ollama) items += "[" + numbers + "]";
        if (wire == Wire::gemini) items += R"({"values":[)" + numbers + "]}";
        if (wire == Wire::openai)
            items += R"({"object":"embedding","index":)" + std::to_string(i) + R"(,"embedding":[)" + numbers + "]}";
        tokens += texts[i].size();
    }
    if (wire == Wire::gemini) return R"({"embeddings":[)" + items + "]}";
    if (wire == Wire::ollama)
        return R"({"model":"test-model","embeddings":[)" + items + R"(],"prompt_eval_count":)" +
               std::to_string(tokens) + "}";
    return R"({"object":"list","model":"test-model","data":[)" + items + R"(],"usage":{"prompt_tokens":)" +
           std::to_string(tokens) + R"(,"total_tokens":)" + std::to_string(tokens) + "}}";
}

std::vector<std::string> pieces_of(const std::string& text, size_t bytes) {
    std::vector<std::string> pieces;
    for (size_t at = 0; at < text.size(); at += bytes) pieces.push_back(text.substr(at, bytes));
    return pieces;
}

}  // namespace

// ---- Gate

struct Gate::Doors {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_open = false;
    bool is_reached = false;
};
Gate::Gate() : doors_(std::make_shared<Doors>()) {}
void Gate::open() {
    std::lock_guard lock(doors_->mutex);
    doors_->is_open = true;
    doors_->changed.notify_all();
}
bool Gate::is_open() const {
    std::lock_guard lock(doors_->mutex);
    return doors_->is_open;
}
bool Gate::wait_until_reached() {
    std::unique_lock lock(doors_->mutex);
    return doors_->changed.wait_for(lock, patience, [&] { return doors_->is_reached; });
}

// ---- Answer

Answer& Answer::say(std::string text) { return steps_.push_back(Say{std::move(text)}), *this; }
Answer& Answer::say_words(std::string_view text) {
    while (!text.empty()) {
        size_t end = text.find(' ');
        end = end == text.npos ? text.size() : end + 1;
        say(std::string(text.substr(0, end)));
        text.remove_prefix(end);
    }
    return *this;
}
Answer& Answer::say_forever(std::string text) { return steps_.push_back(SayForever{std::move(text)}), *this; }
Answer& Answer::think(std::string text) { return steps_.push_back(Think{std::move(text)}), *this; }
Answer& Answer::call(std::string id, std::string name, std::string arguments, size_t bytes_a_frame) {
    return steps_.push_back(Call{std::move(id), std::move(name), std::move(arguments), bytes_a_frame}), *this;
}
Answer& Answer::wait_for(Gate gate) { return steps_.push_back(std::move(gate)), *this; }
Answer& Answer::raw(std::string bytes) { return steps_.push_back(Raw{std::move(bytes)}), *this; }
Answer& Answer::fail_inside(std::string message, std::string type) {
    has_end_ = false;
    return steps_.push_back(Failure{std::move(message), std::move(type)}), *this;
}
Answer& Answer::cut() { return steps_.push_back(Cut{false}), *this; }
Answer& Answer::reset() { return steps_.push_back(Cut{true}), *this; }
Answer& Answer::hang() { return steps_.push_back(Hang{}), *this; }
Answer& Answer::header(std::string name, std::string value) {
    return headers_.emplace_back(std::move(name), std::move(value)), *this;
}
Answer& Answer::status(int status) { return status_ = status, *this; }
Answer& Answer::body(std::string bytes) { return body_ = std::move(bytes), has_body_ = true, *this; }
Answer& Answer::usage(int tokens_in, int tokens_out, int tokens_cached) {
    return tokens_in_ = tokens_in, tokens_out_ = tokens_out, tokens_cached_ = tokens_cached, *this;
}
Answer& Answer::finish_reason(std::string reason) { return finish_reason_ = std::move(reason), *this; }
Answer& Answer::without_end() { return has_end_ = false, *this; }
Answer& Answer::bytes_a_write(size_t bytes) { return bytes_a_write_ = bytes, *this; }

Answer refusal(int status, std::string message, std::string type) {
    Answer answer;
    answer.status_ = status;
    answer.error_message_ = std::move(message);
    answer.error_type_ = std::move(type);
    return answer;
}

/// An answer on its way out in one format: remembers which blocks and calls are open.
struct Script {
    Wire wire;
    const Answer& answer;
    int call_count = 0;
    int block = -1;               // Anthropic: the index of the last content block
    std::string block_type = {};  // and its type while it is open
    int number = 0;               // responses: of the next frame
    int item = -1;                // and the last output item

    std::string start() {
        std::string in = std::to_string(answer.tokens_in_ - answer.tokens_cached_),
                    cached = std::to_string(answer.tokens_cached_);
        if (wire == Wire::openai) return openai_frame(R"({"role":"assistant","content":"","refusal":null})");
        if (wire == Wire::openai_responses)
            return responses_frame(
                number, "response.created",
                R"("response":{"id":"resp_test","object":"response","status":"in_progress","error":null,"output":[]})");
        if (wire != Wire::anthropic) return {};
        return anthropic_frame(
                   "message_start",
                   R"("message":{"id":"msg_test","type":"message","role":"assistant","model":"test-model","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":)" +
                       in + R"(,"cache_creation_input_tokens":0,"cache_read_input_tokens":)" + cached +
                       R"(,"output_tokens":1}})") +
               anthropic_frame("ping", "");
    }

    std::string item_delta(const std::string& type, const std::string& delta) {
        if (block_type != type) {
            block_type = type;
            ++item;
        }
        return responses_frame(number, "response." + type + ".delta",
                               R"("item_id":"item_test","output_index":)" + std::to_string(item) +
                                   R"(,"content_index":0,"summary_index":0,"delta":)" + delta);
    }
    std::string call_item(const char* event, const Answer::Call& call, const std::string& arguments) {
        return responses_frame(number, std::string("response.output_item.") + event,
                               "\"output_index\":" + std::to_string(item) +
                                   R"(,"item":{"type":"function_call","id":"fc_test","call_id":)" + quoted(call.id) +
                                   ",\"name\":" + quoted(call.name) + ",\"arguments\":" + quoted(arguments) + "}");
    }

    std::string open_block(const std::string& type, const std::string& content) {
        if (block_type == type && type != "tool_use") return {};
        std::string frames = close_block();
        block_type = type;
        ++block;
        return frames + anthropic_frame("content_block_start",
                                        "\"index\":" + std::to_string(block) + ",\"content_block\":" + content);
    }
    std::string close_block() {
        if (block_type.empty()) return {};
        block_type.clear();
        return anthropic_frame("content_block_stop", "\"index\":" + std::to_string(block));
    }
    std::string block_delta(const std::string& delta) {
        return anthropic_frame("content_block_delta", "\"index\":" + std::to_string(block) + ",\"delta\":" + delta);
    }

    std::string frames(const Answer::Say& say) {
        std::string text = quoted(say.text);
        switch (wire) {
            case Wire::plain:
                return say.text;
            case Wire::openai:
                return openai_frame("{\"content\":" + text + "}");
            case Wire::openai_responses:
                return item_delta("output_text", text);
            case Wire::anthropic:
                return open_block("text", R"({"type":"text","text":""})") +
                       block_delta(R"({"type":"text_delta","text":)" + text + "}");
            case Wire::gemini:
                return gemini_frame("{\"text\":" + text + "}", "}]}");
            case Wire::ollama:
                return ollama_frame("\"content\":" + text);
        }
        return {};
    }
    std::string frames(const Answer::Think& think) {
        std::string text = quoted(think.text);
        switch (wire) {
            case Wire::plain:
                return think.text;
            case Wire::openai:
                return openai_frame("{\"content\":null,\"reasoning_content\":" + text + "}");
            case Wire::openai_responses:
                return item_delta("reasoning_summary_text", text);
            case Wire::anthropic:
                return open_block("thinking", R"({"type":"thinking","thinking":"","signature":""})") +
                       block_delta(R"({"type":"thinking_delta","thinking":)" + text + "}");
            case Wire::gemini:
                return gemini_frame("{\"text\":" + text + ",\"thought\":true}", "}]}");
            case Wire::ollama:
                return ollama_frame("\"content\":\"\",\"thinking\":" + text);
        }
        return {};
    }
    std::string frames(const Answer::Call& call) {
        std::string index = std::to_string(call_count++), out;
        switch (wire) {
            case Wire::plain:
                return call.arguments;
            case Wire::openai:
                out = openai_frame(R"({"tool_calls":[{"index":)" + index + ",\"id\":" + quoted(call.id) +
                                   R"(,"type":"function","function":{"name":)" + quoted(call.name) +
                                   R"(,"arguments":""}}]})");
                for (const std::string& piece : pieces_of(call.arguments, call.bytes_a_frame))
                    out += openai_frame(R"({"tool_calls":[{"index":)" + index + R"(,"function":{"arguments":)" +
                                        quoted(piece) + "}}]}");
                return out;
            case Wire::openai_responses:
                block_type.clear();
                ++item;
                out = call_item("added", call, "");
                for (const std::string& piece : pieces_of(call.arguments, call.bytes_a_frame))
                    out += responses_frame(number, "response.function_call_arguments.delta",
                                           "\"output_index\":" + std::to_string(item) + ",\"delta\":" + quoted(piece));
                return out + call_item("done", call, call.arguments);
            case Wire::anthropic:
                out = open_block("tool_use", R"({"type":"tool_use","id":)" + quoted(call.id) +
                                                 ",\"name\":" + quoted(call.name) + ",\"input\":{}}");
                out += block_delta(R"({"type":"input_json_delta","partial_json":""})");
                for (const std::string& piece : pieces_of(call.arguments, call.bytes_a_frame))
                    out += block_delta(R"({"type":"input_json_delta","partial_json":)" + quoted(piece) + "}");
                return out;
            case Wire::gemini:
                return gemini_frame(
                    R"({"functionCall":{"name":)" + quoted(call.name) + ",\"args\":" + call.arguments + "}}", "}]}");
            case Wire::ollama:
                return ollama_frame(R"("content":"","tool_calls":[{"function":{"name":)" + quoted(call.name) +
                                    ",\"arguments\":" + call.arguments + "}}]");
        }
        return {};
    }
    std::string frames(const Answer::Raw& raw) { return raw.bytes; }
    std::string frames(const Answer::Failure& failure) {
        std::string document = error_document(wire, 500, failure.message, failure.type);
        if (wire == Wire::anthropic) return "event: error\ndata: " + document + "\n\n";
        if (wire == Wire::ollama) return document + "\n";
        if (wire == Wire::openai_responses)
            return responses_frame(number, "response.failed",
                                   R"("response":{"id":"resp_test","status":"failed","error":{"code":)" +
                                       quoted(failure.type) + ",\"message\":" + quoted(failure.message) + "}}");
        return "data: " + document + "\n\n";
    }
    template <class Other>
    std::string frames(const Other&) {
        return {};
    }

    std::string finish() {
        std::string in = std::to_string(answer.tokens_in_), out = std::to_string(answer.tokens_out_),
                    cached = std::to_string(answer.tokens_cached_);
        std::string reason = !answer.finish_reason_.empty() ? answer.finish_reason_
                             : call_count > 0               ? "tool_calls"
                                                            : "stop";
        switch (wire) {
            case Wire::plain:
                return {};
            case Wire::openai:
                return openai_frame("{}", quoted(reason)) +
                       R"(data: {"id":"chatcmpl-test","object":"chat.completion.chunk","model":"test-model","choices":[],"usage":{"prompt_tokens":)" +
                       in + ",\"completion_tokens\":" + out +
                       ",\"total_tokens\":" + std::to_string(answer.tokens_in_ + answer.tokens_out_) +
                       R"(,"prompt_tokens_details":{"cached_tokens":)" + cached + "}}}\n\ndata: [DONE]\n\n";
            case Wire::openai_responses: {
                bool is_whole = reason == "stop" || reason == "tool_calls";
                std::string word = reason == "length" ? "max_output_tokens" : reason;
                std::string status = is_whole ? "completed" : "incomplete";
                std::string details = is_whole ? "null" : "{\"reason\":" + quoted(word) + "}";
                return responses_frame(
                    number, "response." + status,
                    R"("response":{"id":"resp_test","status":")" + status + R"(","incomplete_details":)" + details +
                        R"(,"usage":{"input_tokens":)" + in + R"(,"input_tokens_details":{"cached_tokens":)" + cached +
                        R"(},"output_tokens":)" + out + R"(,"output_tokens_details":{"reasoning_tokens":0}}})");
            }
            case Wire::anthropic: {
                std::string word = reason == "tool_calls"       ? "tool_use"
                                   : reason == "length"         ? "max_tokens"
                                   : reason == "content_filter" ? "refusal"
                                                                : "end_turn";
                return close_block() +
                       anthropic_frame("message_delta", R"("delta":{"stop_reason":")" + word +
                                                            R"(","stop_sequence":null},"usage":{"output_tokens":)" +
                                                            out + "}") +
                       anthropic_frame("message_stop", "");
            }
            case Wire::gemini: {
                std::string word = reason == "length" ? "MAX_TOKENS" : reason == "content_filter" ? "SAFETY" : "STOP";
                return gemini_frame(R"({"text":""})",
                                    R"(,"finishReason":")" + word + R"("}],"usageMetadata":{"promptTokenCount":)" + in +
                                        ",\"candidatesTokenCount\":" + out + ",\"cachedContentTokenCount\":" + cached +
                                        R"(},"modelVersion":"test-model","responseId":"gemini-test"})");
            }
            case Wire::ollama:
                return R"({"model":"test-model","created_at":"2026-11-21T08:00:01.000000Z","message":{"role":"assistant","content":""},"done":true,"done_reason":")" +
                       std::string(reason == "length" ? "length" : "stop") +
                       R"(","total_duration":1000000,"prompt_eval_count":)" + in + ",\"eval_count\":" + out + "}\n";
        }
        return {};
    }
};

std::string wire_bytes(Wire wire, const Answer& answer) {
    if (answer.has_body_) return answer.body_;
    Script script{wire, answer};
    std::string bytes = script.start();
    for (const Answer::Step& step : answer.steps_) std::visit([&](const auto& s) { bytes += script.frames(s); }, step);
    return answer.has_end_ ? bytes + script.finish() : bytes;
}

std::string SeenRequest::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return value;
    return {};
}

// ---- the server

struct ModelServer::Inside {
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    std::deque<Answer> queue;
    Answer fallback;
    std::deque<Answer> embeddings_queue;
    std::function<std::vector<float>(std::string_view)> embed = [](std::string_view) {
        return std::vector<float>{1, 0};
    };
    std::vector<std::string> model_names = {"test-model"};
    std::vector<SeenRequest> seen;
    size_t connection_count = 0;
    size_t busy = 0;
    std::list<int> sockets;

    std::atomic<bool> stopping = false;
    int listener = -1;
    int port = 0;
    std::thread acceptor;
    std::list<std::thread> workers;

    void accept_all();
    void serve(int socket);
    std::optional<SeenRequest> read_request(int socket, std::string& buffer);
    Answer answer_for(const SeenRequest& request);
    bool send_answer(int socket, Wire wire, const Answer& answer);
    bool send_stream(int socket, Wire wire, const Answer& answer);
    bool wait_at(int socket, const Gate& gate);
    bool wait_for_client_to_leave(int socket);
    bool client_left(int socket, int wait_ms);
};

namespace {

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(size_t(sent));
    }
    return true;
}

/// Body bytes as HTTP chunks: one, or as many as `bytes_a_write` asks for.
bool send_chunks(int socket, std::string_view bytes, size_t bytes_a_write) {
    while (!bytes.empty()) {
        std::string_view piece = bytes.substr(0, bytes_a_write == 0 ? bytes.size() : bytes_a_write);
        char size[32];
        snprintf(size, sizeof size, "%zx\r\n", piece.size());
        if (!send_all(socket, size + std::string(piece) + "\r\n")) return false;
        bytes.remove_prefix(piece.size());
    }
    return true;
}

std::string head_of(int status, const std::vector<std::pair<std::string, std::string>>& headers,
                    std::string_view content_type) {
    std::string head = "HTTP/1.1 " + std::to_string(status) + " Test\r\n";
    for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
    return head + "Content-Type: " + std::string(content_type) +
           "\r\nX-Request-Id: req_test\r\nrequest-id: req_test\r\n";
}

}  // namespace

ModelServer::ModelServer() : inside_(std::make_unique<Inside>()) {
    inside_->fallback.say("Hello ").say("from ").say("the ").say("test ").say("model.");
    inside_->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(inside_->listener, reinterpret_cast<sockaddr*>(&address), size);
    listen(inside_->listener, 512);
    getsockname(inside_->listener, reinterpret_cast<sockaddr*>(&address), &size);
    inside_->port = ntohs(address.sin_port);
    inside_->acceptor = std::thread([this] { inside_->accept_all(); });
}

ModelServer::~ModelServer() {
    inside_->stopping = true;
    shutdown(inside_->listener, SHUT_RDWR);
    inside_->acceptor.join();
    {
        std::lock_guard lock(inside_->mutex);
        for (int socket : inside_->sockets) shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& worker : inside_->workers) worker.join();
    close(inside_->listener);
}

std::string ModelServer::url() const { return "http://127.0.0.1:" + std::to_string(inside_->port); }
void ModelServer::next(Answer answer) {
    std::lock_guard lock(inside_->mutex);
    inside_->queue.push_back(std::move(answer));
}
void ModelServer::otherwise(Answer answer) {
    std::lock_guard lock(inside_->mutex);
    inside_->fallback = std::move(answer);
}
void ModelServer::embed_by(std::function<std::vector<float>(std::string_view text)> f) {
    std::lock_guard lock(inside_->mutex);
    inside_->embed = std::move(f);
}
void ModelServer::next_embeddings(Answer answer) {
    std::lock_guard lock(inside_->mutex);
    inside_->embeddings_queue.push_back(std::move(answer));
}
void ModelServer::models(std::vector<std::string> names) {
    std::lock_guard lock(inside_->mutex);
    inside_->model_names = std::move(names);
}
std::vector<SeenRequest> ModelServer::requests() const {
    std::lock_guard lock(inside_->mutex);
    return inside_->seen;
}
bool ModelServer::wait_for_requests(size_t count) const {
    std::unique_lock lock(inside_->mutex);
    return inside_->changed.wait_for(lock, patience, [&] { return inside_->seen.size() >= count; });
}
bool ModelServer::wait_until_idle() const {
    std::unique_lock lock(inside_->mutex);
    return inside_->changed.wait_for(lock, patience, [&] { return inside_->busy == 0; });
}
size_t ModelServer::connections() const {
    std::lock_guard lock(inside_->mutex);
    return inside_->connection_count;
}

void ModelServer::Inside::accept_all() {
    while (true) {
        int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) return;
        int on = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        std::lock_guard lock(mutex);
        if (stopping) {
            close(socket);
            return;
        }
        ++connection_count;
        sockets.push_back(socket);
        workers.emplace_back([this, socket] { serve(socket); });
    }
}

void ModelServer::Inside::serve(int socket) {
    std::string buffer;
    bool goes_on = true;
    while (goes_on) {
        auto request = read_request(socket, buffer);
        if (!request) break;
        Answer answer;
        {
            std::lock_guard lock(mutex);
            answer = answer_for(*request);
            seen.push_back(*request);
            ++busy;
            changed.notify_all();
        }
        goes_on = send_answer(socket, wire_of(request->path), answer);
        std::lock_guard lock(mutex);
        --busy;
        changed.notify_all();
    }
    std::lock_guard lock(mutex);
    sockets.remove(socket);
    close(socket);
}

std::optional<SeenRequest> ModelServer::Inside::read_request(int socket, std::string& buffer) {
    auto read_more = [&] {
        char bytes[16384];
        ssize_t got = recv(socket, bytes, sizeof bytes, 0);
        if (got > 0) buffer.append(bytes, size_t(got));
        return got > 0;
    };
    size_t head_end;
    while ((head_end = buffer.find("\r\n\r\n")) == buffer.npos)
        if (!read_more()) return {};
    SeenRequest request;
    std::string_view head = std::string_view(buffer).substr(0, head_end);
    auto lines = split(head, '\n');
    auto words = split(trim(lines[0]), ' ');
    if (words.size() < 2) return {};
    request.method = words[0];
    request.path = words[1];
    for (size_t i = 1; i < lines.size(); ++i) {
        size_t colon = lines[i].find(':');
        if (colon != lines[i].npos)
            request.headers.emplace_back(lower(lines[i].substr(0, colon)), trim(lines[i].substr(colon + 1)));
    }
    size_t body_size = size_t(parse_int(request.header("content-length")).value_or(0));
    while (buffer.size() < head_end + 4 + body_size)
        if (!read_more()) return {};
    request.body = buffer.substr(head_end + 4, body_size);
    buffer.erase(0, head_end + 4 + body_size);
    return request;
}

Answer ModelServer::Inside::answer_for(const SeenRequest& request) {
    if (request.method == "GET" && (request.path.contains("/models") || request.path.contains("/api/tags"))) {
        std::string items;
        bool is_ollama = request.path.contains("/api/tags"), is_gemini = request.path.contains("v1beta");
        for (const std::string& name : model_names) {
            if (!items.empty()) items += ',';
            if (is_ollama)
                items += R"({"name":)" + quoted(name) + R"(,"model":)" + quoted(name) + R"(,"size":1000})";
            else if (is_gemini)
                items +=
                    R"({"name":)" + quoted("models/" + name) + R"(,"supportedGenerationMethods":["generateContent"]})";
            else
                items += R"({"id":)" + quoted(name) + R"(,"object":"model"})";
        }
        return Answer().body(is_ollama || is_gemini ? "{\"models\":[" + items + "]}"
                                                    : "{\"object\":\"list\",\"data\":[" + items + "]}");
    }
    if (is_for_embeddings(request.path)) {
        if (embeddings_queue.empty()) return Answer().body(embeddings_document(request, embed));
        Answer answer = std::move(embeddings_queue.front());
        embeddings_queue.pop_front();
        return answer;
    }
    if (queue.empty()) return fallback;
    Answer answer = std::move(queue.front());
    queue.pop_front();
    return answer;
}

/// False when the connection must be closed.
bool ModelServer::Inside::send_answer(int socket, Wire wire, const Answer& answer) {
    if (!answer.has_body_ && answer.error_message_.empty()) return send_stream(socket, wire, answer);
    std::string body = answer.has_body_
                           ? answer.body_
                           : error_document(wire, answer.status_, answer.error_message_, answer.error_type_);
    return send_all(socket, head_of(answer.status_, answer.headers_, "application/json") +
                                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

bool ModelServer::Inside::send_stream(int socket, Wire wire, const Answer& answer) {
    bool head_sent = false;
    auto send_body = [&](const std::string& bytes) {
        if (!head_sent) {
            head_sent = true;
            std::string type = wire == Wire::ollama  ? "application/x-ndjson"
                               : wire == Wire::plain ? "text/plain"
                                                     : "text/event-stream";
            if (!send_all(socket,
                          head_of(answer.status_, answer.headers_, type) + "Transfer-Encoding: chunked\r\n\r\n"))
                return false;
        }
        return send_chunks(socket, bytes, answer.bytes_a_write_);
    };
    Script script{wire, answer};
    std::string opening = script.start();
    for (const Answer::Step& step : answer.steps_) {
        if (auto* cut = std::get_if<Answer::Cut>(&step)) {
            linger now{.l_onoff = 1, .l_linger = 0};
            if (cut->with_reset) setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
            return false;
        }
        if (std::holds_alternative<Answer::Hang>(step)) return wait_for_client_to_leave(socket);
        if (auto* gate = std::get_if<Gate>(&step)) {
            if (!wait_at(socket, *gate)) return false;
            continue;
        }
        if (auto* endless = std::get_if<Answer::SayForever>(&step)) {
            while (!stopping && send_body(std::exchange(opening, {}) + script.frames(Answer::Say{endless->text}))) {}
            return false;
        }
        if (!send_body(std::exchange(opening, {}) + std::visit([&](const auto& s) { return script.frames(s); }, step)))
            return false;
    }
    return send_body(opening + (answer.has_end_ ? script.finish() : "")) && send_all(socket, "0\r\n\r\n");
}

bool ModelServer::Inside::client_left(int socket, int wait_ms) {
    pollfd events{.fd = socket, .events = POLLIN | POLLRDHUP, .revents = 0};
    poll(&events, 1, wait_ms);
    char byte;
    return (events.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0 ||
           ((events.revents & POLLIN) != 0 && recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0);
}

bool ModelServer::Inside::wait_for_client_to_leave(int socket) {
    while (!stopping && !client_left(socket, 20)) {}
    return false;
}

bool ModelServer::Inside::wait_at(int socket, const Gate& gate) {
    {
        std::lock_guard lock(gate.doors_->mutex);
        gate.doors_->is_reached = true;
        gate.doors_->changed.notify_all();
    }
    while (!gate.is_open()) {
        if (stopping || client_left(socket, 5)) return false;
    }
    return true;
}

}  // namespace ry::testing

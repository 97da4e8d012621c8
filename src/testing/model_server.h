#pragma once
// A model endpoint for tests, on a real socket: speaks the wire formats of OpenAI (both), Anthropic, Gemini
// and Ollama, chosen by the path of the request, and does what its script says: words, gates, refusals, cuts, garbage,
// silence.
//
//     ModelServer models;
//     Gate gate;
//     models.next(Answer().say("Hel").wait_for(gate).say("lo"));
//     models.next(refusal(429, "slow down").header("Retry-After", "1"));
//     … Model{.provider = Provider::openai, .base_url = models.url(), .model = "any"} …
//     gate.open();
//     CHECK(models.requests()[0].body.contains("hello"));
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ry::testing {

/// Holds an answer back until the test opens it; stays open. Copies are the same gate. Any thread.
class Gate {
public:
    Gate();
    void open();
    bool is_open() const;
    /// Waits for a request to have come to this gate (at most three minutes); false when none did.
    bool wait_until_reached();

private:
    friend class ModelServer;
    struct Doors;
    std::shared_ptr<Doors> doors_;
};

/// The formats, and what a path that is none of them gets: the script's texts as they are.
enum class Wire { plain, openai, openai_responses, anthropic, gemini, ollama };

/// What the server does with one request, in order. After the last step come the format's own closing frames and the
/// end.
class Answer {
public:
    Answer& say(std::string text);             ///< one frame of the answer's text
    Answer& say_words(std::string_view text);  ///< one frame a word
    Answer& say_forever(std::string text);     ///< the same frame again and again until the client leaves
    Answer& think(std::string text);           ///< one frame of reasoning
    Answer& call(std::string id, std::string name, std::string arguments, size_t bytes_a_frame = 7);
    Answer& wait_for(Gate gate);
    Answer& raw(std::string bytes);  ///< body bytes of your own
    Answer& fail_inside(std::string message,
                        std::string type = "server_error");  ///< the format's error frame, then the end
    Answer& cut();                                           ///< the connection is closed in the middle of the body
    Answer& reset();                                         ///< the same with a TCP reset
    Answer& hang();  ///< nothing more, until the client leaves or the server stops
    Answer& header(std::string name, std::string value);
    Answer& status(int status);
    Answer& body(std::string bytes);  ///< the whole body, instead of frames
    Answer& usage(int tokens_in, int tokens_out, int tokens_cached = 0);
    Answer& finish_reason(std::string reason);  ///< OpenAI's word: "stop", "length", "tool_calls", "content_filter"
    Answer& without_end();                      ///< no closing frames: the body just ends
    Answer& bytes_a_write(size_t bytes);        ///< 1: every byte in a packet and HTTP chunk of its own

private:
    friend class ModelServer;
    friend std::string wire_bytes(Wire, const Answer&);
    friend Answer refusal(int status, std::string message, std::string type);
    friend struct Script;

    struct Say {
        std::string text;
    };
    struct SayForever {
        std::string text;
    };
    struct Think {
        std::string text;
    };
    struct Call {
        std::string id, name, arguments;
        size_t bytes_a_frame;
    };
    struct Raw {
        std::string bytes;
    };
    struct Failure {
        std::string message, type;
    };
    struct Cut {
        bool with_reset;
    };
    struct Hang {};
    using Step = std::variant<Say, SayForever, Think, Call, Gate, Raw, Failure, Cut, Hang>;

    std::vector<Step> steps_;
    std::vector<std::pair<std::string, std::string>> headers_;
    int status_ = 200;
    std::string body_;
    bool has_body_ = false;
    std::string error_message_, error_type_;
    int tokens_in_ = 11, tokens_out_ = 7, tokens_cached_ = 0;
    std::string finish_reason_;
    bool has_end_ = true;
    size_t bytes_a_write_ = 0;
};

/// An answer with that status and an error document in the format of whoever is asked.
Answer refusal(int status, std::string message, std::string type = "invalid_request_error");

/// The body that the server would send for an answer without gates: for tests that feed a parser directly.
std::string wire_bytes(Wire wire, const Answer& answer);

struct SeenRequest {
    std::string method;
    std::string path;                                          ///< with the query
    std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
    std::string body;
    std::string header(std::string_view name) const;  ///< empty when absent
};

/// Listens on 127.0.0.1, on a port of its own. Shared by all threads; a thread a connection.
class ModelServer {
public:
    ModelServer();
    ~ModelServer();  ///< closes every connection
    ModelServer(const ModelServer&) = delete;

    std::string url() const;  ///< "http://127.0.0.1:PORT"
    /// Queues what the next request that asks for an answer gets. Requests for lists of models take nothing from the
    /// queue.
    void next(Answer answer);
    /// What a request gets when nothing is queued; at first "Hello from the test model."
    void otherwise(Answer answer);
    /// Where texts lie, for requests for embeddings; at first all at (1, 0). They take nothing from the queue.
    void embed_by(std::function<std::vector<float>(std::string_view text)> f);
    /// Queues what the next request for embeddings gets instead.
    void next_embeddings(Answer answer);
    /// The names that the lists of models show.
    void models(std::vector<std::string> names);

    /// All requests so far, oldest first.
    std::vector<SeenRequest> requests() const;
    /// Waits for `count` requests in all (at most three minutes); false when they did not come.
    bool wait_for_requests(size_t count) const;
    /// Waits until no connection is in the middle of an answer (at most three minutes): a client that aborted has let go.
    bool wait_until_idle() const;
    size_t connections() const;  ///< opened since the start

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace ry::testing

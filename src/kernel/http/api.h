#pragma once
// The one way of a request: request id and trace, route, caller, CSRF, permission, idempotency, decoding,
// handler, answer, log line and metrics. What it needs of other parts are the interfaces below.
//
//     auto api = TRY(Api::make(routes, workers, {.authenticator = &who, .streams = &hub_streams, …}));
//     auto server = TRY(Server::start(options, *api, workers, &previews));
//
// Besides `routes` it serves /healthz, /readyz, /metrics, /api/openapi.json, /api/docs, and /api/v1/events: many streams in
// one answer, so that a tab of a browser needs one connection for all that it shows.
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/http/route.h"
#include "kernel/http/server.h"
#include "kernel/http/static_files.h"
#include "kernel/http/workers.h"
#include "kernel/op/op.h"

namespace ry::http {

/// Who asks. The Authenticator derives from it, and finds its own type again in RequestInfo::caller.
struct Caller {
    virtual ~Caller() = default;
    Actor actor;
    OrganizationId organization;
    ProjectId project;       ///< their own; nil when there is none
    std::string session;     ///< passed on as RequestInfo::session
    std::string csrf_token;  ///< signed in by cookie: what X-CSRF-Token must say on changes; "" when nothing is asked
    virtual bool may(std::string_view permission) const = 0;
};
using CallerPtr = std::shared_ptr<const Caller>;

class Authenticator {
public:
    virtual ~Authenticator() = default;
    /// The caller, from memory alone; null means that identify() must be asked. Runs on loop threads.
    virtual CallerPtr remembered(const Request&) { return nullptr; }
    /// The caller by cookie or by "Authorization: Bearer …"; unauthenticated when there is none. May block. The Op has
    /// no actor yet.
    virtual Result<CallerPtr> identify(const Op& op, const Request& request) = 0;
    /// The error for a caller without the permission; may block to leave an audit line.
    virtual Error refused(const Op& op, const Caller& caller, std::string_view permission);
    /// A known caller's change was refused by a check that no permission decides: "http.origin" or "http.csrf_token". May
    /// block to leave an audit line; its failure is the answer.
    virtual Result<void> denied(const Op&, std::string_view /*check*/) { return {}; }
};

/// What became of a request with an Idempotency-Key. Keys belong to a user (or the organization) and are kept for 24
/// hours.
struct IdempotencyStart {
    enum class State {
        fresh,       ///< go on, and say finish() or abandon()
        finished,    ///< `answer` is what finish() was given
        running,     ///< the first one has not finished: 409
        other_body,  ///< the key was used for another request: 422
    };
    State state = State::fresh;
    std::string answer = {};
};
class IdempotencyStore {
public:
    virtual ~IdempotencyStore() = default;
    /// `fingerprint` is a hash of method, path and body. All of these may block.
    virtual Result<IdempotencyStart> begin(const Op& op, std::string_view key, std::string_view fingerprint) = 0;
    virtual Result<void> finish(const Op& op, std::string_view key, std::string_view answer) = 0;
    /// The request failed in a way that a repetition may mend: the next one with the key is fresh.
    virtual void abandon(const Op& op, std::string_view key) = 0;
};

enum class StreamFormat { sse, ndjson };

struct FollowRequest {
    std::string stream;
    std::string after;  ///< a position, or "" for the beginning
    StreamFormat format = StreamFormat::sse;
    EventTest is_wanted = {};  ///< see Following
    EventTest is_last = {};
    /// SSE only, when several streams share one answer: what each frame begins with, in a field of ours ("stream: 2\n").
    std::string mark = {};
};
class StreamSource {
public:
    virtual ~StreamSource() = default;
    virtual bool is_position(std::string_view text) = 0;
    /// Writes what happened after the position, and then what happens, until the writer closes. Must not block.
    virtual void follow(const Op& op, FollowRequest request, StreamWriter writer) = 0;
    /// The same for several streams, whose frames come as they come; ends when all have ended.
    virtual void follow_all(const Op& op, std::vector<FollowRequest> requests, StreamWriter writer) = 0;
    /// {"items": […], "next_cursor": …}: up to `limit` events after the position. May block.
    virtual Result<std::string> page(const Op& op, std::string_view stream, std::string_view after, int limit) = 0;
};

/// What Api uses of other parts; all outlive it, and all but the authenticator may be null.
struct ApiParts {
    Authenticator* authenticator = nullptr;
    IdempotencyStore* idempotency = nullptr;
    StreamSource* streams = nullptr;
    const StaticFiles* files = nullptr;
    std::function<Result<void>()> ready = {};  ///< for /readyz; may block
    /// When not empty: other names in Host are refused (421), so that a foreign page cannot reach a server on loopback
    /// by DNS. Without ports: {"localhost", "127.0.0.1", "[::1]"}.
    std::vector<std::string> hosts = {};
};

class Api : public Handler {
public:
    /// Fails when the table is wrong (check_routes).
    static Result<std::unique_ptr<Api>> make(std::vector<Route> routes, Workers& workers, ApiParts parts);
    ~Api() override;

    /// All rows, the built-in ones too, in the order of the reference.
    std::span<const Route> routes() const;

    size_t body_bytes_max(const Request& head) override;
    void handle(Request request, Responder responder) override;

private:
    struct Pass;
    class Pipeline;
    explicit Api(std::unique_ptr<Pipeline> pipeline);
    std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace ry::http

#include "kernel/http/api.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "kernel/http/openapi.h"
#include "kernel/http/router.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::http {

using telemetry::Level;

Error Authenticator::refused(const Op&, const Caller&, std::string_view permission) {
    return fail(Code::forbidden,
                "you need the permission " + std::string(permission) + " for this; ask the owner of the organization");
}

namespace {

/// A finished answer, as the idempotency store keeps it. Of a Following it is the 202 form, which names the stream.
struct SavedAnswer {
    int status = 200;
    std::string content_type;
    std::string location;
    std::string etag;
    std::string body;

    static const Fields& fields() {
        using S = SavedAnswer;
        static const Field table[] = {
            field("status", &S::status, "The HTTP status."),
            field("content_type", &S::content_type, "Of the body."),
            field("location", &S::location, "The Location field, or empty."),
            field("etag", &S::etag, "The entity tag, or empty."),
            field("body", &S::body, "The body."),
        };
        static const Fields all{"SavedAnswer", table};
        return all;
    }
};

std::string saved(const Reply& reply) {
    return to_json(SavedAnswer{reply.status, reply.content_type, std::string(reply.headers.get("Location")), reply.etag,
                               reply.body});
}

Result<Reply> restored(std::string_view json) {
    SavedAnswer answer = TRY(from_json<SavedAnswer>(json));
    Reply reply{.status = answer.status,
                .content_type = std::move(answer.content_type),
                .body = std::move(answer.body),
                .etag = std::move(answer.etag)};
    if (!answer.location.empty()) reply.headers.add("Location", answer.location);
    reply.headers.add("Idempotency-Replayed", "true");
    return reply;
}

bool is_change(Method method) { return method != Method::get && method != Method::head && method != Method::options; }

bool equal_secrets(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_hex(size_t digits) {
    return hex({reinterpret_cast<const char*>(new_uuid().bytes.data()) + 16 - digits / 2, digits / 2});
}

/// The client's request id when it is fit for logs, else a new one.
std::string request_id_of(const Request& request) {
    constexpr size_t length_max = 64;
    std::string_view given = request.headers.get("X-Request-Id");
    bool is_fit = !given.empty() && given.size() <= length_max &&
                  std::all_of(given.begin(), given.end(),
                              [](unsigned char c) { return isalnum(c) || c == '-' || c == '_' || c == '.'; });
    return is_fit ? std::string(given) : id_text("req", new_uuid());
}

/// The trace id of a W3C traceparent ("00-<32 hex>-<16 hex>-<2 hex>"), else a new one.
std::string trace_id_of(const Request& request) {
    std::string_view given = request.headers.get("traceparent");
    bool is_hex = given.size() == 55 && given.starts_with("00-") && unhex(given.substr(3, 32)) &&
                  given.substr(3, 32).find_first_not_of('0') != std::string_view::npos;
    return is_hex ? std::string(given.substr(3, 32)) : random_hex(32);
}

/// "localhost" of "localhost:8080", "[::1]" of "[::1]:80"; "" of what is not a name with, perhaps, a port.
std::string_view host_name(std::string_view host) {
    size_t from = host.starts_with('[') ? host.find(']') : 0;
    size_t colon = from == std::string_view::npos ? from : host.find(':', from);
    if (colon == std::string_view::npos) return host;
    bool is_port = host.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    return is_port ? host.substr(0, colon) : std::string_view();
}

/// A browser's request made by a page of another origin. Requests without Origin and Sec-Fetch-Site come from programs.
bool is_cross_site(const Request& request) {
    std::string_view origin = request.headers.get("Origin");
    if (origin.empty()) return request.headers.get("Sec-Fetch-Site") == "cross-site";
    size_t scheme_end = origin.find("://");
    return scheme_end == std::string_view::npos || !equals_ignoring_case(origin.substr(scheme_end + 3), request.host());
}

/// "chat:chat_…" of /api/v1/chats/{chat_id}/events: the last id in the path, or "".
std::string object_of(const Route& route, const std::vector<std::string>& holes) {
    for (size_t i = std::min(holes.size(), route.holes.size()); i-- > 0;) {
        std::string_view name = route.holes[i].name;
        if (!name.ends_with("_id")) continue;
        return std::string(name.substr(0, name.size() - 3)) + ":" + holes[i];
    }
    return "";
}

std::string fingerprint_of(const Request& request) {
    std::string text = request.method_name + "\n" + request.target + "\n" + request.body;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
    return hex({reinterpret_cast<const char*>(digest), size});
}

/// True when the comma-separated list names the tag, weakly compared (RFC 9110 §13.1.2).
bool names_tag(std::string_view list, std::string_view tag) {
    for (std::string_view item : split(list, ',')) {
        item = trim(item);
        if (item == "*") return true;
        if (item.starts_with("W/")) item.remove_prefix(2);
        if (item.size() == tag.size() + 2 && item.substr(1, tag.size()) == tag) return true;
    }
    return false;
}

/// Cuts the body to the one range that was asked for (RFC 9110 §14.2); other forms of Range are ignored, as they may
/// be.
void apply_range(std::string_view range, Response& response) {
    if (!range.starts_with("bytes=") || range.find(',') != std::string_view::npos) return;
    range.remove_prefix(6);
    size_t dash = range.find('-');
    if (dash == std::string_view::npos) return;
    auto first = parse_int(range.substr(0, dash)), last = parse_int(range.substr(dash + 1));
    int64_t size = int64_t(response.body.size());
    if (!first && !last) return;
    int64_t from = first ? *first : std::max<int64_t>(0, size - *last);
    int64_t to = first && last ? std::min(*last, size - 1) : size - 1;
    if (from >= size || from > to) {
        response.status = 416;
        response.body.clear();
        response.headers.add("Content-Range", "bytes */" + std::to_string(size));
        return;
    }
    response.status = 206;
    response.headers.add("Content-Range",
                         "bytes " + std::to_string(from) + "-" + std::to_string(to) + "/" + std::to_string(size));
    response.body = response.body.substr(size_t(from), size_t(to - from + 1));
}

constexpr std::string_view many_events_path = "/api/v1/events";

struct ManyEventsQuery {
    std::string streams;
    static const Fields& fields() {
        static const Field table[] = {field("streams", &ManyEventsQuery::streams,
                                            "Addresses of event streams without /api/v1/ and /events, each with `@` "
                                            "and the position after which to begin, "
                                            "separated by commas: chats/chat_01…@17~12.345,previews/preview_01…@3",
                                            length(1, 7000))};
        static const Fields all{"ManyEventsQuery", table};
        return all;
    }
};
constexpr size_t many_streams_max = 32;  // a page shows a few; each costs a read when it begins

}  // namespace

/// One request on its way. Owned by whoever works on it.
struct Api::Pass {
    Request request;
    Responder responder;
    Op op = {};
    const Route* route = nullptr;
    size_t row = 0;  ///< of `route`; the number of rows when there is none
    std::vector<std::string> holes = {};
    CallerPtr caller = {};
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

class Api::Pipeline {
public:
    Pipeline(std::vector<Route> table, Workers& workers, ApiParts parts)
        : routes_(std::move(table)), workers_(workers), parts_(std::move(parts)) {
        add_built_in_rows();
    }
    Result<void> prepare() {
        TRY(check_routes(routes_));
        router_.emplace(routes_);
        openapi_ = openapi(routes_);
        for (size_t i = 0; i <= routes_.size(); ++i) {
            std::string name = i < routes_.size()
                                   ? std::string(name_of(routes_[i].method)) + " " + std::string(routes_[i].path)
                                   : "none";
            metrics_.push_back(
                {telemetry::counter("http_requests_total", "Requests by route.", "route", name),
                 telemetry::histogram_ms("http_request_ms", "From the whole request to the answer, by route.", "route",
                                         name)});
        }
        for (const char* status : {"1xx", "2xx", "3xx", "4xx", "5xx"})
            statuses_.push_back(
                &telemetry::counter("http_responses_total", "Answers by class of status.", "status", status));
        return {};
    }

    std::span<const Route> routes() const { return routes_; }
    size_t body_bytes_max(const Request& head);
    void handle(Request request, Responder responder);

private:
    using PassPtr = std::unique_ptr<Pass>;
    struct RowMetrics {
        telemetry::Counter& requests;
        telemetry::Histogram& ms;
    };
    std::vector<Route> routes_;
    Workers& workers_;
    ApiParts parts_;
    std::optional<Router> router_;
    std::string openapi_;
    std::vector<RowMetrics> metrics_;
    std::vector<telemetry::Counter*> statuses_;

    void add_built_in_rows();
    void serve_unmatched(PassPtr pass, const std::vector<Method>& allowed);
    void on_worker(PassPtr pass, void (Pipeline::*step)(PassPtr));
    void serve(PassPtr pass);
    Result<void> identify(Pass& pass);
    Result<void> admit(Pass& pass);
    void serve_read(PassPtr pass);
    void serve_act(PassPtr pass);
    Result<Reply> act(Pass& pass);
    Result<Reply> act_once(Pass& pass, std::string_view key);
    void finish(PassPtr pass, Result<Reply> result);
    void finish_follow(PassPtr pass, Reply reply);
    Result<FollowRequest> stream_at(Pass& pass, std::string_view address);
    void follow_many(PassPtr pass);
    StreamWriter start_stream(Pass& pass, StreamFormat format);
    void send(Pass& pass, Response response);
    void send_error(Pass& pass, const Error& error);
    Response response_of(const Pass& pass, Reply reply);
    void add_common_fields(const Pass& pass, Headers& headers) const;
    void record(const Pass& pass, int status);
};

// ---- the rows that every server has

void Api::Pipeline::add_built_in_rows() {
    auto constant = [&](std::string_view path, std::string_view summary, auto make) {
        routes_.push_back(route::read(
            path, anyone, "", summary, {.answers = Answers::response},
            [make](ReadRequest, ReadDone done) { done(Reply{.raw = std::make_shared<Response>(make())}); }));
    };
    constant("/healthz", "The process is alive.", [] { return json_response(200, R"({"status":"ok"})"); });
    constant("/metrics", "Metrics in the Prometheus text format.",
             [] { return text_response(200, "text/plain; version=0.0.4", telemetry::metrics_text()); });
    constant("/api/openapi.json", "This document.", [this] { return json_response(200, openapi_); });
    constant("/api/docs", "The reference, to read and to search.", [] {
        Response page = text_response(200, "text/html; charset=utf-8", std::string(docs_page()));
        page.headers.add("Content-Security-Policy",
                         "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src "
                         "'self'; frame-ancestors 'none'");
        return page;
    });
    Route ready{.path = "/readyz",
                .permission = anyone,
                .summary = "The server can do its work.",
                .answers = Answers::response};
    ready.act = [this](Call&) -> Result<Reply> {
        if (parts_.ready) {
            auto is_ready = parts_.ready();
            if (!is_ready) return fail(Code::unavailable, is_ready.error().message, is_ready.error().cause);
        }
        return Reply{.body = R"({"status":"ready"})"};
    };
    routes_.push_back(std::move(ready));
    Route events{.path = many_events_path,
                 .permission = signed_in,
                 .summary =
                     "Many streams in one answer, as server-sent events. A field `stream` of each frame says which "
                     "one, counted from 0.",
                 .query = &ManyEventsQuery::fields(),
                 .answers = Answers::response};
    events.act = [](Call&) -> Result<Reply> { return Reply{}; };  // follow_many answers
    routes_.push_back(std::move(events));
}

// ---- from the request to the handler

size_t Api::Pipeline::body_bytes_max(const Request& head) {
    constexpr size_t without_route = 64 * 1024;  // read and thrown away, so that the client gets its 404 or 405
    auto match = router_->find(head.method, head.path());
    return match.route ? match.route->limits.body_bytes_max : without_route;
}

void Api::Pipeline::handle(Request request, Responder responder) {
    PassPtr pass(new Pass{std::move(request), std::move(responder)});
    pass->row = routes_.size();
    pass->op.request_id = request_id_of(pass->request);
    pass->op.trace_id = trace_id_of(pass->request);
    pass->op.actor.address = pass->request.address;
    bool is_known_host =
        parts_.hosts.empty() || std::any_of(parts_.hosts.begin(), parts_.hosts.end(), [&](const std::string& host) {
            return equals_ignoring_case(host, host_name(pass->request.host()));
        });
    if (!is_known_host) {
        Response response = problem_response(
            fail(Code::invalid, "this server does not go by the name in Host; use the address it printed at start"),
            pass->op.request_id, 421);
        return send(*pass, std::move(response));
    }
    auto match = router_->find(pass->request.method, pass->request.path());
    if (!match.route) return serve_unmatched(std::move(pass), match.allowed);
    pass->route = match.route;
    pass->row = size_t(match.route - routes_.data());
    pass->holes = std::move(match.holes);
    pass->op.object = object_of(*pass->route, pass->holes);
    pass->op.deadline = Deadline::in_ms(match.route->limits.deadline_ms);
    if (!is_change(match.route->method) || match.route->limits.ends_with_client)
        pass->op.stop = pass->responder.client_gone();  // any other change that has begun is finished
    if (parts_.authenticator) pass->caller = parts_.authenticator->remembered(pass->request);
    bool is_caller_known = pass->caller || pass->route->permission == anyone;
    if (pass->route->read && is_caller_known &&
        (!pass->caller || pass->route->permission == anyone || pass->route->permission == signed_in ||
         pass->caller->may(pass->route->permission)))
        serve(std::move(pass));
    else
        on_worker(std::move(pass), &Pipeline::serve);
}

void Api::Pipeline::serve_unmatched(PassPtr pass, const std::vector<Method>& allowed) {
    const Request& request = pass->request;
    if (!allowed.empty()) {
        std::string names = "OPTIONS";
        for (Method method : allowed)
            names += method == Method::get ? ", GET, HEAD" : ", " + std::string(name_of(method));
        Response response{.status = 204};
        if (request.method != Method::options) {
            response = problem_response(fail(Code::invalid, "this address takes " + names + "; see /api/docs"),
                                        pass->op.request_id, 405);
        }
        response.headers.add("Allow", names);
        return send(*pass, std::move(response));
    }
    bool is_api = request.path() == "/api" || request.path().starts_with("/api/");
    if (!is_api && parts_.files && (request.method == Method::get || request.method == Method::head))
        if (auto file = parts_.files->find(request)) return send(*pass, *std::move(file));
    send_error(*pass, fail(Code::not_found, "there is nothing at this address; see /api/docs for what there is"));
}

void Api::Pipeline::on_worker(PassPtr pass, void (Pipeline::*step)(PassPtr)) {
    auto shared = std::make_shared<PassPtr>(std::move(pass));
    bool was_taken = workers_.submit([this, shared, step] {
        PassPtr mine = std::move(*shared);
        if (mine->op.deadline.passed())
            return send_error(*mine, fail(Code::timed_out, "the server was too busy to begin in time; try again"));
        (this->*step)(std::move(mine));
    });
    if (was_taken) return;
    telemetry::counter("http_requests_shed_total",
                       "Requests answered 503 because all workers were busy and the queue was full.")
        .add();
    Error busy = fail(Code::unavailable, "the server is busy; try again in a moment");
    busy.retry_after_ms = 1000;
    send_error(**shared, busy);
}

void Api::Pipeline::serve(PassPtr pass) {
    auto admitted = identify(*pass);
    if (admitted) admitted = admit(*pass);
    if (!admitted) return send_error(*pass, admitted.error());
    if (pass->route->read)
        serve_read(std::move(pass));
    else
        serve_act(std::move(pass));
}

Result<void> Api::Pipeline::identify(Pass& pass) {
    bool is_needed = pass.route->permission != anyone;
    if (!pass.caller && parts_.authenticator &&
        (is_needed || pass.request.headers.has("Authorization") || pass.request.headers.has("Cookie"))) {
        auto caller = parts_.authenticator->identify(pass.op, pass.request);
        if (caller)
            pass.caller = *std::move(caller);
        else if (is_needed)
            return std::move(caller).error();
    }
    if (!pass.caller && is_needed)
        return fail(Code::unauthenticated, "sign in, or send an API token as \"Authorization: Bearer rmf_…\"");
    if (!pass.caller) return {};
    std::string address = std::move(pass.op.actor.address);
    pass.op.actor = pass.caller->actor;
    pass.op.actor.address = std::move(address);
    pass.op.organization = pass.caller->organization;
    pass.op.project = pass.caller->project;
    return {};
}

Result<void> Api::Pipeline::admit(Pass& pass) {
    const Route& route = *pass.route;
    const Request& request = pass.request;
    if (is_change(route.method)) {
        auto denied = [&](std::string_view check) {
            return pass.caller ? parts_.authenticator->denied(pass.op, check) : Result<void>();
        };
        if (is_cross_site(request)) {
            TRY(denied("http.origin"));
            return fail(Code::forbidden, "pages of other sites may not change anything here");
        }
        if (pass.caller && !pass.caller->csrf_token.empty() &&
            !equal_secrets(request.headers.get("X-CSRF-Token"), pass.caller->csrf_token)) {
            TRY(denied("http.csrf_token"));
            return fail(Code::forbidden, "the field X-CSRF-Token is missing or wrong; reload the page and try again");
        }
        if (request.headers.has("If-Match") && !route.takes_if_match)
            return fail(Code::unsupported, "this address does not compare versions; send the request without If-Match");
        if (!route.query) TRY(read_no_query(request.query()));
    }
    bool asks_permission = route.permission != anyone && route.permission != signed_in;
    if (!asks_permission || pass.caller->may(route.permission)) return {};
    return parts_.authenticator->refused(pass.op, *pass.caller, route.permission);
}

void Api::Pipeline::serve_read(PassPtr pass) {
    const Route& route = *pass->route;
    ReadRequest request{pass->op, std::move(pass->holes), std::string(pass->request.query()),
                        pass->caller ? pass->caller->session : std::string()};
    try {
        route.read(std::move(request), [this, pass = std::move(pass)](Result<Reply> result) mutable {
            finish(std::move(pass), std::move(result));
        });
    } catch (const std::exception& bug) {  // the callback died with the request in it, which answered 500
        telemetry::log(Level::error, "http_handler_bug", {{"route", std::string(route.path)}, {"cause", bug.what()}});
    }
}

void Api::Pipeline::serve_act(PassPtr pass) {
    if (pass->route->path == many_events_path) return follow_many(std::move(pass));
    std::string_view key = pass->request.headers.get("Idempotency-Key");
    bool is_once =
        parts_.idempotency && !key.empty() && is_change(pass->route->method) && !pass->route->is_answer_secret;
    Result<Reply> result = is_once ? act_once(*pass, key) : act(*pass);
    finish(std::move(pass), std::move(result));
}

Result<Reply> Api::Pipeline::act(Pass& pass) {
    RequestInfo info{pass.request, pass.caller ? pass.caller->session : std::string(), pass.caller};
    Call call{pass.op, info, pass.holes};
    try {
        return pass.route->act(call);
    } catch (const std::exception& bug) {
        return fail(Code::bug, "the server made a mistake; please report it with the request id " + pass.op.request_id,
                    bug.what());
    }
}

Result<Reply> Api::Pipeline::act_once(Pass& pass, std::string_view key) {
    constexpr size_t key_bytes_max = 200;
    if (key.size() > key_bytes_max) return fail(Code::invalid, "Idempotency-Key may have at most 200 characters");
    IdempotencyStart start = TRY(parts_.idempotency->begin(pass.op, key, fingerprint_of(pass.request)));
    switch (start.state) {
        case IdempotencyStart::State::finished:
            return restored(start.answer);
        case IdempotencyStart::State::other_body:
            return fail(Code::unsupported, "this Idempotency-Key was used for another request; take a new key");
        case IdempotencyStart::State::running: {
            Error running = fail(Code::conflict,
                                 "the first request with this Idempotency-Key is still running; try again in a moment");
            running.retry_after_ms = 1000;
            return running;
        }
        case IdempotencyStart::State::fresh:
            break;
    }
    Result<Reply> result = act(pass);
    bool is_kept = result && !result->raw && parts_.idempotency->finish(pass.op, key, saved(*result)).has_value();
    if (!is_kept) parts_.idempotency->abandon(pass.op, key);
    return result;
}

// ---- from the handler to the answer

void Api::Pipeline::finish(PassPtr pass, Result<Reply> result) {
    if (!result) return send_error(*pass, result.error());
    if (result->follow) {
        if (!pass->route->read) return finish_follow(std::move(pass), *std::move(result));
        auto shared =
            std::make_shared<std::pair<PassPtr, Reply>>(std::move(pass), *std::move(result));  // a page may block
        if (!workers_.submit([this, shared] { finish_follow(std::move(shared->first), std::move(shared->second)); }))
            send_error(*shared->first, fail(Code::unavailable, "the server is busy; try again in a moment"));
        return;
    }
    send(*pass, response_of(*pass, *std::move(result)));
}

namespace {

struct EventsQuery {
    std::string after;
    int limit = 100;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = EventsQuery;
        static const Field table[] = {
            field("after", &S::after, "The position after which to begin; Last-Event-ID goes before it.",
                  length(0, 4000), defaulted()),
            field("limit", &S::limit, "How many events a page has.", range(1, 1000), defaulted()),
            field("cursor", &S::cursor, "The next_cursor of the page before; the same as after.", length(0, 4000)),
        };
        static const Fields all{"EventsQuery", table};
        return all;
    }
};

/// How the client wants a stream; absent: as JSON.
std::optional<StreamFormat> wanted_format(const Request& request) {
    std::string_view accept = request.headers.get("Accept");
    bool names_sse = accept.find("text/event-stream") != std::string_view::npos,
         names_ndjson = accept.find("application/x-ndjson") != std::string_view::npos;
    double sse = names_sse ? acceptance(accept, "text/event-stream") : 0,
           ndjson = names_ndjson ? acceptance(accept, "application/x-ndjson") : 0;
    double json =
        accept.find("application/json") != std::string_view::npos ? acceptance(accept, "application/json") : 0;
    if (sse > 0 && sse >= ndjson && sse >= json) return StreamFormat::sse;
    if (ndjson > 0 && ndjson >= json) return StreamFormat::ndjson;
    return {};
}

}  // namespace

namespace {

/// The Op of a stream, which lasts as long as its client.
Op endless(Op op, const Responder& responder) {
    op.deadline = Deadline::never();
    op.stop = responder.client_gone();
    return op;
}

}  // namespace

void Api::Pipeline::finish_follow(PassPtr pass, Reply reply) {
    Reply::Follow& follow = *reply.follow;
    auto format = wanted_format(pass->request);
    if (!format && !follow.is_page_offered) return send(*pass, response_of(*pass, std::move(reply)));
    if (!parts_.streams) return send_error(*pass, fail(Code::bug, "this server has no streams"));
    EventsQuery query{.after = follow.after};
    if (follow.is_page_offered) {
        auto read = read_query(pass->request.query(), EventsQuery::fields(), &query);
        if (!read) return send_error(*pass, read.error());
        if (query.cursor) query.after = *query.cursor;
        if (pass->request.headers.has("Last-Event-ID")) query.after = pass->request.headers.get("Last-Event-ID");
        if (!parts_.streams->is_position(query.after))
            return send_error(
                *pass,
                invalid(
                    "/after",
                    "is not a position; send the id of the last event you have seen, or nothing for the beginning"));
    }
    if (!format) {
        auto page = parts_.streams->page(pass->op, follow.stream, query.after, query.limit);
        if (!page) return send_error(*pass, page.error());
        return send(*pass, response_of(*pass, Reply{.body = *std::move(page)}));
    }
    StreamWriter writer = start_stream(*pass, *format);
    parts_.streams->follow(endless(pass->op, pass->responder),
                           {std::move(follow.stream), std::move(query.after), *format, std::move(follow.is_wanted),
                            std::move(follow.is_last)},
                           std::move(writer));
}

StreamWriter Api::Pipeline::start_stream(Pass& pass, StreamFormat format) {
    bool is_sse = format == StreamFormat::sse;
    Response head{.status = 200};
    head.headers.add("Content-Type", is_sse ? "text/event-stream" : "application/x-ndjson");
    head.headers.add("Cache-Control", "no-store");
    head.headers.add("X-Accel-Buffering", "no");
    add_common_fields(pass, head.headers);
    record(pass, 200);
    StreamWriter writer = pass.responder.start_stream(
        std::move(head), is_sse ? StreamOptions{": \n\n", "retry: 1000\n\n"} : StreamOptions{"\n", ""});
    if (is_sse) writer.write("retry: 1000\n\n");
    return writer;
}

/// The stream of one element of ManyEventsQuery, by the row that serves it alone: its permission, its checks.
Result<FollowRequest> Api::Pipeline::stream_at(Pass& pass, std::string_view element) {
    bool is_plain = std::ranges::all_of(
        element, [](unsigned char c) { return std::isalnum(c) || std::string_view("/_-.~@").contains(char(c)); });
    if (!is_plain) return invalid("/streams", "names streams by letters, digits and / _ - . ~ @ only");
    size_t at = element.find('@');
    std::string address(element.substr(0, at)), after(at == std::string_view::npos ? "" : element.substr(at + 1));
    auto match = router_->find(Method::get, "/api/v1/" + address + "/events");
    if (!match.route || match.route->answers != Answers::events)
        return fail(Code::not_found, "there is no event stream at /api/v1/" + address + "/events");
    if (!parts_.streams->is_position(after)) return invalid("/streams", "has no position after the @ of " + address);
    if (match.route->permission != anyone && match.route->permission != signed_in &&
        !pass.caller->may(match.route->permission))
        return parts_.authenticator->refused(pass.op, *pass.caller, match.route->permission);
    RequestInfo info{pass.request, pass.caller->session, pass.caller};
    Call call{pass.op, info, match.holes};
    Reply reply = TRY(match.route->act(call));
    return FollowRequest{std::move(reply.follow->stream), std::move(after), StreamFormat::sse,
                         std::move(reply.follow->is_wanted), std::move(reply.follow->is_last)};
}

/// One stream that is refused says so in a frame of its own; the others go on.
void Api::Pipeline::follow_many(PassPtr pass) {
    ManyEventsQuery query;
    auto read = read_query(pass->request.query(), ManyEventsQuery::fields(), &query);
    if (!read) return send_error(*pass, read.error());
    if (!parts_.streams) return send_error(*pass, fail(Code::bug, "this server has no streams"));
    if (size_t(std::ranges::count(query.streams, ',')) >= many_streams_max)
        return send_error(*pass, invalid("/streams", "names more than " + std::to_string(many_streams_max) +
                                                         " streams; use a second connection"));
    std::vector<FollowRequest> requests;
    std::string refusals;
    size_t number = 0;
    for (std::string_view rest = query.streams; !rest.empty(); ++number) {
        std::string_view element = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), element.size() + 1));
        std::string mark = "stream: " + std::to_string(number) + "\n";
        auto request = stream_at(*pass, element);
        if (!request && request.error().code == Code::invalid) return send_error(*pass, request.error());
        if (!request) {
            refusals += mark +
                        "event: stream.refused\ndata: " + problem_response(request.error(), pass->op.request_id).body +
                        "\n\n";
            continue;
        }
        request->mark = std::move(mark);
        requests.push_back(*std::move(request));
    }
    StreamWriter writer = start_stream(*pass, StreamFormat::sse);
    writer.write(std::string_view(refusals));
    if (requests.empty()) return writer.end();
    parts_.streams->follow_all(endless(pass->op, pass->responder), std::move(requests), std::move(writer));
}

Response Api::Pipeline::response_of(const Pass& pass, Reply reply) {
    if (reply.raw) return std::move(*reply.raw);
    Response response{.status = reply.status, .headers = std::move(reply.headers)};
    bool is_get = pass.route->method == Method::get;
    if (!reply.etag.empty()) response.headers.add("ETag", "\"" + reply.etag + "\"");
    response.headers.add("Cache-Control", reply.etag.empty() ? "no-store" : "private, no-cache");
    if (is_get && !reply.etag.empty() && names_tag(pass.request.headers.get("If-None-Match"), reply.etag)) {
        response.status = 304;
        return response;
    }
    if (!reply.content_type.empty()) response.headers.add("Content-Type", reply.content_type);
    response.headers.add(
        "Content-Security-Policy",
        "default-src 'none'; frame-ancestors 'none'; sandbox");  // bytes of users are served, and never run
    response.body = std::move(reply.body);
    if (pass.route->answers == Answers::bytes && is_get && reply.status == 200) {
        response.headers.add("Accept-Ranges", "bytes");
        apply_range(pass.request.headers.get("Range"), response);
    }
    return response;
}

void Api::Pipeline::add_common_fields(const Pass& pass, Headers& headers) const {
    headers.add("X-Request-Id", pass.op.request_id);
    headers.add("Ramify-Version", RAMIFY_VERSION);
    headers.add("traceparent", "00-" + pass.op.trace_id + "-" + random_hex(16) + "-01");
    if (!headers.has("X-Content-Type-Options")) headers.add("X-Content-Type-Options", "nosniff");
}

void Api::Pipeline::send(Pass& pass, Response response) {
    add_common_fields(pass, response.headers);
    record(pass, response.status);
    pass.responder.respond(std::move(response));
}

void Api::Pipeline::send_error(Pass& pass, const Error& error) {
    if (error.code == Code::bug)
        telemetry::log(Level::error, "http_request_failed",
                       {{"request_id", pass.op.request_id},
                        {"trace_id", pass.op.trace_id},
                        {"method", pass.request.method_name},
                        {"path", std::string(pass.request.path())},
                        {"message", error.message},
                        {"cause", error.cause}});
    send(pass, problem_response(error, pass.op.request_id));
}

void Api::Pipeline::record(const Pass& pass, int status) {
    double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - pass.started).count();
    metrics_[pass.row].requests.add();
    metrics_[pass.row].ms.observe(ms);
    statuses_[size_t(std::clamp(status / 100, 1, 5) - 1)]->add();
    if (!telemetry::is_logged(Level::debug)) return;
    telemetry::log(Level::debug, "http_request",
                   {{"method", pass.request.method_name},
                    {"path", std::string(pass.request.path())},
                    {"status", std::to_string(status)},
                    {"ms", std::to_string(ms)},
                    {"request_id", pass.op.request_id},
                    {"trace_id", pass.op.trace_id},
                    {"address", pass.request.address}});
}

// ---- Api

Api::Api(std::unique_ptr<Pipeline> pipeline) : pipeline_(std::move(pipeline)) {}
Api::~Api() = default;

Result<std::unique_ptr<Api>> Api::make(std::vector<Route> routes, Workers& workers, ApiParts parts) {
    auto pipeline = std::make_unique<Pipeline>(std::move(routes), workers, std::move(parts));
    TRY(pipeline->prepare());
    return std::unique_ptr<Api>(new Api(std::move(pipeline)));
}

std::span<const Route> Api::routes() const { return pipeline_->routes(); }
size_t Api::body_bytes_max(const Request& head) { return pipeline_->body_bytes_max(head); }
void Api::handle(Request request, Responder responder) { pipeline_->handle(std::move(request), std::move(responder)); }

}  // namespace ry::http

#pragma once
// Route: method, path, permission, function. The API, the CLI, the reference and the security matrix are tables of
// these.
//
//     std::vector<Route> Chats::routes() {
//         return {
//             route::post("/api/v1/chats", "chats.write", "chats create", "Start a conversation.", &Chats::create,
//             *this), route::get("/api/v1/chats/{chat_id}", "chats.read", "chats show", "A chat.", &Chats::show,
//             *this), route::post("/api/v1/chats/{chat_id}/messages", "chats.write", "chats say", "Say something;
//             follow the reply.",
//                         &Chats::post_message, *this),
//         };
//     }
//     Result<Created<Chat>> create(Op&, CreateChat);                       // struct of POST, PUT, PATCH: the JSON body
//     Result<Page<Chat>> list(Op&, ListChats);                             // struct of GET, DELETE: the query
//     parameters Result<Following<Message>> post_message(Op&, ChatId, PostMessage);   // holes bind in order to Ids and
//     strings Result<Chat> rename(Op&, ChatId, RenameChat, IfMatch);               // IfMatch: the version the caller
//     has seen Result<void> sign_out(Op&, const RequestInfo&);                      // RequestInfo: header fields,
//     address, session
//
// An act runs on a worker thread and may block; a read (route::read) answers from any thread and never blocks.
// An id in a path that does not parse is not_found, like an id of nothing. Described results with an integer member
// `version` carry it as ETag "<version>"; GET answers 304 when If-None-Match names it, IfMatch::check fails with
// `stale` (412) when it differs.
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/check.h"
#include "base/fields.h"
#include "base/id.h"
#include "base/result.h"
#include "kernel/http/message.h"
#include "kernel/op/op.h"

namespace ry::http {

// ---- what a handler may return, inside a Result ------------------------------------------------------------------
// a described struct → 200, void → 204, Response → as it is, and:

/// Asks something about an event of a stream: its type and its data as JSON.
using EventTest = std::function<bool(std::string_view type, std::string_view data)>;

/// 200 with {"items": […], "next_cursor": "…" or null}.
template <class T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next_cursor;
};
/// 201 with the value; `location` is the address of what was made ("/api/v1/chats/chat_…").
template <class T>
struct Created {
    T value;
    std::string location;
};
/// 202 with the value: the work goes on.
template <class T>
struct Accepted {
    T value;
};
/// 200 with the value and further header fields (a cookie).
template <class T>
struct Answer {
    T value;
    Headers headers;
};
/// The value, and a stream in which the rest will happen. A client that accepts text/event-stream or
/// application/x-ndjson follows it on this answer from `after` on; any other gets 202, the value's members and
/// "stream": "<events>", "after".
template <class T>
struct Following {
    T value;
    std::string stream;        ///< the stream's name, as StreamSource knows it
    std::string after;         ///< the position from which on to follow; "" means from the beginning
    std::string events;        ///< the address to follow it later: "/api/v1/chats/chat_…/events"
    EventTest is_wanted = {};  ///< followed on this answer: only events for which it is true (all when empty)
    EventTest is_last = {};    ///< followed on this answer: the stream ends after the event for which it is true
};
/// A stream, by the client's Accept: followed as SSE or NDJSON, or a page of it as JSON {"items", "next_cursor"}.
/// Where to begin comes from Last-Event-ID or ?after=; the page's size from ?limit=. Handlers need no parameters for
/// these.
struct Events {
    std::string stream;
    EventTest is_last = {};  ///< followers end after the event for which it is true
};
/// Bytes as they are; ranges and If-None-Match are answered by the server.
struct Bytes {
    std::string content_type;
    std::string bytes;
    std::string etag = {};           ///< without quotes; "" for none
    std::string download_name = {};  ///< asks the browser to save it under this name
};

// ---- what a handler may take besides Op&, ids and its struct --------------------------------------------------------

struct Caller;  // api.h

struct RequestInfo {
    const Request& request;
    std::string session;  ///< what the Authenticator calls the credential ("" when nobody is signed in)
    std::shared_ptr<const Caller> caller = {};  ///< null when nobody is signed in
};
/// The If-Match field: which version the caller has seen.
struct IfMatch {
    std::optional<int64_t> version;      ///< absent when the caller did not say, or said "*"
    bool none_matches = false;           ///< the field named only tags that are no version
    std::vector<std::string> tags = {};  ///< all that it named, without their quotes
    /// `stale` when the caller has seen another version than `current`.
    Result<void> check(int64_t current) const;
    /// The same for what has an ETag that is no version; "" when nothing is there yet.
    Result<void> check_tag(std::string_view current) const;
};

// ---- the row
// -------------------------------------------------------------------------------------------------------------

/// What the client gets of a struct's result; the API reference and the CLI's output are made from it.
enum class Answers { nothing, object, created, accepted, page, bytes, following, events, response };

/// One `{hole}` of a path.
struct Hole {
    std::string_view name;         ///< "chat_id"
    std::string_view prefix = {};  ///< "chat" for an Id; "" for text
    bool is_tail = false;          ///< `{path...}`: the rest of the path, slashes included
};

struct RouteLimits {
    size_t body_bytes_max = 1 << 20;
    int64_t deadline_ms = 30'000;   ///< of the Op; streams are not bound by it
    bool ends_with_client = false;  ///< a change is asked to stop, too, when its client is gone; others are finished
};

/// One request on its way to a handler; lives until the handler returned.
struct Call {
    Op& op;
    const RequestInfo& info;
    std::span<const std::string> holes;  ///< decoded, in the order of the path
};

/// A handler's result, ready for the wire.
struct Reply {
    int status = 200;
    Headers headers = {};
    std::string content_type = "application/json";
    std::string body = {};
    std::string etag = {};  ///< without quotes; "" for none
    struct Follow {
        std::string stream;
        std::string after;
        bool is_page_offered = false;  ///< Events: JSON means a page; Following: JSON means `body`
        EventTest is_wanted = {};
        EventTest is_last = {};
    };
    std::optional<Follow> follow = {};
    std::shared_ptr<Response> raw = {};  ///< a handler's own Response; the rest is ignored
};

using Act = std::function<Result<Reply>(Call&)>;

/// A read's request, complete in itself: it outlives the call.
struct ReadRequest {
    Op op;
    std::vector<std::string> holes;  ///< decoded, in the order of the path
    std::string query;               ///< as on the wire; query_of() reads it
    std::string session;
};
/// Takes the answer from any thread, exactly once.
using ReadDone = std::move_only_function<void(Result<Reply>)>;
/// Starts a read; called on a loop or worker thread, must not block.
using Read = std::function<void(ReadRequest, ReadDone)>;

inline constexpr std::string_view anyone = "anyone";        ///< the permission of a route without sign-in
inline constexpr std::string_view signed_in = "signed_in";  ///< the permission of a route that asks nothing more

struct Route {
    Method method = Method::get;
    std::string_view path;        ///< "/api/v1/chats/{chat_id}/messages"
    std::string_view permission;  ///< "chats.read", or anyone, or signed_in
    std::string_view cli;         ///< "chats say"; "" for a route without a command
    std::string_view summary;     ///< one line, for the reference and --help
    std::vector<Hole> holes;
    const Fields* body = nullptr;
    const Fields* query = nullptr;
    const Fields* response = nullptr;  ///< of the value, of a page's item, of a Following's value
    Answers answers = Answers::nothing;
    bool takes_if_match = false;
    RouteLimits limits = {};
    Act act;  ///< exactly one of act and read
    Read read;

    /// The answer shows a credential once: it is not kept under an Idempotency-Key, and a repetition is done anew.
    bool is_answer_secret = false;

    /// The body is a file as it is, whatever its type: the command takes its name.
    bool takes_file = false;

    Route with_file() && {
        takes_file = true;
        return std::move(*this);
    }
    Route with_secret_answer() && {
        is_answer_secret = true;
        return std::move(*this);
    }
    /// The same row with other limits.
    Route with(RouteLimits other) && {
        limits = other;
        return std::move(*this);
    }
};

/// Fails when two rows have one method and path, one CLI name, or a malformed path; the message names them.
Result<void> check_routes(std::span<const Route> routes);
/// The names of the `{holes}` of a path. ENSUREs that it is well formed.
std::vector<Hole> holes_of(std::string_view path);

// ---- from a function to a row
// ---------------------------------------------------------------------------------------------

namespace detail {

Result<void> read_object(const Call& call, bool is_query, const Fields& fields, void* object);
Result<IfMatch> if_match_of(const Call& call);
Error no_such_object();
void follow_members(std::string& json, const std::string& events, const std::string& after);
Reply reply_with_object(int status, const Fields& fields, const void* object);
Reply reply_with_bytes(Bytes bytes);

template <class T>
inline constexpr bool is_hole = ry::detail::is_id<T> || std::is_same_v<T, std::string>;
template <class T>
inline constexpr bool is_page = false;
template <class T>
inline constexpr bool is_page<Page<T>> = true;
template <class T>
inline constexpr bool is_created = false;
template <class T>
inline constexpr bool is_created<Created<T>> = true;
template <class T>
inline constexpr bool is_accepted = false;
template <class T>
inline constexpr bool is_accepted<Accepted<T>> = true;
template <class T>
inline constexpr bool is_answer = false;
template <class T>
inline constexpr bool is_answer<Answer<T>> = true;
template <class T>
inline constexpr bool is_following = false;
template <class T>
inline constexpr bool is_following<Following<T>> = true;

template <class T>
Reply reply_of(T&& result) {
    using R = std::remove_cvref_t<T>;
    if constexpr (std::is_same_v<R, Response>)
        return {.raw = std::make_shared<Response>(std::move(result))};
    else if constexpr (std::is_same_v<R, Bytes>)
        return reply_with_bytes(std::move(result));
    else if constexpr (std::is_same_v<R, Events>)
        return {.follow = Reply::Follow{std::move(result.stream), {}, true, {}, std::move(result.is_last)}};
    else if constexpr (is_page<R>) {
        Reply reply{.body = "{\"items\":"};
        encode(reply.body, result.items);
        reply.body += ",\"next_cursor\":";
        encode(reply.body, result.next_cursor);
        reply.body += '}';
        return reply;
    } else if constexpr (is_created<R>) {
        Reply reply = reply_with_object(201, result.value.fields(), &result.value);
        reply.headers.add("Location", result.location);
        return reply;
    } else if constexpr (is_accepted<R>)
        return reply_with_object(202, result.value.fields(), &result.value);
    else if constexpr (is_answer<R>) {
        Reply reply = reply_with_object(200, result.value.fields(), &result.value);
        reply.headers = std::move(result.headers);
        return reply;
    } else if constexpr (is_following<R>) {
        Reply reply = reply_with_object(202, result.value.fields(), &result.value);
        follow_members(reply.body, result.events, result.after);
        reply.follow = Reply::Follow{std::move(result.stream), std::move(result.after), false,
                                     std::move(result.is_wanted), std::move(result.is_last)};
        return reply;
    } else {
        static_assert(Described<R>,
                      "a handler returns a described struct, void, or one of the kinds in kernel/http/route.h");
        return reply_with_object(200, R::fields(), &result);
    }
}

/// Fills in what the row says about a handler's result.
template <class R>
void describe_result(Route& route) {
    if constexpr (std::is_void_v<R>)
        route.answers = Answers::nothing;
    else if constexpr (std::is_same_v<R, Response>)
        route.answers = Answers::response;
    else if constexpr (std::is_same_v<R, Bytes>)
        route.answers = Answers::bytes;
    else if constexpr (std::is_same_v<R, Events>)
        route.answers = Answers::events;
    else if constexpr (is_page<R>) {
        route.answers = Answers::page;
        route.response = &std::remove_cvref_t<decltype(R{}.items[0])>::fields();
    } else if constexpr (is_created<R> || is_accepted<R> || is_answer<R> || is_following<R>) {
        route.answers = is_created<R>     ? Answers::created
                        : is_accepted<R>  ? Answers::accepted
                        : is_following<R> ? Answers::following
                                          : Answers::object;
        route.response = &std::remove_cvref_t<decltype(R{}.value)>::fields();
    } else {
        route.answers = Answers::object;
        route.response = &R::fields();
    }
}

/// Fills in what the row says about a handler's parameters. `hole` is the next hole to bind.
template <class A>
void describe_argument(Route& route, size_t& hole) {
    if constexpr (is_hole<A>) {
        if (hole < route.holes.size())
            if constexpr (!std::is_same_v<A, std::string>) route.holes[hole].prefix = A::prefix;
        ++hole;
    } else if constexpr (std::is_same_v<A, IfMatch>)
        route.takes_if_match = true;
    else if constexpr (Described<A>) {
        bool is_query = route.method == Method::get || route.method == Method::del;
        (is_query ? route.query : route.body) = &A::fields();
    }
}

/// Where the I-th parameter's value waits between reading and calling.
template <class A>
struct Argument {
    std::conditional_t<std::is_same_v<A, Op> || std::is_same_v<A, RequestInfo>, char, A> value{};

    Result<void> read(Call& call, size_t hole, bool is_query) {
        if constexpr (std::is_same_v<A, std::string>)
            value = call.holes[hole];
        else if constexpr (is_hole<A>) {
            auto id = A::parse(call.holes[hole]);
            if (!id) return no_such_object();
            value = *id;
        } else if constexpr (std::is_same_v<A, IfMatch>)
            value = TRY(if_match_of(call));
        else if constexpr (Described<A>)
            return read_object(call, is_query, A::fields(), &value);
        else
            static_assert(std::is_same_v<A, Op> || std::is_same_v<A, RequestInfo>,
                          "a handler takes Op&, ids, std::string, one described struct, IfMatch, const RequestInfo&");
        return {};
    }
    decltype(auto) get(Call& call) {
        if constexpr (std::is_same_v<A, Op>)
            return (call.op);
        else if constexpr (std::is_same_v<A, RequestInfo>)
            return (call.info);
        else
            return std::move(value);
    }
};

/// How many of the first `index` parameters are bound to holes.
template <class... A>
constexpr size_t holes_before(size_t index) {
    constexpr bool holes[] = {is_hole<A>..., false};
    size_t count = 0;
    for (size_t i = 0; i < index; ++i) count += holes[i];
    return count;
}

template <class R, class... A, class F, size_t... I>
Result<Reply> invoke(Call& call, bool is_query, const F& function, std::index_sequence<I...>) {
    std::tuple<Argument<A>...> arguments;
    Result<void> read;
    (void)((read = std::get<I>(arguments).read(call, holes_before<A...>(I), is_query), read.has_value()) && ...);
    if (!read) return std::move(read).error();
    Result<R> result = function(std::get<I>(arguments).get(call)...);
    if (!result) return std::move(result).error();
    if constexpr (std::is_void_v<R>)
        return Reply{.status = 204, .content_type = {}};
    else
        return reply_of(*std::move(result));
}

template <class R, class... A, class F>
Route make(Method method, std::string_view path, std::string_view permission, std::string_view cli,
           std::string_view summary, F function) {
    Route route{.method = method,
                .path = path,
                .permission = permission,
                .cli = cli,
                .summary = summary,
                .holes = holes_of(path)};
    size_t hole = 0;
    (describe_argument<A>(route, hole), ...);
    ENSURE(hole == route.holes.size());  // every {hole} of the path has its parameter
    describe_result<R>(route);
    bool is_query = method == Method::get || method == Method::del;
    route.act = [function, is_query](Call& call) {
        return invoke<R, A...>(call, is_query, function, std::index_sequence_for<A...>{});
    };
    return route;
}

template <class C, class O, class R, class... A>
Route bind(Method method, std::string_view path, std::string_view permission, std::string_view cli,
           std::string_view summary, Result<R> (C::*function)(A...), O& object) {
    return make<R, std::remove_cvref_t<A>...>(
        method, path, permission, cli, summary, [&object, function](auto&&... arguments) {
            return (object.*function)(std::forward<decltype(arguments)>(arguments)...);
        });
}
template <class C, class O, class R, class... A>
Route bind(Method method, std::string_view path, std::string_view permission, std::string_view cli,
           std::string_view summary, Result<R> (C::*function)(A...) const, const O& object) {
    return make<R, std::remove_cvref_t<A>...>(
        method, path, permission, cli, summary, [&object, function](auto&&... arguments) {
            return (object.*function)(std::forward<decltype(arguments)>(arguments)...);
        });
}
template <class R, class... A>
Route bind(Method method, std::string_view path, std::string_view permission, std::string_view cli,
           std::string_view summary, Result<R> (*function)(A...)) {
    return make<R, std::remove_cvref_t<A>...>(method, path, permission, cli, summary, function);
}

}  // namespace detail

/// The rows' makers. `handler...` is a member function and its object (which outlives the table), or a plain function.
namespace route {

template <class... H>
Route get(std::string_view path, std::string_view permission, std::string_view cli, std::string_view summary,
          H&&... handler) {
    return detail::bind(Method::get, path, permission, cli, summary, std::forward<H>(handler)...);
}
template <class... H>
Route post(std::string_view path, std::string_view permission, std::string_view cli, std::string_view summary,
           H&&... handler) {
    return detail::bind(Method::post, path, permission, cli, summary, std::forward<H>(handler)...);
}
template <class... H>
Route put(std::string_view path, std::string_view permission, std::string_view cli, std::string_view summary,
          H&&... handler) {
    return detail::bind(Method::put, path, permission, cli, summary, std::forward<H>(handler)...);
}
template <class... H>
Route patch(std::string_view path, std::string_view permission, std::string_view cli, std::string_view summary,
            H&&... handler) {
    return detail::bind(Method::patch, path, permission, cli, summary, std::forward<H>(handler)...);
}
template <class... H>
Route del(std::string_view path, std::string_view permission, std::string_view cli, std::string_view summary,
          H&&... handler) {
    return detail::bind(Method::del, path, permission, cli, summary, std::forward<H>(handler)...);
}

/// What the reference says about a read: it has no signature to deduce it from.
struct ReadShape {
    const Fields* query = nullptr;
    const Fields* response = nullptr;
    Answers answers = Answers::object;  ///< object or page
    std::vector<std::string_view> hole_prefixes =
        {};  ///< "chat" for `{chat_id}`; "" for text; in the order of the path
};
/// A GET that is answered without a worker: `read` starts it and calls back.
Route read(std::string_view path, std::string_view permission, std::string_view cli, std::string_view summary,
           ReadShape shape, Read read);

}  // namespace route

/// Reads query parameters into a struct; unknown, repeated and wrong ones are all reported.
Result<void> read_query(std::string_view query, const Fields& fields, void* object);
/// For addresses that take no query parameters: invalid, naming those there are.
Result<void> read_no_query(std::string_view query);
template <Described Q>
Result<Q> query_of(const ReadRequest& request) {
    Q query{};
    TRY(read_query(request.query, Q::fields(), &query));
    return query;
}

}  // namespace ry::http

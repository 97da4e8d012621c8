#pragma once
// Reads: a GET that is one statement, answered in one round trip that it shares with others, without a worker thread.
//
//     route::read("/api/v1/chats/{chat_id}", "chats.read", "chats show", "A chat.",
//                 {.response = &Chat::fields(), .hole_prefixes = {"chat"}},
//                 reads::read(store_, [](const http::ReadRequest& request) -> Result<reads::Question> {
//                     return reads::maybe(sql::chat, {.id = TRY(reads::hole<ChatId>(request))}, "there is no such chat");
//                 }));
#include <functional>
#include <string>

#include "kernel/http/route.h"
#include "kernel/store/store.h"

namespace ry::reads {

/// What is asked of the database, and how its rows become the reply. `answer` runs on the store's own thread and must not
/// block; it takes what it needs with it.
struct Question {
    const store::Statement* statement;
    store::Parameters parameters;
    std::function<Result<http::Reply>(const store::Rows&)> answer;
};

/// For route::read. `ask` reads the request's holes and query; it must not block. The store outlives the route.
http::Read read(store::Store& store, std::function<Result<Question>(const http::ReadRequest&)> ask);

/// The id in the path's hole number `index`; not_found when it is none.
template <class Id>
Result<Id> hole(const http::ReadRequest& request, size_t index = 0) {
    auto id = Id::parse(request.holes.at(index));
    if (!id) return http::detail::no_such_object();
    return *id;
}

/// Any statement; `answer` (const store::Rows& → Result of what a handler may return) reads its rows.
template <class Args, class F>
Question ask(const store::Statement& statement, const Args& args, F answer) {
    Question question{.statement = &statement, .parameters = {}, .answer = [answer = std::move(answer)](const store::Rows& rows) -> Result<http::Reply> {
                          return http::detail::reply_of(TRY(answer(rows)));
                      }};
    args.bind(question.parameters);
    return question;
}

/// The row; not_found with `absent`, a constant, as its message when there is none.
template <class Args, class Row>
Question maybe(const store::Maybe<Args, Row>& statement, const std::type_identity_t<Args>& args, std::string_view absent) {
    return ask(statement, args, [absent](const store::Rows& rows) -> Result<Row> {
        if (rows.size() == 0) return fail(Code::not_found, std::string(absent));
        return rows.read<Row>(0);
    });
}

/// All rows, as `answer` (std::vector<Row> → Result of what a handler may return) shows them.
template <class Args, class Row, class F>
Question many(const store::Many<Args, Row>& statement, const std::type_identity_t<Args>& args, F answer) {
    return ask(statement, args, [answer = std::move(answer)](const store::Rows& rows) -> decltype(answer(std::vector<Row>())) {
        std::vector<Row> all;
        all.reserve(rows.size());
        for (size_t i = 0; i < rows.size(); ++i) all.push_back(TRY(rows.read<Row>(i)));
        return answer(std::move(all));
    });
}

}  // namespace ry::reads

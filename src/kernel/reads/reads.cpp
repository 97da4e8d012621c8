#include "kernel/reads/reads.h"

namespace ry::reads {

http::Read read(store::Store& store, std::function<Result<Question>(const http::ReadRequest&)> ask) {
    return [&store, ask = std::move(ask)](http::ReadRequest request, http::ReadDone done) {
        auto question = ask(request);
        if (!question) return done(std::move(question).error());
        auto reply_to = std::make_shared<http::ReadDone>(std::move(done));  // std::function wants to be copied
        store.read_async({.organization = request.op.organization, .deadline = request.op.deadline}, *question->statement, std::move(question->parameters),
                         [answer = std::move(question->answer), reply_to](Result<store::Rows> rows) {
                             (*reply_to)(rows ? answer(*rows) : Result<http::Reply>(std::move(rows).error()));
                         });
    };
}

}  // namespace ry::reads

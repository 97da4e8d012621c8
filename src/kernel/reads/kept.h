#pragma once
// Kept: the replies of a GET, kept in memory until what they show changes.
//
//     reads::read(store_, kept_pages_, &Chats::mark_messages, &Chats::ask_messages)
//
// A mark is one text that differs whenever the reply would, such as the seq of a stream that every change is written to. It is
// read each time, with the caller's rights; only when the kept reply has another one is the whole question asked. The reply
// has an ETag of its bytes, so that a client that has it gets 304.
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/guarded.h"
#include "kernel/http/route.h"
#include "kernel/reads/reads.h"

namespace ry::reads {

/// Of one route. Any thread. When it is full, the reply that was used least recently is let go.
class Kept {
public:
    explicit Kept(size_t bytes_max) : bytes_max_(bytes_max) {}

    /// The reply under `key`, if it was kept with that mark. Copies its body.
    std::optional<http::Reply> find(const std::string& key, std::string_view mark);
    /// Instead of what was kept under `key`. Nothing when the reply alone is larger than all that may be kept.
    void keep(std::string key, std::string mark, const http::Reply& reply);

private:
    struct Entry {
        std::string key, mark;
        http::Reply reply;
        size_t bytes() const { return key.size() * 2 + mark.size() + reply.body.size() + sizeof(Entry); }
    };
    struct Entries {
        std::list<Entry> newest_first;
        std::unordered_map<std::string, std::list<Entry>::iterator> by_key;
        size_t bytes = 0;

        void forget(std::list<Entry>::iterator entry);
    };

    const size_t bytes_max_;
    Guarded<Entries> entries_;
};

/// The question for a mark.
template <class Args, class Row>
Question mark(const store::Maybe<Args, Row>& statement, const std::type_identity_t<Args>& args) {
    Question question{.statement = &statement, .parameters = {}, .answer = {}};
    args.bind(question.parameters);
    return question;
}

using Ask = std::function<Result<Question>(const http::ReadRequest&)>;

/// For route::read: read() whose replies are kept. The mark is the first value of the first row; without a row, or when the value
/// is null, the reply is made anew and not kept.
http::Read read(store::Store& store, std::shared_ptr<Kept> kept, Ask ask_mark, Ask ask);

}  // namespace ry::reads

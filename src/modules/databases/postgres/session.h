#pragma once
// A superuser's session over a connected socket that asks for no password (Cluster::session): just enough of the
// protocol (PostgreSQL 3.0, simple queries, text results) for what the server itself does to a cluster. People's
// statements do not go this way.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"
#include "kernel/op/op.h"

namespace ry::databases {

/// One thread at a time. The destructor ends it.
class Session {
public:
    static constexpr size_t answer_bytes_max = 16
                                               << 20;  ///< of one run(); `too_large` beyond it, and the session is over

    using Row = std::vector<std::optional<std::string>>;

    /// `socket` is connected. A server that refuses is `unavailable`, in its words.
    static Result<Session> open(const Op& op, Descriptor socket, std::string_view user, std::string_view database);
    Session(Session&&) = default;
    Session& operator=(Session&&) = default;
    ~Session();

    /// Statements separated by ';', and the rows of all of them. An ERROR of the server is `invalid` in its words with
    /// SQLSTATE as the cause. When `op` ends first the session is over, and so is the statement (the server notices).
    Result<std::vector<Row>> run(const Op& op, std::string_view sql);

private:
    explicit Session(Descriptor socket) : socket_(std::move(socket)) {}
    struct Message {
        char kind = 0;
        std::string body;
    };
    Result<void> send(const Op& op, std::string_view bytes);
    Result<Message> receive(const Op& op);
    Result<void> wait(const Op& op, short events);

    Descriptor socket_;
    std::string buffer_;
};

/// `text` as an SQL literal or an SQL identifier, whatever is in it.
std::string sql_literal(std::string_view text);
std::string sql_identifier(std::string_view text);

}  // namespace ry::databases

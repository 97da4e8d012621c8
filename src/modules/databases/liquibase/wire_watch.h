#pragma once
// What passes between a client and PostgreSQL, watched: when a row of DATABASECHANGELOG has been committed, and what
// the server last refused. Protocol 3.0; of messages only those few are looked into, the rest goes by.
//
//   watch.from_client(piece);                       // then pass it on
//   size_t until = watch.from_server(piece);        // then, when take_recorded(): the server is idle and the row is
//   there;
//                                                   // do what must be done meanwhile; pass on what stands before
//                                                   `until`;
//                                                   // and the rest is a piece of its own
//
// The client must not use TLS (sslmode=disable).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ry::databases::liquibase {

/// An ErrorResponse, with the statement that was sent before it.
struct ServerError {
    std::string sqlstate, message, detail, hint, statement;
};

class WireWatch {
public:
    static constexpr size_t text_bytes_max = 64 << 10;  ///< of a statement or an error: their beginnings

    void from_client(std::string_view bytes);
    /// How many of `bytes` were looked at: all, or up to the message that says that the server is idle, outside a
    /// transaction, after a row of the changelog was sent.
    size_t from_server(std::string_view bytes);
    /// True once after such a message. (Whether the row was committed or rolled back only the table can tell.)
    bool take_recorded();
    const std::optional<ServerError>& last_error() const { return error_; }

private:
    /// One direction's messages, cut across pieces.
    struct Framing {
        std::string header;  // of the message that begins
        char kind = 0;
        uint64_t left = 0;  // of its body
        std::string body;   // its beginning, when it is looked into
    };
    void client_message(const Framing& message);
    bool server_message(const Framing& message);

    Framing client_, server_;
    bool has_started_ = false;  // the client's first message has no kind
    bool is_marked_ = false;    // a row of the changelog was sent, and no idle server seen since
    bool is_recorded_ = false;
    std::string statement_;
    std::optional<ServerError> error_;
};

}  // namespace ry::databases::liquibase

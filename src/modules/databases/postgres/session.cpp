#include "modules/databases/postgres/session.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ry::databases {
namespace {

/// Against what the cluster's users may have set for the database or the role. The first keeps their functions from
/// being ours.
constexpr std::string_view own_settings =
    "-c search_path=pg_catalog -c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c "
    "log_statement=none "
    "-c log_min_error_statement=panic -c log_min_duration_statement=-1";
constexpr uint32_t protocol_3_0 = 196608;      // 3 << 16
constexpr size_t message_bytes_max = 4 << 20;  // of one message; a row of ours is far below
constexpr int poll_ms_max = 250;               // how often a wait looks whether its Op was stopped

void put_int(std::string& out, uint32_t number) {
    for (int shift : {24, 16, 8, 0}) out += static_cast<char>(number >> shift);
}

uint32_t int_at(std::string_view bytes, size_t at) {
    uint32_t number = 0;
    for (size_t i = at; i < at + 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
    return number;
}

uint16_t short_at(std::string_view bytes, size_t at) {
    return static_cast<uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                 static_cast<unsigned char>(bytes[at + 1]));
}

Error broken(std::string cause) {
    return fail(Code::unavailable,
                "the connection to the database server broke; look at its log, and start it again when it has ended",
                std::move(cause));
}

/// ErrorResponse: fields of a letter and a text ending in zero. M is the message, C the SQLSTATE.
Error server_error(std::string_view body, Code code) {
    std::string message, state;
    for (size_t at = 0; at < body.size() && body[at] != '\0';) {
        size_t end = std::min(body.find('\0', at), body.size());
        std::string text(body.substr(at + 1, end - at - 1));
        if (body[at] == 'M') message = text;
        if (body[at] == 'C') state = text;
        at = end + 1;
    }
    return fail(code, "PostgreSQL says: " + message, state);
}

/// DataRow: a count, then for each column its length (-1: null) and its bytes.
bool read_row(std::string_view body, Session::Row& row) {
    if (body.size() < 2) return false;
    size_t columns = short_at(body, 0), at = 2;
    for (size_t i = 0; i < columns; ++i) {
        if (body.size() - at < 4) return false;
        auto size = static_cast<int32_t>(int_at(body, at));
        at += 4;
        if (size < 0) {
            row.emplace_back();
            continue;
        }
        if (body.size() - at < static_cast<size_t>(size)) return false;
        row.emplace_back(std::string(body.substr(at, static_cast<size_t>(size))));
        at += static_cast<size_t>(size);
    }
    return true;
}

std::string doubled(std::string_view text, char quote) {
    std::string quoted(1, quote);
    for (char c : text) {
        if (c == quote) quoted += quote;
        if (c != '\0') quoted += c;
    }
    return quoted + quote;
}

}  // namespace

Result<Session> Session::open(const Op& op, Descriptor socket, std::string_view user, std::string_view database) {
    Session session(std::move(socket));
    std::string start;
    put_int(start, protocol_3_0);
    for (std::string_view word :
         {std::string_view("user"), user, std::string_view("database"), database, std::string_view("application_name"),
          std::string_view("ramify"), std::string_view("options"), own_settings})
        start.append(word).push_back('\0');
    start.push_back('\0');
    std::string framed;
    put_int(framed, static_cast<uint32_t>(start.size() + 4));
    TRY(session.send(op, framed + start));
    for (;;) {
        Message message = TRY(session.receive(op));
        if (message.kind == 'Z') return session;
        if (message.kind == 'E') return server_error(message.body, Code::unavailable);
        if (message.kind == 'R' && (message.body.size() < 4 || int_at(message.body, 0) != 0))
            return fail(Code::unavailable, "the database server asks its own superuser for a password; start it again",
                        "authentication request");
    }
}

Session::~Session() {
    constexpr std::string_view terminate("X\0\0\0\4", 5);
    if (socket_) ::send(socket_.get(), terminate.data(), terminate.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

Result<std::vector<Session::Row>> Session::run(const Op& op, std::string_view sql) {
    if (!socket_) return broken("an earlier statement ended the session");
    std::string query = "Q";
    put_int(query, static_cast<uint32_t>(sql.size() + 5));
    query.append(sql).push_back('\0');
    TRY(send(op, query));
    std::vector<Row> rows;
    Result<void> outcome;
    for (size_t bytes = 0;;) {
        Message message = TRY(receive(op));
        if (message.kind == 'Z') break;
        if (message.kind == 'E' && outcome) outcome = server_error(message.body, Code::invalid);
        if (message.kind != 'D') continue;
        bytes += message.body.size();
        if (bytes > answer_bytes_max) {
            socket_.reset();
            return fail(Code::too_large, "the answer of the database server is larger than 16 MiB; ask for less");
        }
        if (!read_row(message.body, rows.emplace_back())) {
            socket_.reset();
            return broken("a row that cannot be read");
        }
    }
    if (!outcome) return outcome.error();
    return rows;
}

Result<void> Session::send(const Op& op, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
        if (sent < 0 && errno != EAGAIN && errno != EINTR) return broken(std::strerror(errno));
        if (sent < 0) TRY(wait(op, POLLOUT));
    }
    return {};
}

Result<Session::Message> Session::receive(const Op& op) {
    constexpr size_t header = 5;
    for (;;) {
        if (buffer_.size() >= header) {
            size_t size = int_at(buffer_, 1);
            if (size < 4 || size > message_bytes_max) {
                socket_.reset();
                return broken("a message of " + std::to_string(size) + " bytes");
            }
            if (buffer_.size() >= size + 1) {
                Message message{buffer_[0], buffer_.substr(header, size - 4)};
                buffer_.erase(0, size + 1);
                return message;
            }
        }
        char bytes[16384];
        ssize_t got = recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (got > 0) buffer_.append(bytes, static_cast<size_t>(got));
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            std::string cause = got == 0 ? "closed by the server" : std::strerror(errno);
            socket_.reset();
            return broken(std::move(cause));
        }
        if (got < 0) TRY(wait(op, POLLIN));
    }
}

Result<void> Session::wait(const Op& op, short events) {
    for (;;) {
        if (auto wanted = op.still_wanted(); !wanted) {
            socket_.reset();
            return wanted;
        }
        pollfd ready{socket_.get(), events, 0};
        if (poll(&ready, 1, static_cast<int>(std::clamp<int64_t>(op.deadline.left_ms(), 0, poll_ms_max))) > 0)
            return {};
    }
}

std::string sql_literal(std::string_view text) {
    if (text.find('\\') == std::string_view::npos) return doubled(text, '\'');
    std::string escaped;
    for (char c : text) escaped += c == '\\' ? "\\\\" : std::string(1, c);
    return " E" + doubled(escaped, '\'');
}

std::string sql_identifier(std::string_view text) { return doubled(text, '"'); }

}  // namespace ry::databases

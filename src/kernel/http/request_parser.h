#pragma once
// Reads one request from bytes that arrive in any pieces (RFC 9112), on Beast's parser. What could be read in two ways
// by two servers in a row is refused: two lengths, a length and chunks, unknown transfer codings, bare LF, no or two
// Host fields.
#include <memory>
#include <string>
#include <string_view>

#include "kernel/http/message.h"
#include "kernel/http/server.h"

namespace ry::http {

class RequestParser {
public:
    enum class Step {
        needs_more,  ///< everything given was taken, or waits for the rest of a line
        head_done,   ///< reported once, before the body is read
        complete,
        refused,  ///< see refusal()
    };
    struct Refusal {
        int status = 400;
        std::string detail;
    };

    explicit RequestParser(const Limits& limits);
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;

    /// Reads from the front of `bytes`, at most to the end of the head or of the request; `taken` says how many were
    /// read. A head is read only when it is there in full, so bytes that were not taken must be given again, with more
    /// behind them.
    Step feed(std::string_view bytes, size_t& taken);
    /// From head_done on: the body may have this many bytes.
    void set_body_bytes_max(size_t bytes) { body_bytes_max_ = bytes; }

    /// From head_done on. The body grows as it is read, and may be taken away while it is (the proxy does).
    Request& request();
    const Refusal& refusal() const { return refusal_; }
    bool has_body() const;  ///< from head_done on
    bool is_chunked() const;
    std::optional<uint64_t> content_length() const;
    bool is_complete() const { return is_complete_; }
    bool expects_continue() const;

private:
    class Reader;
    std::unique_ptr<Reader> reader_;
    Refusal refusal_;
    size_t body_bytes_max_ = 0;
    bool is_head_reported_ = false;
    bool is_complete_ = false;
    const Limits& limits_;

    Step refuse(int status, std::string detail);
};

}  // namespace ry::http

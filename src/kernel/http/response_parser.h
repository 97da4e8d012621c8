#pragma once
// Reads the answers of a proxied program from bytes that arrive in any pieces (RFC 9112), on Beast's parser.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/http/message.h"

namespace ry::http {

class ResponseParser {
public:
    enum class Step { needs_more, head_done, complete, failed };

    /// The answer to a HEAD request has no body, whatever its fields say.
    explicit ResponseParser(bool answers_head);
    ~ResponseParser();

    /// As RequestParser::feed.
    Step feed(std::string_view bytes, size_t& taken);
    /// The program closed its side: complete when the body's length was not told, else failed.
    Step feed_end();

    int status() const;  ///< from head_done on
    const Headers& headers() const;
    std::optional<uint64_t> content_length() const;
    bool has_no_body() const;  ///< by its status or by the request
    bool is_keep_alive() const;
    std::string take_body();  ///< what has come since the last call

private:
    class Reader;
    std::unique_ptr<Reader> reader_;
    bool is_head_reported_ = false;
};

}  // namespace ry::http

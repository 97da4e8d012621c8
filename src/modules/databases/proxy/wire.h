#pragma once
// Inside: the packets and messages of the wire protocol's start-up. Pure; limits are the callers'.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ry::databases {

/// Names a session to cancel: the backend's process, and a secret.
struct CancelKey {
    uint32_t process = 0;
    std::string secret;  ///< 4 bytes in protocol 3.0, up to 256 later
    auto operator<=>(const CancelKey&) const = default;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// The first packet of a client: it has no type.
struct StartUp {
    enum class Kind { ssl_request, gss_request, cancel, session };
    Kind kind = Kind::session;
    CancelKey cancel = {};
    int minor = 0;               ///< of protocol version 3
    Parameters parameters = {};  ///< as the client sent them, `_pq_.*` options aside
    std::vector<std::string> protocol_options = {};

    /// The last value of `name`, or "".
    std::string_view parameter(std::string_view name) const;
};
/// `body` is the packet without its length.
Result<StartUp> parse_start_up(std::string_view body);

/// One packet or message that arrives in pieces. It asks for no byte behind its end: what follows stays in the socket.
class Frame {
public:
    /// A message has a type byte, a start-up packet has none. `bytes_max` bounds the length that it claims.
    Frame(bool has_type, size_t bytes_max);

    /// How many bytes more are certain to belong to it; 0 when it is complete.
    size_t missing() const;
    /// At most missing() bytes. `invalid` when the length cannot be.
    Result<void> add(std::string_view bytes);
    bool is_complete() const { return missing() == 0; }
    bool is_empty() const { return bytes_.empty(); }
    /// Of a complete one.
    char type() const { return bytes_[0]; }
    std::string_view body() const { return std::string_view(bytes_).substr(head_bytes_); }
    std::string_view bytes() const { return bytes_; }
    /// Ready for the next one.
    void clear();

private:
    size_t head_bytes_, bytes_max_, total_;
    std::string bytes_;
};

/// Follows where messages of a backend end, in pieces that are passed on and not kept.
class MessageEnds {
public:
    /// What comes next.
    void add(std::string_view bytes);
    /// How many bytes more are certain to belong to the message that has begun; 0 between two messages.
    uint64_t missing() const { return head_bytes_ > 0 ? head_bytes_max - head_bytes_ : rest_; }

private:
    static constexpr size_t head_bytes_max = 5;  // type and length
    size_t head_bytes_ = 0;                      ///< of a message whose length is not known yet
    uint32_t length_ = 0;
    uint64_t rest_ = 0;  ///< of the message whose length is known
};

/// Reads integers and texts off the front of a body. What is not there reads as zero and sets is_bad().
class BodyReader {
public:
    explicit BodyReader(std::string_view body) : rest_(body) {}
    uint32_t integer();
    std::string_view text();  ///< up to a zero byte
    std::string_view bytes(size_t count);
    std::string_view rest() const { return rest_; }
    bool is_bad() const { return is_bad_; }

private:
    std::string_view rest_;
    bool is_bad_ = false;
};

std::string integer_bytes(uint32_t value);
/// A message with its type and length.
std::string message(char type, std::string_view body);

enum class Authentication : uint32_t { ok = 0, cleartext = 3, sasl = 10, sasl_continue = 11, sasl_final = 12 };
std::string authentication(Authentication what, std::string_view data = {});
std::string cancel_key_message(const CancelKey& key);
std::string cancel_request(const CancelKey& key);
std::string start_up_packet(const Parameters& parameters);
/// Protocol 3.0 is what we speak, and none of these options.
std::string negotiate_protocol_version(const std::vector<std::string>& unknown_options);

/// An ErrorResponse of severity FATAL.
std::string fatal(std::string_view sql_state, std::string_view text);
std::string warning(std::string_view text);
/// The SQLSTATE under which a client sees an Error of the directory.
std::string_view sql_state_of(const Error& error);

/// What an ErrorResponse says.
struct BackendError {
    std::string sql_state, text;
};
BackendError parse_error(std::string_view body);

}  // namespace ry::databases

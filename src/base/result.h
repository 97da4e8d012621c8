#pragma once
// A value or an Error. Expected failures are values; `TRY` walks downhill. Bugs throw (check.h).
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ry {

/// The closed list of ways an operation can fail. The HTTP status of each stands in http_status().
enum class Code {
    invalid,          ///< 400: the caller must change the request; `faults` names every wrong member
    unauthenticated,  ///< 401: the caller must sign in
    forbidden,        ///< 403: the caller may know that it exists, and must ask its owner
    not_found,        ///< 404: it does not exist, or the caller may not know that it does
    conflict,         ///< 409: the caller must read again and decide
    stale,            ///< 412: If-Match named an older version
    too_large,        ///< 413: a limit on size; the message names it
    unsupported,      ///< 422: well-formed, and cannot be done
    over_quota,       ///< 429: later; `retry_after_ms` says when
    cancelled,        ///< nobody is waiting for the answer any more
    bug,              ///< 500: ours; logged with the request id that the client also gets
    unavailable,      ///< 503: something below is away; `retry_after_ms` says when to try again
    timed_out,        ///< 504: a deadline passed; the message names it
};

constexpr int http_status(Code code) {
    constexpr int status[] = {400, 401, 403, 404, 409, 412, 413, 422, 429, 499, 500, 503, 504};
    return status[static_cast<int>(code)];
}
/// The code's name as it stands in problem documents, logs and events ("not_found").
std::string_view name_of(Code code);

/// One wrong member of a request: an RFC 6901 pointer ("/steps/2/id") and what is wrong with it.
struct Fault {
    std::string pointer;
    std::string detail;
    bool operator==(const Fault&) const = default;
};

/// `message` is for the person who asked: it says what happened and what to do next, and is written by us.
/// `cause` is for the log and never leaves the server.
struct [[nodiscard]] Error {
    Code code = Code::bug;
    std::string message;
    std::string cause = {};
    std::vector<Fault> faults = {};
    int retry_after_ms = 0;

    /// Adds what was being done, from the outside in: "preparing db_7: step 3: …".
    Error within(std::string_view doing) && {
        message = std::string(doing) + ": " + message;
        return std::move(*this);
    }
};

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
    using Base = std::expected<T, Error>;

public:
    using Base::Base;
    Result(Error error) : Base(std::unexpect, std::move(error)) {}

    Result within(std::string_view doing) && {
        if (*this) return std::move(*this);
        return std::move(this->error()).within(doing);
    }
};

/// The Error of an operation, as a value to return.
inline Error fail(Code code, std::string message, std::string cause = {}) {
    return {code, std::move(message), std::move(cause)};
}
inline Error invalid(std::string pointer, std::string detail) {
    std::string message = pointer.empty() ? detail : pointer + " " + detail;
    return {Code::invalid, std::move(message), {}, {{std::move(pointer), std::move(detail)}}};
}

}  // namespace ry

/// The value of `expression`, or a return of its Error from the enclosing function.
#define TRY(expression)                                                        \
    ({                                                                         \
        auto&& try_result_ = (expression);                                     \
        if (!try_result_) return std::move(try_result_).error();               \
        *std::move(try_result_);                                               \
    })

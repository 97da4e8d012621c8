#pragma once
// Fetch: outgoing HTTP. One thread of its own moves the bytes of all requests (libcurl); callers wait in send() or
// stream().
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kernel/op/op.h"

namespace ry::fetch {

/// Which resolved addresses a request may connect to.
enum class Addresses {
    public_only,  ///< for addresses that a user or a page names: private, loopback, link-local and the like are refused
    any,          ///< for endpoints that an operator configured, such as Ollama on localhost
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
    std::string method = "GET";
    std::string url;       ///< http or https; redirects are not followed, the 3xx is the response
    Headers headers = {};  ///< sent as they are; a CR or LF in one is invalid
    std::string body = {};
    Addresses addresses = Addresses::public_only;

    int64_t connect_timeout_ms = 5'000;         ///< name lookup, TCP and TLS
    int64_t first_byte_timeout_ms = 60'000;     ///< from the start to the first byte of the response's head
    int64_t between_bytes_timeout_ms = 60'000;  ///< silence inside the response
    int64_t total_timeout_ms = 0;               ///< 0: only the Op's deadline ends it
    size_t body_bytes_max = 8 << 20;            ///< of Response::body; a longer one is too_large
};

struct Response {
    int status = 0;
    Headers headers = {};  ///< names in lower case
    std::string body = {};

    bool ok() const { return status >= 200 && status < 300; }
    /// The first header of that name (given in lower case), or absent.
    std::optional<std::string_view> find_header(std::string_view name) const;
};

/// Gets pieces of a response's body, on the thread that called stream(); false ends the transfer.
using OnBytes = std::function<bool(std::string_view chunk)>;

struct Config {
    size_t transfers_max = 512;  ///< at once; one more is unavailable. 512 × 256 KiB pending = 128 MiB at most
    size_t pending_bytes_max =
        256 << 10;  ///< received and not yet taken by on_bytes, at least libcurl's 16 KiB; then it pauses, down to TCP
    size_t connections_max = 512;  ///< busy ones and those kept open for the next request; then idle ones close
    std::vector<std::string> allowed_private_hosts =
        {};                    ///< "host:port" of URLs that public_only may reach although its address is not public
    std::string ca_file = {};  ///< PEM bundle of trusted authorities; empty: the system's
};

/// Shared by all threads. Must outlive every call into it.
///
/// Both calls block the calling thread, and return within about 50 ms when the Op is stopped (cancelled) or its
/// deadline passes (timed_out). Other errors: unavailable (no such host, refused, reset, TLS, cut off), timed_out (a
/// timeout of the request), forbidden (an address that `addresses` refuses), invalid (the URL), too_large. An HTTP
/// status is never an error.
class Fetch {
public:
    explicit Fetch(Config config = {});
    ~Fetch();
    Fetch(const Fetch&) = delete;

    /// The whole response. Nothing is retried, except a kept connection that turns out to be dead before it answered.
    Result<Response> send(const Op& op, Request request);

    /// The body of a 2xx goes to `on_bytes` as it arrives, and Response::body stays empty; the body of any other status
    /// is in Response::body, cut at `body_bytes_max`. When `on_bytes` returns false the response so far is the result.
    /// An error after some bytes says so in its message: what was given to `on_bytes` remains valid.
    Result<Response> stream(const Op& op, Request request, const OnBytes& on_bytes);

private:
    class Transfers;
    std::unique_ptr<Transfers> transfers_;
};

/// True for an address (as text, IPv4 or IPv6) on the public internet: not private, loopback, link-local, multicast,
/// unique local, shared (RFC 6598), reserved, documentation, or one of these mapped, translated or tunnelled into IPv6.
bool is_public_address(std::string_view address);

}  // namespace ry::fetch

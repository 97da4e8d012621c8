#pragma once
// The preview ingress: requests whose host belongs to a preview are passed on to its program, both ways as they come,
// with WebSocket upgrades as plain tunnels. The head is rewritten (hop-by-hop fields, RFC 9110 §7.6.1), bodies are
// streamed through bounded buffers, and each side waits for the other.
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kernel/http/message.h"

namespace ry::http {

/// A connected stream socket to the program that answers.
struct Upstream {
    int fd = -1;                        ///< owned by the receiver
    std::string host = "localhost";     ///< the Host field that the program sees; "" keeps the client's
    std::string inject_into_head = {};  ///< HTML put right after `<head>` of navigated pages; "" leaves pages alone
};

class Ingress {
public:
    virtual ~Ingress() = default;
    /// True when the requests of `host` ("prv-01….localhost:8080") are passed on. Loop threads; must not block.
    virtual bool owns_host(std::string_view host) = 0;
    /// A connection for a request of that host; may block (a sleeping preview is woken). Runs on a worker.
    /// The client's connection keeps what it gets for its next requests of the same host while both sides keep it
    /// alive.
    virtual Result<Upstream> connect(const Request& head) = 0;
    /// Asked for every request, also when a kept connection will carry it: the ingress' own answer, or absent to pass the request
    /// on. Loop threads; must not block.
    virtual std::optional<Response> answer(const Request&) { return {}; }
    /// A tunnel (WebSocket) of this host is open; said about twice a second. Loop threads; must not block.
    virtual void in_use(std::string_view) {}
    /// The page shown when connect() failed or the program did not answer: status and HTML.
    virtual Response away_page(const Error& error);
};

}  // namespace ry::http

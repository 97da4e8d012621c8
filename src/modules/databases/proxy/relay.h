#pragma once
// Inside: carries bytes both ways between two sockets until the backend ends. Nothing is read that cannot be passed on,
// so a slow reader slows the other side, and one buffer's length is the most that waits here in each direction.
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "modules/databases/proxy/socket.h"
#include "modules/databases/proxy/wire.h"

namespace ry::databases {

class Relay {
public:
    /// `first`, whole messages, goes to the client before anything else. One that can be ended follows where messages
    /// end, which takes some nanoseconds of each.
    Relay(Socket& client, Socket& backend, std::string first, bool can_be_ended)
        : to_backend_(client, backend), to_client_(backend, client) {
        to_client_.waiting = std::move(first);
        if (can_be_ended) to_client_.message_ends.emplace();
    }

    enum class State {
        going,
        client_gone,   ///< the client cannot be reached any more
        backend_done,  ///< the backend has ended, and the client has what it sent
    };
    /// Passes on what there is. `buffer` is the loop's.
    State pump(std::span<char> buffer);
    /// After `events` of one of the sockets: looks only where they can have changed something.
    State pump(const Socket& ready, uint32_t events, std::span<char> buffer);
    /// The backend hears nothing more of the client. The client gets the rest of the message that the backend is in the
    /// middle of, and `last_words` after it. Only of a relay that can be ended.
    State end_with(std::string last_words, std::span<char> buffer);
    bool is_ending() const { return to_client_.last_words.has_value(); }
    /// Bytes that were passed on.
    uint64_t bytes() const { return to_backend_.bytes + to_client_.bytes; }

private:
    struct Way {
        Way(Socket& from_socket, Socket& to_socket) : from(from_socket), to(to_socket) {}
        Socket& from;
        Socket& to;
        std::string waiting = {};  ///< read, and not yet taken by `to`
        bool has_ended = false;    ///< nothing more is read
        bool was_cut = false;      ///< it ended by a failure
        bool has_failed = false;   ///< `to` takes nothing more
        uint64_t bytes = 0;
        std::optional<MessageEnds> message_ends = {};
        std::optional<std::string> last_words = {};  ///< instead of all further messages
    };
    Way to_backend_, to_client_;

    static void carry(Way& way, std::span<char> buffer);
    static bool send(Way& way, std::string_view bytes);
    static void end(Way& way);
    static void say_last_words(Way& way);
    State watch();
};

}  // namespace ry::databases

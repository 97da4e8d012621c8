#pragma once
// The messages between the server and the relay, one SOCK_SEQPACKET message each, on a socket pair that the relay
// inherits. Both ends are built together, so the layout has no version. Server and relay run on one machine: native
// byte order.
#include <cstdint>

namespace ry::sandbox::control {

enum class Verb : uint32_t {
    hello,    ///< relay → server, once, before the program starts; carries the listener when one was asked for
    connect,  ///< server → relay: connect to loopback `port`; relay → server: `error`, and the connected socket when it
              ///< is 0
    pause,    ///< server → relay: SIGSTOP to every process of the cage but the relay
    resume,   ///< server → relay: SIGCONT to the same
    end,      ///< server → relay: SIGTERM to the same
    signal,   ///< server → relay: signal number `port` to the program alone
    begin,    ///< server → relay: start the program; only where the relay waits for it
};

struct Message {
    Verb verb = Verb::hello;
    uint32_t sequence = 0;  ///< of a connect; its answer carries the same
    uint32_t port = 0;
    int32_t error = 0;  ///< errno
};

/// Descriptors that the relay inherits. 0, 1 and 2 are the program's.
constexpr int relay_fd = 3;

/// The loopback port, inside the cage, of the server's egress proxy.
constexpr uint32_t egress_port = 61080;

/// With a port behind it: the relay listens on the cage's loopback, and the server accepts there.
constexpr const char* listen_option = "listen=";

/// With the program's working directory behind it: the relay starts the program when it is told to begin, in that
/// directory as it is then.
constexpr const char* wait_option = "wait=";

/// Beside wait_option: the relay loads the program at once and holds it before its first instruction, by a library that
/// reads a byte from hold_fd.
constexpr const char* load_option = "load";
constexpr const char* preload_variable = "LD_PRELOAD";
constexpr const char* hold_library = "/etc/ramify/hold.so";
constexpr int hold_fd = 3;

}  // namespace ry::sandbox::control

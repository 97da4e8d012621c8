#pragma once
// A private PostgreSQL that asks for passwords: what a proxy, a driver or a benchmark connects to. In memory where
// there is room, without durability, under an unprivileged account; it ends with the thread that made it. Whatever goes
// wrong throws.
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "testing/reserved_port.h"

namespace ry::testing {

class PostgresCluster {
public:
    /// `password` of the superuser `ramify`: in clear, or the SCRAM verifier of one. `settings` are further
    /// "name=value".
    explicit PostgresCluster(std::string_view password, std::vector<std::string> settings = {});
    ~PostgresCluster();
    PostgresCluster(const PostgresCluster&) = delete;

    const std::string& directory() const { return directory_; }
    std::string socket_dir() const { return directory_; }
    std::string socket() const { return directory_ + "/.s.PGSQL." + std::to_string(port_); }
    uint16_t port() const { return port_; }  ///< on 127.0.0.1 too
    pid_t pid() const { return pid_; }
    /// What it has logged.
    std::string log() const;
    /// Ends it as `signal_number` does: SIGINT sends its clients away, SIGQUIT and SIGKILL cut them.
    void stop(int signal_number);

private:
    std::string directory_;
    ReservedPort reserved_port_;
    uint16_t port_ = 0;
    pid_t pid_ = 0;
    Descriptor log_;
};

}  // namespace ry::testing

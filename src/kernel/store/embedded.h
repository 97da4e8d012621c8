#pragma once
// PostgreSQL that belongs to this server: found on the host, a private cluster in the data directory, reached through a
// private Unix socket and nothing else, started with the server, restarted when it dies, stopped with it.
//
// A server that runs as root starts it under an unprivileged account, since PostgreSQL refuses uid 0.
#include <sys/types.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "kernel/store/store.h"

namespace ry::store {

struct EmbeddedOptions {
    std::string data_dir;       ///< the cluster is data_dir/postgres, its log data_dir/postgres.log
    std::string run_as = {};    ///< account when the server is root; empty: ramify, postgres or nobody, the first that exists
    std::string bin_dir = {};   ///< where `initdb` and `postgres` are; empty: looked for
    bool is_durable = true;     ///< false: no fsync, for tests
};

class Embedded {
public:
    /// Returns when PostgreSQL accepts connections and roles and database exist; makes the cluster on the first start.
    /// One server per data directory: a second one is refused; what a killed one left behind is ended first.
    static Result<std::unique_ptr<Embedded>> start(EmbeddedOptions options);
    /// Stops PostgreSQL: sessions are ended, everything committed is on disk.
    ~Embedded();
    Embedded(const Embedded&) = delete;

    /// The server's logins on `database`, which exists already: "ramify", or one made from admin().
    Endpoint endpoint(const std::string& database = "ramify") const;
    /// A superuser's login.
    Login admin(const std::string& database = "postgres") const;
    const std::string& socket_dir() const;
    /// The postmaster's process now; 0 while it is being restarted.
    pid_t pid() const;
    std::string version() const;  ///< "15.20"

private:
    struct Inside;
    explicit Embedded(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

}  // namespace ry::store

#pragma once
// Inside: what stands between Liquibase in its cage and a build cluster in another. Connections pass through, and are
// watched: when a changeset has been recorded, the server's answer waits until the caller has done what it wants to do
// between two changesets.
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/descriptor.h"
#include "base/guarded.h"
#include "base/result.h"
#include "modules/databases/liquibase/wire_watch.h"
#include "modules/databases/postgres/cluster.h"

namespace ry::databases {

class LiquibaseRelay {
public:
    static constexpr size_t connections_max = 16;  ///< Liquibase uses one or two; each has two threads here

    /// `recorded` is called on a thread of the relay's own, one call at a time, while no statement of the connection
    /// runs. Its first Error ends all connections, and is kept; `failed` is called then, to end the program.
    LiquibaseRelay(Cluster& cluster, Descriptor listener, std::function<Result<void>()> recorded,
                   std::function<void()> failed);
    /// Ends all connections, and waits for a call of `recorded` to return.
    ~LiquibaseRelay();

    std::optional<Error> failure() const;
    /// What the server refused last.
    std::optional<liquibase::ServerError> last_error() const;

private:
    struct Connection;
    void accept_connections();
    void carry_to_server(Connection& connection);
    void carry_to_client(Connection& connection);
    bool look_at(Connection& connection, std::string_view piece);
    void keep(Error error);

    Cluster& cluster_;
    const Descriptor listener_;
    const Descriptor stop_;  // readable when everything shall end
    const std::function<Result<void>()> recorded_;
    const std::function<void()> failed_;
    struct Seen {
        std::optional<Error> failure;
        std::optional<liquibase::ServerError> error;
    };
    Guarded<Seen> seen_;
    Guarded<int> turn_;                                     // held during a call of recorded_
    std::vector<std::unique_ptr<Connection>> connections_;  // of the accepting thread
    std::jthread accepting_;
};

}  // namespace ry::databases

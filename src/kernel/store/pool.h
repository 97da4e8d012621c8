#pragma once
// Inside the store: connections of one role, opened when needed, lent to one transaction at a time. Any thread.
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "kernel/store/connection.h"

namespace ry::store {

class Pool {
public:
    Pool(Login login, std::string settings, size_t connections_max, int64_t wait_ms_max);

    /// A lent connection; comes back by itself, and is closed then when it is lost or in the middle of a transaction.
    class Lease {
    public:
        Lease(Pool& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
        Lease(Lease&&) = default;
        ~Lease() { end(false); }
        Connection& operator*() const { return *connection_; }
        Connection* operator->() const { return connection_.get(); }
        /// Gives the connection back; `is_clean` when no transaction is open on it, so that it may be used again.
        void end(bool is_clean) {
            if (connection_) pool_->give_back(std::move(connection_), is_clean);
        }

    private:
        Pool* pool_;
        std::unique_ptr<Connection> connection_;
    };

    /// Waits for a free connection, and for PostgreSQL to come back, at most `wait_ms_max` or the Op's deadline.
    Result<Lease> lend(const Op& op);

private:
    struct State {
        std::vector<std::unique_ptr<Connection>> idle;
        size_t open = 0;
    };
    Result<std::unique_ptr<Connection>> open_patiently(const Op& op, Deadline deadline);
    void give_back(std::unique_ptr<Connection> connection, bool is_clean);

    Login login_;
    std::string settings_;
    size_t connections_max_;
    int64_t wait_ms_max_;
    Guarded<State> state_;
};

/// Sleeps; false when a stop was asked for.
bool pause(const std::stop_token& stop, int64_t ms);

}  // namespace ry::store

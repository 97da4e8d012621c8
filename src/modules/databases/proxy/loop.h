#pragma once
// Inside: one thread with its sockets, and what all of them share.
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "modules/databases/proxy/openings.h"
#include "modules/databases/proxy/proxy.h"
#include "modules/databases/proxy/session.h"
#include "modules/databases/proxy/socket.h"
#include "modules/databases/proxy/wire.h"

namespace ry::databases {

/// Where a cancel request goes.
struct CancelTarget {
    BackendAddress address;
    CancelKey key;
};

struct Counts {
    int sockets = 0;      ///< of clients, with those that are starting
    int connections = 0;  ///< sessions that have a target
    std::map<OrganizationId, int> of_organization = {};
};

/// What all loops of a proxy share.
struct Shared {
    ProxyOptions options;
    Directory& directory;
    Guarded<std::shared_ptr<ssl_ctx_st>> tls{};  ///< null: without
    std::string mock_key = {};  ///< of this process: makes what strangers are asked about databases that do not exist
    std::atomic<bool> is_draining = false;
    Guarded<Counts> counts{};
    Guarded<std::map<CancelKey, CancelTarget>> cancel_keys{};
    /// For one connection, which keeps it.
    std::shared_ptr<ssl_ctx_st> tls_now() const {
        return tls.with([](const auto& now) { return now; });
    }
    Openings openings{options.limits.workers, options.limits.openings_waiting_max,
                      options.limits.openings_per_database};
};

class Loop {
public:
    explicit Loop(Shared& shared);
    ~Loop();  ///< ends what is left
    Loop(const Loop&) = delete;

    /// Any thread: `f` runs on this loop, soon.
    void post(std::move_only_function<void()> f);
    /// Any thread: takes a client, which has been counted.
    void adopt(Descriptor client, std::string address);
    /// Hands out new connections of this listener, until stop_accepting(). Before other threads know the loop.
    void accept_from(Descriptor listener, std::move_only_function<Loop&()> next_loop);

    // On the loop's own thread:
    void stop_accepting();
    void drain();
    void cut();
    void remove(ProxySession& session);
    int epoll() const { return epoll_.get(); }
    Shared& shared() { return shared_; }
    /// For what is read and written within one turn.
    std::span<char> buffer() { return buffer_; }

private:
    Shared& shared_;
    Descriptor epoll_, wake_, listener_;
    bool is_accepting_ = false;
    std::move_only_function<Loop&()> next_loop_;
    std::vector<char> buffer_ = std::vector<char>(64 * 1024);
    Guarded<std::vector<std::move_only_function<void()>>> posted_;
    std::map<ProxySession*, std::shared_ptr<ProxySession>> sessions_;
    std::vector<std::shared_ptr<ProxySession>> ended_;  ///< of this turn: its events may still name them
    bool is_stopping_ = false;
    int64_t ticked_at_ms_ = 0;
    std::thread thread_;

    void run();
    void run_posted();
    void tick();
    void accept_some();
    void watch_listener(bool is_watched);
};

}  // namespace ry::databases

#pragma once
// What the stories of the proxy are told with: one PostgreSQL, a directory that is told what to do, clients of libpq,
// and a client that says bytes.
#include <libpq-fe.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/guarded.h"
#include "modules/databases/proxy/proxy.h"
#include "modules/databases/proxy/wire.h"
#include "testing/postgres_cluster.h"

namespace ry::databases::stories {

inline const std::string password = "the-password-of-shop";
const ScramKeys& keys();              ///< of that password, as the cluster has them
testing::PostgresCluster& cluster();  ///< of this process, for 1,100 clients

/// Knows "shop@main" and its forks, and whatever a story adds.
class Instances : public Directory {
public:
    struct Seen {
        std::vector<Wanted> opened;
        int leases = 0;   ///< that are held
        int stopped = 0;  ///< openings whose client went away
        int waiting = 0;  ///< openings that wait
        bool may_go = false;
    };
    using Open = std::function<Result<Target>(const Op&, const Wanted&, const Proof&)>;

    Result<Login> login(const Op& op, const Wanted& wanted) override;
    Result<Target> open(const Op& op, const Wanted& wanted, const Proof& proof) override;

    /// A target on the cluster, with a lease.
    Target target();
    std::map<std::string, Open> opens = {};  ///< by name; set before the first client
    Guarded<Seen> seen{};
    OrganizationId organization = OrganizationId::fresh();
    bool wait_for(std::function<bool(const Seen&)> ready);
};

/// A proxy with its directory.
struct Stage {
    explicit Stage(ProxyOptions options = {}, std::map<std::string, Instances::Open> opens = {});
    Instances instances;
    std::unique_ptr<Proxy> proxy;
    /// "host=127.0.0.1 port=… dbname=shop@main …"; later settings win.
    std::string conninfo(const std::string& settings = {}) const;
};

/// A session of libpq.
class Client {
public:
    explicit Client(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) { be_quiet(); }
    explicit Client(PGconn* connection) : connection_(connection) { be_quiet(); }
    ~Client() { PQfinish(connection_); }
    Client(const Client&) = delete;

    bool is_connected() const { return PQstatus(connection_) == CONNECTION_OK; }
    std::string error() const { return PQerrorMessage(connection_); }
    /// The first value, or "ERROR <sqlstate>".
    std::string ask(const std::string& sql);
    PGconn* get() { return connection_; }
    /// Vanishes, by a FIN or by a reset, without a word of the protocol.
    void die(bool by_reset);

private:
    PGconn* connection_;
    void be_quiet() {
        PQsetNoticeReceiver(connection_, [](void*, const PGresult*) {}, nullptr);
    }
};

/// Says bytes, and reads what comes until the end of the stream; waits half a minute at most.
class RawClient {
public:
    explicit RawClient(uint16_t port, const std::string& host = "127.0.0.1");
    void say(std::string_view bytes);
    void end_of_words();             ///< a FIN; it goes on reading
    std::string read(size_t count);  ///< less at the end of the stream
    std::string read_all();
    /// One message, or an empty text at the end.
    std::string read_message();
    /// The SQLSTATE of the ErrorResponse that comes, after other messages; "" at the end without one.
    std::string refusal();
    void leave() { socket_.reset(); }

private:
    Descriptor socket_;
};

/// A session's first packet.
std::string hello(const std::string& database = "shop@main", const std::string& user = "ann");
/// Answers the cleartext request, and reads up to ReadyForQuery.
void log_in(RawClient& client, const std::string& token);

}  // namespace ry::databases::stories

#pragma once
// One PostgreSQL port for all databases: speaks the start-up of the wire protocol with a client, asks the Directory
// where the database is, logs in there, and from then on carries bytes. It knows nothing of instances, rows and jobs.
// Wire format: PostgreSQL's documentation, chapter "Frontend/Backend Protocol", version 3.0.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/descriptor.h"
#include "base/result.h"
#include "base/secret.h"
#include "kernel/op/op.h"
#include "modules/databases/proxy/database_name.h"
#include "modules/databases/scram/scram.h"

namespace ry::databases {

/// What a client asks for in its first packet.
struct Wanted {
    DatabaseName database;
    std::string user;
    std::string application_name;
    std::string address;  ///< the client's IP address, or "local" when it came by the Unix socket
};

/// The user whose password is an API token. The name says so since the server must know before the password comes:
/// SCRAM takes what it has a verifier of.
inline constexpr std::string_view token_user = "token";

/// How the client must prove who it is.
struct Login {
    /// Present: by SCRAM-SHA-256, of which only this is needed. Absent: by sending its password (a token, of which we
    /// keep a hash), which is asked for over TLS or from this machine only, and given to Directory::open.
    std::optional<ScramVerifier> verifier;
};

/// What the client has proved: that it knows the password of the verifier, whose keys these are, or a password to
/// check.
using Proof = std::variant<ScramKeys, Secret>;

struct UnixAddress {
    std::string path;  ///< of the socket: "/…/.s.PGSQL.5432"
};
struct TcpAddress {
    std::string host;  ///< an IP address
    uint16_t port = 0;
};

/// A connected, non-blocking socket of a backend.
struct Dialed {
    Descriptor socket;
    bool has_begun = false;  ///< the start-up packet was sent already, and nothing of the answer was read
};
/// A way that has no address: `dial` gives a socket for a session that begins with the packet `start_up`, or for a
/// cancel request, when it is empty. Called on a worker; it may wait a little.
struct DialedAddress {
    std::function<Result<Dialed>(const std::string& start_up)> dial;
};
using BackendAddress = std::variant<UnixAddress, TcpAddress, DialedAddress>;

/// Lives as long as the client is connected. Its destructor runs on a loop: it notes, and does not wait.
class Lease {
public:
    virtual ~Lease() = default;
};

/// Where the bytes go.
struct Target {
    BackendAddress address;
    std::string database;  ///< the backend's own name of it
    std::string user;
    /// How to log in there; neither of them: the backend lets in who comes that way. Keys that are not of the backend's
    /// verifier need the password beside them; a password alone costs 2 ms of a worker for each connection.
    std::optional<ScramKeys> keys;
    Secret password;
    OrganizationId organization;  ///< whose connections are counted together
    bool is_read_only =
        false;  ///< its transactions are, unless the session says otherwise (default_transaction_read_only)
    std::string warning = {};  ///< told to the client as the session begins; empty: nothing
    std::unique_ptr<Lease> lease;
    /// Why the session must end, for its client (57P01), or "" while it may go on. Asked ten times a second on a loop: it
    /// does not wait. Null: it ends by client or backend alone.
    std::function<std::string()> must_end = {};
};

/// As the cause of an over_quota of the Directory: it is the disk that has no room.
inline constexpr std::string_view sql_state_disk_full = "53100";

/// Knows the databases. Both functions run on worker threads and may wait, within the Op's deadline; its stop says that
/// the client has gone. At most ProxyLimits::openings_per_database run at once for one database, so that one which does
/// not start keeps no other waiting.
class Directory {
public:
    virtual ~Directory() = default;
    /// not_found when there is no such database: told at once to clients of this machine, and as a wrong password to
    /// others. The token_user is asked for its token whatever it names: who may know is decided by the token.
    virtual Result<Login> login(const Op& op, const Wanted& wanted) = 0;
    /// Finds, starts or forks. unauthenticated when the password is wrong, over_quota when it may not have more.
    virtual Result<Target> open(const Op& op, const Wanted& wanted, const Proof& proof) = 0;
};

/// A session costs 2 sockets and about 1 KB; one whose reader is slow, up to 64 KiB for each direction. 10,000
/// sessions: 20,000 descriptors, 10 MB, and 1.3 GB if every reader stalls in the middle of a large answer, both ways.
struct ProxyLimits {
    int connections_max = 10'000;
    int connections_per_organization_max = 2'000;
    int starting_max = 2'000;  ///< sockets that have not got as far as a database; cancel requests are among them
    size_t start_up_bytes_max = 10'000;  ///< PostgreSQL's own
    int64_t login_ms_max = 10'000;       ///< from accept to the end of authentication
    int64_t open_ms_max = 60'000;        ///< a server that recovers takes long
    int workers = 16;
    size_t openings_waiting_max = 4'096;  ///< then clients are told to come later
    int openings_per_database = 8;
};

struct ProxyOptions {
    std::string address = "127.0.0.1";
    uint16_t port = 6432;  ///< 0: any free one
    /// Also serves at <socket_dir>/.s.PGSQL.5432, for programs that have no network; empty: TCP only.
    std::string socket_dir = {};
    int loops = 2;
    std::string tls_certificate_file = {};  ///< PEM; with tls_key_file, clients may use TLS
    std::string tls_key_file = {};
    bool is_tls_required = false;  ///< for clients of other machines
    ProxyLimits limits = {};
};

class Proxy {
public:
    /// Binds and serves. Fails when the address is in use. `directory` outlives the proxy.
    static Result<std::unique_ptr<Proxy>> start(ProxyOptions options, Directory& directory);
    /// Cuts what drain() left.
    ~Proxy();
    Proxy(const Proxy&) = delete;

    uint16_t port() const;
    /// Sessions that reached their database.
    int connections() const;
    /// Reads certificate and key again, for new connections. After a failure the old ones stay in use.
    Result<void> reload_tls();
    /// Takes no further client, sends those that are starting away (57P01), and waits until the others have ended by
    /// themselves or `ms` passed. True when all have. Stopping the databases meanwhile tells their clients (57P01).
    bool drain(int64_t ms);

private:
    struct Running;
    explicit Proxy(std::unique_ptr<Running> running);
    std::unique_ptr<Running> running_;
};

}  // namespace ry::databases

#pragma once
// A running PostgreSQL on a data directory, in a cage of its own.
//
//   auto clusters = TRY(Clusters::open(*sandbox, runtime_dir));
//   auto cluster = TRY(clusters->start(op, {.image = image, .data_dir = dir, .socket_dir = sockets, .verifier =
//   scram_verifier(password)})); … psql "host=<socket_dir> user=postgres dbname=postgres" … TRY(cluster->stop(op)); //
//   fast; the directory is now a state that can be snapshotted
//
// Ways in: the Unix socket <socket_dir>/.s.PGSQL.5432 on the host, which asks everybody for a SCRAM password; and
// session(), which only the server has: the cage's own loopback, reached through the sandbox, where the superuser needs
// none. The cage has no other network, sees no file of the host but /usr, and ends with the server, however that ends.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"
#include "kernel/op/op.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/databases/postgres/base.h"
#include "modules/databases/postgres/images.h"
#include "modules/databases/postgres/session.h"

namespace ry::databases {

/// What the server is tuned for (settings.h has every value and its reason).
enum class Purpose {
    build,     ///< one session at a time changes much; lost when the host dies, since it is built again
    instance,  ///< many small servers wait for somebody; small memory, quick start. Lost when the host dies, as above
    lasting,   ///< an instance whose data nobody can make again: what was committed survives the host
};

/// How a cluster ended that was not asked to.
struct ClusterEnd {
    std::string message;   ///< for a person: which limit, or what PostgreSQL said last
    std::string log_tail;  ///< the end of its log, at most Cluster::log_bytes_max
    int exit_code = 0;     ///< as a shell gives it
    sandbox::Ended ended = sandbox::Ended::by_itself;
};

struct ClusterOptions {
    PostgresImage image;
    std::string
        data_dir;  ///< on the host; the caller gave it to the sandbox's account. One cluster at a time runs on it
    std::string socket_dir;  ///< on the host; made when absent. At most Cluster::socket_dir_bytes_max long
    Purpose purpose = Purpose::instance;
    /// Of the superuser's password (scram.h), set before start() returns. Empty: the cluster keeps the one it has.
    std::string verifier = {};
    int connections_max = 20;
    int64_t memory_mb_max = 512;
    int64_t disk_mb_max =
        10'240;  ///< of its directories together, looked at every few seconds; 0: the caller sees to it
    int64_t processes_max = 128;
    int64_t cpu_percent_max = 0;  ///< of one processor; 0: none
    /// Further settings of the server, by name. Those of settings.h that keep it in are refused.
    std::vector<std::pair<std::string, std::string>> settings = {};
    /// Every piece of the server's log, on a thread of the cage's own; must not wait.
    std::function<void(std::string_view bytes)> log = {};
    /// When it ended without stop() having been called; on a thread of Clusters, which must not wait and not destroy
    /// the Cluster.
    std::function<void(const ClusterEnd&)> ended = {};
};

/// Any thread, unless a member says otherwise. The destructor ends it (immediate: no checkpoint).
class Cluster {
public:
    static constexpr size_t log_bytes_max = 16 << 10;
    /// sockaddr_un::sun_path holds 108 bytes; "/.s.PGSQL.5432" and the closing zero take 15 of them.
    static constexpr size_t socket_dir_bytes_max = 108 - 15;
    static constexpr int port = 5432;

    ~Cluster();
    Cluster(const Cluster&) = delete;

    const std::string& socket_dir() const;
    const std::string& data_dir() const;
    const PostgresImage& image() const;
    /// The process id, on the host, of the cage's process 1.
    int pid() const;
    bool is_alive() const;
    std::string log_tail() const;
    /// How it ended, when it has without having been asked to; one that is ending is waited for, `wait_ms` at most.
    std::optional<ClusterEnd> find_end(int64_t wait_ms) const;

    /// As the superuser, without a password. `unavailable` while it is paused or when it has ended.
    Result<Session> session(const Op& op, std::string_view database = "postgres");
    /// The bare socket of the same: connected to the cage's loopback, non-blocking; whoever has it is trusted as the
    /// superuser.
    Result<Descriptor> private_socket();

    /// Begins the session of a client that will probably come: connects, and sends the packet `start_up` that it would
    /// send. The server then makes what a first session needs while nobody waits for it.
    void expect_client(std::string start_up);
    /// Ends that session again, if there is one: a server that waits long shall not keep it.
    void expect_nobody();
    struct Meeting {
        Descriptor socket;
        bool has_begun = false;  ///< `start_up` was sent
    };
    /// private_socket() for a client with the packet `start_up`: the session that was begun for it, when every byte is
    /// the same, when it is still there, and when no other session of any kind began since.
    Result<Meeting> meet_client(const std::string& start_up);

    /// Gives the role a password by its verifier: one round trip, no hashing. `role` must exist.
    Result<void> set_password(const Op& op, const std::string& role, const std::string& verifier);
    Result<void> checkpoint(const Op& op);
    /// Ends every other session's statement (pg_cancel_backend).
    Result<void> cancel_statements(const Op& op);

    /// Stops all its processes in their tracks and lets them go on. Sockets stay open, connecting waits, memory stays
    /// in use.
    Result<void> pause();
    Result<void> resume();

    /// Fast shutdown, with a checkpoint: sessions are ended, and the data directory is what a snapshot may be taken of,
    /// without a file that names this run. After `fast_ms_max` or the Op's end an immediate one follows; that is an
    /// error, since the directory then needs recovery. Afterwards others may start on it. Idempotent.
    Result<void> stop(const Op& op, int64_t fast_ms_max = 60'000);
    /// Ends it at once, without a checkpoint: for what is thrown away. Idempotent, never fails.
    void kill();

    /// Calls `copy` while the data directory stands still: with every process of the cluster paused, after a CHECKPOINT if
    /// much was written since the last. `copy` makes a copy by whatever means; a cluster started on it recovers in milliseconds, with all
    /// committed data, and with unlogged tables emptied, as PostgreSQL does after a crash. Sessions wait meanwhile and
    /// go on. For a copy that must be exact use stop().
    Result<void> while_still(const Op& op, const std::function<Result<void>()>& copy);

private:
    friend class Clusters;
    struct Inside;
    explicit Cluster(std::shared_ptr<Inside> inside);
    Result<Session> administer(const Op& op);

    std::shared_ptr<Inside> inside_;
};

/// Starts clusters and watches them end. Shared by all threads; outlives every Cluster. `sandbox` outlives it.
class Clusters {
public:
    /// `runtime_dir` is the server's own; made when absent, for a small file that every cluster reads.
    static Result<std::unique_ptr<Clusters>> open(sandbox::Sandbox& sandbox, const std::string& runtime_dir);
    ~Clusters();
    Clusters(const Clusters&) = delete;

    /// Returns when it answers. `op` bounds the start only. Recovers a directory that was not shut down. A server that
    /// ends instead is `unavailable`, with its last words and, in the cause, its log.
    Result<std::unique_ptr<Cluster>> start(const Op& op, ClusterOptions options);

private:
    struct Watch;
    Clusters(sandbox::Sandbox& sandbox, std::string rules_path);

    sandbox::Sandbox& sandbox_;
    const std::string rules_path_;
    std::unique_ptr<Watch> watch_;
};

}  // namespace ry::databases

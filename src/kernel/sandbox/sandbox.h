#pragma once
// Runs programs of users, models and build tools in cages. A Cage is a value that says everything the program gets;
// what it does not name, the program does not have. Backend `local`: bubblewrap with namespaces of its own for user,
// mount, PID, network, IPC, UTS and cgroup; read-only root; no capabilities, no new privileges; a system call filter;
// limits by cgroups where the host gives them and by rlimits and supervision everywhere (see probe.h).
//
//   Cage cage{.program = "/usr/bin/node", .arguments = {"build.js"}, .working_dir = "/app", .writable = {{checkout,
//   "/app"}},
//             .cpu_ms_max = 60'000, .memory_mb_max = 512};
//   Outcome ran = TRY(sandbox.run(op, cage));
//
// Who owns the files: a cage never runs as host uid 0. When the server is root, cages run as the account
// `Config::run_as`, and the caller hands it every writable directory with give() before the first run (and again after
// the server wrote into it); what read-only binds hold must be readable by that account or by everybody. The
// directories above a bind may be closed to the account. When the server is an ordinary user, cages run as the same
// user and give() does nothing. Inside, the program always sees itself as uid 1000 "app". What a cage wrote is not to
// be trusted: open paths below it with openat2 and RESOLVE_BENEATH, never by joining strings.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"
#include "kernel/op/op.h"

namespace ry::sandbox {

/// A directory or file of the host, and where the program sees it. `inside` empty: at the same path. Binds may lie in
/// each other, whatever their kinds; the inner one's place must exist in the outer one, or be makeable there.
struct Bind {
    std::string host;
    std::string inside = {};

    bool operator==(const Bind&) const = default;
};

/// What leaves the cage. `none`: no network but its own loopback. `allow_list`: also HTTP and CONNECT through the
/// server's egress proxy (HTTP_PROXY, HTTPS_PROXY and their lower-case forms are set), to exactly these "host:port"
/// entries.
struct Network {
    std::vector<std::string> allow = {};

    bool operator==(const Network&) const = default;
};

/// The description of one program and all that it gets. Paths inside must be absolute. A limit of 0 is no limit of
/// that kind, where its comment says so.
struct Cage {
    std::string program;                      ///< path inside, or a name looked up in PATH of `environment`
    std::vector<std::string> arguments = {};  ///< argv[1…]; no shell reads them
    std::string working_dir = "/";
    /// Where the program waits, it is loaded and linked meanwhile, which for one of many libraries is most of its
    /// start. It must be linked dynamically.
    bool is_loaded_ahead = false;
    bool is_held = false;  ///< start only: all is made, but the program waits for Running::begin()
    std::vector<std::pair<std::string, std::string>> environment =
        {};  ///< exactly this; PATH, HOME=/tmp and LANG when it does not set them
    std::vector<Bind> read_only = {};
    std::vector<Bind> writable = {};
    std::vector<Bind> sockets = {};  ///< Unix sockets of the host that the program may connect to
    Network network = {};
    std::vector<int> ingress = {};  ///< ports of the cage's loopback that Running::connect_ingress may reach
    int served_port = 0;  ///< of the cage's loopback, where the server itself listens (take_served_listener); 0: none

    int64_t cpu_ms_max = 60'000;    ///< CPU time of all its processes together; 0: none (long-lived programs)
    int64_t wall_ms_max = 120'000;  ///< 0: none
    int64_t memory_mb_max = 512;    ///< all its processes together, and its tmpfs
    int64_t processes_max = 128;    ///< threads count
    int64_t cpu_percent_max = 0;    ///< of one processor, all its processes together, where control groups hold it; 0: none
    int64_t files_max = 4096;       ///< open files of each process
    int64_t file_mb_max = 512;      ///< size of each file it writes
    int64_t disk_mb_max = 2048;     ///< size of its writable directories together, looked at every few seconds; 0: none
    int64_t tmp_mb_max = 64;        ///< /tmp, and the same again for /dev/shm
    int64_t output_kb_max = 256;    ///< run: stdout and stderr together. start: a second; what is over is dropped

    bool operator==(const Cage&) const = default;
};

/// What ended the program: itself, or which limit, or the caller.
enum class Ended { by_itself, by_stop, by_cpu, by_wall_time, by_memory, by_disk, by_output };

struct Outcome {
    int exit_code = 0;  ///< as a shell gives it: 128 + N for signal N, 127 when the program could not be started
    Ended ended = Ended::by_itself;
    std::string out = {};  ///< stdout (run only), at most output_kb_max together with `err`
    std::string err = {};  ///< stderr (run only)
    int64_t wall_ms = 0;
    int64_t cpu_ms = 0;

    bool succeeded() const { return exit_code == 0 && ended == Ended::by_itself; }
};
/// For a person: "exit code 1", "it used more memory than it may, exit code 137".
std::string describe(const Outcome& outcome);

/// A piece of output of a long-lived program.
struct Output {
    bool is_error = false;      ///< stderr
    std::string_view bytes;     ///< as the program wrote them: not whole lines, perhaps not UTF-8
    int64_t bytes_dropped = 0;  ///< before these bytes, because the program wrote faster than output_kb_max a second
};
/// Called on a thread of the cage's own, one call at a time; must not wait long: the program waits meanwhile.
using OutputCallback = std::function<void(const Output&)>;

/// A long-lived program. The owner may share it between threads. Its destructor stops it.
class Running {
public:
    virtual ~Running() = default;
    /// Lets the program of a Cage::is_held begin, once.
    virtual Result<void> begin() = 0;
    /// Waits until the program has ended or the Op is not wanted any more (which leaves the program running).
    virtual Result<Outcome> wait(const Op& op) = 0;
    /// True when the program has ended; wait() then returns at once.
    virtual bool ended() const = 0;
    /// Ends the whole tree: SIGTERM to all, SIGKILL 1.5 s later. Returns when nothing of it is left; within 2 s.
    /// Idempotent.
    virtual void stop() = 0;
    /// Sends a signal to the program itself, not to what it started.
    virtual Result<void> signal(int number) = 0;
    /// Stops (SIGSTOP) and continues every process of the cage. Sockets stay open and memory stays in use.
    virtual Result<void> pause() = 0;
    virtual Result<void> resume() = 0;
    /// A connected TCP socket to `port` of the cage's own loopback (127.0.0.1, else ::1), which must stand in
    /// Cage::ingress. The caller closes it; it is non-blocking and close-on-exec. `unavailable` while nothing listens
    /// there. Costs some 50 µs; may wait up to 5 s for a program whose backlog is full, so not on an event loop's
    /// thread.
    virtual Result<int> connect_ingress(int port) = 0;
    /// The listening socket behind Cage::served_port, once: whoever accepts on it is what the program finds at
    /// 127.0.0.1 on that port. Blocking, close-on-exec.
    virtual Descriptor take_served_listener() = 0;
    /// The process id, on the host, of the cage's process 1.
    virtual int pid() const = 0;
};

struct Config {
    std::string runtime_dir =
        {};  ///< for the relay's executable and the cage's /etc; made when absent; the server's own
    std::string bwrap = "/usr/bin/bwrap";
    std::string run_as =
        {};               ///< server is root: the account's name or number; empty: "ramify" when it exists, else 64000
    int cages_max = 256;  ///< at once; beyond it run and start answer over_quota
    int64_t disk_free_mb_min =
        512;  ///< a cage that may write is ended when the file system of its writable binds has less
    std::vector<std::string> allowed_private_hosts =
        {};  ///< "host:port" that egress may reach although its address is private or loopback
    std::string upstream_proxy =
        {};  ///< "http://host:port" of a proxy that the host itself must use; see environment_proxy()
    std::string no_proxy = {};  ///< comma-separated host suffixes that are reached without `upstream_proxy`
};

/// Shared by all threads; one for each server. Its destructor ends every cage.
class Sandbox {
public:
    /// Writes the relay into `config.runtime_dir`, finds the account and the cgroups. Fails, saying what to install or
    /// change, when the host cannot run a cage at all. Takes a few milliseconds. Open it before the server starts other
    /// child processes: under cgroup v2 its controllers need the server's own group to themselves.
    static Result<std::unique_ptr<Sandbox>> open(const Config& config);
    virtual ~Sandbox() = default;

    /// Runs to the end. An Outcome also when a limit ended it or it failed; an Error when it could not be set up, or
    /// when `op` was cancelled or its deadline passed (the tree is gone then). Costs about 6 ms above the program's own
    /// time.
    virtual Result<Outcome> run(const Op& op, const Cage& cage) = 0;
    /// Starts a long-lived program; `op` bounds only the start.
    virtual Result<std::unique_ptr<Running>> start(const Op& op, const Cage& cage, OutputCallback output) = 0;
    /// Makes a cage like this one in the background, whose program does not run yet, without the host's directories
    /// that it may write. The next start() of one that differs in these directories alone takes it, and is spared the
    /// most of its time. Four such spares are kept at most, 1 MB each and what a program takes that is loaded ahead,
    /// and those asked for last. Does nothing where the server may not mount: as an ordinary user.
    virtual void make_spare(const Cage& like) = 0;
    /// How many stand ready.
    virtual int spares() const = 0;
    /// Makes the account of the cages the owner of `path` and of all below it; symbolic links are not followed.
    /// Does nothing when the server is an ordinary user.
    virtual Result<void> give(const std::string& path) = 0;
    /// The host's uid of the programs.
    virtual unsigned uid() const = 0;
};

/// Sets `upstream_proxy` and `no_proxy` from https_proxy, HTTPS_PROXY, no_proxy and NO_PROXY of the server's
/// environment.
void environment_proxy(Config& config);

}  // namespace ry::sandbox

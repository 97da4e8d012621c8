#include "modules/databases/postgres/cluster.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "base/guarded.h"
#include "base/text.h"
#include "kernel/sandbox/usage.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/postgres/data_directory.h"
#include "modules/databases/postgres/settings.h"

namespace ry::databases {
namespace {

namespace fs = std::filesystem;

constexpr int64_t end_ms_max = 10'000;  // from the last signal to the end of the cage
constexpr int64_t still_ms_max =
    5'000;  // a system call that is under way when SIGSTOP comes is a write of 8 kB, or an fsync
constexpr int64_t segment_mb_max = 1'024;  // PostgreSQL begins another file for what is more of a table
constexpr int log_bytes_a_second_kb = 4'096;
constexpr int64_t wal_replayed_bytes_max = 32 << 10;  // some hundred records: of pages here and there each costs a read
constexpr int poll_ms_max = 250;                       // how often a wait looks whether its Op was stopped
constexpr std::string_view postmaster_mark = " [2] ";  // in the log: the first process after the cage's own
constexpr std::string_view ready_words = "database system is ready to accept connections";

Error no_descriptors() {
    return fail(Code::unavailable, "the server has no free file descriptor; raise its limit (ulimit -n)",
                std::strerror(errno));
}

/// Becomes readable when the process ends.
Descriptor watch_process(int pid) { return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))); }

/// The other side has closed it, though there may be something to read.
bool has_hung_up(const Descriptor& socket) {
    pollfd end{socket.get(), POLLRDHUP, 0};
    return poll(&end, 1, 0) != 0;
}

bool has_ended(const Descriptor& process) {
    pollfd ended{process.get(), POLLIN, 0};
    return poll(&ended, 1, 0) == 1;
}

/// The last line of a log in which PostgreSQL (or the sandbox) says why it ends. A session's FATAL is none, once it has
/// been ready.
std::string last_words(std::string_view log, bool was_ready) {
    std::string_view found;
    for (std::string_view line : split(log, '\n')) {
        bool is_fatal = line.find("FATAL:") != line.npos && (!was_ready || line.find(postmaster_mark) != line.npos);
        if (is_fatal || line.find("PANIC:") != line.npos || line.starts_with("sandbox:")) found = line;
    }
    size_t level = std::min(found.find("FATAL:"), found.find("PANIC:"));
    if (level != found.npos) found.remove_prefix(level + std::strlen("FATAL:"));
    return std::string(trim(found));
}

std::string why_it_ended(const sandbox::Outcome& outcome, std::string_view log, bool was_ready) {
    switch (outcome.ended) {
        case sandbox::Ended::by_memory:
            return "the database server used more memory than its limit; give it more, or ask for less at once";
        case sandbox::Ended::by_disk:
            return "the database server filled its disk limit, or the disk is full; free some space or raise the "
                   "limit, then start it again";
        case sandbox::Ended::by_stop:
            return "the database server was stopped";
        default:
            break;
    }
    std::string words = last_words(log, was_ready);
    if (words.empty() && outcome.exit_code > 128) words = "ended by signal " + std::to_string(outcome.exit_code - 128);
    return "the database server ended" + (words.empty() ? std::string() : ": " + words) +
           "; start it again, its log says more";
}

}  // namespace

// ---- what a cluster is inside

struct Cluster::Inside {
    ClusterOptions options;
    struct Hold {
        Descriptor lock;  // of the data directory, while anything of this cluster may write into it
        bool was_clean = false;
    };
    Guarded<Hold> hold;
    Descriptor process;  // of the cage's process 1; it ends when PostgreSQL does
    Descriptor said_ready;
    std::atomic<bool> is_wanted = true;  // false once stop() or kill() was called
    std::atomic<bool> is_paused = false;
    struct Log {
        std::string tail;
        bool is_ready = false;
    };
    Guarded<Log> log;
    struct Expected {
        std::string start_up;
        Descriptor socket;  // closed: no client is expected
    };
    Guarded<Expected> expected;
    std::mutex altering_role;                   // PostgreSQL fails the second of two that alter a role at once
    std::unique_ptr<sandbox::Running> running;  // last: its thread calls hear()

    void hear(const sandbox::Output& output);
    Result<void> wait_until_ready(const Op& op);
    Result<sandbox::Outcome> outcome();
    ClusterEnd end_of(const sandbox::Outcome& outcome) const;
    /// True when the cage has ended before the deadline and the Op.
    bool wait_for_end(const Op& op, Deadline deadline) const;
    std::string tail() const {
        return log.with([](const Log& now) { return now.tail; });
    }
    /// Others may start on the data directory. Only the first call says how it ended.
    void let_go(bool was_clean) {
        hold.with([&](Hold& now) {
            if (now.lock) now.was_clean = was_clean;
            if (now.lock) flock(now.lock.get(), LOCK_UN);  // closing is not enough while a child is made, which has it too
            now.lock.reset();
        });
    }
    bool has_been_ready() const {
        return log.with([](const Log& now) { return now.is_ready; });
    }
    sandbox::Cage cage(std::vector<std::string> arguments, const std::string& rules_path) const;
    Result<Descriptor> connect() const;
    Expected take_expected() {
        return expected.with([](Expected& now) { return std::exchange(now, {}); });
    }
};

void Cluster::Inside::hear(const sandbox::Output& output) {
    if (options.log) options.log(output.bytes);
    bool became_ready = log.with([&](Log& now) {
        now.tail.append(output.bytes);
        bool is_ready = !now.is_ready && now.tail.find(ready_words) != std::string::npos;
        now.is_ready |= is_ready;
        if (now.tail.size() > log_bytes_max) now.tail.erase(0, now.tail.size() - log_bytes_max);
        return is_ready;
    });
    if (became_ready) eventfd_write(said_ready.get(), 1);
}

sandbox::Cage Cluster::Inside::cage(std::vector<std::string> arguments, const std::string& rules_path) const {
    sandbox::Cage cage{.program = options.image.program("postgres"), .arguments = std::move(arguments)};
    cage.is_loaded_ahead = true;  // linking its 40 libraries is a third of its start
    cage.environment = {{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
    cage.read_only = options.image.binds;
    cage.read_only.push_back({rules_path, rules_inside});
    cage.writable = {{options.data_dir, data_inside}, {options.socket_dir, sockets_inside}};
    cage.ingress = {port};
    cage.cpu_ms_max = cage.wall_ms_max = 0;
    cage.memory_mb_max = options.memory_mb_max;
    cage.processes_max = options.processes_max;
    cage.cpu_percent_max = options.cpu_percent_max;
    cage.disk_mb_max = options.disk_mb_max;
    cage.file_mb_max = std::max(options.disk_mb_max, segment_mb_max);
    cage.output_kb_max = log_bytes_a_second_kb;
    return cage;
}

/// PostgreSQL writes the line when it begins to accept; it comes through the cage's pipe at once, so nobody has to try.
Result<void> Cluster::Inside::wait_until_ready(const Op& op) {
    std::stop_callback wake(op.stop, [this] { eventfd_write(said_ready.get(), 1); });
    for (;;) {
        if (log.with([](const Log& now) { return now.is_ready; })) return {};
        TRY(op.still_wanted());
        pollfd waits[] = {{said_ready.get(), POLLIN, 0}, {process.get(), POLLIN, 0}};
        poll(waits, 2, static_cast<int>(std::clamp<int64_t>(op.deadline.left_ms(), 0, poll_ms_max)));
        if (!waits[1].revents) continue;
        ClusterEnd end = end_of(TRY(outcome()));
        return fail(Code::unavailable, end.message, end.log_tail);
    }
}

Result<Descriptor> Cluster::Inside::connect() const {
    if (is_paused) return fail(Code::unavailable, "the database server is asleep; wake it first");
    if (has_ended(process)) return fail(Code::unavailable, "the database server has ended; start it again", tail());
    return Descriptor(TRY(running->connect_ingress(port)));
}

/// Of a cage that is ending.
Result<sandbox::Outcome> Cluster::Inside::outcome() {
    Op op = server_op("end of a database server");
    op.deadline = Deadline::in_ms(end_ms_max);
    return running->wait(op);
}

ClusterEnd Cluster::Inside::end_of(const sandbox::Outcome& outcome) const {
    std::string text = tail();
    return {why_it_ended(outcome, text, has_been_ready()), text, outcome.exit_code, outcome.ended};
}

bool Cluster::Inside::wait_for_end(const Op& op, Deadline deadline) const {
    pollfd ended{process.get(), POLLIN, 0};
    for (;;) {
        int64_t left_ms = std::min(deadline.left_ms(), op.deadline.left_ms());
        if (poll(&ended, 1, static_cast<int>(std::clamp<int64_t>(left_ms, 0, poll_ms_max))) == 1) return true;
        if (deadline.passed() || !op.still_wanted()) return false;
    }
}

// ---- the watch: one thread for all clusters

struct Clusters::Watch {
    Descriptor epoll{epoll_create1(EPOLL_CLOEXEC)};
    Descriptor wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    Guarded<std::map<uint64_t, std::weak_ptr<Cluster::Inside>>> watched;
    std::atomic<uint64_t> next = 1;
    std::atomic<bool> is_over = false;
    std::jthread thread;

    Result<void> add(const std::shared_ptr<Cluster::Inside>& inside) {
        uint64_t number = next++;
        watched.with([&](auto& all) {
            std::erase_if(all, [](const auto& each) { return each.second.expired(); });
            all[number] = inside;
        });
        epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = number}};
        if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, inside->process.get(), &event) == 0) return {};
        watched.with([&](auto& all) { all.erase(number); });
        return no_descriptors();
    }

    void serve() {
        epoll_event events[16];
        while (!is_over) {
            int count = epoll_wait(epoll.get(), events, std::size(events), -1);
            for (int i = 0; i < count; ++i)
                if (events[i].data.u64 != 0) tell(events[i].data.u64);
        }
    }

    void tell(uint64_t number) {
        std::shared_ptr<Cluster::Inside> inside = watched.with([&](auto& all) {
            auto found = all.extract(number);
            return found.empty() ? nullptr : found.mapped().lock();
        });
        if (!inside || !inside->is_wanted) return;
        auto outcome = inside->outcome();
        if (!outcome || !inside->is_wanted) return;
        ClusterEnd end = inside->end_of(*outcome);
        telemetry::log(telemetry::Level::warning, "database_server_ended",
                       {{"data_dir", inside->options.data_dir}, {"message", end.message}});
        if (inside->options.ended) inside->options.ended(end);
    }
};

Clusters::Clusters(sandbox::Sandbox& sandbox, std::string rules_path)
    : sandbox_(sandbox), rules_path_(std::move(rules_path)), watch_(std::make_unique<Watch>()) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = 0}};
    epoll_ctl(watch_->epoll.get(), EPOLL_CTL_ADD, watch_->wake.get(), &event);
    watch_->thread = std::jthread([watch = watch_.get()] { watch->serve(); });
}

Clusters::~Clusters() {
    watch_->is_over = true;
    eventfd_write(watch_->wake.get(), 1);
}

namespace {

/// The access rules, as a file that no cage may write.
Result<void> write_rules(const std::string& path) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0444));
    if (file && fchmod(file.get(), 0444) == 0 &&
        write(file.get(), access_rules.data(), access_rules.size()) == static_cast<ssize_t>(access_rules.size()))
        return {};
    return fail(Code::unavailable, "a file for the database servers cannot be written; check space and permissions",
                path + ": " + std::strerror(errno));
}

Result<Descriptor> lock_data_dir(const std::string& dir) {
    Descriptor lock(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock)
        return fail(Code::unavailable,
                    "the data directory of a database cannot be opened; it was removed, or its permissions changed",
                    dir + ": " + std::strerror(errno));
    if (flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    return fail(Code::conflict, "another database server runs on this data directory; stop it first", dir);
}

Result<void> make_socket_dir(sandbox::Sandbox& sandbox, const std::string& dir) {
    if (dir.size() > Cluster::socket_dir_bytes_max)
        return invalid("/socket_dir", "is too long for a Unix socket; " +
                                          std::to_string(Cluster::socket_dir_bytes_max) + " bytes are the most");
    if (mkdir(dir.c_str(), 0711) != 0 && errno != EEXIST)
        return fail(Code::unavailable,
                    "the directory for a database's socket cannot be made; check its parent's permissions",
                    dir + ": " + std::strerror(errno));
    for (const char* name : {"/.s.PGSQL.5432", "/.s.PGSQL.5432.lock"}) TRY(remove_file(dir + name));
    return sandbox.give(dir);
}

}  // namespace

Result<std::unique_ptr<Clusters>> Clusters::open(sandbox::Sandbox& sandbox, const std::string& runtime_dir) {
    std::error_code error;
    fs::create_directories(runtime_dir, error);
    std::string rules_path = runtime_dir + "/pg_hba.conf";
    TRY(write_rules(rules_path));
    std::unique_ptr<Clusters> clusters(new Clusters(sandbox, std::move(rules_path)));
    if (!clusters->watch_->epoll || !clusters->watch_->wake) return no_descriptors();
    return clusters;
}

Result<std::unique_ptr<Cluster>> Clusters::start(const Op& op, ClusterOptions options) {
    TRY(op.still_wanted());
    telemetry::Laps laps("database_start_ms", "What the parts of a start of a database server take.");
    auto arguments = TRY(server_arguments(options));
    auto inside = std::make_shared<Cluster::Inside>();
    Descriptor lock = TRY(lock_data_dir(options.data_dir));
    inside->hold.with([&](Cluster::Inside::Hold& now) { now.lock = std::move(lock); });
    TRY(forget_run(options.data_dir));
    TRY(make_socket_dir(sandbox_, options.socket_dir));
    inside->options = std::move(options);
    laps.lap("files");
    inside->said_ready = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!inside->said_ready) return no_descriptors();
    // The callback ends with `running`, which `inside` owns.
    const sandbox::Cage cage = inside->cage(std::move(arguments), rules_path_);
    inside->running =
        TRY(sandbox_.start(op, cage, [raw = inside.get()](const sandbox::Output& output) { raw->hear(output); }));
    laps.lap("cage");
    inside->process = watch_process(inside->running->pid());
    std::unique_ptr<Cluster> cluster(new Cluster(inside));
    if (!inside->process) {
        auto outcome = TRY(inside->outcome());
        ClusterEnd end = inside->end_of(outcome);
        return fail(Code::unavailable, end.message, end.log_tail);
    }
    TRY(inside->wait_until_ready(op));
    laps.lap("ready");
    if (!inside->options.verifier.empty()) {
        TRY(cluster->set_password(op, superuser, inside->options.verifier));
        laps.lap("password");
    }
    TRY(watch_->add(inside));
    sandbox_.make_spare(cage);  // for the next one
    return cluster;
}

// ---- a running cluster

Cluster::Cluster(std::shared_ptr<Inside> inside) : inside_(std::move(inside)) {}
Cluster::~Cluster() { kill(); }

const std::string& Cluster::socket_dir() const { return inside_->options.socket_dir; }
const std::string& Cluster::data_dir() const { return inside_->options.data_dir; }
const PostgresImage& Cluster::image() const { return inside_->options.image; }
int Cluster::pid() const { return inside_->running->pid(); }
bool Cluster::is_alive() const { return !has_ended(inside_->process); }
std::string Cluster::log_tail() const { return inside_->tail(); }

std::optional<ClusterEnd> Cluster::find_end(int64_t wait_ms) const {
    Op op = server_op("end of a database server");
    op.deadline = Deadline::in_ms(wait_ms);
    if (!inside_->is_wanted || !inside_->wait_for_end(op, op.deadline)) return {};
    auto outcome = inside_->outcome();
    if (!outcome) return {};
    return inside_->end_of(*outcome);
}

Result<Descriptor> Cluster::private_socket() {
    expect_nobody();  // whoever comes now may change what a session begins with
    return inside_->connect();
}

void Cluster::expect_client(std::string start_up) {
    auto socket = inside_->connect();
    if (!socket) return;
    ssize_t sent = send(socket->get(), start_up.data(), start_up.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(start_up.size())) return;
    inside_->expected.with([&](Inside::Expected& now) { now = {std::move(start_up), *std::move(socket)}; });
}

void Cluster::expect_nobody() { (void)inside_->take_expected(); }

Result<Cluster::Meeting> Cluster::meet_client(const std::string& start_up) {
    Inside::Expected expected = inside_->take_expected();
    bool is_it = expected.socket && expected.start_up == start_up && !inside_->is_paused && is_alive();
    if (is_it && !has_hung_up(expected.socket)) return Meeting{std::move(expected.socket), true};
    expected.socket.reset();
    return Meeting{TRY(inside_->connect()), false};
}

Result<Session> Cluster::session(const Op& op, std::string_view database) {
    return Session::open(op, TRY(private_socket()), superuser, database);
}

/// Whoever dropped the database "postgres" has template1 still.
Result<Session> Cluster::administer(const Op& op) {
    constexpr std::string_view no_such_database = "3D000";
    auto opened = session(op);
    if (!opened && opened.error().cause == no_such_database) return session(op, "template1");
    return opened;
}

Result<void> Cluster::set_password(const Op& op, const std::string& role, const std::string& verifier) {
    std::scoped_lock alone(inside_->altering_role);
    auto session = TRY(administer(op));
    TRY(session.run(op, "alter role " + sql_identifier(role) + " password " + sql_literal(verifier)));
    return {};
}

Result<void> Cluster::checkpoint(const Op& op) {
    auto session = TRY(administer(op));
    TRY(session.run(op, "checkpoint"));
    return {};
}

Result<void> Cluster::cancel_statements(const Op& op) {
    auto session = TRY(administer(op));
    TRY(session.run(op,
                    "select pg_cancel_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid "
                    "<> pg_backend_pid()"));
    return {};
}

Result<void> Cluster::pause() {
    inside_->is_paused = true;
    return inside_->running->pause();
}

Result<void> Cluster::resume() {
    TRY(inside_->running->resume());
    inside_->is_paused = false;
    return {};
}

Result<void> Cluster::stop(const Op& op, int64_t fast_ms_max) {
    inside_->is_wanted = false;
    auto [is_over, was_clean] =
        inside_->hold.with([](const Inside::Hold& now) { return std::pair(!now.lock.is_open(), now.was_clean); });
    if (is_over && was_clean) return {};
    if (is_over)
        return fail(Code::conflict, "the database server was ended without a shutdown; its data needs recovery");
    if (inside_->is_paused) TRY(resume());
    if (is_alive()) TRY(inside_->running->signal(SIGINT));
    if (!inside_->wait_for_end(op, Deadline::in_ms(fast_ms_max))) {
        kill();
        return fail(Code::timed_out,
                    "the database server did not shut down within its time and was ended; its data will be recovered "
                    "at the next start",
                    inside_->tail());
    }
    ClusterEnd end = inside_->end_of(TRY(inside_->outcome()));
    bool is_clean = TRY(is_shut_down(data_dir()));
    if (is_clean) TRY(forget_run(data_dir()));
    inside_->let_go(is_clean);
    if (is_clean) return {};
    return fail(Code::unavailable, "the database server did not shut down cleanly: " + end.message, end.log_tail);
}

void Cluster::kill() {
    inside_->is_wanted = false;
    if (!inside_->running) return;
    // With process 1 of its namespace every process of the cage is gone, paused or not.
    if (inside_->process) syscall(SYS_pidfd_send_signal, inside_->process.get(), SIGKILL, nullptr, 0);
    inside_->running->stop();
    inside_->let_go(false);
}

Result<void> Cluster::while_still(const Op& op, const std::function<Result<void>()>& copy) {
    telemetry::Laps laps("database_still_ms", "What the parts of a copy of a running server take.");
    if (wal_since_checkpoint_bytes(data_dir(), wal_replayed_bytes_max) >= wal_replayed_bytes_max) {
        TRY(checkpoint(op));
        laps.lap("checkpoint");
    }
    struct Awake {
        Cluster& cluster;
        ~Awake() { (void)cluster.resume(); }
    } awake{*this};
    TRY(pause());
    for (Deadline deadline = Deadline::in_ms(still_ms_max).sooner(op.deadline); !sandbox::stands_still(pid());) {
        TRY(op.still_wanted());
        if (deadline.passed())
            return fail(Code::timed_out,
                        "the database server could not be paused; the host is overloaded, try again later");
        std::this_thread::yield();
    }
    laps.lap("pause");
    auto copied = copy();
    laps.lap("copy");
    return copied;
}

}  // namespace ry::databases

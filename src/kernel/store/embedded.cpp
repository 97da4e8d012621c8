#include "kernel/store/embedded.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "base/guarded.h"
#include "base/text.h"
#include "kernel/store/connection.h"
#include "kernel/store/pool.h"
#include "kernel/store/postgres_host.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::store {
namespace {

namespace fs = std::filesystem;

/// sockaddr_un::sun_path holds 108 bytes; "/.s.PGSQL.5432" and the closing zero take 15 of them.
constexpr size_t socket_dir_bytes_max = 108 - 15;
constexpr int64_t start_ms_max = 60'000;  // crash recovery of a large log can take that long
constexpr int64_t stop_ms_max = 10'000;
constexpr int64_t restart_pause_ms_min = 50, restart_pause_ms_max = 5'000;
constexpr int64_t log_bytes_max = 8 * 1024 * 1024;  // twice that on disk: the log and the one before it
constexpr int log_check_ms = 10'000;

std::string reason() { return std::strerror(errno); }

Error unusable(const std::string& path, const std::string& why) {
    return fail(errno == ENOSPC ? Code::unavailable : Code::invalid, "the data directory cannot be used: " + path + ": " + why);
}

/// A directory of the account, closed to others.
Result<void> make_private_dir(const std::string& path, const Account& account) {
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return unusable(path, reason());
    struct stat found;
    if (lstat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) return unusable(path, "it is not a directory");
    if (found.st_uid != account.uid) {
        bool is_ours = account.is_other && found.st_uid == 0;
        if (!is_ours) return unusable(path, "it belongs to another account; remove it or choose another directory");
        if (chown(path.c_str(), account.uid, account.gid) != 0) return unusable(path, reason());
    }
    if (chmod(path.c_str(), 0700) != 0) return unusable(path, reason());
    return {};
}

/// The account must be able to pass through every directory above the cluster.
Result<void> let_through(const std::string& data_dir, const Account& account) {
    if (!account.is_other) return {};
    for (fs::path dir = data_dir; dir.has_relative_path(); dir = dir.parent_path()) {
        struct stat found;
        if (stat(dir.c_str(), &found) != 0) return unusable(dir, reason());
        bool is_passable = found.st_mode & (found.st_uid == account.uid ? S_IXUSR : found.st_gid == account.gid ? S_IXGRP : S_IXOTH);
        if (is_passable) continue;
        if (dir != data_dir)
            return fail(Code::invalid, "PostgreSQL runs under the account '" + account.name + "', which may not pass through " + dir.string() +
                                           ": choose another --data-dir, or chmod o+x " + dir.string());
        if (chmod(dir.c_str(), (found.st_mode & 07777) | S_IXOTH) != 0) return unusable(dir, reason());
    }
    return {};
}

std::string socket_dir_for(const std::string& data_dir) {
    std::string dir = data_dir + "/socket";
    bool is_one = dir.find(',') == std::string::npos;  // libpq and PostgreSQL take lists, which commas separate
    if (is_one && dir.size() <= socket_dir_bytes_max) return dir;
    unsigned char hash[crypto_generichash_BYTES_MIN];
    crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(data_dir.data()), data_dir.size(), nullptr, 0);
    return "/tmp/ramify-" + hex({reinterpret_cast<const char*>(hash), sizeof hash});
}

/// A value of a libpq connection string: 'it\'s'.
std::string quoted_for_libpq(std::string_view text) {
    std::string quoted = "'";
    for (char c : text) {
        if (c == '\\' || c == '\'') quoted += '\\';
        quoted += c;
    }
    return quoted + "'";
}

std::string tail_of(const std::string& path) {
    constexpr size_t bytes_max = 2'000;
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) return "";
    auto size = size_t(file.tellg());
    std::string text(std::min(size, bytes_max), '\0');
    file.seekg(int64_t(size - text.size()));
    file.read(text.data(), int64_t(text.size()));
    return text;
}

/// Waits until `is_done`, looking every few milliseconds.
bool wait_until(int64_t ms_max, const std::function<bool()>& is_done) {
    constexpr int64_t look_ms = 5;
    for (Deadline deadline = Deadline::in_ms(ms_max); !is_done();) {
        if (deadline.passed()) return false;
        pause({}, look_ms);
    }
    return true;
}

/// The postmaster that a killed server left behind in this cluster, or 0.
pid_t leftover_postmaster(const std::string& cluster) {
    std::ifstream file(cluster + "/postmaster.pid");
    pid_t pid = 0;
    if (!(file >> pid) || pid <= 1) return 0;
    std::error_code error;
    fs::path works_in = fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error);
    return !error && works_in == cluster ? pid : 0;
}

/// The processes of PostgreSQL that work in this cluster.
std::vector<pid_t> processes_in(const std::string& cluster) {
    std::vector<pid_t> found;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc", error)) {
        pid_t pid = pid_t(parse_int(entry.path().filename().string()).value_or(0));
        std::string name;
        if (pid <= 1 || !std::getline(std::ifstream(entry.path() / "comm"), name) || name != "postgres") continue;
        std::error_code gone;
        if (fs::read_symlink(entry.path() / "cwd", gone) == cluster) found.push_back(pid);
    }
    return found;
}

/// What a postmaster that was killed left behind. PostgreSQL does not start beside it, since it has the shared memory; what it would
/// still do, recovery does again.
void end_orphans(const std::string& cluster) {
    wait_until(stop_ms_max / 2, [&] {
        std::vector<pid_t> orphans = processes_in(cluster);
        for (pid_t pid : orphans) kill(pid, SIGKILL);
        return orphans.empty();
    });
}

Result<void> end_leftover(const std::string& cluster) {
    pid_t pid = leftover_postmaster(cluster);
    if (pid == 0) return {};
    for (int signal_number : {SIGINT, SIGQUIT}) {  // fast, then immediate shutdown
        kill(pid, signal_number);
        if (wait_until(stop_ms_max / 2, [&] { return leftover_postmaster(cluster) == 0; })) return {};
    }
    return fail(Code::unavailable, "a PostgreSQL of an earlier run (process " + std::to_string(pid) + ") does not end; end it, then start again");
}

}  // namespace

struct Embedded::Inside {
    EmbeddedOptions options;
    std::string cluster, log_path, socket_dir;
    Account account;
    PostgresBinaries binaries;
    int lock_fd = -1;
    int log_fd = -1;
    int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    struct State {
        pid_t pid = 0;
        bool has_been_ready = false;
        bool has_failed = false;  // ended before it was ever ready
        bool is_stopping = false;
    };
    Guarded<State> state;
    std::thread supervisor;

    ~Inside() {
        if (supervisor.joinable()) {
            state.with([](State& s) { s.is_stopping = true; });
            eventfd_write(wake_fd, 1);
            supervisor.join();
        }
        for (int fd : {lock_fd, log_fd, wake_fd})
            if (fd >= 0) close(fd);
    }

    Result<void> prepare_dirs();
    Result<void> make_cluster();
    Result<void> wait_until_ready();
    Result<void> make_roles();
    /// libpq's connection string, to which a user is appended.
    std::string connection_to(std::string_view database) const { return "host=" + quoted_for_libpq(socket_dir) + " dbname=" + std::string(database) + " user="; }
    Login admin(const std::string& database = "postgres") const { return {connection_to(database) + "ramify_admin"}; }
    Result<void> run_sql(const Login& login, const std::string& sql);
    Error start_failed() const;
    std::vector<std::string> command() const;
    bool is_stopping() {
        return state.with([](State& s) { return s.is_stopping; });
    }

    // The supervisor thread: PostgreSQL's parent, so PostgreSQL ends when it does.
    void supervise();
    void run_once();
    void stop(int pidfd, pid_t pid);
    void bound_log();
};

Result<void> Embedded::Inside::prepare_dirs() {
    std::error_code error;
    fs::create_directories(options.data_dir, error);
    if (error) return unusable(options.data_dir, error.message());
    options.data_dir = fs::canonical(options.data_dir, error);
    if (error) return unusable(options.data_dir, error.message());
    cluster = options.data_dir + "/postgres";
    log_path = options.data_dir + "/postgres.log";
    socket_dir = socket_dir_for(options.data_dir);

    std::string lock_path = options.data_dir + "/postgres.lock";
    lock_fd = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_fd < 0) return unusable(lock_path, reason());
    if (flock(lock_fd, LOCK_EX | LOCK_NB) != 0)
        return fail(Code::conflict, "another Ramify server uses the data directory " + options.data_dir + "; stop it, or choose another --data-dir");
    log_fd = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) return unusable(log_path, reason());
    TRY(let_through(options.data_dir, account));
    return make_private_dir(socket_dir, account);
}

/// Made under another name and renamed when it is whole, so a crash leaves no half cluster.
Result<void> Embedded::Inside::make_cluster() {
    std::string fresh = cluster + ".new";
    std::error_code error;
    fs::remove_all(fresh, error);
    TRY(make_private_dir(fresh, account));
    pid_t pid = TRY(spawn({binaries.initdb, "-D", fresh, "-U", "ramify_admin", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
                          account, log_fd, SIGKILL));
    if (wait_for_exit(pid) != 0) return start_failed();
    if (options.is_durable) {
        int dir = open(fresh.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        syncfs(dir);
        close(dir);
    }
    fs::rename(fresh, cluster, error);
    if (error) return unusable(cluster, error.message());
    return {};
}

Error Embedded::Inside::start_failed() const {
    std::string tail = tail_of(log_path);
    if (tail.find("No space left on device") != std::string::npos)
        return fail(Code::unavailable, "PostgreSQL could not start: the disk of " + options.data_dir + " is full; free some space, then start again", tail);
    std::string_view last = trim(tail);
    last = last.substr(last.rfind('\n') + 1);
    return fail(Code::unavailable, "PostgreSQL could not start: \"" + std::string(last) + "\"; more is in " + log_path, tail);
}

std::vector<std::string> Embedded::Inside::command() const {
    std::vector<std::string> words{binaries.postgres, "-D", cluster};
    auto set = [&](std::string_view name, std::string_view value) {
        words.push_back("-c");
        words.push_back(std::string(name) + "=" + std::string(value));
    };
    set("listen_addresses", "");
    set("unix_socket_directories", socket_dir);
    set("unix_socket_permissions", "0700");
    set("max_connections", "50");  // Limits in store.h need 22; the rest is for tools
    set("shared_buffers", "64MB");
    set("max_files_per_process", "200");
    set("wal_level", "minimal");
    set("max_wal_senders", "0");
    set("max_wal_size", "512MB");
    set("max_parallel_workers_per_gather", "0");  // short statements of many clients
    set("jit", "off");
    set("timezone", "UTC");
    set("lc_messages", "C");
    set("log_timezone", "UTC");
    set("log_min_messages", "warning");
    set("log_checkpoints", "off");
    // Failed statements are logged by the server with their request; here they could carry people's texts.
    set("log_min_error_statement", "panic");
    set("log_line_prefix", "%m [%p] ");
    set("fsync", options.is_durable ? "on" : "off");
    set("synchronous_commit", options.is_durable ? "on" : "off");
    set("full_page_writes", options.is_durable ? "on" : "off");
    if (!options.is_durable) set("shared_buffers", "16MB");
    return words;
}

// ---- the supervisor thread

void Embedded::Inside::supervise() {
    int64_t pause_ms = restart_pause_ms_min;
    while (!is_stopping()) {
        int64_t started_ms = steady_ms();
        run_once();
        bool was_ready = state.change([](State& s) {
            s.pid = 0;
            if (!s.has_been_ready) s.has_failed = true;
            return s.has_been_ready;
        });
        if (is_stopping() || !was_ready) return;
        telemetry::log(telemetry::Level::error, "postgres_ended", {{"action", "restarting it"}, {"log", log_path}});
        pause_ms = steady_ms() - started_ms > start_ms_max ? restart_pause_ms_min : std::min(pause_ms * 2, restart_pause_ms_max);
        pollfd woken{wake_fd, POLLIN, 0};
        poll(&woken, 1, int(pause_ms));
    }
}

void Embedded::Inside::run_once() {
    end_orphans(cluster);
    auto started = spawn(command(), account, log_fd, SIGINT);
    if (!started) return;
    pid_t pid = *started;
    state.change([&](State& s) { s.pid = pid; });
    int pidfd = int(syscall(SYS_pidfd_open, pid, 0));
    for (;;) {
        pollfd fds[] = {{pidfd, POLLIN, 0}, {wake_fd, POLLIN, 0}};
        poll(fds, 2, log_check_ms);
        bound_log();
        if (fds[0].revents) break;
        if (is_stopping()) {
            stop(pidfd, pid);
            break;
        }
    }
    wait_for_exit(pid);
    close(pidfd);
}

void Embedded::Inside::stop(int pidfd, pid_t pid) {
    for (int signal_number : {SIGINT, SIGQUIT, SIGKILL}) {  // fast, then immediate, then without asking
        kill(pid, signal_number);
        pollfd ended{pidfd, POLLIN, 0};
        if (poll(&ended, 1, int(stop_ms_max)) == 1) return;
    }
}

/// PostgreSQL appends to the open file, so it can be emptied under it.
void Embedded::Inside::bound_log() {
    struct stat found;
    if (fstat(log_fd, &found) != 0 || found.st_size < log_bytes_max) return;
    std::error_code error;
    fs::copy_file(log_path, log_path + ".1", fs::copy_options::overwrite_existing, error);
    if (ftruncate(log_fd, 0) != 0) telemetry::log(telemetry::Level::warning, "postgres_log_not_emptied", {{"reason", reason()}});
}

// ---- start

Result<void> Embedded::Inside::wait_until_ready() {
    bool is_ready = false;
    wait_until(start_ms_max, [&] {
        if (state.with([](State& s) { return s.has_failed; })) return true;
        is_ready = Connection::open(admin(), {}, Deadline::in_ms(start_ms_max)).has_value();
        return is_ready;
    });
    if (!is_ready) return start_failed();
    state.with([](State& s) { s.has_been_ready = true; });
    return {};
}

Result<void> Embedded::Inside::run_sql(const Login& login, const std::string& sql) {
    auto connection = TRY(Connection::open(login, {}, Deadline::in_ms(start_ms_max)));
    Statement statement{"store.embedded", sql, {}, nullptr};
    connection->send(statement, {});
    TRY(connection->finish(Deadline::in_ms(start_ms_max), {}));
    return {};
}

Result<void> Embedded::Inside::make_roles() {
    auto connection = TRY(Connection::open(admin(), {}, Deadline::in_ms(start_ms_max)));
    Statement exists{"store.database_exists", "select 1 from pg_database where datname = 'ramify'", {}, nullptr};
    connection->send(exists, {});
    if (TRY(connection->finish(Deadline::in_ms(start_ms_max), {})).size() == 1) return {};
    TRY(run_sql(admin(), R"(do $$ declare name text; begin
        foreach name in array array['ramify_owner', 'ramify_app', 'ramify_system'] loop
            if not exists (select from pg_roles where rolname = name) then execute 'create role ' || name || ' login'; end if;
        end loop; end $$)"));
    return run_sql(admin(), "create database ramify owner ramify_owner");
}

Embedded::Embedded(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Embedded::~Embedded() = default;

Result<std::unique_ptr<Embedded>> Embedded::start(EmbeddedOptions options) {
    auto inside = std::make_unique<Inside>();
    inside->options = std::move(options);
    inside->account = TRY(account_for_postgres(inside->options.run_as));
    TRY(inside->prepare_dirs());
    int major = 0;
    std::ifstream(inside->cluster + "/PG_VERSION") >> major;
    inside->binaries = TRY(find_postgres(inside->options.bin_dir, major));
    if (major == 0) TRY(inside->make_cluster());
    TRY(end_leftover(inside->cluster));
    inside->supervisor = std::thread([raw = inside.get()] { raw->supervise(); });
    TRY(inside->wait_until_ready());
    TRY(inside->make_roles());
    return std::unique_ptr<Embedded>(new Embedded(std::move(inside)));
}

Endpoint Embedded::endpoint(const std::string& database) const {
    std::string base = inside_->connection_to(database);
    return {{base + "ramify_owner"}, {base + "ramify_app"}, {base + "ramify_system"}};
}

Login Embedded::admin(const std::string& database) const { return inside_->admin(database); }
const std::string& Embedded::socket_dir() const { return inside_->socket_dir; }
pid_t Embedded::pid() const {
    return inside_->state.with([](Inside::State& state) { return state.pid; });
}
std::string Embedded::version() const { return inside_->binaries.version; }

}  // namespace ry::store

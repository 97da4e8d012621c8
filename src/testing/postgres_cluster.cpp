#include "testing/postgres_cluster.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "kernel/store/postgres_host.h"

namespace ry::testing {
namespace {

namespace fs = std::filesystem;

constexpr int looks_max = 24'000, look_ms = 5;  // two minutes to start: longer is a hang

void must(bool is_true, const std::string& what) {
    if (!is_true) throw std::runtime_error(what);
}
template <class T>
T must(Result<T> result) {
    must(result.has_value(), result ? "" : result.error().message + " " + result.error().cause);
    return *std::move(result);
}

std::string fresh_directory() {
    std::error_code error;
    constexpr uintmax_t room_bytes_min = 1 << 30;
    bool has_room = fs::space("/dev/shm", error).available >= room_bytes_min && !error;
    std::string directory = std::string(has_room ? "/dev/shm" : "/tmp") + "/ramify_cluster_XXXXXX";
    must(mkdtemp(directory.data()) != nullptr, "no temporary directory " + directory);
    return directory;
}

/// What a server writes into postmaster.pid, 8th line, when it takes clients.
bool is_ready(const std::string& data) {
    std::ifstream file(data + "/postmaster.pid");
    std::string line;
    for (int i = 0; i < 8; ++i)
        if (!std::getline(file, line)) return false;
    return line.starts_with("ready");
}

}  // namespace

PostgresCluster::PostgresCluster(std::string_view password, std::vector<std::string> settings)
    : directory_(fresh_directory()), port_(reserved_port_.number()) {
    auto account = must(store::account_for_postgres(""));
    auto binaries = must(store::find_postgres("", 0));
    must(!account.is_other || ::chown(directory_.c_str(), account.uid, account.gid) == 0,
         "the directory cannot be given to " + account.name);
    log_ = Descriptor(::open((directory_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    std::string password_file = directory_ + "/password", data = directory_ + "/data";
    std::ofstream(password_file) << password << "\n";
    must(::chown(password_file.c_str(), account.uid, account.gid) == 0 && ::chmod(password_file.c_str(), 0400) == 0,
         "no password file");
    pid_t initdb =
        must(store::spawn({binaries.initdb, "-D", data, "-U", "ramify", "-A", "scram-sha-256", "--pwfile",
                           password_file, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
                          account, log_.get(), SIGKILL));
    must(store::wait_for_exit(initdb) == 0, "initdb failed: " + log());
    std::vector<std::string> command{binaries.postgres, "-D", data,        "-p", std::to_string(port_), "-k",
                                     directory_,        "-h", "127.0.0.1", "-F"};
    settings.insert(settings.begin(), {"shared_buffers=32MB", "dynamic_shared_memory_type=mmap", "max_wal_senders=0",
                                       "wal_level=minimal", "jit=off"});
    for (const std::string& setting : settings) command.insert(command.end(), {"-c", setting});
    pid_ = must(store::spawn(command, account, log_.get(), SIGQUIT));
    for (int i = 0; i < looks_max && !is_ready(data); ++i) {
        must(::waitpid(pid_, nullptr, WNOHANG) == 0, "PostgreSQL ended: " + log());
        ::poll(nullptr, 0, look_ms);
    }
    must(is_ready(data), "PostgreSQL does not start: " + log());
}

PostgresCluster::~PostgresCluster() {
    if (pid_ != 0) stop(SIGQUIT);
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

void PostgresCluster::stop(int signal_number) {
    ::kill(pid_, signal_number);
    store::wait_for_exit(pid_);
    pid_ = 0;
}

std::string PostgresCluster::log() const {
    std::ifstream file(directory_ + "/log");
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace ry::testing

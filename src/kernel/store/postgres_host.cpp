#include "kernel/store/postgres_host.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/text.h"

namespace ry::store {
namespace {

namespace fs = std::filesystem;

constexpr int major_min = 15;

/// The first line that a command writes.
std::string first_line_of(const std::string& command) {
    std::string line;
    FILE* pipe = popen((command + " 2>/dev/null").c_str(), "re");
    if (!pipe) return line;
    char text[512];
    if (std::fgets(text, sizeof text, pipe)) line = trim(text);
    pclose(pipe);
    return line;
}

std::vector<std::string> bin_dirs(const std::string& bin_dir) {
    if (!bin_dir.empty()) return {bin_dir};
    std::vector<std::string> dirs;
    std::error_code ignored;
    for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored)) dirs.push_back(version.path() / "bin");
    for (const auto& version : fs::directory_iterator("/usr", ignored))  // Red Hat: /usr/pgsql-16/bin
        if (version.path().filename().string().starts_with("pgsql-")) dirs.push_back(version.path() / "bin");
    if (const char* path = std::getenv("PATH"))
        for (std::string_view dir : split(path, ':')) dirs.push_back(std::string(dir));
    if (std::string dir = first_line_of("pg_config --bindir"); !dir.empty()) dirs.push_back(dir);
    return dirs;
}

bool is_program(const fs::path& path) { return access(path.c_str(), X_OK) == 0; }

/// "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)" → 15.20
std::string version_of(const std::string& postgres) {
    std::string line = first_line_of("'" + postgres + "' --version");
    size_t at = line.find("(PostgreSQL) ");
    if (at == std::string::npos) return "";
    at += std::strlen("(PostgreSQL) ");
    return line.substr(at, line.find_first_not_of("0123456789.", at) - at);
}

}  // namespace

Result<PostgresBinaries> find_postgres(const std::string& bin_dir, int major) {
    PostgresBinaries best;
    std::string looked_in;
    for (const std::string& dir : bin_dirs(bin_dir)) {
        looked_in += (looked_in.empty() ? "" : ", ") + dir;
        fs::path initdb = fs::path(dir) / "initdb", postgres = fs::path(dir) / "postgres";
        if (!is_program(initdb) || !is_program(postgres)) continue;
        std::string version = version_of(postgres);
        int found = int(parse_int(version.substr(0, version.find('.'))).value_or(0));
        bool is_wanted = major ? found == major : found >= major_min && found > best.major;
        if (is_wanted) best = {initdb, postgres, version, found};
    }
    if (best.major) return best;
    std::string wanted = major ? "PostgreSQL " + std::to_string(major) + ", which made this data directory," : "PostgreSQL " + std::to_string(major_min) + " or newer";
    std::string package = major ? "postgresql-" + std::to_string(major) : "postgresql";
    return fail(Code::unavailable, wanted + " is not installed: apt-get install " + package + ", or give another server with --database-url",
                "looked in " + looked_in);
}

Result<Account> account_for_postgres(const std::string& run_as) {
    if (geteuid() != 0) return Account{geteuid(), getegid(), "the server's own account", false};
    std::vector<std::string> names{"ramify", "postgres", "nobody"};
    if (!run_as.empty()) names = {run_as};
    for (const std::string& name : names) {
        const passwd* entry = getpwnam(name.c_str());
        if (!entry) continue;
        if (entry->pw_uid == 0) return fail(Code::invalid, "run_as must name an unprivileged account: PostgreSQL refuses to run as root");
        return Account{entry->pw_uid, entry->pw_gid, name, true};
    }
    return fail(Code::invalid, "there is no account '" + names.front() + "' to run PostgreSQL under: useradd --system " + names.front());
}

Result<pid_t> spawn(const std::vector<std::string>& command, const Account& account, int log_fd, int death_signal) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const char* environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=/", nullptr};
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) return fail(Code::unavailable, "a process could not be started: " + std::string(std::strerror(errno)) + "; free some memory");
    if (pid > 0) return pid;

    // In the child, only calls that are safe after a fork of a process with threads (signal-safety(7)).
    setsid();  // a Ctrl-C at the terminal is for the server, which stops PostgreSQL when it has drained
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(log_fd, 1);
    dup2(log_fd, 2);
    syscall(SYS_close_range, 3u, ~0u, 0u);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    for (int number : {SIGPIPE, SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2}) signal(number, SIG_DFL);
    umask(077);
    bool is_switched = !account.is_other || (syscall(SYS_setgroups, 1, &account.gid) == 0 && syscall(SYS_setgid, account.gid) == 0 && syscall(SYS_setuid, account.uid) == 0);
    // After the change of account, which clears it.
    prctl(PR_SET_PDEATHSIG, death_signal);
    if (!is_switched || getppid() != parent || chdir("/") != 0) _exit(126);
    execve(arguments[0], arguments.data(), const_cast<char**>(environment));
    _exit(127);
}

int wait_for_exit(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace ry::store

#pragma once
// What the host offers for an embedded PostgreSQL: binaries, an account, processes.
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace ry::store {

struct PostgresBinaries {
    std::string initdb;
    std::string postgres;
    std::string version;  ///< "15.20"
    int major = 0;
};
/// The newest of at least version 15: in `bin_dir` when given, else in the places where distributions put it and in PATH.
/// `major` other than 0 asks for exactly that one.
Result<PostgresBinaries> find_postgres(const std::string& bin_dir, int major);

/// Under whom PostgreSQL runs.
struct Account {
    uid_t uid;
    gid_t gid;
    std::string name;
    bool is_other;  ///< another one than the server's own, which is root then
};
Result<Account> account_for_postgres(const std::string& run_as);

/// Starts a program under the account, in a session of its own, with `log_fd` as output. It gets `death_signal` when the
/// calling thread ends, however it ends. The pid, to be waited for by the caller.
Result<pid_t> spawn(const std::vector<std::string>& command, const Account& account, int log_fd, int death_signal);

/// The exit status as waitpid gives it.
int wait_for_exit(pid_t pid);

}  // namespace ry::store

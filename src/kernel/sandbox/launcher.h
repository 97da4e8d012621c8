#pragma once
// Starts processes from threads that live as long as the Sandbox. The kernel binds a child's parent-death signal to
// the thread that forked it; from a request's thread, the child would die when that thread ends.
#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"

namespace ry::sandbox {

struct Account {
    uid_t uid = 0;
    gid_t gid = 0;
};

/// A directory or file that the child sees at `to`, whatever its account may traverse on the way to `from`.
struct Staged {
    std::string from;
    std::string to;  ///< below staging_dir
    bool is_directory = false;
};
/// In the child's own mount namespace; in the server's, /tmp stays as it is.
inline constexpr const char* staging_dir = "/tmp";

/// One process to start. It dies with the Launcher, has no descriptor but those named here, an empty environment and a
/// session of its own.
struct LaunchPlan {
    std::vector<std::string> command;               ///< command[0] is an absolute path
    std::vector<std::pair<int, int>> descriptors;   ///< ours → the number in the child
    std::vector<int> group_fds;                     ///< cgroup.procs files to join
    std::optional<Account> account;                 ///< becomes this account first
    std::vector<Staged> staged;                     ///< needs CAP_SYS_ADMIN
};

struct Launched {
    pid_t pid = -1;
    Descriptor pidfd;
};

/// Any thread may call launch().
class Launcher {
public:
    Launcher();
    ~Launcher();  ///< ends every process that it started and that still runs
    Result<Launched> launch(const LaunchPlan& plan);

private:
    struct Queue;
    std::unique_ptr<Queue> queue_;
};

}  // namespace ry::sandbox

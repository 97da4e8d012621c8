#pragma once
// What the processes of a cage use, read from /proc where no control group counts it, and what its directories hold.
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ry::sandbox {

struct TreeUsage {
    int64_t cpu_ms = 0;       ///< of the living and of those that they have reaped
    int64_t memory_kb = 0;    ///< anonymous and shared memory that is resident
};
/// Of `root` and all its descendants. Costs about 0.1 ms for each process.
TreeUsage usage_of_tree(pid_t root);

/// True when every process below `root` is stopped (SIGSTOP has reached it: no system call of it is under way) or has ended.
bool stands_still(pid_t root);

/// Bytes on disk of everything below the directories; symbolic links and other file systems are not followed.
int64_t bytes_on_disk(const std::vector<std::string>& dirs);

/// The least free space of the file systems of `paths`; INT64_MAX when there are none.
int64_t free_bytes(const std::vector<std::string>& paths);

}  // namespace ry::sandbox

#pragma once
// Limits on a whole tree of processes by the kernel's control groups (v2, or the v1 hierarchies), where this process
// may make groups below its own. Groups are named "ramify-<pid of the server>-<number>".
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"

namespace ry::sandbox {

/// One directory in which groups can be made, and what it limits.
struct Hierarchy {
    std::string dir;
    int version = 2;
    bool memory = false, pids = false, cpu_time = false;
    bool cpu = false;  ///< how much of the processors a group gets
};

struct GroupLimits {
    int64_t memory_mb_max = 0;  ///< 0: none
    int64_t processes_max = 0;
    int64_t cpu_percent_max = 0;  ///< of one processor; 0: none
};

/// The groups of one cage; removed, when empty, by the destructor.
class Group {
public:
    Group(std::vector<Hierarchy> hierarchies, std::vector<std::string> dirs, std::vector<Descriptor> procs);
    Group(const Group&) = delete;
    ~Group();

    /// Descriptors to which a new process writes "0" to join.
    std::vector<int> join_fds() const;
    bool limits_memory() const;
    bool counts_cpu() const;
    int64_t cpu_ms() const;
    bool killed_for_memory() const;

private:
    std::vector<Hierarchy> hierarchies_;
    std::vector<std::string> dirs_;  // one for each hierarchy
    std::vector<Descriptor> procs_;
};

/// Finds the hierarchies below which this process may make groups; none is a usual answer for an ordinary user.
/// Under cgroup v2 it moves the calling process into a leaf "ramify-server" when that is what enabling the controllers needs.
/// Removes the empty groups of servers that are gone.
std::vector<Hierarchy> find_hierarchies();

Result<std::unique_ptr<Group>> make_group(const std::vector<Hierarchy>& hierarchies, const GroupLimits& limits);

}  // namespace ry::sandbox

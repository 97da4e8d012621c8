#pragma once
// A Cage as arguments of bubblewrap and of the relay. Pure, but for the look at the host that host_layout() takes.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/sandbox/sandbox.h"

namespace ry::sandbox {

/// Where every cage has its relay, whose name is in the command line of its bubblewrap.
inline constexpr std::string_view relay_path = "/etc/ramify/relay";

/// What of the host every cage sees.
struct HostLayout {
    struct Entry {
        std::string path;
        std::string link_target = {};  ///< not empty: a symbolic link (/bin → usr/bin)
    };
    std::vector<Entry> entries;  ///< /usr, /bin, /lib, …: those that exist
    std::string etc_dir;         ///< the cage's /etc, with the relay (local.h)
};
HostLayout host_layout(std::string etc_dir);

/// Limits that the relay sets for the program; 0: not set.
struct RelayLimits {
    int64_t processes = 0, files = 0, file_bytes = 0, cpu_s = 0, data_bytes = 0;
};

/// The environment of the program: the cage's own, the defaults that it lacks, and the proxy's address when it has a
/// network.
std::vector<std::pair<std::string, std::string>> environment_of(const Cage& cage);

/// The cage without the directories of the host that it may write: their places are there, and empty.
Cage spare_of(Cage cage);

/// What bubblewrap reads from --args: the layout of the cage.
std::vector<std::string> layout_arguments(const Cage& cage, const HostLayout& host);

/// Where the server listens on the cage's loopback, for the egress proxy or as served_port says; 0: nowhere.
uint32_t listener_port(const Cage& cage);

/// The relay's command line inside the cage. One that `waits` starts the program when it is told to begin.
std::vector<std::string> relay_command(const Cage& cage, const RelayLimits& limits, bool waits = false);

/// Every member that is wrong, as faults of one Error.
Result<void> check_cage(const Cage& cage);

}  // namespace ry::sandbox

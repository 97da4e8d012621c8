#pragma once
// Inside the part. The settings that a cluster is started with, on its command line: so no file of the data directory
// and no ALTER SYSTEM changes them, and a state does not know for what purpose it was started. Users see them with
// SHOW.
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "modules/databases/postgres/cluster.h"

namespace ry::databases {

/// Where a cage has what a cluster needs.
inline constexpr const char* data_inside = "/data";
inline constexpr const char* sockets_inside = "/run/postgresql";
inline constexpr const char* rules_inside = "/run/pg_hba.conf";

/// pg_hba.conf of every cluster: who comes by the Unix socket proves a password; who comes by the cage's own loopback
/// is the server (or a program that a superuser of this cluster has started in its cage).
inline constexpr std::string_view access_rules =
    "local all all scram-sha-256\n"
    "host all all 127.0.0.1/32 trust\n";

/// The arguments of `postgres`. `invalid` when the options' own settings are among those that keep the cluster in.
Result<std::vector<std::string>> server_arguments(const ClusterOptions& options);

}  // namespace ry::databases

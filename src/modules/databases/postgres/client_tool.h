#pragma once
// A client program of PostgreSQL, hermetically: in a cage that sees its input files, the socket of one cluster, and
// nothing else. psql, whose sessions need more care, has psql_run.h.
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "kernel/op/op.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/databases/postgres/cluster.h"
#include "modules/databases/postgres/images.h"

namespace ry::databases {

struct ClientToolRun {
    static constexpr size_t kept_bytes_max = 256 << 10;  ///< of stdout, and again of stderr: their ends

    std::string program;  ///< "pg_restore"
    std::vector<std::string> arguments = {};
    std::vector<sandbox::Bind> inputs = {};
    std::string working_dir = {};  ///< in the cage; one of the inputs lies there
    std::string database = "postgres";
    std::string user = superuser;
    Secret password = {};
    int64_t timeout_ms = 0;  ///< 0: only the Op's
    int64_t memory_mb_max = 512;
    sandbox::OutputCallback output = {};  ///< every byte as it comes; may wait, and the program waits with it
};

struct ClientToolOutcome {
    int exit_code = 0;
    sandbox::Ended ended = sandbox::Ended::by_itself;  ///< or by which limit
    std::string out = {}, err = {};  ///< the ends of both
    int64_t wall_ms = 0;
};

/// An Outcome also when the program failed. An Error when it could not be run, `timed_out` or `cancelled` when it was
/// ended, with what its statement did on the server.
Result<ClientToolOutcome> run_client_tool(const Op& op, sandbox::Sandbox& sandbox, const ClientTools& tools,
                                          const Cluster& cluster, const ClientToolRun& run);

/// What every client program's cage has: the tool, the cluster's socket, and how to connect in its environment.
sandbox::Cage client_cage(const ClientTools& tools, const std::string& socket_dir, const ClientToolRun& run);
/// Ends it as Ctrl-C does, so that the server ends the statement too; without asking when that does not help.
void end_client(sandbox::Running& running);

}  // namespace ry::databases

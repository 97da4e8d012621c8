#pragma once
// psql, hermetically: in a cage that sees its input files, the socket of one cluster, and nothing else.
//
//   PsqlRun run{.sources = {{PsqlSource::Kind::file, "schema.sql"}}, .inputs = {{input_dir, "."}}, .password =
//   password}; PsqlOutcome ran = TRY(run_psql(op, sandbox, tools, *cluster, run));
//
// psql's semantics are its own: one session for all sources in their order; includes resolve as psql resolves them,
// from working_dir. -X and ON_ERROR_STOP=1 are forced, connections are ours. Nothing can be written but /tmp, which
// nobody sees afterwards.
//
// A session that ends inside an open transaction is found out by a last command of ours, `discard all`, which
// PostgreSQL refuses inside of one and which otherwise does only what the end of the session does too. (With
// single_transaction psql commits by itself.) The output of a script that has set ECHO to "all" ends with "\set ECHO
// none".
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "kernel/op/op.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/databases/postgres/cluster.h"
#include "modules/databases/postgres/images.h"
#include "modules/databases/postgres/psql_errors.h"

namespace ry::databases {

/// One -f or -c.
struct PsqlSource {
    enum class Kind {
        file,            ///< `text` is a name as psql gets it, relative to working_dir
        command,         ///< `text` is SQL or one backslash command
        standard_input,  ///< `text` is a file of the host that psql reads as its standard input; at most one
    };
    Kind kind = Kind::file;
    std::string text;
};

/// A file or directory of the host that psql sees, read-only.
struct PsqlInput {
    std::string host;
    std::string name = ".";  ///< relative to working_dir, "." being itself; or absolute, where the cage has nothing of its own
};

struct PsqlRun {
    static constexpr size_t inputs_max = 32;  ///< each costs the start half a millisecond: gather more in one directory
    static constexpr size_t kept_bytes_max = 256 << 10;  ///< of stdout, and again of stderr: their ends

    std::vector<PsqlSource> sources;
    std::vector<PsqlInput> inputs = {};
    std::vector<std::pair<std::string, std::string>> variables = {};  ///< -v
    bool single_transaction = false;                                  ///< -1
    std::vector<std::string> flags =
        {};  ///< further arguments without a value or with "=": -q, -A, -t, --csv, --field-separator=…
    std::string working_dir = "/input";
    std::string database = "postgres";
    std::string user = superuser;
    Secret password;
    int64_t timeout_ms = 0;  ///< 0: only the Op's
    int64_t memory_mb_max = 512;
    sandbox::OutputCallback output = {};  ///< every byte as it comes; may wait, and psql waits with it
};

struct PsqlOutcome {
    int exit_code = 0;                  ///< psql's: 0, 1 own error, 2 connection lost, 3 a script failed
    sandbox::Ended ended = sandbox::Ended::by_itself;  ///< or by which limit
    bool ended_in_transaction = false;  ///< the last session was inside BEGIN … COMMIT; exit_code is 3 then
    std::vector<PsqlError> errors = {};
    std::string out = {}, err = {};  ///< the ends of both, at most kept_bytes_max each
    int64_t wall_ms = 0;

    bool succeeded() const { return exit_code == 0; }
};

/// psql in its cage, loaded, before it connects: what takes long is done while its server is not there yet. One thread at a time;
/// the destructor ends it.
class PsqlSession {
public:
    /// `socket_dir`: of the cluster, on the host; it must exist.
    static Result<std::unique_ptr<PsqlSession>> open(const Op& op, sandbox::Sandbox& sandbox, const ClientTools& tools,
                                                     const std::string& socket_dir, const PsqlRun& run);
    ~PsqlSession();
    PsqlSession(const PsqlSession&) = delete;

    /// Once; as run_psql.
    Result<PsqlOutcome> run(const Op& op);

private:
    struct Inside;
    explicit PsqlSession(std::unique_ptr<Inside> inside);

    std::unique_ptr<Inside> inside_;
};

/// An Outcome also when a script failed. An Error when psql could not be run, `timed_out` or `cancelled` when it was
/// ended: its statement is cancelled first (as Ctrl-C does: by a cancel request to its backend), and nothing of it is
/// left within 2 s.
Result<PsqlOutcome> run_psql(const Op& op, sandbox::Sandbox& sandbox, const ClientTools& tools, const Cluster& cluster,
                             const PsqlRun& run);

}  // namespace ry::databases

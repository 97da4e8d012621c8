#pragma once
// DatabaseHost: what apps ask of whoever keeps databases. Apps knows databases only through this port; the server
// implements it (server/app_databases.h).
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "kernel/op/op.h"
#include "kernel/sandbox/sandbox.h"

namespace ry::apps {

/// A file of SQL in the app's folder of migrations.
struct MigrationFile {
    std::string path;
    std::string content;
    bool operator==(const MigrationFile&) const = default;
};

/// How a program in a cage reaches a database.
struct DatabaseAccess {
    Secret url;            ///< for DATABASE_URL
    sandbox::Bind socket;  ///< what the cage needs to see for it
};

/// How long a database is kept.
enum class Keeping {
    until_dropped,
    briefly,  ///< dropped by itself two hours after its last use
};

/// Databases have names. `unavailable` where this machine runs none. Any thread. Outlives the apps.
class DatabaseHost {
public:
    virtual ~DatabaseHost() = default;
    /// Its id; absent when there is none.
    virtual Result<std::optional<std::string>> find(const Op& op, const std::string& name) = 0;
    /// Makes `name` a copy of what is kept as `ref`, or empty without one; its id. One that is there becomes it, with
    /// its address.
    virtual Result<std::string> make(const Op& op, const std::string& name, const std::optional<std::string>& ref,
                                     Keeping keeping) = 0;
    /// A new one with the data that `from` has now; `conflict` when there is one of this name.
    virtual Result<std::string> fork(const Op& op, const std::string& from, const std::string& name,
                                     Keeping keeping) = 0;
    /// Runs those files that have not run on it, in their order. `invalid`, with file and line, when one fails, and
    /// when one that has run was changed or is gone.
    virtual Result<void> migrate(const Op& op, const std::string& name, const std::vector<MigrationFile>& files) = 0;
    /// Keeps the data that it has now as `ref`, in place of what was kept so before.
    virtual Result<void> keep(const Op& op, const std::string& name, const std::string& ref) = 0;
    /// Nothing happens when nothing is kept so.
    virtual Result<void> forget(const Op& op, const std::string& ref) = 0;
    /// Nothing happens when there is none.
    virtual Result<void> drop(const Op& op, const std::string& name) = 0;
    /// One statement that changes nothing, with the values of $1, $2 …: {"columns", "types", "rows", "rows_count",
    /// "is_truncated", "command"}. `invalid`, in PostgreSQL's words, when it fails. Ends with the Op.
    virtual Result<Json> query(const Op& op, const std::string& name, const std::string& statement,
                               const std::vector<std::string>& parameters, int rows_max) = 0;
    virtual Result<DatabaseAccess> access(const Op& op, const std::string& name) = 0;
};

}  // namespace ry::apps

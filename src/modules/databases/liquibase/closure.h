#pragma once
// What an update can read: the changelog, what it includes, and every file that its changesets name, found without
// running Liquibase, as Liquibase 4 resolves names: in the folders of the search path, or beside the changelog that
// names them.
#include <string>
#include <vector>

#include "modules/databases/liquibase/arguments.h"
#include "modules/databases/script/files.h"

namespace ry::databases::liquibase {

struct ClosureLimits {
    int depth_max = 100;                     ///< of includes in includes
    size_t files_max = 10'000;               ///< the inputs of one step
    uint64_t bytes_max = uint64_t(8) << 30;  ///< of all together
    size_t findings_max = 1'000;             ///< further ones are left out
};

struct ClosureFile {
    std::string name;  ///< relative to the working directory
    std::string path;  ///< absolute, for Files
    script::Digest digest;
};

struct Finding {
    bool is_problem = true;  ///< the update would fail; otherwise a warning
    std::string file;        ///< as Liquibase names it
    int64_t line = 1;
    std::string message;
};

/// A changeset with what it depends on, beside the state of the database.
struct Definition {
    std::string id, author;
    std::string file;          ///< as Liquibase names it
    std::string logical_path;  ///< instead of it, when the changelog says so
    int64_t line = 1;
    std::string definition_sha256;        ///< of its text, and of what stands around it
    std::vector<std::string> files = {};  ///< names of the files that it reads; Closure::files has their digests
    bool runs_always = false;
    bool is_opaque = false;  ///< may depend on any file of the closure
};

struct Closure {
    std::vector<ClosureFile> files;  ///< sorted by name, each once
    std::vector<Definition> changesets;
    std::vector<Finding> findings;
    std::string everywhere_sha256;  ///< of properties and of whatever else counts for all changesets
    bool has_problems() const;
};

/// Never fails for what the changelogs say: that stands in `findings`. `working_dir` is absolute; `inputs` are files
/// and folders that changesets may read besides (--input).
Closure closure_of(const Arguments& arguments, const std::string& working_dir, const std::vector<std::string>& inputs,
                   script::Files& files, const ClosureLimits& limits = {});

}  // namespace ry::databases::liquibase

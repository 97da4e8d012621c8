#pragma once
// What a step can read: every file that its scripts name, found without running them, as psql resolves names. And what
// else there is to say of them: each finding has its file and line.
//
// A file whose name depends on what happens at run time is a `dynamic` finding: the sandbox has only the files found
// here, so such a step fails there, unless the file was given as an input.
#include <optional>
#include <string>
#include <vector>

#include "modules/databases/script/files.h"
#include "modules/databases/script/finding.h"
#include "modules/databases/script/psql_arguments.h"
#include "modules/databases/script/state_key.h"

namespace ry::databases::script {

struct ClosureLimits {
    size_t depth_max = 50;                    ///< \i in \i; psql itself runs out of descriptors at 1,000
    size_t scripts_max = 10'000;              ///< scripts read, each as often as it is included
    size_t files_max = 50'000;                ///< with data and inputs: one path each, 10 MB of them
    uint64_t bytes_max = uint64_t(64) << 30;  ///< of all together, as often as they are read
    size_t findings_max = 1'000;              ///< further ones are counted
};

struct ClosureRequest {
    std::string working_dir;          ///< absolute: where psql runs; names are relative to it
    std::vector<std::string> inputs;  ///< files and directories that the step may read besides (`--input`)
    ClosureLimits limits = {};
};

struct ClosureFile {
    enum class Role { script, data, input };
    std::string name;  ///< as psql opens it: relative to the working directory, or absolute
    std::string path;  ///< absolute, for Files
    Digest digest;
    Role role = Role::script;
};

struct Closure {
    std::vector<ClosureFile> files;  ///< sorted by name, each name once
    std::vector<Finding> findings;   ///< in the order of the run
    uint64_t findings_left_out = 0;
    bool reads_standard_input = false;
    bool has_problems() const;
};

/// Never fails for what the scripts say: that stands in `findings`. Memory does not grow with the size of files.
Closure closure_of(const PsqlStep& step, const ClosureRequest& request, Files& files);

/// What of the step's key the step itself gives: kind, canonical arguments, files. The caller adds the digest of
/// standard input, the environment and psql's version. psql is started in the working directory with exactly these
/// arguments.
StepIngredients ingredients_of(const PsqlStep& step, const Closure& closure, std::string_view working_dir);

}  // namespace ry::databases::script

#pragma once
// What this host gives to sandboxes and to the state store, found by trying: the rows of `ramify doctor`.
#include <string>
#include <vector>

#include "kernel/sandbox/sandbox.h"

namespace ry::sandbox {

enum class Verdict {
    good,
    weaker,   ///< works, with a weaker means that `detail` names
    missing,  ///< sandboxes do not run without it
};
std::string_view name_of(Verdict verdict);  ///< "good", …

struct Finding {
    std::string name;      ///< "user namespaces", …: stable
    Verdict verdict = Verdict::good;
    std::string detail;    ///< what was found
    std::string why;       ///< why it matters
    std::string fix = {};  ///< the command or setting that makes it good; empty when it is
};

/// Takes some 50 ms; runs small programs, leaves nothing behind. `data_dir` is where states and workspaces will lie; it must exist.
std::vector<Finding> probe(const Config& config, const std::string& data_dir);

}  // namespace ry::sandbox

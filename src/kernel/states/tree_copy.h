#pragma once
// Copies of directory trees, and the means of each file system for them.
#include <string>

#include "base/result.h"
#include "kernel/op/op.h"
#include "kernel/states/states.h"

namespace ry::states {

/// The cheapest Backend that works in `dir`, found by trying.
Backend probe_backend(const std::string& dir);

/// Makes an empty directory `path`, as a subvolume when `backend` is btrfs.
Result<void> make_tree(Backend backend, const std::string& path);

/// Makes `to` a copy of `from`, by `backend` or, where it does not reach (another file system), the next cheapest one. What was
/// copied when it fails stays, for the caller to remove.
Result<void> copy_tree(const Op& op, Backend backend, int threads_max, const std::string& from, const std::string& to);

/// Bytes on disk of all that lies below `path`.
int64_t bytes_of_tree(const std::string& path);

}  // namespace ry::states

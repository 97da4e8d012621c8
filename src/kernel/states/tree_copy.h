#pragma once
// Inside. Copies of directory trees, and what btrfs and other file systems with reflinks do for them.
#include <string>

#include "base/result.h"
#include "kernel/op/op.h"

namespace ry::states {

bool make_subvolume(const std::string& path);
bool snapshot_subvolume(const std::string& from, const std::string& to);
/// Tries it with two files in `dir`.
bool reflink_works(const std::string& dir);

struct Copying {
    bool snapshot = false;  ///< as a btrfs snapshot when `from` is a subvolume
    bool reflink = false;   ///< FICLONE where it works
    int threads_max = 1;
    bool is_layer = false;  ///< `from` is the upper layer of an overlay: its marks (whiteouts, opaque and renamed
                            ///< directories) come too
};

/// Makes `to`, which is not there or empty, a copy of `from`, by the next means where one does not reach (another file
/// system). True when the two share all their bytes. What was copied when it fails stays, for the caller to remove.
Result<bool> copy_tree(const Op& op, Copying how, const std::string& from, const std::string& to);

/// Makes `to` what an overlay mount shows at `merged`. Files of `lower` that show unchanged become hard links where
/// possible: `lower` must never change. The others are copied or reflinked out of `upper`.
Result<void> copy_merged(const Op& op, Copying how, const std::string& merged, const std::string& upper,
                         const std::string& lower, const std::string& to);

}  // namespace ry::states

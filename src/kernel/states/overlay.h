#pragma once
// Inside. Clones that are overlay mounts: the lower layer is a state's tree, the upper one lies in the clone's own
// folder of the store.
#include <set>
#include <string>

#include "base/result.h"
#include "kernel/states/states.h"

namespace ry::states::overlay {

/// Tries it in the empty directory `dir`: a mount, and a file of the lower layer that is written to. The reason when it
/// does not work.
Result<void> try_in(const std::string& dir);

/// Makes `folder`/upper and `folder`/work for a clone of `tree`.
Result<void> make_layers(const std::string& tree, const std::string& folder);

/// Mounts at the existing directory `to` what `folder` has made of `tree`. Set-user-id programs and devices do not work
/// there.
Result<void> mount(const std::string& tree, const std::string& folder, const std::string& to, Durability durability);

bool is_mounted(const std::string& to);

/// Nothing happens when it is not mounted. What is still open there stays so, and is lost.
Result<void> unmount(const std::string& to);

/// Unmounts what has its upper layer in a folder of `clones_dir` that is not in `known`.
void unmount_strays(const std::string& clones_dir, const std::set<std::string>& known);

}  // namespace ry::states::overlay

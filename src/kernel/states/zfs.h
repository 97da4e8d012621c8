#pragma once
// Inside. Trees and clones as ZFS datasets, by the `zfs` tool. A dataset is a child of the one that holds the store's
// directory, and is named after the thing it is: <parent>/ramify-<id>. A state's dataset is mounted at a place that
// never changes, and its clones are made from its snapshot @state; so a clone needs its state, and a state needs
// nobody.
#include <optional>
#include <string>

#include "base/result.h"

namespace ry::states::zfs {

/// Makes, clones and destroys a dataset for the empty directory `dir`. The dataset that holds it when all that works.
std::optional<std::string> try_in(const std::string& dir);

/// Makes a dataset `id`, mounted at `place`.
Result<void> make(const std::string& store_dir, const std::string& id, const std::string& place);
/// Its content is final: clones may be made.
Result<void> seal(const std::string& store_dir, const std::string& id);
/// Makes dataset `clone_id` of a sealed one. It is mounted nowhere.
Result<void> clone(const std::string& store_dir, const std::string& id, const std::string& clone_id);
/// Mounts it at the existing empty directory `place`; nothing happens when it is mounted there.
Result<void> mount(const std::string& store_dir, const std::string& id, const std::string& place);
Result<void> unmount(const std::string& store_dir, const std::string& id);
/// Nothing happens when there is none.
Result<void> destroy(const std::string& store_dir, const std::string& id);

}  // namespace ry::states::zfs

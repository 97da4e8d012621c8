#pragma once
// What a data directory says of itself, without a server on it.
#include <cstdint>
#include <string>

#include "base/result.h"

namespace ry::databases {

/// Removes a file; one that is not there is removed.
Result<void> remove_file(const std::string& path);
/// Makes a copied data directory startable: removes what names the run of its original (postmaster.pid,
/// postmaster.opts).
Result<void> forget_run(const std::string& data_dir);
/// True when the cluster in it was shut down cleanly, by its own control file. `invalid` when it is no data directory.
Result<bool> is_shut_down(const std::string& data_dir);
/// How much write-ahead log a server that starts on the directory as it is now would replay, in whole pages of 8 kB; `bytes_max`
/// when it is as much or more, or cannot be told. A server may run on it. Reads 8 bytes of each page: some 0.1 ms for 256 kB.
int64_t wal_since_checkpoint_bytes(const std::string& data_dir, int64_t bytes_max);

}  // namespace ry::databases

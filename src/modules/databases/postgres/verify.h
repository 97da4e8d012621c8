#pragma once
// Whether a data directory is sound: what tests, and repairs that doubt a state, ask.
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/op/op.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/databases/postgres/cluster.h"

namespace ry::databases {

/// Reads every table and B-tree index of every database with the extension amcheck (as pg_amcheck does), which it
/// installs: ask it of a copy. One line for each thing that is wrong; empty when all is well.
Result<std::vector<std::string>> amcheck(const Op& op, Cluster& cluster);

/// pg_checksums on a stopped cluster made with data checksums, by a host's installation of the same major. One line for
/// each broken block. `unsupported` when the cluster has no checksums or the image has no pg_checksums.
Result<std::vector<std::string>> checksums(const Op& op, sandbox::Sandbox& sandbox, const PostgresImage& image,
                                           const std::string& data_dir);

}  // namespace ry::databases

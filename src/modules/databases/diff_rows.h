#pragma once
// Inside: the rows of two databases side by side. Nothing is kept but what is shown: both are read in the order of the
// key.
#include "modules/databases/diff_model.h"
#include "modules/databases/postgres/session.h"

namespace ry::databases {

constexpr size_t tables_max = 20'000;  // of one database

/// Compares the rows of tables, and the positions of sequences, that both databases have; fills the members of `diff`
/// that tell of them. Both sessions are in a transaction that only reads, of one moment. When `op` ends, what was not
/// compared says so.
Result<void> compare_rows(const Op& op, Session& from, Session& to, const DiffRequest& request, DatabasesDiff& diff);

}  // namespace ry::databases

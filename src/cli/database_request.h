#pragma once
// What `db prepare` and `db plan` ask for, made of their words: the steps with the files that they may read.
#include "cli/database_call.h"
#include "cli/database_ref.h"

namespace ry::cli {

/// Where the inputs are read: here, or at --ref.
Result<InputPlace> input_place(const Words& words);
/// The request of `words`: the kind, flags, and the tool's arguments after "--". Code::invalid with what is wrong.
Result<Asked> read_request(const Words& words);

}  // namespace ry::cli

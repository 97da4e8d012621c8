#pragma once
// Inside: waiting for a prepare, with its progress, and what Ctrl-C means meanwhile.
#include "cli/database_call.h"

namespace ry::cli {

struct PrepareWatched {
    enum class End { over, detached, stopped } end = End::over;
    boost::json::value prepare;  ///< as it is when it is over
};

/// Until the prepare is over. Ctrl-C at a terminal asks whether to stop it, to leave it running or to go on waiting; a
/// second one stops it. Without a terminal Ctrl-C stops it.
Result<PrepareWatched> watch_prepare(const DatabaseCall& call, const Endpoint& server,
                                     const boost::json::value& prepare);

}  // namespace ry::cli

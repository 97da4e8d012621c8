#pragma once
// Watches one Tree from its start to its end on the calling thread: reads its output, holds it to the limits that the
// kernel does not hold, and ends it when asked.
#include <functional>
#include <string_view>

#include "kernel/op/op.h"
#include "kernel/sandbox/sandbox.h"
#include "kernel/sandbox/tree.h"

namespace ry::sandbox {

/// Readable events by which others ask for the end.
class StopEvent {
public:
    StopEvent();
    void raise();
    int fd() const { return event_.get(); }

private:
    Descriptor event_;
};

struct Supervision {
    const Cage& cage;
    int64_t disk_free_mb_min = 0;
    Deadline deadline = Deadline::never();     ///< of the caller; its passing ends the tree
    const StopEvent& stop;                     ///< when raised, the tree ends
    int64_t stop_grace_ms = 0;                 ///< from SIGTERM to SIGKILL then; 0: SIGKILL at once
    /// Takes output. False: the output limit is reached, and the tree ends.
    std::function<bool(bool is_error, std::string_view bytes)> sink;
};

/// Returns when nothing of the tree is left. `out` and `err` of the Outcome stay empty.
Outcome supervise(Tree& tree, const Supervision& supervision);

}  // namespace ry::sandbox

#pragma once
// Inside the store: commits that are on disk, many with one flush. PostgreSQL holds a transaction's locks until its commit
// is on disk, so writers of one row would follow one another at the speed of the disk. Ours therefore commit without waiting
// for it, and who must not lose what is about to be acknowledged waits here: whoever comes first flushes for all that have
// committed until then. What a commit has read was committed before it, and is on disk with it.
#include "base/guarded.h"
#include "kernel/store/connection.h"

namespace ry::store {

class DiskFlush {
public:
    /// Waits until what `connection` has committed is on disk. Fails when PostgreSQL died meanwhile: whether the commit survived
    /// is then unknown. Any thread.
    Result<void> wait_for(Connection& connection);

private:
    struct State {
        int64_t begun = 0;  // flushes
        int64_t ended = 0;  // up to this one, all that had been committed when it began is on disk
        bool is_running = false;
    };
    Guarded<State> state_;
};

}  // namespace ry::store

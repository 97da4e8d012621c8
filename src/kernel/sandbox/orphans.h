#pragma once
// What a server that was killed in the wrong moment leaves of a cage.

namespace ry::sandbox {

/// Ends the children of bubblewrap that wait for one which is gone. Between its fork and the child's request to die with it there
/// are some microseconds; killed then, it leaves a child that waits for ever. No cage that lives looks like that, whosesoever it is.
/// Reads /proc once.
void end_orphans();

}  // namespace ry::sandbox

#pragma once
// A server of one's own, for commands that need one and are told of none: found by its data directory, started when it
// is not there. It serves on loopback only, and signs everybody in as the local owner.
#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace ry::cli {

/// RAMIFY_DATA_DIR, else $XDG_DATA_HOME/ramify, else ~/.local/share/ramify.
std::string local_data_dir();

/// The address of the server on `data_dir`; "" when none runs there, `conflict` when one does whose note cannot be read.
Result<std::string> find_local_server(const std::string& data_dir);
/// The same, started now when none runs; of several commands at once, one starts it. Waits until it serves. The server
/// outlives the command; its log is `data_dir`/server.log.
Result<std::string> local_server(const std::string& data_dir);
/// Ends a server that a command started, and waits for its end. False when none runs; `conflict` for one that somebody
/// started by hand, or that cannot be seen from here.
Result<bool> stop_local_server(const std::string& data_dir);

/// Where a server says that it serves. The file goes with the object, and so does the lock by which it is found when the file is
/// spoiled. One at a time in a process.
class ServerNote {
public:
    ServerNote(const std::string& data_dir, const std::string& url);
    ~ServerNote();
    ServerNote(const ServerNote&) = delete;

private:
    std::string path_;
    Descriptor lock_;
};

}  // namespace ry::cli

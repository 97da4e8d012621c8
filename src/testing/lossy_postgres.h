#pragma once
// A Unix socket before a PostgreSQL that, when asked, loses the answer to a commit: the server has committed, and its client
// cannot know. For stories of bad days.
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/descriptor.h"
#include "base/guarded.h"

namespace ry::testing {

/// Any thread. Clients end before it does.
class LossyPostgres {
public:
    /// Before the server whose socket lies in `socket_dir`.
    explicit LossyPostgres(const std::string& socket_dir);
    ~LossyPostgres();
    LossyPostgres(const LossyPostgres&) = delete;

    /// The host of a conninfo; the port is PostgreSQL's usual one.
    const std::string& dir() const { return dir_; }
    /// The next transaction whose client says `word` is committed, and its connection ends instead of the answer.
    void lose_commit_of(std::string_view word);
    bool has_lost() const { return has_lost_; }  ///< since then

private:
    struct Session;
    void accept_all();
    void carry_to_server(Session& session);
    void carry_to_client(Session& session);

    const std::string server_path_;
    std::string dir_;
    Descriptor listener_;
    Guarded<std::string> word_;  ///< empty: nothing is lost
    std::atomic<bool> has_lost_ = false;
    std::vector<std::unique_ptr<Session>> sessions_;  ///< the accepting thread's
    std::thread accepting_;
};

}  // namespace ry::testing

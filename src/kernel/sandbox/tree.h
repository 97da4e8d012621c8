#pragma once
// The processes of one cage: bubblewrap outside, the relay as process 1 inside, the program and what it starts.
#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>

#include "base/guarded.h"
#include "base/result.h"
#include "kernel/op/op.h"
#include "kernel/sandbox/control_groups.h"
#include "kernel/sandbox/launcher.h"
#include "kernel/sandbox/relay/control.h"

namespace ry::sandbox {

/// What a Tree is started from.
struct TreePlan {
    std::string bwrap;
    std::vector<std::string> layout;  ///< layout_arguments()
    std::vector<std::string> relay;   ///< relay_command()
    std::string_view filter;          ///< syscall_filter()
    std::optional<Account> account;
    std::vector<std::string> staged;  ///< staged_name(i) of `layout` stands for the i-th of these paths
    std::unique_ptr<Group> group;     ///< may be null
    bool wants_listener = false;
};

/// Where the i-th staged path appears (launcher.h).
std::string staged_name(size_t i);

/// Any thread may call the members, except that one thread reads `out` and `err` and calls reap(). The destructor ends
/// the tree.
class Tree {
public:
    /// Returns when the relay runs and is about to start the program.
    static Result<std::unique_ptr<Tree>> start(Launcher& launcher, TreePlan plan, const Op& op);
    ~Tree();
    Tree(const Tree&) = delete;

    int out() const { return out_.get(); }               ///< non-blocking
    int err() const { return err_.get(); }               ///< non-blocking
    int exited() const { return monitor_.pidfd.get(); }  ///< readable when nothing of the tree is left
    pid_t pid() const { return init_pid_; }              ///< of process 1 of the cage, on the host
    int process_1() const { return init_pidfd_.get(); }
    Group* group() const { return group_.get(); }
    /// The server's listener inside the cage, once; empty when the plan did not want it.
    Descriptor take_listener() { return std::move(listener_); }

    void kill_all();                        ///< SIGKILL to everything
    Result<void> tell(control::Verb verb);  ///< pause, resume, end, or begin where the relay waits
    Result<void> signal(int number);        ///< to the program alone
    Result<int> connect(int port);

    struct Ending {
        int exit_code = 0;
        int64_t cpu_ms = 0;
    };
    /// Once, after exited() became readable.
    Ending reap();

private:
    Tree() = default;
    Result<void> wait_for_hello(const Op& op, bool wants_listener);
    Result<void> read_init_pid();
    Result<void> send(const control::Message& message);
    Error not_set_up();

    Launched monitor_;
    bool reaped_ = false;
    Descriptor out_, err_, status_, listener_, init_pidfd_;
    pid_t init_pid_ = -1;
    std::unique_ptr<Group> group_;
    struct Channel {
        Descriptor socket;
        uint32_t sequence = 0;
    };
    Guarded<Channel> control_;
};

}  // namespace ry::sandbox

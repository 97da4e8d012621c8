#include "kernel/sandbox/orphans.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <string>
#include <thread>

#include "kernel/sandbox/bubblewrap.h"
#include "kernel/sandbox/tests/story.h"

using namespace ry;
using namespace ry::sandbox::testing;

namespace {

/// A bubblewrap that is killed before its child, whom it leaves, has asked to die with it. That child; 0 where the host has no user namespaces.
int orphan() {
    int block[2];  // it waits here, and its child for it
    REQUIRE(pipe2(block, O_CLOEXEC) == 0);
    int parent = fork();
    if (parent == 0) {
        dup2(block[0], 3);
        dup2(open("/dev/null", O_WRONLY), 4);
        execlp("bwrap", "bwrap", "--unshare-user", "--unshare-pid", "--die-with-parent", "--userns-block-fd", "3", "--info-fd", "4", "--ro-bind", "/", "/", "--", std::string(sandbox::relay_path).c_str(), nullptr);
        _exit(127);
    }
    int child = 0;
    siginfo_t ended{};
    const std::string children = "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children";
    while (child == 0 && waitid(P_PID, static_cast<id_t>(parent), &ended, WEXITED | WNOWAIT | WNOHANG) == 0 && ended.si_pid == 0) {
        std::ifstream(children) >> child;
        std::this_thread::yield();
    }
    kill(parent, SIGKILL);
    waitpid(parent, nullptr, 0);
    close(block[0]);
    close(block[1]);
    return child;
}

}  // namespace

TEST_CASE("what a killed server leaves of a cage that had not begun is ended by the next one") {
    int child = orphan();
    if (child == 0) return;
    const std::string process = "/proc/" + std::to_string(child);
    Story story;
    while (std::filesystem::exists(process) && std::ifstream(process + "/comm").peek() == 'b') std::this_thread::yield();  // or the test hangs and fails
}

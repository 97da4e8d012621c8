#pragma once
// A program at a terminal of its own, of a given width: what it shows, and keys for it.
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "base/time.h"

namespace ry::cli::testing {

class PseudoTerminal {
public:
    PseudoTerminal(const std::string& command, const std::string& folder, unsigned short columns) {
        winsize size{.ws_row = 40, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        pid_ = ::forkpty(&master_, nullptr, nullptr, &size);
        ENSURE(pid_ >= 0);
        if (pid_ > 0) return;
        if (::chdir(folder.c_str()) != 0) ::_exit(126);
        ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        ::_exit(127);
    }
    ~PseudoTerminal() {
        if (pid_ > 0) ::kill(pid_, SIGKILL), wait();
        ::close(master_);
    }
    PseudoTerminal(const PseudoTerminal&) = delete;

    void type(std::string_view keys) const { ENSURE(::write(master_, keys.data(), keys.size()) == ssize_t(keys.size())); }
    /// Everything that was shown so far, when `wanted` is among what came since the last call; what came until then otherwise.
    bool shows(std::string_view wanted) {
        int64_t until_ms = steady_ms() + hang_ms;
        while (seen_.find(wanted, from_) == std::string::npos) {
            pollfd waiting{master_, POLLIN, 0};
            if (steady_ms() > until_ms || ::poll(&waiting, 1, 1'000) < 0) return false;
            if (waiting.revents && !read_some()) return false;
        }
        from_ = seen_.find(wanted, from_) + wanted.size();
        return true;
    }
    /// The exit code, after all that is shown until then.
    int wait() {
        while (read_some()) {}
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    const std::string& seen() const { return seen_; }

private:
    static constexpr int64_t hang_ms = 180'000;  // only a hang takes so long
    bool read_some() {
        char piece[4096];
        ssize_t n = ::read(master_, piece, sizeof piece);
        if (n > 0) seen_.append(piece, size_t(n));
        return n > 0;
    }

    int master_ = -1;
    pid_t pid_ = 0;
    std::string seen_;
    size_t from_ = 0;
};

/// The lines as a terminal is left with them: escapes are gone, and what "\r" overwrote.
inline std::vector<std::string> screen_lines(const std::string& seen) {
    std::vector<std::string> lines(1);
    for (size_t i = 0; i < seen.size(); ++i) {
        if (seen[i] == '\x1b') {
            while (i < seen.size() && !std::isalpha(static_cast<unsigned char>(seen[i]))) ++i;
        } else if (seen[i] == '\n') {
            lines.emplace_back();
        } else if (seen[i] == '\r') {
            if (i + 1 < seen.size() && seen[i + 1] != '\n' && seen[i + 1] != '\r') lines.back().clear();
        } else {
            lines.back() += seen[i];
        }
    }
    return lines;
}

}  // namespace ry::cli::testing

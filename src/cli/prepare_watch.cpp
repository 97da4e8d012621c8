#include "cli/prepare_watch.h"

#include <termios.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <iostream>

#include "cli/interrupts.h"
#include "cli/progress.h"

namespace ry::cli {

namespace bj = boost::json;

namespace {

constexpr int64_t end_ms_max = 60'000;  // a cancelled prepare ends within 2 s, on a busy machine later; Ctrl-C ends the wait too

enum class Choice { stop, detach, go_on };

/// Keys come one by one and without being shown, Ctrl-C among them, while one lives.
class KeyMode {
public:
    KeyMode() {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
        termios keys = before_;
        keys.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG);
        keys.c_cc[VMIN] = 1;
        keys.c_cc[VTIME] = 0;
        is_set_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &keys) == 0;
    }
    ~KeyMode() {
        if (is_set_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
    }
    KeyMode(const KeyMode&) = delete;

private:
    termios before_{};
    bool is_set_ = false;
};

Choice ask_what_to_do(const Terminal& terminal) {
    constexpr char ctrl_c = 3, ctrl_d = 4, escape = 27;
    KeyMode keys;
    terminal.err << "[s] stop it   [d] leave it running   [Enter] go on waiting " << std::flush;
    Choice choice = Choice::detach;
    for (char key = 0; ::read(STDIN_FILENO, &key, 1) == 1;) {
        if (key == 's' || key == 'S' || key == ctrl_c)
            choice = Choice::stop;
        else if (key == '\n' || key == '\r' || key == escape)
            choice = Choice::go_on;
        else if (key != 'd' && key != 'D' && key != ctrl_d)
            continue;
        break;
    }
    terminal.err << "\r\x1b[K" << std::flush;
    return choice;
}

}  // namespace

Result<PrepareWatched> watch_prepare(const DatabaseCall& call, const Endpoint& server, const bj::value& prepare) {
    std::string id = text_of(prepare, "/id"), at = "/api/v1/database_prepares/" + id, position;
    Progress progress(call.terminal, prepare);
    while (true) {
        Interrupts interrupts;
        ApiClient api(server, interrupts.token());
        auto followed = api.follow(at + "/events", position, [&](std::string_view json) {
            bj::value event = parsed(json);
            progress.take(event);
            return text_of(event, "/type") != "prepare.ended";
        });
        if (!interrupts.happened()) {
            if (!followed) return std::move(followed).error();
            auto ended = TRY(api.send("GET", at));
            if (!ended.ok()) return error_of(ended);
            return PrepareWatched{.prepare = parsed(ended.body)};
        }
        progress.pause(true);
        Choice choice =
            ::isatty(STDIN_FILENO) && ::isatty(STDERR_FILENO) ? ask_what_to_do(call.terminal) : Choice::stop;
        if (choice == Choice::detach) return PrepareWatched{.end = PrepareWatched::End::detached, .prepare = prepare};
        if (choice == Choice::stop) {
            ApiClient other(server, {});
            auto cancelled = TRY(other.send("POST", at + "/cancel", "{}"));
            if (!cancelled.ok()) return error_of(cancelled);
            other.give_up_after(end_ms_max);
            (void)other.follow(at + "/events", position,
                               [](std::string_view json) { return text_of(parsed(json), "/type") != "prepare.ended"; });
            return PrepareWatched{.end = PrepareWatched::End::stopped, .prepare = prepare};
        }
        progress.pause(false);
    }
}

}  // namespace ry::cli

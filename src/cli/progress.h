#pragma once
// The steps of a prepare on standard error: on a terminal one line with a bar, the step and its time, elsewhere a line for each
// step when it is done.
#include <boost/json/value.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/terminal.h"

namespace ry::cli {

class Progress {
public:
    /// `prepare` is the prepare as the server answered: its steps, which are cached, and how long the others took the last time.
    Progress(const Terminal& terminal, const boost::json::value& prepare);
    ~Progress();
    Progress(const Progress&) = delete;

    /// An event of the prepare's stream. One that was taken before changes nothing.
    void take(const boost::json::value& event);
    /// Clears the line and draws nothing more, until it is false again.
    void pause(bool is_paused);

private:
    struct Step {
        std::string title;
        int64_t expected_ms = 0;  ///< 0: not known
        bool is_done = false;
    };
    void draw();
    void clear();
    void end(size_t number, const boost::json::value& shown);
    std::string line(int64_t now_ms) const;

    const Terminal& terminal_;
    const bool is_terminal_;
    std::mutex mutex_;  // of all below: a thread draws while events come
    std::condition_variable_any wake_;
    std::vector<Step> steps_;
    size_t running_ = 0;  ///< the number of the step that runs, from 1; 0: none yet
    int64_t began_ms_, step_began_ms_;
    bool is_paused_ = false;
    bool is_drawn_ = false;
    std::jthread drawing_;
};

}  // namespace ry::cli

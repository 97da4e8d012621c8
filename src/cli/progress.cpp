#include "cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/time.h"
#include "cli/database_call.h"

namespace ry::cli {
namespace {

constexpr size_t cells = 20;
constexpr int64_t redraw_ms = 100;
constexpr int64_t steps_shown_max = 1'000'000;  // what a server may say that there are: 50 MB

/// Of the terminal that standard error is, which may be another than that of standard output, or a file.
size_t columns_of_errors(const Terminal& terminal) {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col) return std::max<size_t>(size.ws_col, 20);
    return terminal.columns;
}

}  // namespace

Progress::Progress(const Terminal& terminal, const boost::json::value& prepare) : terminal_(terminal), is_terminal_(::isatty(STDERR_FILENO) != 0), began_ms_(steady_ms()), step_began_ms_(began_ms_) {
    if (const auto* steps = prepare.is_object() ? prepare.as_object().if_contains("steps") : nullptr; steps && steps->is_array())
        for (const auto& step : steps->as_array()) steps_.push_back({one_line(text_of(step, "/title")), flag_of(step, "/cached") ? 0 : number_of(step, "/ms"), false});
    if (!is_terminal_) return;
    drawing_ = std::jthread([this](std::stop_token stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            draw();
            wake_.wait_for(lock, stop, std::chrono::milliseconds(redraw_ms), [] { return false; });
        }
    });
}

Progress::~Progress() {
    if (drawing_.joinable()) {
        drawing_.request_stop();
        drawing_.join();
    }
    clear();
}

void Progress::pause(bool is_paused) {
    std::lock_guard lock(mutex_);
    is_paused_ = is_paused;
    if (is_paused) clear();
}

void Progress::take(const boost::json::value& event) {
    std::lock_guard lock(mutex_);
    std::string type = text_of(event, "/type");
    // A changelog is many steps, which only the server knows.
    if (int64_t of = number_of(event, "/of"); of > 0 && of < steps_shown_max) steps_.resize(size_t(of));
    size_t number = size_t(number_of(event, "/step"));
    if (number < 1 || number > steps_.size() || steps_[number - 1].is_done) return;
    if (std::string title = text_of(event, "/shown/title"); !title.empty()) steps_[number - 1].title = one_line(title);
    if (type == "step.started" && number != running_) running_ = number, step_began_ms_ = steady_ms();
    if (type == "step.done") end(number, event.at("shown"));
    draw();
}

void Progress::end(size_t number, const boost::json::value& shown) {
    clear();
    steps_[number - 1].is_done = true;
    bool is_cached = flag_of(shown, "/cached");
    std::string count = std::to_string(number) + "/" + std::to_string(steps_.size());
    bool is_left_out = text_of(shown, "/reason") == "left_out";
    std::string how = is_cached ? "cached" : is_left_out ? "left out" : duration(number_of(shown, "/ms"));
    size_t taken = count.size() + how.size() + 4, columns = columns_of_errors(terminal_);
    size_t room = std::clamp<size_t>(columns > taken ? columns - taken : 0, 10, 60);
    terminal_.err << styled(terminal_, Style::dim, count) << "  " << padded(shortened(steps_[number - 1].title, room), room) << "  "
                  << styled(terminal_, is_cached || is_left_out ? Style::dim : Style::green, how) << "\n" << std::flush;
}

/// The bar goes by time where it is known how long the steps take, else by their number.
std::string Progress::line(int64_t now_ms) const {
    int64_t all_ms = 0, done_ms = 0, in_step_ms = now_ms - step_began_ms_;
    size_t done = 0;
    bool is_known = true;
    for (size_t i = 0; i < steps_.size(); ++i) {
        all_ms += steps_[i].expected_ms;
        if (steps_[i].is_done) ++done, done_ms += steps_[i].expected_ms;
        else if (i + 1 == running_) done_ms += std::min(in_step_ms, steps_[i].expected_ms);
        is_known = is_known && (steps_[i].is_done || steps_[i].expected_ms > 0);
    }
    size_t filled = is_known && all_ms > 0 ? size_t(int64_t(cells) * done_ms / all_ms) : steps_.empty() ? 0 : cells * done / steps_.size();
    std::string bar;
    for (size_t i = 0; i < cells; ++i) bar += i < filled ? "━" : "─";
    std::string time = duration((now_ms - began_ms_) / 100 * 100);
    if (is_known && all_ms > 0) time += " of about " + duration(all_ms);
    std::string count = std::to_string(running_) + "/" + std::to_string(steps_.size());
    size_t columns = columns_of_errors(terminal_) - 1, taken = cells + count.size() + time.size() + 5;
    if (taken + 8 > columns) bar.clear(), taken -= cells + 1;
    std::string title = done == steps_.size() ? "the instance starts" : running_ ? steps_[running_ - 1].title : "waiting";
    return shortened((bar.empty() ? "" : bar + " ") + count + "  " + shortened(title, columns > taken ? columns - taken : 0) + "  " + time, columns);
}

void Progress::draw() {
    if (!is_terminal_ || is_paused_) return;
    terminal_.err << "\r\x1b[K" << line(steady_ms()) << std::flush;
    is_drawn_ = true;
}

void Progress::clear() {
    if (is_drawn_) terminal_.err << "\r\x1b[K" << std::flush;
    is_drawn_ = false;
}

}  // namespace ry::cli

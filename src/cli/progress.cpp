#include "cli/progress.h"

#include <unistd.h>

#include "cli/database_call.h"

namespace ry::cli {

Progress::Progress(const Terminal& terminal, size_t steps) : terminal_(terminal), is_terminal_(::isatty(STDERR_FILENO) != 0), steps_(steps) {}

void Progress::take(const boost::json::value& event) {
    std::string type = text_of(event, "/type");
    if (type == "step.started") begin(size_t(number_of(event, "/step")), text_of(event, "/shown/title"));
    if (type == "step.done") end(size_t(number_of(event, "/step")), text_of(event, "/shown/title"), flag_of(event, "/shown/cached"), number_of(event, "/shown/ms"));
}

void Progress::begin(size_t step, const std::string& title) {
    if (!is_terminal_) return;
    constexpr size_t cells = 20;
    size_t filled = steps_ ? cells * (step - 1) / steps_ : 0;
    std::string bar;
    for (size_t i = 0; i < cells; ++i) bar += i < filled ? "━" : "─";
    std::string line = bar + " " + std::to_string(step) + "/" + std::to_string(steps_) + "  " + one_line(title);
    terminal_.err << "\r\x1b[K" << shortened(line, terminal_.columns - 1) << std::flush;
    is_drawn_ = true;
}

void Progress::end(size_t step, const std::string& title, bool is_cached, int64_t ms) {
    clear();
    std::string number = std::to_string(step) + "/" + std::to_string(steps_);
    std::string how = is_cached ? "cached" : std::to_string(ms) + " ms";
    terminal_.err << styled(terminal_, Style::dim, number) << "  " << padded(shortened(one_line(title), 60), 60) << "  " << styled(terminal_, is_cached ? Style::dim : Style::green, how) << "\n";
}

void Progress::clear() {
    if (is_drawn_) terminal_.err << "\r\x1b[K" << std::flush;
    is_drawn_ = false;
}

}  // namespace ry::cli

#include "cli/progress.h"

#include <unistd.h>

#include "cli/database_call.h"

namespace ry::cli {

Progress::Progress(const Terminal& terminal, size_t steps) : terminal_(terminal), is_terminal_(::isatty(STDERR_FILENO) != 0), steps_(steps) {}

void Progress::take(const boost::json::value& event) {
    std::string type = text_of(event, "/type");
    if (int64_t of = number_of(event, "/of"); of > 0) steps_ = size_t(of);  // a changelog is many steps, which only the server knows
    if (type == "step.started") begin(size_t(number_of(event, "/step")), text_of(event, "/shown/title"));
    if (type == "step.done") end(size_t(number_of(event, "/step")), text_of(event, "/shown/title"), shown_how(event));
}

std::string Progress::shown_how(const boost::json::value& event) {
    if (flag_of(event, "/shown/cached")) return "cached";
    if (text_of(event, "/shown/reason") == "left_out") return "left out";
    return std::to_string(number_of(event, "/shown/ms")) + " ms";
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

void Progress::end(size_t step, const std::string& title, const std::string& how) {
    clear();
    std::string number = std::to_string(step) + "/" + std::to_string(steps_);
    terminal_.err << styled(terminal_, Style::dim, number) << "  " << padded(shortened(one_line(title), 60), 60) << "  " << styled(terminal_, how.ends_with("ms") ? Style::green : Style::dim, how) << "\n";
}

void Progress::clear() {
    if (is_drawn_) terminal_.err << "\r\x1b[K" << std::flush;
    is_drawn_ = false;
}

}  // namespace ry::cli

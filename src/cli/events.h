#pragma once
// What happens on a stream, as people read it: an answer as it is written, and one line for everything else. Pure.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "cli/terminal.h"

namespace ry::cli {

/// Takes the events of one stream in their order. Not shared between threads.
class EventPrinter {
public:
    explicit EventPrinter(const Terminal& terminal) : terminal_(terminal), flow_(terminal.columns) {}

    /// What to print for one event, a JSON object with "type". A text that was printed already, after a reconnection,
    /// is not repeated.
    std::string print(std::string_view json);

    /// The position of the last event that was read: where to go on after a connection was lost.
    const std::string& position() const { return position_; }
    /// The generation that is being written; "" when none is known.
    const std::string& generation_id() const { return generation_id_; }
    const std::string& chat_id() const { return chat_id_; }
    /// The last generation or job ended without what it was for.
    bool has_failed() const { return has_failed_; }
    /// The last generation that began has ended, well or not.
    bool is_answered() const { return is_answered_; }
    /// A job or a prepare has ended: nothing more happens on its stream.
    bool is_over() const { return is_over_; }
    /// What closes an unfinished line.
    std::string end_line();

private:
    struct Text {
        std::string type;
        std::string variant_id;  ///< with `index` it says which block.done ends the text
        int64_t index = 0;
        int64_t printed_bytes = 0;
    };
    struct Event;
    std::string print_event(const Event& event);
    std::string delta(const Event& event);
    std::string block_done(const Event& event);
    std::string generation_started(const Event& event);
    std::string generation_ended(const Event& event);
    std::string preview_event(const Event& event);
    std::string job_updated(const Event& event);
    std::string prepare_event(const Event& event);
    std::string written(std::string_view text, Style style);
    std::string line(Style style, std::string_view label, std::string_view text);

    Terminal terminal_;
    std::map<int64_t, Text> texts_;  ///< the blocks that are being written, by the seq of their start
    int64_t shown_block_ = -1;
    Flow flow_;
    Style flow_style_ = Style::plain;
    enum class Last {
        heading,
        line,
        text,
        open_text
    } last_ = Last::heading;  ///< what was printed: texts stand apart from lines
    std::string position_, generation_id_, chat_id_;
    bool has_failed_ = false;
    bool is_answered_ = false;
    bool is_over_ = false;
};

}  // namespace ry::cli

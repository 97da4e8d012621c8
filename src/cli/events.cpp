#include "cli/events.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"

namespace ry::cli {

namespace bj = boost::json;

/// One event, and how to look into it: a member that is absent or of another type is empty.
struct EventPrinter::Event {
    const bj::object& data;
    std::string_view type;

    static const bj::object& object(const bj::object& from, std::string_view name) {
        static const bj::object none;
        const bj::value* value = from.if_contains(bj::string_view(name.data(), name.size()));
        return value && value->is_object() ? value->as_object() : none;
    }
    static std::string_view text(const bj::object& from, std::string_view name) {
        const bj::value* value = from.if_contains(bj::string_view(name.data(), name.size()));
        return value && value->is_string() ? std::string_view(value->as_string()) : std::string_view();
    }
    static int64_t number(const bj::object& from, std::string_view name) {
        const bj::value* value = from.if_contains(bj::string_view(name.data(), name.size()));
        return value && value->is_int64() ? value->as_int64() : 0;
    }
    const bj::object& object(std::string_view name) const { return object(data, name); }
    std::string_view text(std::string_view name) const { return text(data, name); }
    int64_t number(std::string_view name) const { return number(data, name); }
};

namespace {

constexpr size_t line_bytes_max = 2000;  // of an event without a form of its own

std::string count_of_lines(std::string_view text) {
    auto lines = std::ranges::count(text, '\n') + (!text.empty() && !text.ends_with('\n'));
    return std::to_string(lines) + (lines == 1 ? " line" : " lines");
}

std::string problems_of(const bj::object& from) {
    std::string text;
    const bj::value* problems = from.if_contains("problems");
    if (!problems || !problems->is_array()) return text;
    for (const auto& problem : problems->as_array()) {
        if (!problem.is_object()) continue;
        auto member = [&](std::string_view name) {
            const bj::value* value = problem.as_object().if_contains(bj::string_view(name.data(), name.size()));
            return value && value->is_string() ? one_line(std::string_view(value->as_string())) : std::string();
        };
        text += "\n  " + (member("path").empty() ? "" : member("path") + ": ") + member("message");
    }
    return text;
}

}  // namespace

std::string EventPrinter::end_line() {
    std::string rest = flow_.end();
    if (rest.empty() && last_ != Last::open_text) return "";
    std::string before = last_ == Last::line ? "\n" : "";
    last_ = Last::text;
    return before + styled(terminal_, flow_style_, rest) + "\n";
}

/// The next piece of a text.
std::string EventPrinter::written(std::string_view text, Style style) {
    flow_style_ = style;
    std::string flowing = flow_.add(printable(text));
    if (flowing.empty()) return "";
    std::string before = last_ == Last::line || last_ == Last::text ? "\n" : "";
    last_ = Last::open_text;
    return before + styled(terminal_, style, flowing);
}

std::string EventPrinter::line(Style style, std::string_view label, std::string_view text) {
    bool has_lines = text.starts_with('\n');
    std::string before = end_line();
    if (last_ == Last::text) before += "\n";
    last_ = Last::line;
    return before + styled(terminal_, style, label) + (text.empty() || has_lines ? "" : "  ") + std::string(text) +
           "\n";
}

std::string EventPrinter::print(std::string_view json) {
    boost::system::error_code error;
    bj::value value = bj::parse(bj::string_view(json.data(), json.size()), error);
    if (error || !value.is_object()) return "";
    Event event{value.as_object(), Event::text(value.as_object(), "type")};
    if (auto id = event.text("id"); !id.empty()) position_ = id;
    return print_event(event);
}

/// The unprinted rest of a growing text. Code is not printed while it is written: the change is named when it is done.
std::string EventPrinter::delta(const Event& event) {
    int64_t block = event.number("block");
    Text& text = texts_[block];
    std::string_view piece = event.text("text");
    int64_t known = text.printed_bytes - event.number("position");
    if (known < 0 || known >= int64_t(piece.size()) || text.type == "code_change") return "";
    piece.remove_prefix(size_t(known));
    text.printed_bytes += int64_t(piece.size());
    std::string before = shown_block_ == block ? "" : end_line();
    shown_block_ = block;
    return before + written(piece, text.type == "reasoning" ? Style::dim : Style::plain);
}

std::string EventPrinter::block_done(const Event& event) {
    const bj::object& block = event.object("block");
    std::string_view content = Event::text(block, "content"), path = Event::text(block, "path");
    auto begun = std::ranges::find_if(texts_, [&](const auto& one) {
        return one.second.variant_id == event.text("variant_id") && one.second.index == event.number("index");
    });
    size_t printed = begun == texts_.end() ? 0 : size_t(begun->second.printed_bytes);
    if (begun != texts_.end()) texts_.erase(begun);
    if (Event::text(block, "type") != "code_change") {
        // A reader who came after the text was written gets it, or its rest, here alone.
        std::string rest = printed == 0 ? end_line() : "";
        if (printed < content.size())
            rest +=
                written(content.substr(printed), Event::text(block, "type") == "reasoning" ? Style::dim : Style::plain);
        return rest + end_line();
    }
    bool is_whole = Event::text(block, "status") == "done";
    std::string what = one_line(Event::text(block, "kind")) + (path.empty() ? "" : " " + one_line(path));
    std::string note = content.empty() ? "" : count_of_lines(content);
    if (std::string_view description = Event::text(block, "description"); !description.empty())
        note += (note.empty() ? "" : ", ") + one_line(description);
    return line(is_whole ? Style::green : Style::yellow, is_whole ? "  ✓ " + what : "  … " + what + " (unfinished)",
                styled(terminal_, Style::dim, note));
}

std::string EventPrinter::generation_started(const Event& event) {
    const bj::object& generation = event.object("generation");
    generation_id_ = Event::text(generation, "id");
    chat_id_ = Event::text(generation, "chat_id");
    texts_.clear();
    has_failed_ = is_answered_ = false;
    int64_t attempt = Event::number(generation, "attempt");
    std::string heading =
        line(Style::bold, one_line(Event::text(generation, "model")),
             attempt > 1 ? styled(terminal_, Style::yellow, "begins again, attempt " + std::to_string(attempt)) : "");
    last_ = Last::heading;
    return heading;
}

std::string EventPrinter::generation_ended(const Event& event) {
    const bj::object& generation = event.object("generation");
    is_answered_ = true;
    has_failed_ = event.type != "generation.done";
    if (event.type == "generation.aborted")
        return line(Style::yellow, "stopped", "what was said is kept; nothing was changed");
    if (has_failed_) return line(Style::red, "failed", one_line(Event::text(generation, "error_message")));
    std::string tokens = std::to_string(Event::number(generation, "tokens_in")) + " tokens read, " +
                         std::to_string(Event::number(generation, "tokens_out")) + " written";
    return line(Style::dim, "done",
                styled(terminal_, Style::dim, one_line(Event::text(generation, "model")) + ", " + tokens));
}

std::string EventPrinter::preview_event(const Event& event) {
    if (event.type == "preview.status") {
        const bj::object& preview = event.object("preview");
        std::string_view status = Event::text(preview, "status");
        if (status == "ready") return line(Style::green, status, one_line(Event::text(preview, "url")));
        if (status == "failed") return line(Style::red, status, one_line(Event::text(preview, "error")));
        return line(Style::yellow, one_line(status), "");
    }
    std::string place = event.text("file").empty()
                            ? ""
                            : "  " + one_line(event.text("file")) + ":" + std::to_string(event.number("line"));
    return line(Style::red, "error", one_line(event.text("message")) + styled(terminal_, Style::dim, place));
}

std::string EventPrinter::job_updated(const Event& event) {
    const bj::object& job = event.object("job");
    std::string_view status = Event::text(job, "status"), why = Event::text(job, "error");
    is_over_ = status == "done" || status == "failed" || status == "cancelled";
    has_failed_ = is_over_ && status != "done";
    return line(status == "done" ? Style::green
                : has_failed_    ? Style::red
                                 : Style::yellow,
                one_line(status), one_line(why.empty() ? Event::text(job, "message") : why));
}

std::string EventPrinter::prepare_event(const Event& event) {
    if (event.type == "prepare.ended") {
        const bj::object& prepare = event.object("prepare");
        std::string_view status = Event::text(prepare, "status");
        is_over_ = true;
        has_failed_ = status != "done";
        return line(has_failed_ ? Style::red : Style::green, one_line(status), printable(Event::text(Event::object(prepare, "failure"), "message")));
    }
    if (event.type == "prepare.created") return "";
    const bj::object& step = event.object("shown");
    bool is_done = event.type == "step.done";
    std::string count = std::to_string(event.number("step")) + "/" + std::to_string(event.number("of"));
    return line(is_done ? Style::green : Style::bold, count, one_line(Event::text(step, "title")) + styled(terminal_, Style::dim, is_done ? "  done" : ""));
}

std::string EventPrinter::print_event(const Event& event) {
    std::string_view type = event.type;
    if (type == "block.delta") return delta(event);
    if (type == "block.done") return block_done(event);
    if (type == "block.started") {
        texts_[event.number("seq")] = {std::string(Event::text(event.object("block"), "type")),
                                       std::string(event.text("variant_id")), event.number("index"), 0};
        return end_line();
    }
    if (type == "message.created") {
        const bj::object& message = event.object("message");
        chat_id_ = Event::text(message, "chat_id");
        return Event::text(message, "role") == "user"
                   ? line(Style::bold, "you", printable(Event::text(message, "text")))
                   : "";
    }
    if (type == "generation.started") return generation_started(event);
    if (type.starts_with("generation.")) return generation_ended(event);
    if (type == "usage" || type == "message.updated" || type == "chat.updated" || type == "branch.updated") return "";
    if (type == "version.created") {
        const bj::object& version = event.object("version");
        int64_t files = Event::number(version, "files_changed");
        return line(
            Style::green, "version " + std::to_string(Event::number(version, "number")),
            one_line(Event::text(version, "title")) +
                styled(terminal_, Style::dim, "  " + std::to_string(files) + (files == 1 ? " file" : " files")));
    }
    if (type == "changes.refused") return line(Style::red, "the changes were refused", problems_of(event.data));
    if (type == "branch.created") {
        const bj::object& branch = event.object("branch");
        return line(Style::blue, "branch",
                    one_line(Event::text(branch, "title")) + "  " +
                        styled(terminal_, Style::dim, one_line(Event::text(branch, "id"))));
    }
    if (type == "preview.status" || type == "preview.error") return preview_event(event);
    if (type == "job.updated") return job_updated(event);
    if (type == "prepare.created" || type == "prepare.ended" || type.starts_with("step.")) return prepare_event(event);
    if (type == "preview.log" || type == "job.log" || type == "prepare.log") {
        std::string before = end_line(), text = printable(event.text("text"));
        last_ = Last::line;
        return before + text + (text.ends_with('\n') ? "" : "\n");
    }
    bj::object rest = event.data;
    for (std::string_view known : {"id", "seq", "type"}) rest.erase(bj::string_view(known.data(), known.size()));
    return line(Style::blue, one_line(type),
                styled(terminal_, Style::dim, one_line(utf8_prefix(bj::serialize(rest), line_bytes_max))));
}

}  // namespace ry::cli

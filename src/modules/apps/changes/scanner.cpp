#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "modules/apps/changes/changes.h"
#include "modules/apps/changes/grammar.h"

// The scanner is in one of these modes. In each it takes a piece of the input and says how many bytes it has used; a
// byte that ends a mode without belonging to it is given to the next mode.
//
//   prose ──"<"──▶ name ──whole──▶ tag ──">"──▶ body_start ──▶ body ──"</name>"──▶ prose
//     ▲              │ none          │ "<"                      │  ▲
//     └──────────────┴───────────────┘                      closing / interrupting tag, not matched
//   prose ──"<think>"──▶ think ──"</think>"──▶ prose
//
// What cannot be decided yet is held in `held_`: a name or closing tag (tens of bytes), or an opening tag
// (tag_bytes_max).

namespace ry::apps::changes {
namespace {

using grammar::Match;
using grammar::Name;

constexpr size_t interrupting_tag_bytes_max = 4096;  // one line: names and a path of 1 KiB, escaped
constexpr std::string_view think_end = "</think>";

/// Which part of a line of prose comes next; knows whether the line stands in fenced code (CommonMark 4.5, any
/// indentation).
class FenceTracker {
public:
    /// True where "<" may begin an element: outside fences, and not on a line that opens or closes one.
    bool elements_allowed() const {
        return !open_run_ && (part_ == Part::indentation || part_ == Part::rest || (part_ == Part::run && run_ < 3));
    }

    /// In `rest` nothing is looked at but the line's end, so the caller may skip to it.
    void follow(char c) {
        if (c == '\n') return end_line();
        switch (part_) {
            case Part::indentation:
                if (c == ' ' || c == '\t') return;
                if (c == '`' || c == '~')
                    mark_ = c, run_ = 1, part_ = Part::run;
                else
                    part_ = Part::rest;
                return;
            case Part::run:
                if (c == mark_) {
                    ++run_;
                    return;
                }
                part_ = run_ >= 3 ? Part::info : Part::rest;
                [[fallthrough]];
            case Part::info:
                if (c == mark_ && c == '`') info_has_mark_ = true;
                if (c != ' ' && c != '\t' && c != '\r') info_is_blank_ = false;
                return;
            case Part::rest:
                return;
        }
    }
    bool in_rest() const { return part_ == Part::rest; }
    /// An element stood here: what follows on the line is no fence.
    void skip_to_rest() { part_ = Part::rest; }

private:
    void end_line() {
        bool is_fence = run_ >= 3 && (part_ == Part::run || part_ == Part::info);
        if (is_fence && !open_run_ && !info_has_mark_)
            open_run_ = run_, open_mark_ = mark_;
        else if (is_fence && open_run_ && mark_ == open_mark_ && run_ >= open_run_ && info_is_blank_)
            open_run_ = 0;
        part_ = Part::indentation, run_ = 0, info_has_mark_ = false, info_is_blank_ = true;
    }

    enum class Part { indentation, run, info, rest } part_ = Part::indentation;
    char mark_ = 0, open_mark_ = 0;
    size_t run_ = 0, open_run_ = 0;  // open_run_ 0: not in fenced code
    bool info_has_mark_ = false, info_is_blank_ = true;
};

/// Finds the end of an opening tag, byte by byte: quotes begin after "=" only.
class TagEnd {
public:
    enum class Found { nothing, end, other_tag };
    Found follow(char c) {
        if (quote_) {
            if (c == quote_) quote_ = 0, last_ = c;
            return Found::nothing;
        }
        if (c == '>') return Found::end;
        if (c == '<') return Found::other_tag;
        if ((c == '"' || c == '\'') && last_ == '=')
            quote_ = c;
        else if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            last_ = c;
        return Found::nothing;
    }

private:
    char quote_ = 0;
    char last_ = 0;
};

/// The length of the beginning of a UTF-8 sequence that `bytes` ends in, when more bytes could complete it.
size_t cut_sequence(std::string_view bytes) {
    for (size_t back = 1; back <= std::min<size_t>(3, bytes.size()); ++back) {
        auto c = static_cast<unsigned char>(bytes[bytes.size() - back]);
        if (c < 0x80) return 0;
        if (c < 0xc0) continue;
        size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        return length > back ? back : 0;
    }
    return 0;
}

}  // namespace

class Scanner::State {
public:
    void feed(std::string_view bytes, Sink& sink) {
        while (!cut_.empty() && !bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0xc0) == 0x80 &&
               cut_sequence(cut_)) {
            cut_ += bytes[0];
            bytes.remove_prefix(1);
        }
        if (!cut_.empty() && (!bytes.empty() || !cut_sequence(cut_))) {
            std::string whole = std::move(cut_);
            cut_.clear();
            run(whole, sink);
        }
        size_t cut = cut_sequence(bytes);
        run(bytes.substr(0, bytes.size() - cut), sink);
        cut_ += bytes.substr(bytes.size() - cut);
    }

    void finish(Sink& sink) {
        run(cut_, sink);
        cut_.clear();
        switch (mode_) {
            case Mode::prose:
                return;
            case Mode::name:
                return finish_name(sink);
            case Mode::tag:
                return sink.unfinished({}, name_.kind, tag_line_, true);
            case Mode::think:
                say_reasoning(held_, sink);
                return sink.unfinished({}, Kind::think, tag_line_, true);
            case Mode::body_start:
            case Mode::body:
            case Mode::body_tag:
                say_body(held_, sink);
                return sink.unfinished(index_, name_.kind, tag_line_, true);
        }
    }

private:
    enum class Mode { prose, name, tag, think, body_start, body, body_tag };

    void run(std::string_view bytes, Sink& sink) {
        while (!bytes.empty()) bytes.remove_prefix(step(bytes, sink));
    }

    size_t step(std::string_view bytes, Sink& sink) {
        switch (mode_) {
            case Mode::prose:
                return in_prose(bytes, sink);
            case Mode::name:
                return in_name(bytes[0], sink);
            case Mode::tag:
                return in_tag(bytes, sink);
            case Mode::think:
                return in_think(bytes, sink);
            case Mode::body_start:
                return in_body_start(bytes[0], sink);
            case Mode::body:
                return in_body(bytes, sink);
            case Mode::body_tag:
                return in_body_tag(bytes[0], sink);
        }
        return bytes.size();
    }

    // ---- prose

    size_t in_prose(std::string_view bytes, Sink& sink) {
        size_t at = 0;
        while (at < bytes.size()) {
            if (bytes[at] == '<' && fence_.elements_allowed() && (at ? bytes[at - 1] : before_) != '`') {
                say_text(bytes.substr(0, at), sink);
                mode_ = Mode::name;
                held_ = '<';
                return at + 1;
            }
            at = fence_.in_rest() ? skip_rest(bytes, at) : (fence_.follow(bytes[at]), at + 1);
        }
        say_text(bytes, sink);
        return bytes.size();
    }

    /// From `at` to the next byte that matters on a line whose beginning is read: "<", or the first of the next line.
    size_t skip_rest(std::string_view bytes, size_t at) {
        size_t line_end = find(bytes, '\n', at);
        if (fence_.elements_allowed()) {
            size_t angle = find(bytes.substr(0, line_end), '<', at + (bytes[at] == '<'));
            if (angle < line_end) return angle;
        }
        if (line_end == bytes.size()) return line_end;
        fence_.follow('\n');
        return line_end + 1;
    }

    size_t in_name(char c, Sink& sink) {
        held_ += c;
        Name name;
        switch (grammar::match_name(std::string_view(held_).substr(1), &name)) {
            case Match::partial:
                return 1;
            case Match::none:
                held_.pop_back();
                return give_up_tag(sink), 0;
            case Match::whole:
                break;
        }
        if (elements_ == elements_max) {
            if (!too_many_said_)
                sink.problem({}, line_, "there are more than 10,000 elements; the rest is read as text");
            too_many_said_ = true;
            held_.pop_back();
            return give_up_tag(sink), 0;
        }
        name_ = name;
        tag_line_ = line_;
        if (name.kind == Kind::think) {
            held_.clear();
            mode_ = Mode::think;
            return 1;
        }
        held_.erase(0, 1 + name.length);
        held_.pop_back();
        tag_end_ = {};
        mode_ = Mode::tag;
        return 0;  // the byte after the name belongs to the tag
    }

    /// The answer ends inside a name: a whole one begins an element that is not finished, a part of one is text.
    void finish_name(Sink& sink) {
        Name name;
        if (grammar::match_name(held_.substr(1) + ">", &name) == Match::whole)
            return sink.unfinished({}, name.kind, line_, true);
        give_up_tag(sink);
    }

    /// What is held was no tag: it is prose.
    void give_up_tag(Sink& sink) {
        std::string text;
        text.swap(held_);
        fence_.skip_to_rest();
        mode_ = Mode::prose;
        for (char c : text) fence_.follow(c);
        say_text(text, sink);
    }

    // ---- the opening tag

    size_t in_tag(std::string_view bytes, Sink& sink) {
        for (size_t at = 0; at < bytes.size(); ++at) {
            auto found = tag_end_.follow(bytes[at]);
            if (found == TagEnd::Found::nothing && held_.size() + at < tag_bytes_max) continue;
            held_ += bytes.substr(0, at);
            if (found == TagEnd::Found::end) {
                line_ += int(std::ranges::count(held_, '\n'));
                start_element(std::exchange(held_, {}), sink);
                return at + 1;
            }
            return abandon_tag(found, sink), at;
        }
        held_ += bytes;
        return bytes.size();
    }

    /// The tag has no end: it is text, and a problem when it had attributes.
    void abandon_tag(TagEnd::Found why, Sink& sink) {
        if (held_.find('=') != held_.npos)
            sink.problem({}, tag_line_,
                         why == TagEnd::Found::other_tag
                             ? "an opening tag is broken off by another \"<\"; close it with \">\""
                             : "an opening tag is longer than 64 KiB; is a quote missing?");
        held_.insert(0, "<" + std::string(name_.family) + std::string(grammar::written_name(name_.kind)));
        give_up_tag(sink);
    }

    void start_element(std::string_view inside, Sink& sink) {
        auto opening = grammar::read_opening(inside);
        index_ = elements_++;
        sink.change_started(name_.kind, opening.attributes, index_, tag_line_);
        if (!opening.problem.empty()) sink.problem(index_, tag_line_, std::move(opening.problem));
        if (opening.is_self_closing && grammar::is_complete_in_tag(name_.kind)) return end_element(sink);
        closing_ = grammar::closing_tag(name_);
        mode_ = Mode::body_start;
        before_ = '\n';
    }

    void end_element(Sink& sink) {
        sink.change_done(index_);
        leave_element();
    }

    void leave_element() {
        held_.clear();
        mode_ = Mode::prose;
        fence_.skip_to_rest();
        before_ = '>';
    }

    // ---- the body

    /// Drops the one newline directly after the opening tag.
    size_t in_body_start(char c, Sink& sink) {
        if (c == '\r' && held_.empty()) {
            held_ = c;
            return 1;
        }
        mode_ = Mode::body;
        if (c == '\n') {
            held_.clear();
            ++line_;
            return 1;
        }
        say_body(std::exchange(held_, {}), sink);
        return 0;
    }

    size_t in_body(std::string_view bytes, Sink& sink) {
        for (size_t at = find(bytes, '<', 0); at < bytes.size(); at = find(bytes, '<', at + 1)) {
            if (at + 1 < bytes.size() && bytes[at + 1] != '/' && bytes[at + 1] != name_.family[0]) continue;
            if (at + 2 < bytes.size() && bytes[at + 1] == '/' && bytes[at + 2] != closing_[2]) continue;
            say_body(bytes.substr(0, at), sink);
            mode_ = Mode::body_tag;
            held_ = '<';
            tag_end_ = {};
            return at + 1;
        }
        say_body(bytes, sink);
        return bytes.size();
    }

    /// Holds "<…" while it can become the closing tag, or at the beginning of a line the opening tag of the next
    /// element.
    size_t in_body_tag(char c, Sink& sink) {
        held_ += c;
        if (closing_.starts_with(held_)) {
            if (held_.size() == closing_.size()) end_element(sink);
            return 1;
        }
        bool is_end = false;
        if (before_ == '\n' && may_interrupt(c, is_end)) {
            if (!is_end) return 1;
            auto inside = std::string_view(held_).substr(1 + next_name_.length);
            if (interrupts(grammar::read_opening(inside.substr(0, inside.size() - 1)))) {
                interrupt(sink);
                return 1;
            }
        }
        held_.pop_back();
        return_to_body(sink);
        return 0;
    }

    /// What is held was no tag: its "<" is content, and the rest is read again (it may hold a closing tag in quotes).
    void return_to_body(Sink& sink) {
        std::string held = std::exchange(held_, {});
        mode_ = Mode::body;
        say_body("<", sink);
        run(std::string_view(held).substr(1), sink);
    }

    /// Is `held_`, which grew by `c`, still the beginning of an opening tag of this family on one line? `is_end`: the
    /// whole tag.
    bool may_interrupt(char c, bool& is_end) {
        if (c == '\n' || held_.size() > interrupting_tag_bytes_max) return false;
        bool is_in_name = held_.size() <= grammar::name_bytes_max + 2;
        auto match = is_in_name ? grammar::match_name(std::string_view(held_).substr(1), &next_name_) : Match::whole;
        if (match != Match::whole) return match == Match::partial;
        if (next_name_.family != name_.family) return false;
        bool carries_files = next_name_.kind == Kind::write || next_name_.kind == Kind::search_replace;
        if (!carries_files && !grammar::is_complete_in_tag(name_.kind)) return false;
        auto found = tag_end_.follow(c);
        is_end = found == TagEnd::Found::end;
        return found != TagEnd::Found::other_tag;
    }

    /// A write or an edit with its path never stands in a body by accident: the body before it was never closed. An
    /// element that is complete in its tag needs no body, so any well-formed element ends it.
    bool interrupts(const grammar::Opening& opening) const {
        if (!opening.problem.empty()) return false;
        auto* path = grammar::value_of(opening.attributes, "path");
        return grammar::is_complete_in_tag(name_.kind) || (path && !path->empty());
    }

    void interrupt(Sink& sink) {
        if (grammar::is_complete_in_tag(name_.kind))
            sink.change_done(index_);
        else
            sink.unfinished(index_, name_.kind, tag_line_, false);
        std::string tag = std::exchange(held_, {});
        leave_element();
        before_ = '\n';
        run(tag, sink);
    }

    size_t in_think(std::string_view bytes, Sink& sink) {
        size_t at = 0;
        if (held_.empty()) {
            at = find(bytes, '<', 0);
            say_reasoning(bytes.substr(0, at), sink);
            if (at == bytes.size()) return at;
        }
        if (!think_end.starts_with(held_ + bytes[at])) {
            bool begins_anew = bytes[at] == '<';
            say_reasoning(std::exchange(held_, {}), sink);
            if (begins_anew) return at;
            return say_reasoning(bytes.substr(at, 1), sink), at + 1;
        }
        held_ += bytes[at];
        if (held_.size() == think_end.size()) leave_element();
        return at + 1;
    }

    // ---- saying what was found, counting lines

    static size_t find(std::string_view bytes, char c, size_t from) {
        if (from >= bytes.size()) return bytes.size();
        auto* at = static_cast<const char*>(std::memchr(bytes.data() + from, c, bytes.size() - from));
        return at ? size_t(at - bytes.data()) : bytes.size();
    }

    void pass(std::string_view span) {
        before_ = span.back();
        line_ += int(std::ranges::count(span, '\n'));
    }
    void say_text(std::string_view span, Sink& sink) {
        if (span.empty()) return;
        pass(span);
        sink.text(span);
    }
    void say_reasoning(std::string_view span, Sink& sink) {
        if (span.empty()) return;
        pass(span);
        sink.reasoning(span);
    }
    void say_body(std::string_view span, Sink& sink) {
        if (span.empty()) return;
        pass(span);
        sink.change_body(index_, span);
    }

    Mode mode_ = Mode::prose;
    FenceTracker fence_;
    std::string cut_;     // the beginning of a UTF-8 sequence that the last chunk ended in
    std::string held_;    // not decided yet; see the top of the file
    char before_ = '\n';  // the last byte that was said
    int line_ = 1;

    size_t elements_ = 0;
    bool too_many_said_ = false;
    Name name_;  // of the element that is read, and its place
    size_t index_ = 0;
    int tag_line_ = 1;
    std::string closing_;
    TagEnd tag_end_;
    Name next_name_;  // of the tag that may interrupt it
};

Scanner::Scanner() : state_(std::make_unique<State>()) {}
Scanner::~Scanner() = default;
Scanner::Scanner(Scanner&&) noexcept = default;
Scanner& Scanner::operator=(Scanner&&) noexcept = default;
void Scanner::feed(std::string_view bytes, Sink& sink) { state_->feed(bytes, sink); }
void Scanner::finish(Sink& sink) { state_->finish(sink); }

}  // namespace ry::apps::changes

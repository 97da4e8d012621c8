#pragma once
// A Sink that writes events down, one a line, neighbouring spans joined: two scans of one answer compare as text.
#include <string>

#include "modules/apps/changes/changes.h"

namespace ry::apps::changes::testing {

class Recorder final : public Sink {
public:
    void text(std::string_view span) override { say("text", span); }
    void reasoning(std::string_view span) override { say("reasoning", span); }
    void change_started(Kind kind, const std::vector<Attribute>& attributes, size_t index, int line) override {
        std::string row =
            "started " + std::to_string(index) + " " + std::string(name_of(kind)) + " line " + std::to_string(line);
        for (auto& attribute : attributes) row += " " + attribute.name + "=[" + attribute.value + "]";
        add(row);
    }
    void change_body(size_t index, std::string_view span) override { say("body " + std::to_string(index), span); }
    void change_done(size_t index) override { add("done " + std::to_string(index)); }
    void unfinished(std::optional<size_t> index, Kind kind, int line, bool at_end) override {
        add("unfinished " + (index ? std::to_string(*index) : "-") + " " + std::string(name_of(kind)) + " line " +
            std::to_string(line) + (at_end ? " at end" : ""));
    }
    void problem(std::optional<size_t> index, int line, std::string message) override {
        add("problem " + (index ? std::to_string(*index) : "-") + " line " + std::to_string(line) + " " + message);
    }
    std::string events() const { return said_.empty() ? log_ : log_ + said_ + "]\n"; }

private:
    void say(std::string what, std::string_view span) {
        if (what != what_) add_open(what);
        said_ += span;
    }
    void add_open(const std::string& what) {
        close();
        what_ = what;
        said_ = what + " [";
    }
    void add(const std::string& row) {
        close();
        log_ += row + "\n";
    }
    void close() {
        if (!said_.empty()) log_ += said_ + "]\n";
        said_.clear();
        what_.clear();
    }
    std::string log_, what_, said_;
};

inline std::string scan(std::string_view answer) {
    Recorder recorder;
    Scanner scanner;
    scanner.feed(answer, recorder);
    scanner.finish(recorder);
    return recorder.events();
}

/// In chunks of `size` bytes, the first one of `first`.
inline std::string scan_in_chunks(std::string_view answer, size_t first, size_t size) {
    Recorder recorder;
    Scanner scanner;
    scanner.feed(answer.substr(0, first), recorder);
    for (size_t at = std::min(first, answer.size()); at < answer.size(); at += size)
        scanner.feed(answer.substr(at, size), recorder);
    scanner.finish(recorder);
    return recorder.events();
}

}  // namespace ry::apps::changes::testing

#pragma once
// A reader as clients write them: it keeps the last id, counts events, joins the deltas of each text.
#include <chrono>
#include <map>

#include "base/guarded.h"
#include "base/text.h"
#include "kernel/stream/stream.h"

namespace ry::stream {

struct Frame {
    std::string id, type, data;
};

/// One SSE frame of the hub, read strictly.
inline std::optional<Frame> parse_frame(std::string_view text) {
    std::vector<std::string_view> lines = split(text, '\n');
    if (lines.size() != 5 || !lines[3].empty() || !lines[4].empty()) return {};
    if (!lines[0].starts_with("id: ") || !lines[1].starts_with("event: ") || !lines[2].starts_with("data: ")) return {};
    return Frame{std::string(lines[0].substr(4)), std::string(lines[1].substr(7)), std::string(lines[2].substr(6))};
}

/// The number after `"name":` in flat JSON; -1 when it is not there.
inline int64_t number_in(std::string_view json, std::string_view name) {
    size_t at = json.find("\"" + std::string(name) + "\":");
    if (at == std::string_view::npos) return -1;
    std::string_view rest = json.substr(at + name.size() + 3);
    return parse_int(rest.substr(0, rest.find_first_not_of("0123456789"))).value_or(-1);
}

/// The text of a delta frame; the tests' texts need no escapes but \n and \".
inline std::string text_in(std::string_view json) {
    size_t at = json.find("\"text\":\"");
    if (at == std::string_view::npos) return {};
    std::string text;
    for (at += 8; at < json.size() && json[at] != '"'; ++at) {
        if (json[at] == '\\') ++at;
        text += json[at] == 'n' && json[at - 1] == '\\' ? '\n' : json[at];
    }
    return text;
}

/// What a client has after all it received, over any number of connections.
struct Fold {
    std::string last_id;
    int64_t last_seq = 0;
    std::vector<std::string> types;
    std::map<int64_t, std::string> texts;
    std::string problem;

    void take(std::string_view bytes) {
        auto frame = parse_frame(bytes);
        auto position = frame ? Position::parse(frame->id) : std::nullopt;
        if (!position) return note("not a frame: " + std::string(bytes));
        last_id = frame->id;
        if (frame->type != "block.delta") {
            if (position->seq != last_seq + 1) note("event " + frame->id + " after " + std::to_string(last_seq));
            last_seq = position->seq;
            types.push_back(frame->type);
            return;
        }
        std::string& text = texts[number_in(frame->data, "block")];
        if (number_in(frame->data, "position") != int64_t(text.size())) note("delta at the wrong byte: " + std::string(bytes) + " has " + std::to_string(text.size()));
        if (position->seq != last_seq) note("delta of another event: " + std::string(bytes));
        text += text_in(frame->data);
    }
    void note(std::string what) {
        if (problem.empty()) problem = std::move(what);
    }
};

/// Takes up to `frames_max` frames, then its buffer is full.
class Reader : public Follower {
public:
    explicit Reader(size_t frames_max = SIZE_MAX) : frames_max_(frames_max) {}

    bool deliver(std::shared_ptr<const std::string> frame) override {
        return received_.change([&](Received& received) {
            if (received.frames.size() == frames_max_) {
                received.is_over = true;
                return false;
            }
            received.frames.push_back(*frame);
            return true;
        });
    }
    void end() override {
        received_.change([](Received& received) { received.is_over = true; });
    }

    /// Waits until there are `count` frames or the end has come; false after three minutes, which is a hang.
    bool wait_for(size_t count) {
        return wait([&](const Received& received) { return received.frames.size() >= count || received.is_over; });
    }
    bool wait_for_end() {
        return wait([](const Received& received) { return received.is_over; });
    }
    /// Waits until an event of this type is there.
    bool wait_for(std::string_view type) { return wait_for_text("\nevent: " + std::string(type) + "\n"); }
    /// Waits until a frame contains `text`.
    bool wait_for_text(const std::string& text) {
        return wait([&](const Received& received) {
            for (const std::string& frame : received.frames)
                if (frame.find(text) != std::string::npos) return true;
            return received.is_over;
        });
    }
    std::vector<std::string> frames() {
        return received_.with([](Received& received) { return received.frames; });
    }
    bool is_over() {
        return received_.with([](Received& received) { return received.is_over; });
    }

private:
    struct Received {
        std::vector<std::string> frames;
        bool is_over = false;
    };
    template <class Ready>
    bool wait(Ready ready) {
        return received_.wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(180), ready, [](Received&) {});
    }
    size_t frames_max_;
    Guarded<Received> received_;
};

}  // namespace ry::stream

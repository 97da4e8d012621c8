#pragma once
// Inside the hub: one stream as this process knows it, and its readers. A machine without I/O: what happened goes in, frames
// go out to followers, and the answer says what must be read from the database next. The hub holds each Topic in a Guarded.
//
// All live subscribers of a topic have had the same: every event up to `head` and every byte of the texts that are open. So a
// frame is encoded once. A subscriber that is behind replays pages on its own until it has reached the head.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/guarded.h"
#include "kernel/stream/stream.h"

namespace ry::stream {

struct Subscriber {
    std::weak_ptr<Guarded<Topic>> topic;
    std::shared_ptr<Follower> follower;
    FollowOptions options;
    Position position;                   // what was delivered; once live, only texts of which the reader has more than we know
    std::vector<int64_t> unwanted = {};  // texts whose opening event was not wanted
    std::vector<Event> page = {};        // read, and from `next` on not yet delivered
    size_t next = 0;
    bool is_waiting = false;             // for a page, or for room
    bool is_over = false;                // the follower is not called any more

    bool deliver(std::shared_ptr<const std::string> frame);
    bool deliver(std::string frame) { return deliver(std::make_shared<const std::string>(std::move(frame))); }
    void end();
    bool wants_text(int64_t block) const;
};

/// What the hub must read for a topic.
struct Reads {
    bool look = false;                                   ///< head and open texts, beyond known_texts()
    std::optional<int64_t> events_after = {};            ///< for the topic
    std::vector<std::shared_ptr<Subscriber>> pages = {}; ///< events after each one's position
    std::vector<std::shared_ptr<Subscriber>> rooms = {}; ///< who go on with room() when their followers have room
};

class Topic {
public:
    Topic(OrganizationId organization, std::string name, size_t text_bytes_max)
        : organization_(organization), name_(std::move(name)), text_bytes_max_(text_bytes_max) {}

    OrganizationId organization() const { return organization_; }
    const std::string& name() const { return name_; }
    /// Changes when the topic forgets: the answer to a read of an earlier life is not for it.
    int64_t life() const { return life_; }
    int64_t head() const { return head_; }
    bool is_stalled() const { return is_stalled_; }
    bool has_followers() const { return !live_.empty() || !joining_.empty(); }
    size_t followers() const { return live_.size() + joining_.size(); }
    size_t open_local_texts() const;
    /// Nobody needs it: it may leave the hub. A topic that has left is not used again.
    bool is_idle() const { return !has_followers() && open_local_texts() == 0; }
    bool has_left = false;

    // ---- what happened
    void join(std::shared_ptr<Subscriber> subscriber);
    void leave(const Subscriber& subscriber);
    void open_local_text(int64_t block);
    void drop_text(int64_t block);
    /// An event of this process has been committed.
    void publish(std::shared_ptr<const Event> event);
    /// Another process appended: the head is at least `seq`, and texts may have grown.
    void hear(int64_t seq, bool has_text);
    Result<void> push(int64_t block, std::string_view piece);
    /// The database could not be asked, or was behind: ask again.
    void try_again() { is_stalled_ = false; }

    // ---- what was read; absent when the read failed
    void looked(int64_t life, const std::vector<std::pair<int64_t, int64_t>>& known, const std::optional<Look>& look);
    void read(int64_t life, std::optional<std::vector<Event>> events);
    /// A page for one subscriber. True when the hub shall call room() when the follower has room.
    bool replay(Subscriber& subscriber, std::optional<std::vector<Event>> events);
    /// Goes on with the page. True: once more.
    bool room(Subscriber& subscriber);

    /// Goes as far as it can without reading; what it needs next. Called after each of the above.
    Reads advance();

    /// The open texts with the bytes known of each.
    std::vector<std::pair<int64_t, int64_t>> known_texts() const;
    struct Piece {
        int64_t block, position;
        std::string text;
    };
    std::vector<Piece> unflushed(std::optional<int64_t> only_block) const;
    void flushed(int64_t block, int64_t bytes);
    /// Ends every follower.
    void end_all();

private:
    struct Text {
        std::string bytes;       // always whole UTF-8 sequences
        std::string cut = {};    // the beginning of a sequence that a piece cut
        bool is_local = false;   // opened by this process, which flushes it
        int64_t flushed = 0;
    };

    void show(const Event& event);
    void show_rest(int64_t block, std::string_view whole, size_t from);
    void show_delta(int64_t block, size_t from, std::string_view text);
    void deliver_event(Subscriber& subscriber, const Event& event, const Position& position, std::shared_ptr<const std::string>& shared);
    size_t replay_step(Subscriber& subscriber);
    size_t deliver_piece(Subscriber& subscriber, int64_t block, std::string_view whole, size_t from);
    bool catch_up_texts(Subscriber& subscriber);
    void go_live(const std::shared_ptr<Subscriber>& subscriber);
    void remove_ended();
    void forget();
    Position position() const;

    OrganizationId organization_;
    std::string name_;
    size_t text_bytes_max_;
    int64_t life_ = 0;
    int64_t head_ = -1;         // the last event that live subscribers have had; -1: not looked yet
    int64_t known_head_ = 0;    // an event that must exist
    bool must_look_ = false, is_looking_ = false, is_reading_ = false, is_stalled_ = false;
    std::map<int64_t, std::shared_ptr<const Event>> pending_;  // came before their turn
    std::map<int64_t, Text> texts_;                            // open; visible when their block <= head_
    std::vector<std::shared_ptr<Subscriber>> live_, joining_;
};

/// The whole text that `event` closes, as the event tells it.
std::string text_of(const Event& event);
/// Whether data.block.content is there.
bool has_content(const Event& event);

}  // namespace ry::stream

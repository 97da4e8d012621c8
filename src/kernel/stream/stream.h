#pragma once
// Stream: a durable, ordered log per thing (`chat:chat_…`, `job:job_…`) in which nothing ever appears behind a reader.
// Events are dense: 1, 2, 3 … Texts that grow (a model's answer) are pieces between two events: block.delta frames that
// carry their byte position, so that a reader who comes back in the middle of a text gets exactly the rest.
//
//     auto seq  = TRY(hub_.append(tx, stream, "message.created", Json{R"({"message":{…}})"}));   // in the caller's transaction
//     auto text = TRY(hub_.open_text(tx, stream, "block.started", data));
//     …after the commit, on the job's thread, for every piece of the model:
//     TRY(hub_.push(text, piece));                       // to local followers at once; to the database every 500 ms
//     TRY(hub_.close_text(tx, text, "block.done", Json{R"({"block":{"content":"…the whole text…", …}})"}));
//
// Readers: follow() replays after a Position and goes on live, without a gap and without a repetition; page() is the same
// log as JSON. Every reader, however often interrupted, gets the same events once each, and for each text deltas that
// join to the same bytes.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "kernel/op/op.h"
#include "kernel/stream/model.h"

namespace ry::store {
class Store;
class Tx;
struct Schema;
}  // namespace ry::store

namespace ry::stream {

extern const store::Schema schema;

/// How far into an open text a reader has come.
struct TextPosition {
    int64_t block = 0;  ///< the seq of the event that opened it
    int64_t bytes = 0;  ///< how many bytes of it were received; > 0
    bool operator==(const TextPosition&) const = default;
};

/// A place in a stream: the last event received, and how much of the texts that were still open. Its text form is the id of
/// every frame: "<seq>" or "<seq>~<block>.<bytes>[~<block>.<bytes>…]", blocks ascending. A text that is not named was received
/// from none of its bytes.
struct Position {
    int64_t seq = 0;  ///< 0: before the first event
    std::vector<TextPosition> texts = {};
    bool operator==(const Position&) const = default;

    std::string text() const;
    /// Absent when it is not a position in canonical form. "" is the beginning.
    static std::optional<Position> parse(std::string_view text);
    /// Further texts are not written into the text form; their readers get them again from their first byte.
    static constexpr size_t texts_max = 64;
};

/// An open text. A value; valid until close_text() or drop_text() has committed.
struct TextId {
    OrganizationId organization;
    std::string stream;
    int64_t block = 0;  ///< the seq of the event that opened it
    bool operator==(const TextId&) const = default;
};

/// sse: "id: …\nevent: <type>\ndata: {…}\n\n". ndjson: one line {"id":"…","type":…}, events with "seq" too.
enum class Encoding { sse, ndjson };

/// One reader's end. The hub calls it from any thread, one call at a time, and holds it until the end.
class Follower {
public:
    virtual ~Follower() = default;
    /// One frame, encoded once for all followers of that encoding. Must not block nor call the hub. False when the reader is
    /// gone or its buffer is full: it is dropped, and may come back with its last position.
    virtual bool deliver(std::shared_ptr<const std::string> frame) = 0;
    /// No frame comes any more: after the last wanted event, or when the hub shuts down. Not called after deliver() said false.
    virtual void end() = 0;
    /// While replaying, after each 64 KiB: runs `f` once, now or later, from any thread, when as much fits again, or when the reader is gone.
    virtual void when_room(std::move_only_function<void()> f) { f(); }
};

/// An event to be appended to a stream of `organization`.
struct NewEvent {
    OrganizationId organization;
    std::string stream;
    std::string type;
    Json data;
};

/// One of several events that are appended together.
struct Entry {
    std::string type;
    Json data;
    std::optional<TextId> closes = {};  ///< the text that it ends, as close_text() says
};

struct FollowOptions {
    Encoding encoding = Encoding::sse;
    /// When given: only events for which it is true are delivered, and texts that such events opened.
    std::function<bool(const Event&)> is_wanted = {};
    /// When given: the follower ends after the first event for which it is true.
    std::function<bool(const Event&)> is_last = {};
};

struct Limits {
    size_t text_bytes_max = 4 << 20;        ///< of one text; push() then fails with too_large
    size_t event_bytes_max = 8 << 20;       ///< of one event's data: block.done carries a whole text, escaped
    int64_t flush_ms = 500;                 ///< how often live texts are written
    int64_t notify_ms = 20;                 ///< other processes hear at most one NOTIFY in this time
    int64_t poll_ms = 10'000;               ///< how often followed streams are looked at in case a NOTIFY was lost
    int page_events = 100;                  ///< of one read while replaying
};

class Subscription;

/// Appends, and feeds the followers of this process. One per process; any thread. Destroy it before the Store; followers
/// that are still there are ended.
class Hub {
public:
    explicit Hub(store::Store& store, Limits limits = {});
    ~Hub();
    Hub(const Hub&) = delete;

    // ---- writing; `tx` belongs to the stream's organization

    /// Appends an event and returns its seq. The stream is locked until the transaction ends, which keeps it dense: append
    /// late. `data` is an object without the members "type", "id" and "seq", which are the stream's. One round trip.
    Result<int64_t> append(store::Tx& tx, std::string_view stream, std::string_view type, Json data);
    /// Appends several, which follow each other, in one round trip; the seq of the first.
    Result<int64_t> append(store::Tx& tx, std::string_view stream, std::vector<Entry> entries);
    /// Appends the event that opens a text. Deltas may be pushed after the commit.
    Result<TextId> open_text(store::Tx& tx, std::string_view stream, std::string_view type, Json data) { return open_text(tx, stream, {}, type, std::move(data)); }
    /// The same after other events, in one round trip.
    Result<TextId> open_text(store::Tx& tx, std::string_view stream, std::vector<Entry> before, std::string_view type, Json data);
    /// Appends to an open text, on the thread of the job that opened it: local followers get it at once, others after the next
    /// flush. A UTF-8 sequence that a piece cuts waits for its rest; bytes that are not UTF-8 and U+0000 become U+FFFD.
    Result<void> push(const TextId& text, std::string_view piece);
    /// Writes what was pushed, now. Once it returned, the text survives a crash.
    Result<void> flush(const TextId& text);
    /// Appends the event that ends the text. Readers who come later get the text from data.block.content when `data` has it, so
    /// it must be what was pushed; otherwise what was pushed is flushed, and kept beside the event.
    Result<int64_t> close_text(store::Tx& tx, const TextId& text, std::string_view type, Json data);
    /// One event in each of several streams, of any organizations, in a system transaction: one round trip. No stream may be named twice.
    Result<void> append_each(store::Tx& system_tx, const std::vector<NewEvent>& events);
    /// Ends the stream with the thing that it is about: after the commit its followers end, here and in other processes, and
    /// maintain() deletes what it holds. Nobody appends to it afterwards: who may still do so looks for the thing in the same
    /// transaction. No error when there is no such stream.
    Result<void> remove(store::Tx& tx, std::string_view stream);
    /// The same for many, of any organizations, in a system transaction.
    struct Name {
        OrganizationId organization;
        std::string stream;
    };
    Result<void> remove_each(store::Tx& system_tx, const std::vector<Name>& streams);
    /// Ends a text without an event: of a try that died. Readers keep what they have and get no more of it.
    Result<void> drop_text(store::Tx& tx, const TextId& text);

    // ---- reading

    /// What was flushed of an open text; "" when nothing was, or when it has ended.
    Result<std::string> read_text(store::Tx& tx, std::string_view stream, int64_t block);
    /// The texts of a stream that were opened and neither closed nor dropped, with what was flushed of them.
    Result<std::vector<FlushedText>> open_texts(store::Tx& tx, std::string_view stream);
    /// The seq of the last event; 0 for a stream without any.
    Result<int64_t> last_seq(store::Tx& tx, std::string_view stream);

    /// From `after` on, what happened and then what happens. Whether the caller may read the stream was asked before.
    /// Never blocks. A position beyond the end counts as the end.
    Subscription follow(const Op& op, std::string_view stream, const Position& after, std::shared_ptr<Follower> follower, FollowOptions options = {});
    /// {"items":[{"id","seq","type",…}],"next_cursor":"<seq>" or null}: at most `limit` (1–1000) events after `after`.
    Result<std::string> page(const Op& op, std::string_view stream, const Position& after, int limit);

    /// NOTIFY to every other process on this database, gathered with others into one in notify_ms. Equal ones become one.
    void announce(std::string_view channel, std::string_view payload);
    /// Hears announce() of other processes; `payload` is "" when notifications may have been missed. Called on a thread of the store.
    void on_announce(std::string_view channel, std::function<void(std::string_view payload)> f);

    /// Deletes pieces that were written after their text had ended, and what removed streams hold, batch by batch until
    /// nothing is left or the Op's deadline comes. Called every few minutes.
    Result<void> maintain(const Op& server_op);
    /// Deletes events older than this, in the same way. A reader from before then begins with what is left.
    Result<void> trim(const Op& server_op, int64_t kept_days);

    struct Counts {
        size_t followers, topics, open_texts;
    };
    Counts counts() const;

private:
    friend class Subscription;
    struct Inside;
    std::shared_ptr<Inside> inside_;
};

class Topic;
struct Subscriber;

/// A reader's place in the hub; copies mean the same. The reader's side calls end() when it is gone.
class Subscription {
public:
    Subscription() = default;
    /// Any thread, any number of times, not from within deliver(). After it returned, the follower is not called any more.
    void end();

private:
    friend class Hub;
    Subscription(std::weak_ptr<Hub::Inside> hub, std::weak_ptr<Subscriber> subscriber) : hub_(std::move(hub)), subscriber_(std::move(subscriber)) {}
    std::weak_ptr<Hub::Inside> hub_;
    std::weak_ptr<Subscriber> subscriber_;
};

/// Frames, for tests and for those who write streams of their own.
std::string frame_of(Encoding encoding, const Position& position, const Event& event);
std::string delta_frame_of(Encoding encoding, const Position& position, int64_t block, int64_t from_byte, std::string_view text);

}  // namespace ry::stream

#include <algorithm>
#include <map>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/check.h"
#include "base/guarded.h"
#include "base/text.h"
#include "kernel/store/store.h"
#include "kernel/stream/queries.gen.h"
#include "kernel/stream/topic.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::stream {
namespace {

using SharedTopic = std::shared_ptr<Guarded<Topic>>;

constexpr std::string_view notify_channel = "ramify_hub";
constexpr size_t notify_bytes_max = 7'900;        // PostgreSQL takes 7,999
constexpr int64_t page_bytes_max = 64 * 1024;     // of one page of a replay: a quarter of a follower's buffer
constexpr int64_t json_page_bytes_max = 4 << 20;  // of one page of the API
constexpr size_t poll_streams = 1'000;            // asked about in one statement
constexpr int64_t batch_rows = 5'000;             // deleted in one transaction: some 50 ms, and 10 MB of log
constexpr std::string_view removed_channel = "stream_removed";

struct Key {
    OrganizationId organization;
    std::string stream;
    auto operator<=>(const Key&) const = default;
};

/// "chat:chat_…": no white space, because names travel in announcements.
void check_stream_name(std::string_view name) {
    ENSURE(!name.empty() && name.size() <= 200);
    for (char c : name) ENSURE(c > ' ' && c < 0x7F);
}

bool is_type_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; });
}

/// `data` with its type in front, on one line.
Result<Json> typed_data(std::string_view type, Json data, size_t bytes_max) {
    ENSURE(is_type_name(type));
    std::string_view object = trim(data.text);
    ENSURE(object.starts_with('{') && object.ends_with('}'));
    if (object.size() > bytes_max)
        return fail(Code::too_large, "an event may have at most " + std::to_string(bytes_max) + " bytes", std::string(type));
    std::string_view members = trim(object.substr(1));
    Json typed{R"({"type":")" + std::string(type) + (members == "}" ? "\"" : "\",")};
    typed.text += members;
    std::ranges::replace_if(typed.text, [](char c) { return c == '\n' || c == '\r'; }, ' ');  // legal between tokens only
    return typed;
}

/// What changed and other processes shall hear: at most one entry for each stream.
struct Announcements {
    struct Change {
        int64_t seq = 0;
        bool has_text = false;
    };
    std::map<Key, Change> streams;
    std::set<std::pair<std::string, std::string>> others;
    bool is_stopping = false;

    bool is_empty() const { return streams.empty() && others.empty(); }
};

std::vector<std::string> lines_of(const Announcements& announcements) {
    std::vector<std::string> lines;
    for (const auto& [key, change] : announcements.streams)
        lines.push_back("stream " + uuid_text(key.organization.uuid) + " " + std::to_string(change.seq) + (change.has_text ? " text " : " - ") + key.stream);
    for (const auto& [channel, payload] : announcements.others) lines.push_back(channel + " " + payload);
    return lines;
}

template <class T>
Result<std::vector<T>> rows_of(const store::Rows& rows) {
    std::vector<T> all;
    for (size_t i = 0; i < rows.size(); ++i) all.push_back(TRY(rows.read<T>(i)));
    return all;
}

void warn(std::string_view what, const Error& error) {
    telemetry::log(telemetry::Level::warning, what, {{"message", error.message}, {"cause", error.cause}});
}

}  // namespace

struct Hub::Inside : std::enable_shared_from_this<Hub::Inside> {
    Inside(store::Store& with_store, Limits with_limits) : store(with_store), limits(with_limits) {}

    store::Store& store;
    const Limits limits;
    const std::string origin = uuid_text(new_uuid());
    Guarded<std::map<Key, SharedTopic>> topics;
    Guarded<std::vector<SharedTopic>> stalled;              // to be asked again
    Guarded<std::vector<std::weak_ptr<Guarded<Topic>>>> writing;  // topics with local texts
    Guarded<int> flushing{0};                               // one flush at a time
    Guarded<Announcements> announcements;
    Guarded<std::multimap<std::string, std::function<void(std::string_view)>, std::less<>>> ears;

    // ---- topics

    SharedTopic find(const Key& key) {
        return topics.with([&](auto& all) -> SharedTopic {
            auto found = all.find(key);
            return found == all.end() ? nullptr : found->second;
        });
    }

    SharedTopic find_or_make(const Key& key) {
        return topics.with([&](auto& all) {
            SharedTopic& topic = all[key];
            if (!topic) topic = std::make_shared<Guarded<Topic>>(key.organization, key.stream, limits.text_bytes_max);
            return topic;
        });
    }

    /// Runs `f` on the topic and starts what the topic needs next. False when the topic has left the hub.
    template <class F>
    bool at(const SharedTopic& topic, F&& f) {
        Reads reads;
        std::vector<std::pair<int64_t, int64_t>> known;
        int64_t life = 0;
        bool has_left = false, is_stalled = false, leaves = false;
        topic->with([&](Topic& t) {
            if ((has_left = t.has_left)) return;
            f(t);
            reads = t.advance();
            life = t.life();
            is_stalled = t.is_stalled();
            if (reads.look) known = t.known_texts();
            leaves = t.has_left = t.is_idle();
        });
        if (has_left) return false;
        if (leaves) remove(topic);
        if (is_stalled) stalled.with([&](auto& all) { all.push_back(topic); });
        start(topic, reads, life, std::move(known));
        return true;
    }

    /// The same, on the topic of that key, made when needed.
    template <class F>
    void at_key(const Key& key, F&& f) {
        while (!at(find_or_make(key), f)) {}
    }

    void remove(const SharedTopic& topic) {
        Key key = topic->with([](Topic& t) { return Key{t.organization(), t.name()}; });
        topics.with([&](auto& all) {
            auto found = all.find(key);
            if (found != all.end() && found->second == topic) all.erase(found);
        });
    }

    /// The stream is no more: its followers end, and so do texts that are written here.
    void end(const Key& key) {
        SharedTopic topic = find(key);
        if (!topic) return;
        at(topic, [](Topic& t) {
            for (const auto& [block, bytes] : t.known_texts()) t.drop_text(block);
            t.end_all();
        });
    }

    Result<void> remove(store::Tx& tx, std::vector<Key> keys) {
        sql::remove_streams_args args;
        for (const Key& key : keys) {
            check_stream_name(key.stream);
            args.organization_ids.push_back(key.organization);
            args.streams.push_back(key.stream);
        }
        TRY(tx.run(sql::remove_streams, args));
        tx.after_commit([weak = weak_from_this(), keys = std::move(keys)] {
            auto self = weak.lock();
            if (!self) return;
            for (const Key& key : keys) self->end(key);
            self->announcements.change([&](Announcements& all) {
                for (const Key& key : keys) all.others.emplace(removed_channel, uuid_text(key.organization.uuid) + " " + key.stream);
            });
        });
        return {};
    }

    /// Runs the statement in transactions of its own until it finds less than a whole batch.
    template <class Args>
    Result<void> in_batches(const Op& op, std::string_view name, const store::None<Args>& statement, Args args) {
        args.limit = batch_rows;
        while (!op.deadline.passed()) {
            int64_t rows = TRY(store.system_write(op, name, [&](store::Tx& tx) { return tx.run(statement, args); }));
            if (rows < batch_rows) break;
        }
        return {};
    }

    // ---- reading

    void start(const SharedTopic& topic, const Reads& reads, int64_t life, std::vector<std::pair<int64_t, int64_t>> known) {
        if (reads.look) start_look(topic, life, std::move(known));
        if (reads.events_after) start_events(topic, life, *reads.events_after);
        for (const auto& subscriber : reads.pages) start_page(topic, subscriber);
        for (const auto& subscriber : reads.rooms) wait_for_room(topic, subscriber);
    }

    /// `done` gets the rows, or nothing when they could not be read. Not called when the hub is gone.
    template <class Row, class Args>
    void read(const SharedTopic& topic, const store::Statement& statement, const Args& args, std::function<void(Inside&, std::optional<std::vector<Row>>)> done) {
        store::Parameters parameters;
        args.bind(parameters);
        OrganizationId organization = topic->with([](Topic& t) { return t.organization(); });
        store.read_async({organization}, statement, std::move(parameters), [weak = weak_from_this(), done = std::move(done)](Result<store::Rows> rows) {
            auto self = weak.lock();
            if (!self) return;
            auto values = rows ? rows_of<Row>(*rows) : Result<std::vector<Row>>(std::move(rows.error()));
            if (!values) warn("stream_read_failed", values.error());
            done(*self, values ? std::optional(std::move(*values)) : std::nullopt);
        });
    }

    static const std::string& name_of(const SharedTopic& topic) {
        return topic->with([](Topic& t) -> const std::string& { return t.name(); });  // never changes
    }

    void start_look(const SharedTopic& topic, int64_t life, std::vector<std::pair<int64_t, int64_t>> known) {
        sql::look_args args{.stream = name_of(topic)};
        for (const auto& [block, bytes] : known) {
            args.blocks.push_back(block);
            args.bytes.push_back(bytes);
        }
        read<Look>(topic, sql::look, args, [topic, life, known = std::move(known)](Inside& self, std::optional<std::vector<Look>> looks) {
            self.at(topic, [&](Topic& t) { t.looked(life, known, looks && looks->size() == 1 ? std::optional(std::move((*looks)[0])) : std::nullopt); });
        });
    }

    void start_events(const SharedTopic& topic, int64_t life, int64_t seq) {
        sql::events_after_args args{.stream = name_of(topic), .seq = seq, .limit = limits.page_events, .bytes_max = page_bytes_max};
        read<Event>(topic, sql::events_after, args, [topic, life](Inside& self, std::optional<std::vector<Event>> events) {
            self.at(topic, [&](Topic& t) { t.read(life, std::move(events)); });
        });
    }

    void start_page(const SharedTopic& topic, const std::shared_ptr<Subscriber>& subscriber) {
        int64_t seq = topic->with([&](Topic&) { return subscriber->position.seq; });
        sql::events_after_args args{.stream = name_of(topic), .seq = seq, .limit = limits.page_events, .bytes_max = page_bytes_max};
        read<Event>(topic, sql::events_after, args, [topic, subscriber](Inside& self, std::optional<std::vector<Event>> events) {
            bool waits = false;
            self.at(topic, [&](Topic& t) { waits = t.replay(*subscriber, std::move(events)); });
            if (waits) self.wait_for_room(topic, subscriber);
        });
    }

    void wait_for_room(const SharedTopic& topic, const std::shared_ptr<Subscriber>& subscriber) {
        subscriber->follower->when_room([weak = weak_from_this(), topic, subscriber] {
            auto self = weak.lock();
            if (!self) return;
            bool waits = false;
            self->at(topic, [&](Topic& t) { waits = t.room(*subscriber); });
            if (waits) self->wait_for_room(topic, subscriber);
        });
    }

    // ---- writing

    void publish(const Key& key, std::shared_ptr<const Event> event) {
        announce_stream(key, event->seq);
        if (event->opens) {
            at_key(key, [&](Topic& t) {
                t.open_local_text(event->seq);
                t.publish(event);
            });
            writing.with([&](auto& all) { all.push_back(find(key)); });
        } else if (SharedTopic topic = find(key)) {
            at(topic, [&](Topic& t) { t.publish(event); });
        }
    }

    Result<int64_t> append(store::Tx& tx, std::string_view stream, std::vector<Event> events) {
        check_stream_name(stream);
        ENSURE(!events.empty());
        sql::append_args args{.stream = stream};
        for (const Event& event : events) {
            args.types.push_back(event.type);
            args.data.push_back(event.data.text);
            args.opens.push_back(event.opens);
            args.closes.push_back(event.closes.value_or(0));
            args.texts.push_back(event.text.value_or(""));
        }
        bool is_plain = std::ranges::none_of(events, [](const Event& event) { return event.opens || event.closes; });
        int64_t first = is_plain ? TRY(tx.one(sql::append_plain, {.stream = stream, .types = args.types, .data = args.data})) : TRY(tx.one(sql::append, args));
        Key key{tx.op().organization, std::string(stream)};
        for (size_t i = 0; i < events.size(); ++i) {
            events[i].seq = first + int64_t(i);
            tx.after_commit([weak = weak_from_this(), key, shared = std::make_shared<const Event>(std::move(events[i]))] {
                if (auto self = weak.lock()) self->publish(key, shared);
            });
        }
        return first;
    }

    /// An event as it is kept; `closing` is the text that it ends.
    Result<Event> event_of(store::Tx& tx, std::string_view type, Json data, const TextId* closing) {
        Event event{.type = std::string(type), .data = TRY(typed_data(type, std::move(data), limits.event_bytes_max))};
        if (!closing) return event;
        event.closes = closing->block;
        if (has_content(event)) return event;
        if (SharedTopic topic = find({closing->organization, closing->stream})) TRY(flush({topic}, closing->block));
        event.text = TRY(tx.one(sql::read_text, {.stream = closing->stream, .block = closing->block}));
        return event;
    }

    /// Writes the pieces of these topics in one statement, and what they had when it began is durable then.
    Result<void> flush(const std::vector<SharedTopic>& of, std::optional<int64_t> only_block) {
        return flushing.with([&](int&) -> Result<void> {
            sql::add_chunks_args args;
            std::vector<SharedTopic> owners;
            for (const SharedTopic& topic : of) {
                topic->with([&](Topic& t) {
                    for (Topic::Piece& piece : t.unflushed(only_block)) {
                        args.organization_ids.push_back(t.organization());
                        args.streams.push_back(t.name());
                        args.blocks.push_back(piece.block);
                        args.positions.push_back(piece.position);
                        args.texts.push_back(std::move(piece.text));
                        owners.push_back(topic);
                    }
                });
            }
            if (owners.empty()) return {};
            Announcements grown;
            for (size_t i = 0; i < owners.size(); ++i) grown.streams[{args.organization_ids[i], args.streams[i]}].has_text = true;
            TRY(store.system_write(server_op("stream.flush"), "stream.flush", [&](store::Tx& tx) -> Result<int64_t> {
                tx.step();
                for (const std::string& payload : payloads_of(grown)) tx.notify(notify_channel, payload);
                return tx.run(sql::add_chunks, args);
            }));
            for (size_t i = 0; i < owners.size(); ++i)
                owners[i]->with([&](Topic& t) { t.flushed(args.blocks[i], args.positions[i] + int64_t(args.texts[i].size())); });
            return {};
        });
    }

    // ---- other processes

    void announce_stream(Key key, int64_t seq) {
        announcements.change([&](Announcements& all) {
            Announcements::Change& change = all.streams[std::move(key)];
            change.seq = std::max(change.seq, seq);
        });
    }

    /// What the NOTIFYs say: who sends, then lines.
    std::vector<std::string> payloads_of(const Announcements& what) const {
        std::vector<std::string> payloads;
        for (std::string& line : lines_of(what)) {
            if (payloads.empty() || payloads.back().size() + line.size() + 1 > notify_bytes_max) payloads.push_back(origin);
            (payloads.back() += '\n') += line;
        }
        return payloads;
    }

    void send(const Announcements& what) {
        std::vector<std::string> payloads = payloads_of(what);
        auto sent = store.system_write(server_op("stream.announce"), "stream.announce", [&](store::Tx& tx) -> Result<void> {
            tx.step();
            for (const std::string& payload : payloads) tx.notify(notify_channel, payload);
            return {};
        });
        if (!sent) warn("stream_announce_failed", sent.error());  // others look at their streams from time to time
    }

    void hear(const store::Notification& heard) {
        if (heard.resync) return hear_everything();
        std::vector<std::string_view> lines = split(heard.payload, '\n');
        if (lines[0] == origin) return;
        for (size_t i = 1; i < lines.size(); ++i) hear_line(lines[i]);
    }

    void hear_line(std::string_view line) {
        size_t space = line.find(' ');
        if (space == std::string_view::npos) return;
        std::string_view channel = line.substr(0, space), payload = line.substr(space + 1);
        if (channel != "stream" && channel != removed_channel) return call_ears(channel, payload);
        std::vector<std::string_view> words = split(payload, ' ');
        if (channel == removed_channel) return hear_removed(words);
        auto organization = words.size() == 4 ? parse_uuid(words[0]) : std::nullopt;
        auto seq = organization ? parse_int(words[1]) : std::nullopt;
        if (!seq) return;
        if (SharedTopic topic = find({{*organization}, std::string(words[3])})) at(topic, [&](Topic& t) { t.hear(*seq, words[2] == "text"); });
    }

    void hear_removed(const std::vector<std::string_view>& words) {
        auto organization = words.size() == 2 ? parse_uuid(words[0]) : std::nullopt;
        if (organization) end({{*organization}, std::string(words[1])});
    }

    void hear_everything() {
        for (const SharedTopic& topic : all_topics()) at(topic, [](Topic& t) { t.hear(0, true); });
        std::vector<std::string> channels;
        ears.with([&](auto& all) { for (auto& [channel, f] : all) channels.push_back(channel); });
        std::ranges::sort(channels);
        channels.erase(std::ranges::unique(channels).begin(), channels.end());
        for (const std::string& channel : channels) call_ears(channel, "");
    }

    void call_ears(std::string_view channel, std::string_view payload) {
        std::vector<std::function<void(std::string_view)>> hearing;
        ears.with([&](auto& all) {
            for (auto [at, end] = all.equal_range(channel); at != end; ++at) hearing.push_back(at->second);
        });
        for (auto& f : hearing) f(payload);
    }

    std::vector<SharedTopic> all_topics() {
        std::vector<SharedTopic> all;
        topics.with([&](auto& map) { for (auto& [key, topic] : map) all.push_back(topic); });
        return all;
    }

    // ---- the keeper's duties

    void flush_all() {
        std::vector<SharedTopic> with_texts;
        writing.with([&](auto& all) {
            std::erase_if(all, [&](const auto& weak) {
                SharedTopic topic = weak.lock();
                bool is_open = topic && topic->with([](Topic& t) { return t.open_local_texts() > 0; });
                if (is_open && std::ranges::find(with_texts, topic) == with_texts.end()) with_texts.push_back(topic);
                else is_open = false;  // named twice
                return !is_open;
            });
        });
        auto done = flush(with_texts, {});
        if (!done) warn("stream_flush_failed", done.error());  // what is not written stays, and is tried again
    }

    void try_again() {
        for (const SharedTopic& topic : stalled.with([](auto& all) { return std::exchange(all, {}); }))
            at(topic, [](Topic& t) { t.try_again(); });
    }

    void poll() {
        std::vector<SharedTopic> followed = all_topics();
        for (size_t from = 0; from < followed.size(); from += poll_streams) {
            sql::moved_args args;
            for (size_t i = from; i < std::min(followed.size(), from + poll_streams); ++i) {
                followed[i]->with([&](Topic& t) {
                    if (t.head() < 0) return;
                    args.organization_ids.push_back(t.organization());
                    args.streams.push_back(t.name());
                    args.seqs.push_back(t.head());
                });
            }
            if (args.seqs.empty()) continue;
            auto moved = store.system_read(server_op("stream.poll"), "stream.poll", [&](store::Tx& tx) { return tx.many(sql::moved, args); });
            if (!moved) return warn("stream_poll_failed", moved.error());
            for (const Head& head : *moved)
                if (SharedTopic topic = find({head.organization_id, head.stream})) at(topic, [&](Topic& t) { t.hear(head.seq, true); });
        }
    }

    void keep() {
        using Clock = std::chrono::steady_clock;
        int64_t announced_at = 0, flushed_at = steady_ms(), polled_at = steady_ms();
        while (true) {
            int64_t at = steady_ms();
            Announcements due;
            int64_t wait_ms = std::max<int64_t>(0, flushed_at + limits.flush_ms - at);
            announcements.wait_until(Clock::now() + std::chrono::milliseconds(wait_ms), [](Announcements& all) { return all.is_stopping || !all.is_empty(); }, [](Announcements&) {});
            // Whatever else is announced until the time is over goes along.
            int64_t pause_ms = announced_at + limits.notify_ms - steady_ms();
            if (pause_ms > 0) announcements.wait_until(Clock::now() + std::chrono::milliseconds(pause_ms), [](Announcements& all) { return all.is_stopping; }, [](Announcements&) {});
            bool is_stopping = announcements.with([&](Announcements& all) {
                std::swap(due.streams, all.streams);
                std::swap(due.others, all.others);
                return all.is_stopping;
            });
            if (!due.is_empty()) {
                send(due);
                announced_at = steady_ms();
            }
            if (is_stopping || steady_ms() >= flushed_at + limits.flush_ms) {
                flush_all();
                flushed_at = steady_ms();
                try_again();
            }
            if (is_stopping) return;
            if (steady_ms() >= polled_at + limits.poll_ms) {
                poll();
                polled_at = steady_ms();
            }
        }
    }

    std::thread keeper;
};

// ---- Hub

Hub::Hub(store::Store& store, Limits limits) : inside_(std::make_shared<Inside>(store, limits)) {
    store.listen(std::string(notify_channel), [weak = std::weak_ptr(inside_)](const store::Notification& heard) {
        if (auto self = weak.lock()) self->hear(heard);
    });
    inside_->keeper = std::thread([inside = inside_.get()] { inside->keep(); });
}

Hub::~Hub() {
    inside_->announcements.change([](Announcements& all) { all.is_stopping = true; });
    inside_->keeper.join();
    for (const SharedTopic& topic : inside_->all_topics()) topic->with([](Topic& t) { t.end_all(); });
}

Result<int64_t> Hub::append(store::Tx& tx, std::string_view stream, std::string_view type, Json data) {
    return inside_->append(tx, stream, {TRY(inside_->event_of(tx, type, std::move(data), nullptr))});
}

Result<int64_t> Hub::append(store::Tx& tx, std::string_view stream, std::vector<Entry> entries) {
    std::vector<Event> events;
    for (Entry& entry : entries) events.push_back(TRY(inside_->event_of(tx, entry.type, std::move(entry.data), entry.closes ? &*entry.closes : nullptr)));
    return inside_->append(tx, stream, std::move(events));
}

Result<TextId> Hub::open_text(store::Tx& tx, std::string_view stream, std::vector<Entry> before, std::string_view type, Json data) {
    std::vector<Event> events;
    for (Entry& entry : before) events.push_back(TRY(inside_->event_of(tx, entry.type, std::move(entry.data), entry.closes ? &*entry.closes : nullptr)));
    events.push_back(TRY(inside_->event_of(tx, type, std::move(data), nullptr)));
    events.back().opens = true;
    int64_t offset = int64_t(events.size()) - 1;
    int64_t first = TRY(inside_->append(tx, stream, std::move(events)));
    return TextId{tx.op().organization, std::string(stream), first + offset};
}

Result<void> Hub::push(const TextId& text, std::string_view piece) {
    Result<void> pushed = fail(Code::conflict, "the text has been closed; nothing can be added to it", text.stream);
    if (SharedTopic topic = inside_->find({text.organization, text.stream})) inside_->at(topic, [&](Topic& t) { pushed = t.push(text.block, piece); });
    return pushed;
}

Result<void> Hub::flush(const TextId& text) {
    SharedTopic topic = inside_->find({text.organization, text.stream});
    if (!topic) return {};
    return inside_->flush({topic}, text.block);
}

Result<int64_t> Hub::close_text(store::Tx& tx, const TextId& text, std::string_view type, Json data) {
    return inside_->append(tx, text.stream, {TRY(inside_->event_of(tx, type, std::move(data), &text))});
}

Result<void> Hub::append_each(store::Tx& system_tx, const std::vector<NewEvent>& events) {
    ENSURE(system_tx.is_system());
    if (events.empty()) return {};
    sql::append_each_args args;
    std::map<Key, std::shared_ptr<Event>> by_key;
    for (const NewEvent& event : events) {
        check_stream_name(event.stream);
        Json data = TRY(typed_data(event.type, event.data, inside_->limits.event_bytes_max));
        args.organization_ids.push_back(event.organization);
        args.streams.push_back(event.stream);
        args.types.push_back(event.type);
        args.data.push_back(data.text);
        by_key[{event.organization, event.stream}] = std::make_shared<Event>(Event{.type = event.type, .data = std::move(data)});
    }
    ENSURE(by_key.size() == events.size());
    for (const Head& head : TRY(system_tx.many(sql::append_each, args))) by_key[{head.organization_id, head.stream}]->seq = head.seq;
    system_tx.after_commit([weak = inside_->weak_from_this(), by_key = std::move(by_key)] {
        auto self = weak.lock();
        if (!self) return;
        for (const auto& [key, event] : by_key) self->publish(key, event);
    });
    return {};
}

Result<void> Hub::drop_text(store::Tx& tx, const TextId& text) {
    TRY(tx.run(sql::drop_text, {.stream = text.stream, .block = text.block}));
    tx.after_commit([weak = inside_->weak_from_this(), text] {
        auto self = weak.lock();
        SharedTopic topic = self ? self->find({text.organization, text.stream}) : nullptr;
        if (topic) self->at(topic, [&](Topic& t) { t.drop_text(text.block); });
    });
    return {};
}

Result<void> Hub::remove(store::Tx& tx, std::string_view stream) { return inside_->remove(tx, {{tx.op().organization, std::string(stream)}}); }

Result<void> Hub::remove_each(store::Tx& system_tx, const std::vector<Name>& streams) {
    ENSURE(system_tx.is_system());
    std::vector<Key> keys;
    for (const Name& name : streams) keys.push_back({name.organization, name.stream});
    return inside_->remove(system_tx, std::move(keys));
}

Result<std::string> Hub::read_text(store::Tx& tx, std::string_view stream, int64_t block) {
    return tx.one(sql::read_text, {.stream = stream, .block = block});
}

Result<std::vector<FlushedText>> Hub::open_texts(store::Tx& tx, std::string_view stream) {
    return tx.many(sql::open_texts, {.stream = stream});
}

Result<int64_t> Hub::last_seq(store::Tx& tx, std::string_view stream) {
    return TRY(tx.maybe(sql::last_seq, {.stream = stream})).value_or(0);
}

Subscription Hub::follow(const Op& op, std::string_view stream, const Position& after, std::shared_ptr<Follower> follower, FollowOptions options) {
    check_stream_name(stream);
    auto subscriber = std::make_shared<Subscriber>(Subscriber{.follower = std::move(follower), .options = std::move(options), .position = after});
    Key key{op.organization, std::string(stream)};
    for (bool has_joined = false; !has_joined;) {
        SharedTopic topic = inside_->find_or_make(key);
        has_joined = inside_->at(topic, [&](Topic& t) {
            subscriber->topic = topic;
            t.join(subscriber);
        });
    }
    return Subscription(inside_, subscriber);
}

void Subscription::end() {
    auto subscriber = subscriber_.lock();
    auto topic = subscriber ? subscriber->topic.lock() : nullptr;
    auto hub = hub_.lock();
    if (!topic || !hub) return;
    hub->at(topic, [&](Topic& t) {
        subscriber->is_over = true;
        t.leave(*subscriber);
    });
}

Result<std::string> Hub::page(const Op& op, std::string_view stream, const Position& after, int limit) {
    check_stream_name(stream);
    if (limit < 1 || limit > 1'000) return invalid("/limit", "must be between 1 and 1000");
    return inside_->store.read(op, "stream.page", [&](store::Tx& tx) -> Result<std::string> {
        auto events = TRY(tx.many(sql::events_after, {.stream = stream, .seq = after.seq, .limit = limit, .bytes_max = json_page_bytes_max}));
        int64_t head = TRY(tx.maybe(sql::last_seq, {.stream = stream})).value_or(0);
        std::string json = R"({"items":[)";
        for (const Event& event : events) {
            if (json.back() != '[') json += ',';
            json += frame_of(Encoding::ndjson, {event.seq, {}}, event);
            json.pop_back();  // its line's end
        }
        json += R"(],"next_cursor":)";
        if (events.empty() || events.back().seq == head) json += "null}";
        else json += "\"" + std::to_string(events.back().seq) + "\"}";
        return json;
    });
}

void Hub::announce(std::string_view channel, std::string_view payload) {
    ENSURE(channel != "stream" && channel.find_first_of(" \n") == std::string_view::npos && payload.find('\n') == std::string_view::npos);
    ENSURE(channel.size() + payload.size() < 1'000);
    inside_->announcements.change([&](Announcements& all) { all.others.emplace(channel, payload); });
}

void Hub::on_announce(std::string_view channel, std::function<void(std::string_view)> f) {
    inside_->ears.with([&](auto& all) { all.emplace(channel, std::move(f)); });
}

Result<void> Hub::maintain(const Op& server) {
    TRY(inside_->store.system_write(server, "stream.maintain", [](store::Tx& tx) { return tx.run(sql::trim_chunks, {}); }));
    TRY(inside_->in_batches(server, "stream.maintain", sql::empty_removed, {}));
    TRY(inside_->in_batches(server, "stream.maintain", sql::drop_removed_texts, {}));
    TRY(inside_->in_batches(server, "stream.maintain", sql::drop_removed_chunks, {}));
    return inside_->in_batches(server, "stream.maintain", sql::forget_removed, {});
}

Result<void> Hub::trim(const Op& server, int64_t kept_days) {
    return inside_->in_batches(server, "stream.trim", sql::trim_events, {.kept_days = kept_days});
}

Hub::Counts Hub::counts() const {
    Counts counts{};
    for (const SharedTopic& topic : inside_->all_topics()) {
        topic->with([&](Topic& t) {
            counts.followers += t.followers();
            counts.open_texts += t.open_local_texts();
        });
        ++counts.topics;
    }
    return counts;
}

}  // namespace ry::stream

#include "kernel/stream/topic.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"

namespace ry::stream {
namespace {

/// One delta frame carries at most this much, so that it fits every reader's buffer; the rest follows in the next.
constexpr size_t delta_bytes_max = 32 * 1024;
/// A replay writes this much, then waits until the reader has room again: a quarter of the writer's buffer.
constexpr size_t turn_bytes_max = 64 * 1024;
/// Events that came before their turn; beyond that they are read from the database. 1,000 events of 2 KiB are 2 MiB.
constexpr size_t pending_max = 1'000;

size_t index_of(Encoding encoding) { return size_t(encoding); }

auto find(std::vector<TextPosition>& texts, int64_t block) { return std::ranges::find(texts, block, &TextPosition::block); }

int64_t bytes_of(std::vector<TextPosition>& texts, int64_t block) {
    auto found = find(texts, block);
    return found == texts.end() ? 0 : found->bytes;
}

void set_bytes(std::vector<TextPosition>& texts, int64_t block, int64_t bytes) {
    auto at = std::ranges::lower_bound(texts, block, {}, &TextPosition::block);
    if (at != texts.end() && at->block == block) at->bytes = bytes;
    else texts.insert(at, {block, bytes});
}

void forget_text(std::vector<TextPosition>& texts, int64_t block) {
    std::erase_if(texts, [&](const TextPosition& text) { return text.block == block; });
}

/// Where the sequence at or after `from` begins: a reader may have named any byte.
size_t sequence_start(std::string_view text, size_t from) {
    while (from < text.size() && (text[from] & 0xC0) == 0x80) ++from;
    return std::min(from, text.size());
}

/// True when `text` is the beginning of a sequence that more bytes could complete.
bool is_cut_sequence(std::string_view text) {
    if (text.empty() || text.size() > 3) return false;
    for (std::string_view rest : {"\x80", "\x80\x80", "\x80\x80\x80", "\xA0\x80", "\x90\x80\x80"}) {
        std::string whole = std::string(text) + std::string(rest);
        if (utf8_length(whole) == whole.size()) return true;
    }
    return false;
}

/// Takes as much of `piece` as is text; the beginning of a sequence stays in `cut`.
void append_text(std::string& bytes, std::string& cut, std::string_view piece) {
    std::string joined;
    if (!cut.empty()) {
        joined = std::exchange(cut, {}).append(piece);
        piece = joined;
    }
    if (is_utf8(piece) && piece.find('\0') == std::string_view::npos) {
        bytes += piece;
        return;
    }
    while (!piece.empty()) {
        size_t length = utf8_length(piece);
        if (length == 0 && is_cut_sequence(piece)) {
            cut = piece;
            return;
        }
        if (length == 0 || piece[0] == '\0') bytes += "\uFFFD";
        else bytes += piece.substr(0, length);
        piece.remove_prefix(std::max<size_t>(length, 1));
    }
}

/// data.block.content
std::optional<std::string> content_of(const Event& event) {
    boost::system::error_code failed;
    boost::json::value data = boost::json::parse(event.data.text, failed);
    if (failed) return {};
    boost::system::error_code absent;
    const boost::json::value* content = data.find_pointer("/block/content", absent);
    if (!content || !content->is_string()) return {};
    return std::string(content->get_string());
}

}  // namespace

std::string text_of(const Event& event) {
    return event.text ? *event.text : content_of(event).value_or("");
}

bool has_content(const Event& event) { return content_of(event).has_value(); }

// ---- Subscriber

bool Subscriber::deliver(std::shared_ptr<const std::string> frame) {
    if (!is_over && !follower->deliver(std::move(frame))) is_over = true;
    return !is_over;
}

void Subscriber::end() {
    if (!std::exchange(is_over, true)) follower->end();
}

bool Subscriber::wants_text(int64_t block) const { return std::ranges::find(unwanted, block) == unwanted.end(); }

// ---- what happened

size_t Topic::open_local_texts() const {
    return size_t(std::ranges::count_if(texts_, [](const auto& entry) { return entry.second.is_local; }));
}

void Topic::join(std::shared_ptr<Subscriber> subscriber) { joining_.push_back(std::move(subscriber)); }

void Topic::leave(const Subscriber& subscriber) {
    auto is_it = [&](const std::shared_ptr<Subscriber>& other) { return other.get() == &subscriber; };
    std::erase_if(live_, is_it);
    std::erase_if(joining_, is_it);
}

void Topic::open_local_text(int64_t block) { texts_[block].is_local = true; }

void Topic::drop_text(int64_t block) { texts_.erase(block); }

void Topic::publish(std::shared_ptr<const Event> event) {
    bool is_followed = has_followers();
    if (event->closes && (!is_followed || head_ < 0)) texts_.erase(*event->closes);
    if (!is_followed) return;
    known_head_ = std::max(known_head_, event->seq);
    pending_.emplace(event->seq, std::move(event));
    if (pending_.size() > pending_max) pending_.erase(std::prev(pending_.end()));
}

void Topic::hear(int64_t seq, bool has_text) {
    if (!has_followers()) return;
    known_head_ = std::max(known_head_, seq);
    must_look_ = must_look_ || has_text;
}

Result<void> Topic::push(int64_t block, std::string_view piece) {
    auto found = texts_.find(block);
    if (found == texts_.end() || !found->second.is_local)
        return fail(Code::conflict, "the text has been closed; nothing can be added to it", name_ + " block " + std::to_string(block));
    Text& text = found->second;
    if (text.bytes.size() + piece.size() > text_bytes_max_)
        return fail(Code::too_large, "a text may have at most " + std::to_string(text_bytes_max_) + " bytes; the answer was cut there");
    size_t from = text.bytes.size();
    append_text(text.bytes, text.cut, piece);
    if (block <= head_) show_delta(block, from, std::string_view(text.bytes).substr(from));
    return {};
}

// ---- what was read

std::vector<std::pair<int64_t, int64_t>> Topic::known_texts() const {
    std::vector<std::pair<int64_t, int64_t>> known;
    for (const auto& [block, text] : texts_) known.emplace_back(block, int64_t(text.bytes.size()));
    return known;
}

void Topic::looked(int64_t life, const std::vector<std::pair<int64_t, int64_t>>& known, const std::optional<Look>& look) {
    if (life != life_) return;
    is_looking_ = false;
    if (!look) {
        must_look_ = true;
        is_stalled_ = true;
        return;
    }
    if (look->last_seq < head_) {  // older than what was shown: a text that has been closed since would come back
        must_look_ = true;
        return;
    }
    if (head_ < 0) {
        head_ = look->last_seq;
        std::erase_if(texts_, [&](const auto& entry) {
            return entry.first <= head_ && std::ranges::find(look->texts, entry.first, &FlushedText::block) == look->texts.end();
        });
    }
    known_head_ = std::max(known_head_, look->last_seq);
    for (const FlushedText& flushed : look->texts) {
        Text& text = texts_[flushed.block];
        if (text.is_local) continue;
        auto had = std::ranges::find(known, flushed.block, &std::pair<int64_t, int64_t>::first);
        size_t from = had == known.end() ? 0 : size_t(had->second);
        if (from != text.bytes.size()) continue;
        text.bytes += flushed.text;
        if (flushed.block <= head_) show_delta(flushed.block, from, flushed.text);
    }
}

void Topic::read(int64_t life, std::optional<std::vector<Event>> events) {
    if (life != life_) return;
    is_reading_ = false;
    if (!events) {
        is_stalled_ = true;
        return;
    }
    for (Event& event : *events) {
        int64_t seq = event.seq;
        pending_.emplace(seq, std::make_shared<const Event>(std::move(event)));
    }
    if (!events->empty()) return;
    // Nothing after the head: what was said to be there is not. A position beyond the end counts as the end.
    known_head_ = head_;
    is_stalled_ = !pending_.empty();
    for (auto& subscriber : joining_)
        if (subscriber->position.seq > head_) subscriber->position.seq = head_;
}

bool Topic::replay(Subscriber& subscriber, std::optional<std::vector<Event>> events) {
    if (!events) {
        subscriber.is_waiting = false;
        is_stalled_ = true;
        return false;
    }
    if (events->empty()) subscriber.position.seq = head_;
    subscriber.page = std::move(*events);
    subscriber.next = 0;
    return room(subscriber);
}

bool Topic::room(Subscriber& subscriber) {
    for (size_t bytes = 0; bytes < turn_bytes_max && subscriber.next < subscriber.page.size() && !subscriber.is_over;) bytes += replay_step(subscriber);
    if (subscriber.is_over) return false;
    if (subscriber.next < subscriber.page.size()) return true;
    // The page may have been as large as a turn: the next one waits for room too.
    if (!subscriber.page.empty()) {
        subscriber.page = {};
        subscriber.next = 0;
        return true;
    }
    subscriber.is_waiting = false;
    return false;
}

Reads Topic::advance() {
    Reads reads;
    remove_ended();
    if (!has_followers()) {
        forget();
        return reads;
    }
    if (head_ < 0) {
        if (!is_looking_ && !is_stalled_) reads.look = is_looking_ = true;
        return reads;
    }
    while (!pending_.empty() && pending_.begin()->first <= head_ + 1) {
        auto event = std::move(pending_.begin()->second);
        pending_.erase(pending_.begin());
        if (event->seq == head_ + 1) show(*event);
    }
    auto joining = std::exchange(joining_, {});
    for (auto& subscriber : joining) {
        bool is_at_head = !subscriber->is_waiting && subscriber->position.seq == head_;
        if (is_at_head && catch_up_texts(*subscriber)) {
            go_live(subscriber);
            continue;
        }
        if (is_at_head) reads.rooms.push_back(subscriber);
        joining_.push_back(std::move(subscriber));
    }
    remove_ended();
    if (is_stalled_) return reads;
    bool is_behind = !pending_.empty() || known_head_ > head_ ||
                     std::ranges::any_of(joining_, [&](const auto& subscriber) { return subscriber->position.seq > head_; });
    if (is_behind && !std::exchange(is_reading_, true)) reads.events_after = head_;
    if (must_look_ && !std::exchange(is_looking_, true)) {
        must_look_ = false;
        reads.look = true;
    }
    for (auto& subscriber : joining_) {
        if (subscriber->is_waiting || subscriber->position.seq >= head_) continue;
        subscriber->is_waiting = true;
        reads.pages.push_back(subscriber);
    }
    return reads;
}

// ---- showing

Position Topic::position() const {
    Position position{head_, {}};
    for (const auto& [block, text] : texts_)
        if (block <= head_ && !text.bytes.empty())
            position.texts.push_back({block, int64_t(text.bytes.size())});
    return position;
}

void Topic::show(const Event& event) {
    if (event.closes) {
        auto found = texts_.find(*event.closes);
        size_t from = found == texts_.end() ? 0 : found->second.bytes.size();
        show_rest(*event.closes, text_of(event), from);
        texts_.erase(*event.closes);
    }
    head_ = event.seq;
    if (event.opens) texts_.try_emplace(event.seq);
    Position at = position();
    if (event.opens) forget_text(at.texts, event.seq);  // its bytes come after this frame
    std::shared_ptr<const std::string> shared[2];
    for (auto& subscriber : live_) {
        if (subscriber->is_over) continue;
        if (event.closes) forget_text(subscriber->position.texts, *event.closes);
        deliver_event(*subscriber, event, at, shared[index_of(subscriber->options.encoding)]);
    }
    if (event.opens)
        if (auto& text = texts_[event.seq]; !text.bytes.empty()) show_delta(event.seq, 0, text.bytes);
}

/// What is missing of a text at its end, when it grew in another process.
void Topic::show_rest(int64_t block, std::string_view whole, size_t from) {
    if (from >= whole.size() || live_.empty()) return;
    from = sequence_start(whole, from);
    texts_[block].bytes = whole;
    show_delta(block, from, whole.substr(from));
}

void Topic::show_delta(int64_t block, size_t from, std::string_view text) {
    while (!text.empty() && !live_.empty()) {
        std::string_view piece = utf8_prefix(text, delta_bytes_max);
        int64_t begin = int64_t(from), end = int64_t(from + piece.size());
        Position at = position();
        set_bytes(at.texts, block, end);
        std::shared_ptr<const std::string> shared[2];
        for (auto& subscriber : live_) {
            if (subscriber->is_over || !subscriber->wants_text(block)) continue;
            Encoding encoding = subscriber->options.encoding;
            auto& frame = shared[index_of(encoding)];
            if (subscriber->position.texts.empty()) {
                if (!frame) frame = std::make_shared<const std::string>(delta_frame_of(encoding, at, block, begin, piece));
                subscriber->deliver(frame);
                continue;
            }
            // The reader came from another process and has more of some text than was flushed.
            int64_t had = bytes_of(subscriber->position.texts, block);
            if (had >= end) continue;
            Position own = at;
            forget_text(subscriber->position.texts, block);
            for (const TextPosition& ahead : subscriber->position.texts) set_bytes(own.texts, ahead.block, ahead.bytes);
            size_t skipped = had > begin ? sequence_start(piece, size_t(had - begin)) : 0;
            subscriber->deliver(delta_frame_of(encoding, own, block, begin + int64_t(skipped), piece.substr(skipped)));
        }
        from += piece.size();
        text.remove_prefix(piece.size());
    }
}

void Topic::deliver_event(Subscriber& subscriber, const Event& event, const Position& position, std::shared_ptr<const std::string>& shared) {
    bool is_wanted = !subscriber.options.is_wanted || subscriber.options.is_wanted(event);
    if (event.closes) std::erase(subscriber.unwanted, *event.closes);
    if (!is_wanted && event.opens) subscriber.unwanted.push_back(event.seq);
    if (is_wanted && subscriber.position.texts.empty()) {
        if (!shared) shared = std::make_shared<const std::string>(frame_of(subscriber.options.encoding, position, event));
        subscriber.deliver(shared);
    } else if (is_wanted) {
        Position own = position;
        for (const TextPosition& ahead : subscriber.position.texts) set_bytes(own.texts, ahead.block, ahead.bytes);
        subscriber.deliver(frame_of(subscriber.options.encoding, own, event));
    }
    if (!subscriber.is_over && subscriber.options.is_last && subscriber.options.is_last(event)) subscriber.end();
}

/// One frame of the page: what is missing of the text that the event closes, piece by piece, then the event. How many bytes it was.
size_t Topic::replay_step(Subscriber& subscriber) {
    Event& event = subscriber.page[subscriber.next];
    if (event.closes && subscriber.wants_text(*event.closes)) {
        if (!event.text) event.text = text_of(event);
        size_t from = sequence_start(*event.text, size_t(bytes_of(subscriber.position.texts, *event.closes)));
        if (from < event.text->size()) return deliver_piece(subscriber, *event.closes, *event.text, from);
    }
    if (event.closes) forget_text(subscriber.position.texts, *event.closes);
    subscriber.position.seq = event.seq;
    std::shared_ptr<const std::string> own;
    deliver_event(subscriber, event, subscriber.position, own);
    ++subscriber.next;
    return event.data.text.size();
}

size_t Topic::deliver_piece(Subscriber& subscriber, int64_t block, std::string_view whole, size_t from) {
    std::string_view piece = utf8_prefix(whole.substr(from), delta_bytes_max);
    Position at = subscriber.position;
    set_bytes(at.texts, block, int64_t(from + piece.size()));
    subscriber.position = at;
    subscriber.deliver(delta_frame_of(subscriber.options.encoding, at, block, int64_t(from), piece));
    return piece.size();
}

/// Delivers what is missing of the open texts, a turn's worth. True when nothing is missing any more; false: when there is room again.
bool Topic::catch_up_texts(Subscriber& subscriber) {
    std::erase_if(subscriber.position.texts, [&](const TextPosition& had) { return !texts_.contains(had.block); });
    size_t bytes = 0;
    for (const auto& [block, text] : texts_) {
        if (block > head_ || !subscriber.wants_text(block)) continue;
        while (true) {
            size_t from = sequence_start(text.bytes, size_t(bytes_of(subscriber.position.texts, block)));
            if (from >= text.bytes.size() || subscriber.is_over) break;
            if (bytes >= turn_bytes_max) {
                subscriber.is_waiting = true;
                return false;
            }
            bytes += deliver_piece(subscriber, block, text.bytes, from);
        }
    }
    return true;
}

void Topic::go_live(const std::shared_ptr<Subscriber>& subscriber) {
    // From now on only the texts of which the reader has more than we know are its own matter.
    std::erase_if(subscriber->position.texts, [&](const TextPosition& had) {
        return had.bytes <= int64_t(texts_.find(had.block)->second.bytes.size());
    });
    live_.push_back(subscriber);
}

// ---- flushing

std::vector<Topic::Piece> Topic::unflushed(std::optional<int64_t> only_block) const {
    std::vector<Piece> pieces;
    for (const auto& [block, text] : texts_)
        if (text.is_local && int64_t(text.bytes.size()) > text.flushed && only_block.value_or(block) == block)
            pieces.push_back({block, text.flushed, text.bytes.substr(size_t(text.flushed))});
    return pieces;
}

void Topic::flushed(int64_t block, int64_t bytes) {
    auto found = texts_.find(block);
    if (found != texts_.end()) found->second.flushed = std::max(found->second.flushed, bytes);
}

// ---- leaving

void Topic::remove_ended() {
    auto is_over = [](const std::shared_ptr<Subscriber>& subscriber) { return subscriber->is_over; };
    std::erase_if(live_, is_over);
    std::erase_if(joining_, is_over);
}

void Topic::forget() {
    if (head_ < 0 && !is_looking_ && !is_stalled_) return;
    ++life_;
    head_ = -1;
    known_head_ = 0;
    must_look_ = is_looking_ = is_reading_ = is_stalled_ = false;
    pending_.clear();
    std::erase_if(texts_, [](const auto& entry) { return !entry.second.is_local; });
}

void Topic::end_all() {
    for (auto& subscriber : live_) subscriber->end();
    for (auto& subscriber : joining_) subscriber->end();
    remove_ended();
    forget();
}

}  // namespace ry::stream

#include "modules/chats/answer_blocks.h"

#include "base/text.h"
#include "kernel/store/store.h"
#include "modules/chats/chats.h"
#include "modules/chats/generation_queries.gen.h"

namespace ry::chats {
namespace {

constexpr size_t answer_bytes_max = 4 << 20;  // as stream::Limits::text_bytes_max

class PlainReader final : public AnswerReader {
public:
    void feed(std::string_view text, BlockSink& sink) override {
        if (!is_started_) sink.start({.type = BlockType::answer});
        is_started_ = true;
        sink.grow(text);
    }
    bool is_inside() const override { return false; }
    void finish(BlockSink& sink) override {
        if (is_started_) sink.end(BlockStatus::done);
    }

private:
    bool is_started_ = false;
};

}  // namespace

std::unique_ptr<AnswerReader> plain_reader() { return std::make_unique<PlainReader>(); }

Json block_event(const Generation& generation, int64_t index, const Block& block) {
    return {"{\"generation_id\":\"" + generation.id.text() + "\",\"message_id\":\"" + generation.message_id.text() +
            "\",\"variant_id\":\"" + generation.variant_id.text() + "\",\"index\":" + std::to_string(index) +
            ",\"block\":" + to_json(block) + "}"};
}

void AnswerBlocks::begin(std::unique_ptr<AnswerReader> reader) {
    reader_ = std::move(reader);
    begun_at_ = text_.size();
}

bool AnswerBlocks::take(const llm::Piece& piece) {
    if (piece.kind == llm::PieceKind::reasoning) {
        if (!is_reasoning_ && !is_open_) {
            start({.type = BlockType::reasoning});
            is_reasoning_ = true;
        }
        if (is_reasoning_) grow(piece.text);
    } else if (piece.kind == llm::PieceKind::text) {
        end_reasoning();
        if (text_begun().size() + piece.text.size() > answer_bytes_max) {
            keep(fail(Code::too_large, "the answer is longer than " + std::to_string(answer_bytes_max >> 20) +
                                           " MiB; ask for less at once"));
        } else {
            text_ += piece.text;
            reader_->feed(piece.text, *this);
        }
    }
    return !failure_;
}

Result<void> AnswerBlocks::finish() {
    end_reasoning();
    reader_->finish(*this);
    return failure();
}

void AnswerBlocks::end_reasoning() {
    if (is_reasoning_) end(BlockStatus::done);
    is_reasoning_ = false;
}

Result<void> AnswerBlocks::failure() const {
    if (failure_) return *failure_;
    return {};
}

void AnswerBlocks::keep(Result<void> result) {
    if (!result && !failure_) failure_ = std::move(result).error();
}

// ---- BlockSink: a failure is kept and ends the stream

void AnswerBlocks::start(const Block& block) {
    if (failure_) return;
    block_ = block;
    is_open_ = true;
    // An answer's text opens with its first character that shows: the blanks between two changes are no block.
    if (block.type != BlockType::answer) open();
}

void AnswerBlocks::grow(std::string_view text) {
    if (failure_ || !is_open_) return;
    block_.content += text;
    if (text_id_) return keep(hub_.push(*text_id_, text));
    if (!trim(text).empty()) {
        open();
        if (!failure_) keep(hub_.push(*text_id_, block_.content));
    }
}

void AnswerBlocks::end(BlockStatus status) {
    if (!is_open_) return;
    is_open_ = false;
    if (!text_id_ || failure_) return;
    block_.status = status;
    ended_ = Ended{*std::exchange(text_id_, std::nullopt), std::move(block_), index_++};
}

void AnswerBlocks::open() {
    std::optional<stream::TextId> opened;
    keep(write_("chats.start_block", [&](store::Tx& tx) -> Result<void> {
        tx.step();
        Block shown = block_;
        shown.content.clear();
        shown.status = BlockStatus::streaming;
        if (ended_) tx.queue(sql::add_blocks, {.variant_id = generation_.variant_id, .blocks = blocks_ended()});
        opened = TRY(hub_.open_text(tx, Chats::stream_of(generation_.chat_id), events_ended(), "block.started",
                                    block_event(generation_, index_, shown)));
        tx.queue(sql::open_block, {.id = generation_.id, .open_block = {opened->block, shown}});
        return {};
    }));
    if (failure_) return;
    text_id_ = std::move(opened);
    ended_.reset();
}

// ---- the block that has ended

std::vector<stream::Entry> AnswerBlocks::events_ended() const {
    std::vector<stream::Entry> events;
    if (ended_)
        events.push_back({"block.done", block_event(generation_, ended_->index, ended_->block), ended_->text_id});
    return events;
}

Json AnswerBlocks::blocks_ended() const { return {ended_ ? "[" + to_json(ended_->block) + "]" : "[]"}; }

std::optional<AnswerBlocks::Ended> AnswerBlocks::cut_off() const {
    if (ended_) return ended_;
    if (!text_id_) return {};
    Block block = block_;
    block.status = BlockStatus::unfinished;
    return Ended{*text_id_, std::move(block), index_};
}

}  // namespace ry::chats

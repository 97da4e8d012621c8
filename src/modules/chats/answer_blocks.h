#pragma once
// Inside the part: an answer while it arrives. Pieces of a model become blocks that followers see at once; a block that
// has ended is written by the transaction that follows, which is the start of the next block or the answer's end.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/llm/llm.h"
#include "kernel/stream/stream.h"
#include "modules/chats/block_model.h"
#include "modules/chats/generation_model.h"
#include "modules/chats/subject.h"

namespace ry::chats {

/// What the events of a block say: `index` counts the blocks of this attempt.
Json block_event(const Generation& generation, int64_t index, const Block& block);

/// One for each attempt; used by its thread. `write` runs transactions of the attempt.
class AnswerBlocks final : BlockSink {
public:
    AnswerBlocks(stream::Hub& hub, FencedWrite write) : hub_(hub), write_(std::move(write)) {}
    /// Before anything else: which generation's answer it is.
    void set_generation(const Generation& generation) { generation_ = generation; }

    /// The model is asked; what it says is cut by `reader`. Asked again, its text follows what it said before.
    void begin(std::unique_ptr<AnswerReader> reader);
    /// False when it could not be kept: failure() says why.
    bool take(const llm::Piece& piece);
    /// Nothing more comes.
    Result<void> finish();
    /// The text so far ends inside an element, and the model may be asked to continue.
    bool is_inside() const { return reader_->is_inside(); }

    const std::string& text() const { return text_; }  ///< as the model wrote it
    std::string_view text_begun() const { return std::string_view(text_).substr(begun_at_); }  ///< since begin()
    /// A mended answer stands below the one that it mends.
    void separate() { text_ += "\n\n"; }

    Result<void> failure() const;
    void forget_failure() { failure_.reset(); }
    bool is_cut() const { return text_id_.has_value(); }  ///< a block is open that readers see

    /// A block that is complete and not yet written.
    struct Ended {
        stream::TextId text_id;
        Block block;
        int64_t index = 0;
    };
    /// What readers see and no transaction has closed, with what had arrived of it.
    std::optional<Ended> cut_off() const;

    // ---- for the transaction that writes the block that has ended
    std::vector<stream::Entry> events_ended() const;
    Json blocks_ended() const;
    void ended_is_written() { ended_.reset(); }

private:
    void start(const Block& block) override;
    void grow(std::string_view text) override;
    void end(BlockStatus status) override;
    void open();
    void end_reasoning();
    void keep(Result<void> result);

    stream::Hub& hub_;
    FencedWrite write_;
    Generation generation_;
    std::unique_ptr<AnswerReader> reader_;
    std::string text_;
    size_t begun_at_ = 0;

    Block block_;                            // the block that is being written
    bool is_open_ = false;                   // between start and end
    bool is_reasoning_ = false;              // the open block is the provider's reasoning
    std::optional<stream::TextId> text_id_;  // set once the block is visible
    std::optional<Ended> ended_;             // the one before it
    int64_t index_ = 0;
    std::optional<Error> failure_;
};

/// The answer of a chat that is about nothing: one block.
std::unique_ptr<AnswerReader> plain_reader();

}  // namespace ry::chats

#pragma once
// Subject: what a chat asks of the module that owns the thing it is about. Chats knows apps only through this port.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "modules/chats/block_model.h"
#include "modules/chats/branch_model.h"
#include "modules/chats/generation_model.h"
#include "modules/chats/ids.h"

namespace ry::store {
class Tx;
}

namespace ry::chats {

/// Takes the parts of an answer while it arrives. Calls nest as start, grow…, end.
class BlockSink {
public:
    virtual void start(const Block& block) = 0;  ///< `content` is empty
    virtual void grow(std::string_view text) = 0;
    virtual void end(BlockStatus status) = 0;

protected:
    ~BlockSink() = default;
};

/// Cuts an answer into blocks. One per attempt; used by one thread.
class AnswerReader {
public:
    virtual ~AnswerReader() = default;
    virtual void feed(std::string_view text, BlockSink& sink) = 0;
    /// True while the text so far ends inside an element that has not been closed: the model may be asked to continue.
    virtual bool is_inside() const = 0;
    virtual void finish(BlockSink& sink) = 0;
};

/// An answer that is complete and may change the app.
struct Answer {
    AppId app_id;
    ChatId chat_id;
    BranchId branch_id;
    MessageId message_id;
    VariantId variant_id;
    GenerationId generation_id;
    std::optional<VersionId> base_version_id;  ///< the app as it was before the message
    bool is_last = true;                       ///< no later answer on the branch was begun: the branch moves to the new version
    std::string text;
};

struct Applied {
    std::optional<VersionId> version_id;  ///< absent when the answer changes nothing or was refused
    std::vector<Problem> problems;        ///< why it was refused
};

/// Runs `f` in a transaction that fails when the job has lost its lease. `name` is a constant.
using FencedWrite = std::function<Result<void>(std::string_view name, const std::function<Result<void>(store::Tx&)>& f)>;

/// Any thread. Outlives the chats.
class Subject {
public:
    virtual ~Subject() = default;
    /// What the model must know before the history: rules, the map of the files, the files that matter. About `tokens_max` tokens.
    virtual Result<std::string> context(const Op& op, AppId app, std::optional<VersionId> version, std::string_view question, int64_t tokens_max) = 0;
    virtual std::unique_ptr<AnswerReader> reader() = 0;
    /// Makes the answer's changes a version, or nothing at all. Called again for the same variant it returns what the first call made.
    virtual Result<Applied> apply(const Op& op, const Answer& answer, const FencedWrite& write) = 0;
    /// In the transaction that makes, moves or deletes a branch.
    virtual Result<void> branch_created(store::Tx& tx, AppId app, const Branch& branch) = 0;
    virtual Result<void> branch_moved(store::Tx& tx, AppId app, BranchId branch, std::optional<VersionId> to) = 0;
    virtual Result<void> branch_deleted(store::Tx& tx, AppId app, BranchId branch) = 0;
};

}  // namespace ry::chats

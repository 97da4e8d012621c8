#pragma once
// Messages, as the API shows them and as the database's rows hold them.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/op/op.h"
#include "modules/chats/block_model.h"
#include "modules/chats/generation_model.h"
#include "modules/chats/ids.h"
#include "modules/chats/image_model.h"
#include "modules/chats/variant_model.h"

namespace ry::chats {

enum class Role { user, assistant, system, tool };
constexpr std::array<std::string_view, 4> names_of(Role) { return {"user", "assistant", "system", "tool"}; }
enum class Order { oldest, newest };
constexpr std::array<std::string_view, 2> names_of(Order) { return {"oldest", "newest"}; }

constexpr int64_t pins_max = 100;  ///< messages of one chat: more than people keep in view, and every prompt looks at them

struct Message {
    MessageId id;
    ChatId chat_id;
    BranchId branch_id;
    int64_t seq = 0;
    Role role = Role::user;
    std::string text;
    Variant variant;
    int64_t variants_count = 1;
    std::optional<Time> pinned_at;
    Time created_at;
    static const Fields& fields() {
        using S = Message;
        static const Field table[] = {
            field("id", &S::id, "Which message."),
            field("chat_id", &S::chat_id, "Its chat."),
            field("branch_id", &S::branch_id, "The branch that it was written on."),
            field("seq", &S::seq, "Its place in the history, from 1, without gaps."),
            field("role", &S::role, "Who speaks."),
            field("text", &S::text, "The text of the variant that is shown."),
            field("variant", &S::variant, "The variant that is shown."),
            field("variants_count", &S::variants_count, "How many variants there are."),
            field("pinned_at", &S::pinned_at, "When it was pinned: models are sent it however long the history grows; absent when it is not."),
            field("created_at", &S::created_at, "When it was written."),
        };
        static const Fields all{"Message", table};
        return all;
    }
};

/// A message as the last event of its generation tells it: `text` is its variant's.
struct EndedMessage {
    MessageId id;
    ChatId chat_id;
    BranchId branch_id;
    int64_t seq = 0;
    Role role = Role::assistant;
    std::string text;
    EndedVariant variant;
    int64_t variants_count = 1;
    std::optional<Time> pinned_at;
    Time created_at;
    static const Fields& fields() {
        using S = EndedMessage;
        static const Field table[] = {
            field("id", &S::id, ""), field("chat_id", &S::chat_id, ""), field("branch_id", &S::branch_id, ""), field("seq", &S::seq, ""),
            field("role", &S::role, ""), field("text", &S::text, ""), field("variant", &S::variant, ""),
            field("variants_count", &S::variants_count, ""), field("pinned_at", &S::pinned_at, ""), field("created_at", &S::created_at, ""),
        };
        static const Fields all{"EndedMessage", table};
        return all;
    }
};
EndedMessage ended_message(const Message& message);

/// The answer to a message: what was recorded, and where to watch the rest.
struct Posted {
    MessageId id;
    std::optional<Message> message;
    Message answer;
    Generation generation;
    int64_t started_seq = 0;  ///< of the exchange's first event; not shown
    static const Fields& fields() {
        using S = Posted;
        static const Field table[] = {
            field("id", &S::id, "The recorded message."),
            field("message", &S::message, "The recorded message; absent after regenerate."),
            field("answer", &S::answer, "The message that the model is writing."),
            field("generation", &S::generation, "The attempt that writes it."),
        };
        static const Fields all{"Posted", table};
        return all;
    }
};

// ---- what a person sends

struct PostMessage {
    std::optional<std::string> text;
    std::optional<std::vector<WrittenBlock>> blocks;
    std::optional<std::vector<ImageId>> image_ids;
    std::optional<BranchId> branch_id;
    std::optional<std::string> model;
    std::optional<GenerationSettings> settings;
    static const Fields& fields() {
        using S = PostMessage;
        static const Field table[] = {
            field("text", &S::text, "What to say.", length(1, text_bytes_max), positional()),
            field("blocks", &S::blocks, "In the place of text: parts that people, models or both see.", length(1, written_blocks_max)),
            field("image_ids", &S::image_ids, "Images of the chat that belong to it; text and blocks may then be left out.", length(1, message_images_max)),
            field("branch_id", &S::branch_id, "The branch to say it on; the active branch when absent."),
            field("model", &S::model, "Name or id of the model that answers; what the policies say, else the default model, when absent."),
            field("settings", &S::settings, "How it shall answer."),
        };
        static const Fields all{"PostMessage", table};
        return all;
    }
};

struct EditMessage {
    std::optional<std::string> text;
    std::optional<std::vector<WrittenBlock>> blocks;
    std::optional<bool> in_place;
    static const Fields& fields() {
        using S = EditMessage;
        static const Field table[] = {
            field("text", &S::text, "The new text.", length(1, text_bytes_max), positional()),
            field("blocks", &S::blocks, "In the place of text: parts that people, models or both see.", length(1, written_blocks_max)),
            field("in_place", &S::in_place, "true changes the shown variant; otherwise the edit is a new variant."),
        };
        static const Fields all{"EditMessage", table};
        return all;
    }
};

/// A message that no model is asked about.
struct CreateMessage {
    std::optional<std::string> text;
    std::optional<std::vector<WrittenBlock>> blocks;
    std::optional<std::vector<ImageId>> image_ids;
    std::optional<Role> role;
    static const Fields& fields() {
        using S = CreateMessage;
        static const Field table[] = {
            field("text", &S::text, "What is said.", length(1, text_bytes_max), positional()),
            field("blocks", &S::blocks, "In the place of text: parts that people, models or both see.", length(1, written_blocks_max)),
            field("image_ids", &S::image_ids, "Images of the chat that belong to it; text and blocks may then be left out.", length(1, message_images_max)),
            field("role", &S::role, "Who says it; user when absent."),
        };
        static const Fields all{"CreateMessage", table};
        return all;
    }
};

struct RemoveMessage {
    std::optional<bool> keep_following;
    static const Fields& fields() {
        static const Field table[] = {field("keep_following", &RemoveMessage::keep_following, "true deletes this message alone; otherwise what follows it goes, too.")};
        static const Fields all{"RemoveMessage", table};
        return all;
    }
};

struct ListMessages {
    std::optional<BranchId> branch_id;
    std::optional<Order> order;
    std::optional<int64_t> before;
    std::optional<int64_t> after;
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListMessages;
        static const Field table[] = {
            field("branch_id", &S::branch_id, "The branch whose history is read; the active branch when absent."),
            field("order", &S::order, "oldest (first; the default) or newest."),
            field("before", &S::before, "Only messages before this seq, the newest of them first.", range(1, 9e15)),
            field("after", &S::after, "Only messages after this seq, the oldest of them first.", range(0, 9e15)),
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"ListMessages", table};
        return all;
    }
};

// ---- rows that only the service sees

/// A message with its shown variant and that variant's newest generation, as one flat row.
struct MessageRow {
    MessageId id;
    ChatId chat_id;
    BranchId branch_id;
    int64_t seq = 0;
    Role role = Role::user;
    Time created_at;
    int64_t variants_count = 1;
    std::optional<Time> pinned_at;
    VariantId variant_id;
    int64_t number = 1;
    VariantKind kind = VariantKind::generation;
    std::string text;
    Json blocks;
    bool is_selected = true;
    std::optional<VersionId> version_id;
    Time variant_created_at;
    std::optional<GenerationId> generation_id;
    std::optional<BranchId> generation_branch_id;
    std::optional<GenerationStatus> status;
    std::optional<std::string> provider;
    std::optional<std::string> model;
    std::optional<ModelId> model_id;
    std::optional<int64_t> tokens_in;
    std::optional<int64_t> tokens_out;
    std::optional<int64_t> tokens_cached;
    std::optional<double> cost_usd;
    std::optional<std::string> error_code;
    std::optional<std::string> error_message;
    std::optional<Json> problems;
    std::optional<int64_t> attempt;
    std::optional<Time> queued_at;
    std::optional<Time> first_token_at;
    std::optional<Time> ended_at;
    std::optional<RunId> run_id;
    std::optional<int64_t> citations_count;
    static const Fields& fields() {
        using S = MessageRow;
        static const Field table[] = {
            field("id", &S::id, ""), field("chat_id", &S::chat_id, ""), field("branch_id", &S::branch_id, ""), field("seq", &S::seq, ""),
            field("role", &S::role, ""), field("created_at", &S::created_at, ""), field("variants_count", &S::variants_count, ""),
            field("pinned_at", &S::pinned_at, ""), field("variant_id", &S::variant_id, ""), field("number", &S::number, ""), field("kind", &S::kind, ""), field("text", &S::text, ""),
            field("blocks", &S::blocks, ""), field("is_selected", &S::is_selected, ""), field("version_id", &S::version_id, ""),
            field("variant_created_at", &S::variant_created_at, ""), field("generation_id", &S::generation_id, ""),
            field("generation_branch_id", &S::generation_branch_id, ""), field("status", &S::status, ""), field("provider", &S::provider, ""),
            field("model", &S::model, ""), field("model_id", &S::model_id, ""), field("tokens_in", &S::tokens_in, ""),
            field("tokens_out", &S::tokens_out, ""), field("tokens_cached", &S::tokens_cached, ""), field("cost_usd", &S::cost_usd, ""),
            field("error_code", &S::error_code, ""), field("error_message", &S::error_message, ""), field("problems", &S::problems, ""),
            field("attempt", &S::attempt, ""), field("queued_at", &S::queued_at, ""), field("first_token_at", &S::first_token_at, ""),
            field("ended_at", &S::ended_at, ""), field("run_id", &S::run_id, ""),
            field("citations_count", &S::citations_count, ""),
        };
        static const Fields all{"MessageRow", table};
        return all;
    }
};
Message to_message(MessageRow row);

/// One past message, as models see it.
struct Turn {
    Role role = Role::user;
    std::string text;
    std::optional<MessageId> id;  ///< absent of what was not said yet
    bool is_pinned = false;
    std::vector<Image> images = {};
    static const Fields& fields() {
        static const Field table[] = {field("role", &Turn::role, ""), field("text", &Turn::text, ""), field("id", &Turn::id, ""), field("is_pinned", &Turn::is_pinned, ""), field("images", &Turn::images, "")};
        static const Fields all{"Turn", table};
        return all;
    }
};

}  // namespace ry::chats

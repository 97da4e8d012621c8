#pragma once
// Branches of a chat, as the API shows them and as the database's rows hold them.
#include <optional>
#include <string>

#include "base/fields.h"
#include "kernel/op/op.h"
#include "modules/chats/chat_model.h"
#include "modules/chats/ids.h"

namespace ry::chats {

struct Branch {
    BranchId id;
    ChatId chat_id;
    std::string title;
    bool is_main = false;
    std::optional<BranchId> parent_branch_id;
    std::optional<MessageId> forked_from_message_id;
    std::optional<VariantId> forked_from_variant_id;
    std::optional<int64_t> forked_from_seq;
    int64_t messages_count = 0;
    std::string last_message_preview;
    std::optional<VersionId> current_version_id;
    Time created_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Branch;
        static const Field table[] = {
            field("id", &S::id, "Which branch."),
            field("chat_id", &S::chat_id, "Its chat."),
            field("title", &S::title, "Its title."),
            field("is_main", &S::is_main, "Whether it is the branch that the chat began with."),
            field("parent_branch_id", &S::parent_branch_id, "The branch that it was forked from."),
            field("forked_from_message_id", &S::forked_from_message_id, "The last message that it inherits."),
            field("forked_from_variant_id", &S::forked_from_variant_id, "The variant of that message which it inherits."),
            field("forked_from_seq", &S::forked_from_seq, "The place of that message in the history."),
            field("messages_count", &S::messages_count, "Messages in its history, the inherited ones included."),
            field("last_message_preview", &S::last_message_preview, "The beginning of its newest message."),
            field("current_version_id", &S::current_version_id, "The version of the app that it shows."),
            field("created_at", &S::created_at, "When it was created."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"Branch", table};
        return all;
    }
};

// ---- what a person sends

struct CreateBranch {
    MessageId from_message_id;
    std::optional<std::string> title;
    std::optional<BranchId> branch_id;
    static const Fields& fields() {
        using S = CreateBranch;
        static const Field table[] = {
            field("from_message_id", &S::from_message_id, "The last message that the new branch inherits.", positional()),
            field("title", &S::title, "Its title.", length(1, title_bytes_max)),
            field("branch_id", &S::branch_id, "The branch whose history is inherited; the branch that the message was written on when absent."),
        };
        static const Fields all{"CreateBranch", table};
        return all;
    }
};

struct ChangeBranch {
    std::string title;
    static const Fields& fields() {
        using S = ChangeBranch;
        static const Field table[] = {field("title", &S::title, "The new title.", length(1, title_bytes_max), positional())};
        static const Fields all{"ChangeBranch", table};
        return all;
    }
};

// ---- rows that only the service sees

struct BranchEnd {
    BranchId id;
    ChatId chat_id;
    SegmentId segment_id;
    int64_t messages_count = 0;
    std::optional<VersionId> current_version_id;
    std::optional<AppId> app_id;
    ChatStatus chat_status = ChatStatus::active;
    static const Fields& fields() {
        using S = BranchEnd;
        static const Field table[] = {
            field("id", &S::id, ""), field("chat_id", &S::chat_id, ""), field("segment_id", &S::segment_id, ""), field("messages_count", &S::messages_count, ""),
            field("current_version_id", &S::current_version_id, ""), field("app_id", &S::app_id, ""), field("chat_status", &S::chat_status, ""),
        };
        static const Fields all{"BranchEnd", table};
        return all;
    }
};

struct StartVersion {
    std::optional<VersionId> version_id;
    static const Fields& fields() {
        static const Field table[] = {field("version_id", &StartVersion::version_id, "")};
        static const Fields all{"StartVersion", table};
        return all;
    }
};

}  // namespace ry::chats

#pragma once
// What a search for words finds, and which tags there are.
#include <optional>
#include <string>
#include <vector>

#include "modules/chats/chat_model.h"
#include "modules/chats/ids.h"
#include "modules/chats/message_model.h"

namespace ry::chats {

struct SearchChats {
    std::string query;
    std::optional<ChatId> chat_id;
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = SearchChats;
        static const Field table[] = {
            field("query", &S::query, "Words, of which all must be there: \"a phrase\", or, -without; the last may be unfinished.", length(1, query_bytes_max), positional()),
            field("chat_id", &S::chat_id, "Only in this chat."),
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"SearchChats", table};
        return all;
    }
};

/// A title or a message that has the words, and where to go to see it.
struct Found {
    ChatId chat_id;
    std::string chat_title;
    ChatStatus chat_status = ChatStatus::active;
    std::optional<MessageId> message_id;
    std::optional<BranchId> branch_id;
    std::optional<int64_t> seq;
    std::optional<Role> role;
    std::string excerpt;
    std::vector<std::string> matches;
    Time created_at;
    static const Fields& fields() {
        using S = Found;
        static const Field table[] = {
            field("chat_id", &S::chat_id, "The chat."),
            field("chat_title", &S::chat_title, "Its title."),
            field("chat_status", &S::chat_status, "Whether it is in use or archived."),
            field("message_id", &S::message_id, "The message; absent when it is the title that has the words."),
            field("branch_id", &S::branch_id, "A branch that has the message in its history: the active one where it does."),
            field("seq", &S::seq, "The place of the message in that history: ?before= and ?after= read what is around it."),
            field("role", &S::role, "Who says it."),
            field("excerpt", &S::excerpt, "The text around the words."),
            field("matches", &S::matches, "The words as the excerpt has them."),
            field("created_at", &S::created_at, "When the message was written, or the chat created."),
        };
        static const Fields all{"Found", table};
        return all;
    }
};

/// An entry that has the words; without an excerpt when nobody can see it.
struct FoundRow {
    MessageId id;  ///< of the message, or the chat's
    std::optional<ChatId> chat_id;
    std::optional<std::string> chat_title;
    std::optional<ChatStatus> chat_status;
    std::optional<BranchId> branch_id;
    std::optional<MessageId> message_id;
    std::optional<int64_t> seq;
    std::optional<Role> role;
    std::optional<std::string> excerpt;
    std::optional<Time> created_at;
    static const Fields& fields() {
        using S = FoundRow;
        static const Field table[] = {
            field("id", &S::id, ""), field("chat_id", &S::chat_id, ""), field("chat_title", &S::chat_title, ""),
            field("chat_status", &S::chat_status, ""), field("branch_id", &S::branch_id, ""), field("message_id", &S::message_id, ""),
            field("seq", &S::seq, ""), field("role", &S::role, ""), field("excerpt", &S::excerpt, ""), field("created_at", &S::created_at, ""),
        };
        static const Fields all{"FoundRow", table};
        return all;
    }
};

struct TagUse {
    std::string tag;
    int64_t chats_count = 0;
    static const Fields& fields() {
        using S = TagUse;
        static const Field table[] = {
            field("tag", &S::tag, "The tag."),
            field("chats_count", &S::chats_count, "How many chats have it."),
        };
        static const Fields all{"TagUse", table};
        return all;
    }
};

}  // namespace ry::chats

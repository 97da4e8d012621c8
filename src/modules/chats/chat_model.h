#pragma once
// Chats, as the API shows them and as the database's rows hold them.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/op/op.h"
#include "modules/chats/ids.h"

namespace ry::chats {

enum class ChatStatus { active, archived, deleted };
constexpr std::array<std::string_view, 3> names_of(ChatStatus) { return {"active", "archived", "deleted"}; }

/// How far what is said may go, from the least to the most.
enum class DataClass { open, internal, confidential };
constexpr std::array<std::string_view, 3> names_of(DataClass) { return {"open", "internal", "confidential"}; }

constexpr size_t title_bytes_max = 200;
constexpr size_t query_bytes_max = 1'000;  ///< of what is searched for
constexpr size_t tags_max = 32;            ///< of one chat
constexpr size_t tag_bytes_max = 60;

struct Chat {
    ChatId id;
    std::string title;
    std::optional<ProjectId> project_id;
    std::optional<AppId> app_id;
    std::optional<PersonaId> persona_id;
    std::optional<EntityProfileId> entity_profile_id;
    DataClass data_class = DataClass::internal;
    ChatStatus status = ChatStatus::active;
    std::vector<std::string> tags;
    Json vars{"{}"};
    std::optional<ChatId> origin_chat_id;
    std::optional<BranchId> origin_branch_id;
    std::optional<MessageId> origin_message_id;
    BranchId active_branch_id;
    std::string position;
    std::optional<Time> last_message_at;
    std::optional<Time> deleted_at;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Chat;
        static const Field table[] = {
            field("id", &S::id, "Which chat."),
            field("title", &S::title, "Its title; taken from the first message when none was given."),
            field("project_id", &S::project_id, "The project that it belongs to; absent in chats older than projects."),
            field("app_id", &S::app_id, "The app that the chat is about."),
            field("persona_id", &S::persona_id, "Who the person is in it; the default persona, if there is one, when absent."),
            field("entity_profile_id", &S::entity_profile_id, "The profile of the character that the chat is with."),
            field("data_class", &S::data_class, "How far what is said in it may go: models that may not be sent it do not answer."),
            field("status", &S::status, "active, archived (put away), or deleted (in the trash)."),
            field("tags", &S::tags, "What people sort it by."),
            field("vars", &S::vars, "Its variables, which templates of prompts and pipelines name: an object."),
            field("origin_chat_id", &S::origin_chat_id, "The chat that it was forked from; it may be gone."),
            field("origin_branch_id", &S::origin_branch_id, "The branch of that chat."),
            field("origin_message_id", &S::origin_message_id, "The last message that it took along; absent when it took the whole branch."),
            field("active_branch_id", &S::active_branch_id, "The branch that is shown when none is named."),
            field("position", &S::position, "Where to follow the chat's events from, so that nothing that its messages do not show yet is missed."),
            field("last_message_at", &S::last_message_at, "When the newest message was written."),
            field("deleted_at", &S::deleted_at, "When it was put into the trash, which is emptied by itself after trash_kept_days."),
            field("created_at", &S::created_at, "When it was created."),
            field("updated_at", &S::updated_at, "When it last changed."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"Chat", table};
        return all;
    }
};

// ---- what a person sends

struct CreateChat {
    std::optional<std::string> title;
    std::optional<ProjectId> project_id;
    std::optional<AppId> app_id;
    std::optional<EntityProfileId> entity_profile_id;
    std::optional<PersonaId> persona_id;
    static const Fields& fields() {
        using S = CreateChat;
        static const Field table[] = {
            field("title", &S::title, "Its title.", length(0, title_bytes_max), positional()),
            field("project_id", &S::project_id, "The project that it belongs to; the caller's own when absent."),
            field("app_id", &S::app_id, "The app that it is about."),
            field("entity_profile_id", &S::entity_profile_id, "The profile of the character that it is with: the chat begins with the greetings of its card."),
            field("persona_id", &S::persona_id, "Who the person is in it; the default persona, if there is one, when absent."),
        };
        static const Fields all{"CreateChat", table};
        return all;
    }
};

struct ChangeChat {
    std::optional<std::string> title;
    std::optional<ChatStatus> status;
    std::optional<std::string> persona_id;
    std::optional<std::vector<std::string>> tags;
    std::optional<Json> vars;
    std::optional<DataClass> data_class;
    static const Fields& fields() {
        using S = ChangeChat;
        static const Field table[] = {
            field("title", &S::title, "The new title.", length(1, title_bytes_max)),
            field("status", &S::status, "archived puts it away; active brings it back."),
            field("persona_id", &S::persona_id, "Who the person is in it; empty for the default persona.", length(0, 60)),
            field("tags", &S::tags, "All its tags from now on; [] for none.", length(0, tags_max)),
            field("vars", &S::vars, "All its variables from now on: an object of 16 KiB at most; {} for none."),
            field("data_class", &S::data_class, "How far what is said in it may go."),
        };
        static const Fields all{"ChangeChat", table};
        return all;
    }
};

struct ListChats {
    std::optional<AppId> app_id;
    std::optional<EntityProfileId> entity_profile_id;
    std::optional<ChatStatus> status;
    std::optional<std::string> tag;
    std::optional<std::string> query;
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListChats;
        static const Field table[] = {
            field("app_id", &S::app_id, "Only chats about this app."),
            field("entity_profile_id", &S::entity_profile_id, "Only chats with the character of this profile."),
            field("status", &S::status, "Only chats of this status; all but the deleted ones when absent."),
            field("tag", &S::tag, "Only chats that have this tag.", length(1, tag_bytes_max)),
            field("query", &S::query, "Only chats whose title or messages have these words.", length(1, query_bytes_max)),
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"ListChats", table};
        return all;
    }
};

// ---- rows that only the service sees

struct TrashedChat {
    OrganizationId organization_id;
    ChatId id;
    static const Fields& fields() {
        static const Field table[] = {field("organization_id", &TrashedChat::organization_id, ""), field("id", &TrashedChat::id, "")};
        static const Fields all{"TrashedChat", table};
        return all;
    }
};

}  // namespace ry::chats

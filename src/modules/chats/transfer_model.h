#pragma once
// What goes into files and comes out of them.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "modules/chats/chat_model.h"
#include "modules/chats/ids.h"
#include "modules/chats/transfer/transfer.h"

namespace ry::chats {

enum class ExportFormat { jsonl, markdown, sillytavern };
constexpr std::array<std::string_view, 3> names_of(ExportFormat) { return {"jsonl", "markdown", "sillytavern"}; }

struct ExportChat {
    std::optional<ExportFormat> format;
    std::optional<BranchId> branch_id;
    static const Fields& fields() {
        using S = ExportChat;
        static const Field table[] = {
            field("format", &S::format, "jsonl (the whole chat; the default), or one branch as markdown or sillytavern."),
            field("branch_id", &S::branch_id, "The branch that is written as markdown or sillytavern; the active branch when absent."),
        };
        static const Fields all{"ExportChat", table};
        return all;
    }
};

struct Imported {
    transfer::FileFormat format = transfer::FileFormat::jsonl;
    std::vector<ChatId> chat_ids;
    int64_t messages_count = 0;
    std::vector<std::string> warnings;
    static const Fields& fields() {
        using S = Imported;
        static const Field table[] = {
            field("format", &S::format, "What the file was."),
            field("chat_ids", &S::chat_ids, "The chats that were made of it, in its order."),
            field("messages_count", &S::messages_count, "How many messages they have."),
            field("warnings", &S::warnings, "What was left out, and why."),
        };
        static const Fields all{"Imported", table};
        return all;
    }
};

struct ForkBranch {
    std::optional<MessageId> message_id;
    std::optional<std::string> title;
    static const Fields& fields() {
        using S = ForkBranch;
        static const Field table[] = {
            field("message_id", &S::message_id, "The last message that the new chat takes along; the newest of the branch when absent."),
            field("title", &S::title, "Its title; that of the chat when absent.", length(1, title_bytes_max)),
        };
        static const Fields all{"ForkBranch", table};
        return all;
    }
};

// ---- rows that only the service sees

struct ExportedStretch {
    BranchId branch_id;
    int64_t seq_from = 1;
    std::optional<int64_t> seq_to;
    SegmentId segment_id;
    std::optional<int64_t> pinned_number;
    static const Fields& fields() {
        using S = ExportedStretch;
        static const Field table[] = {
            field("branch_id", &S::branch_id, ""), field("seq_from", &S::seq_from, ""), field("seq_to", &S::seq_to, ""),
            field("segment_id", &S::segment_id, ""), field("pinned_number", &S::pinned_number, ""),
        };
        static const Fields all{"ExportedStretch", table};
        return all;
    }
};

struct ExportedMessage {
    MessageId id;
    SegmentId segment_id;
    int64_t seq = 0;
    std::string role;
    Time created_at;
    std::optional<Time> pinned_at;
    int64_t selected = 0;
    std::vector<transfer::Variant> variants;
    std::optional<Json> imported;
    static const Fields& fields() {
        using S = ExportedMessage;
        static const Field table[] = {
            field("id", &S::id, ""), field("segment_id", &S::segment_id, ""), field("seq", &S::seq, ""), field("role", &S::role, ""),
            field("created_at", &S::created_at, ""), field("pinned_at", &S::pinned_at, ""), field("selected", &S::selected, ""),
            field("variants", &S::variants, ""), field("imported", &S::imported, ""),
        };
        static const Fields all{"ExportedMessage", table};
        return all;
    }
};

/// What is written of a chat beside what the API shows.
struct ExportedChat {
    std::optional<Json> imported;
    std::optional<std::string> persona_name;
    std::optional<std::string> character_name;
    static const Fields& fields() {
        using S = ExportedChat;
        static const Field table[] = {field("imported", &S::imported, ""), field("persona_name", &S::persona_name, ""), field("character_name", &S::character_name, "")};
        static const Fields all{"ExportedChat", table};
        return all;
    }
};

}  // namespace ry::chats

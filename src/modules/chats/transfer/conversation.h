#pragma once
// A chat outside of the database, as values: what its files are read into and written from. References are places in the vectors.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"

namespace ry::chats::transfer {

/// How an attempt of a model ended.
enum class Outcome { done, aborted, error };
constexpr std::array<std::string_view, 3> names_of(Outcome) { return {"done", "aborted", "error"}; }
enum class Task { answer, continuation, impersonation };
constexpr std::array<std::string_view, 3> names_of(Task) { return {"answer", "continuation", "impersonation"}; }

/// The attempt of a model that wrote a text, and what it cost.
struct Generation {
    Outcome status = Outcome::done;
    Task task = Task::answer;
    int64_t tokens_in = 0, tokens_out = 0, tokens_cached = 0;
    double cost_usd = 0;
    std::optional<std::string> error_code, error_message;
    Time queued_at;
    std::optional<Time> first_token_at;
    Time ended_at;
    static const Fields& fields() {
        using S = Generation;
        static const Field table[] = {
            field("status", &S::status, ""), field("task", &S::task, "", defaulted()), field("tokens_in", &S::tokens_in, "", range(0, 1e15)),
            field("tokens_out", &S::tokens_out, "", range(0, 1e15)), field("tokens_cached", &S::tokens_cached, "", range(0, 1e15)), field("cost_usd", &S::cost_usd, "", range(0, 1e15)),
            field("error_code", &S::error_code, ""), field("error_message", &S::error_message, ""), field("queued_at", &S::queued_at, ""),
            field("first_token_at", &S::first_token_at, ""), field("ended_at", &S::ended_at, ""),
        };
        static const Fields all{"TransferGeneration", table};
        return all;
    }
};

/// One text of a message.
struct Variant {
    std::string text;
    std::string kind = "import";  ///< generation, manual_edit or import
    Json blocks{"null"};          ///< null: the text is the one block
    std::optional<Time> created_at;
    std::optional<std::string> provider, model;
    std::optional<Generation> generation;
    static const Fields& fields() {
        using S = Variant;
        static const Field table[] = {
            field("text", &S::text, ""), field("kind", &S::kind, "", defaulted()), field("blocks", &S::blocks, "", defaulted()),
            field("created_at", &S::created_at, ""), field("provider", &S::provider, ""), field("model", &S::model, ""),
            field("generation", &S::generation, ""),
        };
        static const Fields all{"TransferVariant", table};
        return all;
    }
};

struct Message {
    int64_t segment = 0;
    int64_t seq = 0;
    std::string role;
    std::optional<Time> created_at;
    std::optional<Time> pinned_at;
    int64_t selected = 0;  ///< of the variants
    std::vector<Variant> variants;
    Json imported{"null"};  ///< what else the file said of it
    static const Fields& fields() {
        using S = Message;
        static const Field table[] = {
            field("segment", &S::segment, ""), field("seq", &S::seq, ""), field("role", &S::role, ""), field("created_at", &S::created_at, ""),
            field("pinned_at", &S::pinned_at, ""), field("selected", &S::selected, "", defaulted()), field("variants", &S::variants, ""),
            field("imported", &S::imported, "", defaulted()),
        };
        static const Fields all{"TransferMessage", table};
        return all;
    }
};

/// Messages seq_from … seq_to of a segment in a branch's history.
struct Stretch {
    int64_t seq_from = 1;
    std::optional<int64_t> seq_to;  ///< absent: the branch's own segment, which grows
    int64_t segment = 0;
    std::optional<int64_t> pinned_variant;  ///< shown for message seq_to whatever is selected
    static const Fields& fields() {
        using S = Stretch;
        static const Field table[] = {
            field("seq_from", &S::seq_from, ""), field("seq_to", &S::seq_to, ""), field("segment", &S::segment, ""), field("pinned_variant", &S::pinned_variant, ""),
        };
        static const Fields all{"TransferStretch", table};
        return all;
    }
};

struct Branch {
    std::string title;
    std::optional<int64_t> parent;
    std::optional<int64_t> forked_from_seq;
    int64_t messages_count = 0;
    std::vector<Stretch> stretches;
    static const Fields& fields() {
        using S = Branch;
        static const Field table[] = {
            field("title", &S::title, ""), field("parent", &S::parent, ""), field("forked_from_seq", &S::forked_from_seq, ""),
            field("messages_count", &S::messages_count, ""), field("stretches", &S::stretches, ""),
        };
        static const Fields all{"TransferBranch", table};
        return all;
    }
};

/// A file that blocks of messages name by its id.
struct Image {
    std::string id;
    std::string data;  ///< base64url
    static const Fields& fields() {
        static const Field table[] = {field("id", &Image::id, ""), field("data", &Image::data, "")};
        static const Fields all{"TransferImage", table};
        return all;
    }
};

struct Conversation {
    std::string title;
    std::vector<std::string> tags;
    bool is_archived = false;
    std::optional<Time> created_at;
    int64_t active_branch = 0;
    Json vars{"null"};  ///< its variables; null: none
    Json imported{"null"};
    std::vector<Branch> branches;  ///< the first is the main one
    std::vector<Image> images;
    std::vector<Message> messages;
};

/// `invalid` when it is none that the database could hold: a hole in a history, two messages in one place, a branch before its parent.
Result<void> check(const Conversation& conversation);
/// Where the message of that place is; null when there is none.
const Message* find_message(const Conversation& conversation, int64_t segment, int64_t seq);

}  // namespace ry::chats::transfer

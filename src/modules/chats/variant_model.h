#pragma once
// Variants of a message, as the API shows them and as the database's rows hold them.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "kernel/op/op.h"
#include "modules/chats/block_model.h"
#include "modules/chats/generation_model.h"
#include "modules/chats/ids.h"

namespace ry::chats {

enum class VariantKind { generation, manual_edit, import };
constexpr std::array<std::string_view, 3> names_of(VariantKind) { return {"generation", "manual_edit", "import"}; }

struct Variant {
    VariantId id;
    MessageId message_id;
    int64_t number = 1;
    VariantKind kind = VariantKind::generation;
    std::string text;
    Json blocks{"[]"};
    bool is_selected = true;
    std::optional<Generation> generation;
    std::optional<VersionId> version_id;
    Time created_at;
    static const Fields& fields() {
        using S = Variant;
        static const Field table[] = {
            field("id", &S::id, "Which variant."),
            field("message_id", &S::message_id, "Its message."),
            field("number", &S::number, "1 for the first variant of the message, 2 for the next."),
            field("kind", &S::kind, "Where it came from."),
            field("text", &S::text, "The text that models see."),
            field("blocks", &S::blocks, "The parts that it is shown by: [Block]. Models see `text`, which is made of those that are for them."),
            field("is_selected", &S::is_selected, "Whether the message shows it."),
            field("generation", &S::generation, "The attempt of a model that wrote it."),
            field("version_id", &S::version_id, "The version of the app that it made."),
            field("created_at", &S::created_at, "When it was created."),
        };
        static const Fields all{"Variant", table};
        return all;
    }
};

/// A variant without what events have told of it: its text, its blocks and its generation.
struct EndedVariant {
    VariantId id;
    MessageId message_id;
    int64_t number = 1;
    VariantKind kind = VariantKind::generation;
    bool is_selected = true;
    std::optional<VersionId> version_id;
    Time created_at;
    static const Fields& fields() {
        using S = EndedVariant;
        static const Field table[] = {
            field("id", &S::id, ""), field("message_id", &S::message_id, ""), field("number", &S::number, ""), field("kind", &S::kind, ""),
            field("is_selected", &S::is_selected, ""), field("version_id", &S::version_id, ""), field("created_at", &S::created_at, ""),
        };
        static const Fields all{"EndedVariant", table};
        return all;
    }
};

// ---- what a person sends

struct CreateVariant {
    std::optional<std::string> text;
    std::optional<std::vector<WrittenBlock>> blocks;
    std::optional<bool> is_selected;
    static const Fields& fields() {
        using S = CreateVariant;
        static const Field table[] = {
            field("text", &S::text, "Another text of the message.", length(1, text_bytes_max), positional()),
            field("blocks", &S::blocks, "In the place of text: parts that people, models or both see.", length(1, written_blocks_max)),
            field("is_selected", &S::is_selected, "Whether the message shows it from now on; true when absent."),
        };
        static const Fields all{"CreateVariant", table};
        return all;
    }
};

// ---- rows that only the service sees

/// A variant that may be deleted or not.
struct VariantPlace {
    int64_t number = 1;
    bool is_selected = false;
    std::optional<VersionId> version_id;
    bool is_pinned = false;
    static const Fields& fields() {
        using S = VariantPlace;
        static const Field table[] = {
            field("number", &S::number, ""), field("is_selected", &S::is_selected, ""), field("version_id", &S::version_id, ""), field("is_pinned", &S::is_pinned, ""),
        };
        static const Fields all{"VariantPlace", table};
        return all;
    }
};

/// A text of a message with its blocks.
struct VariantText {
    VariantId variant_id;
    MessageId message_id;
    std::string text;
    Json blocks;
    static const Fields& fields() {
        using S = VariantText;
        static const Field table[] = {field("variant_id", &S::variant_id, ""), field("message_id", &S::message_id, ""),
                                      field("text", &S::text, ""), field("blocks", &S::blocks, "")};
        static const Fields all{"VariantText", table};
        return all;
    }
};

}  // namespace ry::chats

#pragma once
// The values of prompts: templates, personas, previews, as the API shows them and as the database's rows hold them.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "modules/chats/block_model.h"
#include "modules/chats/ids.h"
#include "modules/chats/image_model.h"
#include "modules/chats/knowledge_model.h"
#include "modules/chats/message_model.h"

namespace ry::chats {

DECLARE_ID(PromptTemplateId, "template");

enum class PromptScope { global, entity_profile, chat };
constexpr std::array<std::string_view, 3> names_of(PromptScope) { return {"global", "entity_profile", "chat"}; }
enum class PromptEngine { liquid };
constexpr std::array<std::string_view, 1> names_of(PromptEngine) { return {"liquid"}; }

constexpr size_t template_text_bytes_max = 200'000;  ///< long prompts have 20 KB
constexpr int64_t prompt_templates_max = 1'000;      ///< of an organization; their names are read when one is saved

struct PromptTemplate {
    PromptTemplateId id;
    std::string name;
    PromptScope scope = PromptScope::global;
    std::string scope_id;
    PromptEngine engine = PromptEngine::liquid;
    std::string text;
    bool is_enabled = true;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = PromptTemplate;
        static const Field table[] = {
            field("id", &S::id, "Which template."),
            field("name", &S::name, "Its name, by which other templates include it."),
            field("scope", &S::scope, "Where it is used: in one chat, in the chats with one profile, or in all."),
            field("scope_id", &S::scope_id, "The chat or the profile; empty when it is global."),
            field("engine", &S::engine, "The language that it is written in."),
            field("text", &S::text, "The template."),
            field("is_enabled", &S::is_enabled, "Whether it is chosen; one that is not may still be included."),
            field("created_at", &S::created_at, "When it was created."),
            field("updated_at", &S::updated_at, "When it last changed."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"PromptTemplate", table};
        return all;
    }
};

enum class PromptSource { app, prompt_template, entity_profile, lore, knowledge, persona, history, instruction, pipeline, pinned };
constexpr std::array<std::string_view, 10> names_of(PromptSource) {
    return {"app", "prompt_template", "entity_profile", "lore", "knowledge", "persona", "history", "instruction", "pipeline", "pinned"};
}

/// A share of a message of a prompt.
struct PromptPart {
    PromptSource source = PromptSource::prompt_template;
    int64_t tokens = 0;
    static const Fields& fields() {
        static const Field table[] = {
            field("source", &PromptPart::source, "Where it comes from."),
            field("tokens", &PromptPart::tokens, "About how many tokens it has."),
        };
        static const Fields all{"PromptPart", table};
        return all;
    }
};

/// One message of a prompt.
struct PromptPiece {
    PromptSource source = PromptSource::history;
    Role role = Role::system;
    std::string text;
    int64_t tokens = 0;
    std::optional<std::string> template_name;
    std::optional<MessageId> message_id;
    std::vector<PromptPart> parts;
    std::vector<Image> images;
    static const Fields& fields() {
        using S = PromptPiece;
        static const Field table[] = {
            field("source", &S::source,
                  "Where the message comes from: what the app says, the prompt template, lore, the history, or a pinned message of it."),
            field("role", &S::role, "Who speaks."),
            field("text", &S::text, "The text, exactly as it is sent."),
            field("tokens", &S::tokens, "About how many tokens it takes in the window."),
            field("template_name", &S::template_name, "Of a template: which one; absent for the one that is built in."),
            field("message_id", &S::message_id,
                  "Of the history: which message; absent for a text that was not said yet."),
            field("parts", &S::parts, "Of a template: how much of what it prints is its own, and how much are values."),
            field("images", &S::images, "Of the history: images that are sent with the text."),
        };
        static const Fields all{"PromptPiece", table};
        return all;
    }
};

/// What a model would be sent.
struct PromptPreview {
    std::vector<PromptPiece> messages;
    std::vector<KnowledgePassage> passages;
    int64_t tokens = 0;
    int64_t tokens_max = 0;
    int64_t context_tokens = 0;
    int64_t messages_left_out = 0;
    std::string prompt_hash;
    std::string model;
    static const Fields& fields() {
        using S = PromptPreview;
        static const Field table[] = {
            field("messages", &S::messages, "The messages as they would be sent, in order."),
            field("passages", &S::passages, "What of knowledge the template could quote, as [1], [2] …"),
            field("tokens", &S::tokens, "About how many tokens they are."),
            field("tokens_max", &S::tokens_max,
                  "How many they may be: the window without what is kept for the answer."),
            field("context_tokens", &S::context_tokens, "The model's window."),
            field("messages_left_out", &S::messages_left_out,
                  "How many messages of the history did not fit: the oldest that are not pinned."),
            field("prompt_hash", &S::prompt_hash,
                  "SHA-256 of the messages; a generation that sends the same has the same."),
            field("model", &S::model, "The model that would answer."),
        };
        static const Fields all{"PromptPreview", table};
        return all;
    }
};

// ---- what a person sends

struct PreviewPrompt {
    std::optional<std::string> text;
    std::optional<BranchId> branch_id;
    std::optional<MessageId> message_id;
    std::optional<std::string> model;
    static const Fields& fields() {
        using S = PreviewPrompt;
        static const Field table[] = {
            field("text", &S::text, "What would be said next; nothing when absent.", length(0, text_bytes_max),
                  positional()),
            field("branch_id", &S::branch_id, "The branch whose history is sent; the active branch when absent."),
            field("message_id", &S::message_id, "An answer: the preview is what regenerating it would send."),
            field("model", &S::model, "Name or id of the model that would answer; the default model when absent."),
        };
        static const Fields all{"PreviewPrompt", table};
        return all;
    }
};

struct CreatePromptTemplate {
    std::string name;
    std::string text;
    std::optional<PromptScope> scope;
    std::optional<std::string> scope_id;
    std::optional<bool> is_enabled;
    static const Fields& fields() {
        using S = CreatePromptTemplate;
        static const Field table[] = {
            field("name", &S::name, "Its name, by which other templates include it.", length(1, 100), positional()),
            field("text", &S::text, "The template, in Liquid.", length(0, template_text_bytes_max)),
            field("scope", &S::scope, "Where it is used: global (when absent), entity_profile or chat."),
            field("scope_id", &S::scope_id, "The chat or the profile that it is for.", length(0, 60)),
            field("is_enabled", &S::is_enabled,
                  "Whether it is chosen (true when absent); a part that others include need not be."),
        };
        static const Fields all{"CreatePromptTemplate", table};
        return all;
    }
};

struct ChangePromptTemplate {
    std::optional<std::string> name;
    std::optional<std::string> text;
    std::optional<bool> is_enabled;
    static const Fields& fields() {
        using S = ChangePromptTemplate;
        static const Field table[] = {
            field("name", &S::name, "The new name; templates that include it by the old one must be changed too.",
                  length(1, 100)),
            field("text", &S::text, "The new text.", length(0, template_text_bytes_max)),
            field("is_enabled", &S::is_enabled, "Whether it is chosen."),
        };
        static const Fields all{"ChangePromptTemplate", table};
        return all;
    }
};

struct ListPromptTemplates {
    std::optional<PromptScope> scope;
    std::optional<std::string> scope_id;
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListPromptTemplates;
        static const Field table[] = {
            field("scope", &S::scope, "Only templates of this scope."),
            field("scope_id", &S::scope_id, "Only templates of this chat or profile.", length(0, 60)),
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"ListPromptTemplates", table};
        return all;
    }
};

struct RenderPromptTemplate {
    std::string text;
    std::optional<Json> context;
    static const Fields& fields() {
        using S = RenderPromptTemplate;
        static const Field table[] = {
            field("text", &S::text, "The template, in Liquid; it may include the organization's templates.",
                  length(0, template_text_bytes_max), positional()),
            field("context", &S::context, "The values that it may name: an object ({} when absent)."),
        };
        static const Fields all{"RenderPromptTemplate", table};
        return all;
    }
};

struct RenderedPromptTemplate {
    std::string output;
    static const Fields& fields() {
        static const Field table[] = {field("output", &RenderedPromptTemplate::output, "What the template prints.")};
        static const Fields all{"RenderedPromptTemplate", table};
        return all;
    }
};

/// The template of chats for which none is enabled.
struct BuiltInPromptTemplate {
    PromptEngine engine = PromptEngine::liquid;
    std::string text;
    static const Fields& fields() {
        using S = BuiltInPromptTemplate;
        static const Field table[] = {
            field("engine", &S::engine, "The language that it is written in."),
            field("text", &S::text, "The template."),
        };
        static const Fields all{"BuiltInPromptTemplate", table};
        return all;
    }
};

struct CountTokens {
    std::string text;
    static const Fields& fields() {
        static const Field table[] = {
            field("text", &CountTokens::text, "What to count.", length(0, text_bytes_max), positional())};
        static const Fields all{"CountTokens", table};
        return all;
    }
};

struct TokenCount {
    int64_t tokens = 0;
    int64_t bytes = 0;
    static const Fields& fields() {
        static const Field table[] = {
            field("tokens", &TokenCount::tokens,
                  "About how many tokens it is, within some percent of tokenizers of 200,000 entries."),
            field("bytes", &TokenCount::bytes, "How long it is in UTF-8."),
        };
        static const Fields all{"TokenCount", table};
        return all;
    }
};

// ---- rows that only the service sees

/// A template as rendering needs it.
struct PromptText {
    std::string name;
    std::string text;
    static const Fields& fields() {
        static const Field table[] = {field("name", &PromptText::name, ""), field("text", &PromptText::text, "")};
        static const Fields all{"PromptText", table};
        return all;
    }
};

/// What prompts of a chat are made with, beside its history.
struct PromptSetting {
    std::string title;
    Time created_at;
    Json vars{"{}"};
    std::optional<EntityProfileId> entity_profile_id;
    std::optional<PersonaId> persona_id;
    std::optional<std::string> persona_name;
    std::optional<std::string> persona_description;
    bool has_template = false;  ///< of those of the organization any is enabled
    bool has_lore = false;      ///< a lorebook is bound to something
    bool has_knowledge = false;
    std::string lore_trigger = "normal";  ///< what kind of answer it is, in the words of lore entries
    bool has_pipeline = false;            ///< one that people made answers
    std::optional<std::string> template_name = {};  ///< of the chat's template, which a statement of its own finds
    std::optional<std::string> template_text = {};
    static const Fields& fields() {
        using S = PromptSetting;
        static const Field table[] = {
            field("title", &S::title, ""),
            field("created_at", &S::created_at, ""),
            field("vars", &S::vars, ""),
            field("entity_profile_id", &S::entity_profile_id, ""),
            field("persona_id", &S::persona_id, ""),
            field("persona_name", &S::persona_name, ""),
            field("persona_description", &S::persona_description, ""),
            field("has_template", &S::has_template, ""),
            field("has_lore", &S::has_lore, ""),
            field("has_knowledge", &S::has_knowledge, ""),
            field("lore_trigger", &S::lore_trigger, ""),
            field("has_pipeline", &S::has_pipeline, ""),
        };
        static const Fields all{"PromptSetting", table};
        return all;
    }
};

}  // namespace ry::chats

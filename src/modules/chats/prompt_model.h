#pragma once
// The values of prompts: templates, personas, previews, as the API shows them and as the database's rows hold them.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "modules/chats/model.h"

namespace ry::chats {

DECLARE_ID(PromptTemplateId, "template");

enum class PromptScope { global, entity_profile, chat };
constexpr std::array<std::string_view, 3> names_of(PromptScope) { return {"global", "entity_profile", "chat"}; }
enum class PromptEngine { liquid };
constexpr std::array<std::string_view, 1> names_of(PromptEngine) { return {"liquid"}; }

constexpr size_t template_text_bytes_max = 200'000;  ///< long prompts have 20 KB
constexpr size_t persona_text_bytes_max = 100'000;
constexpr int64_t prompt_templates_max = 1'000;  ///< of an organization; their names are read when one is saved
constexpr int64_t personas_max = 1'000;          ///< of an organization

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

/// Who somebody is in a chat.
struct Persona {
    PersonaId id;
    std::string name;
    std::string description;
    bool is_default = false;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Persona;
        static const Field table[] = {
            field("id", &S::id, "Which persona."),
            field("name", &S::name, "What the person is called in the chat."),
            field("description", &S::description, "What the model is told about the person."),
            field("is_default", &S::is_default, "Whether chats that name no persona have it."),
            field("created_at", &S::created_at, "When it was created."),
            field("updated_at", &S::updated_at, "When it last changed."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"Persona", table};
        return all;
    }
};

// ---- what a person sends

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
            field("is_enabled", &S::is_enabled, "Whether it is chosen (true when absent); a part that others include need not be."),
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
            field("name", &S::name, "The new name; templates that include it by the old one must be changed too.", length(1, 100)),
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
            field("text", &S::text, "The template, in Liquid; it may include the organization's templates.", length(0, template_text_bytes_max), positional()),
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

struct CreatePersona {
    std::string name;
    std::optional<std::string> description;
    std::optional<bool> is_default;
    static const Fields& fields() {
        using S = CreatePersona;
        static const Field table[] = {
            field("name", &S::name, "What the person is called in the chat.", length(1, 100), positional()),
            field("description", &S::description, "What the model is told about the person.", length(0, persona_text_bytes_max)),
            field("is_default", &S::is_default, "Whether chats that name no persona have it."),
        };
        static const Fields all{"CreatePersona", table};
        return all;
    }
};

struct ChangePersona {
    std::optional<std::string> name;
    std::optional<std::string> description;
    std::optional<bool> is_default;
    static const Fields& fields() {
        using S = ChangePersona;
        static const Field table[] = {
            field("name", &S::name, "The new name.", length(1, 100)),
            field("description", &S::description, "What the model is told about the person.", length(0, persona_text_bytes_max)),
            field("is_default", &S::is_default, "true makes it the persona of chats that name none."),
        };
        static const Fields all{"ChangePersona", table};
        return all;
    }
};

struct CountTokens {
    std::string text;
    static const Fields& fields() {
        static const Field table[] = {field("text", &CountTokens::text, "What to count.", length(0, text_bytes_max), positional())};
        static const Fields all{"CountTokens", table};
        return all;
    }
};

struct TokenCount {
    int64_t tokens = 0;
    int64_t bytes = 0;
    static const Fields& fields() {
        static const Field table[] = {
            field("tokens", &TokenCount::tokens, "About how many tokens it is, within some percent of tokenizers of 200,000 entries."),
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

}  // namespace ry::chats

#pragma once
// Personas: who a person is in a chat.
#include <optional>
#include <string>

#include "base/fields.h"
#include "kernel/op/op.h"
#include "modules/chats/ids.h"

namespace ry::chats {

constexpr size_t persona_text_bytes_max = 100'000;
constexpr int64_t personas_max = 1'000;  ///< of an organization

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

struct CreatePersona {
    std::string name;
    std::optional<std::string> description;
    std::optional<bool> is_default;
    static const Fields& fields() {
        using S = CreatePersona;
        static const Field table[] = {
            field("name", &S::name, "What the person is called in the chat.", length(1, 100), positional()),
            field("description", &S::description, "What the model is told about the person.",
                  length(0, persona_text_bytes_max)),
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
            field("description", &S::description, "What the model is told about the person.",
                  length(0, persona_text_bytes_max)),
            field("is_default", &S::is_default, "true makes it the persona of chats that name none."),
        };
        static const Fields all{"ChangePersona", table};
        return all;
    }
};

}  // namespace ry::chats

#pragma once
// Inside the part: prompt templates and personas, which people keep for their chats.
//
// Any thread. A template is checked when it is saved: what cannot be read, and names that stand for nothing, are
// refused with `line:column: message`.
#include <set>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "kernel/http/route.h"
#include "modules/chats/liquid/liquid.h"
#include "modules/chats/paging.h"
#include "modules/chats/persona_model.h"
#include "modules/chats/prompt_model.h"

namespace ry::store {
class Store;
class Tx;
}  // namespace ry::store

namespace ry::chats {

class Prompts {
public:
    /// `store` outlives the Prompts.
    explicit Prompts(store::Store& store) : store_(store) {}
    std::vector<http::Route> routes();

    // ---- templates
    Result<http::Page<PromptTemplate>> list_templates(Op& op, ListPromptTemplates query);
    Result<http::Created<PromptTemplate>> create_template(Op& op, CreatePromptTemplate body);
    Result<PromptTemplate> show_template(Op& op, PromptTemplateId id);
    Result<PromptTemplate> change_template(Op& op, PromptTemplateId id, ChangePromptTemplate body,
                                           http::IfMatch if_match);
    Result<void> remove_template(Op& op, PromptTemplateId id);
    Result<BuiltInPromptTemplate> built_in(Op& op);
    Result<RenderedPromptTemplate> render(Op& op, RenderPromptTemplate body);

    // ---- personas
    Result<http::Page<Persona>> list_personas(Op& op, Paging query);
    Result<http::Created<Persona>> create_persona(Op& op, CreatePersona body);
    Result<Persona> show_persona(Op& op, PersonaId id);
    Result<Persona> change_persona(Op& op, PersonaId id, ChangePersona body, http::IfMatch if_match);
    Result<void> remove_persona(Op& op, PersonaId id);

    Result<TokenCount> count_tokens(Op& op, CountTokens body);

    /// What `text` prints with `context`, a JSON object. It may include the organization's templates. {{ char }} and
    /// {{ user }} are names.
    Result<std::string> rendered(const Op& op, std::string text, std::string_view context);

    /// Whether this process has come across an enabled template of the organization. A hint which way is the shorter one.
    bool has_seen_template(OrganizationId organization) {
        return with_templates_.with([&](auto& all) { return all.contains(organization); });
    }
    void saw_template(OrganizationId organization) {
        with_templates_.with([&](auto& all) { all.insert(organization); });
    }

private:
    store::Store& store_;
    Guarded<std::set<OrganizationId>> with_templates_;  // 16 bytes each
};

}  // namespace ry::chats

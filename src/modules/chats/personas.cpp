#include "kernel/store/store.h"
#include "modules/chats/paging.h"
#include "modules/chats/persona_queries.gen.h"
#include "modules/chats/prompts.h"

namespace ry::chats {
namespace {

constexpr std::string_view no_such_persona = "there is no such persona; `ramify personas ls` lists those there are";

}  // namespace

Result<http::Page<Persona>> Prompts::list_personas(Op& op, Paging query) {
    int limit = query.limit.value_or(page_default);
    std::optional<PersonaId> after;
    if (query.cursor && !(after = PersonaId::parse(*query.cursor))) return not_a_cursor();
    http::Page<Persona> page{TRY(store_.read(op, "personas.list", [&](store::Tx& tx) {
        return tx.many(sql::personas, {.after = after, .limit = limit + 1});
    })), {}};
    if (int(page.items.size()) > limit) {
        page.items.pop_back();
        page.next_cursor = page.items.back().id.text();
    }
    return page;
}

Result<http::Created<Persona>> Prompts::create_persona(Op& op, CreatePersona body) {
    PersonaId id = PersonaId::fresh();
    op.object = "persona:" + id.text();
    auto made = TRY(store_.write(op, "personas.create", [&](store::Tx& tx) -> Result<Persona> {
        if (TRY(tx.one(sql::count_personas, {})) >= personas_max)
            return fail(Code::over_quota, "there are " + std::to_string(personas_max) + " personas already; delete one first");
        bool is_default = body.is_default.value_or(false);
        if (is_default) tx.queue(sql::no_default_persona, {});
        return tx.one(sql::add_persona, {.id = id, .name = body.name, .description = body.description.value_or(""), .is_default = is_default});
    }));
    return http::Created<Persona>{std::move(made), "/api/v1/personas/" + id.text()};
}

Result<Persona> Prompts::show_persona(Op& op, PersonaId id) {
    auto found = TRY(store_.read(op, "personas.show", [&](store::Tx& tx) { return tx.maybe(sql::persona, {.id = id}); }));
    if (!found) return fail(Code::not_found, std::string(no_such_persona));
    return *std::move(found);
}

Result<Persona> Prompts::change_persona(Op& op, PersonaId id, ChangePersona body, http::IfMatch if_match) {
    return store_.write(op, "personas.change", [&](store::Tx& tx) -> Result<Persona> {
        auto found = TRY(tx.maybe(sql::lock_persona, {.id = id}));
        if (!found) return fail(Code::not_found, std::string(no_such_persona));
        TRY(if_match.check(found->version));
        bool is_default = body.is_default.value_or(found->is_default);
        if (is_default && !found->is_default) tx.queue(sql::no_default_persona, {});
        return tx.one(sql::change_persona, {.id = id, .name = body.name.value_or(found->name), .description = body.description.value_or(found->description), .is_default = is_default});
    });
}

Result<void> Prompts::remove_persona(Op& op, PersonaId id) {
    return store_.write(op, "personas.delete", [&](store::Tx& tx) -> Result<void> {
        if (TRY(tx.run(sql::delete_persona, {.id = id})) == 0) return fail(Code::not_found, std::string(no_such_persona));
        return {};
    });
}

}  // namespace ry::chats

#include <algorithm>
#include <map>

#include "base/text.h"
#include "kernel/llm/llm.h"
#include "kernel/store/store.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/paging.h"
#include "modules/chats/profile_queries.gen.h"
#include "modules/chats/prompt_context.h"
#include "modules/chats/prompt_queries.gen.h"
#include "modules/chats/prompts.h"

namespace ry::chats {
namespace {

constexpr std::string_view no_such_template =
    "there is no such prompt template; `ramify prompts ls` lists those there are";

/// A problem as people look for it: `3:14: tag "fo" not found`, and whose it is when another template was included.
Error refused(const liquid::Problem& problem) {
    std::string place = std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": ";
    std::string told = (problem.template_name.empty() ? "" : problem.template_name + ":") + place + problem.message;
    return {Code::invalid, told, {}, {{"/text", told}}};
}

/// Refuses what would not do what its author expects.
Result<void> check_text(const std::string& text, const std::vector<std::string>& names) {
    auto parsed = liquid::Template::parse(text);
    if (!parsed) return refused(parsed.error());
    auto is_template = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
    if (auto unknown = (*parsed)->unknown_name(is_template)) return refused(*unknown);
    return {};
}

/// The chat or the profile that a template is for must be there.
Result<void> check_scope(store::Tx& tx, PromptScope scope, const std::string& scope_id) {
    if (scope == PromptScope::global)
        return scope_id.empty() ? Result<void>() : invalid("/scope_id", "must be left out when the scope is global");
    if (scope == PromptScope::entity_profile) {
        auto profile = EntityProfileId::parse(scope_id);
        if (!profile || !TRY(tx.maybe(sql::entity_profile, {.id = *profile})))
            return invalid("/scope_id", "names no profile; `ramify profiles ls` lists those there are");
        return {};
    }
    auto chat = ChatId::parse(scope_id);
    if (!chat || !TRY(tx.maybe(sql::chat, {.id = *chat})))
        return invalid("/scope_id", "names no chat; `ramify chats ls` lists those there are");
    return {};
}

/// At most one template of a scope is enabled, so that nobody must guess which one a chat gets.
Result<void> check_enabled(store::Tx& tx, const PromptTemplate& wanted) {
    if (!wanted.is_enabled) return {};
    auto enabled = TRY(tx.maybe(sql::enabled_prompt_template, {.scope = wanted.scope, .scope_id = wanted.scope_id}));
    if (!enabled || enabled->id == wanted.id) return {};
    return fail(Code::conflict,
                "\"" + enabled->name +
                    "\" is enabled for the same chats; disable it first, or save this one with is_enabled false");
}

Result<void> check_name(const std::vector<std::string>& names, const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) return {};
    return fail(Code::conflict, "a prompt template is called \"" + name + "\" already; choose another name");
}

}  // namespace

Result<http::Page<PromptTemplate>> Prompts::list_templates(Op& op, ListPromptTemplates query) {
    int limit = query.limit.value_or(page_default);
    std::optional<PromptTemplateId> after;
    if (query.cursor && !(after = PromptTemplateId::parse(*query.cursor))) return not_a_cursor();
    http::Page<PromptTemplate> page{
        TRY(store_.read(op, "prompts.list",
                        [&](store::Tx& tx) {
                            return tx.many(
                                sql::prompt_templates,
                                {.scope = query.scope, .scope_id = query.scope_id, .after = after, .limit = limit + 1});
                        })),
        {}};
    if (int(page.items.size()) > limit) {
        page.items.pop_back();
        page.next_cursor = page.items.back().id.text();
    }
    return page;
}

Result<http::Created<PromptTemplate>> Prompts::create_template(Op& op, CreatePromptTemplate body) {
    PromptTemplate wanted{.id = PromptTemplateId::fresh(),
                          .name = std::move(body.name),
                          .scope = body.scope.value_or(PromptScope::global),
                          .scope_id = body.scope_id.value_or(""),
                          .text = std::move(body.text),
                          .is_enabled = body.is_enabled.value_or(true)};
    op.object = "prompt_template:" + wanted.id.text();
    auto made = TRY(store_.write(op, "prompts.create", [&](store::Tx& tx) -> Result<PromptTemplate> {
        auto names = TRY(tx.many(sql::prompt_template_names, {}));
        if (int64_t(names.size()) >= prompt_templates_max)
            return fail(Code::over_quota, "there are " + std::to_string(prompt_templates_max) +
                                              " prompt templates already; delete one first");
        TRY(check_name(names, wanted.name));
        TRY(check_scope(tx, wanted.scope, wanted.scope_id));
        TRY(check_enabled(tx, wanted));
        TRY(check_text(wanted.text, names));
        return tx.one(sql::add_prompt_template, {.id = wanted.id,
                                                 .name = wanted.name,
                                                 .scope = wanted.scope,
                                                 .scope_id = wanted.scope_id,
                                                 .text = wanted.text,
                                                 .is_enabled = wanted.is_enabled});
    }));
    return http::Created<PromptTemplate>{std::move(made), "/api/v1/prompt_templates/" + wanted.id.text()};
}

Result<PromptTemplate> Prompts::show_template(Op& op, PromptTemplateId id) {
    auto found =
        TRY(store_.read(op, "prompts.show", [&](store::Tx& tx) { return tx.maybe(sql::prompt_template, {.id = id}); }));
    if (!found) return fail(Code::not_found, std::string(no_such_template));
    return *std::move(found);
}

Result<PromptTemplate> Prompts::change_template(Op& op, PromptTemplateId id, ChangePromptTemplate body,
                                                http::IfMatch if_match) {
    return store_.write(op, "prompts.change", [&](store::Tx& tx) -> Result<PromptTemplate> {
        auto found = TRY(tx.maybe(sql::lock_prompt_template, {.id = id}));
        if (!found) return fail(Code::not_found, std::string(no_such_template));
        TRY(if_match.check(found->version));
        PromptTemplate wanted = *std::move(found);
        auto names = TRY(tx.many(sql::prompt_template_names, {}));
        if (body.name && *body.name != wanted.name) TRY(check_name(names, *body.name));
        if (body.name) wanted.name = *std::move(body.name);
        if (body.is_enabled) wanted.is_enabled = *body.is_enabled;
        TRY(check_enabled(tx, wanted));
        if (body.text) {
            wanted.text = *std::move(body.text);
            TRY(check_text(wanted.text, names));
        }
        return tx.one(sql::change_prompt_template,
                      {.id = id, .name = wanted.name, .text = wanted.text, .is_enabled = wanted.is_enabled});
    });
}

Result<void> Prompts::remove_template(Op& op, PromptTemplateId id) {
    return store_.write(op, "prompts.delete", [&](store::Tx& tx) -> Result<void> {
        if (TRY(tx.run(sql::delete_prompt_template, {.id = id})) == 0)
            return fail(Code::not_found, std::string(no_such_template));
        return {};
    });
}

Result<std::string> Prompts::rendered(const Op& op, std::string text, std::string_view context) {
    constexpr std::string_view named[] = {"char", "user"};
    auto data = liquid::Data::from_json(context, named);
    if (!data) return invalid("/context", "cannot be read: " + data.error());
    auto parsed = liquid::Template::parse(std::move(text));
    if (!parsed) return refused(parsed.error());

    std::map<std::string, std::shared_ptr<const liquid::Template>, std::less<>> known;
    std::optional<Error> failure;  // of the database, which Liquid has no words for
    liquid::Options options{.now_ms = now().us / 1000};
    options.find_template =
        [&](std::string_view name) -> std::expected<std::shared_ptr<const liquid::Template>, liquid::Problem> {
        if (auto found = known.find(name); found != known.end()) return found->second;
        auto found = store_.read(
            op, "prompts.find", [&](store::Tx& tx) { return tx.maybe(sql::prompt_text, {.name = std::string(name)}); });
        if (!found) {
            failure = std::move(found).error();
            return std::unexpected(liquid::Problem{.message = failure->message});
        }
        std::shared_ptr<const liquid::Template> part;
        if (*found) {
            auto read = liquid::Template::parse(std::move((*found)->text), options.limits, (*found)->name);
            if (!read) return std::unexpected(std::move(read).error());
            part = *std::move(read);
        }
        return known.emplace(name, std::move(part)).first->second;
    };
    auto output = (*parsed)->render(*data, options);
    if (failure) return *std::move(failure);
    if (!output) return refused(output.error());
    return *std::move(output);
}

Result<BuiltInPromptTemplate> Prompts::built_in(Op&) { return BuiltInPromptTemplate{.text = std::string(trim(built_in_template))}; }

Result<RenderedPromptTemplate> Prompts::render(Op& op, RenderPromptTemplate body) {
    std::string context = body.context ? std::move(body.context->text) : "{}";
    if (!context.starts_with('{')) return invalid("/context", "must be an object: the values by their names");
    return RenderedPromptTemplate{TRY(rendered(op, std::move(body.text), context))};
}

Result<TokenCount> Prompts::count_tokens(Op&, CountTokens body) {
    return TokenCount{.tokens = llm::estimate_tokens(body.text), .bytes = int64_t(body.text.size())};
}

std::vector<http::Route> Prompts::routes() {
    namespace route = http::route;
    return {
        route::get("/api/v1/prompt_templates", "chats.read", "prompts ls", "The prompt templates of the organization.",
                   &Prompts::list_templates, *this),
        route::post("/api/v1/prompt_templates", "chats.write", "prompts create",
                    "Keep a prompt template; it is checked first.", &Prompts::create_template, *this),
        route::get("/api/v1/prompt_templates/built_in", "chats.read", "prompts built_in",
                   "The template of chats for which none is enabled.", &Prompts::built_in, *this),
        route::get("/api/v1/prompt_templates/{template_id}", "chats.read", "prompts show", "A prompt template.",
                   &Prompts::show_template, *this),
        route::patch("/api/v1/prompt_templates/{template_id}", "chats.write", "prompts change",
                     "Change, rename, enable or disable a prompt template.", &Prompts::change_template, *this),
        route::del("/api/v1/prompt_templates/{template_id}", "chats.write", "prompts rm", "Delete a prompt template.",
                   &Prompts::remove_template, *this),
        route::post("/api/v1/prompt_templates/render", "chats.read", "prompts render",
                    "What a template prints with these values.", &Prompts::render, *this),
        route::post("/api/v1/token_counts", "chats.read", "prompts count", "About how many tokens a text is.",
                    &Prompts::count_tokens, *this),

        route::get("/api/v1/personas", "chats.read", "personas ls", "Who people are in their chats.",
                   &Prompts::list_personas, *this),
        route::post("/api/v1/personas", "chats.write", "personas create", "Make a persona.", &Prompts::create_persona,
                    *this),
        route::get("/api/v1/personas/{persona_id}", "chats.read", "personas show", "A persona.", &Prompts::show_persona,
                   *this),
        route::patch("/api/v1/personas/{persona_id}", "chats.write", "personas change",
                     "Change a persona, or make it the default.", &Prompts::change_persona, *this),
        route::del("/api/v1/personas/{persona_id}", "chats.write", "personas rm",
                   "Delete a persona; its chats have the default one then.", &Prompts::remove_persona, *this),
    };
}

}  // namespace ry::chats

#include "modules/chats/lorebooks.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "kernel/store/store.h"
#include "modules/chats/branch_queries.gen.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/chats.h"
#include "modules/chats/lorebook_queries.gen.h"
#include "modules/chats/message_queries.gen.h"
#include "modules/chats/paging.h"

namespace ry::chats {

namespace route = http::route;

namespace {

constexpr std::string_view no_such_book = "there is no such lorebook; `ramify lorebooks ls` lists those there are";
constexpr size_t ready_entries_max = 100'000;  // 2 KB each at worst
constexpr std::string_view unnamed = "Lorebook";
constexpr int64_t lines_read = 100;  // of a chat, so that min_activations can look back

/// PostgreSQL keeps no U+0000.
Result<void> check_storable(std::string_view json) {
    if (json.find("\\u0000") == std::string_view::npos) return {};
    return invalid("", "the lorebook has the character U+0000, which cannot be kept; remove it");
}

Result<Lorebook> found(std::optional<Lorebook> book) {
    if (!book) return fail(Code::not_found, std::string(no_such_book));
    return *std::move(book);
}

Result<Lorebook> shown(store::Tx& tx, LorebookId id) { return found(TRY(tx.maybe(sql::lorebook, {.id = id}))); }
Result<Lorebook> locked(store::Tx& tx, LorebookId id) { return found(TRY(tx.maybe(sql::lock_lorebook, {.id = id}))); }

/// Of the books of an organization there is room for one more.
Result<void> check_room(store::Tx& tx) {
    if (TRY(tx.one(sql::count_lorebooks, {})) < lorebooks_max) return {};
    return fail(Code::over_quota,
                "there are " + std::to_string(lorebooks_max) + " lorebooks already; delete one first");
}

/// The entries as JSON.
Result<std::string> storable_entries(const lore::Book& book) {
    std::string entries;
    encode(entries, book.entries);
    TRY(check_storable(entries));
    TRY(check_storable(book.unknown.text + book.extensions.text));
    return entries;
}

Result<void> check_binding(const LorebookBinding& binding) {
    bool is_global = binding.scope == lore::Scope::global;
    if (is_global && !binding.scope_id.empty())
        return invalid("/scope_id", "must be left out when the scope is global");
    if (!is_global && binding.scope_id.empty())
        return invalid("/scope_id", "must name what the book is used for: a chat, a profile or a persona");
    if (binding.scope == lore::Scope::chat && !ChatId::parse(binding.scope_id))
        return invalid("/scope_id", "must be the id of a chat");
    return {};
}

/// What a person sent, else what the organization keeps, else the usual ones.
Result<lore::Settings> settings_from(const std::optional<lore::Settings>& sent, const std::optional<Json>& kept) {
    if (sent) return *sent;
    if (!kept) return lore::Settings();
    return from_json<lore::Settings>(kept->text);
}

LoreTest test_of(lore::Outcome outcome) {
    return {.entries = std::move(outcome.verdicts),
            .pieces = std::move(outcome.pieces),
            .tokens = outcome.tokens,
            .budget = outcome.budget,
            .is_overflowed = outcome.is_overflowed,
            .warnings = std::move(outcome.warnings)};
}

std::string file_name(const lore::Book& book) {
    return (book.name.empty() ? std::string(unnamed) : book.name) + ".json";
}

}  // namespace

std::shared_ptr<const lore::CompiledBook> ReadyBooks::find(const Key& key) {
    return kept_.with([&](std::list<Kept>& kept) -> std::shared_ptr<const lore::CompiledBook> {
        auto at = std::ranges::find(kept, key, &Kept::key);
        if (at == kept.end()) return nullptr;
        kept.splice(kept.begin(), kept, at);
        return kept.front().book;
    });
}

void ReadyBooks::keep(Key key, std::shared_ptr<const lore::CompiledBook> book) {
    kept_.with([&](std::list<Kept>& kept) {
        // An older version will not be asked for again.
        std::erase_if(kept, [&](const Kept& other) {
            return other.key.organization == key.organization && other.key.id == key.id &&
                   (other.key.version != key.version || other.key == key);
        });
        kept.push_front({std::move(key), std::move(book)});
        size_t entries = 0;
        for (auto at = kept.begin(); at != kept.end();) {
            entries += lore::book_of(*at->book).entries.size() + 1;
            at = entries > ready_entries_max && at != kept.begin() ? kept.erase(at) : std::next(at);
        }
    });
}

// ---- books

Result<http::Page<Lorebook>> Lorebooks::list(Op& op, ListLorebooks query) {
    int limit = query.limit.value_or(page_default);
    if (query.scope_id && !query.scope) return invalid("/scope", "is missing; say what the scope_id is the id of");
    std::optional<LorebookId> after;
    if (query.cursor && !(after = LorebookId::parse(*query.cursor))) return not_a_cursor();
    http::Page<Lorebook> page{
        TRY(store_.read(op, "lorebooks.list",
                        [&](store::Tx& tx) {
                            return tx.many(sql::lorebooks, {.scope = query.scope, .scope_id = query.scope_id, .after = after, .limit = limit + 1});
                        })),
        {}};
    if (int(page.items.size()) > limit) {
        page.items.pop_back();
        page.next_cursor = page.items.back().id.text();
    }
    return page;
}

Result<http::Created<Lorebook>> Lorebooks::make(Op& op, std::string_view name, const lore::Book& book) {
    auto made = TRY(store_.write(op, name, [&](store::Tx& tx) -> Result<Lorebook> {
        LorebookId id = TRY(add(tx, book, {}));
        return shown(tx, id);
    }));
    std::string location = "/api/v1/lorebooks/" + made.id.text();
    return http::Created<Lorebook>{std::move(made), std::move(location)};
}

Result<http::Created<Lorebook>> Lorebooks::create(Op& op, CreateLorebook body) {
    return make(op, "lorebooks.create",
                {.name = body.name,
                 .description = body.description.value_or(""),
                 .scan_depth = body.scan_depth,
                 .token_budget = body.token_budget,
                 .recursive_scanning = body.recursive_scanning});
}

Result<http::Created<Lorebook>> Lorebooks::import(Op& op, const http::RequestInfo& info) {
    return make(op, "lorebooks.import", TRY(lore::read_book(info.request.body)));
}

Result<LorebookId> Lorebooks::add(store::Tx& tx, const lore::Book& book,
                                  const std::optional<LorebookBinding>& binding) {
    std::string entries = TRY(storable_entries(book));
    TRY(check_room(tx));
    LorebookId id = LorebookId::fresh();
    tx.queue(sql::add_lorebook, {.id = id,
                                 .name = book.name.empty() ? unnamed : book.name,
                                 .description = book.description,
                                 .scan_depth = book.scan_depth,
                                 .token_budget = book.token_budget,
                                 .recursive_scanning = book.recursive_scanning,
                                 .extensions = book.extensions,
                                 .unknown = book.unknown});
    if (!book.entries.empty()) {
        tx.queue(sql::add_lorebook_entries, {.lorebook_id = id, .entries = Json{std::move(entries)}});
        tx.queue(sql::count_lorebook_entries, {.id = id});
    }
    if (binding)
        tx.queue(sql::bind_lorebook, {.lorebook_id = id, .scope = binding->scope, .scope_id = binding->scope_id});
    return id;
}

Result<void> Lorebooks::replace(store::Tx& tx, LorebookId id, const lore::Book& book) {
    std::string entries = TRY(storable_entries(book));
    tx.queue(sql::replace_lorebook, {.id = id,
                                     .name = book.name.empty() ? unnamed : book.name,
                                     .description = book.description,
                                     .scan_depth = book.scan_depth,
                                     .token_budget = book.token_budget,
                                     .recursive_scanning = book.recursive_scanning,
                                     .extensions = book.extensions,
                                     .unknown = book.unknown});
    tx.queue(sql::delete_lorebook_entries, {.lorebook_id = id});
    tx.queue(sql::add_lorebook_entries, {.lorebook_id = id, .entries = Json{std::move(entries)}});
    tx.queue(sql::count_lorebook_entries, {.id = id});
    return {};
}

Result<Lorebook> Lorebooks::show(Op& op, LorebookId id) {
    return found(
        TRY(store_.read(op, "lorebooks.show", [&](store::Tx& tx) { return tx.maybe(sql::lorebook, {.id = id}); })));
}

Result<Lorebook> Lorebooks::change(Op& op, LorebookId id, ChangeLorebook body, http::IfMatch if_match) {
    return store_.write(op, "lorebooks.change", [&](store::Tx& tx) -> Result<Lorebook> {
        Lorebook book = TRY(locked(tx, id));
        TRY(if_match.check(book.version));
        auto newer = [](const auto& changed, const auto& kept) { return changed ? changed : kept; };
        tx.queue(sql::change_lorebook, {.id = id,
                                        .name = body.name.value_or(book.name),
                                        .description = body.description.value_or(book.description),
                                        .scan_depth = newer(body.scan_depth, book.scan_depth),
                                        .token_budget = newer(body.token_budget, book.token_budget),
                                        .recursive_scanning = newer(body.recursive_scanning, book.recursive_scanning)});
        return shown(tx, id);
    });
}

Result<void> Lorebooks::remove(Op& op, LorebookId id) {
    return store_.write(op, "lorebooks.delete", [&](store::Tx& tx) -> Result<void> {
        if (TRY(tx.run(sql::delete_lorebook, {.id = id})) == 0) return fail(Code::not_found, std::string(no_such_book));
        return {};
    });
}

Result<lore::Book> Lorebooks::book(store::Tx& tx, LorebookId id) {
    auto row = TRY(tx.maybe(sql::lorebook_row, {.id = id}));
    if (!row) return fail(Code::not_found, std::string(no_such_book));
    lore::Book book{.name = std::move(row->name),
                    .description = std::move(row->description),
                    .scan_depth = row->scan_depth,
                    .token_budget = row->token_budget,
                    .recursive_scanning = row->recursive_scanning,
                    .extensions = std::move(row->extensions),
                    .unknown = std::move(row->unknown)};
    for (const Json& entry :
         TRY(tx.many(sql::lorebook_entries, {.lorebook_id = id, .after = {}, .limit = int64_t(lore::entries_max)})))
        book.entries.push_back(TRY(from_json<lore::Entry>(entry.text)));
    return book;
}

Result<http::Bytes> Lorebooks::write_file(Op& op, LorebookId id, ExportLorebook query) {
    lore::Book written = TRY(store_.read(op, "lorebooks.export", [&](store::Tx& tx) { return book(tx, id); }));
    return http::Bytes{.content_type = "application/json",
                       .bytes = lore::write_book(written, query.format.value_or(lore::BookFormat::sillytavern)),
                       .download_name = file_name(written)};
}

// ---- entries

Result<http::Page<lore::Entry>> Lorebooks::list_entries(Op& op, LorebookId id, Paging query) {
    int limit = query.limit.value_or(page_default);
    std::optional<int64_t> after;
    if (query.cursor && !(after = parse_int(*query.cursor))) return not_a_cursor();
    auto entries = TRY(store_.read(op, "lorebooks.list_entries", [&](store::Tx& tx) -> Result<std::vector<Json>> {
        TRY(shown(tx, id));
        return tx.many(sql::lorebook_entries, {.lorebook_id = id, .after = after, .limit = limit + 1});
    }));
    http::Page<lore::Entry> page;
    for (const Json& entry : entries) {
        if (int(page.items.size()) == limit) {
            page.next_cursor = std::to_string(page.items.back().uid);
            break;
        }
        page.items.push_back(TRY(from_json<lore::Entry>(entry.text)));
    }
    return page;
}

Result<Lorebook> Lorebooks::put_entry(Op& op, LorebookId id, lore::Entry body, http::IfMatch if_match) {
    TRY(lore::check_entry(body));
    std::string json = to_json(body);
    TRY(check_storable(json));
    for (const Json* kept : {&body.extensions, &body.unknown})
        if (!kept->text.starts_with('{'))
            return invalid(kept == &body.unknown ? "/unknown" : "/extensions", "must be an object");
    return store_.write(op, "lorebooks.put_entry", [&](store::Tx& tx) -> Result<Lorebook> {
        Lorebook book = TRY(locked(tx, id));
        TRY(if_match.check(book.version));
        tx.queue(sql::put_lorebook_entry, {.lorebook_id = id, .uid = body.uid, .entry = Json{json}});
        tx.queue(sql::count_lorebook_entries, {.id = id});
        book = TRY(shown(tx, id));
        if (book.entries_count > int64_t(lore::entries_max))
            return fail(Code::over_quota, "the book has " + std::to_string(lore::entries_max) +
                                              " entries already; delete one, or begin another book");
        return book;
    });
}

Result<Lorebook> Lorebooks::remove_entry(Op& op, LorebookId id, std::string uid) {
    auto number = parse_int(uid);
    return store_.write(op, "lorebooks.delete_entry", [&](store::Tx& tx) -> Result<Lorebook> {
        TRY(locked(tx, id));
        if (!number || TRY(tx.run(sql::delete_lorebook_entry, {.lorebook_id = id, .uid = *number})) == 0)
            return fail(Code::not_found,
                        "the lorebook has no such entry; `ramify lorebooks entries` lists those it has");
        tx.queue(sql::count_lorebook_entries, {.id = id});
        return shown(tx, id);
    });
}

// ---- where books are used

Result<http::Page<LorebookBinding>> Lorebooks::list_bindings(Op& op, LorebookId id) {
    return store_.read(op, "lorebooks.list_bindings", [&](store::Tx& tx) -> Result<http::Page<LorebookBinding>> {
        TRY(shown(tx, id));
        return http::Page<LorebookBinding>{TRY(tx.many(sql::lorebook_bindings, {.lorebook_id = id})), {}};
    });
}

Result<LorebookBinding> Lorebooks::bind(Op& op, LorebookId id, LorebookBinding body) {
    TRY(check_binding(body));
    return store_.write(op, "lorebooks.bind", [&](store::Tx& tx) -> Result<LorebookBinding> {
        TRY(locked(tx, id));
        if (body.scope == lore::Scope::chat && !TRY(tx.maybe(sql::chat, {.id = *ChatId::parse(body.scope_id)})))
            return invalid("/scope_id", "names no chat; `ramify chats ls` lists those there are");
        if (int64_t(TRY(tx.many(sql::lorebook_bindings, {.lorebook_id = id})).size()) >= bindings_max)
            return fail(Code::over_quota, "the book is used in " + std::to_string(bindings_max) +
                                              " places already; bind it globally instead");
        auto used = TRY(tx.many(sql::lorebooks_in_use, {.scope = body.scope, .scope_id = body.scope_id}));
        if (int64_t(used.size()) >= books_in_use_max && std::ranges::find(used, id, &LorebookInUse::id) == used.end())
            return fail(Code::over_quota,
                        std::to_string(books_in_use_max) + " lorebooks are used there already; unbind one first");
        tx.queue(sql::bind_lorebook, {.lorebook_id = id, .scope = body.scope, .scope_id = body.scope_id});
        return body;
    });
}

Result<void> Lorebooks::unbind(Op& op, LorebookId id, LorebookBinding query) {
    return store_.write(op, "lorebooks.unbind", [&](store::Tx& tx) -> Result<void> {
        if (TRY(tx.run(sql::unbind_lorebook, {.lorebook_id = id, .scope = query.scope, .scope_id = query.scope_id})) ==
            0)
            return fail(Code::not_found,
                        "the lorebook is not used there; `ramify lorebooks bindings` lists where it is");
        return {};
    });
}

// ---- what activates

Result<std::shared_ptr<const lore::CompiledBook>> Lorebooks::ready(store::Tx& tx, LorebookId id, int64_t version,
                                                                   const lore::Reading& reading) {
    ReadyBooks::Key key{tx.op().organization, id, version, reading};
    if (auto kept = ready_books_.find(key)) return kept;
    auto made = lore::compile(TRY(book(tx, id)), reading);
    ready_books_.keep(std::move(key), made);
    return made;
}

Result<LoreWork> Lorebooks::work(store::Tx& tx, BranchId branch, int64_t last,
                                 const std::vector<LorebookBinding>& places, lore::Reading reading,
                                 std::optional<lore::Settings> settings) {
    auto kept = tx.ask(sql::lore_settings, {});
    auto effects = tx.ask(sql::lore_effects_at, {.branch_id = branch, .last = last});
    std::vector<store::Later<std::vector<LorebookInUse>>> asked;
    asked.push_back(tx.ask(sql::lorebooks_in_use, {.scope = lore::Scope::global, .scope_id = ""}));
    for (const LorebookBinding& place : places)
        asked.push_back(tx.ask(sql::lorebooks_in_use, {.scope = place.scope, .scope_id = place.scope_id}));
    auto usual = TRY(kept.get());
    LoreWork work{.settings = TRY(settings_from(settings, usual))};
    if (auto left = TRY(effects.get())) ENSURE(from_text(left->text, work.effects));
    reading.case_sensitive = work.settings.case_sensitive;
    for (auto& later : asked)
        for (const LorebookInUse& used : TRY(later.get()))
            work.books.push_back({used.id.text(), used.scope, TRY(ready(tx, used.id, used.version, reading))});
    return work;
}

Result<lore::Settings> Lorebooks::settings(Op& op) {
    return store_.read(op, "lorebooks.settings", [&](store::Tx& tx) -> Result<lore::Settings> {
        auto usual = TRY(tx.maybe(sql::lore_settings, {}));
        return settings_from({}, usual);
    });
}

Result<lore::Settings> Lorebooks::set_settings(Op& op, lore::Settings body) {
    return store_.write(op, "lorebooks.set_settings", [&](store::Tx& tx) -> Result<lore::Settings> {
        tx.queue(sql::put_lore_settings, {.settings = Json{to_json(body)}});
        return body;
    });
}

Result<LoreTest> Lorebooks::test(Op& op, LorebookId id, TestLorebook body) {
    lore::Settings settings;
    lore::Scene scene;
    scene.seed = uint64_t(body.seed.value_or(0));
    for (std::string& text : body.messages) scene.lines.push_back({"", std::move(text)});
    auto compiled =
        TRY(store_.read(op, "lorebooks.test", [&](store::Tx& tx) -> Result<std::shared_ptr<const lore::CompiledBook>> {
            auto usual = TRY(tx.maybe(sql::lore_settings, {}));
            settings = TRY(settings_from(body.settings, usual));
            return ready(tx, id, TRY(shown(tx, id)).version, {.case_sensitive = settings.case_sensitive});
        }));
    return test_of(lore::resolve({{id.text(), lore::Scope::chat, compiled}}, settings, scene));
}

Result<LoreTest> Lorebooks::test_chat(Op& op, ChatId id, TestChatLore body) {
    return store_.read(op, "lorebooks.test_chat", [&](store::Tx& tx) -> Result<LoreTest> {
        auto chat = TRY(tx.maybe(sql::chat, {.id = id}));
        if (!chat) return fail(Code::not_found, "there is no such chat; `ramify chats ls` lists those there are");
        auto branch = TRY(tx.maybe(sql::branch, {.id = body.branch_id.value_or(chat->active_branch_id)}));
        if (!branch || branch->chat_id != id)
            return invalid("/branch_id", "is no branch of this chat; `ramify branches ls` lists them");
        std::vector<LorebookBinding> places{{lore::Scope::chat, id.text()}};
        if (chat->entity_profile_id) places.push_back({lore::Scope::entity_profile, chat->entity_profile_id->text()});
        if (chat->persona_id) places.push_back({lore::Scope::persona, chat->persona_id->text()});
        LoreWork lore = TRY(work(tx, branch->id, branch->messages_count, places, {}, body.settings));
        lore::Scene scene{.effects = std::move(lore.effects), .seed = uint64_t(body.seed.value_or(0))};
        scene.messages_count = branch->messages_count + (body.text ? 1 : 0);
        int64_t depth = std::max<int64_t>(lines_read, lore.settings.scan_depth);
        for (Turn& turn : TRY(tx.many(sql::turns, {.branch_id = branch->id,
                                                   .after = std::max<int64_t>(0, branch->messages_count - depth),
                                                   .last = branch->messages_count}))) {
            scene.assistant_messages_count += turn.role == Role::assistant;
            scene.lines.push_back({"", std::move(turn.text)});
        }
        if (body.text) scene.lines.push_back({"", *body.text});
        return test_of(lore::resolve(lore.books, lore.settings, scene));
    });
}

std::vector<http::Route> Lorebooks::routes() {
    http::RouteLimits file{.body_bytes_max = lore::book_bytes_max};
    return {
        route::get("/api/v1/lorebooks", "chats.read", "lorebooks ls", "The lorebooks of the organization.",
                   &Lorebooks::list, *this),
        route::post("/api/v1/lorebooks", "chats.write", "lorebooks create", "Begin a lorebook.", &Lorebooks::create,
                    *this),
        route::post("/api/v1/lorebooks/import", "chats.write", "lorebooks import",
                    "Take over a lorebook: world info, a card's book, or a lorebook_v3, as JSON.", &Lorebooks::import,
                    *this)
            .with(file)
            .with_file(),
        route::get("/api/v1/lorebooks/{lorebook_id}", "chats.read", "lorebooks show", "A lorebook.", &Lorebooks::show,
                   *this),
        route::patch("/api/v1/lorebooks/{lorebook_id}", "chats.write", "lorebooks change",
                     "Rename a lorebook, or change how it is looked for.", &Lorebooks::change, *this),
        route::del("/api/v1/lorebooks/{lorebook_id}", "chats.write", "lorebooks rm",
                   "Delete a lorebook with its entries.", &Lorebooks::remove, *this),
        route::get("/api/v1/lorebooks/{lorebook_id}/export", "chats.read", "lorebooks export",
                   "The lorebook as a file.", &Lorebooks::write_file, *this),
        route::get("/api/v1/lorebooks/{lorebook_id}/entries", "chats.read", "lorebooks entries",
                   "The entries of a lorebook.", &Lorebooks::list_entries, *this),
        route::put("/api/v1/lorebooks/{lorebook_id}/entries", "chats.write", "lorebooks put",
                   "Add an entry, or replace the one with its uid.", &Lorebooks::put_entry, *this),
        route::del("/api/v1/lorebooks/{lorebook_id}/entries/{uid}", "chats.write", "lorebooks drop", "Delete an entry.",
                   &Lorebooks::remove_entry, *this),
        route::get("/api/v1/lorebooks/{lorebook_id}/bindings", "chats.read", "lorebooks bindings",
                   "Where a lorebook is used.", &Lorebooks::list_bindings, *this),
        route::post("/api/v1/lorebooks/{lorebook_id}/bindings", "chats.write", "lorebooks bind",
                    "Use a lorebook in all chats, with a profile, with a persona, or in one chat.", &Lorebooks::bind,
                    *this),
        route::del("/api/v1/lorebooks/{lorebook_id}/bindings", "chats.write", "lorebooks unbind",
                   "Use it there no more.", &Lorebooks::unbind, *this),
        route::post("/api/v1/lorebooks/{lorebook_id}/test", "chats.read", "lorebooks test",
                    "Which entries messages would activate, and why.", &Lorebooks::test, *this),
        route::get("/api/v1/lore_settings", "chats.read", "lorebooks settings",
                   "How prompts of the organization look for lore.", &Lorebooks::settings, *this),
        route::put("/api/v1/lore_settings", "chats.write", "lorebooks set",
                   "Change how they do; what is left out gets its usual value.", &Lorebooks::set_settings, *this),
        route::post("/api/v1/chats/{chat_id}/test_lore", "chats.read", "chats lore",
                    "Which entries of its lorebooks a chat would activate now, and why.", &Lorebooks::test_chat, *this),
    };
}

}  // namespace ry::chats

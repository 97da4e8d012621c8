#include "modules/chats/profiles.h"

#include <cstring>

#include "base/hash.h"
#include "base/text.h"
#include "kernel/identity/identity.h"
#include "kernel/store/store.h"
#include "modules/chats/cards/macros.h"
#include "modules/chats/lorebooks.h"
#include "modules/chats/paging.h"
#include "modules/chats/profile_queries.gen.h"

namespace ry::chats {
namespace {

constexpr std::string_view no_such_profile = "there is no such profile; `ramify profiles ls` lists those there are";
constexpr std::string_view picture_path;  // of the picture among a card's files

/// "<updated_at us>.<id>" of the last profile of a page.
std::string cursor_of(const ListedProfile& profile) {
    return std::to_string(profile.updated_at.us) + "." + profile.id.text();
}

struct Cursor {
    std::optional<Time> at;
    std::optional<EntityProfileId> id;
};
Result<Cursor> parse_cursor(const std::optional<std::string>& text) {
    if (!text) return Cursor{};
    size_t dot = text->find('.');
    auto at = parse_int(std::string_view(*text).substr(0, dot));
    auto id = dot == std::string::npos ? std::nullopt : EntityProfileId::parse(std::string_view(*text).substr(dot + 1));
    if (!at || !id) return not_a_cursor();
    return Cursor{Time{*at}, id};
}

/// What lists show of a card. The database takes no U+0000.
struct Listed {
    std::string name, creator;
    Json tags{""};
};
Result<Listed> listed_of(const cards::Card& card) {
    cards::Character character = TRY(cards::character_of(card.v3));
    Listed listed{.name = std::string(utf8_prefix(trim(utf8_text(character.name)), profile_name_bytes_max)),
                  .creator = utf8_text(character.creator)};
    for (std::string& tag : character.tags) tag = utf8_text(tag);
    encode(listed.tags.text, character.tags);
    return listed;
}

Result<Json> checked_meta(const std::optional<Json>& meta) {
    if (!meta) return Json{"{}"};
    if (!meta->text.starts_with('{')) return invalid("/meta", "must be an object");
    if (meta->text.size() > meta_bytes_max)
        return invalid("/meta", "may have " + std::to_string(meta_bytes_max >> 10) + " KiB at most");
    if (meta->text.find("\\u0000") != std::string::npos) return invalid("/meta", "must not have the character U+0000");
    return *meta;
}

/// The card of a body: what is wrong with it stands under /spec there.
Result<cards::Card> card_of(const std::optional<Json>& spec, std::string_view name) {
    auto card = cards::read_json(spec ? spec->text : "{}", name);
    if (card) return card;
    if (card.error().faults.empty()) return invalid("/spec", card.error().message);
    return invalid("/spec" + card.error().faults[0].pointer, card.error().faults[0].detail);
}

Result<void> add_file(store::Tx& tx, EntityProfileId profile, std::string_view path, int64_t position,
                      std::string_view bytes) {
    TRY(tx.run(sql::add_profile_file,
               {.profile_id = profile, .path = std::string(path), .position = position, .bytes = {bytes}}));
    return {};
}

Result<EntityProfile> found(std::optional<EntityProfile> profile) {
    if (!profile) return fail(Code::not_found, std::string(no_such_profile));
    return *std::move(profile);
}

}  // namespace

Result<Profiles::Taken> Profiles::take_book(store::Tx& tx, EntityProfileId id, std::optional<LorebookId> lorebook,
                                            const Json& v3) {
    Taken taken{.v3 = v3};
    auto json = cards::book_of(v3);
    if (!json) return taken;
    auto kept = [&]() -> Result<std::optional<LorebookId>> {
        lore::Book book = TRY(lore::read_book(json->text));
        if (lorebook) {
            TRY(lorebooks_.replace(tx, *lorebook, book));
            return lorebook;
        }
        if (book.entries.empty()) return std::optional<LorebookId>();
        if (book.name.empty()) book.name = TRY(cards::character_of(v3)).name;
        return TRY(lorebooks_.add(tx, book, LorebookBinding{lore::Scope::entity_profile, id.text()}));
    }();
    if (kept && *kept) {
        taken.book = ProfileBook{.book = *std::move(json), .lorebook_id = **kept};
        taken.v3 = cards::with_book(v3, {});
    } else if (!kept) {
        Code code = kept.error().code;
        if (code != Code::invalid && code != Code::too_large && code != Code::over_quota)
            return std::move(kept).error();
        taken.warnings.push_back("its lorebook stays in the card and is not used: " + kept.error().message);
    }
    return taken;
}

Result<cards::Card> Profiles::whole_card(store::Tx& tx, const EntityProfile& profile) {
    cards::Card card{.v3 = profile.spec};
    if (auto book = TRY(tx.maybe(sql::profile_book, {.id = profile.id}))) {
        if (book->is_changed)
            book->book = {
                lore::write_book(TRY(lorebooks_.book(tx, book->lorebook_id)), lore::BookFormat::character_book)};
        card.v3 = cards::with_book(card.v3, book->book);
    }
    for (ProfileFile& file : TRY(tx.many(sql::profile_files, {.profile_id = profile.id}))) {
        std::string bytes = unhex(file.hex).value_or("");
        if (file.path == picture_path)
            card.picture = std::move(bytes);
        else
            card.files.push_back({std::move(file.path), std::move(bytes)});
    }
    return card;
}

Result<http::Created<EntityProfile>> Profiles::add(Op& op, ProjectId project, const cards::Card& card,
                                                   const Json& meta) {
    Listed listed = TRY(listed_of(card));
    EntityProfileId id = EntityProfileId::fresh();
    op.object = "profile:" + id.text();
    std::optional<UserId> author;
    if (!op.actor.user.is_nil()) author = op.actor.user;
    EntityProfile made = TRY(store_.write(op, "entity_profiles.create", [&](store::Tx& tx) -> Result<EntityProfile> {
        Taken taken = TRY(take_book(tx, id, {}, card.v3));
        TRY(tx.run(sql::add_entity_profile, {.id = id,
                                             .project_id = project,
                                             .name = listed.name,
                                             .spec = taken.v3,
                                             .tags = listed.tags,
                                             .creator = listed.creator,
                                             .meta = meta,
                                             .created_by = author}));
        if (taken.book)
            tx.queue(sql::set_profile_book,
                     {.id = id, .lorebook_id = taken.book->lorebook_id, .book = taken.book->book});
        if (!card.picture.empty()) TRY(add_file(tx, id, picture_path, 0, card.picture));
        for (size_t i = 0; i < card.files.size(); ++i)
            TRY(add_file(tx, id, card.files[i].path, int64_t(i) + 1, card.files[i].bytes));
        EntityProfile profile = TRY(found(TRY(tx.maybe(sql::entity_profile, {.id = id}))));
        profile.warnings = std::move(taken.warnings);
        return profile;
    }));
    made.warnings.insert(made.warnings.begin(), card.warnings.begin(), card.warnings.end());
    return http::Created<EntityProfile>{std::move(made), "/api/v1/entity_profiles/" + id.text()};
}

Result<http::Created<EntityProfile>> Profiles::create(Op& op, CreateProfile body) {
    if (!body.name && !body.spec) return invalid("/name", "is missing; give the character a name");
    if (body.name && trim(*body.name).empty()) return invalid("/name", "must not be empty");
    Json meta = TRY(checked_meta(body.meta));
    cards::Card card = TRY(card_of(body.spec, trim(body.name.value_or(""))));
    ProjectId project = TRY(identities_.project_for(op, body.project_id, "chats.write"));
    return add(op, project, card, meta);
}

Result<http::Created<EntityProfile>> Profiles::import(Op& op, const http::RequestInfo& info) {
    if (info.request.body.empty())
        return fail(Code::invalid, "the request has no body; send the file of a character card: JSON, PNG or CHARX");
    ProjectId project = TRY(identities_.project_for(op, {}, "chats.write"));
    cards::Card card = TRY(cards::read(info.request.body));
    return add(op, project, card, {"{}"});
}

Result<ImportedCards> Profiles::import_all(Op& op, const http::RequestInfo& info) {
    ProjectId project = TRY(identities_.project_for(op, {}, "chats.write"));
    std::vector<cards::File> files = TRY(cards::files_of(info.request.body));
    if (files.size() > cards_max)
        return fail(Code::too_large, "the archive has " + std::to_string(files.size()) + " files, and may have " + std::to_string(cards_max) + "; send them in several");
    ImportedCards imported;
    for (cards::File& file : files) {
        TRY(op.still_wanted());
        ImportedCard& told = imported.items.emplace_back(ImportedCard{.file = std::move(file.path)});
        auto card = cards::read(file.bytes);
        auto made = card ? add(op, project, *card, {"{}"}) : Result<http::Created<EntityProfile>>(std::move(card).error());
        if (!made) {
            told.error = made.error().message;
            continue;
        }
        told.profile_id = made->value.id;
        told.name = std::move(made->value.name);
        told.warnings = std::move(made->value.warnings);
    }
    return imported;
}

Result<http::Page<ListedProfile>> Profiles::list(Op& op, ListProfiles query) {
    int limit = query.limit.value_or(page_default);
    Cursor cursor = TRY(parse_cursor(query.cursor));
    http::Page<ListedProfile> page;
    page.items = TRY(store_.read(op, "entity_profiles.list", [&](store::Tx& tx) {
        return tx.many(sql::entity_profiles_page, {.status = query.status.value_or(ProfileStatus::active),
                                                   .before_at = cursor.at,
                                                   .before_id = cursor.id,
                                                   .limit = limit + 1});
    }));
    if (int(page.items.size()) > limit) {
        page.items.pop_back();
        page.next_cursor = cursor_of(page.items.back());
    }
    return page;
}

Result<EntityProfile> Profiles::show(Op& op, EntityProfileId id) {
    return store_.read(op, "entity_profiles.show", [&](store::Tx& tx) -> Result<EntityProfile> {
        return found(TRY(tx.maybe(sql::entity_profile, {.id = id})));
    });
}

Result<EntityProfile> Profiles::change(Op& op, EntityProfileId id, ChangeProfile body, http::IfMatch if_match) {
    if (body.name && trim(*body.name).empty()) return invalid("/name", "must not be empty");
    std::optional<Json> meta;
    if (body.meta) meta = TRY(checked_meta(body.meta));
    return store_.write(op, "entity_profiles.change", [&](store::Tx& tx) -> Result<EntityProfile> {
        EntityProfile profile = TRY(found(TRY(tx.maybe(sql::lock_entity_profile, {.id = id}))));
        TRY(if_match.check(profile.version));
        cards::Card card = TRY(card_of(body.spec ? body.spec : profile.spec, trim(body.name.value_or(""))));
        Listed listed = TRY(listed_of(card));
        Taken taken = TRY(take_book(tx, id, profile.lorebook_id, card.v3));
        TRY(tx.run(sql::change_entity_profile, {.id = id,
                                                .name = listed.name,
                                                .spec = taken.v3,
                                                .tags = listed.tags,
                                                .creator = listed.creator,
                                                .meta = meta,
                                                .status = body.status}));
        if (taken.book)
            tx.queue(sql::set_profile_book,
                     {.id = id, .lorebook_id = taken.book->lorebook_id, .book = taken.book->book});
        EntityProfile changed = TRY(found(TRY(tx.maybe(sql::entity_profile, {.id = id}))));
        changed.warnings = std::move(taken.warnings);
        return changed;
    });
}

Result<void> Profiles::remove(Op& op, EntityProfileId id, http::IfMatch if_match) {
    return store_.write(op, "entity_profiles.delete", [&](store::Tx& tx) -> Result<void> {
        EntityProfile profile = TRY(found(TRY(tx.maybe(sql::lock_entity_profile, {.id = id}))));
        TRY(if_match.check(profile.version));
        if (profile.status == ProfileStatus::active) {
            TRY(tx.run(sql::archive_entity_profile, {.id = id}));
            return {};
        }
        int64_t chats = TRY(tx.one(sql::count_chats_of_profile, {.entity_profile_id = id}));
        if (chats > 0)
            return fail(Code::conflict, "the profile is archived, and " + std::to_string(chats) +
                                            " chats are with it; delete them first to delete it for good");
        TRY(tx.run(sql::delete_entity_profile, {.id = id, .scope_id = id.text()}));
        return {};
    });
}

Result<http::Bytes> Profiles::write_card(Op& op, EntityProfileId id, ExportProfile query) {
    cards::Format format = query.format.value_or(cards::Format::json);
    EntityProfile profile;
    cards::Card card = TRY(store_.read(op, "entity_profiles.export", [&](store::Tx& tx) -> Result<cards::Card> {
        profile = TRY(found(TRY(tx.maybe(sql::entity_profile, {.id = id}))));
        return whole_card(tx, profile);
    }));
    constexpr std::string_view content_types[] = {"application/json", "image/png", "application/zip"};
    return http::Bytes{.content_type = std::string(content_types[size_t(format)]),
                       .bytes = TRY(cards::write(card, format, query.to.value_or(cards::Spec::v3))),
                       .download_name = profile.name + "." + std::string(names_of(format)[size_t(format)])};
}

Result<http::Bytes> Profiles::avatar(Op& op, EntityProfileId id) {
    auto file = TRY(store_.read(op, "entity_profiles.avatar", [&](store::Tx& tx) -> Result<std::optional<ProfileFile>> {
        TRY(found(TRY(tx.maybe(sql::entity_profile, {.id = id}))));
        return tx.maybe(sql::profile_picture, {.profile_id = id});
    }));
    if (!file) return fail(Code::not_found, "the profile has no picture; PUT one, or import a card that has one");
    cards::Picture picture = cards::served_picture(unhex(file->hex).value_or(""));
    std::string etag = sha256_hex(picture.bytes).substr(0, 32);
    return http::Bytes{
        .content_type = std::move(picture.content_type), .bytes = std::move(picture.bytes), .etag = std::move(etag)};
}

Result<EntityProfile> Profiles::set_avatar(Op& op, EntityProfileId id, const http::RequestInfo& info,
                                           http::IfMatch if_match) {
    cards::Picture picture = cards::served_picture(info.request.body);
    if (picture.content_type.empty())
        return fail(Code::invalid, "the body is no picture that can be an avatar; send a PNG, a JPEG or a WebP");
    return store_.write(op, "entity_profiles.set_avatar", [&](store::Tx& tx) -> Result<EntityProfile> {
        EntityProfile profile = TRY(found(TRY(tx.maybe(sql::lock_entity_profile, {.id = id}))));
        TRY(if_match.check(profile.version));
        TRY(add_file(tx, id, picture_path, 0, picture.bytes));
        TRY(tx.run(sql::touch_entity_profile, {.id = id}));
        return found(TRY(tx.maybe(sql::entity_profile, {.id = id})));
    });
}

namespace {

/// The text with its macros expanded; as it is when it is too long with them.
std::string expanded(const std::string& text, const cards::Character& character, std::string_view user_name,
                     uint64_t seed) {
    auto out =
        cards::expand_macros(text, {.character = character.nickname.empty() ? character.name : character.nickname,
                                    .user = user_name,
                                    .seed = seed});
    return utf8_text(utf8_prefix(out ? *out : text, text_bytes_max));
}

}  // namespace

std::vector<std::string> greetings_of(const cards::Character& character, std::string_view user_name, uint64_t seed) {
    std::vector<std::string> greetings;
    auto add = [&](const std::string& text) {
        if (!trim(text).empty() && greetings.size() < greetings_max)
            greetings.push_back(expanded(text, character, user_name, seed));
    };
    add(character.first_mes);
    for (const std::string& text : character.alternate_greetings) add(text);
    return greetings;
}

PromptCharacter prompt_character_of(const cards::Character& character, std::string_view user_name, uint64_t seed) {
    auto text = [&](const std::string& field) { return expanded(field, character, user_name, seed); };
    return {.name = character.nickname.empty() ? character.name : character.nickname,
            .description = text(character.description),
            .personality = text(character.personality),
            .scenario = text(character.scenario),
            .mes_example = text(character.mes_example),
            .system_prompt = text(character.system_prompt),
            .post_history_instructions = text(character.post_history_instructions),
            .tags = character.tags};
}

std::string user_name_of(const PromptSetting& setting) { return setting.persona_name.value_or("User"); }

uint64_t macro_seed(ChatId chat) {
    std::string hash = sha256_hex(chat.text());
    return std::strtoull(hash.substr(0, 16).c_str(), nullptr, 16);
}

std::vector<http::Route> Profiles::routes() {
    namespace route = http::route;
    constexpr size_t spec_bytes_max =
        cards::limit::card_bytes_max + meta_bytes_max + (1 << 20);  // with what JSON escapes
    return {
        route::get("/api/v1/entity_profiles", "chats.read", "profiles ls",
                   "Profiles of characters, the one that changed last first.", &Profiles::list, *this),
        route::post("/api/v1/entity_profiles", "chats.write", "profiles create", "Make the profile of a character.",
                    &Profiles::create, *this)
            .with({.body_bytes_max = spec_bytes_max}),
        route::post("/api/v1/entity_profiles/import", "chats.write", "profiles import",
                    "A character card as a profile: a JSON, PNG or CHARX file.", &Profiles::import, *this)
            .with({.body_bytes_max = cards::limit::file_bytes_max, .deadline_ms = 60'000})
            .with_file(),
        route::post("/api/v1/entity_profiles/import_all", "chats.write", "profiles import_all",
                    "Character cards as profiles: a zip archive of their files.", &Profiles::import_all, *this)
            .with({.body_bytes_max = cards::limit::file_bytes_max, .deadline_ms = 300'000})
            .with_file(),
        route::get("/api/v1/entity_profiles/{profile_id}", "chats.read", "profiles show", "A profile with its card.",
                   &Profiles::show, *this),
        route::patch("/api/v1/entity_profiles/{profile_id}", "chats.write", "profiles change",
                     "Change a profile, put it away or bring it back.", &Profiles::change, *this)
            .with({.body_bytes_max = spec_bytes_max}),
        route::del("/api/v1/entity_profiles/{profile_id}", "chats.write", "profiles rm",
                   "Put a profile away; delete one for good that was put away and has no chats.", &Profiles::remove,
                   *this),
        route::get("/api/v1/entity_profiles/{profile_id}/export", "chats.read", "profiles export",
                   "The character card as a file.", &Profiles::write_card, *this)
            .with({.deadline_ms = 60'000}),
        route::get("/api/v1/entity_profiles/{profile_id}/avatar", "chats.read", "profiles avatar",
                   "The picture, without the card that it may have come in.", &Profiles::avatar, *this),
        route::put("/api/v1/entity_profiles/{profile_id}/avatar", "chats.write", "profiles picture",
                   "Another picture: a PNG, JPEG or WebP.", &Profiles::set_avatar, *this)
            .with({.body_bytes_max = picture_bytes_max})
            .with_file(),
    };
}

}  // namespace ry::chats

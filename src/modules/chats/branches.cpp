// Chats and their branches.
#include <algorithm>

#include "base/text.h"
#include "kernel/identity/identity.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "modules/chats/branch_queries.gen.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/chat_vars.h"
#include "modules/chats/chats.h"
#include "modules/chats/citation_queries.gen.h"
#include "modules/chats/exchange.h"
#include "modules/chats/generation_queries.gen.h"
#include "modules/chats/message_queries.gen.h"
#include "modules/chats/paging.h"
#include "modules/chats/persona_queries.gen.h"
#include "modules/chats/profile_queries.gen.h"
#include "modules/chats/profiles.h"
#include "modules/chats/running.h"
#include "modules/chats/variant_queries.gen.h"

namespace ry::chats {
namespace {

constexpr std::string_view no_such_chat = "there is no such chat; `ramify chats ls` lists those there are";
constexpr std::string_view no_such_branch = "there is no such branch; `ramify branches ls` lists those of a chat";
constexpr size_t preview_bytes_max = 120;
constexpr int64_t trash_batch = 100;  // chats that are looked up at once
constexpr int64_t listed_found_max = 10'000;  // of the newest titles and messages with the words: the chats of these are listed

Json branch_event(const Branch& branch) { return {"{\"branch\":" + to_json(branch) + "}"}; }
Json chat_event(const Chat& chat) { return {"{\"chat\":" + to_json(chat) + "}"}; }

/// "<updated_at us>.<id>" of the last chat of a page.
std::string cursor_of(const Chat& chat) { return std::to_string(chat.updated_at.us) + "." + chat.id.text(); }

struct ChatCursor {
    std::optional<Time> at;
    std::optional<ChatId> id;
};
Result<ChatCursor> parse_cursor(const std::optional<std::string>& text) {
    if (!text) return ChatCursor{};
    size_t dot = text->find('.');
    auto at = parse_int(std::string_view(*text).substr(0, dot));
    auto id = dot == std::string::npos ? std::nullopt : ChatId::parse(std::string_view(*text).substr(dot + 1));
    if (!at || !id) return not_a_cursor();
    return ChatCursor{Time{*at}, id};
}

}  // namespace

std::string Chats::stream_of(ChatId chat) { return "chat:" + uuid_text(chat.uuid); }

Result<void> Chats::add_chat(store::Tx& tx, const NewChat& chat) {
    SegmentId segment = SegmentId::fresh();
    std::optional<UserId> author;
    if (!tx.op().actor.user.is_nil()) author = tx.op().actor.user;
    tx.queue(sql::add_chat, {.id = chat.id, .project_id = chat.project, .app_id = chat.app, .entity_profile_id = chat.profile, .title = chat.title, .active_branch_id = chat.main_branch, .created_by = author});
    tx.queue(sql::add_branch, {.id = chat.main_branch, .chat_id = chat.id, .title = "main", .is_main = true, .parent_branch_id = {}, .forked_from_message_id = {},
                               .forked_from_variant_id = {}, .forked_from_seq = {}, .segment_id = segment, .messages_count = 0,
                               .last_message_preview = "", .current_version_id = chat.version, .start_version_id = chat.version});
    tx.queue(sql::add_lineage, {.branch_id = chat.main_branch, .seq_from = 1, .segment_id = segment});
    return {};
}

Result<http::Created<Chat>> Chats::create(Op& op, CreateChat body) {
    if (body.app_id) return invalid("/app_id", "an app brings its own chat: see chat_id of GET /api/v1/apps/" + body.app_id->text());
    ProjectId project = TRY(identities_.project_for(op, body.project_id, "chats.write"));
    ChatId id = ChatId::fresh();
    op.object = "chat:" + id.text();
    auto made = TRY(store_.write(op, "chats.create", [&](store::Tx& tx) -> Result<Chat> {
        NewChat chat{.id = id, .main_branch = BranchId::fresh(), .project = project, .title = std::string(trim(body.title.value_or(""))), .profile = body.entity_profile_id};
        std::optional<EntityProfile> profile;
        if (chat.profile) {
            profile = TRY(tx.maybe(sql::entity_profile, {.id = *chat.profile}));
            if (!profile) return invalid("/entity_profile_id", "is no profile; `ramify profiles ls` lists those there are");
            if (profile->status == ProfileStatus::archived) return fail(Code::conflict, "the profile is archived; make it active again to begin a chat");
            if (chat.title.empty()) chat.title = profile->name;
        }
        if (body.persona_id && !TRY(tx.maybe(sql::persona, {.id = *body.persona_id})))
            return invalid("/persona_id", "is no persona; `ramify personas ls` lists those there are");
        TRY(add_chat(tx, chat));
        if (body.persona_id) tx.queue(sql::set_persona, {.chat_id = id, .persona_id = body.persona_id});
        if (profile) TRY(greet(tx, id, chat.main_branch, *profile));
        return *TRY(tx.maybe(sql::chat, {.id = id}));
    }));
    return http::Created<Chat>{std::move(made), "/api/v1/chats/" + id.text()};
}

Result<http::Page<Chat>> Chats::list_of_profile(Op& op, EntityProfileId profile, Paging query) {
    TRY(profiles_->show(op, profile));
    return list(op, {.entity_profile_id = profile, .limit = query.limit, .cursor = query.cursor});
}

Result<http::Page<Chat>> Chats::list(Op& op, ListChats query) {
    int limit = query.limit.value_or(page_default);
    ChatCursor cursor = TRY(parse_cursor(query.cursor));
    auto chats = TRY(store_.read(op, "chats.list", [&](store::Tx& tx) {
        return tx.many(sql::chats_page, {.app_id = query.app_id, .entity_profile_id = query.entity_profile_id, .status = query.status, .tag = query.tag, .query = query.query,
                                         .found_max = listed_found_max, .before_at = cursor.at, .before_id = cursor.id, .limit = limit + 1});
    }));
    http::Page<Chat> page;
    if (int(chats.size()) > limit) {
        chats.pop_back();
        page.next_cursor = cursor_of(chats.back());
    }
    page.items = std::move(chats);
    return page;
}

Result<Chat> Chats::show(Op& op, ChatId id) {
    auto chat = TRY(store_.read(op, "chats.show", [&](store::Tx& tx) { return tx.maybe(sql::chat, {.id = id}); }));
    if (!chat) return fail(Code::not_found, std::string(no_such_chat));
    return *std::move(chat);
}

Result<reads::Question> Chats::ask_chat(const http::ReadRequest& request) {
    return reads::maybe(sql::chat, {.id = TRY(reads::hole<ChatId>(request))}, no_such_chat);
}

namespace {

/// The persona of that id, or none for an empty one.
Result<std::optional<PersonaId>> persona_of(store::Tx& tx, const std::string& text) {
    if (text.empty()) return std::nullopt;
    auto id = PersonaId::parse(text);
    if (!id || !TRY(tx.maybe(sql::persona, {.id = *id})))
        return invalid("/persona_id", "names no persona; `ramify personas ls` lists those there are");
    return id;
}

/// As they are kept: without spaces around them, each once.
Result<std::vector<std::string>> checked_tags(const std::vector<std::string>& given) {
    std::vector<std::string> tags;
    for (size_t i = 0; i < given.size(); ++i) {
        std::string tag(trim(given[i]));
        if (tag.empty() || tag.size() > tag_bytes_max)
            return invalid("/tags/" + std::to_string(i), "must have 1 to " + std::to_string(tag_bytes_max) + " bytes");
        if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(std::move(tag));
    }
    return tags;
}

}  // namespace

Result<Chat> Chats::change(Op& op, ChatId id, ChangeChat body, http::IfMatch if_match) {
    if (body.status == ChatStatus::deleted) return invalid("/status", "must be active or archived; DELETE puts the chat into the trash");
    std::optional<std::vector<std::string>> tags;
    if (body.tags) tags = TRY(checked_tags(*body.tags));
    if (body.vars) TRY(checked_vars(*body.vars));
    return store_.write(op, "chats.change", [&](store::Tx& tx) -> Result<Chat> {
        auto version = TRY(tx.maybe(sql::lock_chat, {.id = id}));
        if (!version) return fail(Code::not_found, std::string(no_such_chat));
        TRY(if_match.check(*version));
        if (body.persona_id) tx.queue(sql::set_persona, {.chat_id = id, .persona_id = TRY(persona_of(tx, *body.persona_id))});
        if (body.vars) tx.queue(sql::set_vars, {.id = id, .vars = *body.vars});
        if (tags) tx.queue(sql::set_tags, {.id = id, .tags = *tags});
        if (body.data_class) tx.queue(sql::set_data_class, {.chat_id = id, .data_class = *body.data_class});
        tx.queue(sql::change_chat, {.id = id, .title = body.title, .status = body.status, .active_branch_id = {}});
        Chat chat = *TRY(tx.maybe(sql::chat, {.id = id}));
        TRY(hub_.append(tx, stream_of(id), "chat.updated", chat_event(chat)));
        return chat;
    });
}

Result<Chat> Chats::set_status(store::Tx& tx, ChatId id, ChatStatus status, const http::IfMatch& if_match) {
    auto version = TRY(tx.maybe(sql::lock_chat, {.id = id}));
    if (!version) return fail(Code::not_found, std::string(no_such_chat));
    TRY(if_match.check(*version));
    tx.queue(sql::change_chat, {.id = id, .title = {}, .status = status, .active_branch_id = {}});
    Chat chat = *TRY(tx.maybe(sql::chat, {.id = id}));
    TRY(hub_.append(tx, stream_of(id), "chat.updated", chat_event(chat)));
    return chat;
}

Result<Chat> Chats::archive(Op& op, ChatId id, http::IfMatch if_match) {
    return store_.write(op, "chats.archive", [&](store::Tx& tx) { return set_status(tx, id, ChatStatus::archived, if_match); });
}

Result<Chat> Chats::restore(Op& op, ChatId id, http::IfMatch if_match) {
    return store_.write(op, "chats.restore", [&](store::Tx& tx) { return set_status(tx, id, ChatStatus::active, if_match); });
}

Result<void> Chats::remove_chat(store::Tx& tx, ChatId id) {
    if (!TRY(tx.maybe(sql::lock_chat, {.id = id}))) return fail(Code::not_found, std::string(no_such_chat));
    for (GenerationId generation : TRY(tx.many(sql::unfinished_of_chat, {.chat_id = id}))) tx.after_commit([this, generation] { running_->abort(generation); });
    TRY(hub_.append(tx, stream_of(id), "chat.deleted", {"{\"chat_id\":\"" + id.text() + "\"}"}));
    TRY(hub_.remove(tx, stream_of(id)));
    TRY(tx.run(sql::delete_chat, {.id = id, .scope_id = id.text()}));
    tx.queue(sql::drop_orphan_prompts, {});
    return {};
}

Result<void> Chats::remove(Op& op, ChatId id) {
    return store_.write(op, "chats.delete", [&](store::Tx& tx) -> Result<void> {
        auto chat = TRY(tx.maybe(sql::chat, {.id = id}));
        if (!chat) return fail(Code::not_found, std::string(no_such_chat));
        if (chat->app_id) return fail(Code::conflict, "the chat belongs to an app; delete the app to delete both");
        if (chat->status == ChatStatus::deleted) return remove_chat(tx, id);
        TRY(abort_unfinished(tx, id));
        TRY(set_status(tx, id, ChatStatus::deleted, {}));
        return {};
    });
}

Result<void> Chats::empty_trash(const Op& server, int64_t kept_days) {
    std::optional<Error> failure;
    while (!failure && !server.deadline.passed()) {
        auto chats = TRY(store_.system_read(server, "chats.trash", [&](store::Tx& tx) { return tx.many(sql::long_trashed_chats, {.kept_days = kept_days, .limit = trash_batch}); }));
        for (const TrashedChat& chat : chats) {
            TRY(server.still_wanted());
            Op op = server;
            op.organization = chat.organization_id;
            op.object = "chat:" + chat.id.text();
            auto gone = store_.write(op, "chats.empty_trash", [&](store::Tx& tx) -> Result<void> {
                bool is_restored = !TRY(tx.maybe(sql::is_long_trashed, {.id = chat.id, .kept_days = kept_days})).value_or(false);
                return is_restored ? Result<void>() : remove_chat(tx, chat.id);
            });
            if (!gone) failure = std::move(gone).error();
        }
        if (int64_t(chats.size()) < trash_batch) break;
    }
    if (failure) return *std::move(failure);
    return {};
}

Result<http::Events> Chats::events(Op& op, ChatId id) {
    TRY(show(op, id));
    return http::Events{.stream = stream_of(id), .is_last = [](std::string_view type, std::string_view) { return type == "chat.deleted"; }};
}

Result<reads::Question> Chats::ask_branches(const http::ReadRequest& request) {
    return reads::many(sql::branches, {.chat_id = TRY(reads::hole<ChatId>(request))}, [](std::vector<Branch> all) -> Result<http::Page<Branch>> {
        if (all.empty()) return fail(Code::not_found, std::string(no_such_chat));  // every chat has its main branch
        return http::Page<Branch>{std::move(all), {}};
    });
}

Result<std::vector<Branch>> Chats::branches(store::Tx& tx, ChatId chat) { return tx.many(sql::branches, {.chat_id = chat}); }

Result<Branch> Chats::branch(store::Tx& tx, BranchId id) {
    auto found = TRY(tx.maybe(sql::branch, {.id = id}));
    if (!found) return fail(Code::not_found, std::string(no_such_branch));
    return *std::move(found);
}

Result<Branch> Chats::show_branch(Op& op, BranchId id) {
    return store_.read(op, "chats.show_branch", [&](store::Tx& tx) { return branch(tx, id); });
}

Result<http::Created<Branch>> Chats::create_branch(Op& op, ChatId chat_id, CreateBranch body) {
    BranchId id = BranchId::fresh();
    op.object = "branch:" + id.text();
    auto made = TRY(store_.write(op, "chats.create_branch", [&](store::Tx& tx) -> Result<Branch> {
        auto chat = TRY(tx.maybe(sql::chat, {.id = chat_id}));
        if (!chat) return fail(Code::not_found, std::string(no_such_chat));
        TRY(check_active(chat->status));
        if (TRY(tx.one(sql::count_branches, {.chat_id = chat_id})) >= branches_max)
            return fail(Code::over_quota, "the chat has " + std::to_string(branches_max) + " branches, the most it may have; delete some first");
        auto written = TRY(tx.maybe(sql::message, {.id = body.from_message_id}));
        if (!written || written->chat_id != chat_id) return invalid("/from_message_id", "is no message of this chat");
        BranchId parent_id = body.branch_id.value_or(written->branch_id);
        auto parent = TRY(tx.maybe(sql::branch, {.id = parent_id}));
        if (!parent || parent->chat_id != chat_id) return invalid("/branch_id", "is no branch of this chat; it may have been deleted: name another");
        auto from = TRY(tx.maybe(sql::message_in_branch, {.id = body.from_message_id, .branch_id = parent_id}));
        if (!from) return invalid("/from_message_id", "is not in the history of that branch");
        if (from->status == GenerationStatus::queued || from->status == GenerationStatus::streaming)
            return fail(Code::conflict, "the message is still being written; wait until it is complete, or stop it, and branch then");

        auto start = TRY(tx.maybe(sql::start_version, {.branch_id = parent_id}))->version_id;
        // What the app was after the message: at the end of the branch what the branch shows, else the newest version that the
        // history up to the message made.
        auto version = parent->current_version_id;
        if (from->seq < parent->messages_count) {
            auto made = TRY(tx.maybe(sql::version_at, {.branch_id = parent_id, .seq = from->seq}));
            version = made ? std::optional(*made) : start;
        }
        SegmentId segment = SegmentId::fresh();
        // Without a title it is called by what the person had said last.
        std::string said = from->text;
        if (from->role == Role::assistant && from->seq > 1)
            for (MessageRow& before : TRY(tx.many(sql::messages_page, {.branch_id = parent_id, .after = from->seq - 2, .limit = 1}))) said = std::move(before.text);
        std::string title = body.title ? std::string(trim(*body.title)) : "After “" + std::string(utf8_prefix(trim(said), 40)) + "”";
        if (title.empty()) return invalid("/title", "must not be empty");
        tx.queue(sql::add_branch, {.id = id, .chat_id = chat_id, .title = title, .is_main = false, .parent_branch_id = parent_id,
                                   .forked_from_message_id = from->id, .forked_from_variant_id = from->variant_id, .forked_from_seq = from->seq,
                                   .segment_id = segment, .messages_count = from->seq,
                                   .last_message_preview = std::string(utf8_prefix(trim(from->text), preview_bytes_max)),
                                   .current_version_id = version, .start_version_id = start});
        tx.queue(sql::inherit_lineage, {.branch_id = id, .parent_branch_id = parent_id, .forked_from_seq = from->seq, .pinned_variant_id = from->variant_id});
        tx.queue(sql::add_lineage, {.branch_id = id, .seq_from = from->seq + 1, .segment_id = segment});
        Branch branch = *TRY(tx.maybe(sql::branch, {.id = id}));
        if (chat->app_id && subject_) TRY(subject_->branch_created(tx, *chat->app_id, branch));
        TRY(hub_.append(tx, stream_of(chat_id), "branch.created", branch_event(branch)));
        return branch;
    }));
    return http::Created<Branch>{std::move(made), "/api/v1/branches/" + id.text()};
}

Result<Branch> Chats::rename_branch(Op& op, BranchId id, ChangeBranch body, http::IfMatch if_match) {
    return store_.write(op, "chats.rename_branch", [&](store::Tx& tx) -> Result<Branch> {
        TRY(if_match.check(TRY(branch(tx, id)).version));
        tx.queue(sql::rename_branch, {.id = id, .title = body.title});
        Branch renamed = TRY(branch(tx, id));
        TRY(hub_.append(tx, stream_of(renamed.chat_id), "branch.updated", branch_event(renamed)));
        return renamed;
    });
}

Result<Chat> Chats::activate_branch(Op& op, BranchId id) {
    return store_.write(op, "chats.activate_branch", [&](store::Tx& tx) -> Result<Chat> {
        Branch active = TRY(branch(tx, id));
        tx.queue(sql::change_chat, {.id = active.chat_id, .title = {}, .status = {}, .active_branch_id = id});
        Chat chat = *TRY(tx.maybe(sql::chat, {.id = active.chat_id}));
        TRY(hub_.append(tx, stream_of(chat.id), "chat.updated", chat_event(chat)));
        return chat;
    });
}

Result<void> Chats::remove_branch(Op& op, BranchId id) {
    return store_.write(op, "chats.delete_branch", [&](store::Tx& tx) -> Result<void> {
        auto end = TRY(tx.maybe(sql::lock_branch, {.id = id}));
        if (!end) return fail(Code::not_found, std::string(no_such_branch));
        Branch gone = TRY(branch(tx, id));
        if (gone.is_main) return fail(Code::conflict, "the main branch cannot be deleted; delete the chat instead");
        TRY(check_no_answer(tx, end->chat_id, id));
        Chat chat = *TRY(tx.maybe(sql::chat, {.id = end->chat_id}));
        if (chat.active_branch_id == id) {
            tx.queue(sql::change_chat, {.id = chat.id, .title = {}, .status = {}, .active_branch_id = gone.parent_branch_id});
        }
        if (chat.app_id && subject_) TRY(subject_->branch_deleted(tx, *chat.app_id, id));
        // Its messages stay: branches that were forked from it show them.
        TRY(tx.run(sql::delete_branch, {.id = id}));
        TRY(hub_.append(tx, stream_of(chat.id), "branch.deleted", {"{\"branch_id\":\"" + id.text() + "\"}"}));
        return {};
    });
}

Result<Branch> Chats::move_branch(store::Tx& tx, BranchId id, std::optional<VersionId> version) {
    tx.queue(sql::set_branch_version, {.id = id, .current_version_id = version});
    Branch moved = TRY(branch(tx, id));
    TRY(hub_.append(tx, stream_of(moved.chat_id), "branch.updated", branch_event(moved)));
    return moved;
}

Result<void> Chats::check_no_answer(store::Tx& tx, ChatId chat, BranchId branch) {
    if (TRY(tx.one(sql::count_unfinished, {.chat_id = chat, .branch_id = branch})) == 0) return {};
    return fail(Code::conflict, "an answer is being written on the branch; wait for its end, or stop it first");
}

Result<void> Chats::set_variant_version(store::Tx& tx, VariantId variant, VersionId version) {
    TRY(tx.run(sql::set_variant_version, {.id = variant, .version_id = version}));
    return {};
}

}  // namespace ry::chats

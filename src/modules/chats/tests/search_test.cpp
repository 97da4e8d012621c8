// Chats that are found again: by words, by tags, in the archive and in the trash.
#include "modules/chats/search_model.h"

#include "modules/chats/tests/rig.h"

using namespace ry;
using namespace ry::chats;

namespace {

using Texts = std::vector<std::string>;

std::vector<Found> found(Rig& rig, std::string query, std::optional<ChatId> chat = {}, Op* op = nullptr) {
    auto page = rig.chats.search(op ? *op : rig.op, {.query = std::move(query), .chat_id = chat});
    REQUIRE_MESSAGE(page, (page ? "" : page.error().message));
    return page->items;
}

Texts excerpts(const std::vector<Found>& all) {
    Texts texts;
    for (const Found& one : all) texts.push_back(one.excerpt);
    return texts;
}

Message add(Rig& rig, BranchId branch, std::string text, Role role = Role::user) {
    auto made = rig.chats.create_message(rig.op, branch, {.text = std::move(text), .role = role});
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message));
    return made->value;
}

}  // namespace

TEST_CASE("words find messages and titles in Russian and in English, in any of their forms") {
    Rig rig;
    Chat chat = rig.chats.create(rig.op, {.title = "Письма и люди"})->value;
    Chat other = rig.chats.create(rig.op, {.title = "Other"})->value;
    Message russian = add(rig, chat.active_branch_id, "Вчера пришло два письма из депо.");
    Message english = add(rig, other.active_branch_id, "The drivers were running late, <b>again</b>.", Role::assistant);

    auto all = found(rig, "письмо");
    REQUIRE(all.size() == 2);
    CHECK(all[0].message_id == russian.id);
    CHECK(all[0].branch_id == chat.active_branch_id);
    CHECK(all[0].seq == 1);
    CHECK(all[0].matches == Texts{"письма"});
    CHECK(all[1].chat_title == "Письма и люди");
    CHECK_FALSE(all[1].message_id);
    CHECK(found(rig, "письмо", other.id).empty());
    CHECK(found(rig, "письмо", chat.id).size() == 2);

    all = found(rig, "driver run");
    REQUIRE(all.size() == 1);
    CHECK(all[0].role == Role::assistant);
    CHECK(all[0].excerpt == "The drivers were running late,  again .");  // tags are no words
    CHECK(all[0].matches == Texts{"drivers", "running"});

    struct Case {
        std::string query;
        size_t count;
    };
    for (const Case& one : {Case{"Driv", 1}, {"\"running late\"", 1}, {"\"late running\"", 0}, {"drivers -late", 0}, {"депо or drivers", 2}, {"the", 0}, {"' & | ! ( :*", 0},
                            {"деп", 1}, {"o/", 0}, {"\\ \" <-> %", 0}, {"-письмо", 2}}) {
        CAPTURE(one.query);
        CHECK(found(rig, one.query).size() == one.count);
    }
    Op stranger = rig.database.stranger();
    CHECK(found(rig, "письмо", {}, &stranger).empty());
    CHECK(found(rig, "-письмо", {}, &stranger).empty());
}

TEST_CASE("what is found is what some branch shows: the selected text, on a branch that has it") {
    Rig rig;
    Chat chat = rig.chat();
    add(rig, chat.active_branch_id, "begin");
    Message second = add(rig, chat.active_branch_id, "alpha");
    Branch branch = rig.chats.create_branch(rig.op, chat.id, {.from_message_id = second.id})->value;
    Message third = add(rig, branch.id, "gamma");

    CHECK(found(rig, "gamma").at(0).branch_id == branch.id);
    CHECK(found(rig, "alpha").at(0).branch_id == chat.active_branch_id);
    REQUIRE(rig.chats.activate_branch(rig.op, branch.id));
    CHECK(found(rig, "alpha").at(0).branch_id == branch.id);

    // The branch keeps the text that it was forked from, so the new one is on the main branch.
    REQUIRE(rig.chats.edit_message(rig.op, second.id, {.text = "beta"}));
    CHECK(found(rig, "alpha").empty());
    CHECK(found(rig, "beta").at(0).branch_id == chat.active_branch_id);
    REQUIRE(rig.chats.edit_message(rig.op, second.id, {.text = "delta", .in_place = true}));
    CHECK(found(rig, "beta").empty());
    Variant unshown = rig.chats.create_variant(rig.op, second.id, {.text = "epsilon", .is_selected = false})->value;
    CHECK(found(rig, "epsilon").empty());
    REQUIRE(rig.chats.select_variant(rig.op, second.id, unshown.id));
    CHECK(found(rig, "epsilon").size() == 1);
    REQUIRE(rig.chats.remove_variant(rig.op, second.id, unshown.id));
    CHECK(found(rig, "delta").size() == 1);

    REQUIRE(rig.chats.remove_message(rig.op, third.id, {}));
    CHECK(found(rig, "gamma").empty());
    REQUIRE(rig.chats.change(rig.op, chat.id, {.title = "omega"}, {}));
    CHECK(found(rig, "omega").size() == 1);
    rig.say(chat.id, chat.active_branch_id, "zeta");
    CHECK(found(rig, "zeta").size() == 1);
}

TEST_CASE("pages of what is found go on where the last one ended, past what nobody can see") {
    Rig rig;
    Chat chat = rig.chat();
    std::vector<Message> messages;
    for (int i = 0; i < 7; ++i) messages.push_back(add(rig, chat.active_branch_id, "word " + std::to_string(i)));
    REQUIRE(rig.chats.remove_message(rig.op, messages[4].id, {}));
    Texts all;
    std::optional<std::string> cursor;
    do {
        auto page = rig.chats.search(rig.op, {.query = "word", .limit = 3, .cursor = cursor});
        REQUIRE(page);
        for (const Found& one : page->items) all.push_back(one.excerpt);
        cursor = page->next_cursor;
    } while (cursor);
    std::string joined;
    for (const std::string& text : all) joined += text + ", ";
    CHECK(joined == "word 3, word 2, word 1, word 0, ");
    CHECK(rig.chats.search(rig.op, {.query = "word", .cursor = "x"}).error().code == Code::invalid);
}

TEST_CASE("a chat goes into the archive and into the trash, comes back, and is gone only the second time") {
    Rig rig;
    Chat chat = rig.chats.create(rig.op, {.title = "unicorn"})->value;
    auto listed = [&](ListChats query) { return rig.chats.list(rig.op, std::move(query))->items.size(); };
    auto refused = [&](std::string_view why) {
        auto posted = rig.chats.post_message(rig.op, chat.id, {.text = "x"});
        REQUIRE_FALSE(posted);
        CHECK(posted.error().code == Code::conflict);
        CHECK(posted.error().message.contains(why));
        CHECK(rig.chats.create_message(rig.op, chat.active_branch_id, {.text = "x"}).error().code == Code::conflict);
    };
    Posted waiting = rig.chats.post_message(rig.op, chat.id, {.text = "hi"})->value;
    CHECK(rig.chats.archive(rig.op, chat.id, {})->status == ChatStatus::archived);
    refused("archived");
    CHECK(listed({}) == 1);
    CHECK(listed({.status = ChatStatus::active}) == 0);
    CHECK(found(rig, "unicorn").at(0).chat_status == ChatStatus::archived);
    CHECK(rig.chats.restore(rig.op, chat.id, {.version = 1}).error().code == Code::stale);

    REQUIRE(rig.chats.remove(rig.op, chat.id));
    refused("deleted");
    CHECK(rig.chats.show_generation(rig.op, waiting.generation.id)->status == GenerationStatus::aborted);
    CHECK(listed({}) == 0);
    CHECK(listed({.status = ChatStatus::deleted}) == 1);
    CHECK(found(rig, "unicorn").empty());
    CHECK(rig.chats.change(rig.op, chat.id, {.status = ChatStatus::deleted}, {}).error().code == Code::invalid);
    CHECK(rig.chats.restore(rig.op, chat.id, {})->status == ChatStatus::active);
    CHECK(found(rig, "unicorn").size() == 1);
    REQUIRE(rig.chats.post_message(rig.op, chat.id, {.text = "x"}));

    REQUIRE(rig.chats.remove(rig.op, chat.id));
    REQUIRE(rig.chats.remove(rig.op, chat.id));
    CHECK(rig.chats.show(rig.op, chat.id).error().code == Code::not_found);
    CHECK(rig.database.run_as_superuser("select count(*) from chats.search_entry") == "0");
}

TEST_CASE("chats are listed by their tags, and by the words in them") {
    Rig rig;
    Chat one = rig.chats.create(rig.op, {.title = "one"})->value;
    Chat two = rig.chats.create(rig.op, {.title = "two"})->value;
    add(rig, two.active_branch_id, "a whale");
    auto tag = [&](ChatId chat, Texts tags) { return rig.chats.change(rig.op, chat, {.tags = std::move(tags)}, {}); };
    CHECK(tag(one.id, {" work ", "sea", "work"})->tags == Texts{"work", "sea"});
    CHECK(tag(two.id, {"sea", "it's, {\"quoted\"}"})->tags == Texts{"sea", "it's, {\"quoted\"}"});
    CHECK(tag(one.id, {"ok", " "}).error().faults.at(0).pointer == "/tags/1");
    auto ids = [&](ListChats query) {
        std::vector<ChatId> all;
        for (const Chat& chat : rig.chats.list(rig.op, std::move(query))->items) all.push_back(chat.id);
        return all;
    };
    CHECK(ids({.tag = "sea"}) == std::vector<ChatId>{two.id, one.id});
    CHECK(ids({.tag = "work"}) == std::vector<ChatId>{one.id});
    CHECK(ids({.query = "whales"}) == std::vector<ChatId>{two.id});
    CHECK(ids({.tag = "work", .query = "whales"}).empty());
    auto tags = rig.chats.tags(rig.op)->items;
    REQUIRE(tags.size() == 3);
    CHECK(tags[1].tag == "sea");
    CHECK(tags[1].chats_count == 2);
    CHECK(rig.chats.change(rig.op, one.id, {.title = "same"}, {})->tags == Texts{"work", "sea"});
    CHECK(tag(one.id, {})->tags.empty());
}

TEST_CASE("a chat that was there before words were kept is found, too") {
    Rig rig;
    Chat chat = rig.chats.create(rig.op, {.title = "Ancient"})->value;
    add(rig, chat.active_branch_id, "history");
    rig.database.run_as_superuser("truncate chats.search_entry");
    CHECK(found(rig, "history").empty());
    for (const store::Migration& migration : chats::schema.migrations)
        if (migration.name.contains("search")) rig.database.run_as_owner("begin;" + std::string(migration.text) + ";commit");
    CHECK(excerpts(found(rig, "history")) == Texts{"history"});
    CHECK(found(rig, "ancient").size() == 1);
}

TEST_CASE("the trash is emptied of what is in it for long, in every organization, and of nothing else") {
    Rig rig;
    Op stranger = rig.database.stranger();
    stranger.project = ProjectId::fresh();
    auto trashed = [&](Op& op, std::string title) {
        ChatId id = rig.chats.create(op, {.title = std::move(title)})->value.id;
        REQUIRE(rig.chats.remove(op, id));
        CHECK(rig.chats.show(op, id)->deleted_at);
        return id;
    };
    ChatId old = trashed(rig.op, "old"), theirs = trashed(stranger, "theirs"), back = trashed(rig.op, "back"), fresh = trashed(rig.op, "fresh");
    ChatId kept = rig.chat().id;
    rig.database.run_as_superuser("update chats.chat set deleted_at = now() - interval '31 days' where title in ('old', 'theirs', 'back')");
    CHECK_FALSE(rig.chats.restore(rig.op, back, {})->deleted_at);
    REQUIRE(rig.chats.empty_trash(server_op("test"), 30));
    CHECK(rig.chats.show(rig.op, old).error().code == Code::not_found);
    CHECK(rig.chats.show(stranger, theirs).error().code == Code::not_found);
    for (ChatId id : {back, fresh, kept}) CHECK(rig.chats.show(rig.op, id));
}

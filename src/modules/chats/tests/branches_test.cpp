// Branches: histories that share messages without copying them. A model of plain lists says what each branch must show.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "modules/chats/tests/rig.h"

using namespace ry;
using namespace ry::chats;

TEST_CASE("a branch shows what it inherited and then its own, and its parent never sees it") {
    Rig rig;
    Chat chat = rig.chat();
    Posted first = rig.say(chat.id, chat.active_branch_id, "one");
    rig.say(chat.id, chat.active_branch_id, "two");
    Branch branch = rig.chats.create_branch(rig.op, chat.id, {.from_message_id = first.answer.id})->value;
    CHECK(branch.messages_count == 2);
    rig.say(chat.id, branch.id, "other two");
    CHECK(rig.shown(chat.id, chat.active_branch_id) == std::vector<std::string>{"one", "", "two", ""});
    CHECK(rig.shown(chat.id, branch.id) == std::vector<std::string>{"one", "", "other two", ""});
    CHECK(rig.shown(chat.id, branch.id, Order::newest) == std::vector<std::string>{"", "other two", "", "one"});
    // Deleting the parent's later messages leaves the branch as it is, and the branch's deletion its parent.
    REQUIRE(rig.chats.remove_message(rig.op, first.id, {}));
    CHECK(rig.shown(chat.id, chat.active_branch_id).empty());
    CHECK(rig.shown(chat.id, branch.id) == std::vector<std::string>{"one", "", "other two", ""});
}

TEST_CASE("any order of saying, branching, deleting and renewing shows what plain lists show") {
    unsigned seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    auto below = [&](size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random); };
    Rig rig;
    Chat chat = rig.chat();
    std::map<BranchId, std::vector<std::string>> expected;
    expected[chat.active_branch_id];
    for (int step = 0; step < 60; ++step) {
        auto at = expected.begin();
        std::advance(at, below(expected.size()));
        auto& [branch, texts] = *at;
        switch (texts.empty() ? 0 : below(5)) {
            case 0:
            case 1: {
                std::string text = "m" + std::to_string(step);
                rig.say(chat.id, branch, text);
                texts.insert(texts.end(), {text, ""});
                break;
            }
            case 2: {
                size_t seq = below(texts.size()) + 1;
                Message from = rig.message_at(chat.id, branch, int64_t(seq));
                auto made = rig.chats.create_branch(rig.op, chat.id, {.from_message_id = from.id, .branch_id = branch});
                REQUIRE(made);
                expected[made->value.id] = {texts.begin(), texts.begin() + long(seq)};
                break;
            }
            case 3: {
                size_t seq = below(texts.size()) + 1;
                Message from = rig.message_at(chat.id, branch, int64_t(seq));
                if (from.branch_id != branch) break;  // inherited: it is deleted where it was written
                REQUIRE(rig.chats.remove_message(rig.op, from.id, {}));
                texts.resize(seq - 1);
                break;
            }
            case 4: {  // only the newest message: an older one may be shown by branches of this one
                Message last = rig.message_at(chat.id, branch, int64_t(texts.size()));
                if (last.branch_id != branch) break;  // inherited: the branch keeps the variant that it was forked from
                bool is_shared = false;
                for (auto& [other, shown] : expected) is_shared |= other != branch && shown.size() >= texts.size() && rig.message_at(chat.id, other, int64_t(texts.size())).id == last.id;
                if (is_shared) break;
                texts.back() = "edited " + std::to_string(step);
                REQUIRE(rig.chats.edit_message(rig.op, last.id, {.text = texts.back()}));
                break;
            }
        }
        for (auto& [other, shown] : expected) CHECK(rig.shown(chat.id, other) == shown);
    }
}

TEST_CASE("a branch keeps the variant that it was forked from, whatever is chosen later") {
    Rig rig;
    Chat chat = rig.chat();
    Posted first = rig.say(chat.id, chat.active_branch_id, "one");
    Branch branch = rig.chats.create_branch(rig.op, chat.id, {.from_message_id = first.id})->value;
    REQUIRE(rig.chats.edit_message(rig.op, first.id, {.text = "changed"}));
    CHECK(rig.shown(chat.id, branch.id) == std::vector<std::string>{"one"});
    CHECK(rig.shown(chat.id, chat.active_branch_id) == std::vector<std::string>{"changed", ""});
    auto variants = rig.chats.list_variants(rig.op, first.id, {});
    REQUIRE(variants->items.size() == 2);
    REQUIRE(rig.chats.select_variant(rig.op, first.id, variants->items[0].id));
    CHECK(rig.shown(chat.id, chat.active_branch_id) == std::vector<std::string>{"one", ""});
}

TEST_CASE("a prompt can be seen before the first message, of each branch, and up to a message") {
    Rig rig;
    Chat chat = rig.chat();
    auto sent = [&](PreviewPrompt body) {
        auto preview = rig.chats.preview_prompt(rig.op, chat.id, std::move(body));
        REQUIRE_MESSAGE(preview, (preview ? "" : preview.error().message));
        std::vector<std::string> texts;
        for (size_t i = 1; i < preview->messages.size(); ++i) texts.push_back(preview->messages[i].text);  // behind the template
        return texts;
    };
    using Texts = std::vector<std::string>;
    CHECK(sent({.text = "first"}) == Texts{"first"});
    Posted one = rig.say(chat.id, chat.active_branch_id, "one");
    Branch branch = rig.chats.create_branch(rig.op, chat.id, {.from_message_id = one.id})->value;
    Posted two = rig.say(chat.id, chat.active_branch_id, "two");
    CHECK(sent({.text = "three"}) == Texts{"one", "two", "three"});
    CHECK(sent({.text = "three", .branch_id = branch.id}) == Texts{"one", "three"});
    CHECK(sent({.message_id = two.answer.id}) == Texts{"one", "two"});
    CHECK_FALSE(rig.chats.preview_prompt(rig.op, chat.id, {.branch_id = branch.id, .message_id = two.answer.id}));
    CHECK_FALSE(rig.chats.preview_prompt(rig.op, rig.chat().id, {.branch_id = branch.id}));
    Op stranger = rig.database.stranger();
    CHECK(rig.chats.preview_prompt(stranger, chat.id, {}).error().code == Code::not_found);
}

TEST_CASE("what another organization asks for does not exist") {
    Rig rig;
    Chat chat = rig.chat();
    Posted posted = rig.say(chat.id, chat.active_branch_id, "one");
    Op stranger = rig.database.stranger();
    CHECK(rig.chats.show(stranger, chat.id).error().code == Code::not_found);
    CHECK(rig.chats.show_message(stranger, posted.id).error().code == Code::not_found);
    CHECK(rig.chats.post_message(stranger, chat.id, {.text = "x"}).error().code == Code::not_found);
    CHECK(rig.chats.create_branch(stranger, chat.id, {.from_message_id = posted.id}).error().code == Code::not_found);
    CHECK(rig.chats.abort(stranger, posted.generation.id).error().code == Code::not_found);
    CHECK(rig.chats.list(stranger, {})->items.empty());
}

TEST_CASE("twenty answers may wait on a branch, and one more is refused for now") {
    Rig rig;
    Chat chat = rig.chat();
    for (size_t i = 0; i < unfinished_max; ++i) REQUIRE(rig.chats.post_message(rig.op, chat.id, {.text = "x"}));
    auto refused = rig.chats.post_message(rig.op, chat.id, {.text = "x"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::over_quota);
    CHECK(refused.error().retry_after_ms > 0);
}

TEST_CASE("a message that is deleted alone leaves no gap, and no branch of others loses anything") {
    Rig rig;
    Chat chat = rig.chat();
    BranchId main = chat.active_branch_id;
    std::vector<Message> said;
    for (std::string text : {"one", "two", "three", "four"})
        said.push_back(rig.chats.create_message(rig.op, main, {.text = text, .role = text == "two" ? Role::system : Role::user})->value);
    CHECK(said[1].role == Role::system);
    Branch branch = rig.chats.create_branch(rig.op, chat.id, {.from_message_id = said[1].id})->value;
    auto alone = [&](MessageId id) { return rig.chats.remove_message(rig.op, id, {.keep_following = true}); };

    auto refused = alone(said[0].id);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::conflict);
    CHECK(refused.error().message.contains("1 other branches"));
    REQUIRE(alone(said[1].id));
    CHECK(rig.shown(chat.id, main) == std::vector<std::string>{"one", "three", "four"});
    CHECK(rig.shown(chat.id, branch.id) == std::vector<std::string>{"one", "two"});
    CHECK(rig.message_at(chat.id, main, 2).id == said[2].id);
    REQUIRE(alone(said[3].id));
    CHECK(rig.chats.show_branch(rig.op, main)->last_message_preview == "three");
    REQUIRE(rig.chats.create_message(rig.op, main, {.text = "five"}));
    CHECK(rig.shown(chat.id, main) == std::vector<std::string>{"one", "three", "five"});
    CHECK(alone(said[1].id).error().code == Code::not_found);
}

TEST_CASE("variants are numbered without gaps, one is shown, and one that a branch shows stays") {
    Rig rig;
    Chat chat = rig.chat();
    Message message = rig.chats.create_message(rig.op, chat.active_branch_id, {.text = "1"})->value;
    auto add = [&](std::string text, bool is_selected) { return rig.chats.create_variant(rig.op, message.id, {.text = std::move(text), .is_selected = is_selected})->value; };
    Variant second = add("2", false), third = add("3", true), fourth = add("4", false);
    CHECK_FALSE(second.is_selected);
    auto texts = [&] {
        std::string all;
        int64_t number = 0;
        for (const Variant& one : rig.chats.list_variants(rig.op, message.id, {})->items) {
            CHECK(one.number == ++number);
            all += (one.is_selected ? "[" : "") + one.text + (one.is_selected ? "]" : "");
        }
        return all;
    };
    CHECK(texts() == "12[3]4");
    Branch branch = rig.chats.create_branch(rig.op, chat.id, {.from_message_id = message.id})->value;
    auto refused = rig.chats.remove_variant(rig.op, message.id, third.id);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::conflict);
    REQUIRE(rig.chats.remove_branch(rig.op, branch.id));
    REQUIRE(rig.chats.remove_variant(rig.op, message.id, message.variant.id));
    CHECK(texts() == "2[3]4");
    CHECK(rig.chats.remove_variant(rig.op, message.id, third.id)->text == "4");
    CHECK(texts() == "2[4]");
    CHECK(rig.chats.remove_variant(rig.op, message.id, third.id).error().code == Code::not_found);
    CHECK(add("5", true).number == 3);
    REQUIRE(rig.chats.remove_variant(rig.op, message.id, second.id));
    REQUIRE(rig.chats.remove_variant(rig.op, message.id, fourth.id));
    auto last = rig.chats.list_variants(rig.op, message.id, {})->items;
    CHECK(rig.chats.remove_variant(rig.op, message.id, last.at(0).id).error().message.contains("only variant"));
}

TEST_CASE("a page begins before or after any message") {
    Rig rig;
    Chat chat = rig.chat();
    for (int i = 1; i <= 5; ++i) REQUIRE(rig.chats.create_message(rig.op, chat.active_branch_id, {.text = std::to_string(i)}));
    auto texts = [&](ListMessages query) {
        query.limit = 2;
        auto page = rig.chats.list_messages(rig.op, chat.id, query);
        REQUIRE(page);
        std::string all;
        for (const Message& one : page->items) all += one.text;
        return all + (page->next_cursor ? ">" + *page->next_cursor : "");
    };
    CHECK(texts({.before = 4}) == "32>2");
    CHECK(texts({.before = 4, .cursor = "2"}) == "1");
    CHECK(texts({.after = 3}) == "45");
    CHECK(texts({.after = 1}) == "23>3");
    CHECK(texts({.before = 1}) == "");
    CHECK(rig.chats.list_messages(rig.op, chat.id, {.before = 4, .after = 1}).error().code == Code::invalid);
}

TEST_CASE("messages are pinned, as many as a chat may have, and a branch shows those of its history") {
    Rig rig;
    Chat chat = rig.chat();
    auto add = [&](BranchId branch) { return rig.chats.create_message(rig.op, branch, {.text = "x"})->value; };
    for (int64_t i = 0; i < pins_max; ++i) add(chat.active_branch_id);
    Message first = rig.message_at(chat.id, chat.active_branch_id, 1), last = add(chat.active_branch_id);
    CHECK_FALSE(first.pinned_at);
    auto pinned = rig.chats.pin_message(rig.op, first.id);
    REQUIRE(pinned);
    CHECK(pinned->pinned_at);
    CHECK(rig.chats.pin_message(rig.op, first.id)->pinned_at == pinned->pinned_at);
    CHECK(rig.message_at(chat.id, chat.active_branch_id, 1).pinned_at == pinned->pinned_at);

    Branch branch = rig.chats.create_branch(rig.op, chat.id, {.from_message_id = first.id})->value;
    Message other = add(branch.id);
    REQUIRE(rig.chats.pin_message(rig.op, other.id));
    CHECK(rig.chats.list_pinned(rig.op, branch.id)->items.size() == 2);
    CHECK(rig.chats.list_pinned(rig.op, chat.active_branch_id)->items.size() == 1);

    rig.database.run_as_superuser("update chats.message set pinned_at = now() where seq < 100 and id <> '" + uuid_text(other.id.uuid) + "'");
    auto refused = rig.chats.pin_message(rig.op, last.id);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::over_quota);
    CHECK(rig.chats.pin_message(rig.op, first.id));
    CHECK_FALSE(rig.chats.unpin_message(rig.op, first.id)->pinned_at);
    CHECK(rig.chats.pin_message(rig.op, last.id));
    // What no branch shows any more does not count.
    CHECK_FALSE(rig.chats.pin_message(rig.op, first.id));
    REQUIRE(rig.chats.remove_message(rig.op, last.id, {}));
    CHECK(rig.chats.pin_message(rig.op, first.id));
    Op stranger = rig.database.stranger();
    CHECK(rig.chats.pin_message(stranger, first.id).error().code == Code::not_found);
    CHECK(rig.chats.list_pinned(stranger, branch.id).error().code == Code::not_found);
}

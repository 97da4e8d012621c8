// Branches: histories that share messages without copying them. A model of plain lists says what each branch must show.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "kernel/access/access.h"
#include "kernel/audit/audit.h"
#include "kernel/fetch/fetch.h"
#include "kernel/identity/identity.h"
#include "kernel/jobs/jobs.h"
#include "kernel/llm/llm.h"
#include "kernel/secrets/secrets.h"
#include "kernel/stream/stream.h"
#include "modules/chats/chats.h"
#include "modules/chats/prompt_model.h"
#include "testing/database.h"

using namespace ry;
using namespace ry::chats;

namespace {

/// The chats on a real database, without a runner: answers stay queued until they are aborted.
struct Rig {
    testing::Database database{{&stream::schema, &jobs::schema, &secrets::schema, &audit::schema, &access::schema, &identity::schema, &chats::schema}};
    stream::Hub hub{database.store()};
    jobs::Jobs jobs{database.store(), hub};
    fetch::Fetch fetch;
    llm::Gateway gateway{fetch, {.demo_word_ms = 0}};
    secrets::Secrets secrets{secrets::MasterKey::fresh()};
    access::Access access{database.store()};
    identity::Identities identities{database.store(), access};
    Chats chats{database.store(), hub, jobs, gateway, secrets, identities};
    Op op = database.op();

    Rig() {
        op.project = ProjectId::fresh();
        chats.offer_models({});
    }

    Chat chat() { return chats.create(op, {.title = "t"})->value; }
    /// Says something and ends the answer at once: two messages.
    Posted say(ChatId chat, BranchId branch, std::string text) {
        auto posted = chats.post_message(op, chat, {.text = std::move(text), .branch_id = branch});
        REQUIRE(posted);
        REQUIRE(chats.abort(op, posted->value.generation.id));
        return posted->value;
    }
    std::vector<std::string> shown(ChatId chat, BranchId branch, Order order = Order::oldest) {
        std::vector<std::string> texts;
        std::optional<std::string> cursor;
        do {
            auto page = chats.list_messages(op, chat, {.branch_id = branch, .order = order, .limit = 3, .cursor = cursor});
            REQUIRE(page);
            for (const Message& message : page->items) {
                int64_t place = int64_t(texts.size()) + 1;
                if (order == Order::oldest) CHECK(message.seq == place);
                texts.push_back(message.text);
            }
            cursor = page->next_cursor;
        } while (cursor);
        return texts;
    }
    Message message_at(ChatId chat, BranchId branch, int64_t seq) {
        auto page = chats.list_messages(op, chat, {.branch_id = branch, .limit = 1, .cursor = std::to_string(seq - 1)});
        REQUIRE(page->items.size() == 1);
        return page->items[0];
    }
};

}  // namespace

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
    REQUIRE(rig.chats.remove_message(rig.op, first.id));
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
                REQUIRE(rig.chats.remove_message(rig.op, from.id));
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

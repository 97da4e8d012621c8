#pragma once
// Inside the part's tests: the chats on a real database.
#include <doctest/doctest.h>

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

namespace ry::chats {

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
    Chats chats{database.store(), hub, jobs, gateway, secrets, identities, fetch};
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

}  // namespace ry::chats

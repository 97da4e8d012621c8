#include <doctest/doctest.h>

#include <thread>

#include "base/text.h"
#include "kernel/audit/audit.h"
#include "kernel/audit/all_queries.gen.h"
#include "testing/database.h"

using namespace ry;
using namespace ry::audit;
using store::Tx;

namespace {

struct Audited {
    testing::Database database{{&audit::schema}};
    store::Store& store = database.store();
    const Op& op = database.op();

    Audited() { store.set_before_commit(before_commit); }

    Result<void> change(const Op& by, std::string_view name, std::string about = {}) {
        return store.write(by, name, [&](Tx& tx) -> Result<void> {
            if (!about.empty()) object(tx, about);
            return {};
        });
    }
    std::vector<Entry> entries(const Op& of, ListEntries filter = {}) {
        auto page = audit::list(store, of, filter);
        REQUIRE(page);
        return page->items;
    }
    Verification verified(const Op& of) {
        auto verification = audit::verify(store, of);
        REQUIRE(verification);
        return *verification;
    }
    /// Somebody with all power over the database changes history.
    void tamper(const std::string& sql) {
        database.run_as_superuser("alter table audit.entry disable trigger all; " + sql + "; alter table audit.entry enable always trigger never_changed; "
                                  "alter table audit.entry enable always trigger never_emptied");
    }
};

}  // namespace

TEST_CASE("the statements and the schema fit the database") {
    testing::Database database({&audit::schema});
    CHECK(testing::problems_of(database, sql::all) == "");
    CHECK(testing::problems_of_schema(database) == "");
}

TEST_CASE("every write of a person leaves a row that says who, what, from where and on what") {
    Audited audited;
    Op op = audited.op;
    op.actor = {ActorKind::token, UserId::fresh(), "192.0.2.7"};
    op.request_id = "req-1";
    REQUIRE(audited.change(op, "apps.create", "app:app_1"));
    REQUIRE(audited.change(op, "apps.rename"));
    auto entries = audited.entries(op);
    REQUIRE(entries.size() == 2);
    CHECK(entries[1].seq == 1);
    CHECK(entries[1].actor == "token:" + op.actor.user.text());
    CHECK(entries[1].address == "192.0.2.7");
    CHECK(entries[1].action == "apps.create");
    CHECK(entries[1].object == "app:app_1");
    CHECK(entries[1].outcome == Outcome::ok);
    CHECK(entries[1].request_id == "req-1");
    CHECK(entries[0].action == "apps.rename");
    CHECK(entries[0].object == "");
    CHECK(entries[0].hash == hex(hash_of(entries[0], op.organization, *unhex(entries[1].hash))));
}

TEST_CASE("what the request's address names is the object, unless the write names another") {
    Audited audited;
    Op op = audited.op;
    op.object = "chat:chat_1";
    REQUIRE(audited.change(op, "chats.rename"));
    REQUIRE(audited.change(op, "chats.create_branch", "branch:branch_1"));
    auto entries = audited.entries(op);
    REQUIRE(entries.size() == 2);
    CHECK(entries[1].object == "chat:chat_1");
    CHECK(entries[0].object == "branch:branch_1");
    CHECK(audited.verified(op).is_valid);
}

TEST_CASE("the steps of a longer change leave none; its last write does") {
    Audited audited;
    Op op = audited.op;
    op.actor = {ActorKind::job, UserId::fresh()};
    auto step = audited.store.write(op, "chats.start_block", [](Tx& tx) -> Result<void> {
        tx.step();
        return {};
    });
    REQUIRE(step);
    REQUIRE(audited.change(op, "chats.end_generation"));
    auto entries = audited.entries(op);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].action == "chats.end_generation");
    CHECK(audited.verified(op).is_valid);
}

TEST_CASE("a write that fails, a read, the system's and the server's own writes leave none") {
    Audited audited;
    Op server = audited.op;
    server.actor = {};
    CHECK_FALSE(audited.store.write(audited.op, "apps.create", [](Tx&) -> Result<void> { return fail(Code::conflict, "no"); }));
    REQUIRE(audited.store.read(audited.op, "apps.list", [](Tx&) -> Result<void> { return {}; }));
    REQUIRE(audited.store.system_write(audited.op, "jobs.heartbeat", [](Tx&) -> Result<void> { return {}; }));
    REQUIRE(audited.change(server, "previews.sleep"));
    CHECK(audited.entries(audited.op).empty());
    CHECK(audited.verified(audited.op).is_valid);
    CHECK(audited.verified(audited.op).entries == 0);
}

TEST_CASE("a refusal is recorded with the permission that was missing") {
    Audited audited;
    REQUIRE(audit::denied(audited.store, audited.op, "apps.write", "app:app_1"));
    auto entries = audited.entries(audited.op);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].outcome == Outcome::denied);
    CHECK(entries[0].action == "apps.write");
    CHECK(entries[0].object == "app:app_1");
    Op nobody;
    CHECK(audit::denied(audited.store, nobody, "apps.write"));
}

TEST_CASE("each organization has its own chain and sees no other") {
    Audited audited;
    Op stranger = audited.database.stranger();
    REQUIRE(audited.change(audited.op, "apps.create"));
    REQUIRE(audited.change(stranger, "apps.create"));
    REQUIRE(audited.change(stranger, "apps.delete"));
    CHECK(audited.entries(audited.op).size() == 1);
    CHECK(audited.entries(stranger).size() == 2);
    CHECK(audited.entries(stranger)[1].seq == 1);
    CHECK(audited.verified(audited.op).entries == 1);
    CHECK(audited.verified(stranger).entries == 2);
}

TEST_CASE("writers at the same time make one chain without gaps") {
    Audited audited;
    constexpr int writers = 8, writes = 25;
    std::vector<std::jthread> threads;
    std::atomic<int> failures = 0;
    for (int writer = 0; writer < writers; ++writer)
        threads.emplace_back([&] {
            for (int i = 0; i < writes; ++i)
                if (!audited.change(audited.op, "apps.touch")) ++failures;
        });
    threads.clear();
    CHECK(failures == 0);
    auto verification = audited.verified(audited.op);
    CHECK(verification.is_valid);
    CHECK(verification.entries == writers * writes);
}

TEST_CASE("neither the server's roles nor the owner can change, remove or add entries") {
    Audited audited;
    REQUIRE(audited.change(audited.op, "apps.create"));
    std::string organization = "select set_config('ramify.organization_id', '" + uuid_text(audited.op.organization.uuid) + "', false); ";
    CHECK_THROWS_WITH(audited.database.run_as_superuser("set role ramify_owner; " + organization + "delete from audit.entry"),
                      doctest::Contains("audit entries are never changed or removed"));
    for (std::string role : {"ramify_app", "ramify_system", "ramify_owner"})
        for (std::string sql : {"update audit.entry set action = 'x'", "delete from audit.entry", "truncate audit.entry"}) {
            CAPTURE(role);
            CAPTURE(sql);
            CHECK_THROWS(audited.database.run_as_superuser("set role " + role + "; " + organization + sql));
        }
    for (std::string role : {"ramify_app", "ramify_system"}) {
        CHECK_THROWS(audited.database.run_as_superuser("set role " + role + "; " + organization + "update audit.head set seq = 0"));
        CHECK_THROWS(audited.database.run_as_superuser("set role " + role + "; " + organization + "insert into audit.entry select * from audit.entry"));
    }
    CHECK(audited.verified(audited.op).is_valid);
}

TEST_CASE("verification names the first entry that was tampered with") {
    Audited audited;
    for (int i = 0; i < 6; ++i) REQUIRE(audited.change(audited.op, "apps.create", "app:app_" + std::to_string(i)));
    REQUIRE(audited.verified(audited.op).is_valid);
    struct Row {
        const char* what;
        const char* sql;
        int first_bad_seq;
    };
    const Row rows[] = {
        {"a field changed", "update audit.entry set object = 'app:other' where seq = 3", 3},
        {"a field moved into the next", "update audit.entry set action = action || left(object, 1), object = substr(object, 2) where seq = 2", 2},
        {"the time changed", "update audit.entry set at = at + interval '1 microsecond' where seq = 5", 5},
        {"an entry removed", "delete from audit.entry where seq = 4", 4},
        {"the first removed", "delete from audit.entry where seq = 1", 1},
        {"the last removed", "delete from audit.entry where seq = 6", 6},
        {"two swapped", "update audit.entry set seq = 9 where seq = 2; update audit.entry set seq = 2 where seq = 3; update audit.entry set seq = 3 where seq = 9", 2},
        {"changed with its own hash made to fit",
         "update audit.entry e set object = 'x' where seq = 3; update audit.entry e set hash = audit.hash_of((select hash from audit.entry where seq = 2), e) where seq = 3", 4},
    };
    for (const Row& row : rows) {
        SUBCASE(row.what) {
            audited.tamper(row.sql);
            auto verification = audited.verified(audited.op);
            CHECK_FALSE(verification.is_valid);
            CHECK(verification.first_bad_seq == row.first_bad_seq);
        }
    }
}

TEST_CASE("a chain longer than a page is verified to its end") {
    Audited audited;
    REQUIRE(audited.change(audited.op, "apps.create"));
    std::string id = uuid_text(audited.op.organization.uuid);
    audited.database.run_as_superuser("select set_config('ramify.organization_id', '" + id + "', false); do $$ begin for i in 1..2500 loop "
                                      "call audit.append(gen_random_uuid(), 'person:x', '', 'apps.create', 'ok', ''); end loop; end $$");
    auto verification = audited.verified(audited.op);
    CHECK(verification.is_valid);
    CHECK(verification.entries == 2501);
    audited.tamper("update audit.entry set address = '1' where seq = 2400");
    CHECK(audited.verified(audited.op).first_bad_seq == 2400);
}

TEST_CASE("entries are listed newest first, by page and filter") {
    Audited audited;
    for (int i = 0; i < 5; ++i) REQUIRE(audited.change(audited.op, i % 2 ? "apps.rename" : "apps.create", "app:app_" + std::to_string(i)));
    REQUIRE(audit::denied(audited.store, audited.op, "models.write"));
    std::vector<int64_t> seen;
    ListEntries filter{.limit = 4};
    for (;;) {
        auto page = audit::list(audited.store, audited.op, filter);
        REQUIRE(page);
        for (const Entry& entry : page->items) seen.push_back(entry.seq);
        if (!page->next_cursor) break;
        filter.cursor = page->next_cursor;
    }
    CHECK(seen == std::vector<int64_t>{6, 5, 4, 3, 2, 1});
    CHECK(audited.entries(audited.op, {.action = "apps.rename"}).size() == 2);
    CHECK(audited.entries(audited.op, {.object = "app:app_3"}).size() == 1);
    CHECK(audited.entries(audited.op, {.outcome = Outcome::denied}).size() == 1);
    CHECK(audited.entries(audited.op, {.actor = "person:somebody"}).empty());
    CHECK(audited.entries(audited.op, {.since = now()}).empty());
    CHECK(audit::list(audited.store, audited.op, {.cursor = "x"}).error().code == Code::invalid);
}

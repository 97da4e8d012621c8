#include <doctest/doctest.h>

#include "kernel/secrets/all_queries.gen.h"
#include "kernel/secrets/secrets.h"
#include "testing/database.h"

using namespace ry;
using namespace ry::secrets;
using store::Tx;

namespace {

/// A server's secrets on a database, and the calls of one organization.
struct Server {
    explicit Server(testing::Database& on, MasterKey key = MasterKey::fresh()) : database(on), secrets(std::move(key)) {}

    Result<void> put(const Op& op, std::string_view name, std::string value) {
        return database.store().write(op, "test.put", [&](Tx& tx) { return secrets.put(tx, name, Secret(value)); });
    }
    Result<std::string> get(const Op& op, std::string_view name) {
        Secret value = TRY(database.store().read(op, "test.get", [&](Tx& tx) { return secrets.get(tx, name); }));
        return std::string(value.reveal());
    }
    Result<int64_t> rotate(const Op& op) {
        return database.store().write(op, "test.rotate", [&](Tx& tx) { return secrets.rotate(tx); });
    }

    testing::Database& database;
    Secrets secrets;
};

}  // namespace

TEST_CASE("the statements and the schema fit the database") {
    testing::Database database({&secrets::schema});
    CHECK(testing::problems_of(database, sql::all) == "");
    CHECK(testing::problems_of_schema(database) == "");
}

TEST_CASE("a secret is kept, changed, listed and removed, and the database never sees it") {
    testing::Database database({&secrets::schema});
    Server server(database);
    const Op& op = database.op();
    CHECK(server.get(op, "models/a").error().code == Code::not_found);
    REQUIRE(server.put(op, "models/a", "sk-0123456789"));
    REQUIRE(server.put(op, "models/b", std::string("with\0zero", 9)));
    CHECK(*server.get(op, "models/a") == "sk-0123456789");
    CHECK(*server.get(op, "models/b") == std::string("with\0zero", 9));
    REQUIRE(server.put(op, "models/a", "sk-9876543210"));
    CHECK(*server.get(op, "models/a") == "sk-9876543210");
    CHECK(database.run_as_superuser("select count(*) from secrets.secret where ciphertext::text like '%' || encode('sk-9876543210', 'hex') || '%'") == "0");
    auto names = database.store().read(op, "test.names", [&](Tx& tx) { return server.secrets.names(tx); });
    CHECK(*names == std::vector<std::string>{"models/a", "models/b"});
    auto remove = [&] { return *database.store().write(op, "test.remove", [&](Tx& tx) { return server.secrets.remove(tx, "models/a"); }); };
    CHECK(remove());
    CHECK_FALSE(remove());
    CHECK(server.get(op, "models/a").error().code == Code::not_found);
}

TEST_CASE("names and sizes have limits") {
    testing::Database database({&secrets::schema});
    Server server(database);
    CHECK(server.put(database.op(), "", "x").error().code == Code::invalid);
    CHECK(server.put(database.op(), "a b", "x").error().code == Code::invalid);
    CHECK(server.put(database.op(), std::string(name_bytes_max + 1, 'a'), "x").error().code == Code::invalid);
    CHECK(server.put(database.op(), "a", std::string(secret_bytes_max + 1, 'x')).error().code == Code::too_large);
    CHECK(server.put(database.op(), "a", std::string(secret_bytes_max, 'x')));
}

TEST_CASE("each area of names has a limit of its own, which a rotation does not meet") {
    testing::Database database({&secrets::schema});
    Server server(database);
    const Op& op = database.op();
    auto put = [&](std::string_view name, int64_t area_max) {
        return database.store().write(op, "test.put", [&](Tx& tx) { return server.secrets.put(tx, name, Secret("x"), area_max); });
    };
    REQUIRE(put("databases/a", 2));
    REQUIRE(put("databases/b", 2));
    CHECK(put("databases/c", 2).error().code == Code::over_quota);
    CHECK(put("databases/b", 2));  // in place of itself
    CHECK(put("models/a", 2));
    CHECK(put("databases", 3));
    REQUIRE(database.run_as_superuser("select count(*) from secrets.secret") == "4");
    for (int64_t i = 0; i < secrets_max; ++i) REQUIRE(put("databases/" + std::to_string(i), INT64_MAX));
    CHECK(server.rotate(op));
    CHECK(*server.get(op, "databases/999") == "x");
}

TEST_CASE("another organization has its own secrets under the same names") {
    testing::Database database({&secrets::schema});
    Server server(database);
    Op stranger = database.stranger();
    REQUIRE(server.put(database.op(), "key", "ours-ours"));
    CHECK(server.get(stranger, "key").error().code == Code::not_found);
    REQUIRE(server.put(stranger, "key", "theirs-theirs"));
    CHECK(*server.get(database.op(), "key") == "ours-ours");
    CHECK(*server.get(stranger, "key") == "theirs-theirs");
}

TEST_CASE("a server with another master key opens nothing, and says which key is missing") {
    testing::Database database({&secrets::schema});
    Server server(database), other(database);
    REQUIRE(server.put(database.op(), "key", "value-value"));
    auto refused = other.get(database.op(), "key");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unavailable);
    CHECK(refused.error().message.find("master key") != std::string::npos);
    CHECK_FALSE(other.put(database.op(), "key2", "value-value"));
    CHECK(server.get(database.op(), "key"));
}

TEST_CASE("a row moved to another name or organization, or changed, does not open") {
    testing::Database database({&secrets::schema});
    Server server(database);
    Op stranger = database.stranger();
    REQUIRE(server.put(database.op(), "one", "value-one"));
    REQUIRE(server.put(database.op(), "two", "value-two"));
    REQUIRE(server.put(stranger, "one", "value-three"));

    SUBCASE("another name") {
        database.run_as_superuser("update secrets.secret t set nonce = f.nonce, ciphertext = f.ciphertext from secrets.secret f "
                                  "where t.name = 'two' and f.name = 'one' and f.organization_id = t.organization_id");
        CHECK(server.get(database.op(), "two").error().code == Code::bug);
    }
    SUBCASE("another organization, with its data key") {
        std::string theirs = uuid_text(stranger.organization.uuid), ours = uuid_text(database.op().organization.uuid);
        database.run_as_superuser("update secrets.data_key t set nonce = f.nonce, wrapped = f.wrapped from secrets.data_key f where t.organization_id = '" +
                                  theirs + "' and f.organization_id = '" + ours + "'");
        CHECK(server.get(stranger, "one").error().code == Code::bug);
    }
    SUBCASE("one bit") {
        database.run_as_superuser("update secrets.secret set ciphertext = set_bit(ciphertext, 3, 1 - get_bit(ciphertext, 3)) where name = 'one'");
        CHECK(server.get(database.op(), "one").error().code == Code::bug);
    }
}

TEST_CASE("rotation seals everything with a new data key and destroys the old one") {
    testing::Database database({&secrets::schema});
    Server server(database);
    CHECK(*server.rotate(database.op()) == 0);
    REQUIRE(server.put(database.op(), "one", "value-one"));
    REQUIRE(server.put(database.op(), "two", "value-two"));
    std::string before = database.run_as_superuser("select id from secrets.data_key");
    CHECK(*server.rotate(database.op()) == 2);
    CHECK(database.run_as_superuser("select count(*) from secrets.data_key") == "1");
    CHECK(database.run_as_superuser("select id from secrets.data_key") != before);
    CHECK(*server.get(database.op(), "one") == "value-one");
    CHECK(*server.get(database.op(), "two") == "value-two");
    REQUIRE(server.put(database.op(), "three", "value-three"));
    CHECK(*server.get(database.op(), "three") == "value-three");
}

TEST_CASE("the organization's redactor hides all of its secrets and none of another's") {
    testing::Database database({&secrets::schema});
    Server server(database);
    REQUIRE(server.put(database.op(), "one", "value-one"));
    REQUIRE(server.put(database.stranger(), "one", "not-ours-at-all"));
    auto redactor = database.store().read(database.op(), "test.redactor", [&](Tx& tx) { return server.secrets.redactor(tx); });
    CHECK(redactor->redact("value-one value-two not-ours-at-all") == "[redacted] value-two not-ours-at-all");
}

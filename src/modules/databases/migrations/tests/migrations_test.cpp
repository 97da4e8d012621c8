#include "modules/databases/migrations/migrations.h"

#include <doctest/doctest.h>

#include "modules/databases/script/tests/memory_files.h"

using namespace ry::databases;
using namespace ry::databases::migrations;
using script::testing::MemoryFiles;

namespace {

using Contents = std::map<std::string, std::string>;

/// The files of /app/db, by names relative to it.
MemoryFiles folder(const Contents& contents) {
    Contents absolute;
    for (const auto& [name, content] : contents) absolute["/app/db/" + name] = content;
    return MemoryFiles(absolute, "/");
}

std::string layout_of(const Contents& contents) {
    MemoryFiles files = folder(contents);
    auto layout = detect_layout(files, "/app/db");
    return layout ? std::string(name_of(*layout)) : "! " + layout.error().message;
}

Migrations read(Layout layout, const Contents& contents) {
    MemoryFiles files = folder(contents);
    auto migrations = read_migrations(files, "/app/db", layout);
    REQUIRE_MESSAGE(migrations, migrations.error().message);
    return *std::move(migrations);
}

std::string refused(Layout layout, const Contents& contents) {
    MemoryFiles files = folder(contents);
    auto migrations = read_migrations(files, "/app/db", layout);
    return migrations ? "it was read" : migrations.error().message;
}

std::string names(const Migrations& migrations) {
    std::string text;
    for (const Migration& migration : migrations.migrations) text += (text.empty() ? "" : " ") + migration.name;
    return text;
}

}  // namespace

TEST_CASE("the layout of a folder is seen") {
    CHECK(layout_of({{"V1__init.sql", ""}, {"R__views.sql", ""}}) == "flyway");
    CHECK(layout_of({{"2024/V2.1__more.sql", ""}, {"V1__init.sql", ""}}) == "flyway");
    CHECK(layout_of({{"000001_init.up.sql", ""}, {"000001_init.down.sql", ""}}) == "golang-migrate");
    CHECK(layout_of({{"20240101_init.sql", "-- migrate:up\ncreate table a ();\n-- migrate:down\n"}}) == "dbmate");
    CHECK(layout_of({{"00001_init.sql", "-- +goose Up\ncreate table a ();\n"}}) == "goose");
    CHECK(layout_of({{"sqitch.plan", "%project=shop\n"}, {"deploy/a.sql", ""}}) == "sqitch");
    CHECK(layout_of({{"20240101_init/migration.sql", ""}, {"migration_lock.toml", ""}}) == "prisma");
    CHECK(layout_of({{"0000_init.sql", "select 1;"}, {"meta/_journal.json", "{}"}}) == "drizzle");
    CHECK(layout_of({{"structure.sql", ""}, {"migrate/20240101000000_init.rb", ""}}) == "rails");
    CHECK(layout_of({{"001_init.sql", "select 1;"}, {"2-more.sql", ""}}) == "numbered");
    CHECK(layout_of({{"001_init.up.sql", "-- +goose Up\n"}}) ==
          "! /app/db has files of golang-migrate and goose; say which with --layout golang-migrate");
    CHECK(layout_of({{"migrations/001_init.sql", ""}}).ends_with("did you mean the folder migrations in it?"));
    CHECK(layout_of({{"readme.md", ""}}).starts_with("! /app/db has no migrations of a known layout"));
    MemoryFiles files = folder({{"a.sql", ""}});
    CHECK(detect_layout(files, "/app/nowhere").error().message ==
          "/app/nowhere is no folder; name the folder of the migrations");
}

TEST_CASE("every layout has a name, and a name that is none is none") {
    for (std::string_view name : names_of(Layout{})) CHECK(name_of(*layout_named(name)) == name);
    CHECK_FALSE(layout_named("alembic"));
}

TEST_CASE("Flyway: versions by their numbers, repeatable ones last, rows as it writes them") {
    Migrations all = read(Layout::flyway, {{"V1__init.sql", "create table a (id int);\n"},
                                           {"V1.10__ten.sql", ""},
                                           {"V1_2__two.sql", ""},
                                           {"deep/V2__It's_deep.sql", ""},
                                           {"R__b_view.sql", ""},
                                           {"R__a_view.sql", ""},
                                           {"U1__undo.sql", ""},
                                           {"readme.txt", ""}});
    CHECK(names(all) == "V1__init.sql V1_2__two.sql V1.10__ten.sql deep/V2__It's_deep.sql R__a_view.sql R__b_view.sql");
    CHECK(all.migrations[0].before.starts_with("create table public.flyway_schema_history"));
    CHECK(all.migrations[1].before == "");
    CHECK(all.migrations[3].after.find(
              "values (4, '2', 'It''s deep', 'SQL', 'deep/V2__It''s_deep.sql', 0, 'postgres'") != std::string::npos);
    CHECK(all.migrations[4].after.find("values (5, null, 'a view', 'SQL', 'R__a_view.sql', 0,") != std::string::npos);
    // The ends of lines and the mark of the byte order are not part of a checksum.
    auto checksum = [&](const std::string& content) {
        std::string row = read(Layout::flyway, {{"V1__a.sql", content}}).migrations[0].after;
        size_t at = row.find("'V1__a.sql', ") + 13;
        return row.substr(at, row.find(',', at) - at);
    };
    CHECK(checksum("123456789") == "-873187034");  // the check value of CRC-32, 0xCBF43926
    CHECK(checksum("1234\n56789\n") == "-873187034");
    CHECK(checksum("\xEF\xBB\xBF"
                   "1234\r\n\r\n56\r789") == "-873187034");
    CHECK(checksum("12345678") != "-873187034");
}

TEST_CASE("Flyway: what only its configuration could do is refused or told") {
    CHECK(refused(Layout::flyway, {{"V1__a.sql", "create schema ${schema};"}}) ==
          "V1__a.sql has the placeholder ${schema}, whose value is in Flyway's configuration; write the value into the "
          "file");
    CHECK(refused(Layout::flyway, {{"V1__a.sql", ""}, {"V1.0__b.sql", ""}}) ==
          "V1.0__b.sql and V1__a.sql have the same version; Flyway takes neither");
    Migrations all = read(Layout::flyway, {{"V1__a.sql", ""}, {"B2__base.sql", ""}, {"afterMigrate.sql", ""}});
    CHECK(names(all) == "V1__a.sql");
    REQUIRE(all.notes.size() == 2);
    CHECK(all.notes[0].starts_with("B2__base.sql is a baseline"));
    CHECK(all.notes[1].starts_with("afterMigrate.sql is a callback"));
    all = read(Layout::flyway, {{"V1__a.sql", "vacuum;"},
                                {"V2__b.sql", "select 1;"},
                                {"V2__b.sql.conf", "executeInTransaction = false\n"},
                                {"V3__c.sql", "select 1;"}});
    CHECK_FALSE(all.migrations[0].is_in_transaction);
    CHECK_FALSE(all.migrations[1].is_in_transaction);
    CHECK(all.migrations[2].is_in_transaction);
}

TEST_CASE("golang-migrate: by numbers, and one row with the last version") {
    Migrations all =
        read(Layout::golang_migrate,
             {{"10_b.up.sql", ""}, {"9_a.up.sql", "create index concurrently i on a (id);"}, {"9_a.down.sql", ""}});
    CHECK(names(all) == "9_a.up.sql 10_b.up.sql");
    CHECK(all.migrations[1].after ==
          "truncate public.schema_migrations; insert into public.schema_migrations values (10, false)");
    CHECK_FALSE(all.migrations[0].is_in_transaction);
    CHECK(all.migrations[1].is_in_transaction);
    CHECK_FALSE(all.migrations[0].content);
    CHECK(refused(Layout::golang_migrate, {{"1_a.up.sql", ""}, {"01_b.up.sql", ""}}) ==
          "01_b.up.sql and 1_a.up.sql have the same number; give one of them another");
    CHECK(refused(Layout::golang_migrate, {{"99999999999999999999_a.up.sql", ""}}) ==
          "99999999999999999999_a.up.sql begins with a number that is too large");
}

TEST_CASE("dbmate: the part that goes up, on the lines where it stands") {
    Migrations all =
        read(Layout::dbmate,
             {{"20240102_b.sql", "-- migrate:up transaction:false\nvacuum;\n-- migrate:down"},
              {"20240101_a.sql", "-- a\n-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;\n"}});
    CHECK(names(all) == "20240101_a.sql 20240102_b.sql");
    CHECK(all.migrations[0].content == "\n\ncreate table a ();\n\n\n");
    CHECK(all.migrations[0].is_in_transaction);
    CHECK_FALSE(all.migrations[1].is_in_transaction);
    CHECK(all.migrations[1].content == "\nvacuum;\n");
    CHECK(all.migrations[0].after == "insert into public.schema_migrations values ('20240101')");
    CHECK(refused(Layout::dbmate, {{"1_a.sql", "-- migrate:up\n"}})
              .starts_with("1_a.sql: has no line \"-- migrate:down\""));
    CHECK(refused(Layout::dbmate, {{"1_a.sql", "select 1;"}}) == "1_a.sql: has no line \"-- migrate:up\"");
}

TEST_CASE("goose: its sections, and what is in code or in the environment is refused") {
    Migrations all = read(
        Layout::goose,
        {{"00002_b.sql", "-- +goose NO TRANSACTION\n-- +goose up\nvacuum;\n"},
         {"00001_a.sql",
          "-- +goose Up\n-- +goose StatementBegin\nselect 1;\n-- +goose StatementEnd\n-- +goose Down\nselect 2;\n"}});
    CHECK(names(all) == "00001_a.sql 00002_b.sql");
    CHECK(all.migrations[0].content == "\n\nselect 1;\n\n\n\n");
    CHECK_FALSE(all.migrations[1].is_in_transaction);
    CHECK(all.migrations[0].before.find("version_id") != std::string::npos);
    CHECK(all.migrations[1].after.find("values (2, true,") != std::string::npos);
    CHECK(refused(Layout::goose, {{"1_a.go", ""}}).starts_with("1_a.go is a migration in Go"));
    CHECK(refused(Layout::goose, {{"1_a.sql", "-- +goose ENVSUB ON\n-- +goose Up\n"}})
              .find("takes values from the environment") != std::string::npos);
}

TEST_CASE("sqitch: the plan's order, with reworked changes as they were") {
    Contents contents = {
        {"sqitch.plan",
         "%syntax-version=1.0.0\n%project=shop\n\nusers 2024-01-01T00:00:00Z A <a@b> # Adds users\norders [users] "
         "2024-01-02T00:00:00Z A <a@b> # Orders\n"
         "@v1.0 2024-01-03T00:00:00Z A <a@b> # Tag\n\nusers [users@v1.0] 2024-01-04T00:00:00Z A <a@b> # Again\n"},
        {"deploy/users.sql", ""},
        {"deploy/users@v1.0.sql", ""},
        {"deploy/orders.sql", ""}};
    Migrations all = read(Layout::sqitch, contents);
    CHECK(names(all) == "deploy/users@v1.0.sql deploy/orders.sql deploy/users.sql");
    CHECK_FALSE(all.migrations[0].is_in_transaction);
    CHECK(all.notes.size() == 1);
    contents.erase("deploy/orders.sql");
    CHECK(refused(Layout::sqitch, contents) == "sqitch.plan names orders, but there is no deploy/orders.sql");
}

TEST_CASE("Prisma and Drizzle: hashes of the files as they are") {
    Migrations prisma =
        read(Layout::prisma, {{"2_b/migration.sql", "x"}, {"1_a/migration.sql", "abc"}, {"migration_lock.toml", ""}});
    CHECK(names(prisma) == "1_a/migration.sql 2_b/migration.sql");
    CHECK(prisma.migrations[0].after.find("'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'") !=
          std::string::npos);
    CHECK(prisma.migrations[0].after.find("'1_a'") != std::string::npos);
    std::string journal =
        R"({"version":"7","dialect":"postgresql","entries":[{"idx":0,"when":17,"tag":"0000_b","breakpoints":true},{"idx":1,"when":18,"tag":"0001_a"}]})";
    Migrations drizzle = read(Layout::drizzle, {{"meta/_journal.json", journal},
                                                {"0000_b.sql", "select 1\n--> statement-breakpoint\nselect 2"},
                                                {"0001_a.sql", "abc"},
                                                {"left.sql", ""}});
    CHECK(names(drizzle) == "0000_b.sql 0001_a.sql");
    CHECK(drizzle.migrations[0].content == "select 1\n;\nselect 2");
    CHECK(drizzle.migrations[1].after ==
          "insert into drizzle.__drizzle_migrations (hash, created_at) values "
          "('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 18)");
    CHECK(refused(Layout::drizzle, {{"meta/_journal.json", journal}}) ==
          "meta/_journal.json names 0000_b.sql, which is not there");
    CHECK(refused(Layout::drizzle, {{"meta/_journal.json", "[]"}}).find("is not what drizzle-kit writes") !=
          std::string::npos);
    CHECK(refused(Layout::drizzle, {{"meta/_journal.json", R"({"dialect":"mysql","entries":[]})"}}) ==
          "meta/_journal.json is of mysql, not of PostgreSQL");
}

TEST_CASE("Rails and numbered files") {
    CHECK(names(read(Layout::rails, {{"structure.sql", ""}, {"migrate/1_a.rb", ""}})) == "structure.sql");
    Migrations rails = read(Layout::rails, {{"20240102000000_b.sql", ""}, {"20240101000000_a.sql", ""}});
    CHECK(names(rails) == "20240101000000_a.sql 20240102000000_b.sql");
    CHECK(rails.migrations[1].after == "insert into public.schema_migrations values ('20240102000000')");
    CHECK(refused(Layout::rails, {{"20240101000000_a.rb", ""}}).find("is a migration in Ruby") != std::string::npos);
    Migrations numbered = read(Layout::numbered, {{"10_c.sql", ""},
                                                  {"2_b.sql", "-- create database x\nselect 'vacuum';"},
                                                  {"2_a.sql", "/* */ VACUUM analyze;"},
                                                  {"2_a.down.sql", ""},
                                                  {"notes.sql", ""}});
    CHECK(names(numbered) == "2_a.sql 2_b.sql 10_c.sql");
    CHECK_FALSE(numbered.migrations[0].is_in_transaction);
    CHECK(numbered.migrations[1].is_in_transaction);
    CHECK(numbered.migrations[0].after == "");
    CHECK(refused(Layout::numbered, {{"notes.sql", ""}}) == "/app/db has no migrations of the layout numbered");
}

TEST_CASE("limits: too many migrations, too deep folders") {
    Contents many;
    for (size_t i = 0; i <= migrations_max; ++i) many[std::to_string(i) + ".sql"] = "";
    CHECK(refused(Layout::numbered, many).find("has more than 1000 migrations") != std::string::npos);
    std::string deep;
    for (size_t i = 0; i <= depth_max; ++i) deep += "d/";
    CHECK(layout_of({{deep + "V1__a.sql", ""}}).find("folders deep") != std::string::npos);
}

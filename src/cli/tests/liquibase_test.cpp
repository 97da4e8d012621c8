// Changelogs, prepared with the real Liquibase, and judged by it afterwards.
#include "cli/tests/shop_repository.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
using testing::Ran;
using testing::ShopRepository;

constexpr const char* home = RAMIFY_SOURCE_DIR "/tests/liquibase/node_modules/liquibase/dist/liquibase";
constexpr std::string_view xml_root =
    "<databaseChangeLog xmlns='http://www.liquibase.org/xml/ns/dbchangelog' "
    "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
    "xsi:schemaLocation='http://www.liquibase.org/xml/ns/dbchangelog "
    "http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd'>\n";

/// A folder with a changelog, and a server of its own that knows where Liquibase is.
struct Changelogs : ShopRepository {
    Changelogs() {
        if (!std::filesystem::exists(home))
            FAIL(
                "Liquibase is not installed: (cd tests/liquibase && npm ci --ignore-scripts), which tests/run does "
                "first");
        ::setenv("LIQUIBASE_HOME", home, 1);
    }
    /// The real Liquibase, on an instance.
    Ran liquibase(const std::string& instance, const std::string& words) {
        return ramify("db run --instance " + instance +
                      " -- sh -c '" RAMIFY_SOURCE_DIR
                      "/tests/liquibase/node_modules/liquibase/dist/liquibase/liquibase "
                      "--show-banner=false \"$@\" --url=jdbc:postgresql://$PGHOST:$PGPORT/$PGDATABASE "
                      "--username=$PGUSER --password=$PGPASSWORD' sh " +
                      words);
    }
    std::string ask(const std::string& instance, const std::string& sql) {
        Ran ran = ramify("db run psql --instance " + instance + " -- -Atc \"" + sql + "\"");
        return ran.out + ran.err;
    }
    bj::array planned(const std::string& words) {
        Ran ran = ramify("db plan lb --output json -- " + words);
        REQUIRE_MESSAGE(ran.exit == 0, ran.err);
        return ran.json().at("steps").as_array();
    }
};

/// "1::ann::db/main.xml cached|never_built, …"
std::string shown(const bj::array& steps) {
    std::string text;
    for (const bj::value& step : steps) {
        std::string how = step.at("cached").as_bool() ? "cached" : std::string(step.at("reason").as_string());
        text += std::string(step.at("title").as_string()) + " " + how + "\n";
    }
    return text;
}

/// Every format, and what makes a changeset more than its SQL.
void write_everything(Changelogs& at) {
    at.write(
        "db/main.xml",
        std::string(xml_root) +
            "<property name='table' value='item'/><property file='names.properties' relativeToChangelogFile='true'/>\n"
            "<changeSet id='1' author='ann'><createTable tableName='${table}'><column name='id' type='int' "
            "autoIncrement='true'><constraints primaryKey='true'/></column>"
            "<column name='name' type='varchar(50)' defaultValue='${fallback}'/><column name='code' "
            "type='int'/></createTable></changeSet>\n"
            "<changeSet id='2' author='ann' runInTransaction='false'><sql>create index concurrently item_name on item "
            "(name); vacuum item</sql></changeSet>\n"
            "<changeSet id='3' author='ann'><preConditions onFail='MARK_RAN'><not><tableExists "
            "tableName='item'/></not></preConditions><sql>create table item (x int)</sql></changeSet>\n"
            "<changeSet id='4' author='ann'><sql endDelimiter='@@' stripComments='true'>create function f() returns "
            "int language sql as $$ select 1; -- one\n$$ @@ select f() @@</sql></changeSet>\n"
            "<changeSet id='5' author='ann' context='test'><sql splitStatements='false'>insert into item (name) values "
            "('of a test'); insert into item (name) values ('a;b')</sql></changeSet>\n"
            "<changeSet id='6' author='ann' context='production'><sql>drop table item</sql></changeSet>\n"
            "<include file='more/a.yaml' relativeToChangelogFile='true'/>\n"
            "<includeAll path='db/all'/>\n"
            "</databaseChangeLog>\n");
    at.write("db/names.properties", "fallback=nobody\n");
    at.write("db/more/a.yaml",
             "databaseChangeLog:\n"
             "- changeSet:\n    id: y1\n    author: bob\n    changes:\n    - loadData: {tableName: item, file: "
             "../items.csv, relativeToChangelogFile: true}\n"
             "- changeSet:\n    id: y2\n    author: bob\n    changes:\n    - loadUpdateData: {tableName: item, file: "
             "../items.csv, relativeToChangelogFile: true, primaryKey: code}\n"
             "- include: {file: b.json, relativeToChangelogFile: true}\n");
    at.write("db/items.csv", "name,code\nloaded,7\nЖ,8\n");
    at.write(
        "db/more/b.json",
        R"({"databaseChangeLog": [{"changeSet": {"id": "j1", "author": "cy", "labels": "wanted", "changes": [{"sqlFile": {"path": "../j.sql", "relativeToChangelogFile": true}}]}},
                                   {"changeSet": {"id": "j2", "author": "cy", "labels": "other", "changes": [{"sql": {"sql": "drop table item"}}]}}]})");
    at.write("db/j.sql", "alter table item add column extra ${kind};\n");
    at.write("db/all/1.sql",
             "--liquibase formatted sql\n--changeset dan:s1 runOnChange:true\ncreate or replace view v as select "
             "count(*) from item;\n--changeset dan:s2 splitStatements:false\nselect 1; select 2;\n"
             "--changeset dan:s3\n--preconditions onFail:CONTINUE\n--precondition-sql-check expectedResult:99 select "
             "count(*) from item\ncreate table never (x int);\n");
    at.write("db/all/2.sql",
             "--liquibase formatted sql\n--changeset dan:s4\ncreate unlogged table u (x int); insert into u values "
             "(1);\n--changeset dan:s5\nalter table u set logged;\n--changeset dan:s6\ninsert into item (name, code) "
             "values ('last', (select x from u));\n");
}

const std::string everything = "update --changelog-file=db/main.xml --contexts=test --labels=wanted -Dkind=int";

TEST_CASE("a changelog with all that Liquibase has is prepared, and the real Liquibase has nothing left to do") {
    Changelogs at;
    write_everything(at);
    CHECK(shown(at.planned(everything))
              .starts_with("1::ann::db/main.xml never_built\n2::ann::db/main.xml parent_changed\n"));
    Ran made = at.ramify("db prepare lb --name shop --output json -- " + everything);
    REQUIRE_MESSAGE(made.exit == 0, made.err);
    CHECK_FALSE(made.json().at("cached").as_bool());
    CHECK(at.ask("shop", "select string_agg(name || coalesce(code::text, ''), ',' order by id) from item") ==
          "of a test,a;b,loaded7,Ж8,last1\n");
    CHECK(at.ask("shop",
                 "select string_agg(id || ' ' || filename || ' ' || exectype, ',' order by orderexecuted) from "
                 "databasechangelog") ==
          "1 db/main.xml EXECUTED,2 db/main.xml EXECUTED,3 db/main.xml MARK_RAN,4 db/main.xml EXECUTED,5 db/main.xml "
          "EXECUTED,y1 db/more/a.yaml EXECUTED,y2 db/more/a.yaml EXECUTED,"
          "j1 db/more/b.json EXECUTED,s1 db/all/1.sql EXECUTED,s2 db/all/1.sql EXECUTED,s4 db/all/2.sql EXECUTED,s5 "
          "db/all/2.sql EXECUTED,s6 db/all/2.sql EXECUTED\n");
    CHECK(at.ask("shop", "select count(*) from databasechangeloglock where locked") == "0\n");

    std::string before =
        at.ask("shop", "select md5(string_agg(d::text, '' order by orderexecuted)) from databasechangelog d");
    std::string words = everything.substr(7);
    Ran update = at.liquibase("shop", "update " + words);
    CHECK_MESSAGE(update.exit == 0, update.err);
    CHECK(at.ask("shop", "select md5(string_agg(d::text, '' order by orderexecuted)) from databasechangelog d") ==
          before);
    // A precondition with CONTINUE is asked again each time, so its changeset is never settled; without it all is.
    Ran status = at.liquibase("shop", "status --verbose " + words);
    CHECK_MESSAGE(status.out.find("1 changeset has not been applied") != std::string::npos, (status.out + status.err));
    CHECK_MESSAGE(status.out.find("db/all/1.sql::s3::dan") != std::string::npos, status.out);

    Ran again = at.ramify("db prepare lb --output json -- " + everything);
    REQUIRE_MESSAGE(again.exit == 0, again.err);
    CHECK(again.json().at("cached").as_bool());
    CHECK(again.json().at("state_id") == made.json().at("state_id"));
    std::string plan = shown(at.planned(everything));
    CHECK_MESSAGE(plan.find("never_built") == std::string::npos, plan);
}

TEST_CASE(
    "real Liquibase says that a prepared database is up to date; a prepare from any state on the way comes to the "
    "same") {
    Changelogs at;
    auto changeset = [](const std::string& id, const std::string& sql) {
        return "<changeSet id='" + id + "' author='ann'><sql>" + sql + "</sql></changeSet>\n";
    };
    std::string first = changeset("1", "create table item (id int)") + changeset("2", "insert into item values (1)"),
                third = changeset("3", "insert into item select max(id) + 1 from item");
    at.write("db/main.xml", std::string(xml_root) + first + "</databaseChangeLog>\n");
    REQUIRE(at.ramify("db prepare lb -- --changelog-file=db/main.xml").exit == 0);
    at.write("db/main.xml", std::string(xml_root) + first + third + "</databaseChangeLog>\n");
    CHECK(shown(at.planned("--changelog-file=db/main.xml")) ==
          "1::ann::db/main.xml cached\n2::ann::db/main.xml cached\n3::ann::db/main.xml never_built\n");
    Ran more = at.ramify("db prepare lb --name shop -- --changelog-file=db/main.xml");
    REQUIRE_MESSAGE(more.exit == 0, more.err);
    CHECK_MESSAGE(more.err.find("2/3  2::ann::db/main.xml") != std::string::npos, more.err);
    Ran status = at.liquibase("shop", "status --changelog-file=db/main.xml");
    CHECK_MESSAGE(status.out.find("is up to date") != std::string::npos, (status.out + status.err));
    CHECK(at.ask("shop", "select string_agg(id::text, ',' order by id) from item") == "1,2\n");

    // The middle one is another one now: it and what follows are built again, and the plan says which and why.
    at.write("db/main.xml", std::string(xml_root) + changeset("1", "create table item (id int)") +
                                changeset("2", "insert into item values (10)") + third + "</databaseChangeLog>\n");
    CHECK(shown(at.planned("--changelog-file=db/main.xml")) ==
          "1::ann::db/main.xml cached\n2::ann::db/main.xml changeset_changed\n3::ann::db/main.xml parent_changed\n");
    Ran changed = at.ramify("db prepare lb --name other -- --changelog-file=db/main.xml");
    REQUIRE_MESSAGE(changed.exit == 0, changed.err);
    CHECK_MESSAGE(
        changed.err.find("1::ann::db/main.xml                                           cached") != std::string::npos,
        changed.err);
    CHECK(at.ask("other", "select string_agg(id::text, ',' order by id) from item") == "10,11\n");
    CHECK(at.liquibase("other", "status --changelog-file=db/main.xml").out.find("is up to date") != std::string::npos);

    // A precondition is no part of Liquibase's checksum, and is one of the key.
    at.write(
        "db/main.xml",
        std::string(xml_root) +
            "<changeSet id='1' author='ann'><preConditions onFail='MARK_RAN'><dbms "
            "type='oracle'/></preConditions><sql>create table item (id int)</sql></changeSet>\n</databaseChangeLog>\n");
    CHECK(shown(at.planned("--changelog-file=db/main.xml")) == "1::ann::db/main.xml changeset_changed\n");
}

TEST_CASE("what every update runs, and what a precondition leaves out, is run as one update runs it") {
    Changelogs at;
    auto write = [&](const std::string& more) {
        at.write("db/main.sql",
                 "--liquibase formatted sql\n--changeset a:1\ncreate table item (id serial, by text);\n--changeset "
                 "a:always runAlways:true\ninsert into item (by) values ('always');\n"
                 "--changeset a:later\n--preconditions onFail:CONTINUE\n--precondition-sql-check expectedResult:1 "
                 "select count(*) from item where by = 'two'\ninsert into item (by) values ('later');\n"
                 "--changeset a:2\ninsert into item (by) values ('two');\n" +
                     more);
    };
    const std::string query = "select string_agg(by, ',' order by id) from item";
    write("");
    REQUIRE(at.ramify("db prepare lb --name one -- --changelog-file=db/main.sql").exit == 0);
    CHECK(at.ask("one", query) == "always,two\n");
    write("--changeset a:3\ninsert into item (by) values ('three');\n");
    Ran more = at.ramify("db prepare lb --name two -- --changelog-file=db/main.sql");
    REQUIRE_MESSAGE(more.exit == 0, more.err);
    CHECK(at.ask("two", query) == "always,two,three\n");
}

TEST_CASE("a failing changeset is named, with its statement and what PostgreSQL says; the states before it stay") {
    Changelogs at;
    at.write("db/main.sql",
             "--liquibase formatted sql\n--changeset ann:1\ncreate table item (id int);\n\n--changeset bob:2\ninsert "
             "into item values (1);\nselect upper(nam) from (select 'x' as name) s;\n--changeset ann:3\nselect 1;\n");
    Ran failed = at.ramify("db prepare lb -- update --changelog-file=db/main.sql");
    CHECK(failed.exit == 1);
    CHECK_MESSAGE(
        failed.err.find("step 2: db/main.sql:5: changeset 2::bob::db/main.sql: column \"nam\" does not exist") !=
            std::string::npos,
        failed.err);
    CHECK_MESSAGE(failed.err.find("select upper(nam) from") != std::string::npos, failed.err);
    CHECK_MESSAGE(failed.err.find("hint: Perhaps you meant to reference the column \"s.name\".") != std::string::npos,
                  failed.err);
    CHECK(shown(at.planned("--changelog-file=db/main.sql")) ==
          "1::ann::db/main.sql cached\n2::bob::db/main.sql never_built\n3::ann::db/main.sql parent_changed\n");
}

TEST_CASE("what cannot be planned without a database is one step, and what is wrong is said before anything is built") {
    Changelogs at;
    at.write(
        "db/main.xml",
        std::string(xml_root) +
            "<changeSet id='1' author='ann'><preConditions onSqlOutput='TEST' onFail='HALT'><sqlCheck "
            "expectedResult='1'>select 1</sqlCheck></preConditions><sql>create table item (id int)</sql></changeSet>\n"
            "<changeSet id='2' author='ann'><sql>insert into item values (5)</sql></changeSet></databaseChangeLog>\n");
    Ran made = at.ramify("db prepare lb --name whole -- --changelog-file=db/main.xml");
    REQUIRE_MESSAGE(made.exit == 0, made.err);
    CHECK(at.ask("whole", "select id from item") == "5\n");
    CHECK(shown(at.planned("--changelog-file=db/main.xml")) == "update db/main.xml cached\n");
    CHECK(at.liquibase("whole", "status --changelog-file=db/main.xml").out.find("is up to date") != std::string::npos);

    auto refused = [&](const std::string& words, std::string_view why) {
        Ran ran = at.ramify("db prepare lb -- " + words);
        CHECK(ran.exit == 2);
        CHECK_MESSAGE(ran.err.find(why) != std::string::npos, ran.err);
    };
    refused("--changelog-file=db/main.xml --url=jdbc:postgresql://elsewhere/x", "--url is not taken");
    refused("--changelog-file=gone.xml", "gone.xml: is not in the search path (.)");
    at.write("db/bad.xml", std::string(xml_root) + "\n<include file='nowhere.xml'/>\n</databaseChangeLog>\n");
    refused("--changelog-file=db/bad.xml", "db/bad.xml:3: includes nowhere.xml, which is not in the search path (.)");
    at.write("db/wrong.xml",
             std::string(xml_root) + "<changeSet id='1' author='ann'><createTabel/></changeSet></databaseChangeLog>\n");
    Ran wrong = at.ramify("db prepare lb -- --changelog-file=db/wrong.xml");
    CHECK(wrong.exit == 1);
    CHECK_MESSAGE(wrong.err.find("createTabel") != std::string::npos, wrong.err);
}

TEST_CASE("a defaults file and a search path are taken; what a commit holds is prepared without a checkout") {
    Changelogs at;
    at.write("liquibase.properties",
             "changelogFile=main.yaml\nsearchPath=src/db\nurl=jdbc:postgresql://elsewhere/"
             "x\npassword=s3cret\nparameter.table=thing\n");
    at.write("src/db/main.yaml", "databaseChangeLog:\n- include: {file: sub/a.sql}\n");
    at.write("src/db/sub/a.sql", "--liquibase formatted sql\n--changeset a:1\ncreate table ${table} (id int);\n");
    at.commit("first");
    Ran made = at.ramify("db prepare lb --name shop --output json --");
    REQUIRE_MESSAGE(made.exit == 0, made.err);
    CHECK(
        at.ask("shop", "select filename from databasechangelog, thing union select filename from databasechangelog") ==
        "sub/a.sql\n");
    at.write("src/db/sub/a.sql", "--liquibase formatted sql\n--changeset a:1\ncreate table changed (id int);\n");
    Ran then = at.ramify("db prepare lb --ref HEAD --output json --");
    REQUIRE_MESSAGE(then.exit == 0, then.err);
    CHECK(then.json().at("cached").as_bool());
    CHECK(then.json().at("state_id") == made.json().at("state_id"));
}

}  // namespace
}  // namespace ry::cli

// What an update can read, and what each changeset depends on.
#include "modules/databases/liquibase/closure.h"

#include <doctest/doctest.h>

#include "modules/databases/script/tests/memory_files.h"

using namespace ry;
using namespace ry::databases;
using namespace ry::databases::liquibase;
using script::testing::MemoryFiles;

namespace {

using Contents = std::map<std::string, std::string>;

Closure closure(Contents contents, std::vector<std::string> words = {"--changelog-file=db/main.xml"},
                const std::vector<std::string>& inputs = {}, const ClosureLimits& limits = {}) {
    MemoryFiles files(std::move(contents));
    auto arguments = read_arguments(words);
    REQUIRE(arguments);
    return closure_of(*arguments, "/app", inputs, files, limits);
}

std::string names(const Closure& closure) {
    std::string text;
    for (const ClosureFile& file : closure.files) text += (text.empty() ? "" : " ") + file.name;
    return text;
}
/// "db/main.xml:3: …" of each, one a line; warnings begin with "(".
std::string said(const Closure& closure) {
    std::string text;
    for (const Finding& finding : closure.findings)
        text += (finding.is_problem ? "" : "(") + finding.file + ":" + std::to_string(finding.line) + ": " +
                finding.message + "\n";
    return text;
}
std::string xml(const std::string& inside) { return "<databaseChangeLog>\n" + inside + "</databaseChangeLog>\n"; }
std::string changeset(const std::string& id, const std::string& inside = "<sql>select 1</sql>") {
    return "<changeSet id='" + id + "' author='ann'>" + inside + "</changeSet>\n";
}

}  // namespace

TEST_CASE("everything that a changelog names is found: beside it, in the search path, by parameters, in folders") {
    Closure found =
        closure({{"/app/db/main.xml",
                  xml("<property file='p.properties' relativeToChangelogFile='true'/><property name='csv' "
                      "value='data/${name}.csv'/>\n"
                      "<include file='more/a.yaml' relativeToChangelogFile='true'/>\n<include "
                      "file='${shared}/s.sql'/>\n<includeAll path='db/all'/>\n" +
                      changeset("1",
                                "<loadData file='${csv}' tableName='t'/><sqlFile "
                                "path='classpath:x.sql'/><insert><column valueClobFile='clob.txt'/></insert>"))},
                 {"/app/db/p.properties", "name = items\n"},
                 {"/app/db/more/a.yaml",
                  "databaseChangeLog:\n- include: {file: ../b.json, relativeToChangelogFile: true}\n- changeSet: {id: "
                  "2, author: bob}\n"},
                 {"/app/db/b.json", R"({"databaseChangeLog": [{"changeSet": {"id": "3", "author": "cy"}}]})"},
                 {"/lib/shared/s.sql", "select 1;"},
                 {"/app/db/all/2.sql", "--liquibase formatted sql\n--changeset d:4\nselect 1;\n"},
                 {"/app/db/all/deep/1.xml", xml(changeset("5"))},
                 {"/app/data/items.csv", "id\n1\n"},
                 {"/app/x.sql", "select 1"},
                 {"/app/db/clob.txt", "text"},
                 {"/app/db/unused.xml", "never read"},
                 {"/app/extra/e.txt", "e"}},
                {"--changelog-file=db/main.xml", "--search-path=.,../lib", "-Dshared=shared"}, {"extra"});
    CHECK(said(found) == "");
    CHECK(names(found) ==
          "../lib/shared/s.sql data/items.csv db/all/2.sql db/all/deep/1.xml db/b.json db/clob.txt db/main.xml "
          "db/more/a.yaml db/p.properties extra/e.txt x.sql");
    std::string changesets;
    for (const Definition& each : found.changesets) changesets += each.id + "::" + each.author + "::" + each.file + " ";
    CHECK(changesets ==
          "3::cy::db/b.json 2::bob::db/more/a.yaml raw::includeAll::shared/s.sql 4::d::db/all/2.sql "
          "5::ann::db/all/deep/1.xml 1::ann::db/main.xml ");
    CHECK(found.changesets.back().files == std::vector<std::string>{"data/items.csv", "x.sql", "db/clob.txt"});
}

TEST_CASE("what is missing, goes round or is unknown is told with file and line") {
    CHECK(said(closure({{"/app/db/main.xml",
                         xml("\n<include file='gone.xml'/>\n<include file='gone.xml' errorIfMissing='false'/>\n")}})) ==
          "db/main.xml:3: includes gone.xml, which is not in the search path (.); set relativeToChangelogFile=\"true\" "
          "when it lies beside the changelog\n");
    CHECK(said(closure({{"/app/db/main.xml", xml("<include file='db/a.xml'/>")},
                        {"/app/db/a.xml", xml("\n\n<include file='main.xml' relativeToChangelogFile='true'/>")}})) ==
          "db/a.xml:4: db/main.xml includes itself: db/main.xml → db/a.xml → db/main.xml\n");
    CHECK(said(closure({{"/app/db/main.xml", xml("<includeAll path='db'/>")}})) ==
          "db/main.xml:2: db/main.xml includes itself: db/main.xml → db/main.xml\n");
    CHECK(said(closure({{"/app/db/main.xml", xml("<include file='${x}.xml'/>")}})) ==
          "db/main.xml:2: what ${…} stands for in \"${x}.xml\" is not known; give it with -Dname=value\n");
    CHECK(said(closure({{"/app/db/main.xml", xml("<include file='a.sql'/>")},
                        {"/app/a.sql", "--liquibase formatted sql\n\n--changeset x\n"}})) ==
          "a.sql:3: a changeset is written \"--changeset author:id\"\n");
    CHECK(said(closure({{"/app/db/main.xml", xml("<include file='a.xml'/>")}, {"/app/a.xml", "unreadable"}})) ==
          "db/main.xml:2: a.xml cannot be read; see whether it is a file that you may read\n");
    CHECK(said(closure({{"/app/db/main.xml", xml("<include file='a.txt'/>")}, {"/app/a.txt", ""}})) ==
          "db/main.xml:2: a.txt is no changelog: its name ends with none of .xml, .yaml, .yml, .json, .sql\n");
    CHECK(
        said(closure({}, {"--changelog-file=/app/db/main.xml"})) ==
        "/app/db/main.xml:0: Liquibase looks for changelogs in the search path; write --changelog-file=db/main.xml\n");
    CHECK(said(closure({}, {})) == ":0: no changelog is named; write --changelog-file=FILE\n");
    CHECK(said(closure({{"/app/db/main.xml", xml("")}}, {"--changelog-file=db/main.xml", "--classpath=gone.jar"})) ==
          "gone.jar:0: is not there; see its name\n");
}

TEST_CASE(
    "a file that a changeset names and that is not there is Liquibase's to judge, and the changeset depends on "
    "everything") {
    Closure found = closure({{"/app/db/main.xml", xml(changeset("1", "<sqlFile path='gone.sql'/>"))}});
    CHECK_FALSE(found.has_problems());
    CHECK(said(found).starts_with("(db/main.xml:2: the changeset 1::ann reads gone.sql, which is not there"));
    CHECK(found.changesets.at(0).is_opaque);
}

TEST_CASE("limits end in one finding each") {
    Contents contents;
    std::string includes;
    for (int i = 0; i < 20; ++i) {
        contents["/app/" + std::to_string(i) + ".xml"] =
            xml(i < 19 ? "<include file='" + std::to_string(i + 1) + ".xml'/>" : "");
    }
    CHECK(said(closure(contents, {"--changelog-file=0.xml"}, {}, {.depth_max = 10})) ==
          "9.xml:2: changelogs include each other more than 10 deep\n");
    CHECK(said(closure(contents, {"--changelog-file=0.xml"}, {}, {.files_max = 5}))
              .starts_with("4.xml:2: the changelog reads more than 5 files; split it\n"));
}

TEST_CASE("a changed changeset changes its own definition alone; properties count for all") {
    auto at = [](const std::string& second, const std::string& property = "", const std::string& root = "") {
        return closure({{"/app/db/main.xml", "<databaseChangeLog" + root + ">" + property + changeset("1") + second +
                                                 changeset("3") + "</databaseChangeLog>"}});
    };
    Closure before = at(changeset("2"));
    Closure changed = at(changeset("2", "<sql>select 2</sql>"));
    CHECK(before.changesets[0].definition_sha256 == changed.changesets[0].definition_sha256);
    CHECK(before.changesets[1].definition_sha256 != changed.changesets[1].definition_sha256);
    CHECK(before.changesets[2].definition_sha256 == changed.changesets[2].definition_sha256);
    CHECK(before.everywhere_sha256 == changed.everywhere_sha256);
    CHECK(before.everywhere_sha256 != at(changeset("2"), "<property name='a' value='b'/>").everywhere_sha256);
    CHECK(before.everywhere_sha256 !=
          at(changeset("2"), "<preConditions><dbms type='oracle'/></preConditions>").everywhere_sha256);
    CHECK(before.changesets[0].definition_sha256 !=
          at(changeset("2"), "", " objectQuotingStrategy='QUOTE_ALL_OBJECTS'").changesets[0].definition_sha256);
}

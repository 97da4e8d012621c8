// The readers of changelogs, by tables.
#include "modules/databases/liquibase/changelog.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::databases::liquibase;

namespace {

/// The entries in one line each: "changeset ann:1 [a.csv]", "include b.xml", …
std::string shown(Format format, std::string_view bytes) {
    auto read = read_changelog(format, bytes);
    if (!read) return "error: " + read.error().message + "\n";
    std::string text;
    for (const auto& entry : read->entries) {
        if (const auto* changeset = std::get_if<Changeset>(&entry)) {
            text += "changeset " + changeset->author + ":" + changeset->id;
            for (const Reference& reference : changeset->references)
                text += (reference.is_relative ? " +" : " ") + reference.path;
            text += std::string(changeset->runs_always ? " always" : "") + (changeset->is_opaque ? " opaque" : "");
        } else if (const auto* include = std::get_if<Include>(&entry)) {
            text += (include->is_folder ? "folder " : "include ") +
                    std::string(include->reference.is_relative ? "+" : "") + include->reference.path;
        } else if (const auto* property = std::get_if<Property>(&entry)) {
            text += "property " + property->name + "=" + property->value + (property->file ? property->file->path : "");
        } else {
            text += "other " + std::string(std::get<Other>(entry).definition);
        }
        text += "\n";
    }
    return text;
}

const Changeset& changeset(const Changelog& changelog, size_t at) {
    return std::get<Changeset>(changelog.entries.at(at));
}

}  // namespace

TEST_CASE("XML, YAML and JSON that say the same are read the same") {
    const std::string expected =
        "property table=item\n"
        "other PRECONDITIONS\n"
        "changeset ann:1 +data/items.csv x.sql always\n"
        "changeset ann:2 opaque\n"
        "include +more.xml\n"
        "folder changes\n";
    auto without_other = [](std::string text) {
        size_t at = text.find("other "), end = text.find('\n', at);
        return at == text.npos ? text : text.replace(at, end - at, "other PRECONDITIONS");
    };
    CHECK(without_other(shown(Format::xml, R"(<?xml version="1.0"?>
<lb:databaseChangeLog xmlns:lb="http://www.liquibase.org/xml/ns/dbchangelog">
  <lb:property name="table" value="item"/>
  <lb:preConditions><lb:dbms type="postgresql"/></lb:preConditions>
  <lb:changeSet id="1" author="ann" runAlways="true">
    <lb:loadData file="data/items.csv" relativeToChangelogFile="true" tableName="${table}"/><lb:sqlFile path="x.sql"/>
    <lb:rollback><lb:sqlFile path="never.sql"/></lb:rollback>
  </lb:changeSet>
  <lb:changeSet id="2" author="ann"><lb:customChange class="a.B"/></lb:changeSet>
  <lb:include file="more.xml" relativeToChangelogFile="true"/>
  <lb:includeAll path="changes"/>
</lb:databaseChangeLog>)")) == expected);
    CHECK(without_other(shown(Format::yaml, R"(databaseChangeLog:
  - property: {name: table, value: item}
  - preConditions:
    - dbms: {type: postgresql}
  - changeSet:
      id: 1
      author: ann
      runAlways: true
      changes:
        - loadData: {file: data/items.csv, relativeToChangelogFile: true, tableName: "${table}"}
        - sqlFile:
            path: x.sql
      rollback:
        - sqlFile: {path: never.sql}
  - changeSet: {id: 2, author: ann, changes: [customChange: {class: a.B}]}
  - include:
      file: more.xml
      relativeToChangelogFile: true
  - includeAll:
      path: changes
)")) == expected);
    CHECK(without_other(shown(Format::yaml, R"({"databaseChangeLog": [
  {"property": {"name": "table", "value": "item"}},
  {"preConditions": [{"dbms": {"type": "postgresql"}}]},
  {"changeSet": {"id": "1", "author": "ann", "runAlways": true, "changes": [
    {"loadData": {"file": "data/items.csv", "relativeToChangelogFile": true, "tableName": "${table}"}}, {"sqlFile": {"path": "x.sql"}}],
    "rollback": [{"sqlFile": {"path": "never.sql"}}]}},
  {"changeSet": {"id": "2", "author": "ann", "changes": [{"customChange": {"class": "a.B"}}]}},
  {"include": {"file": "more.xml", "relativeToChangelogFile": true}},
  {"includeAll": {"path": "changes"}}]})")) == expected);
}

TEST_CASE("formatted SQL is cut at its changesets; SQL without a format is one") {
    CHECK(shown(Format::sql,
                "--liquibase formatted sql\n"
                "--property name:table value:item\n"
                "--changeset ann:1 runAlways:true\nselect 1;\n"
                "-- changeset \"bob b\":\"two words\" labels:x\n"
                "--ignoreLines:1\n--changeset no:one\n"
                "--ignoreLines:start\n--changeset no:two\n--ignoreLines:end\n"
                "  --CHANGESET cy:3\n") ==
          "property table=item\nchangeset ann:1 always\nchangeset bob b:two words\nchangeset cy:3\n");
    CHECK(shown(Format::sql, "create table a(b int);\n--changeset ann:1\n") == "changeset includeAll:raw\n");
    CHECK(shown(Format::sql, "--liquibase formatted sql\n--changeset ann\n") ==
          "error: line 2: a changeset is written \"--changeset author:id\"\n");
    auto read = read_changelog(Format::sql,
                               "--liquibase formatted sql logicalFilePath:db/x.sql\r\n--changeset a:1\r\nselect "
                               "1;\r\n--changeset a:2\r\nselect 2;\r\n");
    REQUIRE(read);
    CHECK(read->logical_path == "db/x.sql");
    CHECK(changeset(*read, 0).definition == "--changeset a:1\r\nselect 1;");
    CHECK(changeset(*read, 1).definition == "--changeset a:2\r\nselect 2;");
    CHECK(changeset(*read, 1).line == 4);
}

TEST_CASE("a definition is the changeset's own text, wherever characters of several bytes stand before it") {
    std::string_view xml =
        "<databaseChangeLog><changeSet id='1' author='Зоя'><sql>é</sql></changeSet><!-- – --><changeSet id='2' "
        "author='b'/></databaseChangeLog>";
    auto read = read_changelog(Format::xml, xml);
    REQUIRE(read);
    CHECK(changeset(*read, 0).definition == "<changeSet id='1' author='Зоя'><sql>é</sql></changeSet>");
    CHECK(changeset(*read, 1).definition == "<changeSet id='2' author='b'/>");
    std::string comment(300, ' ');
    for (char& c : comment) c = 'x';
    std::string yaml =
        "\xEF\xBB\xBF# Зоя " + comment +
        "\ndatabaseChangeLog:\n- changeSet:\n    id: Ж\n    author: z\n- changeSet: {id: 2, author: é}\n";
    read = read_changelog(Format::yaml, yaml);
    REQUIRE(read);
    CHECK(changeset(*read, 0).definition == "id: Ж\n    author: z");
    CHECK(changeset(*read, 1).definition == "{id: 2, author: é}");
}

TEST_CASE("what is written elsewhere in the file makes a changeset depend on all of it") {
    CHECK(shown(Format::xml,
                "<!DOCTYPE databaseChangeLog [<!ENTITY x 'y'>]><databaseChangeLog><changeSet id='1' "
                "author='a'/></databaseChangeLog>") == "changeset a:1 opaque\n");
    CHECK(shown(Format::yaml,
                "databaseChangeLog:\n- changeSet: {id: 1, author: a, changes: &c [sql: {sql: select 1}]}\n- changeSet: "
                "{id: 2, author: a, changes: *c}\n") == "changeset a:1\nchangeset a:2 opaque\n");
}

TEST_CASE("what is no changelog is refused with its line, and no file beside it is read") {
    CHECK(shown(Format::xml, "<databaseChangeLog>\n<changeSet>\n</databaseChangeLog>") ==
          "error: line 3: mismatched tag\n");
    CHECK(shown(Format::xml, "<html/>") == "error: line 1: it is no changelog: its root is not databaseChangeLog\n");
    CHECK(shown(Format::xml, "") == "error: line 1: no element found\n");
    CHECK(shown(Format::xml,
                "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><databaseChangeLog>&x;</databaseChangeLog>") ==
          "");
    CHECK(shown(Format::yaml, "databaseChangeLog: [").starts_with("error: line "));
    CHECK(shown(Format::yaml, "a: b") == "error: line 1: it is no changelog: it has no databaseChangeLog\n");
    CHECK(shown(Format::yaml, "- a") == "error: line 1: it is no mapping\n");
    CHECK(shown(Format::yaml, "\xFF\xFE") == "error: line 1: it is not UTF-8; save it so\n");
    std::string deep = "<databaseChangeLog>", nested = "databaseChangeLog: ";
    for (int i = 0; i < 100; ++i) deep += "<a>", nested += "[";
    CHECK(shown(Format::xml, deep) == "error: line 1: elements are nested too deep\n");
    CHECK(shown(Format::yaml, nested) == "error: line 1: it is nested too deep\n");
}

TEST_CASE("entities that multiply end early") {
    std::string bomb =
        "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>";
    for (char c = 'b'; c <= 'j'; ++c) {
        bomb += std::string("<!ENTITY ") + c + " '";
        for (int i = 0; i < 10; ++i) bomb += std::string("&") + char(c - 1) + ";";
        bomb += "'>";
    }
    CHECK(shown(Format::xml, bomb + "]><databaseChangeLog a='&j;'/>")
              .starts_with("error: line 1: limit on input amplification"));
}

TEST_CASE("properties files are read as Java reads them") {
    auto all = read_properties(
        "# comment\n! another\n a = b \nurl:jdbc\\:x\nlong = one \\\n   two\nempty\n  \nk\\ ey "
        "v\\u00e9\\n\nparameter.x==y\\\\\n");
    std::vector<std::pair<std::string, std::string>> expected = {
        {"a", "b "}, {"url", "jdbc:x"}, {"long", "one two"}, {"empty", ""}, {"k ey", "vé\n"}, {"parameter.x", "=y\\"}};
    CHECK(all == expected);
}

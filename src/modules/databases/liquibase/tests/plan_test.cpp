#include "modules/databases/liquibase/plan.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::databases::liquibase;

namespace {

constexpr std::string_view header =
    R"("ID","AUTHOR","FILENAME","DATEEXECUTED","ORDEREXECUTED","EXECTYPE","MD5SUM","DESCRIPTION","COMMENTS","TAG","LIQUIBASE","CONTEXTS","LABELS","DEPLOYMENT_ID")";

std::string row(const std::string& id, const std::string& author, const std::string& path, const std::string& md5sum) {
    return "\"" + id + "\",\"" + author + "\",\"" + path + "\",\"2026-01-01\",\"1\",\"EXECUTED\",\"" + md5sum +
           "\",,\"\",\"\",\"4.28.0\",\"()\",\"\",\"5\"\n";
}

}  // namespace

TEST_CASE("a plan is the rows of Liquibase's CSV with the SQL that it wrote for each") {
    std::string csv = std::string(header) + "\n" + row("1", "ann", "a.xml", "9:aa") +
                      row("two \"\"quoted\"\",\nlines", "bob", "b.sql", "9:bb");
    std::string sql =
        "-- head\n-- Changeset a.xml::1::ann\nselect 1;\n-- Changeset x::y::z\n\n-- Changeset b.sql::two "
        "\"quoted\",\nlines::bob\nselect 2;\n";
    auto plan = read_plan(csv, sql);
    REQUIRE(plan);
    REQUIRE(plan->size() == 2);
    CHECK((*plan)[0].md5sum == "9:aa");
    CHECK((*plan)[0].sql == "select 1;\n-- Changeset x::y::z");
    CHECK((*plan)[1].id == "two \"quoted\",\nlines");
    CHECK((*plan)[1].sql == "select 2;");
}

TEST_CASE("CSV and SQL that do not go together are no plan") {
    std::string csv = std::string(header) + "\n" + row("1", "ann", "a.xml", "9:aa");
    CHECK(read_plan(csv, "nothing").error().code == Code::unsupported);
    CHECK(read_plan("\"ID\"\n", "").error().code == Code::unsupported);
    CHECK(read_plan(std::string(header) + "\n\"1\",\"ann\"\n", "").error().code == Code::unsupported);
    CHECK(read_plan("", "").error().code == Code::unsupported);
    CHECK(read_plan(std::string(header) + "\n", "")->empty());
}

TEST_CASE("a planned changeset has its definition by id and author, by path when they are not enough") {
    Closure closure;
    closure.changesets = {{.id = "1", .author = "a", .file = "x.xml"},
                          {.id = "1", .author = "a", .file = "y.xml", .logical_path = "logical"},
                          {.id = "2", .author = "a", .file = "y.xml"}};
    auto found = [&](const std::string& id, const std::string& path) {
        return definition_of(closure, {.id = id, .author = "a", .path = path});
    };
    CHECK(found("1", "x.xml") == &closure.changesets[0]);
    CHECK(found("1", "logical") == &closure.changesets[1]);
    CHECK(found("1", "y.xml") == nullptr);
    CHECK(found("2", "anything") == &closure.changesets[2]);
    CHECK(found("3", "x.xml") == nullptr);
}

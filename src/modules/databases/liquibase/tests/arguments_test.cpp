// The command line of `liquibase update`, as people type it.
#include "modules/databases/liquibase/arguments.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::databases::liquibase;

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}
std::string canonical(std::vector<std::string> words) {
    auto read = read_arguments(words);
    return read ? joined(read->canonical()) : "error: " + read.error().message;
}

}  // namespace

TEST_CASE("spellings that mean the same are the same") {
    std::string expected = "--changelog-file=db/main.xml --contexts=test --label-filter=a,b --search-path=src -Dx=1";
    CHECK(canonical({"update", "--changelog-file=db/main.xml", "--contexts=test", "--labels=a,b", "--search-path=src",
                     "-Dx=1"}) == expected);
    CHECK(canonical({"--searchPath", "src", "--changeLogFile", "db/main.xml", "-Dx=1", "--contexts", "test", "update",
                     "--labelFilter=a,b", "--log-level=debug"}) == expected);
    CHECK(canonical({"--contexts=a", "--contexts=b"}) == "--contexts=b");
}

TEST_CASE("what is not for an update of a prepared database is refused, with what to do") {
    CHECK(canonical({"--url=jdbc:postgresql://x/y"}).find("--url is not taken") != std::string::npos);
    CHECK(canonical({"--userName", "x"}).find("--userName is not taken") != std::string::npos);
    CHECK(canonical({"--referenceUrl=x"}).find("is not taken") != std::string::npos);
    CHECK(canonical({"rollback"}).find("there is update") != std::string::npos);
    CHECK(canonical({"update", "update"}).find("one word too many") != std::string::npos);
    CHECK(canonical({"--nonsense=1"}).find("is not an option of update") != std::string::npos);
    CHECK(canonical({"--contexts"}).find("needs a value") != std::string::npos);
    CHECK(canonical({"-Dx"}).find("-Dname=value") != std::string::npos);
}

TEST_CASE("a defaults file adds what the command line does not say, and never where to connect") {
    auto read = read_arguments(std::vector<std::string>{"--contexts=test"});
    REQUIRE(read);
    read->add_defaults(
        "changeLogFile=a.xml\ncontexts=prod\nliquibase.command.url=jdbc:x\nurl: "
        "jdbc:y\npassword=s3cret\nparameter.size=7\nliquibase.command.update.labelFilter=l\nliquibase.searchPath="
        "src\n");
    CHECK(joined(read->canonical()) ==
          "--changelog-file=a.xml --contexts=test --label-filter=l --search-path=src -Dsize=7");
}

TEST_CASE("global options stand before the command, others behind it") {
    auto read = read_arguments(std::vector<std::string>{"--changelog-file=a.xml", "--search-path=src", "-Da=b"});
    REQUIRE(read);
    CHECK(joined(read->command_line(std::vector<std::string>{"--log-level=off"}, "update-sql",
                                    std::vector<std::string>{"--url=offline:postgresql"})) ==
          "--log-level=off --search-path=src update-sql --url=offline:postgresql --changelog-file=a.xml -Da=b");
    CHECK(read->search_path() == std::vector<std::string>{"src"});
}

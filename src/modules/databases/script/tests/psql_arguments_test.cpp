#include <doctest/doctest.h>

#include "modules/databases/script/psql_arguments.h"

using namespace ry::databases::script;

namespace {

/// The steps as command lines, one a line, or the message.
std::string read(std::vector<std::string> arguments, PsqlReading reading = {}) {
    auto steps = read_psql_arguments(arguments, reading);
    if (!steps) return steps.error().message;
    std::string text;
    for (const PsqlStep& step : *steps) {
        std::string line;
        for (const std::string& argument : step.arguments()) line += (line.empty() ? "" : " ") + argument;
        CHECK(line.starts_with("-X -v ON_ERROR_STOP=1"));
        text += (text.empty() ? "" : "\n") + line.substr(std::string("-X -v ON_ERROR_STOP=1").size());
    }
    return text;
}

}  // namespace

TEST_CASE("each source is a step") {
    CHECK(read({"-f", "a.sql", "-c", "select 1", "--file=b.sql", "-fc.sql", "--command", "select 2", "-f", "-"}) ==
          " -f a.sql\n -c select 1\n -f b.sql\n -f c.sql\n -c select 2\n -f -");
    CHECK(read({"-f", "a.sql", "-c", "select 1"}, {.is_one_session = true}) == " -f a.sql -c select 1");
    CHECK(read({}, {.has_standard_input = true}) == " -f -");
    CHECK(read({"-q"}, {.has_standard_input = true}) == " -v QUIET=on -f -");
    CHECK(read({"-c", "-f"}) == " -c -f");
}

TEST_CASE("options count for all steps, wherever they stand, and have one spelling") {
    std::string canonical =
        " -1 -P format=unaligned -P tuples_only=on -P fieldsep=| -v ECHO=all -v QUIET=on -v a=1 -v b=x=y -f a.sql";
    CHECK(read({"-qAt1", "-F|", "-a", "-v", "b=x=y", "-va=1", "-f", "a.sql"}) == canonical);
    CHECK(read({"-f", "a.sql", "--set=a=2", "--variable", "a=1", "--set", "b=x=y", "--quiet", "--no-align",
                "--tuples-only", "--field-separator=|", "--echo-queries", "--echo-all", "--single-transaction", "-n",
                "-X"}) == canonical);
    CHECK(read({"--no-psq", "--echo-q", "-P", "format=csv", "--csv", "-x", "-fa.sql"}) ==
          " -P format=csv -P format=csv -P expanded=on -v ECHO=queries -f a.sql");
    CHECK(read({"-v", "gone", "-v", "empty=", "-v", "ON_ERROR_STOP=on", "-f", "a"}) == " -v empty= -v gone -f a");
}

TEST_CASE("what a step cannot have is refused, with what to do") {
    struct Row {
        std::vector<std::string> arguments;
        const char* message;
    };
    const std::vector<Row> rows = {
        {{}, "there is nothing to run: give -f FILE or -c SQL, or pipe a script in"},
        {{"-h", "db", "-f", "a"}, "-h says where to connect; every state has its own server: leave it away"},
        {{"--port=1", "-f", "a"}, "--port says where to connect; every state has its own server: leave it away"},
        {{"-qU", "me"}, "-U says where to connect; every state has its own server: leave it away"},
        {{"-w"}, "-w says where to connect; every state has its own server: leave it away"},
        {{"-f", "a", "shop"}, "\"shop\" names a database or user; every state has its own server: leave it away"},
        {{"a.sql"},
         "\"a.sql\" names a database or user; every state has its own server: leave it away, or write -f a.sql"},
        {{"--", "shop"}, "\"shop\" names a database or user; every state has its own server: leave it away"},
        {{"-o", "x"}, "-o writes a file; what psql prints is kept with the job: leave it away"},
        {{"-s"}, "-s is for a person at a terminal: leave it away, and end statements with \";\""},
        {{"-l"}, "-l prepares nothing: run psql itself for it"},
        {{"-f"}, "-f needs a value after it"},
        {{"-f", ""}, "-f needs the name of a file"},
        {{"-f", "-", "-f", "-"}, "standard input can be read once: give \"-f -\" once"},
        {{"--quiet=yes"}, "--quiet takes no value"},
        {{"--echo"}, "--echo can mean several options of psql; write the whole name"},
        {{"--fiel=x"}, "--fiel can mean several options of psql; write the whole name"},
        {{"--flie", "a"}, "psql has no option --flie; did you mean --file?"},
        {{"--comand=x"}, "psql has no option --comand; did you mean --command?"},
        {{"--nonsensical"}, "psql has no option --nonsensical; `psql --help` lists them"},
        {{"-k"}, "psql has no option -k; `psql --help` lists them"},
        {{"-v", "a b=1"}, "-v a b=1: a variable's name has letters, digits and \"_\"; write -v NAME=VALUE"},
        {{"-v", "=1"}, "-v =1: a variable's name has letters, digits and \"_\"; write -v NAME=VALUE"},
        {{"-v", "ON_ERROR_STOP=0"},
         "ON_ERROR_STOP is always on: a step that goes on after an error has no state to keep"},
        {{"-v", "ON_ERROR_STOP"},
         "ON_ERROR_STOP is always on: a step that goes on after an error has no state to keep"},
        {{"-v", "SINGLELINE=1"},
         "SINGLELINE is for a person at a terminal: leave it away, and end statements with \";\""},
        {std::vector<std::string>(1001, "-q"),
         "more than 1,000 arguments: put the commands into a file and give it with -f"},
    };
    for (const Row& row : rows) CHECK(read(row.arguments) == row.message);
}

// Any bytes: cutting a script never crashes, cutting the input at a place that the bytes choose changes nothing, and
// closure, sent texts and errors survive.
#include <cstdlib>

#include "base/text.h"
#include "modules/databases/script/closure.h"
#include "modules/databases/script/error_position.h"
#include "modules/databases/script/tests/events.h"
#include "modules/databases/script/tests/memory_files.h"

using namespace ry::databases::script;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string script(reinterpret_cast<const char*>(data), size);
    size_t first = size ? data[0] % (size + 1) : 0, step = 1 + (size > 1 ? data[1] % 7 : 0);
    for (Dialect dialect : {Dialect::psql, Dialect::server}) {
        LexerOptions options{.dialect = dialect};
        if (testing::lex_in_chunks(script, first, step, options).all() != testing::lex(script, options).all())
            std::abort();
    }
    for (const QueryText& query : query_texts(script))
        if (query.script_offset(query.text.size() / 2) > script.size()) std::abort();

    testing::MemoryFiles files({{"/d/main.sql", script}, {"/d/a", script}, {"/d/b.csv", "1"}});
    PsqlStep psql{.sources = {{Source::Kind::file, "main.sql"}, {Source::Kind::command, script}},
                  .options = {},
                  .variables = {{"f", "a"}}};
    ClosureRequest request{.working_dir = "/d", .limits = {.depth_max = 4, .scripts_max = 20}};
    for (const Finding& finding : closure_of(psql, request, files).findings)
        if (finding.place.offset > script.size()) std::abort();

    std::vector<std::string> arguments;
    for (std::string_view argument : ry::split(script, '\n')) arguments.emplace_back(argument);
    (void)read_psql_arguments(arguments, {});
    if (auto error = read_psql_error(script)) (void)locate(*error, script);
    return 0;
}

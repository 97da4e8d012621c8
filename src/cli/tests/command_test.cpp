#include <doctest/doctest.h>

#include <algorithm>
#include <iostream>

#include "cli/command.h"
#include "cli/help.h"
#include "kernel/op/op.h"

namespace ry::cli {
namespace {

DECLARE_ID(NoteId, "note");
enum class Mood { calm, busy };
constexpr std::array<std::string_view, 2> names_of(Mood) { return {"calm", "busy"}; }

struct WriteNote {
    std::string text;
    std::optional<Mood> mood;
    std::optional<bool> is_pinned;
    std::optional<int64_t> size;
    std::optional<double> weight;
    std::vector<std::string> tags;
    std::optional<Json> extra;
    std::optional<std::string> api_key;
    static const Fields& fields() {
        using S = WriteNote;
        static const Field table[] = {
            field("text", &S::text, "What it says.", length(1, 100), positional()),
            field("mood", &S::mood, "Its mood."),
            field("is_pinned", &S::is_pinned, "Whether it stays on top."),
            field("size", &S::size, "Its size."),
            field("weight", &S::weight, "Its weight."),
            field("tags", &S::tags, "Its tags.", defaulted()),
            field("extra", &S::extra, "Anything."),
            field("api_key", &S::api_key, "A key.", secret()),
        };
        static const Fields all{"WriteNote", table};
        return all;
    }
};
struct ListNotes {
    std::optional<int64_t> limit;
    std::vector<std::string> tags;
    static const Fields& fields() {
        static const Field table[] = {field("limit", &ListNotes::limit, "How many."),
                                      field("tags", &ListNotes::tags, "Only these.", defaulted())};
        static const Fields all{"ListNotes", table};
        return all;
    }
};
struct Note {
    NoteId id;
    static const Fields& fields() {
        static const Field table[] = {field("id", &Note::id, "Which note.")};
        static const Fields all{"Note", table};
        return all;
    }
};

Result<http::Page<Note>> list(Op&, ListNotes) { return http::Page<Note>{}; }
Result<http::Following<Note>> write(Op&, NoteId, WriteNote) { return http::Following<Note>{}; }
Result<http::Bytes> read(Op&, NoteId, std::string) { return http::Bytes{}; }
Result<http::Events> events(Op&, NoteId) { return http::Events{}; }
Result<void> remove(Op&, NoteId) { return {}; }
Result<void> hidden(Op&) { return {}; }

const std::vector<http::Route>& routes() {
    static const std::vector<http::Route> all = {
        http::route::get("/api/v1/notes", "notes.read", "notes ls", "The notes.", &list),
        http::route::post("/api/v1/notes/{note_id}/texts", "notes.write", "notes write", "Write a note.", &write),
        http::route::get("/api/v1/notes/{note_id}/files/{path...}", "notes.read", "notes cat", "A file.", &read),
        http::route::get("/api/v1/notes/{note_id}/events", "notes.read", "notes follow", "What happens.", &events),
        http::route::del("/api/v1/notes/{note_id}", "notes.write", "notes rm", "Delete a note.", &remove),
        http::route::post("/api/v1/hidden", "notes.write", "", "No command.", &hidden),
    };
    return all;
}
const std::vector<Command>& commands() {
    static const std::vector<Command> all = commands_of(routes());
    return all;
}

Result<Invocation> parsed(std::vector<std::string> words) {
    const Command* command = find_command(commands(), words[0], words[1]);
    REQUIRE(command);
    return parse(*command, std::span(words).subspan(2), [] { return Result<std::string>("from standard input"); });
}

TEST_CASE("words become a request") {
    struct Row {
        std::vector<std::string> words;
        std::string target;
        std::string body;
    };
    const Row rows[] = {
        {{"notes", "ls"}, "/api/v1/notes", ""},
        {{"notes", "ls", "--limit", "5"}, "/api/v1/notes?limit=5", ""},
        {{"notes", "ls", "--tags=a b", "--tags", "ü&"}, "/api/v1/notes?tags=%5B%22a%20b%22%2C%22%C3%BC%26%22%5D", ""},
        {{"notes", "rm", "note_1"}, "/api/v1/notes/note_1", ""},
        {{"notes", "rm", "../x?y"}, "/api/v1/notes/..%2Fx%3Fy", ""},
        {{"notes", "cat", "note_1", "src/My App.tsx"}, "/api/v1/notes/note_1/files/src/My%20App.tsx", ""},
        {{"notes", "write", "note_1", "hello \"you\""}, "/api/v1/notes/note_1/texts", R"({"text":"hello \"you\""})"},
        {{"notes", "write", "note_1", "--text", "hello"}, "/api/v1/notes/note_1/texts", R"({"text":"hello"})"},
        {{"notes", "write", "--mood", "busy", "note_1", "hi"},
         "/api/v1/notes/note_1/texts",
         R"({"mood":"busy","text":"hi"})"},
        {{"notes", "write", "note_1", "hi", "--is-pinned"},
         "/api/v1/notes/note_1/texts",
         R"({"is_pinned":true,"text":"hi"})"},
        {{"notes", "write", "note_1", "hi", "--no-is-pinned"},
         "/api/v1/notes/note_1/texts",
         R"({"is_pinned":false,"text":"hi"})"},
        {{"notes", "write", "note_1", "hi", "--is_pinned=false"},
         "/api/v1/notes/note_1/texts",
         R"({"is_pinned":false,"text":"hi"})"},
        {{"notes", "write", "note_1", "hi", "--size", "-7", "--weight=0.5"},
         "/api/v1/notes/note_1/texts",
         R"({"size":-7,"weight":0.5,"text":"hi"})"},
        {{"notes", "write", "note_1", "hi", "--tags", "a", "--tags", "b"},
         "/api/v1/notes/note_1/texts",
         R"({"tags":["a","b"],"text":"hi"})"},
        {{"notes", "write", "note_1", "hi", "--extra", R"({"a":[1]})"},
         "/api/v1/notes/note_1/texts",
         R"({"extra":{"a":[1]},"text":"hi"})"},
        {{"notes", "write", "note_1", "-"}, "/api/v1/notes/note_1/texts", R"({"text":"from standard input"})"},
        {{"notes", "write", "note_1", "--", "--text of dashes"},
         "/api/v1/notes/note_1/texts",
         R"({"text":"--text of dashes"})"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.words);
        auto invocation = parsed(row.words);
        REQUIRE_MESSAGE(invocation, (invocation ? "" : invocation.error().message));
        CHECK(invocation->target == row.target);
        CHECK(invocation->body == row.body);
    }
}

TEST_CASE("flags that every command knows") {
    auto invocation = parsed({"notes", "write", "note_1", "hi", "--server", "http://x", "--token=rmf_1", "-o", "json",
                              "--follow", "--idempotency-key", "k"});
    REQUIRE(invocation);
    CHECK(invocation->server == "http://x");
    CHECK(invocation->token == "rmf_1");
    CHECK(invocation->output == Output::json);
    CHECK(invocation->is_followed == true);
    CHECK(invocation->idempotency_key == "k");
    CHECK(parsed({"notes", "follow", "note_1", "--no-follow", "--after", "7"})->is_followed == false);
    CHECK(parsed({"notes", "write", "note_1", "--body", "-"})->body_file == "-");
    CHECK(parsed({"notes", "write", "--help"})->is_help_wanted);
}

TEST_CASE("what is wrong is said before anything is sent") {
    struct Row {
        std::vector<std::string> words;
        std::string says;
    };
    const Row rows[] = {
        {{"notes", "rm"}, "NOTE_ID is missing. Usage: ramify notes rm NOTE_ID"},
        {{"notes", "rm", "a", "b"}, "\"b\" is one too many"},
        {{"notes", "write", "note_1"}, "TEXT is missing: What it says."},
        {{"notes", "write", "note_1", "hi", "--mod", "busy"}, "did you mean --mood?"},
        {{"notes", "write", "note_1", "hi", "--mood", "angry"}, "--mood must be calm|busy, not \"angry\""},
        {{"notes", "write", "note_1", "hi", "--size", "1.5"}, "--size must be a whole number"},
        {{"notes", "write", "note_1", "hi", "--weight", "heavy"}, "--weight must be a number"},
        {{"notes", "write", "note_1", "hi", "--extra", "{"}, "--extra must be JSON"},
        {{"notes", "write", "note_1", "hi", "--is-pinned=perhaps"}, "--is-pinned must be true or false"},
        {{"notes", "write", "note_1", "hi", "--text", "ho"}, "--text is given twice"},
        {{"notes", "write", "note_1", "hi", "--mood"}, "--mood needs a value: calm|busy"},
        {{"notes", "write", "note_1", "-x"}, "there is no flag -x"},
        {{"notes", "write", "note_1", "-", "--api-key", "-"}, "only one value can be read from standard input"},
        {{"notes", "write", "note_1", "hi", "--body", "f"}, "--body is the whole body; --text cannot be added to it"},
        {{"notes", "rm", "note_1", "--follow"}, "has no flag --follow"},
        {{"notes", "rm", "note_1", "--body", "f"}, "has no flag --body"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.words);
        auto invocation = parsed(row.words);
        REQUIRE(!invocation);
        CHECK(invocation.error().code == Code::invalid);
        CAPTURE(invocation.error().message);
        CHECK(invocation.error().message.find(row.says) != std::string::npos);
    }
}

TEST_CASE("help says all that the table says") {
    Terminal terminal{std::cout, std::cerr, true, false, 80};
    const Command& write = *find_command(commands(), "notes", "write");
    CHECK(usage_of(write) == "notes write NOTE_ID TEXT [flags]");
    CHECK(example_of(write) == "notes write note_01k… \"Make the heading blue\" --follow");
    std::string help = help_of(terminal, write);
    for (std::string_view part :
         {"Write a note.", "--mood calm|busy", "Its mood.", "--is-pinned", "--tags TEXT", "May be repeated", "--follow",
          "POST /api/v1/notes/{note_id}/texts", "stands in no history"}) {
        CAPTURE(part);
        CHECK(help.find(part) != std::string::npos);
    }
    std::string noun = help_of_noun(terminal, "notes", {}, commands());
    for (std::string_view part : {"notes ls", "The notes.", "notes cat NOTE_ID PATH"})
        CHECK(noun.find(part) != std::string::npos);
    CHECK(overview(terminal, {}, commands()).find("ls, write, cat, follow, rm") != std::string::npos);
    CHECK(std::ranges::none_of(commands(),
                               [](const Command& command) { return command.route->summary == "No command."; }));
}

}  // namespace
}  // namespace ry::cli

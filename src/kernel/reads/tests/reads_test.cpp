#include "kernel/reads/reads.h"

#include <doctest/doctest.h>

#include <future>

#include "testing/database.h"

using namespace ry;

namespace {

DECLARE_ID(NoteId, "note");

struct Note {
    NoteId id;
    std::string text;
    int64_t version = 3;
    static const Fields& fields() {
        static const Field table[] = {field("id", &Note::id, "Which."), field("text", &Note::text, "What."), field("version", &Note::version, "The ETag.")};
        static const Fields all{"Note", table};
        return all;
    }
};
struct NoteArgs {
    NoteId id;
    void bind(store::Parameters& parameters) const { parameters.add(id); }
};
constexpr store::Parameter note_parameters[] = {store::parameter<NoteId>("id")};
constexpr store::Maybe<NoteArgs, Note> the_note{{"test.note", "select $1::uuid as id, 'hello' as text, 3 as version", note_parameters, &store::row_of<Note>}};
constexpr store::Maybe<NoteArgs, Note> no_note{{"test.no_note", "select $1::uuid as id, '' as text, 3 as version where false", note_parameters, &store::row_of<Note>}};
constexpr store::Maybe<NoteArgs, Note> broken{{"test.broken", "select 1 / 0 as id, $1::uuid", note_parameters, &store::row_of<Note>}};
constexpr store::Many<NoteArgs, Note> two_notes{{"test.notes", "select $1::uuid as id, text, 3 as version from unnest(array['a', 'b']) text", note_parameters, &store::row_of<Note>}};

Result<http::Reply> answer(testing::Database& database, const http::Read& read, std::string hole) {
    std::promise<Result<http::Reply>> replied;
    read({.op = database.op(), .holes = {std::move(hole)}, .query = {}, .session = {}}, [&](Result<http::Reply> reply) { replied.set_value(std::move(reply)); });
    return replied.get_future().get();
}

}  // namespace

TEST_CASE("a read answers from its statement's rows") {
    testing::Database database({});
    auto reading = [&](const auto& statement) {
        return reads::read(database.store(), [&statement](const http::ReadRequest& request) -> Result<reads::Question> {
            return reads::maybe(statement, {.id = TRY(reads::hole<NoteId>(request))}, "there is no such note");
        });
    };
    NoteId id = NoteId::fresh();
    auto found = answer(database, reading(the_note), id.text());
    REQUIRE(found);
    CHECK(found->body == "{\"id\":\"" + id.text() + "\",\"text\":\"hello\",\"version\":3}");
    CHECK(found->etag == "3");
    auto absent = answer(database, reading(no_note), id.text());
    REQUIRE_FALSE(absent);
    CHECK(absent.error().code == Code::not_found);
    CHECK(absent.error().message == "there is no such note");
    CHECK(answer(database, reading(the_note), "note_nonsense").error().code == Code::not_found);
    CHECK_FALSE(answer(database, reading(broken), id.text()));

    auto all = answer(database, reads::read(database.store(), [](const http::ReadRequest& request) -> Result<reads::Question> {
        return reads::many(two_notes, {.id = TRY(reads::hole<NoteId>(request))}, [](std::vector<Note> notes) -> Result<http::Page<Note>> { return http::Page<Note>{std::move(notes), "b"}; });
    }), id.text());
    REQUIRE(all);
    CHECK(all->body.ends_with("\"text\":\"b\",\"version\":3}],\"next_cursor\":\"b\"}"));
}

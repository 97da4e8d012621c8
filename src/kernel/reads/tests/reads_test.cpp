#include "kernel/reads/kept.h"

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
        static const Field table[] = {field("id", &Note::id, "Which."), field("text", &Note::text, "What."),
                                      field("version", &Note::version, "The ETag.")};
        static const Fields all{"Note", table};
        return all;
    }
};
struct NoteArgs {
    NoteId id;
    void bind(store::Parameters& parameters) const { parameters.add(id); }
};
constexpr store::Parameter note_parameters[] = {store::parameter<NoteId>("id")};
constexpr store::Maybe<NoteArgs, Note> the_note{
    {"test.note", "select $1::uuid as id, 'hello' as text, 3 as version", note_parameters, &store::row_of<Note>}};
constexpr store::Maybe<NoteArgs, Note> no_note{{"test.no_note",
                                                "select $1::uuid as id, '' as text, 3 as version where false",
                                                note_parameters, &store::row_of<Note>}};
constexpr store::Maybe<NoteArgs, Note> broken{
    {"test.broken", "select 1 / 0 as id, $1::uuid", note_parameters, &store::row_of<Note>}};
constexpr store::Many<NoteArgs, Note> two_notes{
    {"test.notes", "select $1::uuid as id, text, 3 as version from unnest(array['a', 'b']) text", note_parameters,
     &store::row_of<Note>}};

Result<http::Reply> answer(testing::Database& database, const http::Read& read, std::string hole) {
    std::promise<Result<http::Reply>> replied;
    read({.op = database.op(), .holes = {std::move(hole)}, .query = {}, .session = {}},
         [&](Result<http::Reply> reply) { replied.set_value(std::move(reply)); });
    return replied.get_future().get();
}

}  // namespace

TEST_CASE("a reply is kept until its mark is another one, and the one used least recently goes first") {
    reads::Kept kept(3'000);
    http::Reply reply{.body = std::string(800, 'a'), .etag = "a"};
    kept.keep("a", "1", reply);
    CHECK(kept.find("a", "1")->body == reply.body);
    CHECK(kept.find("a", "1")->etag == "a");
    CHECK_FALSE(kept.find("a", "2"));
    CHECK_FALSE(kept.find("b", "1"));
    kept.keep("b", "1", reply);
    CHECK(kept.find("a", "1"));
    kept.keep("c", "1", reply);
    CHECK_FALSE(kept.find("b", "1"));
    CHECK(kept.find("a", "1"));
    kept.keep("a", "2", {.body = "changed"});
    CHECK_FALSE(kept.find("a", "1"));
    CHECK(kept.find("a", "2")->body == "changed");
    kept.keep("a", "3", {.body = std::string(4'000, 'x')});
    CHECK_FALSE(kept.find("a", "3"));
    CHECK(kept.find("c", "1"));
}

TEST_CASE("a kept read asks its whole question again only when the mark is new, or there is none") {
    testing::Database database({});
    database.run_as_superuser(
        "create table mark (seq text); grant select on "
        "mark to public; insert into mark values ('1')");
    static constexpr store::Maybe<NoteArgs, Note> counted{
        {"test.counted", "select $1::uuid as id, '' as text, (extract(epoch from clock_timestamp()) * 1e6)::bigint as version", note_parameters,
         &store::row_of<Note>}};
    static constexpr store::Maybe<NoteArgs, Note> marked{
        {"test.mark", "select seq from mark where $1::uuid is not null", note_parameters, &store::row_of<Note>}};
    NoteId id = NoteId::fresh();
    auto read = reads::read(
        database.store(), std::make_shared<reads::Kept>(10'000),
        [](const http::ReadRequest& request) -> Result<reads::Question> {
            return reads::mark(marked, {.id = TRY(reads::hole<NoteId>(request))});
        },
        [](const http::ReadRequest& request) -> Result<reads::Question> {
            return reads::maybe(counted, {.id = TRY(reads::hole<NoteId>(request))}, "there is no such note");
        });
    auto asked = [&] {
        auto reply = answer(database, read, id.text());
        REQUIRE_MESSAGE(reply, reply.error().message);
        return reply->body;
    };
    std::string first = asked();
    CHECK(asked() == first);
    CHECK(answer(database, read, NoteId::fresh().text())->body != first);
    database.run_as_superuser("update mark set seq = '2'");
    std::string second = asked();
    CHECK(second != first);
    CHECK(asked() == second);
    database.run_as_superuser("update mark set seq = null");
    CHECK(asked() != second);
    CHECK(asked() != asked());
    database.run_as_superuser("delete from mark");
    CHECK(asked() != asked());
}

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

    auto all = answer(database,
                      reads::read(database.store(),
                                  [](const http::ReadRequest& request) -> Result<reads::Question> {
                                      return reads::many(two_notes, {.id = TRY(reads::hole<NoteId>(request))},
                                                         [](std::vector<Note> notes) -> Result<http::Page<Note>> {
                                                             return http::Page<Note>{std::move(notes), "b"};
                                                         });
                                  }),
                      id.text());
    REQUIRE(all);
    CHECK(all->body.ends_with("\"text\":\"b\",\"version\":3}],\"next_cursor\":\"b\"}"));
}

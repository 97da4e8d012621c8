#include "kernel/http/route.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::http;

namespace {

DECLARE_ID(ShelfId, "shelf");

struct Book {
    std::string title;
    int64_t version = 0;
    static const Fields& fields() {
        static const Field table[] = {field("title", &Book::title, "Its title.", length(1, 20)),
                                      field("version", &Book::version, "Grows with each change.", defaulted())};
        static const Fields all{"Book", table};
        return all;
    }
};
struct ListBooks {
    int limit = 50;
    std::optional<std::string> word;
    static const Fields& fields() {
        static const Field table[] = {field("limit", &ListBooks::limit, "How many.", range(1, 100), defaulted()),
                                      field("word", &ListBooks::word, "In the title.")};
        static const Fields all{"ListBooks", table};
        return all;
    }
};

struct Library {
    Result<Page<Book>> list(Op&, ShelfId, ListBooks query) {
        return Page<Book>{{{query.word.value_or("any"), query.limit}}, "next"};
    }
    Result<Created<Book>> add(Op&, ShelfId shelf, Book book) { return Created<Book>{book, "/shelves/" + shelf.text()}; }
    Result<Bytes> file(const Op&, ShelfId, std::string path) const { return Bytes{"text/plain", path}; }
    Result<void> remove(Op&, ShelfId, IfMatch seen) {
        TRY(seen.check(3));
        return {};
    }
    Result<Following<Book>> lend(Op&, ShelfId) { return Following<Book>{{"lent", 1}, "shelf:1", "4", "/events"}; }
};

Result<Reply> call(const Route& route, std::vector<std::string> holes, Request request) {
    Op op{};
    RequestInfo info{request, {}};
    Call made{op, info, holes};
    return route.act(made);
}

}  // namespace

TEST_CASE("a row is deduced from the handler's signature") {
    Library library;
    auto list = route::get("/shelves/{shelf_id}/books", "books.read", "books ls", "Books.", &Library::list, library);
    CHECK(list.query == &ListBooks::fields());
    CHECK(list.body == nullptr);
    CHECK(list.response == &Book::fields());
    CHECK(list.answers == Answers::page);
    CHECK(list.holes.at(0).name == "shelf_id");
    CHECK(list.holes.at(0).prefix == "shelf");
    auto file = route::get("/shelves/{shelf_id}/files/{path...}", "books.read", "books cat", "A file.", &Library::file,
                           library);
    CHECK(file.holes.at(1).is_tail);
    CHECK(file.holes.at(1).prefix == "");
    CHECK_THROWS_AS(route::get("/books", "books.read", "", "Wrong.", &Library::list, library), Bug);
}

TEST_CASE("holes, query and body reach the handler's parameters") {
    Library library;
    std::string shelf = ShelfId::fresh().text();
    auto list = route::get("/shelves/{shelf_id}/books", "books.read", "books ls", "Books.", &Library::list, library);
    auto page = call(list, {shelf}, {.target = "/x?limit=7&word=two+words%21"});
    REQUIRE(page);
    CHECK(page->body == R"({"items":[{"title":"two words!","version":7}],"next_cursor":"next"})");

    auto wrong = call(list, {shelf}, {.target = "/x?limit=101&wrod=a"});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().faults.size() == 2);
    CHECK(call(list, {"shelf_nonsense"}, {.target = "/x"}).error().code == Code::not_found);
    CHECK(call(list, {shelf}, {.target = "/x?limit=%zz"}).error().code == Code::invalid);
    CHECK(call(list, {shelf}, {.target = "/x?limit=1&limit=2"}).error().code == Code::invalid);

    auto add = route::post("/shelves/{shelf_id}/books", "books.write", "books add", "Add.", &Library::add, library);
    auto added = call(add, {shelf}, {.body = R"({"title":"Dune","version":2})"});
    REQUIRE(added);
    CHECK(added->status == 201);
    CHECK(added->etag == "2");
    CHECK(added->headers.get("location") == "/shelves/" + shelf);
    CHECK(call(add, {shelf}, {.body = R"({"titel":""})"}).error().faults.size() == 2);
}

TEST_CASE("If-Match names the version that the caller has seen") {
    Library library;
    auto remove = route::del("/shelves/{shelf_id}", "books.write", "shelves rm", "Remove.", &Library::remove, library);
    CHECK(remove.takes_if_match);
    auto with = [&](std::string_view tag) {
        Request request;
        if (!tag.empty()) request.headers.add("If-Match", tag);
        auto result = call(remove, {ShelfId::fresh().text()}, request);
        return result ? "done" : std::string(name_of(result.error().code));
    };
    CHECK(with("") == "done");
    CHECK(with("*") == "done");
    CHECK(with("\"3\"") == "done");
    CHECK(with("\"2\"") == "stale");
    CHECK(with("W/\"3\"") == "stale");
    CHECK(with("nonsense") == "stale");
}

TEST_CASE("a Following tells where the rest will happen") {
    Library library;
    auto lend = route::post("/shelves/{shelf_id}/lend", "books.write", "books lend", "Lend.", &Library::lend, library);
    auto reply = call(lend, {ShelfId::fresh().text()}, {});
    REQUIRE(reply);
    CHECK(reply->status == 202);
    CHECK(reply->body == R"({"title":"lent","version":1,"stream":"/events","after":"4"})");
    CHECK(reply->follow->stream == "shelf:1");
}

TEST_CASE("a table with two rows of one address is refused") {
    Library library;
    std::vector<Route> table;
    table.push_back(
        route::get("/shelves/{shelf_id}/books", "books.read", "books ls", "Books.", &Library::list, library));
    CHECK(check_routes(table));
    table.push_back(
        route::get("/shelves/{other}/books", "books.read", "books list", "Books.", &Library::list, library));
    CHECK_FALSE(check_routes(table));
}

#include "modules/databases/liquibase/wire_watch.h"

#include <doctest/doctest.h>

#include <vector>

using namespace ry::databases::liquibase;

namespace {

std::string number(size_t value) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) text += char(value >> shift & 0xFF);
    return text;
}
std::string message(char kind, const std::string& body) { return kind + number(body.size() + 4) + body; }
std::string zero(const std::string& text) { return text + std::string(1, '\0'); }
std::string start_up() { return number(8 + 5) + number(196608) + "user" + std::string(1, '\0'); }
std::string parse(const std::string& statement) {
    return message('P', zero("") + zero(statement) + std::string(2, '\0')) + message('S', "");
}
const std::string insert =
    "INSERT INTO public.databasechangelog (ID, AUTHOR, FILENAME, DATEEXECUTED, ORDEREXECUTED, MD5SUM, DESCRIPTION) "
    "VALUES ('1')";

/// In pieces of every size: where the server's bytes are held back, counted in bytes.
std::vector<size_t> holds(const std::string& client, const std::string& server, size_t piece_bytes, WireWatch& watch) {
    for (size_t at = 0; at < client.size(); at += piece_bytes)
        watch.from_client(std::string_view(client).substr(at, piece_bytes));
    std::vector<size_t> found;
    for (size_t at = 0; at < server.size();) {
        at += watch.from_server(std::string_view(server).substr(at, piece_bytes));
        if (watch.take_recorded()) found.push_back(at);
    }
    return found;
}

}  // namespace

TEST_CASE("the server's answer to a commit of a changelog row is held back, however the bytes are cut") {
    std::string before = message('1', "") + message('Z', "T");
    std::string idle = message('C', zero("COMMIT")) + message('Z', "I");
    for (size_t piece_bytes : {1, 2, 3, 7, 1000}) {
        WireWatch watch;
        CHECK(holds(start_up() + parse(insert) + parse("COMMIT"), before + idle + message('Z', "I"), piece_bytes,
                    watch) == std::vector<size_t>{before.size() + idle.size()});
        CHECK(holds(parse("select 'INSERT INTO'"), idle, piece_bytes, watch).empty());
        CHECK(holds(parse("UPDATE public.databasechangelog SET DATEEXECUTED = NOW(), EXECTYPE = 'RERAN', MD5SUM = "
                          "'9:x' WHERE ID = '1'"),
                    idle, piece_bytes, watch)
                  .size() == 1);
        CHECK(holds(message('Q', zero(insert)), idle, piece_bytes, watch).size() == 1);
    }
}

TEST_CASE("an error is kept with its statement, and a long statement by its beginning") {
    WireWatch watch;
    std::string error = message('E', zero("SERROR") + zero("C42P01") + zero("Mrelation \"x\" does not exist") +
                                         zero("Hlook again") + zero("Ddetail") + std::string(1, '\0'));
    holds(start_up() + parse("select * from x"), error + message('Z', "E"), 5, watch);
    REQUIRE(watch.last_error());
    CHECK(watch.last_error()->sqlstate == "42P01");
    CHECK(watch.last_error()->message == "relation \"x\" does not exist");
    CHECK(watch.last_error()->hint == "look again");
    CHECK(watch.last_error()->statement == "select * from x");
    holds(parse(std::string(200'000, 'x')), message('E', "Mno end"), 4096, watch);
    CHECK(watch.last_error()->message == "no end");
    CHECK(watch.last_error()->statement.size() < WireWatch::text_bytes_max);
}

#include "cli/manual.h"

#include <doctest/doctest.h>

#include "cli/tests/shop_repository.h"
#include "server/product.h"

namespace ry::cli {
namespace {

TEST_CASE("every command has a page, and neither groff nor mandoc finds anything wrong with any of them") {
    std::vector<http::Route> routes = server::Product::route_table();
    std::vector<Command> commands = commands_of(routes);
    std::vector<std::pair<std::string, std::string>> pages = {{"", ""}, {"db", ""}, {"chats", ""}};
    for (const OwnCommand& own : own_commands()) {
        size_t space = own.name.find(' ');
        pages.emplace_back(own.name.substr(0, space),
                           space == std::string_view::npos ? "" : own.name.substr(space + 1));
    }
    for (const Command& command : commands) pages.emplace_back(command.noun, command.verb);
    testing::ShopRepository shop;
    std::string all;
    for (const auto& [noun, verb] : pages) {
        CAPTURE(noun + " " + verb);
        std::string page = manual_page(noun, verb, own_commands(), commands);
        CHECK(page.starts_with(".TH RAMIFY"));
        shop.write("pages/" + noun + "-" + verb + ".1", page);
        all += page;
    }
    CHECK(manual_page("no", "such", own_commands(), commands).empty());
    shop.write("all.1", all);
    testing::Ran set = shop.shell("groff -ww -k -man -Tutf8 -rLL=78n -P-cbou all.1", shop.root());
    CHECK(set.exit == 0);
    CHECK_MESSAGE(set.err == "", set.err.substr(0, 2'000));
    CHECK(set.out.find("ramify db prepare psql --image postgres:15 --name shop -- -v rows=100") != std::string::npos);
    CHECK(set.out.find("--deterministic") != std::string::npos);
    // Long lines are a matter of style; and a page of the program that printed it needs no date.
    testing::Ran lint = shop.shell("mandoc -T lint pages/*.1 | grep -v -e ': STYLE: ' -e 'missing date'", shop.root());
    CHECK_MESSAGE(lint.out == "", lint.out.substr(0, 2'000));
    CHECK(shop.shell("mandoc -T utf8 pages/db-prepare.1 | col -b | grep -c -e '--deterministic'", shop.root()).out ==
          "1\n");
}

}  // namespace
}  // namespace ry::cli

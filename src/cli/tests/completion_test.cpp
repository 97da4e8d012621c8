// What may stand next on a command line, in the tables and in a real shell.
#include "cli/completion.h"

#include <algorithm>

#include "cli/tests/pseudo_terminal.h"
#include "cli/tests/shop_repository.h"
#include "server/product.h"

namespace ry::cli {
namespace {

using testing::PseudoTerminal;
using testing::Ran;
using testing::ShopRepository;

std::vector<std::string> offered(const std::vector<std::string>& words) {
    static const std::vector<http::Route> routes = server::Product::route_table();
    static const std::vector<Command> commands = commands_of(routes);
    return candidates(words, own_commands(), commands, [](Names names) -> std::vector<std::string> {
        if (names == Names::instance) return {"shop", "instance_01"};
        if (names == Names::ref) return {"shop@main"};
        if (names == Names::prepare) return {"prepare_01"};
        return names == Names::state || names == Names::anything
                   ? std::vector<std::string>{"shop@main", "abcdef0123456789"}
                   : std::vector<std::string>{};
    });
}
bool offers_word(const std::vector<std::string>& words, std::string_view word) {
    std::vector<std::string> all = offered(words);
    return std::ranges::find(all, word) != all.end();
}
using List = std::vector<std::string>;

TEST_CASE("nouns, verbs, flags and values come from the tables") {
    CHECK(offers_word({""}, "db"));
    CHECK(offers_word({""}, "chats"));
    CHECK(offered({"compl"}) == List{"completion"});
    CHECK(offers_word({"db", ""}, "prepare"));
    CHECK(offers_word({"db", ""}, "fork"));
    CHECK(offers_word({"help", "db", ""}, "prepare"));
    CHECK(offers_word({"db", "prepare", "--"}, "--deterministic"));
    CHECK(offers_word({"chats", "say", "--"}, "--follow"));
    CHECK(offered({"db", "prepare", "psql", "--output", "e"}) == List{"env"});
    CHECK(offered({"completion", "z"}) == List{"zsh"});
    CHECK(offered({"db", "prepare", "psql", "--", ""}).empty());
    CHECK(offered({"no", "such", ""}).empty());
}

TEST_CASE("names of the server stand where the command takes them") {
    CHECK(offered({"db", "dsn", "s"}) == List{"shop"});
    CHECK(offered({"db", "run", "--from", ""}) == List{"shop@main"});
    CHECK(offered({"db", "run", "--instance", "sh"}) == List{"shop"});
    CHECK(offered({"db", "watch", ""}) == List{"prepare_01"});
    CHECK(offered({"db", "fork", "i"}) == List{"instance_01"});
    CHECK(offered({"db", "show-state", "abc"}) == List{"abcdef0123456789"});
    CHECK(offered({"db", "pin", ""}) == List{"shop@main"});
    CHECK(offered({"db", "switch", "shop", "abc"}) == List{"abcdef0123456789"});
}

/// What zsh makes of a line when the tab key is pressed at its end: the line is not run but printed.
std::string completed_by_zsh(const ShopRepository& shop, const std::string& line) {
    shop.write("complete.zsh",
               "PS1='ready> '\nsetopt nolistbeep\nautoload -Uz compinit && compinit -u -D\npath=(" RAMIFY_BINARY_DIR
               " $path)\nexport RAMIFY_DATA_DIR=" +
                   shop.folder + "/data\nsource <(ramify completion zsh)\n");
    PseudoTerminal terminal("TERM=dumb PS1='begun> ' exec zsh -f -i", shop.root(), 200);
    REQUIRE(terminal.shows("begun> "));
    terminal.type("source ./complete.zsh\r");
    REQUIRE(terminal.shows("ready> "));
    constexpr const char *tab = "\t", *line_begin = "\x01", *line_end = "\x05";
    terminal.type(line + tab + line_begin + "print -r -- 'completed:" + line_end + ":'\r");
    REQUIRE(terminal.shows("\ncompleted:"));
    REQUIRE(terminal.shows(":\r\n"));
    terminal.type("exit\r");
    terminal.wait();
    std::string seen = terminal.seen().substr(terminal.seen().rfind("\ncompleted:") + 11);
    return seen.substr(0, seen.find(":\r"));
}

TEST_CASE("bash, zsh and fish complete what the server knows, and start no server for it") {
    ShopRepository shop;
    shop.write("complete.sh", "PATH=" RAMIFY_BINARY_DIR ":$PATH\nexport RAMIFY_DATA_DIR=" + shop.folder +
                                  "/data\nsource <(ramify completion bash)\n"
                                  "COMP_LINE=$1 COMP_POINT=${#1}\n_ramify\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n");
    auto completed = [&](const std::string& line) {
        Ran ran = shop.shell("bash complete.sh '" + line + "'", shop.root());
        CHECK(ran.err == "");
        return ran.out;
    };
    CHECK(completed("ramify db dsn ") == "\n");
    CHECK_FALSE(std::filesystem::exists(shop.folder + "/data/server.json"));
    std::string state = std::string(
        shop.ramify("db prepare psql --name shop --output json -- -c 'select 1'").json().at("state_id").as_string());
    REQUIRE(shop.ramify("db tag shop@main " + state).exit == 0);
    CHECK(completed("ramify db dsn sho") == "shop\nshop@main\n");
    CHECK(completed("ramify db run --from shop@m") == "main\n");  // bash has broken the word at "@"
    CHECK(completed("ramify db comp") == "compare\n");
    CHECK(completed_by_zsh(shop, "ramify db comp") == "ramify db compare");
    CHECK(completed_by_zsh(shop, "ramify db run --from shop@m") == "ramify db run --from shop@main");
    auto completed_by_fish = [&](const std::string& line) {
        Ran ran =
            shop.shell("HOME=" + shop.folder + " PATH=" RAMIFY_BINARY_DIR ":$PATH RAMIFY_DATA_DIR=" + shop.folder +
                           "/data fish --no-config -c 'ramify completion fish | source; complete -C \"" + line + "\"'",
                       shop.root());
        CHECK(ran.err == "");
        return ran.out;
    };
    CHECK(completed_by_fish("ramify db comp") == "compare\n");
    CHECK(completed_by_fish("ramify db dsn sho") == "shop\nshop@main\n");
    CHECK(completed_by_fish("ramify db run --from shop@m") == "shop@main\n");
}

TEST_CASE("there is a script for each shell") {
    for (std::string_view shell : {"bash", "zsh", "fish"})
        CHECK(completion_script(shell).find("completion words -- ") != std::string::npos);
    CHECK(completion_script("tcsh").empty());
}

}  // namespace
}  // namespace ry::cli

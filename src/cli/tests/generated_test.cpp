#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/command.h"
#include "cli/generated.h"
#include "server/product.h"

namespace ry::cli {
namespace {

std::string content_of(const std::string& file) {
    std::stringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

/// The first line in which two texts differ, for the message.
std::string first_difference(const std::string& checked_in, const std::string& made) {
    std::stringstream a(checked_in), b(made);
    std::string line_a, line_b;
    for (int number = 1;; ++number) {
        bool has_a = bool(std::getline(a, line_a)), has_b = bool(std::getline(b, line_b));
        if (!has_a && !has_b) return "";
        if (has_a != has_b || line_a != line_b)
            return "line " + std::to_string(number) + ":\n- " + (has_a ? line_a : "(end)") + "\n+ " +
                   (has_b ? line_b : "(end)");
    }
}

TEST_CASE("what is generated is checked in; UPDATE=1 rewrites it") {
    auto routes = server::Product::route_table();
    REQUIRE(http::check_routes(routes));
    for (const Artefact& artefact : artefacts()) {
        std::string file = RAMIFY_SOURCE_DIR "/" + std::string(artefact.file);
        std::string made = artefact.make(routes);
        if (std::getenv("UPDATE")) {
            std::filesystem::create_directories(std::filesystem::path(file).parent_path());
            std::ofstream(file, std::ios::binary) << made;
        }
        CAPTURE(artefact.file);
        std::string difference = first_difference(content_of(file), made);
        CHECK_MESSAGE(difference.empty(), difference << "\nrun ./dev gen and look at the difference");
    }
}

TEST_CASE("every command of the table can be called by what its help says") {
    auto routes = server::Product::route_table();
    auto commands = commands_of(routes);
    CHECK(commands.size() > 40);
    for (const Command& command : commands) {
        CAPTURE(command.name());
        CHECK(!command.verb.empty());
        CHECK(!command.route->summary.empty());
        bool was_optional = false;
        for (const Argument& argument : command.arguments) {
            CHECK(!(was_optional && argument.is_required));  // what may be left out stands last
            was_optional = was_optional || !argument.is_required;
        }
        for (const Flag& flag : command.flags) {
            CHECK(!flag.doc.empty());
            for (const Flag& common : common_flags()) CHECK(!(flag.name == common.name && offers(command, common)));
        }
    }
}

}  // namespace
}  // namespace ry::cli

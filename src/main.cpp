// ramify: server, worker and command line in one.
#include <filesystem>
#include <iostream>

#include "cli/cli.h"
#include "server/product.h"

int main(int argc, char** argv) {
    using namespace ry;
    try {
        cli::Terminal terminal = cli::terminal_of(std::cout, std::cerr);
        std::vector<std::string> words(argv + 1, argv + argc);
        if (std::filesystem::path(argv[0]).filename() == "sqlrs") words.insert(words.begin(), "sqlrs");  // a link of that name
        return int(cli::run(terminal, words, &server::Product::route_table, cli::surroundings_of_environment()));
    } catch (const std::exception& bug) {
        std::cerr << "bug: " << bug.what() << "\n";
        return 70;
    }
}

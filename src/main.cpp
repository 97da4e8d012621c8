// ramify: server, worker and command line in one.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "kernel/config/config.h"
#include "kernel/http/openapi.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/apps/changes/changes.h"
#include "server/product.h"

namespace {

using namespace ry;

int failed(const Error& error) {
    std::cerr << "error: " << error.message << (error.cause.empty() ? "" : "\n       " + error.cause) << "\n";
    return 1;
}

/// Serves until SIGTERM or SIGINT; the second one ends it at once.
int serve(const server::Settings& settings) {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    auto product = server::Product::start(settings);
    if (!product) return failed(product.error());
    std::cout << "ready " << (*product)->url() << std::endl;
    if (!(*product)->setup_link().empty()) std::cerr << "Open " << (*product)->url() << (*product)->setup_link() << " to become the owner.\n";
    int signal = 0;
    sigwait(&wanted, &signal);
    pthread_sigmask(SIG_UNBLOCK, &wanted, nullptr);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    (*product)->drain();
    return 0;
}

int openapi(const std::vector<std::string>& arguments) {
    auto routes = server::Product::route_table();
    bool is_typescript = arguments.size() > 1 && arguments[1] == "--typescript";
    std::cout << (is_typescript ? http::typescript_client(routes) : http::openapi(routes));
    return 0;
}

int parse_changes(const std::vector<std::string>& arguments) {
    if (arguments.size() < 3 || arguments[1] != "parse") {
        std::cerr << "usage: ramify changes parse FILE [--output json]\n";
        return 2;
    }
    std::stringstream text;
    if (arguments[2] == "-") text << std::cin.rdbuf();
    else {
        std::ifstream file(arguments[2], std::ios::binary);
        if (!file) return failed(fail(Code::not_found, arguments[2] + " cannot be read"));
        text << file.rdbuf();
    }
    std::cout << to_json(apps::changes::parse(text.str())) << "\n";
    return 0;
}

int run(const std::vector<std::string>& arguments) {
    server::Settings settings;
    std::vector<std::string> rest;
    auto loaded = config::load(server::Settings::fields(), &settings, "", arguments, rest);
    if (!loaded) return failed(loaded.error());
    std::string command = rest.empty() ? "" : rest[0];
    if (command == "serve") return serve(settings);
    if (command == "openapi") return openapi(rest);
    if (command == "changes") return parse_changes(rest);
    std::cerr << "usage: ramify serve | openapi | changes parse FILE\n";
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& bug) {
        std::cerr << "bug: " << bug.what() << "\n";
        return 70;
    }
}

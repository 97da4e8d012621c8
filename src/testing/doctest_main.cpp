#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "testing/shared.h"

namespace {

std::vector<std::function<void()>>& ends() {
    static std::vector<std::function<void()>> all;
    return all;
}

}  // namespace

void ry::testing::at_end(std::function<void()> end) { ends().push_back(std::move(end)); }

int main(int argc, char** argv) {
    int exit_code = doctest::Context(argc, argv).run();
    for (; !ends().empty(); ends().pop_back()) ends().back()();
    return exit_code;
}

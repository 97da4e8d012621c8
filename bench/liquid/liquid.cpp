// How fast a prompt is rendered from a parsed template, as a chat does it: bench_liquid TEMPLATE CONTEXT prints microseconds for parsing and
// rendering, and then the prompt, so that run.mjs can see that both engines print the same.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "modules/chats/liquid/liquid.h"

using namespace ry::chats::liquid;

namespace {

std::string text_of(const char* file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Microseconds of one call, over a second.
template <class F>
double microseconds(F call) {
    using Clock = std::chrono::steady_clock;
    size_t calls = 0;
    auto begin = Clock::now();
    double passed = 0;
    do {
        for (int i = 0; i < 100; ++i) call();
        calls += 100;
        passed = std::chrono::duration<double>(Clock::now() - begin).count();
    } while (passed < 1);
    return passed * 1e6 / double(calls);
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) return 2;
    std::string text = text_of(words[1]);
    auto data = Data::from_json(text_of(words[2]));
    auto parsed = Template::parse(text);
    if (!data || !parsed) return 1;
    auto output = (*parsed)->render(*data, {});
    if (!output) return 1;
    size_t bytes = 0;
    double render = microseconds([&] { bytes += (*parsed)->render(*data, {})->size(); });
    double parse = microseconds([&] { bytes += (*Template::parse(text))->render(*data, {})->size(); }) - render;
    std::printf("%.3f %.3f\n%s", parse, render, output->c_str());
    return bytes == 0;
}

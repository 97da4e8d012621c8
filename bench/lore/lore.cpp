// How fast lore is resolved for a chat from a book that is ready: bench_lore BOOK TEXT prints milliseconds for making
// the book ready and for resolving, and then the uids that activated, so that run.mjs can see that both found the same.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "modules/chats/lore/lore.h"

using namespace ry::chats::lore;

namespace {

std::string text_of(const char* file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Milliseconds of one call, over a second.
template <class F>
double milliseconds(F call) {
    using Clock = std::chrono::steady_clock;
    size_t calls = 0;
    auto begin = Clock::now();
    double passed = 0;
    for (; passed < 1; ++calls) {
        call();
        passed = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    return passed * 1e3 / double(calls);
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) return 2;
    auto book = read_book(text_of(words[1]));
    if (!book) return 1;
    Scene scene;
    scene.lines.push_back({"", text_of(words[2])});
    Settings settings;
    settings.budget_percent = 100;
    settings.context_tokens = 1'000'000'000;
    settings.recursive = false;
    std::vector<BookInUse> books{{"book", Scope::global, compile(*book)}};
    size_t pieces = 0;
    double ready = milliseconds([&] { pieces += book_of(*compile(*book)).entries.size(); });
    double resolved = milliseconds([&] { pieces += resolve(books, settings, scene).pieces.size(); });
    std::printf("%.3f %.3f\n", ready, resolved);
    for (const Verdict& verdict : resolve(books, settings, scene).verdicts)
        if (verdict.activated) std::printf("%lld\n", static_cast<long long>(verdict.uid));
    return pieces == 0;
}

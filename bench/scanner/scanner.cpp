// How fast the scanner reads answers: prose and code as models write them, in one piece and in the chunks of a stream.
#include <chrono>
#include <cstdio>
#include <string>

#include "modules/apps/changes/changes.h"

using namespace ry::apps::changes;

namespace {

class Counting final : public Sink {
public:
    void text(std::string_view span) override { bytes += span.size(); }
    void reasoning(std::string_view span) override { bytes += span.size(); }
    void change_started(Kind, const std::vector<Attribute>&, size_t, int) override {}
    void change_body(size_t, std::string_view span) override { bytes += span.size(); }
    void change_done(size_t) override { ++changes; }
    void unfinished(std::optional<size_t>, Kind, int, bool) override {}
    void problem(std::optional<size_t>, int, std::string) override {}
    size_t bytes = 0, changes = 0;
};

/// Some `mib` MiB: reasoning, prose with fenced code, and components with many "<".
std::string mixed_answer(size_t mib) {
    std::string component =
        "import { useState } from \"react\";\n\nexport default function Card({ title, items }: Props) {\n  const "
        "[open, setOpen] = useState(false);\n  return (\n";
    for (int i = 0; i < 40; ++i)
        component +=
            "    <div className=\"rounded-lg border p-4 shadow-sm hover:shadow-md\">\n      <h2 "
            "className=\"text-lg\">{title}</h2>\n      {items.filter((x) => x.price < 10 && x.open).map((x) => (\n     "
            "   <li key={x.id}>{x.name}</li>\n      ))}\n    </div>\n";
    component += "  );\n}\n";
    std::string prose =
        "I will change the card so that it shows prices, and keep the rest of the page as it is.\n\n```ts\nconst a = "
        "<T,>(x: T) => x;\n```\nThen the list becomes simpler: a < b means that the first one comes first.\n";
    std::string answer;
    for (int i = 0; answer.size() < mib << 20; ++i) {
        if (answer.size() < Scanner::elements_max * 100 && i % 4 == 0) answer += "<think>" + prose + "</think>\n";
        answer += prose + prose + "<ramify-write path=\"src/components/Card" + std::to_string(i) +
                  ".tsx\" description=\"shows a => b\">\n" + component + "</ramify-write>\n";
    }
    return answer;
}

void measure(const char* name, const std::string& answer, size_t chunk) {
    double best = 0;
    for (int round = 0; round < 5; ++round) {
        Counting sink;
        Scanner scanner;
        auto start = std::chrono::steady_clock::now();
        for (size_t at = 0; at < answer.size(); at += chunk)
            scanner.feed(std::string_view(answer).substr(at, chunk), sink);
        scanner.finish(sink);
        double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        best = std::max(best, double(answer.size()) / 1e6 / seconds);
    }
    std::printf("%-28s %8.0f MB/s\n", name, best);
}

}  // namespace

int main() {
    auto answer = mixed_answer(64);
    measure("mixed, in one piece", answer, answer.size());
    measure("mixed, chunks of 4 KiB", answer, 4096);
    measure("mixed, chunks of 16 bytes", answer, 16);
    measure("prose without elements", std::string(64 << 20, 'x'), 4096);
}

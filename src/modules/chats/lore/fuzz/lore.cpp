// Any bytes as a book and, after a line of dashes, a text: reading, resolving and writing end within their limits; the
// same seed gives the same outcome, and what is written is read as the same book.
#include <cstdlib>

#include "base/text.h"
#include "modules/chats/lore/lore.h"

using namespace ry::chats::lore;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    std::string input = ry::utf8_text({reinterpret_cast<const char*>(bytes), size});
    size_t cut = input.find("\n---\n");
    auto book = read_book(std::string_view(input).substr(0, cut));
    if (!book) return 0;
    Scene scene;
    scene.seed = size;
    scene.scenario = "a dragon in a cave";
    scene.lines = {{"Anna", "an older dragon"}, {"", cut == std::string::npos ? "dragon" : input.substr(cut + 5)}};
    Settings settings{.min_activations = 2, .use_group_scoring = true};
    std::vector<BookInUse> books{{"book", Scope::chat, compile(*book)}};
    Outcome once = resolve(books, settings, scene), again = resolve(books, settings, scene);
    if (once.verdicts.size() != book->entries.size()) std::abort();
    for (size_t at = 0; at < once.verdicts.size(); ++at)
        if (ry::to_json(once.verdicts[at]) != ry::to_json(again.verdicts[at])) std::abort();
    scene.effects = once.effects;
    resolve(books, settings, scene);
    for (BookFormat format : {BookFormat::sillytavern, BookFormat::character_book, BookFormat::lorebook_v3}) {
        auto back = read_book(write_book(*book, format));
        if (!back || back->entries.size() != book->entries.size()) std::abort();
    }
    return 0;
}

// Any bytes as a file of chats: what is read is sound, and comes back from our own lines, and SillyTavern's, as it was.
#include <cstdlib>

#include "modules/chats/transfer/transfer.h"

using namespace ry::chats::transfer;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    auto file = read({reinterpret_cast<const char*>(bytes), size});
    if (!file) return 0;
    for (const Conversation& chat : file->conversations) {
        std::string lines = write_jsonl(chat);
        auto again = read(lines);
        if (!again || again->conversations.size() != 1 || write_jsonl(again->conversations[0]) != lines) std::abort();
        History history{.title = chat.title, .imported = chat.imported, .messages = chat.messages};
        write_markdown(history);
        if (!history.messages.empty() && !read(write_sillytavern(history))) std::abort();
    }
    return 0;
}

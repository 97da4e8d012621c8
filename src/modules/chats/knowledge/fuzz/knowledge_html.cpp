// Any bytes as HTML: what is read is UTF-8 that the database takes, and chunks cover it.
#include "base/check.h"
#include "base/text.h"
#include "modules/chats/knowledge/chunks.h"
#include "modules/chats/knowledge/html_text.h"

using namespace ry;
using namespace ry::chats::knowledge;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    auto page = html_text({reinterpret_cast<const char*>(bytes), size});
    if (!page) return 0;
    ENSURE(is_utf8(page->text) && is_utf8(page->title));
    ENSURE(!page->text.contains('\0') && !page->title.contains('\0'));
    size_t covered = 0, begin = 0;
    for (const Chunk& chunk : chunks_of(page->text)) {
        ENSURE(chunk.from <= covered && chunk.from < chunk.to && chunk.to > covered && chunk.from >= begin);
        ENSURE(chunk.to - chunk.from <= chunk_bytes_max &&
               is_utf8(page->text.substr(chunk.from, chunk.to - chunk.from)));
        covered = chunk.to;
        begin = chunk.from;
    }
    ENSURE(covered == page->text.size());
    return 0;
}

#pragma once
// What a file says, as text: plain text, Markdown, CSV, JSON and source code as they are, HTML without its markup.
// Pure.
#include <string>
#include <string_view>

#include "base/result.h"

namespace ry::chats::knowledge {

constexpr size_t document_bytes_max = 4 << 20;  ///< of a file and of its text

struct DocumentText {
    std::string title;  ///< of a page, or the first heading; "" when there is none
    std::string text;   ///< UTF-8 without U+0000, lines end with LF
};
/// `name` is a path or an address, `content_type` as HTTP has it; either may be "". PDFs, archives, pictures and
/// whatever else is no text are refused with what to do.
Result<DocumentText> document_text(std::string_view bytes, std::string_view name, std::string_view content_type);

}  // namespace ry::chats::knowledge

#pragma once
// HTML as text that people read: headings as `# …`, items as `- …`, cells of a row apart. Pure.
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ry::chats::knowledge {

constexpr size_t html_bytes_max = 4 << 20;  ///< its tree takes some 20 times as much while it is read

struct HtmlText {
    std::string title;  ///< of its head; "" when there is none
    std::string text;   ///< UTF-8 without U+0000
};
/// What a page says, without scripts, styles and navigation; nothing else is ever loaded. What is no good HTML is read
/// as browsers do, or left out. `charset`: as HTTP named it; "" when it did not, and the page says so itself or is
/// UTF-8.
Result<HtmlText> html_text(std::string_view bytes, std::string_view charset = {});

}  // namespace ry::chats::knowledge

#include "modules/chats/liquid/json_text.h"

#include "modules/chats/liquid/js_text.h"

namespace ry::chats::liquid {

void append_json(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::string_view escaped = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
    auto append_unit = [&](char32_t code) {
        out += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) out += digits[code >> shift & 15];
    };
    out += '"';
    for (size_t i = 0; i < text.size();) {
        auto byte = static_cast<unsigned char>(text[i]);
        if (size_t letter = escaped.find(text[i]); letter != std::string_view::npos) {
            out += '\\';
            out += letters[letter];
            ++i;
        } else if (byte < 0x20) {
            append_unit(byte);
            ++i;
        } else if (byte < 0x80) {
            out += text[i++];
        } else {
            auto [code, bytes] = front(text.substr(i));
            if (code >= 0xD800 && code < 0xE000)
                append_unit(code);
            else
                out.append(text.substr(i, bytes));
            i += bytes;
        }
    }
    out += '"';
}

}  // namespace ry::chats::liquid

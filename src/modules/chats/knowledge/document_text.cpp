#include "modules/chats/knowledge/document_text.h"

#include <algorithm>

#include "base/text.h"
#include "modules/chats/knowledge/html_text.h"

namespace ry::chats::knowledge {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_html(std::string_view bytes, std::string_view name, std::string_view content_type) {
    if (content_type.contains("text/html") || content_type.contains("application/xhtml")) return true;
    if (name.ends_with(".html") || name.ends_with(".htm") || name.ends_with(".xhtml")) return true;
    std::string begin = lower(trim(bytes.substr(0, 200)));
    return begin.starts_with("<!doctype html") || begin.starts_with("<html");
}

/// What a file is that is no text, by its first bytes; "" for all others.
std::string_view kind_of(std::string_view bytes) {
    if (bytes.starts_with("%PDF-")) return "a PDF";
    if (bytes.starts_with("PK\x03\x04")) return "an archive or an office document";
    if (bytes.starts_with("\xD0\xCF\x11\xE0")) return "an office document";
    if (bytes.starts_with("\x89PNG") || bytes.starts_with("\xFF\xD8\xFF") || bytes.starts_with("GIF8"))
        return "a picture";
    if (bytes.contains('\0')) return "no text";
    return {};
}

std::string charset_of(std::string_view content_type) {
    size_t at = content_type.find("charset=");
    if (at == std::string_view::npos) return {};
    std::string_view value = content_type.substr(at + 8);
    value = trim(value.substr(0, value.find(';')));
    if (value.starts_with('"') && value.ends_with('"') && value.size() > 1) value = value.substr(1, value.size() - 2);
    return std::string(value);
}

std::string without_carriage_returns(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t at = 0; at < text.size(); ++at)
        if (text[at] != '\r')
            out += text[at];
        else if (at + 1 == text.size() || text[at + 1] != '\n')
            out += '\n';
    return out;
}

/// The first line when it is a heading.
std::string first_heading(std::string_view text) {
    std::string_view line = trim(text.substr(0, text.find('\n')));
    if (!line.starts_with("# ")) return {};
    return std::string(trim(line.substr(2)));
}

}  // namespace

Result<DocumentText> document_text(std::string_view bytes, std::string_view name, std::string_view content_type) {
    if (bytes.size() > document_bytes_max)
        return fail(Code::too_large, "a document may have " + std::to_string(document_bytes_max >> 20) +
                                         " MiB at most; divide it, and add its parts");
    if (bytes.starts_with(byte_order_mark)) bytes.remove_prefix(byte_order_mark.size());
    if (std::string_view kind = kind_of(bytes); !kind.empty())
        return fail(Code::unsupported,
                    "the document is " + std::string(kind) +
                        ", of which no text is read; save it as text, Markdown or HTML, and add that");
    std::string file = lower(name), type = lower(content_type);
    if (is_html(bytes, file, type)) {
        HtmlText page = TRY(html_text(bytes, charset_of(type)));
        return DocumentText{std::move(page.title), std::move(page.text)};
    }
    if (!is_utf8(bytes))
        return fail(Code::unsupported,
                    "the document is no text in UTF-8; convert it (iconv -f … -t UTF-8), and add that");
    DocumentText read{.text = without_carriage_returns(bytes)};
    read.title = first_heading(read.text);
    return read;
}

}  // namespace ry::chats::knowledge

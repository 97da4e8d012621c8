#include "modules/chats/knowledge/html_text.h"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"

namespace ry::chats::knowledge {
namespace {

struct FreeDocument {
    void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};

template <size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
    return std::ranges::find(names, name) != names.end();
}

constexpr std::array<std::string_view, 12> unread = {"script", "style",  "noscript", "template", "svg",    "nav",
                                                     "head",   "iframe", "object",   "button",   "select", "textarea"};
constexpr std::array<std::string_view, 25> paragraphs = {
    "p",    "div",     "section", "article", "main",  "header", "footer", "aside", "blockquote",
    "ul",   "ol",      "dl",      "table",   "pre",   "figure", "hr",     "form",  "fieldset",
    "body", "details", "dd",      "dt",      "thead", "tbody",  "address"};

std::string_view name_of(const xmlNode* node) {
    return node->type == XML_ELEMENT_NODE && node->name ? reinterpret_cast<const char*>(node->name)
                                                        : std::string_view();
}

/// 1 to 6 for a heading, else 0.
size_t level_of(std::string_view name) {
    return name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6' ? size_t(name[1] - '0') : 0;
}

/// Writes texts with single blanks between words, and as many line ends as what stands between them asks for.
class Writer {
public:
    void words(std::string_view text) {
        for (char c : text) {
            if (c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f') {
                has_blank_ = true;
                continue;
            }
            separate();
            out_ += c;
        }
    }
    void as_it_is(std::string_view text) {
        separate();
        out_ += text;
    }
    void line_end(size_t count) { line_ends_ = std::max(line_ends_, count); }
    /// What begins a line: the blank after it is written at once.
    void mark(std::string_view mark) {
        separate();
        out_ += mark;
        has_blank_ = false;
    }
    void blank() { has_blank_ = true; }
    std::string take() { return std::move(out_); }

private:
    void separate() {
        if (!out_.empty() && line_ends_ > 0) out_.append(line_ends_, '\n');
        if (!out_.empty() && line_ends_ == 0 && has_blank_ && out_.back() != ' ') out_ += ' ';
        line_ends_ = 0;
        has_blank_ = false;
    }
    std::string out_;
    size_t line_ends_ = 0;
    bool has_blank_ = false;
};

/// Goes through the tree without recursion: it may be as deep as the parser lets it.
class Reader {
public:
    HtmlText read(const xmlDoc& document) {
        const xmlNode* node = xmlDocGetRootElement(&document);
        while (node) {
            bool is_entered = enter(node) && node->children;
            if (is_entered) {
                node = node->children;
                continue;
            }
            leave(node);
            while (node && !node->next) {
                node = node->parent;
                if (node) leave(node);
            }
            if (node) node = node->next;
        }
        return {std::move(title_), writer_.take()};
    }

private:
    /// Whether what is inside shall be read.
    bool enter(const xmlNode* node) {
        if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
            text(node);
            return false;
        }
        if (node->type != XML_ELEMENT_NODE) return false;
        std::string_view name = name_of(node);
        if (name == "head") title_ = title_in(node);
        if (is_one_of(name, unread)) return false;
        if (size_t level = level_of(name)) {
            writer_.line_end(2);
            writer_.mark(std::string(level, '#') + " ");
        } else if (name == "li") {
            writer_.line_end(1);
            writer_.mark("- ");
        } else if (name == "br" || name == "tr") {
            writer_.line_end(1);
        } else if (name == "td" || name == "th") {
            writer_.blank();
        } else if (is_one_of(name, paragraphs)) {
            writer_.line_end(2);
        }
        preformatted_ += name == "pre";
        return true;
    }

    void leave(const xmlNode* node) {
        std::string_view name = name_of(node);
        if (is_one_of(name, unread)) return;
        preformatted_ -= name == "pre";
        if (level_of(name) || is_one_of(name, paragraphs)) writer_.line_end(2);
        if (name == "li" || name == "tr") writer_.line_end(1);
    }

    void text(const xmlNode* node) {
        if (!node->content) return;
        std::string_view content = reinterpret_cast<const char*>(node->content);
        if (preformatted_)
            writer_.as_it_is(content);
        else
            writer_.words(content);
    }

    static std::string title_in(const xmlNode* head) {
        Writer title;
        for (const xmlNode* child = head->children; child; child = child->next)
            if (name_of(child) == "title" && child->children && child->children->content)
                title.words(reinterpret_cast<const char*>(child->children->content));
        return title.take();
    }

    Writer writer_;
    std::string title_;
    int preformatted_ = 0;
};

}  // namespace

Result<HtmlText> html_text(std::string_view bytes, std::string_view charset) {
    if (bytes.size() > html_bytes_max)
        return fail(Code::too_large, "a page may have " + std::to_string(html_bytes_max >> 20) +
                                         " MiB at most; save the part of it that matters, and add that");
    std::string named(charset.substr(0, 40));
    const char* encoding = !named.empty() ? named.c_str() : is_utf8(bytes) ? "UTF-8" : nullptr;
    std::unique_ptr<xmlDoc, FreeDocument> document(htmlReadMemory(
        bytes.data(), int(bytes.size()), nullptr, encoding,
        HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET | HTML_PARSE_COMPACT));
    if (!document) return fail(Code::invalid, "this cannot be read as HTML; save the page as text, and add that");
    HtmlText read = Reader().read(*document);
    return HtmlText{utf8_text(read.title), utf8_text(read.text)};
}

}  // namespace ry::chats::knowledge

#include "kernel/http/head_injection.h"

#include <utility>

#include "base/text.h"

namespace ry::http {

namespace {

/// The position behind the `>` of the first `<head …>`; npos when it has not come.
size_t end_of_head_tag(std::string_view page) {
    for (size_t at = page.find('<'); at != page.npos; at = page.find('<', at + 1)) {
        if (page.substr(at, 4) == "<!--") {
            size_t end = page.find("-->", at + 4);
            if (end == page.npos) return page.npos;
            at = end;
            continue;
        }
        if (at + 5 >= page.size()) return page.npos;
        char next = page[at + 5];
        bool is_head = equals_ignoring_case(page.substr(at, 5), "<head") &&
                       (next == '>' || next == ' ' || next == '\t' || next == '\r' || next == '\n' || next == '/');
        if (!is_head) continue;
        size_t end = page.find('>', at);
        return end == page.npos ? page.npos : end + 1;
    }
    return page.npos;
}

}  // namespace

std::string HeadInjection::pass(std::string_view piece) {
    if (!is_searching_) return std::string(piece);
    held_ += piece;
    size_t end = end_of_head_tag(held_);
    if (end != std::string::npos) {
        is_searching_ = false;
        held_.insert(end, std::exchange(html_, {}));
        return std::exchange(held_, {});
    }
    if (held_.size() < searched_bytes_max) return {};
    is_searching_ = false;
    return std::exchange(held_, {});
}

std::string HeadInjection::finish() { return std::exchange(held_, {}) + std::exchange(html_, {}); }

}  // namespace ry::http

#include "kernel/http/router.h"

#include "base/text.h"

namespace ry::http {

Router::Router(std::span<const Route> routes) {
    for (const Route& route : routes) {
        Node* node = &root_;
        bool is_tail = false;
        for (std::string_view segment : split(route.path.substr(1), '/')) {
            bool is_hole = segment.starts_with('{');
            is_tail = is_hole && segment.ends_with("...}");
            if (is_tail) break;
            auto& next = is_hole ? node->hole : node->fixed[std::string(segment)];
            if (!next) next = std::make_unique<Node>();
            node = next.get();
        }
        (is_tail ? node->tail : node->here).push_back(&route);
    }
}

const std::vector<const Route*>* Router::walk(const Node& node, std::span<const std::string_view> raw,
                                              std::span<const std::string> decoded, std::vector<std::string>& holes) {
    if (raw.empty()) return node.here.empty() ? nullptr : &node.here;
    if (auto fixed = node.fixed.find(raw[0]); fixed != node.fixed.end())
        if (auto found = walk(*fixed->second, raw.subspan(1), decoded.subspan(1), holes)) return found;
    if (node.hole && !decoded[0].empty()) {
        holes.push_back(decoded[0]);
        if (auto found = walk(*node.hole, raw.subspan(1), decoded.subspan(1), holes)) return found;
        holes.pop_back();
    }
    if (node.tail.empty() || decoded[0].empty()) return nullptr;
    std::string rest;
    for (const std::string& segment : decoded) (rest += rest.empty() ? "" : "/") += segment;
    holes.push_back(std::move(rest));
    return &node.tail;
}

Router::Match Router::find(Method method, std::string_view path) const {
    constexpr size_t segments_max = 64;  // a file path may be deep; deeper ones are refused by the files' own rules
    Match match;
    if (!path.starts_with('/')) return match;
    auto raw = split(path.substr(1), '/');
    if (raw.size() > segments_max) return match;
    std::vector<std::string> decoded;
    for (std::string_view segment : raw) {
        auto text = percent_decoded(segment);
        if (!text) return match;
        decoded.push_back(*std::move(text));
    }
    auto rows = walk(root_, raw, decoded, match.holes);
    if (!rows) return match;
    Method wanted = method == Method::head ? Method::get : method;
    for (const Route* row : *rows) {
        if (row->method == wanted) match.route = row;
        match.allowed.push_back(row->method);
    }
    return match;
}

}  // namespace ry::http

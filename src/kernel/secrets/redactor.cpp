#include "kernel/secrets/redactor.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/json.h"
#include "base/text.h"

namespace ry::secrets {
namespace {

constexpr std::string_view replacement = "[redacted]";
constexpr size_t form_bytes_min = 4;

std::string upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = char(c - 'a' + 'A');
    return text;
}

bool is_unreserved(char c) {  // RFC 3986 §2.3
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

enum class Digits { upper, lower };
enum class Space { percent, plus };

std::string percent_encoded(std::string_view text, Digits digits, Space space) {
    std::string out;
    for (char c : text) {
        std::string code = hex({&c, 1});
        if (is_unreserved(c)) out += c;
        else if (c == ' ' && space == Space::plus) out += '+';
        else out += "%" + (digits == Digits::upper ? upper(code) : code);
    }
    return out;
}

enum class Slash { plain, escaped };

std::string json_escaped(std::string_view text, Slash slash) {
    std::string quoted;
    json::write_string(quoted, text);
    std::string out;
    for (char c : std::string_view(quoted).substr(1, quoted.size() - 2)) {
        if (c == '/' && slash == Slash::escaped) out += '\\';
        out += c;
    }
    return out;
}

/// The letters of base64 which `text` alone determines when `before` bytes (0–2) of its group stand before it.
std::string base64url_within(std::string_view text, size_t before) {
    std::string letters = base64url(std::string(before, '\0') + std::string(text));
    size_t first = (before * 8 + 5) / 6;
    size_t end = (before + text.size()) * 8 / 6;
    return letters.substr(first, end - first);
}

std::string to_plain_base64(std::string letters) {
    std::ranges::replace(letters, '-', '+');
    std::ranges::replace(letters, '_', '/');
    return letters;
}

}  // namespace

std::vector<std::string> forms_of(const Secret& secret) {
    std::string_view text = secret.reveal();
    std::set<std::string> forms{std::string(text), hex(text), upper(hex(text))};
    for (Digits digits : {Digits::upper, Digits::lower})
        for (Space space : {Space::percent, Space::plus}) forms.insert(percent_encoded(text, digits, space));
    for (Slash slash : {Slash::plain, Slash::escaped}) forms.insert(json_escaped(text, slash));
    for (size_t before : {0, 1, 2}) {
        std::string letters = base64url_within(text, before);
        forms.insert(to_plain_base64(letters));
        forms.insert(std::move(letters));
    }
    std::erase_if(forms, [](const std::string& form) { return form.size() < form_bytes_min; });
    return {forms.begin(), forms.end()};
}

/// All forms as one tree of bytes, in which each node also knows where to go on when the next byte does not fit
/// (Aho and Corasick, 1975). Node 0 is the root; 0 as a child means none.
struct Redactor::Automaton {
    struct Node {
        int first_child = 0;
        int next_sibling = 0;
        int fallback = 0;   // the longest proper ending of this node's path that is a path too
        int depth = 0;      // length of the path
        int match = 0;      // length of the longest form that ends here
        unsigned char byte = 0;
    };
    std::vector<Node> nodes{1};
    std::array<int, 256> root_children{};

    int child(int node, unsigned char byte) const {
        if (node == 0) return root_children[byte];
        int found = nodes[size_t(node)].first_child;
        while (found && nodes[size_t(found)].byte != byte) found = nodes[size_t(found)].next_sibling;
        return found;
    }

    int step(int node, unsigned char byte) const {
        for (;; node = nodes[size_t(node)].fallback) {
            if (int next = child(node, byte)) return next;
            if (node == 0) return 0;
        }
    }

    int add_child(int parent, unsigned char byte) {
        int made = int(nodes.size());
        nodes.push_back({.next_sibling = nodes[size_t(parent)].first_child, .depth = nodes[size_t(parent)].depth + 1, .byte = byte});
        if (parent == 0) root_children[byte] = made;
        nodes[size_t(parent)].first_child = made;
        return made;
    }

    void add(std::string_view form) {
        int node = 0;
        for (char c : form) {
            int next = child(node, static_cast<unsigned char>(c));
            node = next ? next : add_child(node, static_cast<unsigned char>(c));
        }
        nodes[size_t(node)].match = nodes[size_t(node)].depth;
    }

    /// Breadth first, so that a node's fallback is complete before the node is.
    void link() {
        std::vector<int> order{0};
        for (size_t i = 0; i < order.size(); ++i) {
            int parent = order[i];
            for (int node = nodes[size_t(parent)].first_child; node; node = nodes[size_t(node)].next_sibling) {
                Node& made = nodes[size_t(node)];
                made.fallback = parent == 0 ? 0 : step(nodes[size_t(parent)].fallback, made.byte);
                made.match = std::max(made.match, nodes[size_t(made.fallback)].match);
                order.push_back(node);
            }
        }
    }
};

Redactor::Redactor() : Redactor(std::span<const Secret>()) {}

Redactor::Redactor(std::span<const Secret> secrets) {
    auto automaton = std::make_shared<Automaton>();
    for (const Secret& secret : secrets)
        for (const std::string& form : forms_of(secret)) automaton->add(form);
    automaton->link();
    automaton_ = std::move(automaton);
}

Redactor::Stream Redactor::stream() const { return Stream(automaton_); }

std::string Redactor::redact(std::string_view text) const {
    Stream one = stream();
    std::string shown = one.feed(text);
    return shown += one.flush();
}

std::string Redactor::Stream::feed(std::string_view piece) {
    for (char c : piece) {
        held_ += c;
        is_secret_.push_back(false);
        node_ = automaton_->step(node_, static_cast<unsigned char>(c));
        std::fill(is_secret_.end() - automaton_->nodes[size_t(node_)].match, is_secret_.end(), true);
    }
    return show(held_.size() - size_t(automaton_->nodes[size_t(node_)].depth));
}

std::string Redactor::Stream::flush() {
    std::string shown = show(held_.size());
    node_ = 0;
    is_inside_ = false;
    return shown;
}

std::string Redactor::Stream::show(size_t length) {
    std::string shown;
    for (size_t i = 0; i < length; ++i) {
        if (!is_secret_[i]) shown += held_[i];
        else if (!is_inside_) shown += replacement;
        is_inside_ = is_secret_[i];
    }
    held_.erase(0, length);
    is_secret_.erase(is_secret_.begin(), is_secret_.begin() + std::ptrdiff_t(length));
    return shown;
}

}  // namespace ry::secrets

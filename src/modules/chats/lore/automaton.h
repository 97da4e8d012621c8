#pragma once
// Inside lore: many words found in one pass over a text (Aho and Corasick, 1975). Immutable: threads may share it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ry::chats::lore {

class Automaton {
public:
    static constexpr uint32_t none = UINT32_MAX;

    Automaton() : Automaton(std::span<const std::string>{}) {}
    /// `words` are distinct and not empty. 13 bytes for each letter that no other word shares at its place.
    explicit Automaton(std::span<const std::string> words);

    /// Calls `found(word, end)` at each place where words end, with the longest that ends there; shorter() has the
    /// others.
    template <class F>
    void scan(std::string_view text, F found) const {
        uint32_t node = 0;
        for (size_t at = 0; at < text.size(); ++at) {
            node = next(node, static_cast<unsigned char>(text[at]));
            if (uint32_t word = nodes_[node].longest_word; word != none) found(word, at + 1);
        }
    }
    /// The next shorter word that ends wherever `word` does, or none.
    uint32_t shorter(uint32_t word) const { return shorter_[word]; }
    size_t size() const { return shorter_.size(); }

private:
    struct Node {
        uint32_t first_child = 0;
        uint32_t fail = 0;  ///< the longest proper ending that is a node, too
        uint32_t longest_word = none;
    };

    uint32_t child(uint32_t node, unsigned char byte) const {
        for (uint32_t at = nodes_[node].first_child, end = nodes_[node + 1].first_child; at < end; ++at)
            if (bytes_[at] == byte) return at;
        return none;
    }
    uint32_t next(uint32_t node, unsigned char byte) const {
        while (node != 0) {
            if (uint32_t found = child(node, byte); found != none) return found;
            node = nodes_[node].fail;
        }
        return from_root_[byte];
    }

    // Nodes are numbered level by level, so the children of one stand side by side. What a step asks of a node lies
    // together, since large automata do not fit into caches; the bytes of all nodes do.
    std::array<uint32_t, 256> from_root_{};
    std::vector<unsigned char> bytes_;  // by which each node is reached
    std::vector<Node> nodes_;           // one more than there are
    std::vector<uint32_t> shorter_;
};

}  // namespace ry::chats::lore

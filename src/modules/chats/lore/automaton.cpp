#include "modules/chats/lore/automaton.h"

#include <numeric>

namespace ry::chats::lore {

Automaton::Automaton(std::span<const std::string> words) : shorter_(words.size(), none) {
    std::vector<uint32_t> sorted(words.size());
    std::iota(sorted.begin(), sorted.end(), 0u);
    std::ranges::sort(sorted, {}, [&](uint32_t word) -> std::string_view { return words[word]; });

    struct Stretch {
        size_t begin, end, depth;  // of the sorted words, those that begin with the node's letters
    };
    std::vector<Stretch> stretches{{0, sorted.size(), 0}};
    bytes_.push_back(0);
    nodes_.push_back({});
    for (uint32_t node = 0; node < stretches.size(); ++node) {
        nodes_[node].first_child = uint32_t(stretches.size());
        auto [begin, end, depth] = stretches[node];
        if (begin < end && words[sorted[begin]].size() == depth) ++begin;  // the node's own word has no further letter
        while (begin < end) {
            auto byte = static_cast<unsigned char>(words[sorted[begin]][depth]);
            size_t last = begin;
            while (last < end && static_cast<unsigned char>(words[sorted[last]][depth]) == byte) ++last;
            auto made = uint32_t(stretches.size());
            stretches.push_back({begin, last, depth + 1});
            bytes_.push_back(byte);
            uint32_t fail = node == 0 ? 0 : next(nodes_[node].fail, byte);
            uint32_t longest_word = nodes_[fail].longest_word;
            if (words[sorted[begin]].size() == depth + 1) {
                shorter_[sorted[begin]] = longest_word;
                longest_word = sorted[begin];
            }
            nodes_.push_back({.fail = fail, .longest_word = longest_word});
            if (node == 0) from_root_[byte] = made;
            begin = last;
        }
    }
    nodes_.push_back({.first_child = uint32_t(stretches.size())});
}

}  // namespace ry::chats::lore

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
    byte_.push_back(0);
    fail_.push_back(0);
    first_word_.push_back(none);
    for (uint32_t node = 0; node < stretches.size(); ++node) {
        first_child_.push_back(uint32_t(stretches.size()));
        auto [begin, end, depth] = stretches[node];
        if (begin < end && words[sorted[begin]].size() == depth) ++begin;  // the node's own word has no further letter
        while (begin < end) {
            auto byte = static_cast<unsigned char>(words[sorted[begin]][depth]);
            size_t last = begin;
            while (last < end && static_cast<unsigned char>(words[sorted[last]][depth]) == byte) ++last;
            auto made = uint32_t(stretches.size());
            stretches.push_back({begin, last, depth + 1});
            byte_.push_back(byte);
            fail_.push_back(node == 0 ? 0 : next(fail_[node], byte));
            first_word_.push_back(first_word_[fail_.back()]);
            if (words[sorted[begin]].size() == depth + 1) {
                shorter_[sorted[begin]] = first_word_.back();
                first_word_.back() = sorted[begin];
            }
            if (node == 0) from_root_[byte] = made;
            begin = last;
        }
    }
    first_child_.push_back(uint32_t(stretches.size()));
}

}  // namespace ry::chats::lore

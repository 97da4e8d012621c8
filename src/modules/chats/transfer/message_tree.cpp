#include "modules/chats/transfer/message_tree.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "base/text.h"
#include "modules/chats/transfer/transfer.h"

namespace ry::chats::transfer {
namespace {

constexpr size_t none = std::numeric_limits<size_t>::max();
constexpr size_t title_bytes_max = 40;

class Tree {
public:
    Tree(std::vector<Node> nodes, Conversation& conversation) : nodes_(std::move(nodes)), chat_(conversation) {}

    Result<size_t> place(const std::string& current_id) {
        find_parents();
        order_from_roots();
        skip_unsaid();
        size_t shown = shown_end(current_id);
        begin_branch({.title = "main"}, path_to(shown));
        for (size_t node : order_)
            if (nodes_[node].is_said && place_of_[node].message == none) TRY(place_sibling(node));
        sort_variants();
        pin_forks();
        return nodes_.size() - order_.size();
    }

private:
    struct Place {
        size_t branch = none;
        size_t message = none;
    };

    void find_parents() {
        std::unordered_map<std::string_view, size_t> by_id;
        for (size_t i = 0; i < nodes_.size(); ++i) by_id.emplace(nodes_[i].id, i);
        parent_.assign(nodes_.size(), none);
        for (size_t i = 0; i < nodes_.size(); ++i)
            if (auto found = by_id.find(nodes_[i].parent_id); found != by_id.end()) parent_[i] = found->second;
        for (size_t i = 0; i < nodes_.size(); ++i)
            if (parent_[i] == i) parent_[i] = none;
        place_of_.resize(nodes_.size());
        ids_ = std::move(by_id);
    }

    /// Parents before children; what is not reached comes from itself.
    void order_from_roots() {
        std::vector<std::vector<size_t>> children(nodes_.size());
        for (size_t i = 0; i < nodes_.size(); ++i) {
            if (parent_[i] == none) order_.push_back(i);
            else children[parent_[i]].push_back(i);
        }
        for (size_t i = 0; i < order_.size(); ++i) order_.insert(order_.end(), children[order_[i]].begin(), children[order_[i]].end());
    }

    void skip_unsaid() {
        children_.resize(nodes_.size());
        for (size_t node : order_) {
            if (size_t parent = parent_[node]; parent != none && !nodes_[parent].is_said) parent_[node] = parent_[parent];
            if (!nodes_[node].is_said) continue;
            if (parent_[node] == none) roots_.push_back(node);
            else children_[parent_[node]].push_back(node);
        }
    }

    size_t shown_end(const std::string& current_id) const {
        auto current = ids_.find(current_id);
        size_t end = current == ids_.end() ? none : current->second;
        if (end != none && std::ranges::find(order_, end) == order_.end()) end = none;
        if (end != none && !nodes_[end].is_said) end = parent_[end];
        if (end == none && !roots_.empty()) end = roots_.back();
        return end == none ? none : newest_below(end);
    }

    size_t newest_below(size_t node) const {
        while (!children_[node].empty()) node = children_[node].back();
        return node;
    }

    /// From where a history begins, or from what is placed already, to the node.
    std::vector<size_t> path_to(size_t end) const {
        std::vector<size_t> path;
        for (size_t node = end; node != none && place_of_[node].message == none; node = parent_[node]) path.push_back(node);
        std::ranges::reverse(path);
        return path;
    }

    /// The branch's messages are those of the path, in a segment of its own.
    void begin_branch(Branch branch, const std::vector<size_t>& path) {
        auto segment = int64_t(chat_.branches.size());
        int64_t seq = branch.forked_from_seq.value_or(0);
        branch.stretches.push_back({.seq_from = seq + 1, .seq_to = {}, .segment = segment});
        for (size_t node : path) {
            place_of_[node] = {chat_.branches.size(), chat_.messages.size()};
            Node& said = nodes_[node];
            nodes_of_.push_back({node});
            chat_.messages.push_back({.segment = segment, .seq = ++seq, .role = said.role, .created_at = said.variant.created_at, .imported = std::move(said.imported)});
        }
        branch.messages_count = seq;
        chat_.branches.push_back(std::move(branch));
    }

    /// A further text of the message that stands where the node would, or the beginning of a branch.
    Result<void> place_sibling(size_t node) {
        const std::vector<size_t>& siblings = parent_[node] == none ? roots_ : children_[parent_[node]];
        if (children_[node].empty()) {
            auto shown = std::ranges::find_if(siblings, [&](size_t one) { return place_of_[one].message != none && nodes_[one].role == nodes_[node].role; });
            if (shown != siblings.end()) {
                Place at = place_of_[*shown];
                if (nodes_of_[at.message].size() >= variants_max) return fail(Code::too_large, "a message has more than " + std::to_string(variants_max) + " variants, the most there may be");
                nodes_of_[at.message].push_back(node);
                place_of_[node] = at;
                return {};
            }
        }
        if (chat_.branches.size() >= branches_max) return fail(Code::too_large, "a chat has more than " + std::to_string(branches_max) + " branches, the most there may be");
        Place from = parent_[node] == none ? Place{0, none} : place_of_[parent_[node]];
        int64_t fork = from.message == none ? 0 : chat_.messages[from.message].seq;
        Branch branch{.title = title_of(nodes_[node]), .parent = int64_t(from.branch), .forked_from_seq = fork};
        for (Stretch stretch : chat_.branches[from.branch].stretches) {
            if (stretch.seq_from > fork) break;
            stretch.seq_to = std::min(stretch.seq_to.value_or(fork), fork);
            branch.stretches.push_back(stretch);
        }
        if ((stretches_ += branch.stretches.size()) > stretches_max) return fail(Code::too_large, "a chat has branches of branches too deep to be kept");
        if (from.message != none) forks_.push_back({chat_.branches.size(), parent_[node]});
        begin_branch(std::move(branch), path_to(newest_below(node)));
        return {};
    }

    static std::string title_of(const Node& node) {
        std::string title(utf8_prefix(trim(node.variant.text), title_bytes_max));
        return title.empty() ? "branch" : title;
    }

    /// In the order of the file; the one of the path is selected.
    void sort_variants() {
        for (size_t at = 0; at < nodes_of_.size(); ++at) {
            size_t shown = nodes_of_[at].front();
            std::ranges::sort(nodes_of_[at]);
            for (size_t node : nodes_of_[at]) {
                if (node == shown) chat_.messages[at].selected = int64_t(chat_.messages[at].variants.size());
                chat_.messages[at].variants.push_back(std::move(nodes_[node].variant));
            }
        }
    }

    void pin_forks() {
        for (auto [branch, node] : forks_) {
            const std::vector<size_t>& variants = nodes_of_[place_of_[node].message];
            auto& stretches = chat_.branches[branch].stretches;
            stretches[stretches.size() - 2].pinned_variant = std::ranges::find(variants, node) - variants.begin();
        }
    }

    std::vector<Node> nodes_;
    Conversation& chat_;
    std::unordered_map<std::string_view, size_t> ids_;
    std::vector<size_t> parent_, order_, roots_;
    std::vector<std::vector<size_t>> children_;  // said ones of said ones
    std::vector<Place> place_of_;
    std::vector<std::vector<size_t>> nodes_of_;  // of each message: its variants
    std::vector<std::pair<size_t, size_t>> forks_;
    size_t stretches_ = 0;
};

}  // namespace

Result<size_t> place_nodes(std::vector<Node> nodes, const std::string& current_id, Conversation& conversation) {
    return Tree(std::move(nodes), conversation).place(current_id);
}

}  // namespace ry::chats::transfer

#include "modules/chats/transfer/conversation.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "modules/chats/transfer/transfer.h"

namespace ry::chats::transfer {
namespace {

/// The messages of a segment stand side by side.
struct Extent {
    int64_t first = 0;
    int64_t last = -1;
};

Error unsound(std::string what) { return fail(Code::invalid, "the file is damaged: " + std::move(what) + "; export the chat again"); }

Result<void> check_message(const Message& message, size_t at) {
    std::string name = "message " + std::to_string(at + 1);
    constexpr std::string_view roles[] = {"user", "assistant", "system", "tool"};
    if (std::ranges::find(roles, message.role) == std::end(roles)) return unsound(name + " has no known role");
    if (message.variants.empty()) return unsound(name + " has no text");
    if (message.variants.size() > variants_max) return fail(Code::too_large, name + " has more than " + std::to_string(variants_max) + " variants, the most there may be");
    if (message.selected < 0 || size_t(message.selected) >= message.variants.size()) return unsound(name + " shows a variant that it does not have");
    constexpr std::string_view kinds[] = {"generation", "manual_edit", "import"};
    for (const Variant& variant : message.variants) {
        if (std::ranges::find(kinds, variant.kind) == std::end(kinds)) return unsound(name + " has a variant of no known kind");
        if (variant.text.size() > text_bytes_max) return fail(Code::too_large, name + " has more than " + std::to_string(text_bytes_max) + " bytes, the most there may be; shorten it in the file");
    }
    return {};
}

Result<std::map<int64_t, Extent>> extents_of(const std::vector<Message>& messages) {
    std::map<int64_t, std::vector<int64_t>> seqs;
    for (const Message& message : messages) seqs[message.segment].push_back(message.seq);
    std::map<int64_t, Extent> extents;
    for (auto& [segment, all] : seqs) {
        std::ranges::sort(all);
        if (all.front() < 1 || all.back() - all.front() + 1 != int64_t(all.size()) || std::ranges::adjacent_find(all) != all.end())
            return unsound("messages are missing or stand twice");
        extents[segment] = {all.front(), all.back()};
    }
    return extents;
}

/// The branch's stretches follow each other from 1 to its end, and every message in them is there.
Result<void> check_history(const Branch& branch, const std::map<int64_t, Extent>& extents) {
    int64_t next = 1;
    for (size_t i = 0; i < branch.stretches.size(); ++i) {
        const Stretch& stretch = branch.stretches[i];
        bool is_own = i + 1 == branch.stretches.size();
        if (is_own == stretch.seq_to.has_value() || stretch.seq_from != next) return unsound("the history of branch \"" + branch.title + "\" has a hole");
        int64_t last = stretch.seq_to.value_or(branch.messages_count);
        auto extent = extents.find(stretch.segment);
        bool is_empty = last == stretch.seq_from - 1;
        if (last < stretch.seq_from - 1 || (!is_empty && (extent == extents.end() || extent->second.first > stretch.seq_from || extent->second.last < last)))
            return unsound("messages of branch \"" + branch.title + "\" are missing");
        if (is_own && extent != extents.end() && extent->second.last > last) return unsound("messages stand behind the end of branch \"" + branch.title + "\"");
        if (!is_own && is_empty) return unsound("a stretch of branch \"" + branch.title + "\" is empty");
        next = last + 1;
    }
    return {};
}

}  // namespace

const Message* find_message(const Conversation& conversation, int64_t segment, int64_t seq) {
    auto found = std::ranges::find_if(conversation.messages, [&](const Message& one) { return one.segment == segment && one.seq == seq; });
    return found == conversation.messages.end() ? nullptr : &*found;
}

Result<void> check(const Conversation& conversation) {
    if (conversation.branches.empty()) return unsound("a chat has no branch");
    if (conversation.branches.size() > branches_max) return fail(Code::too_large, "a chat has more than " + std::to_string(branches_max) + " branches, the most there may be");
    for (size_t i = 0; i < conversation.messages.size(); ++i) TRY(check_message(conversation.messages[i], i));
    auto extents = TRY(extents_of(conversation.messages));
    std::map<std::pair<int64_t, int64_t>, size_t> variants_at;
    for (const Message& message : conversation.messages) variants_at[{message.segment, message.seq}] = message.variants.size();
    std::set<int64_t> own, shown;
    size_t stretches = 0;
    for (size_t i = 0; i < conversation.branches.size(); ++i) {
        const Branch& branch = conversation.branches[i];
        if (branch.stretches.empty() || branch.title.empty()) return unsound("a branch has no title or no history");
        if ((stretches += branch.stretches.size()) > stretches_max) return fail(Code::too_large, "a chat has branches of branches too deep to be kept; export the branches one by one");
        if (i > 0 && (!branch.parent || *branch.parent < 0 || size_t(*branch.parent) >= i)) return unsound("a branch stands before the one that it comes from");
        if (i == 0 && branch.parent) return unsound("the main branch comes from another one");
        if (!own.insert(branch.stretches.back().segment).second) return unsound("two branches are written to one place");
        TRY(check_history(branch, extents));
        for (const Stretch& stretch : branch.stretches) {
            shown.insert(stretch.segment);
            if (!stretch.pinned_variant) continue;
            auto at = variants_at.find({stretch.segment, stretch.seq_to.value_or(0)});
            if (at == variants_at.end() || *stretch.pinned_variant < 0 || size_t(*stretch.pinned_variant) >= at->second)
                return unsound("a branch shows a variant that is not there");
        }
    }
    for (const auto& [segment, extent] : extents)
        if (!shown.contains(segment)) return unsound("messages are in the history of no branch");
    if (conversation.active_branch < 0 || size_t(conversation.active_branch) >= conversation.branches.size()) return unsound("the active branch is not there");
    return {};
}

}  // namespace ry::chats::transfer

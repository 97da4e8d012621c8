// Finding chats again: by words of titles and messages, and by tags.
#include <algorithm>

#include "kernel/store/store.h"
#include "modules/chats/chats.h"
#include "modules/chats/paging.h"
#include "modules/chats/search_model.h"
#include "modules/chats/search_queries.gen.h"

namespace ry::chats {
namespace {

constexpr int64_t tags_listed_max = 1'000;
// What the statement `search` puts around words.
constexpr char match_begin = '\x02', match_end = '\x03';

/// Takes the marks out of the excerpt, and lists what was marked, each once.
void read_marks(std::string_view marked, Found& found) {
    std::string match;
    bool is_match = false;
    for (char c : marked) {
        if (c == match_end && is_match && !match.empty() && std::ranges::find(found.matches, match) == found.matches.end())
            found.matches.push_back(match);
        if (c == match_begin || c == match_end) {
            is_match = c == match_begin;
            match.clear();
            continue;
        }
        found.excerpt += c;
        if (is_match) match += c;
    }
}

Found found_of(FoundRow row) {
    Found found{.chat_id = *row.chat_id,
                .chat_title = *std::move(row.chat_title),
                .chat_status = *row.chat_status,
                .message_id = row.message_id,
                .branch_id = row.branch_id,
                .seq = row.seq,
                .role = row.role,
                .created_at = *row.created_at};
    read_marks(*row.excerpt, found);
    return found;
}

}  // namespace

Result<http::Page<Found>> Chats::search(Op& op, SearchChats query) {
    int limit = query.limit.value_or(page_default);
    std::optional<MessageId> before;
    if (query.cursor && !(before = MessageId::parse(*query.cursor))) return not_a_cursor();
    auto rows = TRY(store_.read(op, "chats.search", [&](store::Tx& tx) {
        return tx.many(sql::search, {.query = query.query, .chat_id = query.chat_id, .before = before, .limit = limit});
    }));
    http::Page<Found> page;
    // What nobody can see makes a page shorter, not the last one.
    if (int(rows.size()) == limit) page.next_cursor = rows.back().id.text();
    for (FoundRow& row : rows)
        if (row.excerpt) page.items.push_back(found_of(std::move(row)));
    return page;
}

Result<http::Page<TagUse>> Chats::tags(Op& op) {
    return store_.read(op, "chats.tags", [&](store::Tx& tx) -> Result<http::Page<TagUse>> {
        return http::Page<TagUse>{TRY(tx.many(sql::tags, {.limit = tags_listed_max})), {}};
    });
}

}  // namespace ry::chats

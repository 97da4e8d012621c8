#include "modules/chats/transfers.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/text.h"
#include "kernel/identity/identity.h"
#include "kernel/store/store.h"
#include "modules/chats/branch_queries.gen.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/chat_vars.h"
#include "modules/chats/image_queries.gen.h"
#include "modules/chats/images.h"
#include "modules/chats/message_queries.gen.h"
#include "modules/chats/profile_model.h"
#include "modules/chats/profile_queries.gen.h"
#include "modules/chats/transfer_queries.gen.h"

namespace ry::chats {

namespace route = http::route;

namespace {

constexpr std::string_view no_such_chat = "there is no such chat; `ramify chats ls` lists those there are";
constexpr int64_t page_messages = 500;       // read or written at once
constexpr size_t batch_bytes_max = 1 << 20;  // of rows that are written at once
constexpr size_t preview_bytes_max = 120;
constexpr int64_t endless = std::numeric_limits<int64_t>::max();

// ---- out of the database

transfer::Message message_of(ExportedMessage row, int64_t segment) {
    return {.segment = segment, .seq = row.seq, .role = std::move(row.role), .created_at = row.created_at, .pinned_at = row.pinned_at,
            .selected = row.selected, .variants = std::move(row.variants), .imported = row.imported.value_or(Json{"null"})};
}

/// `too_large` when the chat has grown beyond what a file may have.
Result<void> check_size(size_t messages, size_t bytes) {
    if (messages <= transfer::messages_max && bytes <= transfer::file_bytes_max) return {};
    return fail(Code::too_large, "the chat is larger than a file may be: " + std::to_string(transfer::messages_max) + " messages, " +
                                     std::to_string(transfer::file_bytes_max >> 20) + " MiB; export its branches one by one, or delete some");
}

size_t bytes_of(const transfer::Message& message) {
    size_t bytes = message.imported.text.size();
    for (const transfer::Variant& variant : message.variants) bytes += variant.text.size() + variant.blocks.text.size();
    return bytes;
}

struct Blocks {
    std::vector<Block> blocks;
    static const Fields& fields() {
        static const Field table[] = {field("blocks", &Blocks::blocks, "")};
        static const Fields all{"Blocks", table};
        return all;
    }
};

Result<std::vector<Block>> blocks_of(const Json& json) {
    if (json.text == "null") return std::vector<Block>();
    return TRY(from_json<Blocks>("{\"blocks\":" + json.text + "}")).blocks;
}

Result<void> name_images(const transfer::Variant& variant, std::set<ImageId>& ids) {
    if (!variant.blocks.text.contains("\"image_")) return {};
    for (const Block& block : TRY(blocks_of(variant.blocks)))
        if (block.image) ids.insert(block.image->id);
    return {};
}

/// The files that the blocks of these messages name.
Result<std::vector<transfer::Image>> images_of(store::Tx& tx, const std::vector<transfer::Message>& messages) {
    std::set<ImageId> ids;
    for (const transfer::Message& message : messages)
        for (const transfer::Variant& variant : message.variants) TRY(name_images(variant, ids));
    std::vector<transfer::Image> images;
    size_t bytes = 0;
    for (const ImageId& id : ids)
        for (const ImageFile& file : TRY(tx.many(sql::image_files, {.ids = {id}}))) {
            images.push_back({.id = id.text(), .data = base64url(unhex(file.hex).value_or(""))});
            bytes += images.back().data.size();
            TRY(check_size(messages.size(), bytes));
        }
    return images;
}

/// The files of the images that a branch shows, as many as fit into a file beside its texts.
Result<std::vector<transfer::Image>> images_that_fit(store::Tx& tx, const std::vector<transfer::Message>& messages) {
    std::set<ImageId> ids;
    size_t bytes = 0;
    for (const transfer::Message& message : messages) {
        TRY(name_images(message.variants[size_t(message.selected)], ids));
        bytes += bytes_of(message);
    }
    std::vector<transfer::Image> images;
    for (const ImageId& id : ids)
        for (const ImageFile& file : TRY(tx.many(sql::image_files, {.ids = {id}}))) {
            std::string data = base64url(unhex(file.hex).value_or(""));
            if (bytes + data.size() > transfer::file_bytes_max) return images;
            bytes += data.size();
            images.push_back({.id = id.text(), .data = std::move(data)});
        }
    return images;
}

/// Its branches, with the segments numbered in the order in which they are met.
Result<void> read_branches(store::Tx& tx, const Chat& chat, transfer::Conversation& out, std::map<SegmentId, int64_t>& segments) {
    std::map<BranchId, int64_t> places;
    for (Branch& branch : TRY(tx.many(sql::branches, {.chat_id = chat.id}))) {
        auto place = int64_t(out.branches.size());
        places[branch.id] = place;
        if (branch.id == chat.active_branch_id) out.active_branch = place;
        transfer::Branch written{.title = std::move(branch.title), .forked_from_seq = branch.forked_from_seq, .messages_count = branch.messages_count};
        // One whose parent was deleted hangs on the main branch.
        if (place > 0) written.parent = branch.parent_branch_id && places.contains(*branch.parent_branch_id) ? places[*branch.parent_branch_id] : 0;
        out.branches.push_back(std::move(written));
    }
    for (const ExportedStretch& row : TRY(tx.many(sql::lineage_of_chat, {.chat_id = chat.id}))) {
        int64_t segment = segments.emplace(row.segment_id, int64_t(segments.size())).first->second;
        transfer::Stretch stretch{.seq_from = row.seq_from, .seq_to = row.seq_to, .segment = segment};
        if (row.pinned_number) stretch.pinned_variant = *row.pinned_number - 1;
        out.branches[size_t(places[row.branch_id])].stretches.push_back(stretch);
    }
    return {};
}

Result<std::string> whole_chat(store::Tx& tx, const Chat& chat, const ExportedChat& more) {
    transfer::Conversation out{.title = chat.title, .tags = chat.tags, .is_archived = chat.status == ChatStatus::archived, .created_at = chat.created_at,
                               .vars = chat.vars, .imported = more.imported.value_or(Json{"null"})};
    std::map<SegmentId, int64_t> segments;
    TRY(read_branches(tx, chat, out, segments));
    std::optional<MessageId> after;
    size_t bytes = 0;
    while (true) {
        auto rows = TRY(tx.many(sql::exported_messages, {.chat_id = chat.id, .after = after, .limit = page_messages}));
        for (ExportedMessage& row : rows) {
            after = row.id;
            int64_t segment = segments[row.segment_id];
            out.messages.push_back(message_of(std::move(row), segment));
            bytes += bytes_of(out.messages.back());
        }
        TRY(check_size(out.messages.size(), bytes));
        if (int64_t(rows.size()) < page_messages) break;
    }
    out.images = TRY(images_of(tx, out.messages));
    return transfer::write_jsonl(out);
}

/// What the branch shows up to that message, all its variants with it.
Result<std::vector<transfer::Message>> history_of(store::Tx& tx, BranchId branch, int64_t last) {
    std::vector<transfer::Message> messages;
    size_t bytes = 0;
    for (int64_t after = 0; after < last; after += page_messages) {
        for (ExportedMessage& row : TRY(tx.many(sql::exported_history, {.branch_id = branch, .after = after, .last = std::min(last, after + page_messages)}))) {
            messages.push_back(message_of(std::move(row), 0));
            bytes += bytes_of(messages.back());
        }
        TRY(check_size(messages.size(), bytes));
    }
    return messages;
}

Result<std::string> one_branch(store::Tx& tx, const Chat& chat, const ExportedChat& more, const ExportChat& query) {
    auto branch = TRY(tx.maybe(sql::branch, {.id = query.branch_id.value_or(chat.active_branch_id)}));
    if (!branch || branch->chat_id != chat.id) return fail(Code::not_found, "the chat has no such branch; `ramify branches ls` lists those it has");
    transfer::History history{.title = chat.title, .created_at = chat.created_at, .imported = more.imported.value_or(Json{"null"})};
    if (more.persona_name) history.user_name = *more.persona_name;
    if (more.character_name) history.character_name = *more.character_name;
    history.messages = TRY(history_of(tx, branch->id, branch->messages_count));
    history.images = TRY(images_that_fit(tx, history.messages));
    return query.format == ExportFormat::markdown ? transfer::write_markdown(history) : transfer::write_sillytavern(history);
}

// ---- into the database

/// Rows of one statement, as a JSON array that is sent when it is large enough.
class Rows {
public:
    template <class Send>
    void add(const std::string& row, Send&& send) {
        (json_ += json_.empty() ? '[' : ',') += row;
        if (json_.size() > batch_bytes_max) flush(send);
    }
    template <class Send>
    void flush(Send&& send) {
        if (json_.empty()) return;
        send(Json{json_ + "]"});
        json_.clear();
    }

private:
    std::string json_;
};

std::string quoted(std::string_view text) {
    std::string out;
    json::write_string(out, text);
    return out;
}
template <class Id>
std::string quoted_id(const Id& id) { return '"' + uuid_text(id.uuid) + '"'; }
std::string time_or_now(const std::optional<Time>& time) { return '"' + rfc3339(time.value_or(now())) + '"'; }

class Writing {
public:
    Writing(store::Tx& tx, const transfer::Conversation& chat) : tx_(tx), chat_(chat) {
        for (const transfer::Branch& branch : chat.branches) {
            branches_.push_back(BranchId::fresh());
            owner_of_[branch.stretches.back().segment] = branches_.back();
            for (const transfer::Stretch& stretch : branch.stretches) segments_.try_emplace(stretch.segment, SegmentId::fresh());
        }
        for (const transfer::Message& message : chat.messages) {
            by_place_[{message.segment, message.seq}] = ids_.size();
            ids_.push_back(MessageId::fresh());
            variants_.emplace_back();
            for (size_t i = 0; i < message.variants.size(); ++i) variants_.back().push_back(VariantId::fresh());
        }
    }

    Result<ChatId> write(ProjectId project, const std::optional<EntityProfileId>& profile) {
        ChatId id = ChatId::fresh();
        std::optional<UserId> author;
        if (!tx_.op().actor.user.is_nil()) author = tx_.op().actor.user;
        tx_.queue(sql::add_chat, {.id = id, .project_id = project, .app_id = {}, .entity_profile_id = profile, .title = title(),
                                  .active_branch_id = branches_[size_t(chat_.active_branch)], .created_by = author});
        for (size_t i = 0; i < branches_.size(); ++i) add_branch(id, i);
        for (const transfer::Image& image : chat_.images) {
            auto bytes = unbase64url(image.data);
            if (!bytes) return fail(Code::invalid, "the image " + image.id + " of the file is no base64url; export the chat again");
            images_[image.id] = TRY(add_image(tx_, id, *bytes));
        }
        TRY(add_messages(id, author));
        if (chat_.vars.text != "null") tx_.queue(sql::set_vars, {.id = id, .vars = TRY(checked_vars(chat_.vars))});
        std::optional<Json> imported;
        if (chat_.imported.text != "null") imported = chat_.imported;
        tx_.queue(sql::set_imported, {.id = id, .tags = tags(), .status = chat_.is_archived ? ChatStatus::archived : ChatStatus::active,
                                      .created_at = chat_.created_at, .imported = imported});
        return id;
    }

private:
    std::string title() const {
        std::string title(utf8_prefix(trim(utf8_text(chat_.title)), title_bytes_max));
        for (size_t i = 0; title.empty() && i < chat_.messages.size(); ++i)
            if (chat_.messages[i].role == "user") title = utf8_prefix(trim(shown(chat_.messages[i])), 60);
        return title;
    }

    std::vector<std::string> tags() const {
        std::vector<std::string> tags;
        for (const std::string& one : chat_.tags) {
            std::string tag(utf8_prefix(trim(utf8_text(one)), tag_bytes_max));
            if (!tag.empty() && tags.size() < tags_max && std::ranges::find(tags, tag) == tags.end()) tags.push_back(std::move(tag));
        }
        return tags;
    }

    static const std::string& shown(const transfer::Message& message) { return message.variants[size_t(message.selected)].text; }

    /// The message at that place of the branch's history.
    std::optional<size_t> message_at(const transfer::Branch& branch, int64_t seq) const {
        for (const transfer::Stretch& stretch : branch.stretches)
            if (seq >= stretch.seq_from && seq <= stretch.seq_to.value_or(endless))
                if (auto found = by_place_.find({stretch.segment, seq}); found != by_place_.end()) return found->second;
        return std::nullopt;
    }

    void add_branch(ChatId chat, size_t place) {
        const transfer::Branch& branch = chat_.branches[place];
        std::optional<BranchId> parent;
        if (branch.parent) parent = branches_[size_t(*branch.parent)];
        auto last = message_at(branch, branch.messages_count);
        auto from = branch.forked_from_seq ? message_at(branch, *branch.forked_from_seq) : std::nullopt;
        std::optional<MessageId> from_id;
        if (from) from_id = ids_[*from];
        tx_.queue(sql::add_branch, {.id = branches_[place], .chat_id = chat, .title = std::string(utf8_prefix(utf8_text(branch.title), title_bytes_max)), .is_main = place == 0,
                                    .parent_branch_id = parent, .forked_from_message_id = from_id, .forked_from_variant_id = {},
                                    .forked_from_seq = branch.forked_from_seq, .segment_id = segments_[branch.stretches.back().segment],
                                    .messages_count = branch.messages_count,
                                    .last_message_preview = last ? std::string(utf8_prefix(trim(shown(chat_.messages[*last])), preview_bytes_max)) : "",
                                    .current_version_id = {}, .start_version_id = {}});
        for (const transfer::Stretch& stretch : branch.stretches) {
            std::optional<VariantId> pinned;
            if (stretch.pinned_variant && stretch.seq_to) pinned = variants_[by_place_[{stretch.segment, *stretch.seq_to}]][size_t(*stretch.pinned_variant)];
            tx_.queue(sql::add_stretch, {.branch_id = branches_[place], .seq_from = stretch.seq_from, .seq_to = stretch.seq_to.value_or(endless),
                                         .segment_id = segments_[stretch.segment], .pinned_variant_id = pinned});
        }
    }

    Result<void> add_messages(ChatId chat, const std::optional<UserId>& author) {
        Rows messages, variants, generations;
        auto send_messages = [&](Json rows) { tx_.queue(sql::add_messages, {.chat_id = chat, .created_by = author, .rows = std::move(rows)}); };
        auto send_variants = [&](Json rows) {
            messages.flush(send_messages);
            tx_.queue(sql::add_variants, {.rows = std::move(rows)});
        };
        auto send_generations = [&](Json rows) {
            variants.flush(send_variants);
            tx_.queue(sql::add_ended_generations, {.chat_id = chat, .rows = std::move(rows)});
        };
        for (size_t i = 0; i < ids_.size(); ++i) {
            messages.add(message_row(i), send_messages);
            for (size_t number = 0; number < variants_[i].size(); ++number) {
                variants.add(TRY(variant_row(i, number)), send_variants);
                if (std::string row = generation_row(i, number); !row.empty()) generations.add(row, send_generations);
            }
        }
        messages.flush(send_messages);
        variants.flush(send_variants);
        generations.flush(send_generations);
        return {};
    }

    /// The branch that the message was written on.
    BranchId branch_of(const transfer::Message& message) const {
        auto owner = owner_of_.find(message.segment);
        return owner == owner_of_.end() ? branches_[0] : owner->second;
    }

    std::string message_row(size_t at) {
        const transfer::Message& message = chat_.messages[at];
        std::string row = "{\"id\":" + quoted_id(ids_[at]) + ",\"branch_id\":" + quoted_id(branch_of(message)) +
                          ",\"segment_id\":" + quoted_id(segments_[message.segment]) + ",\"seq\":" + std::to_string(message.seq) + ",\"role\":\"" + message.role +
                          "\",\"variants_count\":" + std::to_string(message.variants.size()) + ",\"created_at\":" + time_or_now(message.created_at);
        if (message.pinned_at && ++pins_ <= pins_max) row += ",\"pinned_at\":" + time_or_now(message.pinned_at);
        if (message.imported.text != "null" && !message.imported.text.contains("\\u0000")) row += ",\"imported\":" + message.imported.text;
        return row + "}";
    }

    /// The blocks that the file has, with the images of this chat; else the text as one.
    Result<std::string> blocks_json(const transfer::Variant& variant) const {
        std::vector<Block> blocks{{.type = BlockType::answer, .content = variant.text}};
        if (variant.blocks.text != "null") blocks = TRY(blocks_of(variant.blocks));
        for (Block& block : blocks) {
            if (!block.image) continue;
            auto image = images_.find(block.image->id.text());
            block.image = image == images_.end() ? std::nullopt : std::optional(image->second);
        }
        std::erase_if(blocks, [](const Block& block) { return block.type == BlockType::image && !block.image; });
        std::string out;
        encode(out, blocks);
        return out;
    }

    Result<std::string> variant_row(size_t at, size_t number) {
        transfer::Variant variant = chat_.messages[at].variants[number];
        variant.text = utf8_text(variant.text);
        if (variant.blocks.text.contains("\\u0000")) variant.blocks = {"null"};
        return "{\"id\":" + quoted_id(variants_[at][number]) + ",\"message_id\":" + quoted_id(ids_[at]) + ",\"number\":" + std::to_string(number + 1) +
               ",\"kind\":\"" + variant.kind + "\",\"text\":" + quoted(variant.text) + ",\"blocks\":" + TRY(blocks_json(variant)) +
               ",\"is_selected\":" + (int64_t(number) == chat_.messages[at].selected ? "true" : "false") + ",\"created_at\":" + time_or_now(variant.created_at) + "}";
    }

    /// Empty for a text that no model wrote, as far as the file knows.
    std::string generation_row(size_t at, size_t number) {
        const transfer::Message& message = chat_.messages[at];
        const transfer::Variant& variant = message.variants[number];
        if (!variant.generation || !variant.provider || !variant.model) return {};
        transfer::Generation generation = *variant.generation;
        for (std::optional<std::string>* text : {&generation.error_code, &generation.error_message})
            if (*text) *text = utf8_text(**text);
        return "{\"id\":" + quoted_id(GenerationId::fresh()) + ",\"run_id\":" + quoted_id(RunId::fresh()) + ",\"branch_id\":" + quoted_id(branch_of(message)) +
               ",\"message_id\":" + quoted_id(ids_[at]) + ",\"variant_id\":" + quoted_id(variants_[at][number]) + ",\"seq\":" + std::to_string(message.seq) +
               ",\"provider\":" + quoted(utf8_text(*variant.provider)) + ",\"model\":" + quoted(utf8_text(*variant.model)) + ",\"generation\":" + to_json(generation) + "}";
    }

    store::Tx& tx_;
    const transfer::Conversation& chat_;
    std::vector<BranchId> branches_;
    std::map<int64_t, SegmentId> segments_;
    std::map<int64_t, BranchId> owner_of_;  // which branch is written to the segment
    std::vector<MessageId> ids_;
    std::vector<std::vector<VariantId>> variants_;
    std::map<std::pair<int64_t, int64_t>, size_t> by_place_;
    std::map<std::string, Image> images_;  // by their ids in the file
    int64_t pins_ = 0;
};

}  // namespace

Result<http::Bytes> Transfers::write_file(Op& op, ChatId id, ExportChat query) {
    ExportFormat format = query.format.value_or(ExportFormat::jsonl);
    if (format == ExportFormat::jsonl && query.branch_id) return invalid("/branch_id", "must be left out: jsonl has the whole chat");
    std::string title;
    std::string bytes = TRY(store_.read(op, "chats.export", [&](store::Tx& tx) -> Result<std::string> {
        auto chat = TRY(tx.maybe(sql::chat, {.id = id}));
        if (!chat) return fail(Code::not_found, std::string(no_such_chat));
        title = chat->title;
        ExportedChat more = *TRY(tx.maybe(sql::exported_chat, {.id = id}));
        return format == ExportFormat::jsonl ? whole_chat(tx, *chat, more) : one_branch(tx, *chat, more, query);
    }));
    bool is_markdown = format == ExportFormat::markdown;
    return http::Bytes{.content_type = is_markdown ? "text/markdown; charset=utf-8" : "application/jsonl",
                       .bytes = std::move(bytes),
                       .download_name = (title.empty() ? "chat" : title) + (is_markdown ? ".md" : ".jsonl")};
}

Result<http::Created<Imported>> Transfers::import(Op& op, const http::RequestInfo& info) { return take(op, {}, info.request.body); }

Result<http::Created<Imported>> Transfers::import_to_profile(Op& op, EntityProfileId profile, const http::RequestInfo& info) { return take(op, profile, info.request.body); }

Result<http::Created<Imported>> Transfers::take(Op& op, std::optional<EntityProfileId> profile, std::string_view bytes) {
    ProjectId project = TRY(identities_.project_for(op, {}, "chats.write"));
    transfer::File file = TRY(transfer::read(bytes));
    Imported made = TRY(store_.write(op, "chats.import", [&](store::Tx& tx) -> Result<Imported> {
        if (profile) {
            auto with = TRY(tx.maybe(sql::entity_profile, {.id = *profile}));
            if (!with) return fail(Code::not_found, "there is no such profile; `ramify profiles ls` lists those there are");
            if (with->status == ProfileStatus::archived) return fail(Code::conflict, "the profile is archived; make it active again first");
        }
        Imported imported{.format = file.format, .warnings = file.warnings};
        for (const transfer::Conversation& conversation : file.conversations) {
            imported.chat_ids.push_back(TRY(Writing(tx, conversation).write(project, profile)));
            imported.messages_count += int64_t(conversation.messages.size());
            int64_t pins = std::ranges::count_if(conversation.messages, [](const transfer::Message& message) { return message.pinned_at.has_value(); });
            if (pins > pins_max) imported.warnings.push_back("\"" + conversation.title + "\" has " + std::to_string(pins) + " pinned messages; the first " + std::to_string(pins_max) + " stay pinned");
        }
        return imported;
    }));
    std::string location = "/api/v1/chats/" + made.chat_ids.front().text();
    return http::Created<Imported>{std::move(made), std::move(location)};
}

Result<http::Created<Chat>> Transfers::fork(Op& op, BranchId branch_id, ForkBranch body) {
    Chat made = TRY(store_.write(op, "chats.fork", [&](store::Tx& tx) -> Result<Chat> {
        auto branch = TRY(tx.maybe(sql::branch, {.id = branch_id}));
        if (!branch) return fail(Code::not_found, "there is no such branch; `ramify branches ls` lists those of a chat");
        Chat chat = *TRY(tx.maybe(sql::chat, {.id = branch->chat_id}));
        if (chat.app_id) return fail(Code::unsupported, "the chat belongs to an app, which has one; branch it instead");
        int64_t last = branch->messages_count;
        if (body.message_id) {
            auto from = TRY(tx.maybe(sql::message_in_branch, {.id = *body.message_id, .branch_id = branch_id}));
            if (!from) return invalid("/message_id", "is not in the history of that branch");
            last = from->seq;
        }
        transfer::Conversation copy{.title = body.title.value_or(chat.title), .tags = chat.tags, .created_at = now(), .vars = chat.vars, .messages = TRY(history_of(tx, branch_id, last))};
        copy.branches.push_back({.title = "main", .messages_count = last, .stretches = {{}}});
        copy.images = TRY(images_of(tx, copy.messages));
        std::optional<MessageId> from_id = body.message_id;
        ChatId id = TRY(Writing(tx, copy).write(*chat.project_id, chat.entity_profile_id));
        if (chat.persona_id) tx.queue(sql::set_persona, {.chat_id = id, .persona_id = chat.persona_id});
        tx.queue(sql::set_origin, {.id = id, .origin_chat_id = chat.id, .origin_branch_id = branch_id, .origin_message_id = from_id});
        return *TRY(tx.maybe(sql::chat, {.id = id}));
    }));
    std::string location = "/api/v1/chats/" + made.id.text();
    return http::Created<Chat>{std::move(made), std::move(location)};
}

std::vector<http::Route> Transfers::routes() {
    return {
        route::get("/api/v1/chats/{chat_id}/export", "chats.read", "chats export", "A chat as a file: JSONL, Markdown, or SillyTavern's.", &Transfers::write_file, *this)
            .with({.deadline_ms = 120'000}),
        route::post("/api/v1/chats/import", "chats.write", "chats import", "Chats from a file: our JSONL, SillyTavern's, ChatGPT's conversations.json, Open WebUI's.",
                    &Transfers::import, *this)
            .with({.body_bytes_max = transfer::file_bytes_max, .deadline_ms = 120'000})
            .with_file(),
        route::post("/api/v1/entity_profiles/{profile_id}/chats/import", "chats.write", "profiles take", "Chats with a character from a file, in any of these formats.",
                    &Transfers::import_to_profile, *this)
            .with({.body_bytes_max = transfer::file_bytes_max, .deadline_ms = 120'000})
            .with_file(),
        route::post("/api/v1/branches/{branch_id}/fork", "chats.write", "branches fork", "A new chat with the history of a branch.", &Transfers::fork, *this)
            .with({.deadline_ms = 120'000}),
    };
}

}  // namespace ry::chats

// Chats that go into files and come back, and chats that are forked from others.
#include "modules/chats/transfers.h"

#include "modules/chats/search_model.h"
#include "modules/chats/tests/rig.h"

using namespace ry;
using namespace ry::chats;

namespace {

struct TransferRig : Rig {
    Transfers transfers{database.store(), identities};

    Result<http::Created<Imported>> import(std::string body) {
        http::Request request{.body = std::move(body)};
        return transfers.import(op, {.request = request, .session = ""});
    }
    std::string exported(ChatId chat, ExportChat query = {}) {
        auto bytes = transfers.write_file(op, chat, query);
        REQUIRE_MESSAGE(bytes, (bytes ? "" : bytes.error().message + bytes.error().cause));
        return bytes->bytes;
    }
    Message add(BranchId branch, std::string text) { return chats.create_message(op, branch, {.text = std::move(text)})->value; }
};

}  // namespace

TEST_CASE("a chat that was exported as JSONL and imported again is the same chat") {
    TransferRig rig;
    Chat chat = rig.chats.create(rig.op, {.title = "Письма"})->value;
    BranchId main = chat.active_branch_id;
    rig.add(main, "one");
    Message second = rig.add(main, "two");
    rig.add(main, "three");
    Branch branch = rig.chats.create_branch(rig.op, chat.id, {.from_message_id = second.id})->value;
    rig.add(branch.id, "other three");
    REQUIRE(rig.chats.edit_message(rig.op, second.id, {.text = "two, \"edited\"\n"}));
    REQUIRE(rig.chats.activate_branch(rig.op, branch.id));
    Message gone = rig.add(main, "gone");
    REQUIRE(rig.chats.remove_message(rig.op, gone.id, {}));
    REQUIRE(rig.chats.change(rig.op, chat.id, {.tags = std::vector<std::string>{"post", "работа"}}, {}));

    std::string file = rig.exported(chat.id);
    auto made = rig.import(file);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message));
    CHECK(made->value.format == transfer::FileFormat::jsonl);
    CHECK(made->value.messages_count == 4);
    ChatId copy = made->value.chat_ids.at(0);
    CHECK(rig.exported(copy) == file);
    Chat shown = *rig.chats.show(rig.op, copy);
    CHECK(shown.title == "Письма");
    CHECK(shown.tags == std::vector<std::string>{"post", "работа"});
    CHECK(rig.shown(copy, shown.active_branch_id) == std::vector<std::string>{"one", "two", "other three"});
    Branch other = *rig.chats.show_branch(rig.op, *rig.chats.show_branch(rig.op, shown.active_branch_id)->parent_branch_id);
    CHECK(other.is_main);
    CHECK(rig.shown(copy, other.id) == std::vector<std::string>{"one", "two, \"edited\"\n", "three"});
    // It goes on where it ended, and is found.
    rig.add(other.id, "four");
    CHECK(rig.message_at(copy, other.id, 4).text == "four");
    CHECK(rig.chats.search(rig.op, {.query = "edited", .chat_id = copy})->items.size() == 1);
    Op stranger = rig.database.stranger();
    CHECK(rig.transfers.write_file(stranger, chat.id, {}).error().code == Code::not_found);
}

TEST_CASE("one branch goes out as Markdown and as SillyTavern's lines, and comes back from these") {
    TransferRig rig;
    Chat chat = rig.chats.create(rig.op, {.title = "T"})->value;
    Message first = rig.add(chat.active_branch_id, "one");
    Branch branch = rig.chats.create_branch(rig.op, chat.id, {.from_message_id = first.id})->value;
    rig.add(branch.id, "two");
    REQUIRE(rig.chats.create_variant(rig.op, first.id, {.text = "uno"}));
    CHECK(rig.exported(chat.id, {.format = ExportFormat::markdown}).contains("\n\nuno\n"));
    std::string markdown = rig.exported(chat.id, {.format = ExportFormat::markdown, .branch_id = branch.id});
    CHECK(markdown.starts_with("# T\n\n## User · "));
    CHECK(markdown.contains("\n\none\n"));
    std::string lines = rig.exported(chat.id, {.format = ExportFormat::sillytavern, .branch_id = branch.id});
    auto made = rig.import(lines);
    REQUIRE(made);
    Chat copy = *rig.chats.show(rig.op, made->value.chat_ids.at(0));
    CHECK(rig.shown(copy.id, copy.active_branch_id) == std::vector<std::string>{"one", "two"});
    CHECK(rig.message_at(copy.id, copy.active_branch_id, 1).variants_count == 2);
    CHECK(rig.exported(copy.id, {.format = ExportFormat::sillytavern}) == lines);
    CHECK(rig.transfers.write_file(rig.op, chat.id, {.branch_id = branch.id}).error().code == Code::invalid);
    CHECK(rig.transfers.write_file(rig.op, copy.id, {.format = ExportFormat::markdown, .branch_id = branch.id}).error().code == Code::not_found);
}

TEST_CASE("a file is imported as a whole or not at all, whatever characters it has") {
    TransferRig rig;
    std::string good = R"({"type":"ramify_chat","version":1,"title":"nul","imported":{"a":"\u0000"}}
{"type":"branch","title":"main","messages_count":1,"stretches":[{"seq_from":1,"segment":0}]}
{"type":"message","segment":0,"seq":1,"role":"user","variants":[{"text":"ab","blocks":BLOCKS}],"imported":{"b":"\u0000"}}
)";
    auto with = [&](std::string blocks) {
        std::string file = good;
        return file.replace(file.find("BLOCKS"), 6, blocks);
    };
    auto refused = rig.import(with("null") + with(R"([{"type":"virus","content":"x"}])"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::invalid);
    CHECK(rig.chats.list(rig.op, {})->items.empty());
    auto made = rig.import(with(R"([{"type":"answer","content":"\u0000"}])"));
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message));
    Chat chat = *rig.chats.show(rig.op, made->value.chat_ids.at(0));
    CHECK(chat.title == "nul");
    CHECK(rig.shown(chat.id, chat.active_branch_id) == std::vector<std::string>{"ab"});
    CHECK(rig.import("hello").error().message.contains("send chats"));
}

TEST_CASE("a branch becomes a chat of its own, which says where it comes from") {
    TransferRig rig;
    Chat chat = rig.chats.create(rig.op, {.title = "T"})->value;
    Message first = rig.add(chat.active_branch_id, "one");
    rig.add(chat.active_branch_id, "two");
    auto forked = rig.transfers.fork(rig.op, chat.active_branch_id, {.message_id = first.id, .title = "New"});
    REQUIRE_MESSAGE(forked, (forked ? "" : forked.error().message));
    Chat copy = forked->value;
    CHECK(copy.title == "New");
    CHECK(copy.origin_chat_id == chat.id);
    CHECK(copy.origin_branch_id == chat.active_branch_id);
    CHECK(copy.origin_message_id == first.id);
    CHECK(rig.shown(copy.id, copy.active_branch_id) == std::vector<std::string>{"one"});
    REQUIRE(rig.chats.edit_message(rig.op, first.id, {.text = "changed", .in_place = true}));
    CHECK(rig.shown(copy.id, copy.active_branch_id) == std::vector<std::string>{"one"});
    Chat whole = rig.transfers.fork(rig.op, chat.active_branch_id, {})->value;
    CHECK(rig.shown(whole.id, whole.active_branch_id) == std::vector<std::string>{"changed", "two"});
    CHECK_FALSE(whole.origin_message_id);
    CHECK(rig.transfers.fork(rig.op, copy.active_branch_id, {.message_id = first.id}).error().code == Code::invalid);
}

TEST_CASE("a file takes along which model wrote an answer, how that ended, and what it cost") {
    TransferRig rig;
    Chat chat = rig.chat();
    rig.say(chat.id, chat.active_branch_id, "Hello");
    rig.say(chat.id, chat.active_branch_id, "Again");
    rig.database.run_as_superuser("update chats.generation set status = 'done', tokens_in = 10, tokens_cached = 4, tokens_out = 5, cost_usd = 0.25, first_token_at = now() where seq = 2");
    std::string file = rig.exported(chat.id);
    auto made = rig.import(file);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message + made.error().cause));
    ChatId copy = made->value.chat_ids.at(0);
    CHECK(rig.exported(copy) == file);
    BranchId main = rig.chats.show(rig.op, copy)->active_branch_id;
    Message first = rig.message_at(copy, main, 2), second = rig.message_at(copy, main, 4);
    REQUIRE(first.variant.generation);
    CHECK(first.variant.generation->status == GenerationStatus::done);
    CHECK(first.variant.generation->model == rig.message_at(chat.id, chat.active_branch_id, 2).variant.generation->model);
    CHECK(first.variant.generation->tokens_in == 10);
    CHECK(first.variant.generation->tokens_cached == 4);
    CHECK(first.variant.generation->cost_usd == 0.25);
    CHECK(second.variant.generation->status == GenerationStatus::aborted);
    CHECK_FALSE(rig.message_at(copy, main, 1).variant.generation);
    // Whoever has no such model goes on there with theirs.
    rig.say(copy, main, "And here");
    file.replace(file.find("\"aborted\""), 9, "\"streaming\"");
    CHECK(rig.import(file).error().code == Code::invalid);
}

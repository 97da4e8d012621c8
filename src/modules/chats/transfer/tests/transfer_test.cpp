// Files of chats: what each format becomes, what is refused, and that our own lose nothing.
#include "modules/chats/transfer/transfer.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "modules/chats/transfer/dates.h"

using namespace ry;
using namespace ry::chats::transfer;

namespace {

Conversation only(std::string_view bytes, FileFormat format) {
    auto file = read(bytes);
    REQUIRE_MESSAGE(file, (file ? "" : file.error().message));
    CHECK(file->format == format);
    REQUIRE(file->conversations.size() == 1);
    return std::move(file->conversations[0]);
}

/// What a branch shows: "u:Hi a:Hello[of 2]".
std::string shown(const Conversation& chat, size_t at) {
    const Branch& branch = chat.branches.at(at);
    std::string out;
    for (int64_t seq = 1; seq <= branch.messages_count; ++seq)
        for (const Stretch& stretch : branch.stretches) {
            if (seq < stretch.seq_from || seq > stretch.seq_to.value_or(seq)) continue;
            const Message* message = find_message(chat, stretch.segment, seq);
            REQUIRE(message);
            bool is_pinned = stretch.pinned_variant && stretch.seq_to == seq;
            size_t variant = size_t(is_pinned ? *stretch.pinned_variant : message->selected);
            out += (out.empty() ? "" : " ") + message->role.substr(0, 1) + ":" + message->variants.at(variant).text;
            if (message->variants.size() > 1) out += "[of " + std::to_string(message->variants.size()) + "]";
        }
    return out;
}

std::string refusal(std::string_view bytes) {
    auto file = read(bytes);
    return file ? "accepted" : file.error().message;
}

const std::string chatgpt = R"([{"title":"Trams","create_time":1700000000.5,"current_node":"a2","mapping":{
 "root":{"id":"root","message":null,"parent":null,"children":["s"]},
 "s":{"message":{"author":{"role":"system"},"content":{"content_type":"text","parts":[""]}},"parent":"root"},
 "u1":{"message":{"author":{"role":"user"},"create_time":1700000001,"content":{"content_type":"text","parts":["Hi"]}},"parent":"s"},
 "a1":{"message":{"author":{"role":"assistant"},"content":{"content_type":"text","parts":["Hello"]},"metadata":{"model_slug":"gpt"}},"parent":"u1"},
 "b1":{"message":{"author":{"role":"assistant"},"content":{"content_type":"text","parts":["Hey"]}},"parent":"u1"},
 "u2":{"message":{"author":{"role":"user"},"content":{"content_type":"multimodal_text","parts":["More",{"content_type":"image_asset_pointer"}]}},"parent":"a1"},
 "a2":{"message":{"author":{"role":"assistant"},"content":{"content_type":"code","text":"1+1"}},"parent":"u2"},
 "v2":{"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":["Other"]}},"parent":"a1"},
 "c2":{"message":{"author":{"role":"assistant"},"content":{"content_type":"text","parts":["Sure"]}},"parent":"v2"},
 "x":{"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":["circle"]}},"parent":"y"},
 "y":{"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":["circle"]}},"parent":"x"}
}}])";

}  // namespace

TEST_CASE("ChatGPT's tree becomes branches where it goes on, and variants where it ends") {
    Conversation chat = only(chatgpt, FileFormat::chatgpt);
    CHECK(chat.title == "Trams");
    CHECK(chat.created_at->us == 1'700'000'000'500'000);
    REQUIRE(chat.branches.size() == 2);
    CHECK(shown(chat, 0) == "u:Hi a:Hello[of 2] u:More\n\n[image_asset_pointer] a:1+1");
    CHECK(shown(chat, 1) == "u:Hi a:Hello[of 2] u:Other a:Sure");
    CHECK(chat.branches[1].title == "Other");
    CHECK(chat.branches[1].forked_from_seq == 2);
    CHECK(chat.messages[1].variants[0].model == "gpt");
    CHECK(chat.messages[1].variants[1].text == "Hey");
    CHECK(read(chatgpt)->warnings.at(0).contains("2 messages come from each other"));
}

TEST_CASE("Open WebUI's tree is one, too, and a history may begin anew") {
    Conversation chat = only(R"([{"title":"T","archived":true,"created_at":1700000000,"meta":{"tags":["work"]},"chat":{"history":{"currentId":"2","messages":{
        "1":{"id":"1","parentId":null,"role":"user","content":"One","timestamp":1700000000},
        "2":{"id":"2","parentId":"1","role":"assistant","content":"Two","model":"m"},
        "3":{"id":"3","parentId":null,"role":"user","content":"Edited"},
        "4":{"id":"4","parentId":"3","role":"assistant","content":"Four"},
        "5":{"id":"5","parentId":"gone","role":"user","content":"Lone"}}}}}])",
                             FileFormat::open_webui);
    CHECK(chat.is_archived);
    CHECK(chat.tags == std::vector<std::string>{"work"});
    REQUIRE(chat.branches.size() == 2);
    CHECK(shown(chat, 0) == "u:One[of 2] a:Two");
    CHECK(shown(chat, 1) == "u:Edited a:Four");
}

TEST_CASE("SillyTavern's swipes are variants, and what else it says comes out again") {
    std::string file = R"({"user_name":"Ada","character_name":"Vera","create_date":"2023-6-5 @14h 33m 20s 123ms","chat_metadata":{"note":[1]}}
{"name":"Vera","is_user":false,"is_system":false,"send_date":"June 5, 2023 2:33pm","mes":"Hello","swipes":["Hi","Hello"],"swipe_id":1,"extra":{"api":"x"}}
{"name":"Ada","is_user":true,"mes":"Tickets?","odd":{"deep":true}}
{"name":"Note","is_user":false,"is_system":true,"mes":"Night."}
)";
    Conversation chat = only(file, FileFormat::sillytavern);
    CHECK(chat.title == "Vera");
    CHECK(shown(chat, 0) == "a:Hello[of 2] u:Tickets? s:");
    CHECK(rfc3339(*chat.messages[0].created_at).starts_with("2023-06-05T14:33:00"));
    std::string out = write_sillytavern({.title = "t", .imported = chat.imported, .messages = chat.messages});
    Conversation again = only(out, FileFormat::sillytavern);
    CHECK(write_sillytavern({.title = "t", .imported = again.imported, .messages = again.messages}) == out);
    for (std::string_view kept : {R"("chat_metadata":{"note":[1]})", R"("extra":{"api":"x"})", R"("odd":{"deep":true})", R"("swipes":["Hi","Hello"],"swipe_id":1)"})
        CHECK_MESSAGE(out.contains(kept), out);
    CHECK(write_markdown({.title = "T", .user_name = "Ada", .character_name = "Vera", .messages = chat.messages}) ==
          "# T\n\n## Vera · 2023-06-05 14:33\n\nHello\n\n## Ada\n\nTickets?\n\n## system\n\nNight.\n");
}

TEST_CASE("what SillyTavern hides from models is for people here, and the other way round") {
    std::string file = R"({"user_name":"Ada","character_name":"Vera","create_date":"2023-06-05T14:33:20Z","chat_metadata":{}}
{"name":"Vera","is_user":false,"is_system":true,"mes":"Aside","swipes":["Aside","More"],"swipe_id":0}
{"name":"Ada","is_user":true,"is_system":true,"mes":"Hush"}
{"name":"Night","is_user":false,"is_system":false,"extra":{"type":"narrator"},"mes":"It gets dark."}
{"name":"Vera","is_user":false,"is_system":false,"extra":{"display_text":"Good day","reasoning":"Greet her."},"mes":"Guten Tag"}
)";
    Conversation chat = only(file, FileFormat::sillytavern);
    CHECK(shown(chat, 0) == "a:[of 2] u: s:It gets dark. a:Guten Tag");
    CHECK(chat.messages[0].variants[1].blocks.text == R"([{"type":"answer","content":"More","visibility":"ui_only"}])");
    History history{.title = "T", .user_name = "Ada", .character_name = "Vera", .imported = chat.imported, .messages = chat.messages};
    CHECK(write_sillytavern(history) == file);
    CHECK(write_markdown(history) ==
          "# T\n\n## Vera\n\nAside\n\n## Ada\n\nHush\n\n## system\n\nIt gets dark.\n\n## Vera\n\n"
          "<details><summary>Reasoning</summary>\n\nGreet her.\n\n</details>\n\nGood day\n");

    Message secret{.seq = 5, .role = "user", .variants = {{.text = "Sing", .blocks = {R"([{"type":"answer","content":"Sing","visibility":"prompt_only"}])"}}}};
    Message note{.seq = 6, .role = "system", .variants = {{.text = "Be kind."}}};
    history.messages = {secret, note};
    CHECK(write_markdown(history) == "# T\n\n## system\n\nBe kind.\n");
    std::string lines = write_sillytavern(history);
    CHECK(lines.contains(R"("is_system":false,"mes":"Sing"})"));
    CHECK(lines.contains(R"("is_system":false,"extra":{"type":"narrator"},"mes":"Be kind."})"));
}

TEST_CASE("images go along as data URLs, once each in Markdown; one that is not at hand is named") {
    auto image = [](std::string id) { return R"({"type":"image","content":"","image":{"id":")" + id + R"(","media_type":"image/png"}})"; };
    std::string one = image("image_1"), two = image("image_2"), lost = image("image_3");
    std::string change = R"({"type":"code_change","kind":"write","path":"a.md","content":"```\nx\n```"})";
    History history{.title = "T", .images = {{.id = "image_1", .data = "_-8"}, {.id = "image_2", .data = "AAA"}}};
    history.messages = {{.seq = 1, .role = "user", .variants = {{.text = "Look", .blocks = {"[{\"type\":\"answer\",\"content\":\"Look\"}," + one + "," + two + "]"}}}},
                        {.seq = 2, .role = "user", .variants = {{.text = "", .blocks = {"[" + one + "," + lost + "]"}}}},
                        {.seq = 3, .role = "assistant", .variants = {{.text = "<x>", .blocks = {"[" + change + "]"}}}}};
    CHECK(write_markdown(history) ==
          "# T\n\n## User\n\nLook\n\n![image][image_1]\n\n![image][image_2]\n\n## User\n\n![image][image_1]\n\n*[image]*\n\n"
          "## Assistant\n\n**write** `a.md`\n\n````\n```\nx\n```\n````\n"
          "\n[image_1]: data:image/png;base64,/+8=\n\n[image_2]: data:image/png;base64,AAA=\n");
    std::string lines = write_sillytavern(history);
    CHECK(lines.contains(R"("extra":{"image":"data:image/png;base64,/+8=","inline_image":true,"image_swipes":["data:image/png;base64,/+8=","data:image/png;base64,AAA="]},"mes":"Look"})"));
    CHECK(lines.contains(R"("is_system":false,"extra":{"image":"data:image/png;base64,/+8=","inline_image":true},"mes":""})"));
}

TEST_CASE("our own lines lose nothing, and are one text for one chat") {
    Conversation chat = only(chatgpt, FileFormat::chatgpt);
    chat.tags = {"a", "b"};
    chat.imported = {R"({"x":1})"};
    chat.messages[0].pinned_at = Time{1'000'000};
    chat.messages[0].variants[0].blocks = {R"([{"type":"answer","content":"Hi"}])"};
    std::string lines = write_jsonl(chat);
    CHECK(write_jsonl(only(lines, FileFormat::jsonl)) == lines);
    auto two = read(lines + lines);
    REQUIRE(two);
    CHECK(two->conversations.size() == 2);
}

TEST_CASE("what is no chat, or could not be kept, is refused with what to do") {
    std::string chat = R"({"type":"ramify_chat","version":1,"title":""})";
    auto branch = [](std::string stretches, int count) {
        return "\n" R"({"type":"branch","title":"main","messages_count":)" + std::to_string(count) + R"(,"stretches":[)" + stretches + "]}";
    };
    auto message = [](int segment, int seq, std::string more = "") {
        return "\n" R"({"type":"message","segment":)" + std::to_string(segment) + ",\"seq\":" + std::to_string(seq) + R"(,"role":"user","variants":[{"text":"x"}])" + more + "}";
    };
    std::string own = R"({"seq_from":1,"segment":0})";
    CHECK(read(chat + branch(own, 1) + message(0, 1)));
    struct Case {
        std::string bytes, why;
    };
    for (const Case& one : {Case{"", "empty"},
                            {"hello", "no chat that can be read"},
                            {"{}", "no chat that can be read"},
                            {"[]", "no chat in the file"},
                            {"[{\"mapping\":", "is no JSON"},
                            {std::string(200, '['), "is no JSON"},
                            {R"({"user_name":"A"})" "\n{}", "line 2 has no message"},
                            {R"({"user_name":"A"})" "\n{", "line 2"},
                            {chat, "no branch"},
                            {chat + "\n{\"type\":\"other\"}", "line 2: is no chat"},
                            {R"({"type":"ramify_chat","version":2,"title":""})", "newer Ramify"},
                            {chat + branch(own, 2) + message(0, 1), "messages of branch \"main\" are missing"},
                            {chat + branch(own, 1) + message(0, 1) + message(0, 2), "behind the end"},
                            {chat + branch(own, 1) + message(0, 1) + message(0, 1), "stand twice"},
                            {chat + branch(own, 1) + message(0, 1) + message(7, 1), "history of no branch"},
                            {chat + branch(own, 1) + message(0, 1, R"(,"selected":1)"), "does not have"},
                            {chat + branch(R"({"seq_from":2,"segment":0})", 1), "has a hole"},
                            {chat + branch(own, 0) + branch(own, 0), "before the one that it comes from"},
                            {chat + branch(own, 1) + "\n" R"({"type":"message","segment":0,"seq":1,"role":"boss","variants":[{"text":"x"}]})", "no known role"}}) {
        CAPTURE(one.bytes);
        std::string why = refusal(one.bytes);
        CHECK_MESSAGE(why.contains(one.why), why);
    }
    std::string many = "[";
    for (size_t i = 0; i <= conversations_max; ++i) many += "{\"mapping\":{}},";
    many.back() = ']';
    CHECK(refusal(many).contains("split it"));
    std::string swipes = R"({"user_name":"A"})" "\n" R"({"mes":"x","swipes":[)";
    for (size_t i = 0; i <= variants_max; ++i) swipes += "\"x\",";
    swipes.back() = ']';
    CHECK(refusal(swipes + "}").contains("variants"));
}

TEST_CASE("times are read as programs write them") {
    struct Case {
        std::string json, time;
    };
    for (const Case& one : {Case{"1700000000", "2023-11-14T22:13:20"}, {"1700000000000", "2023-11-14T22:13:20"}, {"1700000000.25", "2023-11-14T22:13:20"},
                            {"1700000000000000000", "2023-11-14T22:13:20"}, {"\"1700000000000\"", "2023-11-14T22:13:20"},
                            {"\"2024-02-29T01:02:03Z\"", "2024-02-29T01:02:03"}, {"\"2024-2-29 @1h 2m 3s 4ms\"", "2024-02-29T01:02:03"},
                            {"\"May 1, 2024 12:05am\"", "2024-05-01T00:05:00"}, {"\"December 31, 2024 12:05 PM\"", ""}, {"\"2024-2-30 @1h 2m 3s\"", ""},
                            {"\"soon\"", ""}, {"-5", ""}, {"1e300", ""}, {"null", ""}}) {
        CAPTURE(one.json);
        auto value = boost::json::parse(one.json);
        auto time = date_of(&value);
        CHECK((time ? rfc3339(*time).substr(0, 19) : "") == one.time);
    }
}

// Prompt templates and personas, on a real database.
#include <doctest/doctest.h>

#include "kernel/jobs/jobs.h"
#include "kernel/secrets/secrets.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/chats.h"
#include "modules/chats/prompts.h"
#include "testing/database.h"

using namespace ry;
using namespace ry::chats;

namespace {

struct Rig {
    testing::Database database{{&stream::schema, &jobs::schema, &secrets::schema, &chats::schema}};
    Prompts prompts{database.store()};
    Op op = database.op();

    PromptTemplate made(CreatePromptTemplate body) {
        auto made = prompts.create_template(op, std::move(body));
        REQUIRE_MESSAGE(made, (made ? "" : made.error().message));
        return made->value;
    }
    std::string refused(CreatePromptTemplate body) {
        auto made = prompts.create_template(op, std::move(body));
        REQUIRE_FALSE(made);
        return made.error().message;
    }
    std::string rendered(std::string text, std::string context = "{}") {
        auto output = prompts.render(op, {.text = std::move(text), .context = Json{std::move(context)}});
        return output ? output->output : output.error().message;
    }
    ChatId chat() {
        ChatId id = ChatId::fresh();
        REQUIRE(database.store().write(op, "test", [&](store::Tx& tx) -> Result<void> {
            tx.queue(sql::add_chat, {.id = id, .project_id = ProjectId::fresh(), .app_id = {}, .title = "t", .active_branch_id = BranchId::fresh(), .created_by = {}});
            return {};
        }));
        return id;
    }
};

}  // namespace

TEST_CASE("templates are checked when they are saved, and what is wrong is told with its place") {
    Rig rig;
    CHECK(rig.refused({.name = "a", .text = "one\n  {% if x %}"}) == "2:3: tag {% if x %} not closed");
    CHECK(rig.refused({.name = "a", .text = "{% bogus %}"}) == "1:1: tag \"bogus\" not found");
    CHECK(rig.refused({.name = "a", .text = "Hello\n{% if x %}{{ x | upcase | shout }}{% endif %}"}) == "2:27: undefined filter: shout");
    CHECK(rig.refused({.name = "a", .text = "{% for x in y %}{% include 'nowhere' %}{% endfor %}"}) == "1:17: there is no template \"nowhere\"");
    CHECK(rig.refused({.name = "a", .text = "", .scope = PromptScope::chat, .scope_id = ChatId::fresh().text()}).starts_with("/scope_id names no chat"));
    CHECK(rig.refused({.name = "a", .text = "", .scope_id = ChatId::fresh().text()}).starts_with("/scope_id must be left out"));

    PromptTemplate kept = rig.made({.name = "a", .text = "{{ x | upcase }}"});
    auto changed = rig.prompts.change_template(rig.op, kept.id, {.text = "{{ x | shout }}"}, {});
    REQUIRE_FALSE(changed);
    CHECK(changed.error().message == "1:8: undefined filter: shout");
    CHECK(rig.prompts.show_template(rig.op, kept.id)->text == kept.text);
}

TEST_CASE("a template includes the others of its organization by name, and nothing else") {
    Rig rig;
    rig.made({.name = "greeting", .text = "Hello {{ who }}", .is_enabled = false});
    CHECK(rig.rendered("{% include 'greeting' %}! {% render 'greeting', who: 'you' %}", R"({"who": "me"})") == "Hello me! Hello you");
    CHECK(rig.rendered("{% include '/etc/hostname' %}").find("/etc/hostname") != std::string::npos);
    CHECK(rig.rendered("{{ text }}", R"({"text": "{{ 1 | plus: 1 }}{% include 'greeting' %}"})") == "{{ 1 | plus: 1 }}{% include 'greeting' %}");
    rig.made({.name = "endless", .text = "{{ 1 }}", .is_enabled = false});
    PromptTemplate endless = rig.prompts.list_templates(rig.op, {})->items.back();
    REQUIRE(rig.prompts.change_template(rig.op, endless.id, {.text = "{% include 'endless' %}"}, {}));
    CHECK(rig.rendered("{% include 'endless' %}").find("nested at most") != std::string::npos);

    Op stranger = rig.database.stranger();
    auto output = rig.prompts.render(stranger, {.text = "{% include 'greeting' %}"});
    REQUIRE_FALSE(output);
    CHECK(output.error().code == Code::invalid);
}

TEST_CASE("what goes wrong in a rendering is told with the template that it is in") {
    Rig rig;
    rig.made({.name = "broken", .text = "one\n{% include name %}", .is_enabled = false});
    CHECK(rig.rendered("{% include 'broken' %}", R"({"name": "nowhere"})").starts_with("broken:2:1: "));
    CHECK(rig.rendered("{% for i in (1..100000000) %}{{ i }}{% endfor %}").starts_with("1:"));
    CHECK(rig.rendered("{% include name %}", R"({"name": "nowhere"})").starts_with("1:1: "));
    CHECK(rig.rendered("x", "[1]").starts_with("/context must be an object"));
}

TEST_CASE("one template of a scope is enabled, so that nobody must guess which one a chat gets") {
    Rig rig;
    PromptTemplate first = rig.made({.name = "first", .text = "1"});
    CHECK(rig.refused({.name = "second", .text = "2"}).starts_with("\"first\" is enabled for the same chats"));
    CHECK(rig.refused({.name = "first", .text = "2", .is_enabled = false}).starts_with("a prompt template is called \"first\" already"));
    PromptTemplate second = rig.made({.name = "second", .text = "2", .is_enabled = false});
    CHECK_FALSE(rig.prompts.change_template(rig.op, second.id, {.is_enabled = true}, {}));
    REQUIRE(rig.prompts.change_template(rig.op, first.id, {.is_enabled = false}, {}));
    auto enabled = rig.prompts.change_template(rig.op, second.id, {.is_enabled = true}, {.version = second.version});
    REQUIRE(enabled);
    CHECK(enabled->version == second.version + 1);
    auto stale = rig.prompts.change_template(rig.op, second.id, {.text = "3"}, {.version = second.version});
    REQUIRE_FALSE(stale);
    CHECK(stale.error().code == Code::stale);

    ChatId chat = rig.chat();
    rig.made({.name = "of one chat", .text = "3", .scope = PromptScope::chat, .scope_id = chat.text()});
    CHECK(rig.prompts.list_templates(rig.op, {.scope = PromptScope::chat})->items.size() == 1);
    CHECK(rig.prompts.list_templates(rig.op, {})->items.size() == 3);
    Op stranger = rig.database.stranger();
    CHECK(rig.prompts.list_templates(stranger, {})->items.empty());
    CHECK(rig.prompts.remove_template(stranger, first.id).error().code == Code::not_found);
    REQUIRE(rig.prompts.remove_template(rig.op, first.id));
    CHECK(rig.prompts.show_template(rig.op, first.id).error().code == Code::not_found);
}

TEST_CASE("one persona is the default, and the last that was made it is") {
    Rig rig;
    Persona ann = rig.prompts.create_persona(rig.op, {.name = "Ann", .description = "A pilot.", .is_default = true})->value;
    Persona bob = rig.prompts.create_persona(rig.op, {.name = "Bob"})->value;
    auto changed = rig.prompts.change_persona(rig.op, bob.id, {.description = "Her mechanic.", .is_default = true}, {.version = bob.version});
    REQUIRE(changed);
    CHECK(changed->is_default);
    CHECK(changed->name == "Bob");
    CHECK_FALSE(rig.prompts.show_persona(rig.op, ann.id)->is_default);
    CHECK(rig.prompts.change_persona(rig.op, bob.id, {.name = "Rob"}, {.version = bob.version}).error().code == Code::stale);
    auto page = rig.prompts.list_personas(rig.op, {.limit = 1});
    CHECK(page->items.size() == 1);
    CHECK(rig.prompts.list_personas(rig.op, {.cursor = page->next_cursor})->items.front().name == "Bob");
    Op stranger = rig.database.stranger();
    CHECK(rig.prompts.show_persona(stranger, ann.id).error().code == Code::not_found);
    REQUIRE(rig.prompts.remove_persona(rig.op, ann.id));
    CHECK(rig.prompts.remove_persona(rig.op, ann.id).error().code == Code::not_found);
}

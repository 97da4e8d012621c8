// What a definition is refused for, and how what is sound is planned.
#include "modules/chats/pipelines/expression.h"
#include "modules/chats/pipelines/tests/types.h"

using namespace ry;
using namespace ry::chats::pipelines;

namespace {

std::string steps(std::string_view list) { return R"({"steps":[)" + std::string(list) + "]}"; }
std::string answer(std::string_view more) {
    return R"({"triggers":["user_message"],"steps":[{"id":"pre","type":"pre"},{"id":"answer","type":"llm"},{"id":"post","type":"post"})" +
           std::string(more) + "]}";
}

}  // namespace

TEST_CASE("what is wrong is told with the member and the step") {
    struct Row {
        std::string json;
        std::string_view told;
    };
    const Row rows[] = {
        {steps(R"({"id":"A b","type":"template","parameters":{"text":""}})"), "/steps/0/id of step \"A b\" must begin with"},
        {steps(R"({"id":"a","type":"template","parameters":{"text":""}},{"id":"a","type":"template","parameters":{"text":""}})"),
         "/steps/1/id of step \"a\" is the id of an earlier step"},
        {steps(R"({"id":"a","type":"serp"})"), "/steps/0/type of step \"a\" cannot be used: the type \"serp\" comes with the module research, which this server does not have"},
        {steps(R"({"id":"a","type":"templat"})"), "there is no step type \"templat\"; there are guard, llm, post, pre, template"},
        {steps(R"({"id":"a","type":"template","parameters":[]})"), "/steps/0/parameters of step \"a\" must be an object"},
        {steps(R"({"id":"a","type":"template"})"), "/steps/0/parameters/text of step \"a\" is required"},
        {steps(R"({"id":"a","type":"template","parameters":{"text":"","texts":1}})"), "/steps/0/parameters/texts of step \"a\" is not a parameter"},
        {steps(R"({"id":"a","type":"template","parameters":{"text":"","count":12}})"), "/steps/0/parameters/count of step \"a\" must be between 1 and 9"},
        {steps(R"({"id":"a","type":"template","parameters":{"text":"","count":"x"}})"), "/steps/0/parameters/count of step \"a\" must be an integer"},
        {steps(R"({"id":"a","type":"template","parameters":{"text":"{{ x | shout }}"}})"), "/steps/0/parameters/text of step \"a\" cannot be read: 1:8: undefined filter: shout"},
        {steps(R"({"id":"a","type":"template","parameters":{"text":"{% if x %}"}})"), "cannot be read: 1:1:"},
        {steps(R"({"id":"a","type":"template","condition":"x %}{% endif %}","parameters":{"text":""}})"), "/steps/0/condition of step \"a\" must be a condition"},
        {steps(R"({"id":"a","type":"template","condition":"x | shout","parameters":{"text":""}})"), "/steps/0/condition of step \"a\" cannot be read"},
        {steps(R"({"id":"a","type":"template","depends_on":["b"],"parameters":{"text":""}})"), "/steps/0/depends_on/0 of step \"a\" names \"b\", and there is no such step"},
        {steps(R"({"id":"a","type":"template","depends_on":["a"],"parameters":{"text":""}})"), "/steps/0/depends_on/0 of step \"a\" names the step itself"},
        {steps(R"({"id":"a","type":"template","depends_on":["c"],"parameters":{"text":""}},{"id":"b","type":"template","depends_on":["a"],"parameters":{"text":""}},{"id":"c","type":"template","depends_on":["b"],"parameters":{"text":""}})"),
         "goes round in a circle: a → c → b → a"},
        {steps(R"({"id":"a","type":"template","parameters":{"text":"{{ steps.b.text }}"}})"), "names steps.b, and there is no such step"},
        {steps(R"({"id":"a","type":"template","parameters":{"text":"{{ steps.b.text }}"}},{"id":"b","type":"template","parameters":{"text":""}})"),
         "/steps/0/parameters/text of step \"a\" names steps.b, and does not wait for it; add it to depends_on"},
        {steps(R"({"id":"b","type":"template","parameters":{"text":""}},{"id":"a","type":"template","depends_on":["b"],"parameters":{"text":"{% for x in steps.b.lines %}{% endfor %}"}})"),
         "names steps.b.lines; that step yields text"},
        {steps(R"({"id":"g","type":"guard","parameters":{"checks":{"is_long":"input.text.size > 3"}}},{"id":"a","type":"template","depends_on":["g"],"condition":"steps.g.is_short","parameters":{"text":""}})"),
         "names steps.g.is_short; that step yields is_long"},
        {steps(R"({"id":"g","type":"guard","parameters":{"checks":{}}})"), "/steps/0/parameters/checks of step \"g\" must be an object with a condition for each name"},
        {steps(R"({"id":"g","type":"guard","parameters":{"checks":{"Is it":"true"}}})"), "/steps/0/parameters/checks/Is it of step \"g\" must begin"},
        {steps(R"({"id":"a","type":"template","parameters":{"text":""},"effects":[{"type":"publish_artifact","text":"x"}]})"), "/steps/0/effects/0/name of step \"a\" is required of an artifact"},
        {steps(R"({"id":"a","type":"template","parameters":{"text":""},"effects":[{"type":"add_message","text":"x"}]})"), "/steps/0/effects/0/type of step \"a\" changes the prompt"},
        {steps(R"({"id":"a","type":"template","hook":"after_llm","parameters":{"text":""}})"), "/steps/0/hook of step \"a\" must be left out: the pipeline has no main model call"},
        {steps(R"({"id":"a","type":"llm"})"), "/steps must have pre, an llm step without a prompt, and post"},
        {R"({"triggers":["user_message"],"steps":[{"id":"a","type":"template","parameters":{"text":""}}]})", "/steps must have pre"},
        {R"({"triggers":["scheduled"],"steps":[{"id":"a","type":"template","parameters":{"text":""}}]})", "/schedule is required"},
        {R"({"schedule":{"every_minutes":5},"steps":[{"id":"a","type":"template","parameters":{"text":""}}]})", "/triggers must name scheduled"},
        {answer(R"(,{"id":"b","type":"llm"})"), "/steps/3/type of step \"b\" is there already: the step \"answer\""},
        {answer(R"(,{"id":"b","type":"template","depends_on":["pre"],"parameters":{"text":""}})"), "/steps/3/depends_on/0 of step \"b\" names a step that comes after it"},
        {answer(R"(,{"id":"b","type":"template","depends_on":["answer"],"hook":"before_llm","parameters":{"text":""}})"), "/steps/3/hook of step \"b\" is before_llm"},
        {answer(R"(,{"id":"b","type":"template","parameters":{"text":""},"effects":[{"type":"replace_answer","text":"x"}]})"), "/steps/3/effects/0/type of step \"b\" changes the answer"},
        {answer(R"(,{"id":"b","type":"template","hook":"after_llm","parameters":{"text":""},"effects":[{"type":"rewrite_prompt","text":"x"}]})"), "changes the prompt"},
        {R"({"triggers":["user_message","manual"],"steps":[{"id":"pre","type":"pre"},{"id":"answer","type":"llm"},{"id":"post","type":"post"}]})", "/triggers must be user_message alone"},
        {R"({"triggers":["user_message"],"steps":[{"id":"pre","type":"pre","condition":"x"},{"id":"answer","type":"llm"},{"id":"post","type":"post"}]})", "/steps/0/condition of step \"pre\" must be left out"},
        {steps(""), "/steps must have 1 to 50 elements"},
        {R"({"stepz":[]})", "did you mean \"steps\"?"},
    };
    for (const Row& row : rows) {
        std::string told = refusal(row.json);
        CHECK_MESSAGE(told.find(row.told) != std::string::npos, row.json, " is told: ", told);
    }
}

TEST_CASE("all faults are told at once, each with its pointer") {
    auto definition = from_json<Definition>(steps(R"({"id":"A","type":"serp"},{"id":"b","type":"template","parameters":{"text":"{{ x | no }}","count":0}})"));
    REQUIRE(definition);
    auto plan = plan_of(*std::move(definition), types_of_test(), "/definition");
    REQUIRE_FALSE(plan);
    std::vector<std::string> pointers;
    for (const Fault& fault : plan.error().faults) pointers.push_back(fault.pointer);
    CHECK(pointers == std::vector<std::string>{"/definition/steps/0/id", "/definition/steps/0/type", "/definition/steps/1/parameters/count"});
}

TEST_CASE("a template may stand where another kind of value is wanted") {
    CHECK(refusal(steps(R"({"id":"a","type":"template","parameters":{"text":"","count":"{{ input.count }}"}})")) == "");
}

TEST_CASE("steps stand before or after the main model call, by what they depend on or by their hook") {
    Plan plan = planned(answer(
        R"(,{"id":"safe","type":"guard","parameters":{"checks":{"ok":"true"}}},{"id":"note","type":"template","depends_on":["safe"],"condition":"steps.safe.ok","parameters":{"text":"n"},"effects":[{"type":"add_message","text":"{{ output.text }}{{ steps.safe.ok }}"}]})"
        R"(,{"id":"short","type":"template","hook":"after_llm","parameters":{"text":"{{ steps.answer.text }}"},"effects":[{"type":"replace_answer","text":"{{ output.text }}"}]},{"id":"last","type":"template","depends_on":["short"],"parameters":{"text":"x"}})"));
    auto stage = [&](std::string_view id) { return plan.steps[*plan.find(id)].stage; };
    CHECK(stage("safe") == Stage::before);
    CHECK(stage("note") == Stage::before);
    CHECK(stage("short") == Stage::after);
    CHECK(stage("last") == Stage::after);
    std::string order;
    for (size_t at : plan.order) order += plan.steps[at].definition.id + " ";
    CHECK(order == "safe note pre answer short last post ");

    Graph graph = graph_of(plan);
    CHECK(graph.levels == std::vector<std::vector<std::string>>{{"safe"}, {"note"}, {"pre"}, {"answer"}, {"short"}, {"last"}, {"post"}});
    std::string edges;
    for (const GraphEdge& edge : graph.edges) edges += edge.from + (edge.kind == EdgeKind::needs ? "=" : "-") + edge.to + " ";
    CHECK(edges == "safe=note note-pre pre-answer answer-short short=last last-post ");
}

TEST_CASE("a prompt and an end belong to every answer, whatever their steps before became") {
    Plan plan = planned(R"({"triggers":["user_message"],"steps":[{"id":"n","type":"template","parameters":{"text":"n"}},{"id":"pre","type":"pre","depends_on":["n"]},{"id":"answer","type":"llm","depends_on":["pre"]},{"id":"post","type":"post"}]})");
    CHECK(plan.steps[1].needs.empty());
    CHECK(plan.steps[1].follows == std::vector<size_t>{0});
    CHECK(plan.steps[2].needs == std::vector<size_t>{1});
}

TEST_CASE("texts are rendered with what earlier steps yielded; what is no text is read as JSON") {
    auto rendering = *Rendering::of(R"({"input":{"name":"Ann","n":3},"steps":{"g":{"ok":true}}})", 0, 0);
    auto with = [&](std::string json) {
        auto rendered = rendering.parameters(Json{std::move(json)}, TextOfTest::fields(), "checks");
        return rendered ? rendered->text : rendered.error().message;
    };
    CHECK(with(R"({"text":"Hi {{ input.name }}","count":"{{ input.n }}"})") == R"({"text":"Hi Ann","count":3})");
    CHECK(with(R"({"text":"{{ input.n }}"})") == R"({"text":"3"})");
    CHECK(with(R"({"text":"{{ '{{ input.n }}' }}"})") == R"({"text":"{{ input.n }}"})");
    CHECK(with(R"({"more":["{{ input.n }}",{"a":"{{ input.name }}"}]})") == R"({"more":["3",{"a":"Ann"}]})");
    CHECK(with(R"({"checks":{"is_ok":"steps.g.ok","is_long":"input.name.size > 3"}})") == R"({"checks":{"is_ok":true,"is_long":false}})");
}

// What happens next, on tables and on random pipelines.
#include <algorithm>
#include <random>

#include "modules/chats/pipelines/moves.h"
#include "modules/chats/pipelines/tests/types.h"

using namespace ry;
using namespace ry::chats::pipelines;

namespace {

constexpr auto waiting = StepStatus::waiting, running = StepStatus::running, done = StepStatus::done, failed = StepStatus::failed,
               skipped = StepStatus::skipped;

std::string shown(const Plan& plan, const Moves& moves) {
    std::string out;
    for (size_t at : moves.begin) out += "begin " + plan.steps[at].definition.id + "; ";
    for (const Skip& skip : moves.skip) out += "skip " + plan.steps[skip.step].definition.id + ": " + skip.reason + "; ";
    for (size_t at : moves.cancel) out += "cancel " + plan.steps[at].definition.id + "; ";
    return out + (moves.is_over ? "over" : "");
}

std::string next(const Plan& plan, std::vector<StepStatus> statuses, Trigger trigger = Trigger::manual) {
    return shown(plan, next_moves(plan, statuses, trigger, std::vector<bool>(plan.steps.size(), true)));
}

struct RandomPipeline {
    Plan plan;
    std::vector<bool> fails;
    std::vector<bool> is_refused;  // by its condition
};

RandomPipeline random_pipeline(std::mt19937& random) {
    auto chance = [&](int percent) { return int(random() % 100) < percent; };
    Definition definition;
    size_t count = 1 + random() % 12;
    std::vector<size_t> rank(count);  // a step depends on steps of a lower rank only, whatever their order in the text
    for (size_t i = 0; i < count; ++i) rank[i] = i;
    std::ranges::shuffle(rank, random);
    RandomPipeline made;
    for (size_t i = 0; i < count; ++i) {
        StepDefinition step{.id = "s" + std::to_string(i), .type = "template", .required = chance(70), .parameters = {R"({"text":""})"}};
        for (size_t other = 0; other < count; ++other)
            if (rank[other] < rank[i] && chance(30)) step.depends_on.push_back("s" + std::to_string(other));
        if (chance(10)) step.triggers = {Trigger::api};
        made.fails.push_back(chance(15));
        made.is_refused.push_back(chance(15));
        definition.steps.push_back(std::move(step));
    }
    auto plan = plan_of(std::move(definition), types_of_test());
    REQUIRE_MESSAGE(plan, (plan ? "" : plan.error().message));
    made.plan = *std::move(plan);
    return made;
}

}  // namespace

TEST_CASE("steps begin when what they depend on is done, side by side where they can") {
    Plan plan = planned(R"({"steps":[{"id":"c","type":"template","depends_on":["a","b"],"parameters":{"text":""}},{"id":"a","type":"template","parameters":{"text":""}},{"id":"b","type":"template","parameters":{"text":""}}]})");
    CHECK(next(plan, {waiting, waiting, waiting}) == "begin a; begin b; ");
    CHECK(next(plan, {waiting, done, running}) == "");
    CHECK(next(plan, {waiting, done, done}) == "begin c; ");
    CHECK(next(plan, {running, done, done}) == "");
    CHECK(next(plan, {done, done, done}) == "over");
    CHECK(next(plan, {waiting, failed, running}) == "cancel c; ");
    CHECK(next(plan, {waiting, failed, done}) == "cancel c; over");
    CHECK(next(plan, {waiting, skipped, done}) == "skip c: the step \"a\" is skipped; over");
}

TEST_CASE("a step that is not required stops what depends on it, and nothing else") {
    Plan plan = planned(R"({"steps":[{"id":"a","type":"template","required":false,"parameters":{"text":""}},{"id":"b","type":"template","depends_on":["a"],"parameters":{"text":""}},{"id":"c","type":"template","depends_on":["b"],"parameters":{"text":""}},{"id":"d","type":"template","parameters":{"text":""}}]})");
    CHECK(next(plan, {failed, waiting, waiting, waiting}) == "begin d; skip b: the step \"a\" is failed; skip c: the step \"b\" is skipped; ");
}

TEST_CASE("a step that is for other triggers is skipped") {
    Plan plan = planned(R"({"steps":[{"id":"a","type":"template","triggers":["scheduled","api"],"parameters":{"text":""}}]})");
    CHECK(next(plan, {waiting}) == "skip a: it is not for runs by manual; over");
    CHECK(next(plan, {waiting}, Trigger::api) == "begin a; ");
}

TEST_CASE("the steps of one stage move without the others") {
    Plan plan = planned(R"({"triggers":["user_message"],"steps":[{"id":"pre","type":"pre"},{"id":"answer","type":"llm"},{"id":"post","type":"post"},{"id":"x","type":"template","parameters":{"text":""}},{"id":"y","type":"template","hook":"after_llm","parameters":{"text":""}}]})");
    auto moves = [&](Stage stage, std::vector<StepStatus> statuses) {
        std::vector<bool> wanted;
        for (const PlannedStep& step : plan.steps) wanted.push_back(step.stage == stage);
        return shown(plan, next_moves(plan, statuses, Trigger::user_message, wanted));
    };
    CHECK(moves(Stage::before, {waiting, waiting, waiting, waiting, waiting}) == "begin x; ");
    CHECK(moves(Stage::before, {waiting, waiting, waiting, done, waiting}) == "over");
    CHECK(moves(Stage::after, {done, done, waiting, done, waiting}) == "begin y; ");
    CHECK(moves(Stage::after, {done, skipped, waiting, done, waiting}) == "begin y; ");
    CHECK(moves(Stage::after, {done, done, waiting, done, done}) == "over");
}

TEST_CASE("every run of a random pipeline ends, in an order that its dependencies allow") {
    for (uint32_t seed = 1; seed <= 500; ++seed) {
        std::mt19937 random(seed);
        RandomPipeline made = random_pipeline(random);
        const Plan& plan = made.plan;
        std::vector<StepStatus> statuses(plan.steps.size(), waiting);
        std::vector<bool> all(plan.steps.size(), true);
        std::vector<size_t> under_way;
        CAPTURE(seed);
        for (size_t turns = 0;; ++turns) {
            REQUIRE(turns < 200);
            Moves moves = next_moves(plan, statuses, Trigger::manual, all);
            if (moves.is_over && moves.begin.empty()) {
                for (const Skip& skip : moves.skip) statuses[skip.step] = skipped;
                for (size_t at : moves.cancel) statuses[at] = StepStatus::cancelled;
                break;
            }
            for (const Skip& skip : moves.skip) REQUIRE(std::exchange(statuses[skip.step], skipped) == waiting);
            for (size_t at : moves.cancel) REQUIRE(std::exchange(statuses[at], StepStatus::cancelled) == waiting);
            for (size_t at : moves.begin) {
                REQUIRE(statuses[at] == waiting);
                REQUIRE_FALSE(failed_step(plan, statuses));
                for (size_t need : plan.steps[at].needs) REQUIRE(statuses[need] == done);
                statuses[at] = made.is_refused[at] ? skipped : running;
                if (statuses[at] == running) under_way.push_back(at);
            }
            // Nothing that could run waits longer than until the next move.
            if (moves.begin.empty() && !failed_step(plan, statuses))
                for (size_t i = 0; i < statuses.size(); ++i)
                    if (statuses[i] == waiting)
                        REQUIRE(std::ranges::any_of(plan.steps[i].needs, [&](size_t need) { return statuses[need] == waiting || statuses[need] == running; }));
            if (under_way.empty()) continue;
            size_t pick = random() % under_way.size(), at = under_way[pick];
            under_way.erase(under_way.begin() + ptrdiff_t(pick));
            statuses[at] = made.fails[at] ? failed : done;
        }
        CHECK(under_way.empty());
        for (StepStatus status : statuses) CHECK((status != waiting && status != running));
    }
}

TEST_CASE("a graph of a random pipeline has each step once, and every edge goes to a higher level") {
    for (uint32_t seed = 1; seed <= 200; ++seed) {
        std::mt19937 random(seed);
        Plan plan = random_pipeline(random).plan;
        Graph graph = graph_of(plan);
        size_t listed = 0;
        for (const auto& level : graph.levels) listed += level.size();
        CHECK(listed == plan.steps.size());
        CHECK(graph.nodes.size() == plan.steps.size());
        for (const GraphEdge& edge : graph.edges) CHECK(plan.steps[*plan.find(edge.from)].level < plan.steps[*plan.find(edge.to)].level);
        size_t step = random() % plan.steps.size();
        std::vector<bool> from = plan.from(step);
        for (size_t i = 0; i < plan.steps.size(); ++i)
            for (size_t need : plan.steps[i].needs)
                if (from[need]) CHECK(from[i]);
    }
}

TEST_CASE("pauses double, up to two minutes, and are as long as the failure asks") {
    Retry retry{.attempts_max = 10, .backoff_ms = 1'000};
    CHECK(pause_ms(retry, 1, 0) == 1'000);
    CHECK(pause_ms(retry, 3, 0) == 4'000);
    CHECK(pause_ms(retry, 9, 0) == backoff_ms_max);
    CHECK(pause_ms(retry, 1, 7'000) == 7'000);
    CHECK(is_worth_another_try(Code::unavailable));
    CHECK_FALSE(is_worth_another_try(Code::invalid));
}

#include "modules/chats/pipelines/plan.h"

namespace ry::chats::pipelines {

const Fields& GraphNode::fields() {
    using S = GraphNode;
    static const Field table[] = {
        field("id", &S::id, "The step."),
        field("type", &S::type, "What it does."),
        field("title", &S::title, "What people call it."),
        field("stage", &S::stage, "Its place beside the main model call."),
        field("level", &S::level, "The length of the longest way to it, from 0."),
        field("required", &S::required, "Whether the run stops when it fails."),
        field("condition", &S::condition, "When it runs."),
    };
    static const Fields all{"GraphNode", table};
    return all;
}

const Fields& GraphEdge::fields() {
    using S = GraphEdge;
    static const Field table[] = {
        field("from", &S::from, "The step that is first."),
        field("to", &S::to, "The step that waits for it."),
        field("kind", &S::kind, "Whether that must be done, or must only have ended."),
    };
    static const Fields all{"GraphEdge", table};
    return all;
}

const Fields& Graph::fields() {
    using S = Graph;
    static const Field table[] = {
        field("nodes", &S::nodes, "The steps, each after all that it waits for."),
        field("edges", &S::edges, "What waits for what."),
        field("levels", &S::levels, "The steps by level: those of one level may run side by side."),
    };
    static const Fields all{"PipelineGraph", table};
    return all;
}

Graph graph_of(const Plan& plan) {
    Graph graph;
    for (size_t at : plan.order) {
        const PlannedStep& step = plan.steps[at];
        const StepDefinition& definition = step.definition;
        graph.nodes.push_back({.id = definition.id,
                               .type = definition.type,
                               .title = definition.title,
                               .stage = step.stage,
                               .level = int64_t(step.level),
                               .required = definition.required,
                               .condition = definition.condition});
        if (graph.levels.size() <= step.level) graph.levels.resize(step.level + 1);
        graph.levels[step.level].push_back(definition.id);
        auto edge = [&](size_t from, EdgeKind kind) {
            graph.edges.push_back({plan.steps[from].definition.id, definition.id, kind});
        };
        for (size_t need : step.needs) edge(need, EdgeKind::needs);
        for (size_t first : step.follows) edge(first, EdgeKind::follows);
    }
    return graph;
}

}  // namespace ry::chats::pipelines

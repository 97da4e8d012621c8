#pragma once
// A definition that has been checked, ready to run: each step with what it waits for. Pure.
//
// An answer's pipeline has the steps pre, llm and post. Whatever stands before the model's call ends before pre, which
// makes the prompt with its effects; whatever stands after it ends before post.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "modules/chats/liquid/liquid.h"
#include "modules/chats/pipelines/definition.h"
#include "modules/chats/pipelines/step_types.h"

namespace ry::chats::pipelines {

enum class Stage { before, pre, llm, after, post };

struct PlannedStep {
    StepDefinition definition;
    Stage stage = Stage::before;
    std::vector<size_t> needs;                               ///< must be done: depends_on
    std::vector<size_t> follows;                             ///< must have ended: what its place asks for
    size_t level = 0;                                        ///< the longest way to it
    std::shared_ptr<const liquid::Template> condition = {};  ///< prints "true" when the step runs; null for always
};

struct Plan {
    Definition definition;
    std::vector<PlannedStep> steps;  ///< in the order of the definition
    std::vector<size_t> order;       ///< each after all that it waits for; the definition's order where that is free
    std::optional<size_t> pre, llm, post;

    bool answers() const { return llm.has_value(); }
    std::optional<size_t> find(std::string_view id) const;
    /// The step and all that come after it, by index.
    std::vector<bool> from(size_t step) const;
};

/// The plan, or `invalid` with every fault: each has the pointer of its member, after `pointer`, and names its step.
Result<Plan> plan_of(Definition definition, const StepTypes& types, std::string_view pointer = "");

/// An llm step without a prompt of its own is the main model call.
bool is_main_call(const StepDefinition& step);

// ---- the graph, for who looks at it

struct GraphNode {
    std::string id;
    std::string type;
    std::string title;
    Stage stage = Stage::before;
    int64_t level = 0;
    bool required = true;
    std::optional<std::string> condition;
    static const Fields& fields();
};
enum class EdgeKind { needs, follows };
struct GraphEdge {
    std::string from;
    std::string to;
    EdgeKind kind = EdgeKind::needs;
    static const Fields& fields();
};
struct Graph {
    std::vector<GraphNode> nodes;
    std::vector<GraphEdge> edges;
    std::vector<std::vector<std::string>> levels;
    static const Fields& fields();
};
constexpr std::array<std::string_view, 5> names_of(Stage) { return {"before", "pre", "llm", "after", "post"}; }
constexpr std::array<std::string_view, 2> names_of(EdgeKind) { return {"needs", "follows"}; }

Graph graph_of(const Plan& plan);

}  // namespace ry::chats::pipelines

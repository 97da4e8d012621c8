#include "modules/chats/pipelines/step_types.h"

namespace ry::chats::pipelines {
namespace {

/// Names that other modules register when they are there.
struct Reserved {
    std::string_view name;
    std::string_view module;
};
constexpr Reserved reserved[] = {
    {"serp", "research"}, {"scrape", "research"}, {"analyze", "research"}, {"generate", "research"},
};

}  // namespace

const StepType* StepTypes::find(std::string_view name) const {
    auto found = types_.find(name);
    return found == types_.end() ? nullptr : &found->second;
}

std::string StepTypes::absence_of(std::string_view name) const {
    for (const Reserved& row : reserved)
        if (row.name == name)
            return "the type \"" + std::string(name) + "\" comes with the module " + std::string(row.module) +
                   ", which this server does not have";
    std::string known;
    for (const auto& [type_name, type] : types_) known += (known.empty() ? "" : ", ") + type_name;
    return "there is no step type \"" + std::string(name) + "\"; there are " + known;
}

}  // namespace ry::chats::pipelines

#pragma once
// The types of steps that there are. A module registers its own before the first request; then the table does not
// change.
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "modules/chats/pipelines/definition.h"

namespace ry::chats::pipelines {

struct StepType {
    std::string name;
    std::string doc;                     ///< what it does, for people
    const Fields* parameters = nullptr;  ///< what it takes
    /// Decodes the parameter `field` of a definition into a scratch object, for its faults.
    std::function<void(const Field& field, const JsonValue& value, const Path& path, Faults& faults)> check = {};
    std::vector<std::string> outputs = {};  ///< members of what it yields; empty when that depends on its parameters
    std::string_view conditions =
        {};  ///< the parameter that is an object of conditions by name; what it yields are these
};

/// A row of the table; `P` is the described struct of its parameters.
template <Described P>
StepType step_type(std::string name, std::string doc, std::vector<std::string> outputs = {}) {
    return {.name = std::move(name),
            .doc = std::move(doc),
            .parameters = &P::fields(),
            .check =
                [](const Field& field, const JsonValue& value, const Path& path, Faults& faults) {
                    P scratch{};
                    field.ops->decode(value, field.of(&scratch), path, faults, field.rules);
                },
            .outputs = std::move(outputs)};
}

class StepTypes {
public:
    void add(StepType type) { types_.insert_or_assign(type.name, std::move(type)); }
    /// Null when there is none.
    const StepType* find(std::string_view name) const;
    /// What to say about a type that is not there: whose it is, or which there are.
    std::string absence_of(std::string_view name) const;

private:
    std::map<std::string, StepType, std::less<>> types_;
};

// ---- the types that stand for the parts of an answer

/// Makes the prompt of the chat: after all steps before it, whose effects go into it.
constexpr std::string_view pre_type = "pre";
constexpr std::string_view llm_type = "llm";
/// Ends the answer: the subject of the chat applies what it changes.
constexpr std::string_view post_type = "post";

}  // namespace ry::chats::pipelines

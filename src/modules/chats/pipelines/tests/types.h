#pragma once
// The step types that the tests use.
#include <doctest/doctest.h>

#include "modules/chats/pipelines/plan.h"

namespace ry::chats::pipelines {

struct TextOfTest {
    std::string text;
    int64_t count = 1;
    static const Fields& fields() {
        using S = TextOfTest;
        static const Field table[] = {field("text", &S::text, ""), field("count", &S::count, "", defaulted(), range(1, 9))};
        static const Fields all{"TextOfTest", table};
        return all;
    }
};
struct PromptOfTest {
    std::optional<std::string> prompt;
    static const Fields& fields() {
        using S = PromptOfTest;
        static const Field table[] = {field("prompt", &S::prompt, "")};
        static const Fields all{"PromptOfTest", table};
        return all;
    }
};
struct ChecksOfTest {
    Json checks{"{}"};
    static const Fields& fields() {
        using S = ChecksOfTest;
        static const Field table[] = {field("checks", &S::checks, "")};
        static const Fields all{"ChecksOfTest", table};
        return all;
    }
};
struct NothingOfTest {
    static const Fields& fields() {
        static const Fields all{"NothingOfTest", {}};
        return all;
    }
};

inline const StepTypes& types_of_test() {
    static const StepTypes types = [] {
        StepTypes made;
        made.add(step_type<NothingOfTest>("pre", "", {"tokens"}));
        made.add(step_type<PromptOfTest>("llm", "", {"text"}));
        made.add(step_type<NothingOfTest>("post", ""));
        made.add(step_type<TextOfTest>("template", "", {"text"}));
        StepType guard = step_type<ChecksOfTest>("guard", "");
        guard.conditions = "checks";
        made.add(std::move(guard));
        return made;
    }();
    return types;
}

/// The plan of the definition, or what is wrong with it.
inline Plan planned(std::string_view json) {
    auto definition = from_json<Definition>(json);
    REQUIRE_MESSAGE(definition, (definition ? "" : definition.error().message));
    auto plan = plan_of(*std::move(definition), types_of_test());
    REQUIRE_MESSAGE(plan, (plan ? "" : plan.error().message));
    return *std::move(plan);
}
inline std::string refusal(std::string_view json) {
    auto definition = from_json<Definition>(json);
    if (!definition) return definition.error().message;
    auto plan = plan_of(*std::move(definition), types_of_test());
    return plan ? "" : plan.error().message;
}

}  // namespace ry::chats::pipelines

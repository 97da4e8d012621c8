#include "modules/chats/pipelines/plan.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/check.h"
#include "modules/chats/pipelines/expression.h"

namespace ry::chats::pipelines {
namespace {

namespace bj = boost::json;

bool is_name(std::string_view text) {
    if (text.empty() || text.size() > name_bytes_max || text[0] < 'a' || text[0] > 'z') return false;
    return std::ranges::all_of(text,
                               [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

constexpr std::string_view name_rule =
    "must begin with a lower case letter and have lower case letters, digits and _ only";

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

bj::value parsed(const Json& json) {
    boost::system::error_code error;
    bj::value value = bj::parse(json.text, error);
    return error ? bj::value() : value;
}

/// Checks a definition and makes its plan. Every fault is collected; what depends on what is looked at only when the
/// steps it is about are sound.
class Planner {
public:
    Planner(Definition definition, const StepTypes& types, std::string_view pointer)
        : types_(types), pointer_(pointer) {
        plan_.definition = std::move(definition);
    }

    Result<Plan> run() {
        check_triggers();
        check_steps();
        if (faults_.list.empty()) connect();
        if (faults_.list.empty()) place();
        if (faults_.list.empty()) sort();
        if (faults_.list.empty()) check_texts();
        if (!faults_.list.empty()) return refused();
        return std::move(plan_);
    }

private:
    std::vector<StepDefinition>& definitions() { return plan_.definition.steps; }
    size_t count() { return plan_.definition.steps.size(); }

    Error refused() {
        for (Fault& fault : faults_.list) fault.pointer = std::string(pointer_) + fault.pointer;
        const Fault& first = faults_.list.front();
        Error error{Code::invalid, first.pointer + " " + first.detail, {}, {}};
        if (faults_.list.size() > 1) error.message += " (and " + std::to_string(faults_.list.size() - 1) + " more)";
        error.faults = std::move(faults_.list);
        return error;
    }

    /// What is wrong with a member of a step. `member`: as "/condition".
    void fault(size_t step, std::string_view member, std::string_view detail) {
        std::string pointer = "/steps/" + std::to_string(step) + std::string(member);
        if (faults_.list.size() < 100)
            faults_.list.push_back({pointer, "of step " + quoted(definitions()[step].id) + " " + std::string(detail)});
    }

    void check_triggers() {
        const Definition& definition = plan_.definition;
        bool is_scheduled = std::ranges::find(definition.triggers, Trigger::scheduled) != definition.triggers.end();
        if (is_scheduled && !definition.schedule)
            faults_.list.push_back({"/schedule", "is required: a trigger is scheduled"});
        if (!is_scheduled && definition.schedule)
            faults_.list.push_back({"/triggers", "must name scheduled: there is a schedule"});
        if (definition.schedule && !parsed(definition.schedule->input).is_object())
            faults_.list.push_back({"/schedule/input", "must be an object"});
    }

    void check_steps() {
        for (size_t i = 0; i < count(); ++i) {
            const StepDefinition& step = definitions()[i];
            if (!is_name(step.id)) fault(i, "/id", name_rule);
            if (plan_find(step.id) != i) fault(i, "/id", "is the id of an earlier step");
            const StepType* type = types_.find(step.type);
            if (!type)
                fault(i, "/type", "cannot be used: " + types_.absence_of(step.type));
            else
                check_parameters(i, *type);
            if (step.condition && step.condition->find("%}") != std::string::npos)
                fault(i, "/condition", "must be a condition as it stands in {% if … %}, without a tag");
            for (size_t e = 0; e < step.effects.size(); ++e)
                if (step.effects[e].type == EffectType::publish_artifact && step.effects[e].name.empty())
                    fault(i, "/effects/" + std::to_string(e) + "/name", "is required of an artifact");
        }
    }

    /// The first step of that id; count() when there is none.
    size_t plan_find(std::string_view id) {
        auto found = std::ranges::find(definitions(), id, &StepDefinition::id);
        return size_t(found - definitions().begin());
    }

    void check_parameters(size_t step, const StepType& type) {
        bj::value value = parsed(definitions()[step].parameters);
        auto members = value.if_object();
        if (!members) return fault(step, "/parameters", "must be an object");
        for (const auto& member : *members) {
            std::string_view name(member.key().data(), member.key().size());
            const Field* field = type.parameters->find(name);
            std::string at = "/parameters/" + std::string(name);
            if (!field) {
                fault(step, at, "is not a parameter of the type " + quoted(type.name));
                continue;
            }
            auto text = member.value().if_string();
            if (text && is_template({text->data(), text->size()})) continue;  // known when it is rendered
            Faults faults;
            type.check(*field, member.value(), Path{}, faults);
            for (const Fault& found : faults.list) fault(step, at + found.pointer, found.detail);
        }
        for (const Field& field : type.parameters->list)
            if (field.is_required() && !members->if_contains(bj::string_view(field.name.data(), field.name.size())))
                fault(step, "/parameters/" + std::string(field.name), "is required");
    }

    /// depends_on as indices.
    void connect() {
        plan_.steps.resize(count());
        for (size_t i = 0; i < count(); ++i) {
            PlannedStep& step = plan_.steps[i];
            step.definition = definitions()[i];
            for (size_t d = 0; d < step.definition.depends_on.size(); ++d) {
                std::string at = "/depends_on/" + std::to_string(d);
                const std::string& id = step.definition.depends_on[d];
                size_t found = plan_find(id);
                if (found == count())
                    fault(i, at, "names " + quoted(id) + ", and there is no such step");
                else if (found == i)
                    fault(i, at, "names the step itself");
                else if (std::ranges::find(step.needs, found) != step.needs.end())
                    fault(i, at, "names " + quoted(id) + " twice");
                else
                    step.needs.push_back(found);
            }
        }
        if (faults_.list.empty()) check_no_cycle();
    }

    void check_no_cycle() {
        std::vector<size_t> way = cycle();
        if (way.empty()) return;
        std::string told;
        for (size_t step : way) told += definitions()[step].id + " → ";
        fault(way.front(), "/depends_on", "goes round in a circle: " + told + definitions()[way.front()].id);
    }

    /// Steps that wait for each other, each for the next; empty when there are none.
    std::vector<size_t> cycle() {
        enum class Seen { no, open, closed };
        std::vector<Seen> seen(count(), Seen::no);
        std::vector<size_t> way, next(count(), 0);
        for (size_t start = 0; start < count(); ++start) {
            if (seen[start] != Seen::no) continue;
            way = {start};
            seen[start] = Seen::open;
            while (!way.empty()) {
                size_t at = way.back();
                const std::vector<size_t>& needs = plan_.steps[at].needs;
                if (next[at] == needs.size()) {
                    seen[at] = Seen::closed;
                    way.pop_back();
                    continue;
                }
                size_t need = needs[next[at]++];
                if (seen[need] == Seen::open) return {std::ranges::find(way, need), way.end()};
                if (seen[need] == Seen::closed) continue;
                seen[need] = Seen::open;
                way.push_back(need);
            }
        }
        return {};
    }

    /// Where each step stands beside the main model call, and what that makes it wait for.
    void place() {
        for (size_t i = 0; i < count(); ++i) {
            const StepDefinition& step = definitions()[i];
            if (step.type == pre_type)
                place_single(i, plan_.pre, Stage::pre);
            else if (step.type == post_type)
                place_single(i, plan_.post, Stage::post);
            else if (step.type == llm_type && is_main_call(step))
                place_single(i, plan_.llm, Stage::llm);
        }
        bool answers = plan_.pre || plan_.llm || plan_.post;
        bool is_for_messages =
            std::ranges::find(plan_.definition.triggers, Trigger::user_message) != plan_.definition.triggers.end();
        if ((answers || is_for_messages) && !(plan_.pre && plan_.llm && plan_.post))
            return faults_.list.push_back(
                {"/steps",
                 "must have pre, an llm step without a prompt, and post, to answer messages: all three, once each"});
        if (answers && plan_.definition.triggers != std::vector{Trigger::user_message})
            return faults_.list.push_back({"/triggers", "must be user_message alone: the pipeline answers messages"});
        for (size_t i = 0; i < count(); ++i) place_by_needs(i);
        for (size_t i = 0; i < count(); ++i) check_place(i);
        if (answers && faults_.list.empty()) add_barriers();
    }

    void place_single(size_t step, std::optional<size_t>& single, Stage stage) {
        if (single) return fault(step, "/type", "is there already: the step " + quoted(definitions()[*single].id));
        single = step;
        plan_.steps[step].stage = stage;
        if (definitions()[step].condition && stage != Stage::llm)
            fault(step, "/condition", "must be left out: the step is part of every answer");
        if (!definitions()[step].required) fault(step, "/required", "must be true: the step is part of every answer");
        if (!definitions()[step].triggers.empty())
            fault(step, "/triggers", "must be left out: the step is part of every answer");
        if (definitions()[step].retry.attempts_max > 1)
            fault(step, "/retry", "must be left out: an answer is regenerated instead");
        if (!definitions()[step].effects.empty())
            fault(step, "/effects", "must be left out; give them to a step of its own");
        if (definitions()[step].hook) fault(step, "/hook", "must be left out: its type says where it stands");
    }

    /// After the call when it says so, or when something that it waits for is.
    bool is_after(size_t step, std::vector<int>& known) {
        if (known[step] != -1) return known[step];
        const PlannedStep& planned = plan_.steps[step];
        bool found =
            planned.stage == Stage::llm || planned.stage == Stage::post || planned.definition.hook == Hook::after_llm;
        for (size_t need : planned.needs) found = is_after(need, known) || found;
        return known[step] = found;
    }

    void place_by_needs(size_t i) {
        PlannedStep& step = plan_.steps[i];
        if (step.stage != Stage::before) return;
        std::vector<int> known(count(), -1);
        if (is_after(i, known)) step.stage = Stage::after;
    }

    void check_place(size_t i) {
        const PlannedStep& step = plan_.steps[i];
        const StepDefinition& definition = step.definition;
        if (definition.hook && !plan_.llm) fault(i, "/hook", "must be left out: the pipeline has no main model call");
        if (definition.hook == Hook::before_llm && step.stage == Stage::after)
            fault(i, "/hook", "is before_llm, and the step depends on one that is after");
        for (size_t d = 0; d < step.needs.size(); ++d)
            if (plan_.steps[step.needs[d]].stage > step.stage)
                fault(i, "/depends_on/" + std::to_string(d), "names a step that comes after it");
        for (size_t e = 0; e < definition.effects.size(); ++e) {
            EffectType type = definition.effects[e].type;
            std::string at = "/effects/" + std::to_string(e) + "/type";
            bool is_of_prompt = type == EffectType::rewrite_prompt || type == EffectType::add_message;
            if (is_of_prompt && (!plan_.llm || step.stage != Stage::before))
                fault(i, at, "changes the prompt, so the step must stand before a main model call");
            if (type == EffectType::replace_answer && step.stage != Stage::after)
                fault(i, at, "changes the answer, so the step must stand after the main model call");
        }
    }

    /// Of a stage the steps that no other step of it waits for.
    std::vector<size_t> ends_of(Stage stage) {
        std::vector<bool> is_end(count());
        for (size_t i = 0; i < count(); ++i) is_end[i] = plan_.steps[i].stage == stage;
        for (const PlannedStep& step : plan_.steps)
            if (step.stage == stage)
                for (size_t need : step.needs) is_end[need] = false;
        std::vector<size_t> ends;
        for (size_t i = 0; i < count(); ++i)
            if (is_end[i]) ends.push_back(i);
        return ends;
    }

    void follow(size_t step, size_t first) {
        PlannedStep& planned = plan_.steps[step];
        for (const auto* list : {&planned.needs, &planned.follows})
            if (std::ranges::find(*list, first) != list->end()) return;
        planned.follows.push_back(first);
    }

    /// An answer has its prompt and its end whatever became of the steps before them.
    void only_follow(PlannedStep& step) { step.follows = std::exchange(step.needs, {}); }

    void add_barriers() {
        only_follow(plan_.steps[*plan_.pre]);
        only_follow(plan_.steps[*plan_.post]);
        for (size_t end : ends_of(Stage::before)) follow(*plan_.pre, end);
        follow(*plan_.llm, *plan_.pre);
        for (size_t i = 0; i < count(); ++i) {
            const PlannedStep& step = plan_.steps[i];
            auto is_after = [&](size_t need) { return plan_.steps[need].stage == Stage::after; };
            if (step.stage == Stage::after && std::ranges::none_of(step.needs, is_after)) follow(i, *plan_.llm);
        }
        std::vector<size_t> ends = ends_of(Stage::after);
        for (size_t end : ends) follow(*plan_.post, end);
        if (ends.empty()) follow(*plan_.post, *plan_.llm);
    }

    /// Each after all that it waits for; of those that are free the one that was written first.
    void sort() {
        std::vector<bool> is_placed(count());
        auto waits = [&](size_t i) {
            auto is_open = [&](size_t other) { return !is_placed[other]; };
            return std::ranges::any_of(plan_.steps[i].needs, is_open) ||
                   std::ranges::any_of(plan_.steps[i].follows, is_open);
        };
        while (plan_.order.size() < count()) {
            size_t next = 0;
            while (next < count() && (is_placed[next] || waits(next))) ++next;
            ENSURE(next < count());  // connect() found no cycle, and places only add what comes later
            is_placed[next] = true;
            plan_.order.push_back(next);
            PlannedStep& step = plan_.steps[next];
            for (const auto* list : {&step.needs, &step.follows})
                for (size_t first : *list) step.level = std::max(step.level, plan_.steps[first].level + 1);
        }
    }

    // ---- templates and conditions

    void check_texts() {
        for (size_t i = 0; i < count(); ++i) {
            PlannedStep& step = plan_.steps[i];
            std::vector<bool> before = known_to(i);
            if (step.definition.condition) {
                step.condition = check_condition(i, "/condition", *step.definition.condition, before);
            }
            check_value(i, "/parameters", parsed(step.definition.parameters),
                        types_.find(step.definition.type)->conditions, before);
            before[i] = true;
            for (size_t e = 0; e < step.definition.effects.size(); ++e)
                check_template(i, "/effects/" + std::to_string(e) + "/text", step.definition.effects[e].text, before);
        }
    }

    /// What a step may name: all that it waits for.
    std::vector<bool> known_to(size_t step) {
        std::vector<bool> known(count());
        std::vector<size_t> open{step};
        while (!open.empty()) {
            size_t at = open.back();
            open.pop_back();
            for (const auto* list : {&plan_.steps[at].needs, &plan_.steps[at].follows})
                for (size_t first : *list)
                    if (!known[first]) known[first] = true, open.push_back(first);
        }
        return known;
    }

    /// The texts of parameters, however deep. `conditions`: the member whose texts are conditions.
    void check_value(size_t step, const std::string& at, const bj::value& value, std::string_view conditions,
                     const std::vector<bool>& before) {
        if (auto text = value.if_string()) {
            check_template(step, at, {text->data(), text->size()}, before);
        } else if (auto items = value.if_array()) {
            for (size_t i = 0; i < items->size(); ++i)
                check_value(step, at + "/" + std::to_string(i), (*items)[i], {}, before);
        } else if (auto members = value.if_object()) {
            for (const auto& member : *members) {
                std::string name(member.key().data(), member.key().size());
                if (!conditions.empty() && name == conditions)
                    check_conditions(step, at + "/" + name, member.value(), before);
                else
                    check_value(step, at + "/" + name, member.value(), {}, before);
            }
        }
    }

    void check_conditions(size_t step, const std::string& at, const bj::value& value, const std::vector<bool>& before) {
        auto members = value.if_object();
        if (!members || members->empty()) return fault(step, at, "must be an object with a condition for each name");
        for (const auto& member : *members) {
            std::string name(member.key().data(), member.key().size());
            if (!is_name(name)) fault(step, at + "/" + name, name_rule);
            auto text = member.value().if_string();
            if (!text)
                fault(step, at + "/" + name, "must be a condition");
            else
                check_condition(step, at + "/" + name, {text->data(), text->size()}, before);
        }
    }

    std::shared_ptr<const liquid::Template> check_condition(size_t step, const std::string& at, std::string_view text,
                                                            const std::vector<bool>& before) {
        auto parsed = parse_condition(text);
        if (!parsed) {
            fault(step, at, parsed.error());
            return nullptr;
        }
        check_paths(step, at, **parsed, before);
        return *parsed;
    }

    void check_template(size_t step, const std::string& at, std::string_view text, const std::vector<bool>& before) {
        if (text.size() > template_bytes_max)
            return fault(step, at, "must have at most " + std::to_string(template_bytes_max) + " bytes");
        auto parsed = parse_template(text);
        if (!parsed) return fault(step, at, parsed.error());
        check_paths(step, at, **parsed, before);
    }

    /// Names of steps, and of what they yield.
    void check_paths(size_t step, const std::string& at, const liquid::Template& text,
                     const std::vector<bool>& before) {
        for (const liquid::NamePath& path : text.paths()) {
            if (path.size() < 2 || (path[0] != "steps" && path[0] != "status")) continue;
            size_t named = plan_find(path[1]);
            std::string shown = path[0] + "." + path[1];
            if (named == count())
                fault(step, at, "names " + shown + ", and there is no such step");
            else if (!before[named])
                fault(step, at, "names " + shown + ", and does not wait for it; add it to depends_on");
            else if (path[0] == "steps" && path.size() > 2)
                check_output(step, at, named, path[2]);
        }
    }

    void check_output(size_t step, const std::string& at, size_t named, const std::string& member) {
        const StepType& type = *types_.find(definitions()[named].type);
        std::vector<std::string> outputs = type.outputs;
        if (!type.conditions.empty()) {
            bj::value parameters = parsed(definitions()[named].parameters);
            auto conditions = parameters.get_object().if_contains(type.conditions);
            if (conditions && conditions->is_object())
                for (const auto& condition : conditions->get_object()) outputs.emplace_back(condition.key());
        }
        if (outputs.empty() || std::ranges::find(outputs, member) != outputs.end()) return;
        std::string known;
        for (const std::string& output : outputs) known += (known.empty() ? "" : ", ") + output;
        fault(step, at, "names steps." + definitions()[named].id + "." + member + "; that step yields " + known);
    }

    const StepTypes& types_;
    std::string_view pointer_;
    Plan plan_;
    Faults faults_;
};

}  // namespace

bool is_main_call(const StepDefinition& step) {
    if (step.type != llm_type) return false;
    bj::value parameters = parsed(step.parameters);
    return parameters.is_object() && !parameters.get_object().contains("prompt");
}

std::optional<size_t> Plan::find(std::string_view id) const {
    for (size_t i = 0; i < steps.size(); ++i)
        if (steps[i].definition.id == id) return i;
    return {};
}

std::vector<bool> Plan::from(size_t step) const {
    std::vector<bool> is_after(steps.size());
    is_after[step] = true;
    for (size_t at : order)
        for (const auto* list : {&steps[at].needs, &steps[at].follows})
            for (size_t first : *list)
                if (is_after[first]) is_after[at] = true;
    return is_after;
}

Result<Plan> plan_of(Definition definition, const StepTypes& types, std::string_view pointer) {
    return Planner(std::move(definition), types, pointer).run();
}

}  // namespace ry::chats::pipelines

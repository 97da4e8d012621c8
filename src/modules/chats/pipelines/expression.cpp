#include "modules/chats/pipelines/expression.h"

#include <boost/json.hpp>

namespace ry::chats::pipelines {
namespace {

namespace bj = boost::json;

constexpr std::string_view named[] = {"char", "user"};  // they print as their name, as in prompts

std::string told(const liquid::Problem& problem) {
    return std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": " + problem.message;
}

std::string_view view(const bj::string& text) { return {text.data(), text.size()}; }

bool is_text(const Field* field) { return field && (field->ops->kind == "string" || field->ops->kind == "enum"); }

}  // namespace

ParsedText parse_template(std::string_view text) {
    auto parsed = liquid::Template::parse(std::string(text));
    if (!parsed) return std::unexpected("cannot be read: " + told(parsed.error()));
    auto unknown = (*parsed)->unknown_name([](std::string_view) { return false; });
    if (unknown) return std::unexpected("cannot be read: " + told(*unknown));
    return *parsed;
}

ParsedText parse_condition(std::string_view text) {
    if (text.find("%}") != std::string_view::npos || text.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return std::unexpected("must be a condition as it stands in {% if … %}, without a tag");
    return parse_template("{% if " + std::string(text) + " %}true{% endif %}");
}

bool is_template(std::string_view text) {
    return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos;
}

Result<Rendering> Rendering::of(std::string_view context, int64_t now_ms, uint64_t seed) {
    auto data = liquid::Data::from_json(context, named);
    if (!data) return fail(Code::invalid, "what the step may name cannot be read: " + data.error());
    Rendering rendering(*std::move(data));
    rendering.options_.now_ms = now_ms;
    rendering.options_.seed = seed;
    return rendering;
}

Result<std::string> Rendering::text(const liquid::Template& parsed) const {
    auto output = parsed.render(data_, options_);
    if (!output) return fail(Code::invalid, told(output.error()));
    return *std::move(output);
}

Result<std::string> Rendering::text(std::string_view text) const {
    if (!is_template(text)) return std::string(text);
    auto parsed = parse_template(text);
    if (!parsed) return fail(Code::invalid, "a template " + parsed.error());
    return this->text(**parsed);
}

Result<bool> Rendering::is_true(const liquid::Template& condition) const { return TRY(text(condition)) == "true"; }

namespace {

/// Texts within a value, rendered where they stand.
Result<void> render_within(bj::value& value, const Rendering& rendering) {
    if (auto text = value.if_string()) {
        std::string printed = TRY(rendering.text(view(*text)));
        *text = bj::string_view(printed.data(), printed.size());
    } else if (auto items = value.if_array()) {
        for (bj::value& item : *items) TRY(render_within(item, rendering));
    } else if (auto members = value.if_object()) {
        for (auto& member : *members) TRY(render_within(member.value(), rendering));
    }
    return {};
}

Result<void> decide_within(bj::value& conditions, const Rendering& rendering) {
    for (auto& member : conditions.get_object()) {
        auto condition = parse_condition(view(member.value().get_string()));
        if (!condition) return fail(Code::invalid, std::string(member.key()) + " " + condition.error());
        member.value() = TRY(rendering.is_true(**condition).within(std::string(member.key())));
    }
    return {};
}

}  // namespace

Result<Json> Rendering::parameters(const Json& parameters, const Fields& fields, std::string_view conditions) const {
    boost::system::error_code error;
    bj::value value = bj::parse(parameters.text, error);
    if (error || !value.is_object()) return fail(Code::invalid, "the parameters are no object");
    for (auto& member : value.get_object()) {
        std::string name(member.key());
        if (!conditions.empty() && name == conditions) {
            TRY(decide_within(member.value(), *this));
            continue;
        }
        auto before = member.value().if_string();
        bool is_printed = before && is_template(view(*before)) && !is_text(fields.find(name));
        TRY(render_within(member.value(), *this).within(name));
        if (!is_printed) continue;
        bj::value read = bj::parse(member.value().get_string(), error);
        if (!error) member.value() = std::move(read);
        error = {};
    }
    return Json{bj::serialize(value)};
}

}  // namespace ry::chats::pipelines

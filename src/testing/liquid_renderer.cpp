// Renders templates for tests/liquid: a line of JSON {text, context, templates} in, a line {output} or {problem:
// {message, line, column}} out.
#include <boost/json.hpp>
#include <iostream>

#include "modules/chats/liquid/liquid.h"

namespace {

using namespace ry::chats::liquid;

boost::json::object rendered(const boost::json::object& request) {
    auto wrong = [](const Problem& problem) {
        boost::json::object place{{"message", problem.message},
                                  {"line", problem.line},
                                  {"column", problem.column},
                                  {"template_name", problem.template_name}};
        return boost::json::object{{"problem", place}};
    };
    auto data = Data::from_json(std::string_view(request.at("context").as_string()));
    if (!data) return wrong({.message = data.error()});
    auto parsed = Template::parse(std::string(request.at("text").as_string()));
    if (!parsed) return wrong(parsed.error());
    Options options;
    options.now_ms = 1'700'000'000'000;
    if (auto* zone = request.if_contains("time_zone")) options.time_zone = std::string(zone->as_string());
    options.find_template = [&](std::string_view name) -> std::expected<std::shared_ptr<const Template>, Problem> {
        auto* templates = request.if_contains("templates");
        auto* text = templates ? templates->as_object().if_contains(name) : nullptr;
        if (!text) return nullptr;
        return Template::parse(std::string(text->as_string()), options.limits, std::string(name));
    };
    auto output = (*parsed)->render(*data, options);
    if (!output) return wrong(output.error());
    return {{"output", *output}};
}

}  // namespace

int main() {
    std::ios::sync_with_stdio(false);
    for (std::string line; std::getline(std::cin, line);)
        std::cout << boost::json::serialize(rendered(boost::json::parse(line).as_object())) << std::endl;
}

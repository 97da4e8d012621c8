// What a template names that is not there, found by walking its syntax in the order of its text.
#include "modules/chats/liquid/liquid.h"
#include "modules/chats/liquid/syntax.h"

namespace ry::chats::liquid {
namespace {

class Search {
public:
    explicit Search(const std::function<bool(std::string_view)>& is_template) : is_template_(is_template) {}

    void look_at(const Nodes& nodes) {
        for (const Node& node : nodes.list) {
            look_at(nodes, node.value);
            if (node.tag) look_at(nodes, node, *node.tag);
        }
    }
    std::optional<Problem> found() const { return found_; }

private:
    void look_at(const Nodes& nodes, const Expression& expression) {
        for (const Filter& filter : expression.filters)
            if (!filter.row)
                keep(nodes, size_t(filter.name.data() - nodes.source.data()), "undefined filter: " + std::string(filter.name));
    }

    void look_at(const Nodes& nodes, const Node& node, const Tag& tag) {
        for (const Expression& candidate : tag.candidates) look_at(nodes, candidate);
        if (tag.is_named && !tag.file_text.empty() && !is_template_(tag.file_text))
            keep(nodes, node.at, "there is no template \"" + std::string(tag.file_text) + "\"");
        for (const Branch& branch : tag.branches) {
            look_at(nodes, branch.value);
            look_at(branch.body);
        }
        look_at(tag.body);
        look_at(tag.otherwise);
    }

    void keep(const Nodes& nodes, size_t at, std::string message) {
        if (found_) return;
        Place place = place_of(nodes.source, at);
        found_ = Problem{.message = std::move(message), .line = place.line, .column = place.column};
    }

    const std::function<bool(std::string_view)>& is_template_;
    std::optional<Problem> found_;
};

}  // namespace

std::optional<Problem> Template::unknown_name(const std::function<bool(std::string_view)>& is_template) const {
    Search search(is_template);
    search.look_at(syntax_->nodes);
    std::optional<Problem> found = search.found();
    if (found) found->template_name = syntax_->name;
    return found;
}

}  // namespace ry::chats::liquid

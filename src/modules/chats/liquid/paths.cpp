// What a template reads, found by walking its syntax in the order of its text.
#include "modules/chats/liquid/liquid.h"
#include "modules/chats/liquid/syntax.h"

namespace ry::chats::liquid {
namespace {

class Walk {
public:
    void look_at(const Nodes& nodes) {
        for (const Node& node : nodes.list) {
            look_at(node.value);
            if (node.tag) look_at(*node.tag);
        }
    }
    std::vector<NamePath> paths;

private:
    void look_at(const Expression& expression) {
        for (const Term& term : expression.terms) look_at(term.operand);
        for (const Filter& filter : expression.filters) look_at(filter.arguments);
    }

    void look_at(const std::vector<Argument>& arguments) {
        for (const Argument& argument : arguments) look_at(argument.value);
    }

    void look_at(const Operand& operand) {
        if (operand.kind == Operand::Kind::path && !operand.has_root) keep(operand.parts);
        for (const Operand& part : operand.parts) look_at(part);
    }

    void keep(const std::vector<Operand>& parts) {
        NamePath path;
        for (const Operand& part : parts) {
            if (part.kind != Operand::Kind::constant || !part.constant.is(Type::string)) break;
            path.emplace_back(part.constant.text());
        }
        if (!path.empty()) paths.push_back(std::move(path));
    }

    void look_at(const Tag& tag) {
        for (const Expression& candidate : tag.candidates) look_at(candidate);
        for (const Operand* operand : {&tag.collection, &tag.group, &tag.file, &tag.with, &tag.each}) look_at(*operand);
        look_at(tag.arguments);
        look_at(tag.file_nodes);
        for (const Branch& branch : tag.branches) {
            look_at(branch.value);
            for (const Operand& value : branch.values) look_at(value);
            look_at(branch.body);
        }
        look_at(tag.body);
        look_at(tag.otherwise);
    }
};

}  // namespace

std::vector<NamePath> Template::paths() const {
    Walk walk;
    walk.look_at(syntax_->nodes);
    return std::move(walk.paths);
}

}  // namespace ry::chats::liquid

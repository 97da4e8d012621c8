// YAML by libyaml's events; JSON is read by the same rules. Aliases are not followed, so nothing multiplies.
#include <yaml.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "modules/databases/liquibase/node.h"

namespace ry::databases::liquibase {
namespace {

/// From libyaml's places, which count characters, to bytes.
class Places {
public:
    explicit Places(std::string_view text) : text_(text) {
        for (size_t at = 0, characters = 0; at < text.size(); ++characters) {
            if (characters % apart == 0) known_.push_back(at);
            at += std::max<size_t>(utf8_length(text.substr(at, 4)), 1);
        }
    }
    size_t byte_of(size_t character) const {
        if (known_.empty()) return 0;
        size_t from = std::min(character / apart, known_.size() - 1), at = known_[from];
        for (size_t i = from * apart; i < character && at < text_.size(); ++i)
            at += std::max<size_t>(utf8_length(text_.substr(at, 4)), 1);
        return std::min(at, text_.size());
    }

private:
    static constexpr size_t apart = 64;
    std::string_view text_;
    std::vector<size_t> known_;
};

class Event {
public:
    Event() = default;
    ~Event() { yaml_event_delete(&event_); }
    Event(const Event&) = delete;
    yaml_event_t* get() { return &event_; }
    yaml_event_type_t type() const { return event_.type; }
    std::string scalar() const {
        return {reinterpret_cast<const char*>(event_.data.scalar.value), event_.data.scalar.length};
    }
    size_t begin() const { return event_.start_mark.index; }
    size_t end() const { return event_.end_mark.index; }
    int64_t line() const { return int64_t(event_.start_mark.line) + 1; }

private:
    yaml_event_t event_{};
};

class Reading {
public:
    explicit Reading(std::string_view bytes) : places_(bytes) {
        yaml_parser_initialize(&parser_);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    }
    ~Reading() { yaml_parser_delete(&parser_); }
    Reading(const Reading&) = delete;

    Result<Node> run() {
        Node root;
        while (true) {
            Event event;
            TRY(next(event));
            if (event.type() == YAML_STREAM_END_EVENT) return malformed(event.line(), "it is empty");
            if (event.type() == YAML_MAPPING_START_EVENT) {
                TRY(mapping(root, event, 1));
                settle(root);
                return root;
            }
            if (event.type() == YAML_SCALAR_EVENT || event.type() == YAML_SEQUENCE_START_EVENT ||
                event.type() == YAML_ALIAS_EVENT)
                return malformed(event.line(), "it is no mapping");
        }
    }

private:
    void settle(Node& node) const {
        node.begin = places_.byte_of(node.begin);
        node.end = places_.byte_of(node.end);
        for (Node& below : node.children) settle(below);
    }

    Result<void> next(Event& event) {
        if (yaml_parser_parse(&parser_, event.get())) return {};
        return malformed(int64_t(parser_.problem_mark.line) + 1, parser_.problem ? parser_.problem : "it is not YAML");
    }

    Result<Node> child(std::string name, const Event& at, int depth) {
        if (depth > document_limit::depth_max) return malformed(at.line(), "it is nested too deep");
        if (++elements_ > document_limit::elements_max)
            return malformed(at.line(), "it has more than 400,000 elements; split it");
        return Node{.name = std::move(name), .line = at.line(), .begin = at.begin()};
    }

    /// Scalars become attributes of `node`, what holds others its children.
    Result<void> mapping(Node& node, const Event& start, int depth) {
        node.begin = start.begin();
        while (true) {
            Event key;
            TRY(next(key));
            if (key.type() == YAML_MAPPING_END_EVENT) {
                node.end = key.end();
                return {};
            }
            if (key.type() != YAML_SCALAR_EVENT) return malformed(key.line(), "a key must be a text");
            Event value;
            TRY(next(value));
            TRY(member(node, key, value, depth));
        }
    }

    Result<void> member(Node& node, const Event& key, const Event& value, int depth) {
        switch (value.type()) {
            case YAML_SCALAR_EVENT:
                node.attributes.emplace_back(key.scalar(), value.scalar());
                return {};
            case YAML_ALIAS_EVENT:
                node.depends_on_others = true;
                return {};
            case YAML_MAPPING_START_EVENT:
            case YAML_SEQUENCE_START_EVENT: {
                Node made = TRY(child(key.scalar(), key, depth));
                TRY(value.type() == YAML_MAPPING_START_EVENT ? mapping(made, value, depth + 1)
                                                             : sequence(made, value, depth + 1));
                node.depends_on_others |= made.depends_on_others;
                node.children.push_back(std::move(made));
                return {};
            }
            default:
                return malformed(value.line(), "a value is missing");
        }
    }

    /// "- changeSet: {…}" is a child named changeSet; "- logicalFilePath: x" an attribute of `node`.
    Result<void> sequence(Node& node, const Event& start, int depth) {
        node.begin = start.begin();
        while (true) {
            Event item;
            TRY(next(item));
            if (item.type() == YAML_SEQUENCE_END_EVENT) {
                node.end = item.end();
                return {};
            }
            if (item.type() == YAML_ALIAS_EVENT) node.depends_on_others = true;
            if (item.type() != YAML_MAPPING_START_EVENT && item.type() != YAML_SEQUENCE_START_EVENT) continue;
            Node made = TRY(child("", item, depth));
            TRY(item.type() == YAML_MAPPING_START_EVENT ? mapping(made, item, depth + 1)
                                                        : sequence(made, item, depth + 1));
            node.depends_on_others |= made.depends_on_others;
            for (Node& below : made.children) below.depends_on_others |= made.depends_on_others;
            std::ranges::move(made.attributes, std::back_inserter(node.attributes));
            std::ranges::move(made.children, std::back_inserter(node.children));
        }
    }

    yaml_parser_t parser_{};
    const Places places_;
    size_t elements_ = 0;
};

}  // namespace

Result<Node> read_yaml(std::string_view bytes) {
    if (!is_utf8(bytes)) return malformed(1, "it is not UTF-8; save it so");
    return Reading(bytes).run();
}

}  // namespace ry::databases::liquibase

#pragma once
// Inside liquid: a parsed template. Views point into its source or its arena.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/chats/liquid/liquid.h"
#include "modules/chats/liquid/value.h"

namespace ry::chats::liquid {

struct FilterRow;

/// A value as it is written: a constant, a path of names, a range.
struct Operand {
    enum class Kind : uint8_t { none, constant, path, range };
    Kind kind = Kind::none;
    bool has_root = false;  ///< the first part of a path is a value: "text".size
    uint32_t hash = 0;      ///< of a constant string, as a name
    Value constant = {};
    std::string_view source = {};
    std::vector<Operand> parts = {};  ///< of a path: its steps; of a range: its ends

    explicit operator bool() const { return kind != Kind::none; }
    Name name() const {
        Name name;
        name.text = constant.text();
        name.hash = hash;
        return name;
    }
};

enum class Operator : uint8_t {
    none,
    equal,
    not_equal,
    greater,
    less,
    greater_or_equal,
    less_or_equal,
    contains,
    negation,
    conjunction,
    disjunction
};

/// An operand, or an operator that takes the ones before it.
struct Term {
    Operator operation = Operator::none;
    Operand operand = {};
};

/// `key: value`; without a value when it stands alone, as `reversed` does.
struct Argument {
    bool has_key = false;
    std::string_view key = {};
    Operand value = {};
};

struct Filter {
    const FilterRow* row = nullptr;  ///< null for a name that is no filter: the value passes
    std::string_view name = {};
    std::vector<Argument> arguments = {};
};

/// `a == b | filter: c`
struct Expression {
    std::string_view source = {};
    std::vector<Term> terms = {};  ///< postfix
    std::vector<Filter> filters = {};
};

enum class NodeKind : uint8_t {
    text,
    output,
    assign,
    block,
    break_,
    capture,
    case_,
    continue_,
    cycle,
    decrement,
    for_,
    if_,
    include,
    increment,
    layout,
    liquid,
    nothing,  ///< comments
    render,
    tablerow,
};

struct Tag;

struct Node {
    NodeKind kind = NodeKind::nothing;
    uint32_t at = 0;             ///< where it begins in the source
    std::string_view text = {};  ///< what is written; the name of what is assigned, captured, counted, looped
    Expression value = {};
    std::unique_ptr<Tag> tag = {};  ///< of those that have more

    Node();
    Node(Node&&) noexcept;
    Node& operator=(Node&&) noexcept;
    ~Node();
};

struct Nodes {
    std::string_view source = {};  ///< what places are counted in
    std::vector<Node> list = {};
};

/// One way through `if`, `unless` or `case`.
struct Branch {
    Expression value = {};
    bool wants_false = false;          ///< the first of `unless`
    std::vector<Operand> values = {};  ///< of `when`
    Nodes body = {};
};

struct Tag {
    std::vector<Branch> branches = {};
    Nodes body = {};
    Nodes otherwise = {};
    Operand collection = {};
    std::vector<Argument> arguments = {};
    std::vector<Expression> candidates = {};  ///< of `cycle`
    Operand group = {};

    // The template that is named: by text, by a template of its own, or by a value.
    bool is_none = false;  ///< `layout none`
    bool is_named = false;
    std::string_view file_text = {};
    Nodes file_nodes = {};
    Operand file = {};
    Operand with = {};
    Operand each = {};  ///< of `render … for`
    std::string_view with_alias = {};
    std::string_view each_alias = {};
};

inline Node::Node() = default;
inline Node::Node(Node&&) noexcept = default;
inline Node& Node::operator=(Node&&) noexcept = default;
inline Node::~Node() = default;

struct Template::Syntax {
    std::string name;
    std::string source;
    Arena arena;
    Nodes nodes;
};

/// A place in a source, as editors count.
struct Place {
    size_t line = 1;
    size_t column = 1;
};
Place place_of(std::string_view source, size_t offset);

/// The first thing that went wrong; later ones are not said.
struct Failure {
    bool has_failed = false;
    bool is_placed = false;  ///< otherwise the nearest tag is the place
    Problem problem = {};

    void fail(std::string message) {
        if (std::exchange(has_failed, true)) return;
        problem.message = std::move(message);
    }
    void fail_at(std::string_view source, size_t offset, std::string message) {
        if (has_failed) return;
        fail(std::move(message));
        place(source, offset);
    }
    void place(std::string_view source, size_t offset) {
        if (std::exchange(is_placed, true)) return;
        Place at = place_of(source, offset);
        problem.line = at.line;
        problem.column = at.column;
    }
};

/// Tags are parsed into `syntax`, whose source is there.
void parse_template(Template::Syntax& syntax, const Limits& limits, Failure& failure);

}  // namespace ry::chats::liquid

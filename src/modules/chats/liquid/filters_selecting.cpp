// Filters that look for elements: by a member (`where`) or by an expression (`where_exp`).
#include <optional>

#include "modules/chats/liquid/evaluator.h"
#include "modules/chats/liquid/filters.h"
#include "modules/chats/liquid/reader.h"

namespace ry::chats::liquid {
namespace {

/// `member, wanted`: the member of an element is `wanted`, or true when nothing is wanted.
class ByMember {
public:
    ByMember(Evaluator& e, Arguments arguments) : e_(e), wanted_(argument(arguments, 1)) {
        std::string_view text = e.text(argument(arguments, 0));
        member_ = Reader(text, 0, text.size(), e.arena(), e.failure()).path();
    }
    Value of(Value item) { return e_.value_of(member_, item); }
    bool matches(Value item) {
        Value value = of(item);
        return wanted_.is(Type::undefined) ? e_.is_truthy(value) : e_.equal(value, wanted_);
    }

private:
    Evaluator& e_;
    Operand member_;
    Value wanted_;
};

/// `name, expression`: of the element under that name.
class ByExpression {
public:
    ByExpression(Evaluator& e, Arguments arguments) : e_(e), name_(e.js_text(e.plain(argument(arguments, 0)))) {
        std::string_view text = e.text(argument(arguments, 1));
        expression_ = Reader(text, 0, text.size(), e.arena(), e.failure()).expression();
    }
    Value of(Value item) {
        if (e_.has_failed()) return {};
        e_.context().bound.push_back({name_, item});
        Value value = e_.value_of(expression_);
        e_.context().bound.pop_back();
        return value;
    }

private:
    Evaluator& e_;
    Name name_;
    Expression expression_;
};

template <class Wants>
Value selected(Evaluator& e, Value value, Wants wants) {
    std::vector<Value> kept;
    for (Value item : e.elements(value)) {
        if (!e.charge(1)) return {};
        if (wants(item)) kept.push_back(item);
    }
    return e.array(kept);
}

bool is_exactly(Value value, bool wanted) { return value.is(Type::boolean) && value.is_true() == wanted; }

Value where(Evaluator& e, Value value, Arguments arguments) {
    ByMember by(e, arguments);
    return selected(e, value, [&](Value item) { return by.matches(item); });
}
Value reject(Evaluator& e, Value value, Arguments arguments) {
    ByMember by(e, arguments);
    return selected(e, value, [&](Value item) { return !by.matches(item); });
}
Value where_exp(Evaluator& e, Value value, Arguments arguments) {
    ByExpression by(e, arguments);
    return selected(e, value, [&](Value item) { return is_exactly(by.of(item), true); });
}
Value reject_exp(Evaluator& e, Value value, Arguments arguments) {
    ByExpression by(e, arguments);
    return selected(e, value, [&](Value item) { return is_exactly(by.of(item), false); });
}

template <class KeyOf>
Value grouped(Evaluator& e, Value value, KeyOf key_of) {
    struct Group {
        Value key;
        std::vector<Value> items;
    };
    std::vector<Group> groups;
    for (Value item : e.enumerated(value)) {
        Value key = key_of(item);
        if (!e.charge(1 + groups.size() / 4)) return {};
        auto group =
            std::find_if(groups.begin(), groups.end(), [&](const Group& other) { return e.is_same(other.key, key); });
        if (group == groups.end()) group = groups.insert(groups.end(), Group{key, {}});
        group->items.push_back(item);
    }
    std::vector<Value> objects;
    for (const Group& group : groups) {
        if (!e.fits(128)) return {};
        objects.push_back(e.arena().object_of({{Name("name"), group.key}, {Name("items"), e.array(group.items)}}));
    }
    return e.array(objects);
}

Value group_by(Evaluator& e, Value value, Arguments arguments) {
    ByMember by(e, arguments);
    return grouped(e, value, [&](Value item) { return by.of(item); });
}
Value group_by_exp(Evaluator& e, Value value, Arguments arguments) {
    ByExpression by(e, arguments);
    return grouped(e, value, [&](Value item) { return by.of(item); });
}

struct Found {
    size_t index;
    Value item;
};
template <class Wants>
std::optional<Found> first_of(Evaluator& e, Value value, Wants wants) {
    size_t index = 0;
    for (Value item : e.elements(value)) {
        if (!e.charge(1)) return std::nullopt;
        if (wants(item)) return Found{index, item};
        ++index;
    }
    return std::nullopt;
}
std::optional<Found> first_by_member(Evaluator& e, Value value, Arguments arguments) {
    ByMember by(e, arguments);
    return first_of(e, value, [&](Value item) { return by.matches(item); });
}
std::optional<Found> first_by_expression(Evaluator& e, Value value, Arguments arguments) {
    ByExpression by(e, arguments);
    return first_of(e, value, [&](Value item) { return is_js_true(by.of(item)); });
}
Value item_of(std::optional<Found> found) { return found ? found->item : Value(); }
Value index_of_found(std::optional<Found> found) { return found ? Value::number(double(found->index)) : Value(); }

Value find(Evaluator& e, Value value, Arguments arguments) { return item_of(first_by_member(e, value, arguments)); }
Value find_exp(Evaluator& e, Value value, Arguments arguments) {
    return item_of(first_by_expression(e, value, arguments));
}
Value find_index(Evaluator& e, Value value, Arguments arguments) {
    return index_of_found(first_by_member(e, value, arguments));
}
Value find_index_exp(Evaluator& e, Value value, Arguments arguments) {
    return index_of_found(first_by_expression(e, value, arguments));
}
Value has(Evaluator& e, Value value, Arguments arguments) {
    return Value::boolean(first_by_member(e, value, arguments).has_value());
}
Value has_exp(Evaluator& e, Value value, Arguments arguments) {
    return Value::boolean(first_by_expression(e, value, arguments).has_value());
}

}  // namespace

std::span<const FilterRow> selecting_filters() {
    static constexpr FilterRow rows[] = {
        {"find", find},
        {"find_exp", find_exp},
        {"find_index", find_index},
        {"find_index_exp", find_index_exp},
        {"group_by", group_by},
        {"group_by_exp", group_by_exp},
        {"has", has},
        {"has_exp", has_exp},
        {"reject", reject},
        {"reject_exp", reject_exp},
        {"where", where},
        {"where_exp", where_exp},
    };
    return rows;
}

}  // namespace ry::chats::liquid

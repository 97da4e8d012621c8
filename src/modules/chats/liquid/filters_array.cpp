#include <algorithm>
#include <functional>

#include "modules/chats/liquid/evaluator.h"
#include "modules/chats/liquid/filters.h"
#include "modules/chats/liquid/js_text.h"

namespace ry::chats::liquid {
namespace {

Value concat(Evaluator& e, Value value, Arguments arguments) {
    auto first = e.elements(value), second = e.elements(argument(arguments, 0));
    if (!e.fits((first.size() + second.size()) * sizeof(Value))) return {};
    std::vector<Value> all(first.begin(), first.end());
    all.insert(all.end(), second.begin(), second.end());
    return e.array(all);
}

Value push(Evaluator& e, Value value, Arguments arguments) {
    Value last[] = {argument(arguments, 0)};
    Value tail[] = {e.array(last)};
    return concat(e, value, tail);
}

Value unshift(Evaluator& e, Value value, Arguments arguments) {
    Value first[] = {argument(arguments, 0)};
    Value rest[] = {e.array(e.elements(value))};
    return concat(e, e.array(first), rest);
}

Value pop(Evaluator& e, Value value, Arguments) {
    auto items = e.elements(value);
    return e.array(items.first(items.size() - !items.empty()));
}

Value shift(Evaluator& e, Value value, Arguments) {
    auto items = e.elements(value);
    return e.array(items.subspan(!items.empty()));
}

/// The element, counted from the end when negative, of what has a length.
Value element_of(Evaluator& e, Value value, double index) {
    value = e.plain(value);
    if (value.is_array()) return e.member(value, Value::number(index));
    if (value.is(Type::string)) {
        if (value.text().empty()) return Value::string("");
        return e.member(value, Value::number(index < 0 ? index + double(length_of(value.text())) : index));
    }
    if (!value.is(Type::object)) return Value::string("");
    const Value* length = value.object().find(Name("length"));
    if (!length || !length->is(Type::number)) return Value::string("");
    return e.member(value, Value::number(index < 0 ? index + length->number() : index));
}
Value first(Evaluator& e, Value value, Arguments) { return element_of(e, value, 0); }
Value last(Evaluator& e, Value value, Arguments) { return element_of(e, value, -1); }

Value size(Evaluator& e, Value value, Arguments) {
    if (!value.is_array() && !value.is(Type::string) && !value.is(Type::object) && !value.is(Type::loop))
        return Value::number(0);
    Value length = e.member(value, Name("length"));
    return is_js_true(length) ? length : Value::number(0);
}

Value join(Evaluator& e, Value value, Arguments arguments) {
    Value separator = e.plain(argument(arguments, 0));
    std::string_view between = separator.is_absent() ? " " : e.text(separator);
    std::string out;
    bool is_first = true;
    for (Value item : e.elements(value)) {
        if (!e.charge(1) || !e.fits(out.size() + between.size())) return {};
        if (!std::exchange(is_first, false)) out += between;
        if (!item.is_absent()) e.append_js_text(out, item);
    }
    return e.string(joined_surrogates(std::move(out), false));
}

Value reverse(Evaluator& e, Value value, Arguments) {
    auto items = e.elements(value);
    return e.array(std::vector<Value>(items.rbegin(), items.rend()));
}

Value compact(Evaluator& e, Value value, Arguments) {
    std::vector<Value> kept;
    for (Value item : e.elements(value))
        if (!item.is_absent() && !item.is(Type::nil)) kept.push_back(item);
    return e.array(kept);
}

Value uniq(Evaluator& e, Value value, Arguments) {
    std::vector<Value> seen;
    for (Value item : e.elements(value)) {
        if (!e.charge(1 + seen.size() / 4)) return {};
        if (std::ranges::none_of(seen, [&](Value other) { return e.is_same(item, other); })) seen.push_back(item);
    }
    return e.array(seen);
}

Value slice(Evaluator& e, Value value, Arguments arguments) {
    value = e.plain(value);
    if (value.is_absent()) return e.array({});
    bool is_array = value.is_array();
    auto items = is_array ? e.elements(value) : std::span<const Value>();
    std::string_view text = is_array ? std::string_view() : e.text(value);
    Value begin = argument(arguments, 0), count = argument(arguments, 1);
    if (count.is(Type::undefined)) count = Value::number(1);
    if (e.number(begin) < 0)
        begin = e.sum(Value::number(double(is_array ? items.size() : code_points_of(text))), begin);
    if (e.number(begin) < 0 || e.number(count) < 0) return is_array ? e.array({}) : Value::string("");
    if (is_array) {
        size_t from = place_of(e.number(begin), items.size());
        Value end = begin.is(Type::undefined) ? Value::number(0) : e.sum(begin, count);
        size_t to = std::max(from, place_of(e.number(end), items.size()));
        return e.array(items.subspan(from, to - from));
    }
    if (!e.charge(text.size() / 16)) return {};
    text.remove_prefix(bytes_of_code_points(text, e.number(begin)));
    return Value::string(text.substr(0, bytes_of_code_points(text, e.number(count))));
}

// ---- by a member

Value map(Evaluator& e, Value value, Arguments arguments) {
    std::string_view property = e.text(argument(arguments, 0));
    std::vector<Value> results;
    for (Value item : e.elements(value)) {
        if (!e.charge(1)) return {};
        results.push_back(e.members(item, property));
    }
    return e.array(results);
}

Value sum(Evaluator& e, Value value, Arguments arguments) {
    Value property = argument(arguments, 0);
    double total = 0;
    for (Value item : e.elements(value)) {
        if (!e.charge(1)) return {};
        double number = e.number(is_js_true(property) ? e.members(item, e.text(property)) : item);
        if (number == number) total += number;
    }
    return Value::number(total);
}

struct Sorted {
    Value item;
    Value key;
};
using Compare = std::function<bool(const Sorted& a, const Sorted& b)>;

/// Up to 63 elements: the first run is found and the others put in by halving, as V8 does. It matters for keys that
/// have no order.
void sort_few(std::span<Sorted> all, const Compare& is_before) {
    size_t run = 2;
    bool falls = is_before(all[1], all[0]);
    while (run < all.size() && is_before(all[run], all[run - 1]) == falls) ++run;
    if (falls) std::reverse(all.begin(), all.begin() + ptrdiff_t(run));
    for (size_t i = run; i < all.size(); ++i) {
        size_t left = 0, right = i;
        while (left < right) {
            size_t middle = left + (right - left) / 2;
            if (is_before(all[i], all[middle]))
                right = middle;
            else
                left = middle + 1;
        }
        std::rotate(all.begin() + ptrdiff_t(left), all.begin() + ptrdiff_t(i), all.begin() + ptrdiff_t(i) + 1);
    }
}

/// Stable. Comparisons that contradict each other do no harm.
void sort_stably(std::span<Sorted> all, const Compare& is_before) {
    if (all.size() < 2) return;
    if (all.size() < 64) return sort_few(all, is_before);
    size_t half = all.size() / 2;
    sort_stably(all.first(half), is_before);
    sort_stably(all.subspan(half), is_before);
    std::vector<Sorted> left(all.begin(), all.begin() + ptrdiff_t(half));
    size_t i = 0, j = half, k = 0;
    while (i < left.size() && j < all.size()) all[k++] = is_before(all[j], left[i]) ? all[j++] : left[i++];
    std::copy(left.begin() + ptrdiff_t(i), left.end(), all.begin() + ptrdiff_t(k));
}

/// By a member or by themselves; what is not there comes last.
Value sorted(Evaluator& e, Value value, Arguments arguments, bool is_natural) {
    Value property = argument(arguments, 0);
    std::vector<Sorted> all;
    for (Value item : e.elements(value)) {
        if (!e.charge(1)) return {};
        Value key = is_js_true(property) ? e.members(item, e.text(property)) : item;
        if (is_natural && !key.is_absent()) key = e.string(lower_case(e.js_text(key)));
        all.push_back({item, key});
    }
    sort_stably(all, [&](const Sorted& a, const Sorted& b) {
        if (a.key.is_absent() || b.key.is_absent()) return !a.key.is_absent();
        return e.order(a.key, b.key) < 0;
    });
    std::vector<Value> items(all.size());
    std::ranges::transform(all, items.begin(), &Sorted::item);
    return e.array(items);
}
Value sort(Evaluator& e, Value value, Arguments arguments) { return sorted(e, value, arguments, false); }
Value sort_natural(Evaluator& e, Value value, Arguments arguments) { return sorted(e, value, arguments, true); }

Value sample(Evaluator& e, Value value, Arguments arguments) {
    value = e.plain(value);
    if (value.is_absent()) return e.array({});
    std::vector<Value> items;
    if (value.is_array()) {
        auto all = e.elements(value);
        items.assign(all.begin(), all.end());
    } else {
        std::string_view text = e.text(value);
        if (!e.charge(text.size()) || !e.fits(text.size() * sizeof(Value))) return {};
        for (size_t bytes; !text.empty(); text.remove_prefix(bytes))
            items.push_back(Value::string(text.substr(0, bytes = front(text).bytes)));
    }
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[e.random() % i]);
    Value count = argument(arguments, 0);
    if (count.is(Type::undefined) || (count.is(Type::number) && count.number() == 1))
        return items.empty() ? Value() : items[0];
    return e.array(std::span(items).first(place_of(e.number(count), items.size())));
}

}  // namespace

std::span<const FilterRow> array_filters() {
    static constexpr FilterRow rows[] = {
        {"compact", compact}, {"concat", concat}, {"first", first},
        {"join", join},       {"last", last},     {"map", map},
        {"pop", pop},         {"push", push},     {"reverse", reverse},
        {"sample", sample},   {"shift", shift},   {"size", size},
        {"slice", slice},     {"sort", sort},     {"sort_natural", sort_natural},
        {"sum", sum},         {"uniq", uniq},     {"unshift", unshift},
    };
    return rows;
}

}  // namespace ry::chats::liquid

#pragma once
// Inside liquid: filters by their names. Each is what the function of the same name does in LiquidJS.
#include <span>
#include <string_view>

#include "modules/chats/liquid/value.h"

namespace ry::chats::liquid {

class Evaluator;

/// What stands behind the colon; `key: value` is an array of the two.
using Arguments = std::span<const Value>;

struct FilterRow {
    std::string_view name;
    Value (*run)(Evaluator& evaluator, Value value, Arguments arguments);
};

/// Null for a name that is no filter.
const FilterRow* find_filter(std::string_view name);

/// undefined when fewer are given.
inline Value argument(Arguments arguments, size_t index) {
    return index < arguments.size() ? arguments[index] : Value();
}
/// What JavaScript takes for true.
bool is_js_true(Value value);

std::span<const FilterRow> array_filters();
std::span<const FilterRow> date_filters();
std::span<const FilterRow> number_filters();
std::span<const FilterRow> selecting_filters();
std::span<const FilterRow> text_filters();
std::span<const FilterRow> web_filters();

}  // namespace ry::chats::liquid

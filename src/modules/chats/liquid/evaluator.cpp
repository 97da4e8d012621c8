#include "modules/chats/liquid/evaluator.h"

#include <algorithm>
#include <cmath>

#include "modules/chats/liquid/filters.h"
#include "modules/chats/liquid/js_text.h"
#include "modules/chats/liquid/json_text.h"

namespace ry::chats::liquid {
namespace {

constexpr uint64_t steps_between_looks = 4096;  ///< a look at the clock costs 30 ns

bool is_word(Value value) { return value.is(Type::nil) || value.is(Type::empty) || value.is(Type::blank); }

const Member* last_of(const std::vector<Member>& members, const Name& name) {
    for (auto member = members.rbegin(); member != members.rend(); ++member)
        if (member->name == name) return &*member;
    return nullptr;
}

}  // namespace

Evaluator::Evaluator(const Options& options, Arena& arena)
    : options_(options),
      arena_(arena),
      random_(options.seed),
      end_(std::chrono::steady_clock::now() + std::chrono::milliseconds(options.limits.time_ms_max)) {}

// ---- what may be spent

bool Evaluator::look() {
    next_look_ = steps_ + steps_between_looks;
    if (steps_ > options_.limits.steps_max)
        fail("the template takes more than " + std::to_string(options_.limits.steps_max) + " steps; shorten its loops");
    if (std::chrono::steady_clock::now() > end_)
        fail("the template takes longer than " + std::to_string(options_.limits.time_ms_max) +
             " ms; shorten its loops");
    return !failure_.has_failed;
}

bool Evaluator::fits(size_t bytes) {
    if (bytes > options_.limits.memory_bytes_max || arena_.bytes() + bytes > options_.limits.memory_bytes_max)
        fail("the template's values need more than " + std::to_string(options_.limits.memory_bytes_max) +
             " bytes of memory; make them shorter");
    return !failure_.has_failed;
}

bool Evaluator::is_deep() {
    if (depth_ < options_.limits.nesting_max) return false;
    fail("values may be nested at most " + std::to_string(options_.limits.nesting_max) + " deep");
    return true;
}

uint64_t Evaluator::random() {
    uint64_t mixed = random_ += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    return mixed ^ mixed >> 31;
}

// ---- new values

Value Evaluator::string(std::string_view text) {
    if (!fits(text.size()) || !charge(text.size() / 64)) return {};
    return Value::string(arena_.copy(text));
}

Value Evaluator::array(std::span<const Value> items) {
    if (!fits(items.size() * sizeof(Value)) || !charge(items.size())) items = {};
    return arena_.array_of(items);
}

// ---- expressions

Value Evaluator::value_of(const Expression& expression) {
    Value value;
    if (expression.terms.size() == 1 && expression.terms[0].operation == Operator::none) {
        value = value_of(expression.terms[0].operand);
    } else {
        size_t base = operands_.size();
        auto pop = [&] {
            if (operands_.size() == base) return Value();
            Value top = operands_.back();
            operands_.pop_back();
            return top;
        };
        for (const Term& term : expression.terms) {
            if (!charge(1)) break;
            if (term.operation == Operator::none) {
                Value operand = value_of(term.operand);
                operands_.push_back(operand);
                continue;
            }
            Value right = pop();
            Value left = term.operation == Operator::negation ? Value() : pop();
            operands_.push_back(operation(term.operation, left, right));
        }
        if (operands_.size() > base) value = operands_[base];
        operands_.resize(base);
    }
    for (const Filter& filter : expression.filters) value = apply(filter, value);
    return value;
}

Value Evaluator::apply(const Filter& filter, Value value) {
    constexpr size_t few = 4;
    Value some[few];
    std::vector<Value> many(filter.arguments.size() > few ? filter.arguments.size() : 0);
    Value* arguments = many.empty() ? some : many.data();
    for (size_t i = 0; i < filter.arguments.size(); ++i) {
        const Argument& argument = filter.arguments[i];
        Value given = value_of(argument.value);
        arguments[i] = argument.has_key ? pair(string(argument.key), given) : given;
    }
    if (!charge(1) || !filter.row) return value;
    return filter.row->run(*this, value, std::span(arguments, filter.arguments.size()));
}

Value Evaluator::operation(Operator operation, Value left, Value right) {
    bool has_word = is_word(left) || is_word(right);  // nothing is more or less than a word
    switch (operation) {
        case Operator::equal:
            return Value::boolean(equal(left, right));
        case Operator::not_equal:
            return Value::boolean(!equal(left, right));
        case Operator::greater:
            return Value::boolean(!has_word && order(left, right) > 0);
        case Operator::less:
            return Value::boolean(!has_word && order(left, right) < 0);
        case Operator::greater_or_equal:
            return Value::boolean(!has_word && order(left, right) >= 0);
        case Operator::less_or_equal:
            return Value::boolean(!has_word && order(left, right) <= 0);
        case Operator::contains:
            return Value::boolean(contains(left, right));
        case Operator::negation:
            return Value::boolean(!is_truthy(right));
        case Operator::conjunction:
            return Value::boolean(is_truthy(left) && is_truthy(right));
        case Operator::disjunction:
            return Value::boolean(is_truthy(left) || is_truthy(right));
        case Operator::none:
            break;
    }
    return {};
}

Value Evaluator::value_of(const Operand& operand) {
    switch (operand.kind) {
        case Operand::Kind::constant:
            return operand.constant;
        case Operand::Kind::path:
            return path(operand);
        case Operand::Kind::range:
            return range(operand);
        case Operand::Kind::none:
            break;
    }
    return {};
}

Value Evaluator::value_of(const Operand& operand, Value item) {
    Context own{.environment = item};
    Context* outer = std::exchange(context_, &own);
    Value value = value_of(operand);
    context_ = outer;
    return value;
}

Value Evaluator::path(const Operand& operand) {
    const std::vector<Operand>& parts = operand.parts;
    auto is_name = [](const Operand& part) {
        return part.kind == Operand::Kind::constant && part.constant.is(Type::string);
    };
    Value value;
    if (operand.has_root)
        value = value_of(parts[0]);
    else if (is_name(parts[0]))
        value = variable(parts[0].name());
    else
        value = variable(Name(js_text(plain(value_of(parts[0])))));
    for (size_t i = 1; i < parts.size() && !has_failed(); ++i)
        value = is_name(parts[i]) ? member(value, parts[i].name()) : member(value, value_of(parts[i]));
    return value;
}

Value Evaluator::range(const Operand& operand) {
    double low = number(plain(value_of(operand.parts[0]))), high = number(plain(value_of(operand.parts[1])));
    double size = std::ceil(high + 1 - low);
    if (!(size > 0)) return Value::range(arena_.make(Range{}));
    if (size > double(options_.limits.steps_max)) {
        fail("a range may have at most " + std::to_string(options_.limits.steps_max) + " elements");
        return {};
    }
    if (!fits(sizeof(Range))) return {};
    return Value::range(arena_.make(Range{low, size_t(size)}));
}

// ---- members

Value Evaluator::variable(const Name& name) {
    Context& context = *context_;
    charge((context.bound.size() + context.assigned.size() + context.counters.size()) / 16);
    if (const Member* found = last_of(context.bound, name)) return found->value;
    if (const Member* found = last_of(context.assigned, name)) return found->value;
    if (const Member* found = last_of(context.counters, name)) return found->value;
    Value environment = context.environment;
    if (environment.is(Type::object)) {
        if (const Value* found = environment.object().find(name)) return *found;
    } else if (name.text == "length" || index_of(name.text) >= 0) {
        return environment.is_absent() ? Value() : member(environment, name);
    }
    // Nobody has it; LiquidJS asks an empty object then, which has a size.
    return name.text == "size" ? Value::number(0) : Value();
}

Value Evaluator::member(Value value, Value key) {
    if (value.is_absent()) return value;
    key = plain(key);
    if (value.is_array() && key.is(Type::number)) return element(value, key.number());
    return member(value, Name(js_text(key)));
}

Value Evaluator::element(Value array, double index) {
    double size = array.is(Type::range) ? double(array.range().size) : double(array.array().items.size());
    if (index < 0) index += size;
    if (!(index >= 0 && index < size) || index != std::trunc(index)) return {};
    return array.is(Type::range) ? Value::number(array.range().first + index) : array.array().items[size_t(index)];
}

Value Evaluator::member(Value value, const Name& name) {
    switch (value.type()) {
        case Type::undefined:
        case Type::null:
            return value;
        case Type::object: {
            if (const Value* found = value.object().find(name)) return *found;
            return name.text == "size" ? Value::number(double(value.object().members.size())) : Value();
        }
        case Type::array:
        case Type::range: {
            if (name.text == "size" || name.text == "length")
                return Value::number(value.is(Type::range) ? double(value.range().size)
                                                           : double(value.array().items.size()));
            if (name.text == "first") return element(value, 0);
            if (name.text == "last") return element(value, -1);
            int64_t index = index_of(name.text);
            return index >= 0 ? element(value, double(index)) : Value();
        }
        case Type::string: {
            if (name.text == "size" || name.text == "length") {
                charge(value.text().size() / 64);
                return Value::number(double(length_of(value.text())));
            }
            int64_t index = index_of(name.text);
            if (index < 0 || size_t(index) >= value.text().size()) return {};
            charge(value.text().size() / 64);
            std::string unit = units(value.text(), size_t(index), 1);
            return unit.empty() ? Value() : string(unit);
        }
        case Type::loop:
            return loop_member(value.loop(), name.text);
        case Type::block:
            return name.text == "super" ? super_of(value.block()) : Value();
        default:
            return {};
    }
}

Value Evaluator::loop_member(const Loop& loop, std::string_view name) {
    double index = loop.index, length = loop.length;
    if (name == "index") return Value::number(index + 1);
    if (name == "index0" || name == "i") return Value::number(index);
    if (name == "first") return Value::boolean(index == 0);
    if (name == "last") return Value::boolean(index == length - 1);
    if (name == "length") return Value::number(length);
    if (name == "rindex") return Value::number(length - index);
    if (name == "rindex0") return Value::number(length - index - 1);
    if (name == "name") return string(std::string(loop.variable) + "-" + std::string(loop.collection));
    if (!loop.is_table) return {};
    double columns = number(loop.columns), column = std::fmod(index, columns);
    if (name == "cols") return loop.columns;
    if (name == "row") return Value::number(std::floor(index / columns) + 1);
    if (name == "col0") return Value::number(column);
    if (name == "col") return Value::number(column + 1);
    if (name == "col_first") return Value::boolean(column == 0);
    if (name == "col_last") return Value::boolean(loop.columns.is(Type::number) && column + 1 == columns);
    return {};
}

Value Evaluator::members(Value value, std::string_view dotted) {
    while (!has_failed()) {
        size_t dot = dotted.find('.');
        value = member(value, Name(dotted.substr(0, dot)));
        if (dot == std::string_view::npos || !charge(1)) break;
        dotted.remove_prefix(dot + 1);
    }
    return value;
}

// ---- what values mean

Value Evaluator::plain(Value value) {
    switch (value.type()) {
        case Type::nil:
            return Value::null();
        case Type::empty:
        case Type::blank:
            return Value::string("");
        case Type::loop: {
            std::string json;
            append_json_text(json, value, "");
            return string(json);
        }
        default:
            return value;
    }
}

bool Evaluator::is_truthy(Value value) const {
    return !(value.is_absent() || value.is(Type::nil) || (value.is(Type::boolean) && !value.is_true()));
}

bool Evaluator::equal(Value a, Value b) {
    if (!charge(1)) return false;
    if (is_word(b) && !is_word(a)) std::swap(a, b);
    if (is_word(a)) {
        bool is_absent = b.is_absent() || b.is(Type::nil);
        if (a.is(Type::nil)) return is_absent;
        if (a.is(Type::blank)) {
            if (is_absent || (b.is(Type::boolean) && !b.is_true())) return true;
            if (b.is(Type::string)) return trimmed_front(b.text()).empty();
        }
        if (b.is(Type::string)) return b.text().empty();
        if (b.is(Type::range)) return b.range().size == 0;
        if (b.is(Type::array)) return b.array().items.empty();
        return b.is(Type::object) && b.object().members.empty();
    }
    a = plain(a);
    b = plain(b);
    if (!a.is_array() || !b.is_array()) return !std::isnan(a.is(Type::number) ? a.number() : 0) && is_same(a, b);
    auto left = elements(a), right = elements(b);
    if (left.size() != right.size() || is_deep()) return false;
    ++depth_;
    bool is_equal = true;
    for (size_t i = 0; i < left.size() && is_equal; ++i) is_equal = equal(left[i], right[i]);
    --depth_;
    return is_equal;
}

bool Evaluator::is_same(Value a, Value b) const {
    if (a.type() != b.type()) return false;
    switch (a.type()) {
        case Type::boolean:
            return a.is_true() == b.is_true();
        case Type::number:
            return a.number() == b.number() || (std::isnan(a.number()) && std::isnan(b.number()));
        case Type::string:
            return a.text() == b.text();
        case Type::array:
        case Type::range:
        case Type::object:
        case Type::loop:
        case Type::block:
            return a.pointer() == b.pointer();
        default:
            return true;
    }
}

std::partial_ordering Evaluator::order(Value a, Value b) {
    charge(1);
    auto primitive = [&](Value value) {
        value = plain(value);
        return value.is_array() || value.is(Type::object) || value.is(Type::block) ? Value::string(js_text(value))
                                                                                   : value;
    };
    a = primitive(a);
    b = primitive(b);
    if (a.is(Type::string) && b.is(Type::string)) return compare(a.text(), b.text()) <=> 0;
    return number(a) <=> number(b);
}

bool Evaluator::contains(Value value, Value part) {
    value = plain(value);
    if (value.is_array()) {
        for (Value element : elements(value))
            if (equal(element, part)) return true;
        return false;
    }
    if (!value.is(Type::string)) return false;
    charge(value.text().size() / 64);
    return value.text().find(js_text(plain(part))) != std::string_view::npos;
}

double Evaluator::number(Value value) {
    switch (value.type()) {
        case Type::null:
        case Type::nil:
        case Type::empty:
        case Type::blank:
            return 0;
        case Type::boolean:
            return value.is_true();
        case Type::number:
            return value.number();
        case Type::string:
            return number_of(value.text());
        case Type::array:
        case Type::range:
            return number_of(js_text(value));
        default:
            return NAN;
    }
}

Value Evaluator::sum(Value a, Value b) {
    auto is_text = [](Value value) {
        return value.is(Type::string) || value.is_array() || value.is(Type::object) || value.is(Type::block);
    };
    a = plain(a);
    b = plain(b);
    if (!is_text(a) && !is_text(b)) return Value::number(number(a) + number(b));
    return string(std::string(js_text(a)) + std::string(js_text(b)));
}

// ---- text

std::string_view Evaluator::text(Value value) {
    if (value.is(Type::string)) return charge(value.text().size() / 64) ? value.text() : std::string_view();
    std::string out;
    append_text(out, value);
    return string(joined_surrogates(std::move(out), false)).text();
}

std::string_view Evaluator::js_text(Value value) {
    if (value.is(Type::string)) return value.text();
    std::string out;
    append_js_text(out, value);
    return string(joined_surrogates(std::move(out), false)).text();
}

void Evaluator::append_text(std::string& out, Value value) {
    if (value.is(Type::string)) {
        if (charge(value.text().size() / 64) && fits(out.size() + value.text().size())) out += value.text();
        return;
    }
    value = plain(value);
    if (value.is_absent()) return;
    if (!value.is_array()) return append_js_text(out, value);
    if (is_deep()) return;
    ++depth_;
    for (Value element : elements(value)) {
        if (!charge(1) || !fits(out.size())) break;
        append_text(out, element);
    }
    --depth_;
}

void Evaluator::append_js_text(std::string& out, Value value) {
    char buffer[32];
    switch (value.type()) {
        case Type::undefined:
            out += "undefined";
            return;
        case Type::null:
            out += "null";
            return;
        case Type::boolean:
            out += value.is_true() ? "true" : "false";
            return;
        case Type::number:
            out += number_text(value.number(), buffer);
            return;
        case Type::string:
            if (charge(value.text().size() / 64) && fits(out.size() + value.text().size())) out += value.text();
            return;
        case Type::array:
        case Type::range:
            break;
        case Type::object:
            if (value.object().printed.is(Type::string)) return append_js_text(out, value.object().printed);
            out += "[object Object]";
            return;
        default:
            out += "[object Object]";
            return;
    }
    if (is_deep()) return;
    ++depth_;
    bool is_first = true;
    for (Value element : elements(value)) {
        if (!charge(1) || !fits(out.size())) break;
        if (!std::exchange(is_first, false)) out += ',';
        if (!element.is_absent()) append_js_text(out, element);
    }
    --depth_;
}

bool Evaluator::append_json_text(std::string& out, Value value, std::string_view indent, size_t depth) {
    char buffer[32];
    auto new_line = [&](size_t levels) {
        if (indent.empty()) return;
        out += '\n';
        for (size_t i = 0; i < levels; ++i) out += indent;
    };
    if (!charge(1) || !fits(out.size())) return false;
    switch (value.type()) {
        case Type::undefined:
            return false;
        case Type::null:
            out += "null";
            return true;
        case Type::boolean:
            out += value.is_true() ? "true" : "false";
            return true;
        case Type::number:
            out += std::isfinite(value.number()) ? number_text(value.number(), buffer) : "null";
            return true;
        case Type::string:
            if (charge(value.text().size() / 64) && fits(out.size() + value.text().size()))
                append_json(out, value.text());
            return true;
        case Type::loop: {
            // As an object with its members; indentation is the same as of any other.
            std::vector<Member> members{{Name("i"), Value::number(value.loop().index)},
                                        {Name("length"), Value::number(value.loop().length)},
                                        {Name("name"), loop_member(value.loop(), "name")}};
            if (value.loop().is_table) members.push_back({Name("cols"), value.loop().columns});
            return append_json_text(out, arena_.object_of(std::move(members)), indent, depth);
        }
        case Type::nil:
        case Type::empty:
        case Type::blank:
        case Type::block:
            out += "{}";
            return true;
        default:
            break;
    }
    if (depth >= options_.limits.nesting_max) {
        fail("values may be nested at most " + std::to_string(options_.limits.nesting_max) + " deep");
        return false;
    }
    bool is_first = true;
    auto separate = [&] {
        if (!std::exchange(is_first, false)) out += ',';
        new_line(depth + 1);
    };
    if (value.is(Type::object)) {
        out += '{';
        for (const Member& member : value.object().members) {
            if (member.value.is(Type::undefined)) continue;
            separate();
            append_json(out, member.name.text);
            out += indent.empty() ? ":" : ": ";
            append_json_text(out, member.value, indent, depth + 1);
            if (has_failed()) return false;
        }
    } else {
        out += '[';
        for (Value element : elements(value)) {
            separate();
            if (!append_json_text(out, element, indent, depth + 1)) out += "null";
            if (has_failed()) return false;
        }
    }
    if (!is_first) new_line(depth);
    out += value.is(Type::object) ? '}' : ']';
    return true;
}

// ---- elements

std::span<const Value> Evaluator::written_out(const Range& range) {
    if (!fits(range.size * sizeof(Value)) || !charge(range.size)) return {};
    std::span<Value> items = arena_.array<Value>(range.size);
    for (size_t i = 0; i < items.size(); ++i) items[i] = Value::number(range.first + double(i));
    return items;
}

std::span<const Value> Evaluator::elements(Value value) {
    value = plain(value);
    if (value.is_absent()) return {};
    if (value.is(Type::array))
        return charge(value.array().items.size() / 16) ? value.array().items : std::span<const Value>();
    if (value.is(Type::range)) return written_out(value.range());
    return array(std::span(&value, 1)).array().items;
}

std::span<const Value> Evaluator::enumerated(Value value) {
    value = plain(value);
    if (value.is_array()) return elements(value);
    if (value.is(Type::string) && !value.text().empty()) return elements(value);
    if (!value.is(Type::object)) return {};
    std::vector<Value> pairs;
    for (const Member& member : value.object().members)
        pairs.push_back(pair(Value::string(member.name.text), member.value));
    return array(pairs).array().items;
}

}  // namespace ry::chats::liquid

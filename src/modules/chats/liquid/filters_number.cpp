#include <cmath>
#include <cstdlib>
#include <string>

#include "modules/chats/liquid/evaluator.h"
#include "modules/chats/liquid/filters.h"
#include "modules/chats/liquid/js_text.h"

namespace ry::chats::liquid {
namespace {

/// What LiquidJS counts with: 0 for what is not a number.
double counted(Evaluator& e, Value value) {
    double number = e.number(value);
    return std::isnan(number) ? 0 : number;
}

/// The argument as a number; NaN when it is not given.
double counted(Evaluator& e, Arguments arguments, size_t index) {
    return index < arguments.size() ? counted(e, arguments[index]) : NAN;
}

Value abs(Evaluator& e, Value value, Arguments) { return Value::number(std::fabs(counted(e, value))); }
Value ceil(Evaluator& e, Value value, Arguments) { return Value::number(std::ceil(counted(e, value))); }
Value floor(Evaluator& e, Value value, Arguments) { return Value::number(std::floor(counted(e, value))); }
Value plus(Evaluator& e, Value value, Arguments arguments) {
    return Value::number(counted(e, value) + counted(e, arguments, 0));
}
Value minus(Evaluator& e, Value value, Arguments arguments) {
    return Value::number(counted(e, value) - counted(e, arguments, 0));
}
Value times(Evaluator& e, Value value, Arguments arguments) {
    return Value::number(counted(e, value) * counted(e, arguments, 0));
}

Value at_least(Evaluator& e, Value value, Arguments arguments) {
    double most = counted(e, value);
    for (Value argument : arguments) most = std::fmax(most, counted(e, argument));
    return Value::number(most);
}

Value at_most(Evaluator& e, Value value, Arguments arguments) {
    double least = counted(e, value);
    for (Value argument : arguments) least = std::fmin(least, counted(e, argument));
    return Value::number(least);
}

Value divided_by(Evaluator& e, Value value, Arguments arguments) {
    double quotient = counted(e, value) / counted(e, arguments, 0);
    bool is_whole = arguments.size() > 1 && counted(e, arguments, 1) != 0;
    return Value::number(is_whole ? std::floor(quotient) : quotient);
}

Value modulo(Evaluator& e, Value value, Arguments arguments) {
    double divisor = counted(e, arguments, 0);
    return Value::number(std::fmod(std::fmod(counted(e, value), divisor) + divisor, divisor));
}

/// The number with its decimal point moved, in decimal arithmetic.
double shifted(double number, double places) {
    char buffer[32];
    std::string text(number_text(number, buffer));
    size_t e = text.find('e');
    double power = e == std::string::npos ? 0 : number_of(std::string_view(text).substr(e + 1));
    char power_buffer[32];
    return number_of(text.substr(0, e) + "e" + std::string(number_text(power + places, power_buffer)));
}

Value round(Evaluator& e, Value value, Arguments arguments) {
    double number = counted(e, value),
           places = argument(arguments, 0).is(Type::undefined) ? 0 : counted(e, arguments, 0);
    double scaled = shifted(std::fabs(number), places);
    if (!(scaled <= 9007199254740991.0)) return Value::number(number);
    double whole = std::floor(scaled);
    double rounded = shifted(scaled - whole >= 0.5 ? whole + 1 : whole, -places);
    return Value::number(number < 0 ? -rounded : rounded);
}

Value to_integer(Evaluator& e, Value value, Arguments) { return Value::number(e.number(value)); }

}  // namespace

std::span<const FilterRow> number_filters() {
    static constexpr FilterRow rows[] = {
        {"abs", abs},     {"at_least", at_least},     {"at_most", at_most}, {"ceil", ceil}, {"divided_by", divided_by},
        {"floor", floor}, {"minus", minus},           {"modulo", modulo},   {"plus", plus}, {"round", round},
        {"times", times}, {"to_integer", to_integer},
    };
    return rows;
}

}  // namespace ry::chats::liquid

#include "base/fields.h"

#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace ry {
namespace {

namespace bj = boost::json;
constexpr size_t faults_max = 100;
constexpr size_t depth_max = 32;

std::string quoted(std::string_view text) {
    std::string out;
    json::write_string(out, text);
    return out;
}

void append_number(std::string& out, double number) { json::write_number(out, number); }

bj::value parse(std::string_view bytes, boost::system::error_code& error) {
    bj::parse_options options;
    options.max_depth = depth_max;
    return bj::parse({bytes.data(), bytes.size()}, error, {}, options);
}

std::string_view name_of_kind(bj::kind kind) {
    switch (kind) {
        case bj::kind::null: return "null";
        case bj::kind::bool_: return "a boolean";
        case bj::kind::string: return "a string";
        case bj::kind::array: return "an array";
        case bj::kind::object: return "an object";
        default: return "a number";
    }
}

/// The field whose name is nearest to `name`, to suggest; empty when none is near.
std::string nearest(std::string_view name, const Fields& fields) {
    size_t best = name.size() / 2 + 1;
    std::string_view found;
    for (const Field& field : fields.list) {
        std::vector<size_t> row(field.name.size() + 1);  // Levenshtein's distance, one row at a time
        for (size_t j = 0; j < row.size(); ++j) row[j] = j;
        for (size_t i = 1; i <= name.size(); ++i) {
            size_t diagonal = row[0];
            row[0] = i;
            for (size_t j = 1; j < row.size(); ++j) {
                size_t substitute = diagonal + (name[i - 1] != field.name[j - 1]);
                diagonal = row[j];
                row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
            }
        }
        if (row.back() < best) best = row.back(), found = field.name;
    }
    return std::string(found);
}

}  // namespace

std::string Path::pointer() const {
    if (!up) return "";
    std::string step;
    if (key.data()) {
        for (char c : key) {
            if (c == '~') step += "~0";
            else if (c == '/') step += "~1";
            else step += c;
        }
    } else {
        step = std::to_string(index);
    }
    return up->pointer() + "/" + step;
}

void Faults::add(const Path& path, std::string detail) {
    if (list.size() < faults_max) list.push_back({path.pointer(), std::move(detail)});
}

const Field* Fields::find(std::string_view field_name) const {
    for (const Field& field : list)
        if (field.name == field_name) return &field;
    return nullptr;
}

void write_json(std::string& out, const Fields& fields, const void* object) {
    char separator = '{';
    for (const Field& field : fields.list) {
        (out += separator) += '"';
        (out += field.name) += "\":";
        if (field.rules.secret) out += "null";
        else field.ops->encode(out, field.of(object));
        separator = ',';
    }
    out += separator == '{' ? "{}" : "}";
}

std::string to_json(const Fields& fields, const void* object) {
    std::string out;
    write_json(out, fields, object);
    return out;
}

Result<void> from_json(std::string_view bytes, const Fields& fields, void* object) {
    boost::system::error_code error;
    bj::value document = parse(bytes, error);
    if (error == bj::error::too_deep) return invalid("", "the JSON is nested deeper than " + std::to_string(depth_max) + " levels");
    if (error) return invalid("", "the body is not valid JSON (" + error.message() + ")");
    Faults faults;
    detail::decode_object(document, fields, object, Path{}, faults);
    if (faults.list.empty()) return {};
    Error wrong{Code::invalid, {}, {}, std::move(faults.list)};
    const Fault& first = wrong.faults.front();
    wrong.message = (first.pointer.empty() ? "the body" : first.pointer) + " " + first.detail;
    if (wrong.faults.size() > 1) wrong.message += " (and " + std::to_string(wrong.faults.size() - 1) + " more)";
    return wrong;
}

std::string schema_of(const Fields& fields, Definitions& definitions) {
    std::string name(fields.name);
    if (definitions.contains(name)) return name;
    definitions[name] = "{}";  // a struct may contain itself
    std::string properties, required;
    for (const Field& field : fields.list) {
        std::string type = field.ops->schema(field.rules, definitions);
        if (!field.doc.empty() && type.ends_with('}') && type.size() > 2) {
            type.pop_back();
            type += ",\"description\":" + quoted(field.doc) + "}";
        } else if (type == "{}") {
            type = "{\"description\":" + quoted(field.doc) + "}";
        }
        properties += (properties.empty() ? "" : ",") + quoted(field.name) + ":" + type;
        if (field.is_required()) required += (required.empty() ? "" : ",") + quoted(field.name);
    }
    definitions[name] = R"({"type":"object","properties":{)" + properties + "},\"required\":[" + required + R"(],"additionalProperties":false})";
    return name;
}

namespace detail {

bool enum_from_text(std::span<const std::string_view> names, std::string_view text, int64_t& value) {
    for (size_t i = 0; i < names.size(); ++i)
        if (names[i] == text) {
            value = int64_t(i);
            return true;
        }
    return false;
}

std::string enum_schema(std::span<const std::string_view> names) {
    std::string list;
    for (auto name : names) list += (list.empty() ? "" : ",") + quoted(name);
    return R"({"type":"string","enum":[)" + list + "]}";
}

std::string_view string_of(const JsonValue& json, const Path& path, Faults& faults, const Rules& rules, bool& ok) {
    ok = false;
    auto text = json.if_string();
    if (!text) {
        faults.add(path, "must be a string, and is " + std::string(name_of_kind(json.kind())));
        return {};
    }
    if (text->size() < rules.length_min)
        faults.add(path, rules.length_min == 1 ? "must not be empty" : "must have at least " + std::to_string(rules.length_min) + " bytes");
    else if (text->size() > rules.length_max)
        faults.add(path, "must have at most " + std::to_string(rules.length_max) + " bytes, and has " + std::to_string(text->size()));
    else if (text->find('\0') != bj::string::npos)
        faults.add(path, "must not contain the character U+0000");
    else ok = true;
    return {text->data(), text->size()};
}

bool integer_of(const JsonValue& json, int64_t min, int64_t max, int64_t& value, const Path& path, Faults& faults, const Rules& rules) {
    if (auto number = json.if_int64()) value = *number;
    else if (auto real = json.if_double(); real && std::floor(*real) == *real && std::abs(*real) < 9e15) value = int64_t(*real);
    else {
        faults.add(path, "must be an integer");
        return false;
    }
    if (value < min || value > max || double(value) < rules.min || double(value) > rules.max) {
        faults.add(path, "must be between " + std::to_string(int64_t(std::max(double(min), rules.min))) + " and " +
                             std::to_string(int64_t(std::min(double(max), rules.max))));
        return false;
    }
    return true;
}

bool number_of(const JsonValue& json, double& value, const Path& path, Faults& faults, const Rules& rules) {
    if (auto real = json.if_double()) value = *real;
    else if (auto number = json.if_int64()) value = double(*number);
    else if (auto natural = json.if_uint64()) value = double(*natural);
    else {
        faults.add(path, "must be a number");
        return false;
    }
    if (value < rules.min || value > rules.max) {
        std::string detail = "must be between ";
        append_number(detail, rules.min);
        detail += " and ";
        append_number(detail, rules.max);
        faults.add(path, detail);
        return false;
    }
    return true;
}

bool boolean_of(const JsonValue& json, bool& value, const Path& path, Faults& faults) {
    auto given = json.if_bool();
    if (given) value = *given;
    else faults.add(path, "must be true or false");
    return given;
}

bool is_null(const JsonValue& json) { return json.is_null(); }

std::optional<size_t> array_of(const JsonValue& json, const Path& path, Faults& faults, const Rules& rules) {
    auto array = json.if_array();
    if (!array) {
        faults.add(path, "must be an array");
        return {};
    }
    if (array->size() < rules.length_min || array->size() > rules.length_max) {
        faults.add(path, "must have " + std::to_string(rules.length_min) + " to " + std::to_string(rules.length_max) + " elements");
        return {};
    }
    return array->size();
}

const JsonValue& element(const JsonValue& json, size_t index) { return json.get_array()[index]; }

std::string text_of(const JsonValue& json) { return bj::serialize(json); }

void decode_object(const JsonValue& json, const Fields& fields, void* object, const Path& path, Faults& faults) {
    auto members = json.if_object();
    if (!members) return faults.add(path, "must be an object, and is " + std::string(name_of_kind(json.kind())));
    for (const auto& member : *members) {
        std::string_view name(member.key().data(), member.key().size());
        if (fields.find(name)) continue;
        std::string near = nearest(name, fields);
        faults.add(Path{&path, name}, near.empty() ? "is not a known member" : "is not a known member; did you mean \"" + near + "\"?");
    }
    for (const Field& field : fields.list) {
        auto found = members->find(bj::string_view(field.name.data(), field.name.size()));
        Path here{&path, field.name};
        if (found != members->end()) field.ops->decode(found->value(), field.of(object), here, faults, field.rules);
        else if (field.is_required()) faults.add(here, "is required");
    }
}

bool object_from_text(std::string_view json, const Fields& fields, void* object) { return from_json(json, fields, object).has_value(); }

bool array_from_text(std::string_view json, bool (*each)(void* list, const JsonValue& json), void* list) {
    boost::system::error_code error;
    bj::value document = parse(json, error);
    if (error || !document.is_array()) return false;
    for (const bj::value& item : document.get_array())
        if (!each(list, item)) return false;
    return true;
}

std::string scalar_schema(std::string_view type, std::string_view format, const Rules& rules) {
    std::string out = "{\"type\":" + quoted(type);
    auto bound = [&](std::string_view name, double value) {
        (out += ",\"") += name;
        out += "\":";
        append_number(out, value);
    };
    if (!format.empty()) out += ",\"format\":" + quoted(format);
    if (type == "string") {
        if (rules.length_min > 0) bound("minLength", double(rules.length_min));
        if (rules.length_max != SIZE_MAX) bound("maxLength", double(rules.length_max));
        if (rules.secret) out += ",\"writeOnly\":true";
    } else if (type != "boolean") {
        if (rules.min > -1e308) bound("minimum", rules.min);
        if (rules.max < 1e308) bound("maximum", rules.max);
    }
    return out + "}";
}

std::string array_schema(std::string items, const Rules& rules) {
    std::string out = R"({"type":"array","items":)" + items;
    if (rules.length_min > 0) out += ",\"minItems\":" + std::to_string(rules.length_min);
    if (rules.length_max != SIZE_MAX) out += ",\"maxItems\":" + std::to_string(rules.length_max);
    return out + "}";
}

bool parse_double(std::string_view text, double& value) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

bool parse_bool(std::string_view text, bool& value) {
    if (text == "t" || text == "true" || text == "1") value = true;
    else if (text == "f" || text == "false" || text == "0") value = false;
    else return false;
    return true;
}

}  // namespace detail
}  // namespace ry

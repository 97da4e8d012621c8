#include "kernel/config/config.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <cstdlib>

namespace ry::config {
namespace {

Error unreadable(const Field& field, std::string_view text, std::string_view where) {
    return fail(Code::invalid, std::string(where) + ": \"" + std::string(text) + "\" is not a value of " + std::string(field.name) + " (" + std::string(field.ops->kind) + "): " + std::string(field.doc));
}

Result<void> set(const Field& field, void* config, std::string_view text, std::string_view where, Origins& origins, std::string_view origin) {
    if (!field.ops->from_text(text, field.of(config))) return unreadable(field, text, where);
    origins[std::string(field.name)] = origin;
    return {};
}

Result<void> read_file(const Fields& fields, void* config, const std::string& file, Origins& origins) {
    toml::parse_result parsed = toml::parse_file(file);
    if (!parsed) {
        auto at = parsed.error().source().begin;
        return fail(Code::invalid, file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + std::string(parsed.error().description()));
    }
    for (auto&& [key, node] : parsed.table()) {
        const Field* field = fields.find(key.str());
        if (!field) return fail(Code::invalid, file + ": there is no setting \"" + std::string(key.str()) + "\"; `ramify config explain` lists those there are");
        std::string text;
        if (auto string = node.value<std::string>(); node.is_string()) text = *string;
        else if (node.is_integer()) text = std::to_string(*node.value<int64_t>());
        else if (node.is_boolean()) text = *node.value<bool>() ? "true" : "false";
        else return fail(Code::invalid, file + ": " + std::string(key.str()) + " must be a string, an integer or a boolean");
        TRY(set(*field, config, text, file, origins, "file"));
    }
    return {};
}

}  // namespace

std::string flag_of(std::string_view name) {
    std::string flag = "--" + std::string(name);
    for (char& c : flag)
        if (c == '_') c = '-';
    return flag;
}

std::string variable_of(std::string_view name) {
    std::string variable = "RAMIFY_";
    for (char c : name) variable += c >= 'a' && c <= 'z' ? char(c - 32) : c;
    return variable;
}

Result<Origins> load(const Fields& fields, void* config, const std::string& file, std::span<const std::string> arguments, std::vector<std::string>& rest) {
    Origins origins;
    for (const Field& field : fields.list) origins[std::string(field.name)] = "default";
    if (!file.empty()) TRY(read_file(fields, config, file, origins));
    for (const Field& field : fields.list)
        if (const char* value = std::getenv(variable_of(field.name).c_str())) TRY(set(field, config, value, variable_of(field.name), origins, "environment"));
    for (size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (!argument.starts_with("--")) {
            rest.push_back(argument);
            continue;
        }
        size_t equals = argument.find('=');
        std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
        for (char& c : name)
            if (c == '-') c = '_';
        const Field* field = fields.find(name);
        if (!field) {
            rest.push_back(argument);
            continue;
        }
        if (equals != std::string::npos) TRY(set(*field, config, std::string_view(argument).substr(equals + 1), flag_of(name), origins, "flag"));
        else if (field->ops->kind == "boolean") TRY(set(*field, config, "true", flag_of(name), origins, "flag"));
        else if (i + 1 < arguments.size()) TRY(set(*field, config, arguments[++i], flag_of(name), origins, "flag"));
        else return fail(Code::invalid, flag_of(name) + " needs a value: " + std::string(field->doc));
    }
    return origins;
}

std::string manual(const Fields& fields, const void* defaults) {
    std::string out = "# Settings\n\nEach can stand in the file named by `--config`, in the environment, or on the command line, in rising order.\n\n| setting | environment | default | meaning |\n|---|---|---|---|\n";
    for (const Field& field : fields.list) {
        std::string value;
        field.ops->to_text(value, field.of(defaults));
        out += "| `" + std::string(field.name) + "` | `" + variable_of(field.name) + "` | " + (value.empty() ? "" : "`" + value + "`") + " | " + std::string(field.doc) + " |\n";
    }
    return out;
}

}  // namespace ry::config

#include "modules/databases/script/state_key.h"

#include "modules/databases/script/sha256.h"

namespace ry::databases::script {
namespace {

/// Fields with their lengths before them, so that no two lists of fields are the same bytes.
class Key {
public:
    explicit Key(std::string_view schema) { field("schema", schema); }

    Key& field(std::string_view name, std::string_view value) {
        bytes(name);
        number(1);
        bytes(value);
        return *this;
    }
    Key& list(std::string_view name, const std::vector<std::string>& values) {
        bytes(name);
        number(values.size());
        for (const std::string& value : values) bytes(value);
        return *this;
    }
    Key& table(std::string_view name, const std::map<std::string, std::string>& rows) {
        std::vector<std::string> values;
        for (const auto& [key, value] : rows) values.insert(values.end(), {key, value});
        return list(name, values);
    }
    std::string hex() { return hash_.hex(); }

private:
    /// Eight bytes, the highest first.
    void number(uint64_t value) {
        char text[8];
        for (int i = 0; i < 8; ++i) text[i] = char(value >> (56 - 8 * i));
        hash_.add({text, sizeof text});
    }
    void bytes(std::string_view value) {
        number(value.size());
        hash_.add(value);
    }
    Sha256 hash_;
};

}  // namespace

std::string base_key(const BaseIngredients& base) {
    return Key("ramify-base-1")
        .field("binaries", base.binaries_sha256)
        .list("initdb", base.initdb_options)
        .field("locale", base.locale)
        .field("encoding", base.encoding)
        .field("time_zone", base.time_zone)
        .table("settings", base.settings)
        .hex();
}

std::string step_key(const std::string& parent_key, const StepIngredients& step) {
    return Key("ramify-step-1")
        .field("parent", parent_key)
        .field("kind", step.kind)
        .list("arguments", step.arguments)
        .field("standard_input", step.standard_input_sha256)
        .table("files", step.files)
        .table("environment", step.environment)
        .field("tool_major", std::to_string(step.tool_major))
        .hex();
}

}  // namespace ry::databases::script

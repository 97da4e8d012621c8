#include "modules/databases/script/variables.h"

#include <algorithm>

namespace ry::databases::script {
namespace {

constexpr size_t value_bytes_max = 1 << 20;  // \set a :a:a doubles each time
constexpr size_t names_max = 10'000;

/// What psql sets by itself, from the connection and from each statement.
constexpr std::string_view own_names[] = {"AUTOCOMMIT",
                                          "COMP_KEYWORD_CASE",
                                          "DBNAME",
                                          "ECHO",
                                          "ECHO_HIDDEN",
                                          "ENCODING",
                                          "ERROR",
                                          "FETCH_COUNT",
                                          "HIDE_TABLEAM",
                                          "HIDE_TOAST_COMPRESSION",
                                          "HISTCONTROL",
                                          "HISTFILE",
                                          "HISTSIZE",
                                          "HOST",
                                          "IGNOREEOF",
                                          "LASTOID",
                                          "LAST_ERROR_MESSAGE",
                                          "LAST_ERROR_SQLSTATE",
                                          "ON_ERROR_ROLLBACK",
                                          "PIPELINE_COMMAND_COUNT",
                                          "PIPELINE_RESULT_COUNT",
                                          "PIPELINE_SYNC_COUNT",
                                          "PORT",
                                          "PROMPT1",
                                          "PROMPT2",
                                          "PROMPT3",
                                          "QUIET",
                                          "ROW_COUNT",
                                          "SERVER_VERSION_NAME",
                                          "SERVER_VERSION_NUM",
                                          "SERVICE",
                                          "SHELL_ERROR",
                                          "SHELL_EXIT_CODE",
                                          "SHOW_ALL_RESULTS",
                                          "SHOW_CONTEXT",
                                          "SINGLELINE",
                                          "SINGLESTEP",
                                          "SQLSTATE",
                                          "USER",
                                          "VERBOSITY",
                                          "VERSION",
                                          "VERSION_NAME",
                                          "VERSION_NUM",
                                          "WATCH_INTERVAL"};

std::string quoted(std::string_view value, char quote) {
    std::string text(quote == '\'' && value.find('\\') != value.npos ? " E'" : std::string(1, quote));
    for (char c : value) text.append(c == quote || (c == '\\' && quote == '\'') ? 2 : 1, c);
    return text + quote;
}

}  // namespace

Variables::Variables(const std::map<std::string, std::optional<std::string>>& initial) {
    for (std::string_view name : own_names) values_[std::string(name)] = {Known::unknown, {}};
    values_["ON_ERROR_STOP"] = {Known::value, "1"};
    for (const auto& [name, value] : initial) values_[name] = {value ? Known::value : Known::unset, value.value_or("")};
}

Variables::Value Variables::value_of(const std::string& name) const {
    if (auto found = values_.find(name); found != values_.end()) return found->second;
    bool may_be_set = std::any_of(unknown_prefixes_.begin(), unknown_prefixes_.end(),
                                  [&](const std::string& prefix) { return name.starts_with(prefix); });
    return {may_be_set ? Known::unknown : Known::unset, {}};
}

std::optional<std::string> Variables::text_of(const Argument& argument, bool strips_semicolons) const {
    std::string text;
    for (const Piece& piece : argument.pieces) {
        using Kind = Piece::Kind;
        if (piece.kind == Kind::backtick || text.size() > value_bytes_max) return {};
        if (piece.kind == Kind::text) {
            text += piece.text;
            continue;
        }
        Value value = value_of(piece.text);
        if (value.known == Known::unknown) return {};
        bool is_set = value.known == Known::value;
        switch (piece.kind) {
            case Kind::test:
                text += is_set ? "TRUE" : "FALSE";
                break;
            case Kind::literal:
                text += is_set ? quoted(value.text, '\'') : ":'" + piece.text + "'";
                break;
            case Kind::identifier:
                text += is_set ? quoted(value.text, '"') : ":\"" + piece.text + "\"";
                break;
            default:
                text += is_set ? value.text : ":" + piece.text;
                break;
        }
    }
    for (size_t tail = strips_semicolons ? argument.unquoted_tail : 0; tail > 0 && text.ends_with(';'); --tail)
        text.pop_back();
    return text;
}

Truth Variables::truth_of(const std::vector<Argument>& arguments) const {
    std::string text;
    for (const Argument& argument : arguments) {
        auto value = text_of(argument, false);
        if (!value) return Truth::unknown;
        text += (text.empty() ? "" : " ") + *value;
    }
    Truth truth = script::truth_of(text);
    return truth == Truth::unknown ? Truth::no : truth;  // psql complains, and takes it for false
}

void Variables::forget(const std::string& prefix) {
    for (auto& [name, value] : values_)
        if (name.starts_with(prefix)) value = {Known::unknown, {}};
    constexpr size_t prefixes_max = 100;  // beyond it nothing is known any more
    unknown_prefixes_.push_back(unknown_prefixes_.size() < prefixes_max ? prefix : "");
    if (unknown_prefixes_.back().empty()) unknown_prefixes_ = {""};
}

void Variables::follow(const MetaCommand& command) {
    const auto& arguments = command.arguments;
    if (command.name == "gset") {
        auto prefix = arguments.empty() ? std::optional<std::string>("") : text_of(arguments[0], false);
        return forget(prefix.value_or(""));
    }
    bool is_set = command.name == "set", is_unset = command.name == "unset";
    bool is_input = command.name == "getenv" || command.name == "prompt";
    if ((!is_set && !is_unset && !is_input) || arguments.empty()) return;
    auto name = text_of(command.name == "prompt" ? arguments.back() : arguments[0], false);
    if (!name) return forget("");
    Value value{is_unset ? Known::unset : is_input ? Known::unknown : Known::value, {}};
    for (size_t i = 1; is_set && i < arguments.size(); ++i) {
        auto text = text_of(arguments[i], false);
        if (!text) value.known = Known::unknown;
        value.text += text.value_or("");
        if (value.text.size() > value_bytes_max) value = {Known::unknown, {}};
    }
    if (command.is_active != Truth::yes) value = {Known::unknown, {}};
    if (values_.size() >= names_max && !values_.contains(*name)) return forget("");
    values_[*name] = std::move(value);
}

}  // namespace ry::databases::script

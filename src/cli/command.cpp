#include "cli/command.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "cli/terminal.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;

std::string upper(std::string_view name) {
    std::string text(name);
    for (char& c : text) c = c >= 'a' && c <= 'z' ? char(c - 32) : c;
    return text;
}

std::string flag_name(std::string_view field) {
    std::string name(field);
    std::ranges::replace(name, '_', '-');
    return name;
}

/// The member's JSON Schema; of an optional, that of its value.
bj::value schema_of_member(const Field& field) {
    Definitions definitions;
    bj::value schema = bj::parse(field.ops->schema(field.rules, definitions));
    if (auto any = schema.as_object().if_contains("anyOf")) return any->as_array()[0];
    return schema;
}

std::string_view kind_of_schema(const bj::value& schema) {
    auto type = schema.as_object().if_contains("type");
    return type && type->is_string() ? std::string_view(type->as_string()) : std::string_view();
}

Takes takes_of(std::string_view schema_kind) {
    if (schema_kind == "boolean") return Takes::nothing;
    if (schema_kind == "integer") return Takes::integer;
    if (schema_kind == "number") return Takes::number;
    return schema_kind == "string" ? Takes::text : Takes::json;
}

std::string placeholder_of(const Flag& flag, std::string_view kind) {
    if (!flag.choices.empty()) {
        std::string all;
        for (const std::string& choice : flag.choices) all += (all.empty() ? "" : "|") + choice;
        return all;
    }
    if (kind == "id") return "ID";
    if (kind == "time") return "TIME";
    switch (flag.takes) {
        case Takes::nothing:
            return "";
        case Takes::text:
            return "TEXT";
        case Takes::integer:
        case Takes::number:
            return "NUMBER";
        case Takes::json:
            return "JSON";
    }
    return "";
}

Flag flag_of(const Field& field) {
    Flag flag{.name = flag_name(field.name),
              .doc = std::string(field.doc),
              .is_required = field.is_required(),
              .field = &field};
    bj::value schema = schema_of_member(field);
    if (kind_of_schema(schema) == "array") {
        flag.is_repeated = true;
        schema = bj::value(schema.as_object()["items"]);
    }
    flag.takes = takes_of(kind_of_schema(schema));
    if (auto choices = schema.as_object().if_contains("enum"))
        for (const auto& choice : choices->as_array()) flag.choices.emplace_back(choice.as_string());
    flag.placeholder = placeholder_of(flag, field.ops->kind);
    return flag;
}

Command command_of(const http::Route& route) {
    size_t space = route.cli.find(' ');
    Command command{.route = &route,
                    .noun = std::string(route.cli.substr(0, space)),
                    .verb = std::string(space == std::string_view::npos ? "" : route.cli.substr(space + 1))};
    for (const http::Hole& hole : route.holes)
        command.arguments.push_back({.placeholder = upper(hole.name), .is_tail = hole.is_tail});
    if (route.takes_file)
        command.arguments.push_back({.placeholder = "FILE", .doc = "The file, or - for standard input."});
    const Fields* fields = route.body ? route.body : route.query;
    if (!fields) return command;
    for (const Field& field : fields->list) {
        if (field.rules.positional)
            command.arguments.push_back(
                {upper(field.name), std::string(field.doc), field.is_required(), false, &field});
        command.flags.push_back(flag_of(field));
    }
    return command;
}

// ---- reading the words

/// What was given for one member: its JSON and, for queries, its text.
struct Given {
    const Flag* flag;
    std::vector<std::string> values;
};

struct Words {
    std::vector<std::string> arguments;
    std::vector<Given> flags;

    const std::string* find(std::string_view name) const {
        for (const Given& given : flags)
            if (given.flag->name == name) return &given.values.back();
        return nullptr;
    }
};

Error usage(std::string message) { return fail(Code::invalid, std::move(message)); }

const Flag* find_flag(const Command& command, std::string_view name) {
    for (const Flag& flag : command.flags)
        if (flag.name == name) return &flag;
    for (const Flag& flag : common_flags())
        if (flag.name == name && offers(command, flag)) return &flag;
    return nullptr;
}

Error unknown_flag(const Command& command, const std::string& name) {
    std::vector<std::string> names;
    for (const Flag& flag : command.flags) names.push_back(flag.name);
    for (const Flag& flag : common_flags())
        if (offers(command, flag)) names.push_back(flag.name);
    std::string near = nearest(name, names);
    return usage(
        "`ramify " + command.name() + "` has no flag --" + name +
        (near.empty() ? "; `ramify " + command.name() + " --help` lists them" : "; did you mean --" + near + "?"));
}

Result<void> check_value(const Flag& flag, const std::string& value) {
    std::string name = "--" + flag.name;
    if (!flag.choices.empty() && std::ranges::find(flag.choices, value) == flag.choices.end())
        return usage(name + " must be " + flag.placeholder + ", not \"" + value + "\"");
    if (flag.takes == Takes::integer && !parse_int(value))
        return usage(name + " must be a whole number, not \"" + value + "\"");
    double number = 0;
    if (flag.takes == Takes::number && !detail::parse_double(value, number))
        return usage(name + " must be a number, not \"" + value + "\"");
    if (flag.takes == Takes::json && !json::is_valid(value)) return usage(name + " must be JSON, such as '{\"a\": 1}'");
    return {};
}

Result<void> add_flag(Words& words, const Flag& flag, std::string value) {
    TRY(check_value(flag, value));
    for (Given& given : words.flags)
        if (given.flag == &flag) {
            if (!flag.is_repeated) return usage("--" + flag.name + " is given twice");
            given.values.push_back(std::move(value));
            return {};
        }
    words.flags.push_back({&flag, {std::move(value)}});
    return {};
}

/// The flag that a word such as "--branch-id=7", "--no-follow" or "-h" names, and its value when the word has one.
struct Named {
    const Flag* flag = nullptr;
    std::optional<std::string> value;
};
Result<Named> named_by(const Command& command, const std::string& word) {
    if (word == "-h") return Named{find_flag(command, "help"), "true"};
    if (word == "-f") return Named{find_flag(command, "follow"), "true"};
    if (word == "-o") return Named{find_flag(command, "output"), std::nullopt};
    if (!word.starts_with("--"))
        return usage("there is no flag " + word + "; `ramify " + command.name() +
                     " --help` lists them. Text that begins with - stands after --");
    size_t equals = word.find('=');
    std::string name = flag_name(word.substr(2, equals == std::string::npos ? equals : equals - 2));
    std::optional<std::string> value;
    if (equals != std::string::npos) value = word.substr(equals + 1);
    if (const Flag* flag = find_flag(command, name)) {
        bool truth = true;
        if (flag->takes == Takes::nothing && value && !detail::parse_bool(*value, truth))
            return usage("--" + name + " must be true or false");
        if (flag->takes == Takes::nothing) value = truth ? "true" : "false";
        return Named{flag, std::move(value)};
    }
    if (const Flag* flag = name.starts_with("no-") ? find_flag(command, name.substr(3)) : nullptr;
        flag && flag->takes == Takes::nothing && !value)
        return Named{flag, "false"};
    return unknown_flag(command, name);
}

Result<Words> read_words(const Command& command, std::span<const std::string> given) {
    Words words;
    for (size_t i = 0; i < given.size(); ++i) {
        const std::string& word = given[i];
        if (word == "--") {
            words.arguments.insert(words.arguments.end(), given.begin() + ptrdiff_t(i) + 1, given.end());
            break;
        }
        if (!word.starts_with('-') || word == "-") {
            words.arguments.push_back(word);
            continue;
        }
        Named named = TRY(named_by(command, word));
        if (!named.value && i + 1 == given.size())
            return usage("--" + named.flag->name + " needs a value: " + named.flag->placeholder);
        TRY(add_flag(words, *named.flag, named.value ? *named.value : given[++i]));
    }
    return words;
}

/// Arguments that are members of the body become flags, so that the rest is the holes.
Result<void> bind_arguments(const Command& command, Words& words, std::vector<std::string>& holes) {
    if (words.arguments.size() > command.arguments.size())
        return usage(
            "`ramify " + command.name() + "` takes " +
            (command.arguments.empty() ? "no arguments" : "at most " + std::to_string(command.arguments.size())) +
            "; \"" + words.arguments[command.arguments.size()] +
            "\" is one too many. Text of several words stands in quotes");
    for (size_t i = 0; i < command.arguments.size(); ++i) {
        const Argument& argument = command.arguments[i];
        bool is_given = i < words.arguments.size();
        if (!argument.field) {
            if (!is_given || words.arguments[i].empty())
                return usage(argument.placeholder + " is missing. Usage: ramify " + usage_of(command));
            holes.push_back(words.arguments[i]);
        } else if (is_given) {
            TRY(add_flag(words, *find_flag(command, flag_name(argument.field->name)), words.arguments[i]));
        }
    }
    return {};
}

/// A value "-" of a text stands for standard input.
Result<void> read_inputs(Words& words, ReadInput read_input) {
    bool was_read = false;
    for (Given& given : words.flags)
        for (std::string& value : given.values) {
            if (value != "-" || !given.flag->field || given.flag->takes != Takes::text) continue;
            if (was_read) return usage("only one value can be read from standard input");
            was_read = true;
            value = TRY(read_input());
        }
    return {};
}

void write_value(std::string& json, const Flag& flag, const std::string& value) {
    if (flag.takes == Takes::text)
        json::write_string(json, value);
    else
        json += value;
}

std::string json_of(const Given& given) {
    std::string json;
    if (!given.flag->is_repeated) {
        write_value(json, *given.flag, given.values[0]);
        return json;
    }
    for (const std::string& value : given.values) {
        json += json.empty() ? '[' : ',';
        write_value(json, *given.flag, value);
    }
    return json + "]";
}

std::string body_of(const Words& words) {
    std::string json;
    for (const Given& given : words.flags) {
        if (!given.flag->field) continue;
        json += json.empty() ? '{' : ',';
        json::write_string(json, given.flag->field->name);
        json += ':' + json_of(given);
    }
    return json.empty() ? "{}" : json + "}";
}

std::string query_of(const Words& words) {
    std::string query;
    for (const Given& given : words.flags) {
        if (!given.flag->field) continue;
        std::string value = given.flag->is_repeated ? json_of(given) : given.values[0];
        query += (query.empty() ? "" : "&") + std::string(given.flag->field->name) + "=" + percent_encoded(value);
    }
    return query;
}

std::string path_of(const Command& command, std::span<const std::string> holes) {
    std::string path;
    size_t hole = 0;
    std::string_view rest = command.route->path;
    for (size_t open; (open = rest.find('{')) != std::string_view::npos; ++hole) {
        path += std::string(rest.substr(0, open)) + percent_encoded(holes[hole], command.arguments[hole].is_tail);
        rest.remove_prefix(rest.find('}') + 1);
    }
    return path + std::string(rest);
}

Output output_of(std::string_view name) {
    constexpr std::pair<std::string_view, Output> names[] = {
        {"json", Output::json}, {"dsn", Output::dsn}, {"env", Output::env}, {"assignment", Output::assignment}};
    for (auto [known, output] : names)
        if (known == name) return output;
    return Output::table;
}

Result<void> check_required(const Command& command, const Words& words) {
    for (const Flag& flag : command.flags)
        if (flag.is_required && !words.find(flag.name)) {
            return usage((is_argument(command, flag) ? upper(flag.field->name) : "--" + flag.name) +
                         " is missing: " + flag.doc + " Usage: ramify " + usage_of(command));
        }
    return {};
}

}  // namespace

std::vector<Command> commands_of(std::span<const http::Route> routes) {
    std::vector<Command> commands;
    for (const http::Route& route : routes)
        if (!route.cli.empty()) commands.push_back(command_of(route));
    std::ranges::stable_sort(commands, {}, &Command::noun);
    return commands;
}

const Command* find_command(std::span<const Command> commands, std::string_view noun, std::string_view verb) {
    auto found = std::ranges::find_if(
        commands, [&](const Command& command) { return command.noun == noun && command.verb == verb; });
    return found == commands.end() ? nullptr : &*found;
}

std::span<const Flag> common_flags() {
    static const std::vector<Flag> flags = {
        {.name = "output",
         .placeholder = "table|json",
         .doc = "How to print. On a terminal a table, else the server's JSON.",
         .choices = {"table", "json"}},
        {.name = "output",
         .placeholder = "table|json|dsn|env|assignment",
         .doc = "How to print. On a terminal a table, else the server's JSON; or of the connection the DSN, variables "
                "for a shell, the one line DSN=…",
         .choices = {"table", "json", "dsn", "env", "assignment"}},
        {.name = "server",
         .placeholder = "URL",
         .doc = "The server; else RAMIFY_SERVER, a profile, or http://127.0.0.1:8080."},
        {.name = "profile",
         .placeholder = "NAME",
         .doc = "The server and token of a profile (ramify profile add); else RAMIFY_PROFILE, else the one in use."},
        {.name = "token", .placeholder = "TOKEN", .doc = "An API token (ramify tokens create); else RAMIFY_TOKEN."},
        {.name = "follow",
         .takes = Takes::nothing,
         .doc = "Print what happens as it happens, until it is over. Ctrl-C stops watching, not the work."},
        {.name = "after", .placeholder = "POSITION", .doc = "Events: begin after this position (the id of an event)."},
        {.name = "wait", .takes = Takes::nothing, .doc = "Previews: return when it is ready, or has failed."},
        {.name = "body",
         .placeholder = "FILE",
         .doc = "The JSON body from a file, or - for standard input, instead of flags."},
        {.name = "idempotency-key",
         .placeholder = "KEY",
         .doc = "The same key and request are done once, however often they are sent."},
        {.name = "if-match", .placeholder = "VERSION", .doc = "Change it only if it still has this version."},
        {.name = "help", .takes = Takes::nothing, .doc = "Explain the command."},
    };
    return flags;
}

bool is_argument(const Command& command, const Flag& flag) {
    return std::ranges::any_of(
        command.arguments, [&](const Argument& argument) { return argument.field && argument.field == flag.field; });
}

bool answers_connection(const Command& command) {
    using enum http::Answers;
    const http::Route& route = *command.route;
    return (route.answers == object || route.answers == created) && route.response &&
           route.response->name == "Instance";
}

bool offers(const Command& command, const Flag& flag) {
    using enum http::Answers;
    const http::Route& route = *command.route;
    bool is_stream = route.answers == following || route.answers == events,
         is_change = route.method != http::Method::get;
    if (flag.name == "output") return flag.choices.size() > 2 == answers_connection(command);
    if (flag.name == "follow") return is_stream;
    if (flag.name == "after") return route.answers == events;
    if (flag.name == "body") return route.body != nullptr;
    if (flag.name == "idempotency-key") return is_change;
    if (flag.name == "if-match") return route.takes_if_match;
    if (flag.name == "wait") return command.name() == "previews open";
    return true;
}

std::string usage_of(const Command& command) {
    std::string text = command.name();
    for (const Argument& argument : command.arguments)
        text += argument.is_required ? " " + argument.placeholder : " [" + argument.placeholder + "]";
    bool has_optional = false;
    for (const Flag& flag : command.flags) {
        if (is_argument(command, flag)) continue;
        if (flag.is_required) text += " --" + flag.name + (flag.takes == Takes::nothing ? "" : " " + flag.placeholder);
        has_optional = has_optional || !flag.is_required;
    }
    return text + (has_optional ? " [flags]" : "");
}

Result<Invocation> parse(const Command& command, std::span<const std::string> given, ReadInput read_input) {
    Invocation invocation{.command = &command};
    for (const std::string& word : given) {
        if (word == "--") break;
        invocation.is_help_wanted = invocation.is_help_wanted || word == "--help" || word == "-h";
    }
    if (invocation.is_help_wanted) return invocation;
    Words words = TRY(read_words(command, given));
    TRY(bind_arguments(command, words, invocation.holes));

    auto common = [&](std::string_view name) { return words.find(name) ? *words.find(name) : std::string(); };
    invocation.server = common("server");
    invocation.profile = common("profile");
    invocation.token = common("token");
    invocation.idempotency_key = common("idempotency-key");
    invocation.if_match = common("if-match");
    invocation.after = common("after");
    invocation.is_waited_for = common("wait") == "true";
    if (auto follow = words.find("follow")) invocation.is_followed = *follow == "true";
    if (auto output = words.find("output")) invocation.output = output_of(*output);

    if (command.route->takes_file) {
        invocation.body_file = std::move(invocation.holes.back());
        invocation.holes.pop_back();
    }
    invocation.target = path_of(command, invocation.holes);
    if (auto file = words.find("body")) {
        if (!command.route->body) return usage("`ramify " + command.name() + "` sends no body");
        for (const Given& one : words.flags)
            if (one.flag->field)
                return usage("--body is the whole body; --" + one.flag->name + " cannot be added to it");
        invocation.body_file = *file;
        return invocation;
    }
    TRY(check_required(command, words));
    TRY(read_inputs(words, read_input));
    if (command.route->body)
        invocation.body = body_of(words);
    else if (std::string query = query_of(words); !query.empty())
        invocation.target += "?" + query;
    return invocation;
}

std::string percent_encoded(std::string_view text, bool is_path) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (unsigned char c : text) {
        bool is_unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                             c == '.' || c == '_' || c == '~';
        if (is_unreserved || (is_path && c == '/'))
            encoded += char(c);
        else
            (encoded += '%') += digits[c >> 4], encoded += digits[c & 15];
    }
    return encoded;
}

}  // namespace ry::cli

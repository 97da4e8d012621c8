#include "cli/help.h"

#include <algorithm>
#include <map>

#include "base/text.h"

namespace ry::cli {
namespace {

constexpr size_t name_columns_max = 34;  // longer names push their explanation to the next line

using Row = HelpRow;

/// Names on the left, their explanation beside them, wrapped.
std::string rows_of(const Terminal& terminal, const std::vector<Row>& rows) {
    size_t room = 0;
    for (const Row& row : rows) room = std::max(room, std::min(width_of(row.name), name_columns_max));
    if (room + 24 > terminal.columns) room = 10;
    std::string text;
    for (const Row& row : rows) {
        bool is_beside = width_of(row.name) <= room;
        text += "  " + styled(terminal, Style::bold, is_beside ? padded(row.name, room) : row.name);
        bool is_first = true;
        for (const std::string& line : wrapped(row.text, terminal.columns - std::min(terminal.columns, room + 4))) {
            if (line.empty()) continue;
            text += is_first && is_beside ? "  " + line : "\n" + std::string(room + 4, ' ') + line;
            is_first = false;
        }
        text += "\n";
    }
    return text;
}

std::string heading(const Terminal& terminal, std::string_view text) {
    return "\n" + styled(terminal, Style::dim, text) + "\n";
}

std::string paragraphs(const Terminal& terminal, std::string_view text) {
    std::string out;
    for (const std::string& line : wrapped(text, std::min<size_t>(terminal.columns, 100))) out += line + "\n";
    return out;
}

Row row_of(const Flag& flag) {
    std::string name = "--" + flag.name + (flag.placeholder.empty() ? "" : " " + flag.placeholder);
    std::string text =
        flag.doc + (flag.is_required ? " Required." : "") + (flag.is_repeated ? " May be repeated." : "");
    if (flag.field && flag.field->rules.secret)
        text += " A lone - reads it from standard input, so that it stands in no history.";
    return {std::move(name), std::move(text)};
}

std::string_view noun_of(const OwnCommand& command) { return command.name.substr(0, command.name.find(' ')); }

/// What a member could be given, where its name says it; else its placeholder.
std::string example_value(const Field& field, const std::string& placeholder) {
    constexpr std::pair<std::string_view, std::string_view> values[] = {{"text", "\"Make the heading blue\""},
                                                                        {"name", "\"My own\""},
                                                                        {"title", "\"Another way\""},
                                                                        {"template", "react-vite"},
                                                                        {"provider", "openai"},
                                                                        {"path", "src/App.tsx"}};
    for (const auto& [name, value] : values)
        if (name == field.name) return std::string(value);
    return placeholder;
}

std::string example_value(const Argument& argument, const Command& command) {
    if (argument.field) return example_value(*argument.field, argument.placeholder);
    for (const http::Hole& hole : command.route->holes) {
        std::string name = lower(argument.placeholder);
        if (name == hole.name)
            return hole.is_tail          ? "src/App.tsx"
                   : hole.prefix.empty() ? argument.placeholder
                                         : std::string(hole.prefix) + "_01k…";
    }
    return argument.placeholder;
}

}  // namespace

std::string overview(const Terminal& terminal, std::span<const OwnCommand> own, std::span<const Command> commands) {
    std::string text = styled(terminal, Style::bold, "ramify") +
                       " — a conversation grows running software\n\nusage: ramify COMMAND [ARGUMENTS] [--flags]    "
                       "ramify COMMAND --help explains it\n";
    std::vector<Row> rows;
    for (const OwnCommand& command : own) rows.push_back({std::string(command.name), std::string(command.summary)});
    text += heading(terminal, "This machine") + rows_of(terminal, rows);

    std::vector<std::pair<std::string, std::vector<std::string>>> nouns;
    for (const Command& command : commands) {
        if (nouns.empty() || nouns.back().first != command.noun) nouns.push_back({command.noun, {}});
        nouns.back().second.push_back(command.verb);
    }
    rows.clear();
    for (const auto& [noun, verbs] : nouns) {
        std::string list;
        for (const std::string& verb : verbs) list += (list.empty() ? "" : ", ") + verb;
        rows.push_back({noun, list});
    }
    text += heading(terminal,
                    "A running server (--server URL or --profile NAME; http://127.0.0.1:8080 when none is named)") +
            rows_of(terminal, rows);
    text += heading(terminal, "Exit codes") + rows_of(terminal, exit_codes(""));
    return text;
}

std::string help_of_noun(const Terminal& terminal, std::string_view noun, std::span<const OwnCommand> own,
                         std::span<const Command> commands) {
    std::vector<Row> rows;
    for (const OwnCommand& command : own)
        if (noun_of(command) == noun)
            rows.push_back(
                {std::string(command.name) + " " + std::string(command.usage), std::string(command.summary)});
    for (const Command& command : commands)
        if (command.noun == noun) rows.push_back({usage_of(command), std::string(command.route->summary)});
    return "usage: ramify " + std::string(noun) + " VERB    ramify " + std::string(noun) +
           " VERB --help explains it\n\n" + rows_of(terminal, rows);
}

std::string help_of(const Terminal& terminal, const Command& command) {
    std::string text =
        styled(terminal, Style::bold, command.route->summary) + "\n\nusage: ramify " + usage_of(command) + "\n";
    std::vector<Row> rows;
    for (const Argument& argument : command.arguments)
        if (!argument.doc.empty())
            rows.push_back(
                {argument.placeholder, argument.doc + (argument.field && argument.field->ops->kind == "string"
                                                           ? " A lone - reads it from standard input."
                                                           : "")});
    if (!rows.empty()) text += heading(terminal, "Arguments") + rows_of(terminal, rows);
    rows.clear();
    for (const Flag& flag : command.flags)
        if (!flag.field->rules.positional) rows.push_back(row_of(flag));
    if (!rows.empty()) text += heading(terminal, "Flags") + rows_of(terminal, rows);
    rows.clear();
    for (const Flag& flag : common_flags())
        if (offers(command, flag)) rows.push_back(row_of(flag));
    text += heading(terminal, "Common flags") + rows_of(terminal, rows);
    text += heading(terminal, "Example") + "  ramify " + example_of(command) + "\n";
    text += heading(terminal, "API") + "  " + std::string(http::name_of(command.route->method)) + " " +
            std::string(command.route->path) + "\n";
    return text;
}

std::string help_of(const Terminal& terminal, const OwnCommand& command) {
    std::string text = styled(terminal, Style::bold, command.summary) + "\n\nusage: ramify " +
                       std::string(command.name) + (command.usage.empty() ? "" : " " + std::string(command.usage)) +
                       "\n";
    if (!command.details.empty()) text += "\n" + paragraphs(terminal, command.details);
    std::vector<Row> rows = help_rows(command);
    return rows.empty() ? text : text + heading(terminal, "Flags") + rows_of(terminal, rows);
}

std::string example_of(const Command& command) {
    std::string text = command.name();
    for (const Argument& argument : command.arguments)
        if (argument.is_required) text += " " + example_value(argument, command);
    for (const Flag& flag : command.flags) {
        if (!flag.is_required || is_argument(command, flag)) continue;
        text += " --" + flag.name;
        if (!flag.choices.empty())
            text += " " + flag.choices[0];
        else if (flag.takes != Takes::nothing)
            text += " " + example_value(*flag.field, flag.placeholder);
    }
    return text + (command.route->answers == http::Answers::following ? " --follow" : "");
}

std::vector<HelpRow> help_rows(const OwnCommand& command) {
    std::vector<HelpRow> rows;
    for (const OwnFlag& flag : command.flags)
        rows.push_back(
            {"--" + std::string(flag.name) + (flag.placeholder.empty() ? "" : " " + std::string(flag.placeholder)),
             std::string(flag.doc) + (flag.is_repeated ? " May be repeated." : "")});
    return rows;
}

std::vector<HelpRow> help_rows(const Command& command) {
    std::vector<HelpRow> rows;
    for (const Flag& flag : command.flags)
        if (!flag.field->rules.positional) rows.push_back(row_of(flag));
    for (const Flag& flag : common_flags())
        if (offers(command, flag)) rows.push_back(row_of(flag));
    return rows;
}

std::vector<HelpRow> argument_rows(const Command& command) {
    std::vector<HelpRow> rows;
    for (const Argument& argument : command.arguments)
        if (!argument.doc.empty()) rows.push_back({argument.placeholder, argument.doc});
    return rows;
}

std::vector<HelpRow> exit_codes(std::string_view noun) {
    if (noun == "db")
        return {{"0", "done"},
                {"1", "failed, or not found"},
                {"2", "wrong usage, or a name that means more than one"},
                {"3", "a failure inside the server"},
                {"4", "a safety rule keeps it; not signed in, or not allowed"},
                {"5", "no server answers"},
                {"130", "Ctrl-C"},
                {"of run, psql and prepare … run",
                 "the program's own; 124 after --timeout, 127 when it cannot be started"}};
    return {{"0", "done"},
            {"1", "failed"},
            {"2", "wrong usage"},
            {"3", "not found"},
            {"4", "not signed in, or not allowed"},
            {"5", "no server answers"},
            {"130", "Ctrl-C"}};
}

}  // namespace ry::cli

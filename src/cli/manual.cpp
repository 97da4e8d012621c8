#include "cli/manual.h"

#include <algorithm>

#include "base/text.h"
#include "cli/help.h"

namespace ry::cli {
namespace {

/// Text that means itself: no escapes, no requests at the beginning of a line.
std::string escaped(std::string_view text) {
    std::string all;
    for (char c : text) {
        if (c == '\\')
            all += "\\e";
        else if (c == '-')
            all += "\\-";
        else if ((c == '.' || c == '\'') && (all.empty() || all.back() == '\n'))
            all += std::string("\\&") + c;
        else if (c == '"')
            all += "\\(dq";
        else if (c == '`')
            all += "\\(ga";
        else
            all += c;
    }
    return all;
}

std::string title(std::string_view noun, std::string_view verb) {
    std::string name = "ramify";
    for (std::string_view word : {noun, verb})
        if (!word.empty()) name += "-" + std::string(word);
    return name;
}

std::string upper(std::string text) {
    for (char& c : text) c = c >= 'a' && c <= 'z' ? char(c - 32) : c;
    return text;
}

std::string heading(std::string_view name) { return ".SH " + std::string(name) + "\n"; }

std::string head(const std::string& name, std::string_view summary) {
    return ".TH " + escaped(upper(name)) + " 1 \"\" \"ramify " RAMIFY_VERSION "\" \"Ramify\"\n" + heading("NAME") +
           escaped(name) + " \\- " + escaped(summary.ends_with('.') ? summary.substr(0, summary.size() - 1) : summary) +
           "\n";
}

std::string synopsis(std::string_view usage) { return heading("SYNOPSIS") + ".B ramify\n" + escaped(usage) + "\n"; }

/// Paragraphs, each line of one of its own when it is an example. `is_begun`: others stand before them.
std::string paragraphs(std::string_view text, bool is_begun = false) {
    std::string all;
    for (std::string_view line : split(text, '\n')) {
        if (line.empty()) continue;
        bool is_example = line.starts_with("ramify ") && !line.ends_with('.');
        if (is_example)
            all += ".PP\n.RS 4\n.nf\n" + escaped(line) + "\n.fi\n.RE\n";
        else
            all += (all.empty() && !is_begun ? "" : ".PP\n") + escaped(line) + "\n";
    }
    return all;
}

std::string tagged(std::string_view tag, std::string_view text) {
    return ".TP\n.B " + escaped(tag) + "\n" + (text.empty() ? "\\&\n" : escaped(text) + "\n");
}

std::string tagged(const std::vector<HelpRow>& rows) {
    std::string all;
    for (const HelpRow& row : rows) all += tagged(row.name, row.text);
    return all;
}

std::string exit_status(std::string_view noun) { return heading("\"EXIT STATUS\"") + tagged(exit_codes(noun)); }

std::string page_of(const OwnCommand& command) {
    std::string name = title("", "");
    for (std::string_view word : split(command.name, ' ')) name += "-" + std::string(word);
    std::string page =
        head(name, command.summary) +
        synopsis(std::string(command.name) + (command.usage.empty() ? "" : " " + std::string(command.usage)));
    page += heading("DESCRIPTION") + paragraphs(command.summary) + paragraphs(command.details, true);
    if (auto rows = help_rows(command); !rows.empty()) page += heading("OPTIONS") + tagged(rows);
    return page + exit_status(command.name.substr(0, command.name.find(' '))) + heading("\"SEE ALSO\"") +
           ".BR ramify (1)\n";
}

std::string page_of(const Command& command) {
    std::string page = head(title(command.noun, command.verb), command.route->summary) + synopsis(usage_of(command)) +
                       heading("DESCRIPTION") + paragraphs(command.route->summary);
    if (auto rows = argument_rows(command); !rows.empty()) page += heading("ARGUMENTS") + tagged(rows);
    page += heading("OPTIONS") + tagged(help_rows(command)) + exit_status(command.noun);
    page += heading("EXAMPLES") + ".nf\n" + escaped("ramify " + example_of(command)) + "\n.fi\n";
    return page + heading("\"SEE ALSO\"") + ".BR ramify (1)\n";
}

/// The commands of a noun; of all of them when it is empty.
std::string list_of(std::string_view noun, std::span<const OwnCommand> own, std::span<const Command> commands) {
    std::string all;
    for (const OwnCommand& command : own)
        if (noun.empty() ? true : command.name.substr(0, command.name.find(' ')) == noun)
            all += tagged(std::string(command.name) + (command.usage.empty() ? "" : " " + std::string(command.usage)),
                          command.summary);
    for (const Command& command : commands)
        if (noun.empty() || command.noun == noun) all += tagged(usage_of(command), command.route->summary);
    return all;
}

}  // namespace

std::string manual_page(std::string_view noun, std::string_view verb, std::span<const OwnCommand> own,
                        std::span<const Command> commands) {
    if (!noun.empty()) {
        std::string name = std::string(noun) + (verb.empty() ? "" : " " + std::string(verb));
        if (auto found = std::ranges::find(own, name, &OwnCommand::name); found != own.end()) return page_of(*found);
        if (const Command* command = verb.empty() ? nullptr : find_command(commands, noun, verb))
            return page_of(*command);
        if (!verb.empty()) return "";
    }
    std::string list = list_of(noun, own, commands);
    if (list.empty()) return "";
    std::string what = noun.empty() ? "a conversation grows running software" : "commands of " + std::string(noun);
    return head(title(noun, ""), what) +
           synopsis((noun.empty() ? "" : std::string(noun) + " ") + "COMMAND [ARGUMENTS] [--flags]") +
           heading("COMMANDS") + list + exit_status(noun) + heading("\"SEE ALSO\"") + ".BR psql (1)\n";
}

}  // namespace ry::cli

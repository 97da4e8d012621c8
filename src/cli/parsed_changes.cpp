#include "cli/parsed_changes.h"

#include <algorithm>

#include "cli/call.h"
#include "cli/table.h"
#include "modules/apps/changes/changes.h"

namespace ry::cli {
namespace {

using namespace apps::changes;

std::string size_of(const Change& change) {
    if (!change.packages.empty()) {
        std::string list;
        for (const std::string& package : change.packages) list += (list.empty() ? "" : ", ") + package;
        return list;
    }
    if (!change.content) return change.type.value_or("");
    auto lines =
        std::ranges::count(*change.content, '\n') + (!change.content->empty() && !change.content->ends_with('\n'));
    return std::to_string(lines) + (lines == 1 ? " line" : " lines");
}

std::string shown_parsed(const Terminal& terminal, const Parsed& parsed) {
    std::vector<std::vector<Cell>> rows;
    for (const Change& change : parsed.changes) {
        std::string path = change.from && change.to ? *change.from + " → " + *change.to : change.path.value_or("");
        rows.push_back({{std::string(name_of(change.kind)), Style::bold},
                        {one_line(path)},
                        {one_line(size_of(change)), Style::dim},
                        {one_line(change.description.value_or("")), Style::dim}});
    }
    std::string text;
    if (parsed.summary) text += styled(terminal, Style::bold, one_line(*parsed.summary)) + "\n\n";
    text += rows.empty() ? styled(terminal, Style::dim, "No changes.") + "\n"
                         : table(terminal, {{"change", Align::left, true}, {"path"}, {"size"}, {"description"}}, rows);
    if (parsed.unfinished) {
        std::string what =
            std::string(name_of(parsed.unfinished->kind)) + " " + one_line(parsed.unfinished->path.value_or(""));
        text += "\n" + styled(terminal, Style::yellow, "unfinished") + "  line " +
                std::to_string(parsed.unfinished->line) + ": " + what +
                (parsed.unfinished->at_end ? "; the answer ends inside it" : "; the next change begins inside it") +
                "\n";
    }
    for (const Problem& problem : parsed.problems)
        text += "\n" + styled(terminal, Style::red, "problem") + "  line " + std::to_string(problem.line) + ": " +
                (problem.path ? one_line(*problem.path) + ": " : "") + one_line(problem.message) + "\n";
    return text;
}

}  // namespace

Exit parse_changes(const Terminal& terminal, std::span<const std::string> words) {
    std::string file;
    bool is_json = false, is_wrong = false;
    for (size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--output" && i + 1 < words.size())
            is_json = words[++i] == "json";
        else if (words[i].starts_with("--output="))
            is_json = words[i] == "--output=json";
        else if ((words[i].starts_with('-') && words[i] != "-") || !file.empty())
            is_wrong = true;
        else
            file = words[i];
    }
    if (is_wrong || file.empty()) {
        terminal.err << "usage: ramify changes parse FILE|- [--output json]\n";
        return Exit::usage;
    }
    auto answer = read_file(file);
    if (!answer) {
        terminal.err << styled(terminal, Style::red, "error:") << " " << answer.error().message << "\n";
        return answer.error().code == Code::not_found ? Exit::not_found : Exit::failed;
    }
    Parsed parsed = apps::changes::parse(*answer);
    terminal.out << (is_json ? to_json(parsed) + "\n" : shown_parsed(terminal, parsed)) << std::flush;
    return Exit::ok;
}

}  // namespace ry::cli

// `ramify db compare`: one command on two states.
#include <boost/json.hpp>

#include "base/text.h"
#include "cli/database.h"
#include "cli/database_run.h"
#include "cli/line_difference.h"
#include "cli/table.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;

constexpr size_t context_lines = 3;      // of what both have, around what differs
constexpr size_t whole_lines_max = 200;  // shorter results are shown whole

/// What came of the command on one of the two.
struct Side {
    std::string name;
    RunEnd end;
    std::string out, err;
    std::string summary() const {
        return "exit " + std::to_string(end.program.exit_code) + ", " + std::to_string(end.program.ms) + " ms, " +
               std::to_string(std::ranges::count(out, '\n')) + " lines, " + std::to_string(end.program.out.bytes()) +
               " bytes";
    }
};

bool are_same(const Side& a, const Side& b) {
    return a.out == b.out && a.err == b.err && a.end.program.exit_code == b.end.program.exit_code;
}

bj::object json_of(const Side& side) {
    return {{"source", side.name},       {"run_id", side.end.run_id}, {"exit_code", side.end.program.exit_code},
            {"ms", side.end.program.ms}, {"stdout", side.out},        {"stderr", side.err}};
}

bj::array json_of(const std::vector<DifferenceLine>& lines) {
    bj::array all;
    for (const DifferenceLine& line : lines)
        if (line.kind != LineKind::common)
            all.push_back(
                {{line.kind == LineKind::added ? "added" : "removed", bj::string(line.text.data(), line.text.size())}});
    return all;
}

void print_json(const Terminal& terminal, const Side& a, const Side& b) {
    bj::object all = {{"is_same", are_same(a, b)},
                      {"from", json_of(a)},
                      {"to", json_of(b)},
                      {"difference", bj::object{{"stdout", json_of(line_difference(a.out, b.out))},
                                                {"stderr", json_of(line_difference(a.err, b.err))},
                                                {"ms", b.end.program.ms - a.end.program.ms}}}};
    terminal.out << bj::serialize(all) << "\n" << std::flush;
}

/// Which lines are shown: all of a short result, else what differs with some lines around it.
std::vector<bool> shown_lines(const std::vector<DifferenceLine>& lines) {
    std::vector<bool> shown(lines.size(), lines.size() <= whole_lines_max);
    for (size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].kind == LineKind::common) continue;
        for (size_t near = i - std::min(i, context_lines); near < std::min(lines.size(), i + context_lines + 1); ++near)
            shown[near] = true;
    }
    return shown;
}

void print_lines(const Terminal& terminal, const std::string& before, const std::string& after) {
    auto lines = line_difference(before, after);
    auto shown = shown_lines(lines);
    for (size_t i = 0; i < lines.size(); ++i) {
        if (!shown[i] && (i == 0 || shown[i - 1])) terminal.out << styled(terminal, Style::dim, "  …") << "\n";
        if (!shown[i]) continue;
        bool is_added = lines[i].kind == LineKind::added, is_common = lines[i].kind == LineKind::common;
        Style style = is_common ? Style::plain : is_added ? Style::green : Style::red;
        terminal.out << styled(terminal, style,
                               std::string(is_common  ? "  "
                                           : is_added ? "+ "
                                                      : "- ") +
                                   printable(lines[i].text))
                     << "\n";
    }
}

void print_text(const Terminal& terminal, const Side& a, const Side& b) {
    terminal.out << styled(terminal, Style::red, "- " + one_line(a.name)) << "  "
                 << styled(terminal, Style::dim, a.summary()) << "\n"
                 << styled(terminal, Style::green, "+ " + one_line(b.name)) << "  "
                 << styled(terminal, Style::dim, b.summary()) << "\n";
    if (!a.out.empty() || !b.out.empty()) terminal.out << "\n";
    print_lines(terminal, a.out, b.out);
    if (!a.err.empty() || !b.err.empty())
        terminal.out << "\n" << styled(terminal, Style::bold, "standard error") << "\n";
    print_lines(terminal, a.err, b.err);
    if (are_same(a, b)) terminal.out << styled(terminal, Style::dim, "No difference.") << "\n";
    terminal.out << std::flush;
}

/// Side by side: lines that replace each other stand beside each other.
void print_table(const Terminal& terminal, const Side& a, const Side& b) {
    std::vector<std::vector<Cell>> rows = {{{a.summary(), Style::dim}, {}, {b.summary(), Style::dim}}};
    size_t open = 0;  // the first row whose right side is still empty
    auto lines = line_difference(a.out, b.out);
    for (const DifferenceLine& line : lines) {
        std::string text = one_line(line.text);
        if (line.kind == LineKind::common) {
            rows.push_back({{text}, {}, {text}});
            open = 0;
        } else if (line.kind == LineKind::removed) {
            rows.push_back({{text, Style::red}, {"<", Style::dim}, {}});
            open = open ? open : rows.size() - 1;
        } else if (open && open < rows.size()) {
            rows[open][1].text = "|";
            rows[open++][2] = {text, Style::green};
        } else {
            rows.push_back({{}, {">", Style::dim}, {text, Style::green}});
        }
    }
    terminal.out << table(terminal, {{a.name}, {"", Align::left, true}, {b.name}}, rows);
    if (a.err != b.err) terminal.out << "\nWhat they wrote to standard error differs; --output text shows it.\n";
    if (are_same(a, b)) terminal.out << styled(terminal, Style::dim, "No difference.") << "\n";
    terminal.out << std::flush;
}

Result<Side> ran(const Terminal& terminal, const HeldSignals& signals, ApiClient& api, RunAsked asked,
                 const std::string& source, const Side* other) {
    asked.start.from = source;
    if (other) asked.start.compared_to = databases::DatabaseRunId::parse(other->end.run_id);
    if (!asked.limits.bytes_max) asked.limits.bytes_max = int64_t(compared_bytes_max);
    RunEnd end = TRY(recorded_run(terminal, signals, api, asked, false));
    std::string out = end.program.out.text(), err = end.program.err.text();
    return Side{source, std::move(end), std::move(out), std::move(err)};
}

}  // namespace

int database_compare(const DatabaseCall& call) {
    auto asked = read_run(call.words);
    if (!asked) return misused(call, asked.error().message);
    if (!call.words.has("from") || !call.words.has("to")) return misused(call, "say which two: --from REF --to REF");
    std::string output = call.words.has("output")       ? call.words.get("output")
                         : call.terminal.is_interactive ? "text"
                                                        : "json";
    HeldSignals signals;
    auto server = call.server();
    if (!server) return failed(call.terminal, server.error());
    ApiClient api(*server, {});
    auto before = ran(call.terminal, signals, api, *asked, call.words.get("from"), nullptr);
    if (!before) return failed(call.terminal, before.error());
    if (before->end.program.outcome == ProgramOutcome::cancelled) return int(Exit::interrupted);
    auto after = ran(call.terminal, signals, api, *asked, call.words.get("to"), &*before);
    if (!after) return failed(call.terminal, after.error());
    if (after->end.program.outcome == ProgramOutcome::cancelled) return int(Exit::interrupted);
    if (output == "json")
        print_json(call.terminal, *before, *after);
    else if (output == "table")
        print_table(call.terminal, *before, *after);
    else
        print_text(call.terminal, *before, *after);
    return 0;
}

}  // namespace ry::cli

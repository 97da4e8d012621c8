#include "cli/tested_lore.h"

#include <optional>

#include "base/text.h"
#include "cli/call.h"
#include "cli/table.h"
#include "modules/chats/lore/lore.h"

namespace ry::cli {
namespace {

using namespace chats::lore;

struct Arguments {
    std::optional<std::string> book, text, settings, seed, output;
};

/// Absent when the words are not what the command takes.
std::optional<Arguments> arguments_of(std::span<const std::string> words) {
    Arguments arguments;
    for (size_t i = 0; i < words.size(); ++i) {
        size_t equals = words[i].find('=');
        std::string flag = words[i].substr(0, equals);
        std::optional<std::string>* value = flag == "--book"       ? &arguments.book
                                            : flag == "--text"     ? &arguments.text
                                            : flag == "--settings" ? &arguments.settings
                                            : flag == "--seed"     ? &arguments.seed
                                            : flag == "--output"   ? &arguments.output
                                                                   : nullptr;
        if (!value || (equals == std::string::npos && i + 1 == words.size())) return std::nullopt;
        *value = equals == std::string::npos ? words[++i] : words[i].substr(equals + 1);
    }
    bool is_output = !arguments.output || arguments.output == "json" || arguments.output == "table";
    bool is_seed = !arguments.seed || parse_int(*arguments.seed);
    return arguments.book && arguments.text && is_output && is_seed ? std::optional(arguments) : std::nullopt;
}

/// What is printed for an entry.
struct TestedEntry {
    int64_t uid = 0;
    bool activated = false;
    Reason reason = Reason::no_match;
    std::vector<std::string> matched_keys;
    static const Fields& fields() {
        using S = TestedEntry;
        static const Field table[] = {
            field("uid", &S::uid, ""),
            field("activated", &S::activated, ""),
            field("reason", &S::reason, ""),
            field("matched_keys", &S::matched_keys, ""),
        };
        static const Fields all{"TestedEntry", table};
        return all;
    }
};

std::string json_of(const Outcome& outcome) {
    std::vector<TestedEntry> entries;
    for (const Verdict& verdict : outcome.verdicts)
        entries.push_back({verdict.uid, verdict.activated, verdict.reason, verdict.matched_keys});
    std::string json;
    encode(json, entries);
    return json + "\n";
}

std::string table_of(const Terminal& terminal, const Outcome& outcome) {
    std::vector<std::vector<Cell>> rows;
    for (const Verdict& verdict : outcome.verdicts) {
        std::string keys;
        for (const std::string& key : verdict.matched_keys) keys += (keys.empty() ? "" : ", ") + key;
        rows.push_back({{std::to_string(verdict.uid)},
                        {verdict.activated ? "yes" : "no", verdict.activated ? Style::green : Style::dim},
                        {std::string(names_of(verdict.reason)[size_t(verdict.reason)])},
                        {one_line(keys)},
                        {one_line(verdict.comment)},
                        {one_line(verdict.detail)}});
    }
    if (rows.empty()) return "The book has no entries.\n";
    return table(terminal,
                 {{"uid", Align::right, true},
                  {"activated", Align::left, true},
                  {"reason", Align::left, true},
                  {"matched keys"},
                  {"title"},
                  {"detail"}},
                 rows) +
           std::to_string(outcome.tokens) + " of " + std::to_string(outcome.budget) + " tokens\n";
}

Result<Outcome> tested(const Arguments& arguments) {
    Settings settings;
    if (arguments.settings)
        settings = TRY(from_json<Settings>(TRY(read_file(*arguments.settings))).within(*arguments.settings));
    Book book = TRY(read_book(TRY(read_file(*arguments.book))).within(*arguments.book));
    Scene scene;
    scene.lines.push_back({"", utf8_text(TRY(read_file(*arguments.text)))});
    scene.seed = uint64_t(parse_int(arguments.seed.value_or("0")).value_or(0));
    return resolve({{book.name, Scope::global, compile(std::move(book), {.case_sensitive = settings.case_sensitive})}},
                   settings, scene);
}

}  // namespace

Exit test_lore(const Terminal& terminal, std::span<const std::string> words) {
    std::optional<Arguments> arguments = arguments_of(words);
    if (!arguments) {
        terminal.err << "usage: ramify lore test --book FILE|- --text FILE|- [--seed N] [--settings FILE] [--output "
                        "table|json]\n";
        return Exit::usage;
    }
    auto outcome = tested(*arguments);
    if (!outcome) {
        terminal.err << styled(terminal, Style::red, "error:") << " " << printable(outcome.error().message) << "\n";
        return outcome.error().code == Code::not_found ? Exit::not_found : Exit::failed;
    }
    for (const std::string& warning : outcome->warnings)
        terminal.err << styled(terminal, Style::yellow, "warning:") << " " << one_line(warning) << "\n";
    terminal.out << (arguments->output == "json" ? json_of(*outcome) : table_of(terminal, *outcome)) << std::flush;
    return Exit::ok;
}

}  // namespace ry::cli

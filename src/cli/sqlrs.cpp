#include "cli/sqlrs.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "cli/terminal.h"

namespace ry::cli {
namespace {

using Words = std::vector<std::string>;

/// "prepare:psql" and "prepare" are a verb with and without its kind, which goes on as the first argument.
struct Verb {
    std::string_view theirs;
    std::string_view ours;   ///< words, separated by spaces
    std::string_view added;  ///< a flag that makes it behave as theirs does
};
constexpr Verb verbs[] = {
    {"prepare", "db prepare", "--output=assignment"},
    {"apply", "db prepare", "--output=assignment"},
    {"plan", "db plan", ""},
    {"run", "db run", ""},
    {"ls", "db ls", ""},
    {"rm", "db rm", "--missing-ok"},
    {"destroy", "db rm", "--missing-ok"},
    {"status", "db status", ""},
    {"watch", "db watch", "--output=assignment"},
    {"logs", "db logs", ""},
    {"init", "db init", ""},
    {"diff", "db diff", ""},
    {"discover", "db discover", ""},
    {"config", "config show", ""},
};

/// A flag of theirs: what it is called here; "" when it says what holds anyway. A flag that takes a value has "=" at its end.
struct Spelling {
    std::string_view verb;  ///< "": of every verb
    std::string_view theirs, ours;
};
constexpr Spelling spellings[] = {
    {"", "--endpoint=", "--server="},
    {"", "--mode=", ""},
    {"", "--profile=", ""},
    {"", "-v", ""},
    {"", "--verbose", ""},
    {"prepare", "--watch", ""},
    {"prepare", "--ref-keep-worktree", ""},
    {"apply", "--watch", ""},
    {"rm", "-r", "--recurse"},
    {"rm", "-f", "--force"},
    {"destroy", "-r", "--recurse"},
    {"destroy", "-f", "--force"},
    {"ls", "-n", "--refs"},
    {"ls", "--names", "--refs"},
    {"ls", "-i", "--instances"},
    {"ls", "-s", "--states"},
    {"ls", "-j", "--prepares"},
    {"ls", "--jobs", "--prepares"},
    {"ls", "-t", "--prepares"},
    {"ls", "--tasks", "--prepares"},
    {"ls", "--long", ""},
    {"ls", "--wide", ""},
    {"ls", "--no-header", ""},
    {"ls", "--quiet", ""},
    {"init", "--force", ""},
    {"init", "--update", ""},
    {"init", "--no-start", ""},
    {"init", "--snapshot=", ""},
    {"init", "--store=", ""},
    {"init", "--store-size=", ""},
};

Words split_words(std::string_view text) {
    Words words;
    for (size_t space; (space = text.find(' ')) != std::string_view::npos; text.remove_prefix(space + 1)) words.emplace_back(text.substr(0, space));
    words.emplace_back(text);
    return words;
}

/// "-output" is "--output" there; "--output human" is what a terminal gets anyway.
std::string doubled(const std::string& word) {
    bool is_long = word.size() > 2 && word[0] == '-' && word[1] != '-';
    return is_long ? "-" + word : word;
}

/// Reads the flags of one command up to "--".
class Reader {
public:
    Reader(std::string_view verb, std::span<const std::string> words) : verb_(verb), words_(words) {}

    Words flags() {
        while (at_ < words_.size() && words_[at_] != "--") take(doubled(words_[at_++]));
        return std::move(read_);
    }
    std::span<const std::string> rest() const { return words_.subspan(at_); }

private:
    void take(const std::string& word) {
        size_t equals = word.find('=');
        std::string name = word.substr(0, equals);
        bool is_output = name == "--output";
        for (const Spelling& spelling : spellings) {
            bool takes_value = spelling.theirs.ends_with('=');
            if ((!spelling.verb.empty() && spelling.verb != verb_) || spelling.theirs.substr(0, spelling.theirs.size() - (takes_value ? 1 : 0)) != name) continue;
            std::string value = takes_value ? value_of(word, equals) : "";
            if (!spelling.ours.empty()) read_.push_back(std::string(spelling.ours) + value);
            return;
        }
        if (!is_output) return read_.push_back(word);
        std::string value = value_of(word, equals);
        read_.push_back("--output=" + (value == "human" ? "table" : value));
    }
    std::string value_of(const std::string& word, size_t equals) {
        if (equals != std::string::npos) return word.substr(equals + 1);
        return at_ < words_.size() ? words_[at_++] : "";
    }

    std::string_view verb_;
    std::span<const std::string> words_;
    size_t at_ = 0;
    Words read_;
};

const Verb* find_verb(std::string_view word) {
    auto verb = std::ranges::find(verbs, word.substr(0, word.find(':')), &Verb::theirs);
    return verb == std::end(verbs) ? nullptr : verb;
}

}  // namespace

Result<std::vector<std::string>> from_sqlrs(std::span<const std::string> words) {
    size_t at = 0;
    while (at < words.size() && !find_verb(words[at])) ++at;  // flags may stand before the verb
    if (at == words.size()) {
        if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") return Words{"help", "sqlrs"};
        return fail(Code::invalid, "\"" + one_line(words[0]) + "\" is no command of sqlrs that there is here; `ramify help sqlrs` lists them, `ramify help db` what there is besides");
    }
    const Verb& verb = *find_verb(words[at]);
    size_t colon = words[at].find(':');
    Words made = split_words(verb.ours);
    if (verb.theirs == "config") {
        std::string what = at + 1 < words.size() ? words[at + 1] : "get";
        if (what == "schema") return Words{"config", "explain"};
        if (what != "get") return fail(Code::invalid, "settings are flags of `ramify serve` and variables of its environment; `ramify config explain` lists them");
        return made;
    }
    if (colon != std::string::npos) made.push_back(words[at].substr(colon + 1));
    Reader leading(verb.theirs, words.subspan(0, at)), trailing(verb.theirs, words.subspan(at + 1));
    for (Words flags : {leading.flags(), trailing.flags()}) made.insert(made.end(), flags.begin(), flags.end());
    bool is_said = std::ranges::any_of(made, [&](const std::string& word) { return word.starts_with("--output="); });
    if (!verb.added.empty() && !(is_said && verb.added.starts_with("--output="))) made.emplace_back(verb.added);
    if (verb.theirs == "ls" && std::ranges::none_of(made, [](const std::string& word) { return word.starts_with("--") && word != "--output=json" && word != "--output=table"; }))
        made.insert(made.end(), {"--refs", "--instances"});
    if (verb.theirs == "init") std::erase(made, "local");  // as it is when no server is named
    made.insert(made.end(), trailing.rest().begin(), trailing.rest().end());
    return made;
}

}  // namespace ry::cli

#include "cli/completion.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "cli/api_client.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
using Words = std::vector<std::string>;

void add_once(Words& words, std::string_view word) {
    if (!word.empty() && std::ranges::find(words, word) == words.end()) words.emplace_back(word);
}

std::string_view noun_of(const OwnCommand& command) { return command.name.substr(0, command.name.find(' ')); }

Words split_choices(std::string_view placeholder) {
    Words words;
    if (placeholder.contains('|'))
        for (std::string_view choice : split(placeholder, '|')) words.emplace_back(choice);
    return words;
}

/// What a hole of a path or a member of a body names.
Names names_of_argument(const Command& command, const Argument& argument) {
    std::string_view path = command.route->path;
    if (argument.placeholder == "INSTANCE") return Names::instance;
    if (argument.placeholder == "STATE" || argument.placeholder == "STATE_ID" || argument.placeholder == "TO")
        return Names::state;
    if (argument.placeholder == "PREPARE_ID") return Names::prepare;
    if (argument.placeholder == "NAME" && path.starts_with("/api/v1/database_refs")) return Names::ref;
    return argument.placeholder == "NAME" && path == "/api/v1/database_instances" ? Names::instance : Names::nothing;
}

/// A command of either table.
struct Found {
    const OwnCommand* own = nullptr;
    const Command* command = nullptr;

    Words flags() const {
        Words all;
        if (own)
            for (const OwnFlag& flag : own->flags) all.push_back("--" + std::string(flag.name));
        if (command) {
            for (const Flag& flag : command->flags) all.push_back("--" + flag.name);
            for (const Flag& flag : common_flags())
                if (offers(*command, flag)) add_once(all, "--" + flag.name);
        }
        add_once(all, "--help");
        return all;
    }
    /// The placeholder of a flag's value; "" for one that takes none.
    std::string value_of(std::string_view name) const {
        if (const OwnFlag* flag = own ? find_flag(*own, name) : nullptr) return std::string(flag->placeholder);
        if (!command) return "";
        for (const Flag& flag : command->flags)
            if (flag.name == name) return flag.placeholder;
        for (const Flag& flag : common_flags())
            if (flag.name == name && offers(*command, flag)) return flag.placeholder;
        return "";
    }
    /// What may stand as the argument number `at`, from 0.
    Words argument(size_t at, const KnownNames& known) const {
        if (own && own->argument != Names::nothing) return known(own->argument);
        if (own && at == 0)
            return split_choices(own->usage.substr(own->usage.starts_with('['),
                                                   own->usage.find_first_of(" ]") - own->usage.starts_with('[')));
        if (!command || at >= command->arguments.size()) return {};
        Names names = names_of_argument(*command, command->arguments[at]);
        return names == Names::nothing ? Words{} : known(names);
    }
};

Words nouns(std::span<const OwnCommand> own, std::span<const Command> commands) {
    Words all;
    for (const OwnCommand& command : own) add_once(all, noun_of(command));
    for (const Command& command : commands) add_once(all, command.noun);
    return all;
}

Words verbs(std::string_view noun, std::span<const OwnCommand> own, std::span<const Command> commands) {
    Words all;
    for (const OwnCommand& command : own)
        if (noun_of(command) == noun && command.name.size() > noun.size())
            add_once(all, command.name.substr(noun.size() + 1));
    for (const Command& command : commands)
        if (command.noun == noun) add_once(all, command.verb);
    return all;
}

Words all_candidates(std::span<const std::string> words, std::span<const OwnCommand> own,
                     std::span<const Command> commands, const KnownNames& known) {
    if (words.size() <= 1) return nouns(own, commands);
    if (words[0] == "help" || words[0] == "man") return all_candidates(words.subspan(1), own, commands, known);
    auto single = std::ranges::find(own, words[0], &OwnCommand::name);
    if (single == own.end() && words.size() == 2) return verbs(words[0], own, commands);
    Found found;
    if (single != own.end())
        found.own = &*single;
    else if (auto both = std::ranges::find(own, words[0] + " " + words[1], &OwnCommand::name); both != own.end())
        found.own = &*both;
    else
        found.command = find_command(commands, words[0], words[1]);
    if (!found.own && !found.command) return {};
    std::span<const std::string> given = words.subspan(single != own.end() ? 1 : 2);
    if (std::ranges::find(given.first(given.size() - 1), "--") != given.end() - 1) return {};
    const std::string& current = given.back();
    if (current.starts_with('-')) return found.flags();
    size_t arguments = 0;
    for (size_t i = 0; i + 1 < given.size(); ++i) {
        bool takes_value =
            given[i].starts_with("--") && !given[i].contains('=') && !found.value_of(given[i].substr(2)).empty();
        if (takes_value && i + 2 == given.size()) {
            std::string flag = given[i].substr(2);
            Names names = names_of_flag(flag);
            return names == Names::nothing ? split_choices(found.value_of(flag)) : known(names);
        }
        if (takes_value)
            ++i;
        else if (!given[i].starts_with('-'))
            ++arguments;
    }
    return found.argument(arguments, known);
}

}  // namespace

std::vector<std::string> candidates(std::span<const std::string> words, std::span<const OwnCommand> own,
                                    std::span<const Command> commands, const KnownNames& known) {
    Words all = all_candidates(words, own, commands, known);
    std::string_view current = words.empty() ? std::string_view() : std::string_view(words.back());
    std::erase_if(all, [&](const std::string& word) { return !word.starts_with(current); });
    std::ranges::sort(all);
    return all;
}

std::vector<std::string> known_names(const Endpoint& server, Names names) {
    ApiClient api(server, {});
    api.give_up_after(known_ms_max);
    Words all;
    auto take = [&](const std::string& path, std::initializer_list<std::string_view> members) {
        auto response = api.send("GET", path + "?limit=200");
        boost::system::error_code error;
        bj::value page = response && response->ok() ? bj::parse(response->body, error) : bj::value();
        if (error || !page.is_object() || !page.as_object().contains("items")) return;
        for (const auto& item : page.at("items").as_array())
            for (std::string_view member : members)
                if (const auto* value = item.as_object().if_contains(bj::string_view(member.data(), member.size()));
                    value && value->is_string())
                    add_once(all, std::string_view(value->as_string()));
    };
    bool is_anything = names == Names::anything;
    if (names == Names::instance || is_anything) take("/api/v1/database_instances", {"name", "id"});
    if (names == Names::instance || names == Names::ref || names == Names::state || is_anything)
        take("/api/v1/database_refs", {"name"});
    if (names == Names::state || is_anything) take("/api/v1/database_states", {"id"});
    if (names == Names::prepare || is_anything) take("/api/v1/database_prepares", {"id"});
    return all;
}

std::string completion_script(std::string_view shell) {
    // bash breaks words at "@", ":" and "=", which names and flags have in them: the line is split here again, and of
    // each candidate only what follows the last of them is given back.
    if (shell == "bash")
        return R"script(# bash completion of ramify: source <(ramify completion bash)
_ramify() {
    local line=${COMP_LINE:0:COMP_POINT} words current broken IFS=$' \t\n'
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    current=${words[${#words[@]}-1]}
    broken=${current%"${current##*[@:=]}"}
    IFS=$'\n'
    COMPREPLY=($("${words[0]}" completion words -- "${words[@]:1}" 2>/dev/null))
    COMPREPLY=("${COMPREPLY[@]#"$broken"}")
}
complete -o default -F _ramify ramify
)script";
    if (shell == "zsh")
        return R"script(#compdef ramify
# zsh completion of ramify: source <(ramify completion zsh)
_ramify() {
    local -a candidates
    candidates=(${(f)"$($words[1] completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    if (($#candidates)); then compadd -- $candidates; else _files; fi
}
compdef _ramify ramify
)script";
    if (shell == "fish")
        return R"script(# fish completion of ramify: ramify completion fish | source
function __ramify_words
    set -l given (commandline -opc)
    $given[1] completion words -- $given[2..] (commandline -ct) 2>/dev/null
end
complete -c ramify -n 'not contains -- -- (commandline -opc)' -f -a '(__ramify_words)'
)script";
    return "";
}

}  // namespace ry::cli

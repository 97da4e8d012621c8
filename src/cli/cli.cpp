#include "cli/cli.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "base/text.h"
#include "cli/completion.h"
#include "cli/converted_card.h"
#include "cli/database.h"
#include "cli/database_call.h"
#include "cli/doctor.h"
#include "cli/generated.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "cli/parsed_changes.h"
#include "cli/profile_commands.h"
#include "cli/profiles.h"
#include "cli/rendered_template.h"
#include "cli/serve.h"
#include "cli/sqlrs.h"
#include "cli/table.h"
#include "cli/tested_lore.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::cli {
namespace {

bool has_word(std::span<const std::string> words, std::string_view wanted) {
    return std::ranges::find(words, wanted) != words.end();
}

/// One command line on its way.
class CommandLine {
public:
    CommandLine(const Terminal& terminal, std::span<const std::string> words,
                const std::function<std::vector<http::Route>()>& routes, const Surroundings& surroundings)
        : terminal_(terminal), words_(words.begin(), words.end()), make_routes_(routes), surroundings_(surroundings) {}

    Exit run() {
        if (word(0) == "sqlrs") {
            auto ours = from_sqlrs(std::span(words_).subspan(1));
            if (!ours) return wrong(ours.error().message);
            words_ = *std::move(ours);
        }
        if (word(0) == "completion" && word(1) == "words") return print_completion(std::span(words_).subspan(1));
        spell_database_commands();
        move_leading_flags();
        std::string noun = word(0), verb = word(1);
        if (noun.empty() || noun == "--help" || noun == "-h")
            return print(overview(terminal_, own_commands(), commands()));
        if (noun == "--version") noun = "version";
        if (noun == "help" && !verb.empty()) {
            words_.erase(words_.begin());
            return help(word(0), word(1));
        }
        if (noun == "help") return print(overview(terminal_, own_commands(), commands()));
        if (const OwnCommand* own = find_own(noun, verb)) {
            if (own->name.starts_with("db "))
                return Exit(run_database(terminal_, *own, std::span(words_).subspan(2), surroundings_));
            if (own->name.starts_with("profile ")) return run_profile(terminal_, *own, std::span(words_).subspan(2));
            if (has_word(words_, "--help") || has_word(words_, "-h")) return print(help_of(terminal_, *own));
            return run_own(*own);
        }
        if (!verb.empty() && !verb.starts_with('-'))
            if (const Command* command = find_command(commands(), noun, verb)) return run_command(*command);
        return help(noun, verb);
    }

private:
    std::string word(size_t i) const { return i < words_.size() ? words_[i] : ""; }

    /// `ramify db prepare:psql` is `ramify db prepare psql`, and `ramify db image add` is `ramify db add-image`.
    /// --data-dir names the local server of every one of them, whatever the environment names.
    void spell_database_commands() {
        if (word(0) != "db") return;
        for (size_t i = 1; i < words_.size() && words_[i] != "--"; ++i) {
            bool is_joined = words_[i].starts_with("--data-dir=");
            if (!is_joined && (words_[i] != "--data-dir" || i + 1 == words_.size())) continue;
            ::setenv("RAMIFY_DATA_DIR", (is_joined ? words_[i].substr(11) : words_[i + 1]).c_str(), 1);
            surroundings_ = {.token = surroundings_.token, .is_data_dir_given = true};
            words_.erase(words_.begin() + ptrdiff_t(i), words_.begin() + ptrdiff_t(i) + (is_joined ? 1 : 2));
            --i;
        }
        if (size_t colon = word(1).find(':'); colon != std::string::npos) {
            words_.insert(words_.begin() + 2, words_[1].substr(colon + 1));
            words_[1].resize(colon);
        }
        constexpr std::pair<std::string_view, std::string_view> image_verbs[] = {
            {"add", "add-image"}, {"rm", "remove-image"}, {"ls", "images"}};
        if (word(1) != "image") return;
        for (auto [said, verb] : image_verbs)
            if (word(2) == said) {
                words_.erase(words_.begin() + 1);
                words_[1] = verb;
                return;
            }
    }

    /// `ramify --server URL apps ls` is `ramify apps ls --server URL`.
    void move_leading_flags() {
        std::vector<std::string> leading;
        while (!words_.empty() && words_[0].starts_with("--")) {
            auto flags = common_flags();
            size_t equals = words_[0].find('=');
            auto flag = std::ranges::find(flags, words_[0].substr(2, equals == std::string::npos ? equals : equals - 2),
                                          &Flag::name);
            if (flag == flags.end() || flag->name == "help") break;
            size_t count = flag->takes != Takes::nothing && equals == std::string::npos && words_.size() > 1 ? 2 : 1;
            leading.insert(leading.end(), words_.begin(), words_.begin() + ptrdiff_t(count));
            words_.erase(words_.begin(), words_.begin() + ptrdiff_t(count));
        }
        auto end = std::ranges::find(words_, "--");
        words_.insert(end, leading.begin(), leading.end());
    }

    const std::vector<Command>& commands() {
        if (routes_.empty()) {
            routes_ = make_routes_();
            commands_ = commands_of(routes_);
        }
        return commands_;
    }

    Exit print(std::string_view text) {
        terminal_.out << text << std::flush;
        return Exit::ok;
    }
    Exit wrong(std::string_view message) {
        terminal_.err << styled(terminal_, Style::red, "error:") << " " << message << "\n";
        return Exit::usage;
    }

    /// Help of a noun or a command; an error for what is neither.
    Exit help(const std::string& noun, const std::string& verb) {
        bool is_asked = words_.empty() || verb.empty() || verb.starts_with('-') || has_word(words_, "--help");
        if (const OwnCommand* own = find_own(noun, verb)) return print(help_of(terminal_, *own));
        if (const Command* command = find_command(commands(), noun, verb)) return print(help_of(terminal_, *command));
        std::vector<std::string> nouns, verbs;
        for (const OwnCommand& own : own_commands()) {
            nouns.emplace_back(own.name.substr(0, own.name.find(' ')));
            if (nouns.back() == noun && own.name.size() > noun.size())
                verbs.emplace_back(own.name.substr(noun.size() + 1));
        }
        for (const Command& command : commands()) {
            nouns.push_back(command.noun);
            if (command.noun == noun) verbs.push_back(command.verb);
        }
        if (verbs.empty()) {
            std::string near = nearest(noun, nouns);
            return wrong("there is no command `ramify " + one_line(noun) + "`" +
                         (near.empty() ? "; `ramify help` lists them" : "; did you mean `ramify " + near + "`?"));
        }
        std::string text = help_of_noun(terminal_, noun, own_commands(), commands_);
        if (is_asked) return print(text);
        std::string near = nearest(verb, verbs);
        Exit exit = wrong("there is no command `ramify " + noun + " " + one_line(verb) + "`" +
                          (near.empty() ? "" : "; did you mean `ramify " + noun + " " + near + "`?"));
        terminal_.err << text;
        return exit;
    }

    Exit run_command(const Command& command) {
        auto invocation = parse(command, std::span(words_).subspan(2), &read_standard_input);
        if (!invocation) return wrong(invocation.error().message);
        if (invocation->is_help_wanted) return print(help_of(terminal_, command));
        auto endpoint =
            endpoint_of({.server = invocation->server, .profile = invocation->profile, .token = invocation->token},
                        surroundings_, command.noun == "db" ? Unnamed::started : Unnamed::usual_address);
        if (!endpoint) return endpoint.error().code == Code::invalid ? wrong(endpoint.error().message) : Exit(failed(terminal_, endpoint.error()));
        return call(terminal_, *invocation, *endpoint);
    }

    // ---- commands of its own

    Exit run_own(const OwnCommand& own) {
        std::span<const std::string> rest = std::span(words_).subspan(size_t(std::ranges::count(own.name, ' ')) + 1);
        if (own.name == "version") return print("ramify " RAMIFY_VERSION "\n");
        if (own.name == "config explain") return print(config::manual(server::Settings::fields(), &defaults_));
        if (own.name == "completion") return print_completion(rest);
        if (own.name == "man") return print_manual(rest);
        if (own.name == "openapi") return print_generated(rest);
        if (own.name == "changes parse") return parse_changes(terminal_, rest);
        if (own.name == "cards convert") return convert_card(terminal_, rest);
        if (own.name == "templates render") return render_template(terminal_, rest);
        if (own.name == "lore test") return test_lore(terminal_, rest);
        auto loaded = load_settings(rest);
        if (!loaded) return wrong(loaded.error().message);
        if (own.name == "doctor") return doctor(*loaded);
        if (!loaded->rest.empty()) return unknown_setting(own, loaded->rest[0]);
        if (own.name == "config show") return show_settings(*loaded);
        return own.name == "serve" ? serve(terminal_, loaded->settings) : migrate(terminal_, loaded->settings);
    }

    Exit unknown_setting(const OwnCommand& own, const std::string& word) {
        std::vector<std::string> flags{"--config"};
        for (const Field& field : server::Settings::fields().list) flags.push_back(config::flag_of(field.name));
        std::string near = nearest(word.substr(0, word.find('=')), flags);
        return wrong("`ramify " + std::string(own.name) + "` does not take " + one_line(word) +
                     (near.empty() ? "; `ramify config explain` lists the settings" : "; did you mean " + near + "?"));
    }

    Exit print_completion(std::span<const std::string> rest) {
        if (!rest.empty() && rest[0] == "words")
            return print_candidates(rest.subspan(rest.size() > 1 && rest[1] == "--" ? 2 : 1));
        std::string script = rest.size() == 1 ? completion_script(rest[0]) : "";
        return script.empty() ? wrong("usage: ramify completion bash|zsh|fish") : print(script);
    }

    static std::string value_among(std::span<const std::string> words, std::string_view flag) {
        auto at = std::ranges::find(words, flag);
        return at == words.end() || at + 1 == words.end() ? "" : *(at + 1);
    }

    static std::vector<std::string> profile_names() {
        std::vector<std::string> names{std::string(local_profile)};
        if (auto all = load_profiles(profiles_path()))
            for (const Profile& profile : all->profiles) names.push_back(profile.name);
        return names;
    }

    /// A server is asked only when one runs.
    Exit print_candidates(std::span<const std::string> words) {
        auto server = endpoint_of({.profile = value_among(words, "--profile")}, surroundings_, Unnamed::found);
        KnownNames known = [&](Names names) {
            if (names == Names::profile) return profile_names();
            return !server || server->url.empty() ? std::vector<std::string>() : known_names(*server, names);
        };
        for (const std::string& candidate : candidates(words, own_commands(), commands(), known))
            terminal_.out << one_line(candidate) << "\n";
        return print("");
    }

    Exit print_manual(std::span<const std::string> rest) {
        std::string page = rest.size() <= 2 ? manual_page(rest.empty() ? "" : rest[0], rest.size() < 2 ? "" : rest[1],
                                                          own_commands(), commands())
                                            : "";
        return page.empty() ? wrong("there is no such command; `ramify help` lists them") : print(page);
    }

    Exit print_generated(std::span<const std::string> rest) {
        commands();
        std::string flag = rest.empty() ? "--openapi" : rest[0];
        for (const Artefact& artefact : artefacts())
            if (artefact.flag == flag && rest.size() <= 1) return print(artefact.make(routes_));
        return wrong("usage: ramify openapi [--typescript | --access | --config]");
    }

    Exit doctor(const Loaded& loaded) {
        bool is_json = false;
        for (size_t i = 0; i < loaded.rest.size(); ++i) {
            if (loaded.rest[i] == "--output=json")
                is_json = true;
            else if (loaded.rest[i] == "--output" && i + 1 < loaded.rest.size())
                is_json = loaded.rest[++i] == "json";
            else
                return wrong("usage: ramify doctor [--data-dir DIR] [--output json]");
        }
        std::vector<Check> checks = examine(loaded.settings);
        if (is_json) {
            std::string json = "{\"checks\":";
            encode(json, checks);
            print(json + "}\n");
        } else {
            print(shown_checks(terminal_, checks));
        }
        return std::ranges::any_of(checks, [](const Check& check) { return check.health == Health::missing; })
                   ? Exit::failed
                   : Exit::ok;
    }

    Exit show_settings(const Loaded& loaded) {
        std::vector<std::vector<Cell>> rows;
        for (const Field& field : server::Settings::fields().list) {
            std::string value;
            field.ops->to_text(value, field.of(&loaded.settings));
            if (field.rules.secret && !value.empty()) value = "(set)";
            const std::string& origin = loaded.origins.find(field.name)->second;
            rows.push_back({{std::string(field.name), Style::bold},
                            {one_line(value)},
                            {origin, origin == "default" ? Style::dim : Style::green}});
        }
        return print(table(terminal_, {{"setting", Align::left, true}, {"value"}, {"from", Align::left, true}}, rows));
    }

    const Terminal& terminal_;
    std::vector<std::string> words_;
    const std::function<std::vector<http::Route>()>& make_routes_;
    Surroundings surroundings_;
    server::Settings defaults_;
    std::vector<http::Route> routes_;
    std::vector<Command> commands_;
};

}  // namespace

Exit run(const Terminal& terminal, std::span<const std::string> words,
         const std::function<std::vector<http::Route>()>& routes, const Surroundings& surroundings) {
    telemetry::set_log_level(telemetry::Level::error);  // of a command, not of a server: `serve` sets its own
    return CommandLine(terminal, words, routes, surroundings).run();
}

}  // namespace ry::cli

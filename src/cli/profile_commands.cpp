#include "cli/profile_commands.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "base/descriptor.h"
#include "cli/database_call.h"
#include "cli/help.h"
#include "cli/profiles.h"
#include "cli/table.h"

namespace ry::cli {
namespace {

Exit said(const Terminal& terminal, const std::string& message) {
    terminal.err << message << "\n";
    return Exit::ok;
}

/// A path as it will be meant from everywhere.
std::optional<std::string> absolute_path(const Words& words, const std::string& flag) {
    if (!words.has(flag)) return {};
    std::error_code error;
    return std::filesystem::absolute(words.get(flag), error).lexically_normal().string();
}

Result<Profile> read_profile(const Words& words) {
    if (words.positional.size() != 2) return fail(Code::invalid, "name the profile and its server, such as `ramify profile add team https://ramify.example.com --token-env TEAM_TOKEN`");
    Profile profile{.name = words.positional[0], .url = words.positional[1], .token_file = absolute_path(words, "token-file"), .ca_file = absolute_path(words, "ca-file")};
    if (words.has("token-env")) profile.token_env = words.get("token-env");
    if (words.has("token-command")) profile.token_command = words.get("token-command");
    if (words.has("service-account")) profile.service_account = words.get("service-account");
    if (words.has("id-token-env")) profile.id_token_env = words.get("id-token-env");
    TRY(check_profile(profile));
    return profile;
}

/// Changes the file; of several commands at once, one after the other does.
Result<void> change_profiles(const std::function<Result<void>(Profiles&)>& change) {
    std::string path = profiles_path();
    std::error_code error;
    std::string folder = std::filesystem::path(path).parent_path();
    std::filesystem::create_directories(folder, error);
    Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock || ::flock(lock.get(), LOCK_EX) != 0) return fail(Code::unavailable, "the folder " + folder + " cannot be used; see whether it is yours");
    Profiles profiles = TRY(load_profiles(path));
    TRY(change(profiles));
    return store_profiles(path, profiles);
}

Result<void> no_such(const std::string& name) { return fail(Code::not_found, "there is no profile \"" + one_line(name) + "\"; `ramify profile ls` lists them"); }

Exit add(const Terminal& terminal, const Words& words) {
    auto profile = read_profile(words);
    if (!profile) return Exit(wrong(terminal, profile.error().message));
    auto changed = change_profiles([&](Profiles& all) -> Result<void> {
        if (all.find(profile->name)) return fail(Code::conflict, "there is a profile " + profile->name + " already; `ramify profile rm " + profile->name + "` first, or choose another name");
        if (all.profiles.size() >= profiles_max) return fail(Code::over_quota, "there are " + std::to_string(profiles_max) + " profiles; remove one first");
        all.profiles.push_back(*profile);
        std::ranges::sort(all.profiles, {}, &Profile::name);
        if (words.has("use")) all.used = profile->name;
        return {};
    });
    if (!changed) return Exit(failed(terminal, changed.error()));
    return said(terminal, "Try it:  ramify db status" + (words.has("use") ? "" : " --profile " + profile->name));
}

Exit list(const Terminal& terminal, const Words& words) {
    auto all = load_profiles(profiles_path());
    if (!all) return Exit(failed(terminal, all.error()));
    if (words.has("output") ? words.get("output") == "json" : !terminal.is_interactive) {
        terminal.out << to_json(*all) << "\n" << std::flush;
        return Exit::ok;
    }
    if (all->profiles.empty()) return said(terminal, "There is none. `ramify profile add NAME URL` makes one.");
    std::vector<std::vector<Cell>> rows;
    for (const Profile& profile : all->profiles) {
        bool is_used = all->used == profile.name;
        rows.push_back({{profile.name, Style::bold}, {is_used ? "in use" : "", Style::green}, {one_line(profile.url)}, {one_line(token_source(profile)), Style::dim}});
    }
    terminal.out << table(terminal, {{"profile", Align::left, true}, {"", Align::left, true}, {"server"}, {"token"}}, rows) << std::flush;
    return Exit::ok;
}

Exit remove(const Terminal& terminal, const Words& words) {
    if (words.positional.size() != 1) return Exit(wrong(terminal, "name the profile; `ramify profile ls` lists them"));
    const std::string& name = words.positional[0];
    auto changed = change_profiles([&](Profiles& all) {
        if (std::erase_if(all.profiles, [&](const Profile& profile) { return profile.name == name; }) == 0) return no_such(name);
        if (all.used == name) all.used.reset();
        return Result<void>();
    });
    return changed ? said(terminal, "Done. Its token, if it has one, is where it was.") : Exit(failed(terminal, changed.error()));
}

Exit use(const Terminal& terminal, const Words& words) {
    if (words.positional.size() != 1) return Exit(wrong(terminal, "name the profile, or `local` for the server of the data directory"));
    const std::string& name = words.positional[0];
    bool is_local = name == local_profile;
    auto changed = change_profiles([&](Profiles& all) {
        if (!is_local && !all.find(name)) return no_such(name);
        all.used = is_local ? std::nullopt : std::optional(name);
        return Result<void>();
    });
    if (!changed) return Exit(failed(terminal, changed.error()));
    return said(terminal, is_local ? "Commands go to the server of the data directory." : "Commands go to the server of " + name + " unless they name another.");
}

}  // namespace

Exit run_profile(const Terminal& terminal, const OwnCommand& command, std::span<const std::string> words) {
    auto read = read_words(command, words);
    if (!read) return Exit(wrong(terminal, read.error().message));
    if (read->has("help")) {
        terminal.out << help_of(terminal, command) << std::flush;
        return Exit::ok;
    }
    if (command.name == "profile add") return add(terminal, *read);
    if (command.name == "profile ls") return list(terminal, *read);
    return command.name == "profile rm" ? remove(terminal, *read) : use(terminal, *read);
}

}  // namespace ry::cli

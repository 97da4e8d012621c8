#pragma once
// Profiles: servers that `--profile NAME` stands for, each with where its token comes from, in a file of the person's own. Tokens
// themselves are never in it.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace ry::cli {

/// The name that stands for the server of the data directory; no profile has it.
inline constexpr std::string_view local_profile = "local";
inline constexpr size_t profiles_max = 100;

struct Profile {
    std::string name;
    std::string url;
    std::optional<std::string> token_env, token_file, token_command, service_account;  ///< one of them at most
    std::optional<std::string> id_token_env;                                           ///< of the service account
    std::optional<std::string> ca_file;

    static const Fields& fields() {
        using S = Profile;
        static const Field table[] = {
            field("name", &S::name, "What --profile says."),
            field("url", &S::url, "Where the server is."),
            field("token_env", &S::token_env, "The variable of the environment that has its token."),
            field("token_file", &S::token_file, "The file that has its token."),
            field("token_command", &S::token_command, "The command that prints its token."),
            field("service_account", &S::service_account, "The service account that CI signs in as, with the ID token of its job."),
            field("id_token_env", &S::id_token_env, "The variable that has the ID token; without it RAMIFY_ID_TOKEN, else GitHub is asked."),
            field("ca_file", &S::ca_file, "Certificates (PEM) of authorities that are trusted besides the system's."),
        };
        static const Fields all{"Profile", table};
        return all;
    }
};

struct Profiles {
    std::optional<std::string> used;  ///< the one that is meant when nobody names a server
    std::vector<Profile> profiles;    ///< in the order of their names

    const Profile* find(std::string_view name) const;

    static const Fields& fields() {
        using S = Profiles;
        static const Field table[] = {field("used", &S::used, "The profile that is meant when no server is named."), field("profiles", &S::profiles, "All profiles.")};
        static const Fields all{"Profiles", table};
        return all;
    }
};

/// `$XDG_CONFIG_HOME/ramify/profiles.json`, else below ~/.config.
std::string profiles_path();
/// None when the file is not there. `invalid` when it cannot be read as profiles.
Result<Profiles> load_profiles(const std::string& path);
/// Writes it anew, for its owner alone (0600).
Result<void> store_profiles(const std::string& path, const Profiles& profiles);

/// Whether it may be added: its name, its address, at most one source of a token. http:// is for this machine alone, since a token would
/// travel in the clear. Pure.
Result<void> check_profile(const Profile& profile);
/// "variable TEAM_TOKEN", "file token.txt", "command", "service account user_…"; "" when it has none. Pure.
std::string token_source(const Profile& profile);
/// Reads the variable or the file, runs the command (by the shell, with the terminal for its questions), or signs the service account in; ""
/// when it has none.
Result<std::string> token_of(const Profile& profile);

}  // namespace ry::cli

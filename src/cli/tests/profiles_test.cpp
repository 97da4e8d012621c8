// Which server is meant, whose token it gets, and what is kept of it.
#include "cli/profiles.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "cli/endpoint.h"

namespace ry::cli {
namespace {

/// A variable of the environment, as it was before when it goes.
class Variable {
public:
    Variable(const char* name, const std::string& value) : name_(name) {
        if (const char* before = std::getenv(name)) before_ = before;
        ::setenv(name, value.c_str(), 1);
    }
    ~Variable() {
        if (before_) ::setenv(name_, before_->c_str(), 1);
        else ::unsetenv(name_);
    }

private:
    const char* name_;
    std::optional<std::string> before_;
};

struct ConfigFolder {
    ConfigFolder() {
        char name[] = "/tmp/ramify-config-XXXXXX";
        ENSURE(::mkdtemp(name));
        path = name;
    }
    ~ConfigFolder() { std::filesystem::remove_all(path); }
    std::string path;
};

TEST_CASE("an address is cut into its parts") {
    struct Row {
        std::string_view url, scheme, host;
    };
    const Row rows[] = {
        {"https://db.example.com", "https", "db.example.com"}, {"http://127.0.0.1:8080/", "http", "127.0.0.1"}, {"https://[::1]:8443/x", "https", "[::1]"},
        {"https://host?x", "https", "host"}, {"db.example.com", "", ""}, {"https://", "https", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        CHECK(url_parts(row.url).scheme == row.scheme);
        CHECK(url_parts(row.url).host == row.host);
    }
}

TEST_CASE("a profile has a plain name, an address that keeps its token to itself, and one place for the token") {
    struct Row {
        Profile profile;
        std::string_view says;  // "" when it may be added
    };
    const Row rows[] = {
        {{.name = "team", .url = "https://ramify.example.com"}, ""},
        {{.name = "tunnel", .url = "http://localhost:8080", .token_env = "T"}, ""},
        {{.name = "v6", .url = "http://[::1]:8080"}, ""},
        {{.name = "team", .url = "http://ramify.example.com"}, "use https://"},
        {{.name = "team", .url = "http://127.example.com"}, "use https://"},
        {{.name = "team", .url = "ramify.example.com"}, "must begin with https://"},
        {{.name = "team", .url = "ftp://ramify.example.com"}, "must begin with https://"},
        {{.name = "team", .url = "https://ada:secret@ramify.example.com"}, "without a user"},
        {{.name = "local", .url = "https://ramify.example.com"}, "choose another name"},
        {{.name = "--use", .url = "https://ramify.example.com"}, "letters, digits"},
        {{.name = "a b", .url = "https://ramify.example.com"}, "letters, digits"},
        {{.name = "team", .url = "https://ramify.example.com", .token_env = "T", .token_command = "pass"}, "give one of them"},
        {{.name = "ci", .url = "https://ramify.example.com", .service_account = "user_1", .id_token_env = "T"}, ""},
        {{.name = "ci", .url = "https://ramify.example.com", .token_env = "T", .service_account = "user_1"}, "give one of them"},
        {{.name = "ci", .url = "https://ramify.example.com", .id_token_env = "T"}, "name it with --service-account"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.profile.url);
        auto checked = check_profile(row.profile);
        CHECK(checked.has_value() == row.says.empty());
        if (!checked) CHECK(checked.error().message.find(row.says) != std::string::npos);
    }
}

TEST_CASE("the file is its owner's alone, and says what is wrong with it") {
    ConfigFolder folder;
    std::string path = folder.path + "/ramify/profiles.json";
    auto none = load_profiles(path);
    REQUIRE(none.has_value());
    CHECK(none->profiles.empty());
    Profiles profiles{.used = "team", .profiles = {{.name = "team", .url = "https://ramify.example.com", .token_env = "TEAM_TOKEN"}}};
    REQUIRE(store_profiles(path, profiles).has_value());
    struct stat file {};
    REQUIRE(::stat(path.c_str(), &file) == 0);
    CHECK((file.st_mode & 0777) == 0600);
    auto read = load_profiles(path);
    REQUIRE(read.has_value());
    CHECK(to_json(*read) == to_json(profiles));
    std::ofstream(path) << "{\"profiles\":[{\"nmae\":1}]}";
    auto broken = load_profiles(path);
    REQUIRE(!broken.has_value());
    CHECK(broken.error().message.find("mend it") != std::string::npos);
}

TEST_CASE("a token is read where the profile says, and nothing else is taken for one") {
    ConfigFolder folder;
    std::string file = folder.path + "/token";
    std::ofstream(file) << "rmf_file\n";
    std::ofstream(folder.path + "/letter") << "dear server, let me in\n";
    std::ofstream(folder.path + "/large") << std::string(1 << 20, 'x');
    Variable variable("RAMIFY_TEST_TOKEN", "rmf_variable");
    struct Row {
        Profile profile;
        std::string_view token, says;
    };
    const Row rows[] = {
        {{.name = "p"}, "", ""},
        {{.name = "p", .token_env = "RAMIFY_TEST_TOKEN"}, "rmf_variable", ""},
        {{.name = "p", .token_file = file}, "rmf_file", ""},
        {{.name = "p", .token_command = "echo rmf_command"}, "rmf_command", ""},
        {{.name = "p", .token_env = "RAMIFY_TEST_NOT_SET"}, "", "the variable RAMIFY_TEST_NOT_SET is not set"},
        {{.name = "p", .token_file = folder.path + "/none"}, "", "cannot be read"},
        {{.name = "p", .token_file = folder.path + "/letter"}, "", "not one word"},
        {{.name = "p", .token_file = folder.path + "/large"}, "", "larger than"},
        {{.name = "p", .token_command = "exit 3"}, "", "the command fails"},
        {{.name = "p", .token_command = "true"}, "", "not one word"},
        {{.name = "p", .url = "https://ramify.example.com", .service_account = "user_1", .id_token_env = "RAMIFY_TEST_NOT_SET"}, "", "the variable RAMIFY_TEST_NOT_SET has no ID token"},
    };
    for (const Row& row : rows) {
        CAPTURE(token_source(row.profile));
        auto token = token_of(row.profile);
        CHECK(token.has_value() == row.says.empty());
        if (token) CHECK(*token == row.token);
        else CHECK(token.error().message.find(row.says) != std::string::npos);
    }
}

TEST_CASE("flags come before the environment, and that before the profile in use") {
    ConfigFolder folder;
    Variable config("XDG_CONFIG_HOME", folder.path), data("RAMIFY_DATA_DIR", folder.path + "/data"), team_token("RAMIFY_TEST_TOKEN", "rmf_team");
    Profiles profiles{.used = "team", .profiles = {{.name = "team", .url = "https://team.example.com/", .token_env = "RAMIFY_TEST_TOKEN"}, {.name = "other", .url = "https://other.example.com"}}};
    REQUIRE(store_profiles(profiles_path(), profiles).has_value());
    struct Row {
        NamedEndpoint named;
        Surroundings surroundings;
        std::string_view meant;  // url, token and profile; or what the error says
    };
    const Row rows[] = {
        {{.server = "a:1"}, {.server = "b:1", .token = "env"}, "http://a:1 env "},
        {{.server = "a:1", .token = "flag"}, {.profile = "team"}, "http://a:1 flag "},
        {{.server = "a:1", .profile = "team"}, {}, "--server and --profile name two servers; give one of them"},
        {{.profile = "other"}, {.server = "b:1", .token = "env"}, "https://other.example.com  other"},
        {{.profile = "team"}, {.token = "env"}, "https://team.example.com rmf_team team"},
        {{.profile = "team", .token = "flag"}, {}, "https://team.example.com flag team"},
        {{}, {.server = "b:1"}, "http://b:1  "},
        {{}, {.server = "b:1", .profile = "team"}, "RAMIFY_SERVER and RAMIFY_PROFILE name two servers; unset one of them"},
        {{}, {.profile = "other"}, "https://other.example.com  other"},
        {{}, {}, "https://team.example.com rmf_team team"},
        {{}, {.token = "env", .is_data_dir_given = true}, " env "},
        {{.profile = "local"}, {.profile = "team", .token = "env"}, " env "},
        {{.profile = "tean"}, {}, "there is no profile \"tean\"; did you mean team?"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.meant);
        auto endpoint = endpoint_of(row.named, row.surroundings, Unnamed::found);
        CHECK((endpoint ? endpoint->url + " " + endpoint->token + " " + endpoint->profile : endpoint.error().message) == row.meant);
    }
    CHECK(endpoint_of({.profile = "local"}, {}, Unnamed::usual_address)->url == "http://127.0.0.1:8080");
}

TEST_CASE("what is refused says whose token it was, and that versions differ") {
    Endpoint team{.url = "https://team.example.com", .token = "rmf_x", .profile = "team", .token_source = "variable TEAM_TOKEN"};
    auto hint = [](const Endpoint& endpoint, int status, const char* version) { return hint_of_refusal(endpoint, {.status = status, .headers = {{"ramify-version", version}}}); };
    CHECK(hint(team, 401, RAMIFY_VERSION).find("from its variable TEAM_TOKEN") != std::string::npos);
    CHECK(hint({.url = "http://x"}, 401, RAMIFY_VERSION).find("--token or RAMIFY_TOKEN") != std::string::npos);
    CHECK(hint({.url = "https://x", .profile = "team"}, 401, RAMIFY_VERSION).find("has no token") != std::string::npos);
    CHECK(hint(team, 404, "99.0.0").find("the server is ramify 99.0.0") != std::string::npos);
    CHECK(hint(team, 404, RAMIFY_VERSION).empty());
    CHECK(hint(team, 409, "99.0.0").empty());
    CHECK(hint_of_refusal(team, {.status = 404}).empty());
    CHECK(unreached(team, fail(Code::unavailable, "why")).message.starts_with("no server answers at https://team.example.com (why).\nProfile team"));
    CHECK(unreached(team, fail(Code::cancelled, "why")).message == "why");
}

}  // namespace
}  // namespace ry::cli

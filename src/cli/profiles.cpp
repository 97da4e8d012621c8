#include "cli/profiles.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/descriptor.h"
#include "base/text.h"
#include "cli/endpoint.h"
#include "cli/id_token.h"
#include "cli/terminal.h"

extern char** environ;

namespace ry::cli {
namespace {

constexpr size_t file_bytes_max = 1 << 20;  // 100 profiles with paths of 4 KiB
constexpr size_t token_bytes_max = 4'096;

Result<std::string> read_text(const std::string& path, size_t bytes_max) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(Code::not_found, path + " cannot be read; see whether it is there and yours");
    std::string text(bytes_max + 1, '\0');
    file.read(text.data(), std::streamsize(text.size()));
    text.resize(size_t(file.gcount()));
    if (text.size() > bytes_max) return fail(Code::too_large, path + " is larger than " + std::to_string(bytes_max) + " bytes; see whether it is the right file");
    return text;
}

/// What a command of the shell writes. It has the terminal for its questions and complaints, and as much time as the person who answers.
Result<std::string> output_of(std::string command) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail(Code::unavailable, "no further files can be opened");
    Descriptor out(ends[0]), in(ends[1]);
    std::string shell = "/bin/sh", option = "-c";
    char* words[] = {shell.data(), option.data(), command.data(), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in.get(), STDOUT_FILENO);
    pid_t pid = 0;
    int failed = posix_spawn(&pid, shell.c_str(), &files, nullptr, words, environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed) return fail(Code::unavailable, "the shell cannot be started");
    in.reset();
    std::string text;
    char piece[4096];
    for (ssize_t got; text.size() <= token_bytes_max && (got = ::read(out.get(), piece, sizeof piece)) > 0;) text.append(piece, size_t(got));
    out.reset();  // one that writes more than a token ends by it
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail(Code::invalid, "the command fails; what it wrote says why");
    return text;
}

bool is_token(std::string_view text) {
    return !text.empty() && text.size() <= token_bytes_max && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_loopback(std::string_view host) {
    bool is_address = host.find_first_not_of("0123456789.") == std::string_view::npos;
    return host == "localhost" || host.ends_with(".localhost") || (is_address && host.starts_with("127.")) || host == "[::1]";
}

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= 63 && std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.'; }) && name[0] != '-';
}

}  // namespace

const Profile* Profiles::find(std::string_view name) const {
    auto found = std::ranges::find(profiles, name, &Profile::name);
    return found == profiles.end() ? nullptr : &*found;
}

std::string profiles_path() {
    const char* config = std::getenv("XDG_CONFIG_HOME");
    const char* home = std::getenv("HOME");
    std::string folder = config && *config ? config : std::string(home && *home ? home : "/root") + "/.config";
    return folder + "/ramify/profiles.json";
}

Result<Profiles> load_profiles(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return Profiles{};
    auto read = from_json<Profiles>(TRY(read_text(path, file_bytes_max)));
    if (!read) return fail(Code::invalid, path + " is not what `ramify profile add` writes (" + read.error().message + "); mend it, or remove it and add the profiles again");
    return *std::move(read);
}

Result<void> store_profiles(const std::string& path, const Profiles& profiles) {
    auto failed = [&] { return fail(Code::unavailable, path + " cannot be written; see whether its folder is yours and has room"); };
    std::error_code error;
    std::filesystem::path folder = std::filesystem::path(path).parent_path();
    std::filesystem::create_directories(folder, error);
    std::string text = to_json(profiles) + "\n", written = path + ".new";
    Descriptor file(::open(written.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file || ::fchmod(file.get(), 0600) != 0 || ::write(file.get(), text.data(), text.size()) != ssize_t(text.size())) return failed();
    std::filesystem::rename(written, path, error);
    if (error) return failed();
    return {};
}

Result<void> check_profile(const Profile& profile) {
    if (profile.name == local_profile) return fail(Code::invalid, "\"local\" is the server of the data directory; choose another name");
    if (!is_name(profile.name)) return fail(Code::invalid, "a profile's name has letters, digits, \"-\", \"_\" and \".\", at most 63; choose another than \"" + one_line(profile.name) + "\"");
    UrlParts url = url_parts(profile.url);
    if ((url.scheme != "https" && url.scheme != "http") || url.host.empty()) return fail(Code::invalid, "the address must begin with https:// and a host, such as https://ramify.example.com");
    if (profile.url.find_first_of("?#@ ") != std::string::npos) return fail(Code::invalid, "the address is that of the server alone, without a user, a query or a fragment");
    if (url.scheme == "http" && !is_loopback(url.host)) return fail(Code::invalid, "http:// to another machine would show the token to the network; use https://, or a tunnel to a port of this machine");
    if (profile.token_env.has_value() + profile.token_file.has_value() + profile.token_command.has_value() + profile.service_account.has_value() > 1)
        return fail(Code::invalid, "--token-env, --token-file, --token-command and --service-account are four places for one token; give one of them");
    if (profile.id_token_env && !profile.service_account) return fail(Code::invalid, "--id-token-env has the ID token of a service account; name it with --service-account");
    return {};
}

std::string token_source(const Profile& profile) {
    if (profile.token_env) return "variable " + *profile.token_env;
    if (profile.token_file) return "file " + *profile.token_file;
    if (profile.service_account) return "service account " + *profile.service_account;
    return profile.token_command ? "command" : "";
}

Result<std::string> token_of(const Profile& profile) {
    std::string found;
    auto without = [&](const std::string& why) { return fail(Code::invalid, "profile " + profile.name + " has no token: " + why); };
    if (profile.token_env) {
        const char* value = std::getenv(profile.token_env->c_str());
        if (!value || !*value) return without("the variable " + *profile.token_env + " is not set");
        found = value;
    } else if (profile.token_file) {
        auto text = read_text(*profile.token_file, token_bytes_max);
        if (!text) return without(text.error().message);
        found = *std::move(text);
    } else if (profile.token_command) {
        auto text = output_of(*profile.token_command);
        if (!text) return without(text.error().message);
        found = *std::move(text);
    } else if (profile.service_account) {
        return exchanged_token(whole_url(profile.url), {*profile.service_account, profile.id_token_env.value_or(""), profile.ca_file.value_or("")});
    } else {
        return "";
    }
    std::string token(trim(found));
    if (!is_token(token)) return without("what the " + token_source(profile) + " gives is not one word, as a token is");
    return token;
}

}  // namespace ry::cli

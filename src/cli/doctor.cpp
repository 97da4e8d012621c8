#include "cli/doctor.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/text.h"
#include "cli/table.h"
#include "kernel/sandbox/probe.h"
#include "kernel/states/states.h"
#include "kernel/store/postgres_host.h"
#include "modules/databases/liquibase/tool.h"
#include "server/host.h"

namespace ry::cli {
namespace {

constexpr int64_t free_mb_wanted = 2'000;  // a cluster takes 60 MiB, an app's dependencies 200 MiB, and work goes on
constexpr int node_major_min = 18;         // what the dev server of template react-vite asks for

/// The first line that a command prints; "" when it cannot be run. The command is constant.
std::string first_line_of(const char* command) {
    FILE* pipe = ::popen(command, "re");
    if (!pipe) return "";
    char line[256] = "";
    bool has_line = std::fgets(line, sizeof line, pipe);
    return ::pclose(pipe) == 0 && has_line ? std::string(trim(line)) : "";
}

/// The data directory, or the nearest one above it that is there.
std::string existing_dir(const std::string& path) {
    std::error_code error;
    std::filesystem::path dir = std::filesystem::absolute(path, error);
    while (!std::filesystem::is_directory(dir, error) && dir.has_parent_path() && dir != dir.parent_path())
        dir = dir.parent_path();
    return dir.string();
}

Check check_postgres(const server::Settings& settings) {
    Check check{.name = "PostgreSQL", .why = "Everything that people say and make is kept there."};
    if (!settings.database_url.empty()) {
        check.detail = "--database-url is used; the embedded one is not needed";
        return check;
    }
    auto found = store::find_postgres("", 0);
    if (found) {
        check.detail = found->version + ", " + found->postgres;
        return check;
    }
    check.health = Health::missing;
    check.detail = found.error().message;
    check.fix = "apt-get install postgresql-15";
    return check;
}

Check check_account(const server::Settings& settings) {
    Check check{
        .name = "account",
        .why = "PostgreSQL refuses to run as root; under root it and the sandboxes get an unprivileged account."};
    auto account = store::account_for_postgres(settings.run_as);
    if (account) {
        check.detail =
            account->is_other ? "PostgreSQL runs as " + account->name : "an ordinary user: everything runs as you";
        return check;
    }
    check.health = Health::missing;
    check.detail = account.error().message;
    check.fix = "useradd --system ramify";
    return check;
}

Check check_program(const char* command, std::string name, std::string why, std::string fix, Health when_missing) {
    Check check{.name = std::move(name), .detail = first_line_of(command), .why = std::move(why)};
    if (!check.detail.empty()) return check;
    check.health = when_missing;
    check.detail = "not found";
    check.fix = std::move(fix);
    return check;
}

Check check_node() {
    Check check =
        check_program("node --version 2>/dev/null", "Node.js",
                      "Previews of apps with a build step run their dev server with it; static apps do not need it.",
                      "apt-get install nodejs npm", Health::weaker);
    auto major = check.detail.starts_with('v')
                     ? parse_int(std::string_view(check.detail).substr(1, check.detail.find('.') - 1))
                     : std::nullopt;
    if (major && *major < node_major_min) {
        check.health = Health::weaker;
        check.detail += ", too old";
        check.fix = "install Node.js " + std::to_string(node_major_min) + " or later";
    }
    return check;
}

Check check_liquibase(const server::Settings& settings) {
    Check check{.name = "Liquibase",
                .why = "`ramify db prepare lb` runs changelogs with it and Java; nothing else needs them."};
    auto tool = databases::liquibase::find_tool(databases::liquibase::tool_places(settings.liquibase_home));
    if (tool) {
        check.detail = tool->home + ", with " + tool->java;
        return check;
    }
    check.health = Health::weaker;
    check.detail = tool.error().message;
    check.fix =
        "apt-get install default-jre-headless && npm install --prefix ~/liquibase liquibase@4.28.1, then "
        "LIQUIBASE_HOME=~/liquibase";
    return check;
}

Check check_data_dir(const server::Settings& settings) {
    Check check{.name = "data directory", .why = "Database, repositories, dependencies and keys are kept there."};
    std::string dir = existing_dir(settings.data_dir);
    struct statvfs room{};
    if (::access(dir.c_str(), W_OK | X_OK) != 0) {
        check.health = Health::missing;
        check.detail = dir + " cannot be written";
        check.fix = "choose another with --data-dir, or: chown $USER " + dir;
        return check;
    }
    int64_t free_mb = ::statvfs(dir.c_str(), &room) == 0 ? int64_t(room.f_bavail) * int64_t(room.f_frsize) >> 20 : 0;
    check.detail = std::filesystem::absolute(settings.data_dir).lexically_normal().string() + ", " +
                   std::to_string(free_mb >> 10) + " GiB free";
    if (free_mb < free_mb_wanted) {
        check.health = Health::weaker;
        check.detail += ", which is little";
        check.fix = "free some room, or choose another disk with --data-dir";
    }
    return check;
}

/// How databases and workspaces are copied in the data directory.
Check check_states(const server::Settings& settings) {
    Check check{.name = "copies",
                .why = "Databases are handed out as copies of prepared states: cheap ones take no time and no room."};
    states::Choice choice = states::choose_backend(existing_dir(settings.data_dir));
    check.detail = std::string(states::name_of(choice.backend)) + ": " + choice.why;
    bool copies_bytes = choice.backend == states::Backend::overlay || choice.backend == states::Backend::copy;
    if (copies_bytes) {
        check.health = Health::weaker;
        check.fix = "put the data directory on XFS (mkfs.xfs -m reflink=1) or btrfs";
    }
    return check;
}

bool can_listen(const server::Address& address) {
    bool is_v6 = address.host.find(':') != std::string::npos;
    int fd = ::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(address.port)};
    sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_port = htons(address.port)};
    bool is_address = is_v6 ? ::inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1
                            : ::inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1;
    bool is_bound = is_address && (is_v6 ? ::bind(fd, reinterpret_cast<sockaddr*>(&v6), sizeof v6)
                                         : ::bind(fd, reinterpret_cast<sockaddr*>(&v4), sizeof v4)) == 0;
    bool is_free = is_bound && ::listen(fd, 1) == 0;
    if (fd >= 0) ::close(fd);
    return is_free;
}

Check check_port(const server::Settings& settings) {
    Check check{.name = "address",
                .detail = settings.listen + " is free",
                .why = "Browsers reach the server and the previews there."};
    auto address = server::parse_address(settings.listen);
    if (address && can_listen(*address)) return check;
    check.health = Health::weaker;
    check.detail = !address ? address.error().message : settings.listen + " is in use, perhaps by Ramify itself";
    check.fix = "choose another with --listen, or 127.0.0.1:0 for any free port";
    return check;
}

/// Capital first, full stop last.
std::string sentence(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = char(text[0] - 32);
    return text.ends_with('.') ? text : text + ".";
}

Check check_of(const sandbox::Finding& finding) {
    // Chats, versions and static previews work without a sandbox: the server starts.
    Health health = finding.verdict == sandbox::Verdict::good     ? Health::ok
                    : finding.verdict == sandbox::Verdict::weaker ? Health::weaker
                                                                  : Health::missing;
    return {finding.name, health, finding.detail, sentence(finding.why),
            finding.fix.empty() ? std::nullopt : std::optional(finding.fix)};
}

}  // namespace

std::vector<Check> examine(const server::Settings& settings) {
    std::vector<Check> checks = {
        check_postgres(settings),
        check_account(settings),
        check_data_dir(settings),
        check_states(settings),
        check_port(settings),
        check_program("git --version 2>/dev/null", "git",
                      "People clone and push with it; the server itself does not need it.", "apt-get install git",
                      Health::weaker),
        check_node(),
        check_program("npm --version 2>/dev/null", "npm", "Installs the dependencies of apps, inside the sandbox.",
                      "apt-get install npm", Health::weaker),
        check_liquibase(settings),
    };
    char scratch[] = "/tmp/ramify-doctor-XXXXXX";
    if (::mkdtemp(scratch)) {
        ::chmod(scratch, 0711);
        sandbox::Config config{.runtime_dir = std::string(scratch) + "/sandbox", .run_as = settings.run_as};
        for (const sandbox::Finding& finding : sandbox::probe(config, existing_dir(settings.data_dir)))
            checks.push_back(check_of(finding));
        std::error_code ignored;
        std::filesystem::remove_all(scratch, ignored);
    }
    return checks;
}

std::string shown_checks(const Terminal& terminal, const std::vector<Check>& checks) {
    constexpr Style styles[] = {Style::green, Style::yellow, Style::red};
    std::vector<std::vector<Cell>> rows;
    for (const Check& check : checks)
        rows.push_back({{std::string(names_of(check.health)[size_t(check.health)]), styles[size_t(check.health)]},
                        {check.name, Style::bold},
                        {one_line(check.detail)}});
    std::string text = table(terminal, {{"", Align::left, true}, {"check", Align::left, true}, {"found"}}, rows);
    size_t room = std::min<size_t>(terminal.columns, 100);
    for (const Check& check : checks) {
        if (check.health == Health::ok) continue;
        text += "\n" + styled(terminal, styles[size_t(check.health)], check.name) + "\n";
        for (const std::string& why : {sentence(check.detail), check.why})
            for (const std::string& line : wrapped(why, room - 2)) text += "  " + line + "\n";
        if (check.fix) text += "  " + styled(terminal, Style::bold, "→ " + *check.fix) + "\n";
    }
    bool is_fine = std::ranges::none_of(checks, [](const Check& check) { return check.health == Health::missing; });
    return text + "\n" +
           (is_fine ? styled(terminal, Style::green, "Ready to serve: ramify serve --insecure-dev")
                    : styled(terminal, Style::red, "Something that is needed is missing.")) +
           "\n";
}

}  // namespace ry::cli

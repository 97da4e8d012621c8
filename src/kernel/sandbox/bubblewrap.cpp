#include "kernel/sandbox/bubblewrap.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "kernel/sandbox/relay/control.h"

namespace ry::sandbox {
namespace {

constexpr int64_t bytes_per_mb = 1 << 20;

/// Programs and their libraries; then what lies in the cage's /etc and has too many files to copy (local.cpp).
constexpr const char* shared_paths[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
constexpr const char* shared_etc[] = {"/etc/alternatives", "/etc/ssl/certs"};

/// Places that a bind may not cover: the cage itself lies there.
constexpr std::string_view reserved[] = {"/",    "/proc", "/dev", "/sys",   "/usr",   "/etc",
                                         "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};

bool is_clean_absolute(std::string_view path) {
    if (!path.starts_with('/') || path.find('\0') != path.npos) return false;
    if (path == "/") return true;
    for (std::string_view part : split(path.substr(1), '/'))
        if (part.empty() || part == "." || part == "..") return false;
    return true;
}

bool is_reserved(std::string_view path) {
    return std::ranges::any_of(reserved, [&](std::string_view place) {
        return path == place || (place != "/" && path.starts_with(std::string(place) + "/"));
    });
}

const std::string& inside_of(const Bind& bind) { return bind.inside.empty() ? bind.host : bind.inside; }

struct Mounted {
    std::string inside, option, host;
};
/// All binds, a directory before what lies in it: an installed tree may be read-only inside a writable workspace.
std::vector<Mounted> mounts_of(const Cage& cage) {
    std::vector<Mounted> mounts;
    for (const Bind& bind : cage.read_only) mounts.push_back({inside_of(bind), "--ro-bind", bind.host});
    for (const Bind& bind : cage.writable) mounts.push_back({inside_of(bind), "--bind", bind.host});
    for (const Bind& bind : cage.sockets) mounts.push_back({inside_of(bind), "--ro-bind", bind.host});
    std::ranges::sort(mounts, {}, &Mounted::inside);
    return mounts;
}

void check_binds(const std::vector<Bind>& binds, const std::string& member, std::vector<Fault>& faults) {
    for (size_t i = 0; i < binds.size(); ++i) {
        std::string pointer = "/" + member + "/" + std::to_string(i);
        if (!is_clean_absolute(binds[i].host))
            faults.push_back({pointer + "/host", "must be an absolute path without . and .."});
        if (!is_clean_absolute(inside_of(binds[i])) || is_reserved(inside_of(binds[i])))
            faults.push_back({pointer + "/inside", "must be an absolute path outside the system's directories"});
    }
}

}  // namespace

HostLayout host_layout(std::string etc_dir) {
    HostLayout layout{.etc_dir = std::move(etc_dir)};
    for (const char* path : shared_paths) {
        std::error_code error;
        auto status = std::filesystem::symlink_status(path, error);
        if (!std::filesystem::exists(status)) continue;
        layout.entries.push_back(
            {path, std::filesystem::is_symlink(status) ? std::filesystem::read_symlink(path, error).string() : ""});
    }
    return layout;
}

std::vector<std::pair<std::string, std::string>> environment_of(const Cage& cage) {
    auto environment = cage.environment;
    auto set_default = [&](std::string name, std::string value) {
        if (std::ranges::none_of(environment, [&](const auto& each) { return each.first == name; }))
            environment.emplace_back(std::move(name), std::move(value));
    };
    set_default("PATH", "/usr/local/bin:/usr/bin:/bin");
    set_default("HOME", "/tmp");
    set_default("LANG", "C.UTF-8");
    if (cage.network.allow.empty()) return environment;
    std::string proxy = "http://127.0.0.1:" + std::to_string(control::egress_port);
    for (const char* name :
         {"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "npm_config_proxy", "npm_config_https_proxy"})
        set_default(name, proxy);
    for (const char* name : {"NO_PROXY", "no_proxy"}) set_default(name, "localhost,127.0.0.1,::1");
    return environment;
}

Cage spare_of(Cage cage) {
    for (Bind& bind : cage.writable) {
        bind.inside = inside_of(bind);
        bind.host.clear();
    }
    return cage;
}

std::vector<std::string> layout_arguments(const Cage& cage, const HostLayout& host) {
    std::vector<std::string> arguments = {
        "--unshare-all", "--unshare-user",    "--uid",         "1000",       "--gid",      "1000", "--hostname",
        "cage",          "--die-with-parent", "--new-session", "--as-pid-1", "--cap-drop", "ALL",  "--clearenv"};
    auto add = [&](std::initializer_list<std::string> more) { arguments.insert(arguments.end(), more); };
    for (const auto& [path, link_target] : host.entries) {
        if (link_target.empty())
            add({"--ro-bind", path, path});
        else
            add({"--symlink", link_target, path});
    }
    add({"--ro-bind", host.etc_dir, "/etc"});
    for (const char* path : shared_etc) add({"--ro-bind-try", path, path});
    const std::string tmp_bytes = std::to_string(std::max<int64_t>(cage.tmp_mb_max, 1) * bytes_per_mb);
    add({"--proc", "/proc", "--dev", "/dev"});
    add({"--perms", "1777", "--size", tmp_bytes, "--tmpfs", "/dev/shm"});
    add({"--remount-ro", "/dev"});
    add({"--perms", "1777", "--size", tmp_bytes, "--tmpfs", "/tmp"});
    for (const auto& [inside, option, host_path] : mounts_of(cage)) {
        if (host_path.empty())
            add({"--dir", inside});
        else
            add({option, host_path, inside});
    }
    add({"--remount-ro", "/"});
    for (const auto& [name, value] : environment_of(cage)) add({"--setenv", name, value});
    bool is_whole = std::ranges::none_of(cage.writable, [](const Bind& bind) { return bind.host.empty(); });
    add({"--chdir", is_whole ? cage.working_dir : "/"});  // the relay goes there when all is in place
    return arguments;
}

uint32_t listener_port(const Cage& cage) {
    return cage.network.allow.empty() ? static_cast<uint32_t>(cage.served_port) : control::egress_port;
}

std::vector<std::string> relay_command(const Cage& cage, const RelayLimits& limits, bool waits) {
    std::vector<std::string> command = {std::string(relay_path)};
    auto limit = [&](const char* name, int64_t value) {
        if (value > 0) command.push_back(std::string(name) + "=" + std::to_string(value));
    };
    limit("processes", limits.processes);
    limit("files", limits.files);
    limit("file_bytes", limits.file_bytes);
    limit("cpu_s", limits.cpu_s);
    limit("data_bytes", limits.data_bytes);
    if (waits) command.push_back(control::wait_option + cage.working_dir);
    if (waits && cage.is_loaded_ahead) command.emplace_back(control::load_option);
    if (uint32_t port = listener_port(cage)) command.push_back(control::listen_option + std::to_string(port));
    command.push_back("--");
    command.push_back(cage.program);
    command.insert(command.end(), cage.arguments.begin(), cage.arguments.end());
    return command;
}

Result<void> check_cage(const Cage& cage) {
    std::vector<Fault> faults;
    auto has_nul = [](const std::string& text) { return text.find('\0') != text.npos; };
    if (cage.program.empty() || has_nul(cage.program)) faults.push_back({"/program", "must name a program"});
    if (std::ranges::any_of(cage.arguments, has_nul)) faults.push_back({"/arguments", "must not contain NUL"});
    if (!is_clean_absolute(cage.working_dir))
        faults.push_back({"/working_dir", "must be an absolute path without . and .."});
    for (const auto& [name, value] : cage.environment)
        if (name.empty() || has_nul(name) || has_nul(value) || name.find('=') != name.npos)
            faults.push_back({"/environment", "names must not be empty or contain '=' or NUL"});
    for (const Bind& bind : cage.writable)
        if (cage.is_loaded_ahead && (cage.working_dir + "/").starts_with(inside_of(bind) + "/"))
            faults.push_back({"/working_dir", "must be outside of what is writable where the program is loaded ahead"});
    check_binds(cage.read_only, "read_only", faults);
    check_binds(cage.writable, "writable", faults);
    check_binds(cage.sockets, "sockets", faults);
    for (int port : cage.ingress)
        if (port < 1 || port > 65535) faults.push_back({"/ingress", "ports are 1 to 65535"});
    if (cage.served_port < 0 || cage.served_port > 65535) faults.push_back({"/served_port", "ports are 1 to 65535"});
    if (cage.served_port > 0 && !cage.network.allow.empty())
        faults.push_back({"/served_port", "must be left out where there is an allow-list"});
    for (auto [pointer, value] : {std::pair{"/memory_mb_max", cage.memory_mb_max},
                                  {"/processes_max", cage.processes_max},
                                  {"/files_max", cage.files_max},
                                  {"/file_mb_max", cage.file_mb_max},
                                  {"/output_kb_max", cage.output_kb_max}})
        if (value < 1) faults.push_back({pointer, "must be at least 1"});
    if (faults.empty()) return {};
    Error error = invalid(faults.front().pointer, faults.front().detail);
    error.faults = std::move(faults);
    return error;
}

}  // namespace ry::sandbox

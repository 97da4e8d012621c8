#include "kernel/sandbox/control_groups.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/text.h"

namespace ry::sandbox {
namespace {

constexpr std::string_view name_prefix = "ramify-";
constexpr std::string_view server_leaf = "ramify-server";
constexpr int64_t bytes_per_mb = 1 << 20;
constexpr int64_t cpu_period_us = 100'000;  // the kernel's own

bool write_file(const std::string& path, std::string_view text) {
    Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string read_file(const std::string& path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The number after `name` in a file of "name number" lines; 0 when there is none.
int64_t number_in(const std::string& path, std::string_view name) {
    std::ifstream in(path);
    std::string word;
    int64_t number = 0;
    while (in >> word >> number)
        if (word == name) return number;
    return 0;
}

struct Mount {
    std::string root, dir, type, options;
};

/// The cgroup mounts of /proc/self/mountinfo (proc(5): fields 4 and 5, then after " - " the type, source and options).
std::vector<Mount> cgroup_mounts() {
    std::vector<Mount> mounts;
    std::ifstream in("/proc/self/mountinfo");
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string skipped, source;
        Mount mount;
        words >> skipped >> skipped >> skipped >> mount.root >> mount.dir;
        size_t dash = line.find(" - ");
        if (dash == std::string::npos) continue;
        std::istringstream after(line.substr(dash + 3));
        after >> mount.type >> source >> mount.options;
        if (mount.type == "cgroup" || mount.type == "cgroup2") mounts.push_back(mount);
    }
    return mounts;
}

bool lists(std::string_view list, std::string_view word, char separator) {
    auto words = split(list, separator);
    return std::ranges::any_of(words, [&](std::string_view each) { return trim(each) == word; });
}

/// Where this process's group lies below `mount`; empty when it is not visible there.
std::string own_dir(const Mount& mount, std::string_view path) {
    if (mount.root != "/") {
        if (!path.starts_with(mount.root)) return {};
        path.remove_prefix(mount.root.size());
    }
    std::string dir = mount.dir + std::string(path);
    while (dir.ends_with('/')) dir.pop_back();
    return dir;
}

std::string control_file(const std::string& dir) { return dir + "/cgroup.subtree_control"; }

/// Enables the controllers for groups below `dir`. A group with processes of its own cannot; they move to a leaf first.
bool enable_controllers(const std::string& dir) {
    const std::string control = control_file(dir);
    constexpr std::string_view wanted = "+memory +pids";
    if (write_file(control, wanted)) return true;
    if (errno != EBUSY) return false;
    std::string leaf = dir + "/" + std::string(server_leaf);
    mkdir(leaf.c_str(), 0755);
    return write_file(leaf + "/cgroup.procs", "0") && write_file(control, wanted);
}

/// True when a group can be made below `dir`; also removes what servers that are gone left there.
bool may_make_groups(const std::string& dir) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
        std::string name = entry.path().filename();
        if (!name.starts_with(name_prefix)) continue;
        auto pid = parse_int(split(name.substr(name_prefix.size()), '-').front());
        if (pid && kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH) rmdir(entry.path().c_str());
    }
    std::string trial = dir + "/" + std::string(name_prefix) + std::to_string(getpid()) + "-trial";
    if (mkdir(trial.c_str(), 0755) != 0 && errno != EEXIST) return false;
    bool ok = access((trial + "/cgroup.procs").c_str(), W_OK) == 0;
    rmdir(trial.c_str());
    return ok;
}

bool limit_group(const Hierarchy& hierarchy, const std::string& dir, const GroupLimits& limits) {
    bool ok = true;
    if (hierarchy.memory && limits.memory_mb_max > 0) {
        std::string bytes = std::to_string(limits.memory_mb_max * bytes_per_mb);
        if (hierarchy.version == 1) {
            ok = write_file(dir + "/memory.limit_in_bytes", bytes);
            write_file(dir + "/memory.memsw.limit_in_bytes", bytes);  // only where swap is accounted
        } else {
            ok = write_file(dir + "/memory.max", bytes);
            write_file(dir + "/memory.swap.max", "0");
            write_file(dir + "/memory.oom.group", "1");
        }
    }
    if (hierarchy.pids && limits.processes_max > 0)
        ok = write_file(dir + "/pids.max", std::to_string(limits.processes_max)) && ok;
    if (hierarchy.cpu && limits.cpu_percent_max > 0) {
        std::string quota = std::to_string(limits.cpu_percent_max * cpu_period_us / 100), period = std::to_string(cpu_period_us);
        bool is_set = hierarchy.version == 2 ? write_file(dir + "/cpu.max", quota + " " + period)
                                             : write_file(dir + "/cpu.cfs_period_us", period) && write_file(dir + "/cpu.cfs_quota_us", quota);
        ok = is_set && ok;
    }
    return ok;
}

/// Joining a further v1 hierarchy costs a start some milliseconds (an RCU grace period), so it is joined for a limit only.
bool is_needed(const Hierarchy& hierarchy, const GroupLimits& limits) {
    return hierarchy.memory || hierarchy.pids || limits.cpu_percent_max > 0;
}

}  // namespace

std::vector<Hierarchy> find_hierarchies() {
    std::vector<Hierarchy> found;
    const auto mounts = cgroup_mounts();
    std::ifstream in("/proc/self/cgroup");  // cgroups(7): "id:controllers:path", and "0::path" for version 2
    for (std::string line; std::getline(in, line);) {
        auto parts = split(line, ':');
        if (parts.size() < 3) continue;
        std::string_view controllers = parts[1], path = std::string_view(line).substr(parts[0].size() + parts[1].size() + 2);
        Hierarchy hierarchy{.version = controllers.empty() ? 2 : 1};
        for (const Mount& mount : mounts) {
            bool is_this = hierarchy.version == 2 ? mount.type == "cgroup2"
                                                  : mount.type == "cgroup" && lists(mount.options, split(controllers, ',').front(), ',');
            if (is_this && hierarchy.dir.empty()) hierarchy.dir = own_dir(mount, path);
        }
        if (hierarchy.dir.empty()) continue;
        std::string available = hierarchy.version == 2 ? read_file(hierarchy.dir + "/cgroup.controllers") : std::string(controllers);
        char separator = hierarchy.version == 2 ? ' ' : ',';
        hierarchy.memory = lists(available, "memory", separator);
        hierarchy.pids = lists(available, "pids", separator);
        hierarchy.cpu = hierarchy.version == 1 && lists(available, "cpu", separator);
        hierarchy.cpu_time = hierarchy.version == 2;  // of v1 cpuacct would be one more to join: /proc tells
        if ((!hierarchy.memory && !hierarchy.pids && !hierarchy.cpu) || access(hierarchy.dir.c_str(), W_OK) != 0) continue;
        if (hierarchy.version == 2 && !enable_controllers(hierarchy.dir)) continue;
        if (hierarchy.version == 2) hierarchy.cpu = write_file(control_file(hierarchy.dir), "+cpu");
        if (may_make_groups(hierarchy.dir)) found.push_back(hierarchy);
    }
    return found;
}

Result<std::unique_ptr<Group>> make_group(const std::vector<Hierarchy>& hierarchies, const GroupLimits& limits) {
    static std::atomic<uint64_t> next = 0;
    const std::string name = std::string(name_prefix) + std::to_string(getpid()) + "-" + std::to_string(next++);
    std::vector<Hierarchy> joined;
    std::ranges::copy_if(hierarchies, std::back_inserter(joined), [&](const Hierarchy& each) { return is_needed(each, limits); });
    std::vector<std::string> dirs;
    std::vector<Descriptor> procs;
    for (const Hierarchy& hierarchy : joined) {
        std::string dir = hierarchy.dir + "/" + name;
        bool made = mkdir(dir.c_str(), 0755) == 0;
        if (made) dirs.push_back(dir);
        if (made && limit_group(hierarchy, dir, limits)) procs.emplace_back(open((dir + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
        if (procs.size() == dirs.size() && made && procs.back()) continue;
        std::string cause = dir + ": " + std::strerror(errno);
        for (const std::string& each : dirs) rmdir(each.c_str());
        return fail(Code::unavailable, "the kernel refused a control group for the sandbox; run `ramify doctor`", cause);
    }
    return std::make_unique<Group>(std::move(joined), std::move(dirs), std::move(procs));
}

Group::Group(std::vector<Hierarchy> hierarchies, std::vector<std::string> dirs, std::vector<Descriptor> procs)
    : hierarchies_(std::move(hierarchies)), dirs_(std::move(dirs)), procs_(std::move(procs)) {}

Group::~Group() {
    for (const std::string& dir : dirs_) rmdir(dir.c_str());
}

std::vector<int> Group::join_fds() const {
    std::vector<int> fds;
    for (const Descriptor& file : procs_) fds.push_back(file.get());
    return fds;
}

bool Group::limits_memory() const {
    return std::ranges::any_of(hierarchies_, [](const Hierarchy& each) { return each.memory; });
}

bool Group::counts_cpu() const {
    return std::ranges::any_of(hierarchies_, [](const Hierarchy& each) { return each.cpu_time; });
}

int64_t Group::cpu_ms() const {
    for (size_t i = 0; i < hierarchies_.size(); ++i) {
        if (!hierarchies_[i].cpu_time) continue;
        return number_in(dirs_[i] + "/cpu.stat", "usage_usec") / 1000;
    }
    return 0;
}

bool Group::killed_for_memory() const {
    for (size_t i = 0; i < hierarchies_.size(); ++i) {
        if (!hierarchies_[i].memory) continue;
        const char* file = hierarchies_[i].version == 2 ? "/memory.events" : "/memory.oom_control";
        if (number_in(dirs_[i] + file, "oom_kill") > 0) return true;
    }
    return false;
}

}  // namespace ry::sandbox

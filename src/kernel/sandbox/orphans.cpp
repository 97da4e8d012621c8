#include "kernel/sandbox/orphans.h"

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/text.h"
#include "kernel/sandbox/bubblewrap.h"

namespace ry::sandbox {
namespace {

namespace fs = std::filesystem;

/// Empty when the process ends meanwhile: a stream takes that for an error where an iterator over its buffer would throw.
std::string content_of(const fs::path& path) {
    std::ostringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    return content.str();
}

/// The words behind `name` in the process's status (proc(5)).
std::istringstream status_of(const fs::path& process, std::string_view name) {
    std::istringstream lines(content_of(process / "status"));
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(name)) return std::istringstream(line.substr(name.size()));
    return {};
}

bool is_bubblewrap(const fs::path& process) { return content_of(process / "comm") == "bwrap\n"; }

bool is_orphan(const fs::path& process) {
    if (!is_bubblewrap(process) || !content_of(process / "cmdline").contains(relay_path)) return false;
    int64_t outside = 0, inside = 0, parent = 0;
    bool is_child = (status_of(process, "NSpid:") >> outside >> inside) && inside == 1;  // process 1 of a cage
    return is_child && (status_of(process, "PPid:") >> parent) && !is_bubblewrap("/proc/" + std::to_string(parent));
}

}  // namespace

void end_orphans() {
    std::error_code error;
    for (fs::directory_iterator process("/proc", error), end; !error && process != end; process.increment(error)) {
        auto pid = parse_int(process->path().filename().string());
        if (pid && is_orphan(process->path())) kill(static_cast<pid_t>(*pid), SIGKILL);
    }
}

}  // namespace ry::sandbox

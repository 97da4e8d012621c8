#include "kernel/sandbox/usage.h"

#include <fts.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace ry::sandbox {
namespace {

namespace fs = std::filesystem;
constexpr size_t processes_looked_at_max = 4096;  // more than any processes_max; a bound for the walk

void add_children(const std::string& process, std::vector<pid_t>& found) {
    std::error_code error;
    for (fs::directory_iterator task("/proc/" + process + "/task", error), end; !error && task != end; task.increment(error)) {
        std::ifstream in(task->path() / "children");
        for (pid_t child; in >> child;) found.push_back(child);
    }
}

/// proc(5): after the name in parentheses, utime, stime, cutime and cstime are words 12 to 15.
int64_t cpu_ms_of(const std::string& process) {
    std::ifstream in("/proc/" + process + "/stat");
    std::string line;
    std::getline(in, line);
    size_t close = line.rfind(')');
    if (close == line.npos) return 0;
    std::istringstream words(line.substr(close + 1));
    std::string skipped;
    for (int i = 0; i < 11; ++i) words >> skipped;
    int64_t ticks = 0, sum = 0;
    for (int i = 0; i < 4 && words >> ticks; ++i) sum += ticks;
    return sum * 1000 / sysconf(_SC_CLK_TCK);
}

int64_t memory_kb_of(const std::string& process) {
    std::ifstream in("/proc/" + process + "/status");
    int64_t sum = 0, kb = 0;
    for (std::string word; in >> word;)
        if ((word == "RssAnon:" || word == "RssShmem:") && in >> kb) sum += kb;
    return sum;
}

/// "R", "S", "T", …; empty when it is gone.
std::string state_of(const std::string& process) {
    std::ifstream in("/proc/" + process + "/stat");
    std::string line;
    std::getline(in, line);
    size_t close = line.rfind(')');
    return close == line.npos || close + 2 >= line.size() ? "" : line.substr(close + 2, 1);
}

}  // namespace

bool stands_still(pid_t root) {
    std::vector<pid_t> pids = {root};
    for (size_t i = 0; i < pids.size() && i < processes_looked_at_max; ++i) {
        std::string process = std::to_string(pids[i]);
        add_children(process, pids);
        std::string state = i == 0 ? "T" : state_of(process);
        if (!state.empty() && std::string_view("TZX").find(state[0]) == std::string_view::npos) return false;
    }
    return true;
}

TreeUsage usage_of_tree(pid_t root) {
    TreeUsage usage;
    std::vector<pid_t> pids = {root};
    for (size_t i = 0; i < pids.size() && i < processes_looked_at_max; ++i) {
        std::string process = std::to_string(pids[i]);
        add_children(process, pids);
        usage.cpu_ms += cpu_ms_of(process);
        usage.memory_kb += memory_kb_of(process);
    }
    return usage;
}

int64_t bytes_on_disk(const std::vector<std::string>& dirs) {
    constexpr int64_t block_bytes = 512;  // stat(2): the unit of st_blocks
    int64_t sum = 0;
    for (const std::string& dir : dirs) {
        char* roots[] = {const_cast<char*>(dir.c_str()), nullptr};
        std::unique_ptr<FTS, int (*)(FTS*)> walk(fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, nullptr), fts_close);
        for (FTSENT* entry = nullptr; walk && (entry = fts_read(walk.get()));)
            if (entry->fts_info != FTS_DP && entry->fts_info != FTS_NS) sum += entry->fts_statp->st_blocks * block_bytes;
    }
    return sum;
}

int64_t free_bytes(const std::vector<std::string>& paths) {
    int64_t least = INT64_MAX;
    for (const std::string& path : paths) {
        struct statvfs space{};
        if (statvfs(path.c_str(), &space) == 0)
            least = std::min(least, static_cast<int64_t>(space.f_bavail) * static_cast<int64_t>(space.f_frsize));
    }
    return least;
}

}  // namespace ry::sandbox

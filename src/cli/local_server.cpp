#include "cli/local_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include "base/descriptor.h"
#include "base/time.h"

extern char** environ;

namespace ry::cli {
namespace {

namespace bj = boost::json;

constexpr int64_t start_ms_max = 60'000;  // a first initdb on a slow disk
constexpr int64_t stop_ms_max = 30'000;
constexpr const char* started_by_command = "RAMIFY_STARTED_BY_COMMAND";  // so that `db stop --all` may end it

struct Note {
    std::string url = {};  ///< empty: it serves, and its note cannot be read
    pid_t pid = 0;
    bool is_started_by_command = false;
};

std::string note_path(const std::string& data_dir) { return data_dir + "/server.json"; }
/// Locked by the server as long as it serves, so that it is found by what its note cannot spoil.
std::string lock_path(const std::string& data_dir) { return data_dir + "/server.lock"; }

/// What a server that still runs has noted. A note that a kill left behind names a process that is gone, or another one.
std::optional<Note> read_note(const std::string& data_dir) {
    std::ifstream file(note_path(data_dir));
    if (!file) return {};
    std::stringstream text;
    text << file.rdbuf();
    boost::system::error_code error;
    bj::value json = bj::parse(text.str(), error);
    if (error || !json.is_object()) return {};
    Note note;
    if (auto url = json.as_object().if_contains("url"); url && url->is_string()) note.url = std::string(url->as_string());
    if (auto pid = json.as_object().if_contains("pid"); pid && pid->is_int64()) note.pid = pid_t(pid->as_int64());
    if (auto by = json.as_object().if_contains("is_started_by_command"); by && by->is_bool()) note.is_started_by_command = by->as_bool();
    std::error_code gone;
    auto program = std::filesystem::read_symlink("/proc/" + std::to_string(note.pid) + "/exe", gone);
    if (note.pid <= 0 || gone || program.filename().string().find("ramify") != 0) return {};
    return note;
}

struct flock whole_file() {
    struct flock all {};
    all.l_type = F_WRLCK;
    all.l_whence = SEEK_SET;
    return all;
}

bool has_variable(pid_t pid, std::string_view name) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/environ");
    for (std::string variable; std::getline(file, variable, '\0');)
        if (variable.starts_with(std::string(name) + "=")) return true;
    return false;
}

/// Absent when no server holds the lock. Its pid is not positive when it runs where this process sees none, as in a container.
std::optional<Note> find_holder(const std::string& data_dir) {
    Descriptor file(::open(lock_path(data_dir).c_str(), O_RDWR | O_CLOEXEC));
    struct flock held = whole_file();
    if (!file || ::fcntl(file.get(), F_GETLK, &held) != 0 || held.l_type == F_UNLCK) return {};
    return Note{.pid = held.l_pid, .is_started_by_command = has_variable(held.l_pid, started_by_command)};
}

std::optional<Note> find_server(const std::string& data_dir) {
    auto note = read_note(data_dir);
    return note ? note : find_holder(data_dir);
}

std::string shown(const Note& server) {
    return server.url.empty() ? "process " + std::to_string(server.pid) : server.url;
}

std::string own_program() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

/// Why a server ended, by the last error in what it has logged since `from`.
std::string reason_in(const std::string& log_path, uintmax_t from) {
    constexpr std::string_view label = "error: ";
    std::ifstream log(log_path);
    log.seekg(std::streamoff(from));
    std::string reason = log_path + " says why";
    for (std::string line; std::getline(log, line);)
        if (line.starts_with(label)) reason = line.substr(label.size());
    return reason;
}

Result<std::string> start(const std::string& data_dir) {
    Descriptor log(::open((data_dir + "/server.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    int ends[2];
    if (!log || ::pipe2(ends, O_CLOEXEC) != 0) return fail(Code::unavailable, "no server can be started on " + data_dir + "; see that it is writable and has room");
    Descriptor out(ends[0]), in(ends[1]);
    std::error_code error;
    uintmax_t logged = std::filesystem::file_size(data_dir + "/server.log", error);
    std::string program = own_program();
    std::vector<std::string> words = {program, "serve", "--data-dir", data_dir, "--listen", "127.0.0.1:0", "--insecure-dev"};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::setenv(started_by_command, "1", 1);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, in.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, log.get(), STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);  // Ctrl-C at the command is not for the server
    pid_t pid = 0;
    int failed = posix_spawn(&pid, program.c_str(), &files, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (failed) return fail(Code::unavailable, "no server can be started", std::string(program) + ": " + std::to_string(failed));
    in = {};
    std::string line;
    int64_t until_ms = steady_ms() + start_ms_max;
    for (char c = 0; c != '\n' && steady_ms() < until_ms;) {
        pollfd waiting{out.get(), POLLIN, 0};
        if (::poll(&waiting, 1, 1'000) <= 0) continue;
        if (::read(out.get(), &c, 1) != 1) break;  // it has ended
        line += c;
    }
    constexpr std::string_view ready = "ready ";
    if (line.starts_with(ready) && line.ends_with('\n')) return line.substr(ready.size(), line.size() - ready.size() - 1);
    return fail(Code::unavailable, "the server that this command started did not come up: " + reason_in(data_dir + "/server.log", logged));
}

}  // namespace

std::string local_data_dir() {
    if (const char* dir = std::getenv("RAMIFY_DATA_DIR"); dir && *dir) return dir;
    if (const char* data = std::getenv("XDG_DATA_HOME"); data && *data) return std::string(data) + "/ramify";
    const char* home = std::getenv("HOME");
    return std::string(home && *home ? home : "/tmp") + "/.local/share/ramify";
}

Result<std::string> find_local_server(const std::string& data_dir) {
    if (auto note = read_note(data_dir)) return note->url;
    auto server = find_holder(data_dir);
    if (!server) return std::string();
    return fail(Code::conflict, "a server runs (" + shown(*server) + "), and " + note_path(data_dir) + ", which says where, cannot be read; end it with `ramify db stop --all`, and the next command starts another");
}

Result<std::string> local_server(const std::string& data_dir) {
    if (std::string url = TRY(find_local_server(data_dir)); !url.empty()) return url;
    std::error_code error;
    std::string dir = std::filesystem::absolute(data_dir, error);
    std::filesystem::create_directories(dir, error);
    Descriptor lock(::open((dir + "/start.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock || ::flock(lock.get(), LOCK_EX) != 0) return fail(Code::unavailable, "the data directory " + dir + " cannot be used; choose another with --data-dir");
    if (std::string url = TRY(find_local_server(dir)); !url.empty()) return url;  // another command was faster
    return start(dir);
}

Result<bool> stop_local_server(const std::string& data_dir) {
    auto note = find_server(data_dir);
    if (!note) return false;
    if (note->pid <= 0) return fail(Code::conflict, "a server that this command cannot see, such as one in a container, uses " + data_dir + "; stop it where it runs");
    if (!note->is_started_by_command) return fail(Code::conflict, "the server (" + shown(*note) + ") was started by hand; stop it where it runs");
    Descriptor process(int(::syscall(SYS_pidfd_open, note->pid, 0)));
    if (::kill(note->pid, SIGTERM) != 0) return false;
    pollfd waiting{process.get(), POLLIN, 0};
    if (process && ::poll(&waiting, 1, int(stop_ms_max)) <= 0) return fail(Code::timed_out, "the server does not end; " + data_dir + "/server.log may say why");
    return true;
}

ServerNote::ServerNote(const std::string& data_dir, const std::string& url)
    : path_(note_path(data_dir)), lock_(::open(lock_path(data_dir).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    struct flock all = whole_file();
    if (lock_) ::fcntl(lock_.get(), F_SETLK, &all);
    std::string text = "{\"url\":\"" + url + "\",\"pid\":" + std::to_string(::getpid()) + ",\"is_started_by_command\":" + (std::getenv(started_by_command) ? "true" : "false") + "}\n";
    std::ofstream(path_ + ".new") << text;
    std::error_code ignored;
    std::filesystem::rename(path_ + ".new", path_, ignored);
}

ServerNote::~ServerNote() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

}  // namespace ry::cli

#include "kernel/store/embedded.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "kernel/store/connection.h"
#include "kernel/store/postgres_host.h"
#include "kernel/store/tests/notes/queries.gen.h"

using namespace ry;
using namespace ry::notes;
using store::Embedded;
using store::Store;
using store::Tx;

namespace {

namespace fs = std::filesystem;

struct Folder {
    fs::path path;
    Folder() {
        char name[] = "/tmp/embedded_test_XXXXXX";
        path = mkdtemp(name);
    }
    ~Folder() { fs::remove_all(path); }
};

std::unique_ptr<Embedded> start(const fs::path& data_dir) {
    auto started = Embedded::start({.data_dir = data_dir});
    REQUIRE_MESSAGE(started, started.error().message << "\n" << started.error().cause);
    const store::Schema* parts[] = {&notes::schema};
    auto migrated = store::migrate((*started)->endpoint(), parts);
    REQUIRE_MESSAGE(migrated, migrated.error().message << "\n" << migrated.error().cause);
    return std::move(*started);
}

Op person() {
    static const auto organization = OrganizationId::fresh();
    Op op = server_op("test");
    op.organization = organization;
    op.deadline = Deadline::in_ms(180'000);
    return op;
}

Result<Note> add(Store& s, const Op& op, std::string_view title) {
    return s.write(op, "notes.add", [&](Tx& tx) { return tx.one(sql::add_note, {.id = NoteId::fresh(), .title = title}); });
}

std::vector<std::string> titles(Store& s) {
    auto read = s.read(person(), "notes.titles", [](Tx& tx) { return tx.many(sql::all_titles, {}); });
    REQUIRE_MESSAGE(read, read.error().cause);
    return *read;
}

bool wait_until(const std::function<bool()>& is_done) {
    for (Deadline deadline = Deadline::in_ms(180'000); !deadline.passed();) {
        if (is_done()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

/// A process that has ended and that nobody has waited for is not running.
bool is_running(pid_t pid) {
    std::error_code error;
    (void)fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error);
    return !error;
}

/// Runs `f` in a process of its own; its exit status as waitpid gives it. `f` returns whether all was well.
int in_child(const std::function<bool()>& f) {
    pid_t pid = fork();
    if (pid == 0) _exit(f() ? 0 : 1);
    return store::wait_for_exit(pid);
}

}  // namespace

TEST_CASE("a fresh data directory becomes a private, durable database, which keeps its rows over a restart") {
    Folder folder;
    pid_t pid = 0;
    {
        auto postgres = start(folder.path);
        pid = postgres->pid();
        Store s(postgres->endpoint());
        REQUIRE(s.ready());
        REQUIRE(add(s, person(), "kept"));

        struct stat process, socket_dir, cluster;
        REQUIRE(stat(("/proc/" + std::to_string(pid)).c_str(), &process) == 0);
        CHECK(process.st_uid != 0);
        REQUIRE(stat(postgres->socket_dir().c_str(), &socket_dir) == 0);
        CHECK((socket_dir.st_mode & 0777) == 0700);
        REQUIRE(stat((folder.path / "postgres").c_str(), &cluster) == 0);
        CHECK((cluster.st_mode & 0777) == 0700);
        for (auto [setting, value] : {std::pair{"fsync", "on"}, {"synchronous_commit", "on"}, {"full_page_writes", "on"}, {"listen_addresses", ""}}) {
            std::string text = std::string("show ") + setting;
            store::Statement show{"test.show", text, {}, nullptr};
            auto shown = s.read(person(), "test.show", [&](Tx& tx) { return tx.execute(show, {}); });
            REQUIRE(shown);
            CHECK(shown->value(0, 0) == std::string_view(value));
        }
    }
    CHECK_FALSE(is_running(pid));
    auto postgres = start(folder.path);
    Store s(postgres->endpoint());
    CHECK(titles(s) == std::vector<std::string>{"kept"});
}

TEST_CASE("PostgreSQL killed and back: what was acknowledged is there, whoever flushed it, and work goes on by itself") {
    Folder folder;
    auto postgres = start(folder.path);
    Store s(postgres->endpoint());
    auto shared = add(s, person(), "shared");
    REQUIRE(shared);
    std::atomic<bool> is_over = false;
    std::atomic<int64_t> starred = 0;
    std::vector<std::string> acknowledged[3];
    // All write the same row, so each commit waits for the one before it, and they share flushes.
    auto write = [&](int writer) {
        for (int i = 0; !is_over; ++i) {
            char title[16];
            std::snprintf(title, sizeof title, "%d %06d", writer, i);
            auto written = s.write(person(), "notes.add_and_star", [&](Tx& tx) {
                tx.queue(sql::star, {.id = shared->id});
                return tx.one(sql::add_note, {.id = NoteId::fresh(), .title = title});
            });
            if (!written) continue;
            acknowledged[writer].push_back(title);
            ++starred;
        }
    };
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 3; ++writer) writers.emplace_back(write, writer);
    for (int round = 0; round < 3; ++round) {
        int64_t before = starred;
        REQUIRE(wait_until([&] { return starred > before; }));
        pid_t pid = postgres->pid();
        REQUIRE(pid > 0);
        kill(pid, SIGKILL);
        REQUIRE(wait_until([&] { return postgres->pid() != 0 && postgres->pid() != pid && s.ready(); }));
    }
    is_over = true;
    for (std::thread& writer : writers) writer.join();
    auto kept = titles(s);
    for (const auto& titles : acknowledged) CHECK(std::ranges::includes(kept, titles));
    auto stars = s.read(person(), "notes.show", [&](Tx& tx) { return tx.one(sql::note, {.id = shared->id}); });
    REQUIRE(stars);
    CHECK(stars->stars >= starred);
    CHECK(size_t(stars->stars) == kept.size() - 1);
}

TEST_CASE("while PostgreSQL is away, an operation with little time learns it and when to try again") {
    Folder folder;
    auto postgres = start(folder.path);
    auto endpoint = postgres->endpoint();
    postgres.reset();
    Store s(endpoint);
    Op hurried = person();
    hurried.deadline = Deadline::in_ms(100);
    auto refused = add(s, hurried, "x");
    CHECK(refused.error().code == Code::unavailable);
    CHECK(refused.error().retry_after_ms > 0);
    CHECK_FALSE(s.ready());
}

TEST_CASE("a server killed at once takes its PostgreSQL along, and the next start works") {
    Folder folder;
    { start(folder.path); }
    int pipe_fds[2];
    REQUIRE(pipe(pipe_fds) == 0);
    in_child([&] {
        auto started = Embedded::start({.data_dir = folder.path});
        if (!started) return false;
        Store s((*started)->endpoint());
        pid_t pid = add(s, person(), "acknowledged") ? (*started)->pid() : 0;
        if (write(pipe_fds[1], &pid, sizeof pid) != sizeof pid) return false;
        return kill(getpid(), SIGKILL) == 0;
    });
    pid_t pid = 0;
    REQUIRE(read(pipe_fds[0], &pid, sizeof pid) == sizeof pid);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    REQUIRE(pid > 0);
    auto postgres = start(folder.path);
    CHECK_FALSE(is_running(pid));
    Store s(postgres->endpoint());
    CHECK(titles(s) == std::vector<std::string>{"acknowledged"});
}

TEST_CASE("processes that a killed PostgreSQL left behind do not keep the next one from starting") {
    Folder folder;
    auto postgres = start(folder.path);
    Store s(postgres->endpoint());
    pid_t pid = postgres->pid();
    std::ifstream children("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
    pid_t child = 0;
    REQUIRE(bool(children >> child));
    kill(child, SIGSTOP);  // it does not notice that its postmaster is gone
    kill(pid, SIGKILL);
    CHECK(wait_until([&] { return postgres->pid() != 0 && postgres->pid() != pid && s.ready(); }));
    kill(child, SIGKILL);
}

TEST_CASE("a PostgreSQL that outlived its server is ended first") {
    Folder folder;
    std::string socket_dir;
    {
        auto postgres = start(folder.path);
        socket_dir = postgres->socket_dir();
    }
    auto account = store::account_for_postgres("");
    auto binaries = store::find_postgres("", 0);
    REQUIRE(account);
    REQUIRE(binaries);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    fs::path cluster = fs::canonical(folder.path) / "postgres";
    auto orphan = store::spawn({binaries->postgres, "-D", cluster, "-c", "listen_addresses=", "-c", "unix_socket_directories=" + socket_dir}, *account, null, 0);
    REQUIRE(orphan);
    std::thread reaper([pid = *orphan] { store::wait_for_exit(pid); });
    std::error_code absent;
    REQUIRE(wait_until([&] { return fs::file_size(cluster / "postmaster.pid", absent) > 0 && !absent; }));
    auto postgres = start(folder.path);
    CHECK(postgres->pid() != *orphan);
    reaper.join();
    close(null);
    Store s(postgres->endpoint());
    CHECK(s.ready());
}

TEST_CASE("one server per data directory") {
    Folder folder;
    auto postgres = start(folder.path);
    auto second = Embedded::start({.data_dir = folder.path});
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::conflict);
    CHECK(second.error().message.find("another Ramify server uses the data directory") != std::string::npos);
    Store s(postgres->endpoint());
    CHECK(s.ready());
}

TEST_CASE("a data directory with a long name has its socket elsewhere") {
    Folder folder;
    fs::permissions(folder.path, fs::perms(0711));
    auto postgres = start(folder.path / std::string(100, 'd'));
    CHECK(postgres->socket_dir().starts_with("/tmp/ramify-"));
    Store s(postgres->endpoint());
    CHECK(s.ready());
    fs::remove_all(postgres->socket_dir());
}

TEST_CASE("a data directory may have any name") {
    Folder folder;
    fs::permissions(folder.path, fs::perms(0711));
    for (const char* name : {R"(a 'b' "c" \d)", "a, b"}) {
        auto postgres = start(folder.path / name);
        Store s(postgres->endpoint());
        CHECK(s.ready());
        CHECK(store::Connection::open(postgres->admin(), {}, Deadline::in_ms(30'000)));
        fs::remove_all(postgres->socket_dir());
    }
}

TEST_CASE("what is missing is said with the command that helps") {
    Folder folder;
    auto no_binaries = Embedded::start({.data_dir = folder.path, .bin_dir = "/nowhere"});
    REQUIRE_FALSE(no_binaries);
    CHECK(no_binaries.error().message.find("apt-get install postgresql") != std::string::npos);

    fs::create_directories(folder.path / "postgres");
    std::ofstream(folder.path / "postgres/PG_VERSION") << "9\n";
    auto other_major = Embedded::start({.data_dir = folder.path});
    REQUIRE_FALSE(other_major);
    CHECK(other_major.error().message.find("PostgreSQL 9, which made this data directory, is not installed") != std::string::npos);

    auto not_a_dir = Embedded::start({.data_dir = "/dev/null/x"});
    REQUIRE_FALSE(not_a_dir);
    CHECK(not_a_dir.error().message.find("/dev/null/x") != std::string::npos);
}

TEST_CASE("run by root, PostgreSQL needs an unprivileged account that reaches the data directory") {
    if (geteuid() != 0) {
        MESSAGE("skipped: only root needs another account");
        return;
    }
    Folder folder;
    CHECK(Embedded::start({.data_dir = folder.path, .run_as = "root"}).error().message.find("refuses to run as root") != std::string::npos);
    CHECK(Embedded::start({.data_dir = folder.path, .run_as = "no_such_account"}).error().message.find("useradd --system no_such_account") != std::string::npos);
    fs::path inner = folder.path / "closed" / "data";
    fs::create_directories(inner);
    chmod((folder.path / "closed").c_str(), 0700);
    auto unreachable = Embedded::start({.data_dir = inner});
    REQUIRE_FALSE(unreachable);
    CHECK(unreachable.error().message.find("chmod o+x") != std::string::npos);
}

TEST_CASE("an ordinary user starts it too, under the own account") {
    Folder folder;
    constexpr uid_t ordinary = 65534;  // nobody: initdb asks for an account with a name
    if (geteuid() == 0) REQUIRE(chown(folder.path.c_str(), ordinary, ordinary) == 0);
    int status = in_child([&] {
        if (geteuid() == 0 && (setgid(ordinary) != 0 || setuid(ordinary) != 0)) return false;
        auto started = Embedded::start({.data_dir = folder.path});
        if (!started) {
            std::fprintf(stderr, "%s\n%s\n", started.error().message.c_str(), started.error().cause.c_str());
            return false;
        }
        struct stat process;
        stat(("/proc/" + std::to_string((*started)->pid())).c_str(), &process);
        Store s((*started)->endpoint());
        return process.st_uid == geteuid() && s.ready().has_value();
    });
    CHECK(status == 0);
}

TEST_CASE("a full disk is said as such, loses nothing, and is over when there is room again") {
    Folder folder;
    if (mount("tmpfs", folder.path.c_str(), "tmpfs", 0, "size=96m,mode=0755") != 0) {
        MESSAGE("skipped: mounting a small file system needs root");
        return;
    }
    {
        auto postgres = start(folder.path);
        Store s(postgres->endpoint());
        REQUIRE(add(s, person(), "before"));
        int filler = open((folder.path / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        std::string block(64 * 1024, 'x');
        while (write(filler, block.data(), block.size()) > 0) {
        }
        std::string big(1'000'000, '\0');
        for (char& c : big) c = char('a' + new_uuid().bytes[15] % 26);
        Result<Note> refused = fail(Code::bug, "");
        auto fill = [&] {
            Op op = person();
            op.deadline = Deadline::in_ms(5'000);
            refused = s.write(op, "notes.add", [&](Tx& tx) { return tx.one(sql::add_note, {.id = NoteId::fresh(), .title = NoteId::fresh().text(), .body = big}); });
            return !refused && refused.error().code == Code::unavailable;  // not that it took too long
        };
        REQUIRE(wait_until(fill));
        close(filler);
        fs::remove(folder.path / "filler");
        REQUIRE(wait_until([&] { return add(s, person(), "after").has_value(); }));
        auto kept = titles(s);
        CHECK(std::ranges::find(kept, "before") != kept.end());
    }
    umount2(folder.path.c_str(), MNT_DETACH);
}

// What a cluster in a cage costs beside the same server without one, and the figures behind the choices of
// modules/databases/postgres: how a snapshot is prepared, the size of WAL segments, data checksums. One line a figure:
// what, figure, unit, peer, note, between tabs.
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "kernel/sandbox/sandbox.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/postgres/base.h"
#include "modules/databases/postgres/cluster.h"
#include "modules/databases/postgres/images.h"
#include "modules/databases/scram/scram.h"
#include "modules/databases/postgres/settings.h"

using namespace ry;
using namespace ry::databases;
namespace fs = std::filesystem;

namespace {

template <class T>
T must(Result<T> result) {
    if (result) return *std::move(result);
    std::fprintf(stderr, "%s (%s)\n", result.error().message.c_str(), result.error().cause.c_str());
    std::exit(1);
}
void must(Result<void> result) { must(result ? Result<int>(0) : Result<int>(std::move(result.error()))); }

const bool is_quick = std::getenv("BENCH_QUICK") != nullptr;
const int rounds = is_quick ? 5 : 20;

double now_ms() {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Times {
    std::vector<double> ms;
    double at(double share) {
        std::ranges::sort(ms);
        return ms.empty() ? 0 : ms[std::min(ms.size() - 1, size_t(share * double(ms.size())))];
    }
    double median() { return at(0.5); }
    template <class F>
    void time(F&& f) {
        double began = now_ms();
        f();
        ms.push_back(now_ms() - began);
    }
};

void line(const std::string& what, double figure, const char* unit, double peer = 0, const std::string& note = "") {
    std::printf("%s\t%.3f\t%s\t%s\t%s\n", what.c_str(), figure, unit, peer > 0 ? std::to_string(peer).c_str() : "",
                note.c_str());
    std::fflush(stdout);
}
std::string p95(Times& times) {
    char text[64];
    std::snprintf(text, sizeof text, "p95 %.1f", times.at(0.95));
    return text;
}

/// Starts a program of the host under an account.
pid_t launch(uid_t account, std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = fork();
    if (child != 0) return child;
    int null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    dup2(null, 2);
    if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(account) != 0 || setuid(account) != 0)) _exit(126);
    execv(arguments[0], arguments.data());
    _exit(127);
}
void run(uid_t account, std::vector<std::string> words) {
    int status = 0;
    waitpid(launch(account, words), &status, 0);
    if (status != 0) std::fprintf(stderr, "%s failed\n", words[0].c_str());
}
void run_as_self(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = fork();
    if (child == 0) {
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) std::fprintf(stderr, "%s failed\n", words[0].c_str());
}

void copy_tree(const std::string& from, const std::string& to) {
    run_as_self({"cp", "-a", "--reflink=auto", from, to});
}

bool ask(const std::string& words, const char* sql = "select 1") {
    PGconn* connection = PQconnectdb(words.c_str());
    bool is_open = PQstatus(connection) == CONNECTION_OK;
    if (is_open) {
        PGresult* result = PQexec(connection, sql);
        if (PQresultStatus(result) == PGRES_FATAL_ERROR) std::fprintf(stderr, "%s\n", PQerrorMessage(connection));
        PQclear(result);
    }
    PQfinish(connection);
    return is_open;
}

/// Of a process and all below it.
double pss_mb(int root) {
    std::vector<int> pids = {root};
    double kb_sum = 0;
    for (size_t i = 0; i < pids.size(); ++i) {
        std::string process = "/proc/" + std::to_string(pids[i]);
        std::ifstream children(process + "/task/" + std::to_string(pids[i]) + "/children");
        for (int child; children >> child;) pids.push_back(child);
        std::ifstream rollup(process + "/smaps_rollup");
        for (std::string word; rollup >> word;)
            if (double kb = 0; word == "Pss:" && rollup >> kb) kb_sum += kb;
    }
    return kb_sum / 1024;
}

struct Bench {
    std::string dir;
    std::unique_ptr<sandbox::Sandbox> sandbox;
    std::unique_ptr<Images> images;
    std::unique_ptr<Clusters> clusters;
    Op op = server_op("bench");
    int next = 0;

    explicit Bench(std::string in) : dir(std::move(in)) {
        fs::create_directories(dir);
        chmod(dir.c_str(), 0755);
        sandbox = must(sandbox::Sandbox::open({.runtime_dir = dir + "/runtime"}));
        images = std::make_unique<Images>(*sandbox, dir + "/images");
        clusters = must(Clusters::open(*sandbox, dir + "/runtime"));
    }
    std::string fresh(const std::string& under) { return under + "/" + std::to_string(++next); }

    std::string base(const PostgresImage& image, const BaseOptions& options, const std::string& under) {
        std::string to = fresh(under);
        fs::create_directories(to);
        must(make_base(op, *sandbox, image, options, to));
        return to;
    }
    struct Started {
        std::unique_ptr<Cluster> cluster;
        std::string words;
    };
    Started start(const PostgresImage& image, const std::string& data_dir, Purpose purpose = Purpose::instance) {
        Secret password = fresh_password();
        ClusterOptions options{.image = image,
                               .data_dir = data_dir,
                               .socket_dir = dir + "/s" + std::to_string(++next),
                               .purpose = purpose,
                               .verifier = scram_verifier(password),
                               .memory_mb_max = 4'096};
        auto cluster = must(clusters->start(op, options));
        std::string words = "host=" + cluster->socket_dir() +
                            " user=postgres dbname=postgres password=" + std::string(password.reveal());
        return {std::move(cluster), words};
    }
};

/// The peer: the same settings, no cage, trust, tried at half a millisecond.
struct Plain {
    pid_t pid;
    std::string words;
    Plain(Bench& bench, const PostgresImage& image, const std::string& host_bin, const std::string& data_dir) {
        std::string sockets = bench.dir + "/p" + std::to_string(++bench.next);
        fs::create_directories(sockets);
        must(bench.sandbox->give(sockets));
        std::string rules = sockets + "/pg_hba.conf";
        std::ofstream(rules) << "local all all trust\n";
        std::vector<std::string> command = {host_bin + "/postgres", "-D", data_dir};
        auto arguments = must(server_arguments({.image = image}));
        for (size_t i = 2; i < arguments.size(); ++i) command.push_back(arguments[i]);
        for (std::string setting :
             {"unix_socket_directories=" + sockets, "hba_file=" + rules, std::string("listen_addresses=")}) {
            command.push_back("-c");
            command.push_back(setting);
        }
        words = "host=" + sockets + " user=postgres dbname=postgres";
        pid = launch(bench.sandbox->uid(), command);
        while (!ask(words)) std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    void stop(int number = SIGINT) {
        kill(pid, number);
        waitpid(pid, nullptr, 0);
    }
};

void starts(Bench& bench, const PostgresImage& image, const std::string& host_bin) {
    const std::string on = bench.dir, label = "PostgreSQL " + std::to_string(image.major) + ": ";
    Times initdb, plain_initdb;
    for (int i = 0; i < (is_quick ? 2 : 5); ++i) {
        initdb.time([&] { bench.base(image, {}, on); });
        std::string to = bench.fresh(on);
        fs::create_directories(to);
        const uid_t named = geteuid() == 0 ? 65534 : geteuid();  // initdb wants an account with a name: nobody
        if (chown(to.c_str(), named, named) != 0) std::perror("chown");
        plain_initdb.time([&] {
            run(named, {host_bin + "/initdb", "-D", to, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                        "--locale=C.UTF-8", "--wal-segsize=1", "--no-sync"});
        });
    }
    line(label + "initdb", initdb.median(), "ms", plain_initdb.median());

    std::string base = bench.base(image, {}, on);
    Times ready, first, later, stop, plain_first, plain_later, plain_stop, thrown_away;
    double pss = 0, plain_pss = 0;
    for (int i = 0; i < rounds; ++i) {
        std::string data = bench.fresh(on);
        copy_tree(base, data);
        double began = now_ms();
        auto started = bench.start(image, data);
        ready.ms.push_back(now_ms() - began);
        ask(started.words);
        first.ms.push_back(now_ms() - began);
        later.time([&] { ask(started.words); });
        pss = pss_mb(started.cluster->pid());
        stop.time([&] { must(started.cluster->stop(bench.op)); });
        auto again = bench.start(image, data);
        thrown_away.time([&] { again.cluster->kill(); });

        std::string other = bench.fresh(on);
        copy_tree(base, other);
        began = now_ms();
        Plain plain(bench, image, host_bin, other);
        plain_first.ms.push_back(now_ms() - began);
        plain_later.time([&] { ask(plain.words); });
        plain_pss = pss_mb(plain.pid);
        plain_stop.time([&] { plain.stop(); });
        fs::remove_all(data);
        fs::remove_all(other);
    }
    line(label + "start to first query", first.median(), "ms", plain_first.median(),
         p95(first) + "; of it until start() returns, password set: " + std::to_string(ready.median()).substr(0, 4) +
             " ms; the peer asks for no password");
    line(label + "connect and query, later", later.median(), "ms", plain_later.median(),
         "SCRAM with 4096 rounds at the client");
    line(label + "fast stop", stop.median(), "ms", plain_stop.median(), p95(stop));
    line(label + "thrown away", thrown_away.median(), "ms", 0, "SIGKILL to the cage");
    line(label + "PSS of an idle instance", pss, "MB", plain_pss, "with bubblewrap and the relay; shared_buffers 8 MB");
}

/// Snapshot of a cluster that has just done something, and a start on it: by a fast stop, or by a checkpoint while it
/// stands still.
void snapshots(Bench& bench, const PostgresImage& image, const std::string& name, const std::string& on) {
    fs::create_directories(on);
    chmod(on.c_str(), 0755);
    std::string base = bench.base(image, {}, on);
    Times stopped, stopped_start, stopped_back, still, still_start;
    for (int i = 0; i < (is_quick ? 3 : 10); ++i) {
        std::string data = bench.fresh(on), copy = bench.fresh(on), second = bench.fresh(on);
        copy_tree(base, data);
        auto started = bench.start(image, data, Purpose::build);
        ask(started.words,
            "create table t as select i, md5(i::text) m from generate_series(1, 20000) i; create index on t (i)");
        still.time([&] {
            must(started.cluster->while_still(bench.op, [&]() -> Result<void> {
                copy_tree(data, second);
                return {};
            }));
        });
        ask(started.words, "update t set m = m || 'x' where i < 10000");
        stopped.time([&] {
            must(started.cluster->stop(bench.op));
            copy_tree(data, copy);
        });
        started.cluster.reset();
        stopped_back.time([&] { started = bench.start(image, data, Purpose::build); });
        started.cluster.reset();
        stopped_start.time([&] {
            auto fork = bench.start(image, copy);
            ask(fork.words);
        });
        still_start.time([&] {
            auto fork = bench.start(image, second);
            ask(fork.words);
        });
        for (const std::string& each : {data, copy, second}) fs::remove_all(each);
    }
    line(name + ": fast stop and copy", stopped.median(), "ms", still.median(),
         "peer: checkpoint, pause, copy, resume");
    line(name + ": start to first query on that copy", stopped_start.median(), "ms", still_start.median(),
         "peer: it recovers first");
    line(name + ": the builder is back", stopped_back.median(), "ms", 0,
         "start after the fast stop; nothing with the other way");
}

void options(Bench& bench, const PostgresImage& image, const std::string& on) {
    struct Choice {
        const char* name;
        BaseOptions options;
    };
    for (const Choice& choice :
         {Choice{"1 MB segments, no checksums", {}}, Choice{"16 MB segments, no checksums", {.wal_segment_mb = 16}},
          Choice{"1 MB segments, checksums", {.data_checksums = true}}}) {
        Times fill, scan;
        double mb = 0;
        for (int i = 0; i < (is_quick ? 1 : 3); ++i) {
            std::string data = bench.base(image, choice.options, on);
            int64_t bytes = 0;
            for (const auto& entry : fs::recursive_directory_iterator(data))
                if (entry.is_regular_file()) bytes += int64_t(entry.file_size());
            mb = double(bytes) / (1 << 20);
            auto started = bench.start(image, data, Purpose::build);
            ask(started.words, "create table t (i int, m text); insert into t select 0, ''; checkpoint");
            fill.time(
                [&] { ask(started.words, "insert into t select i, md5(i::text) from generate_series(1, 1000000) i"); });
            scan.time([&] { ask(started.words, "select count(*) from t"); });
            must(started.cluster->stop(bench.op));
            fs::remove_all(data);
        }
        line(std::string("a million rows inserted, ") + choice.name, fill.median(), "ms", 0,
             "first scan, which sets hint bits: " + std::to_string(int(scan.median())) + " ms; the base has " +
                 std::to_string(int(mb)) + " MB");
    }
}

/// An XFS of its own on a loop device, where this process may make one.
struct LoopXfs {
    std::string at;
    bool is_mounted = false;
    explicit LoopXfs(const std::string& dir) : at(dir + "/xfs") {
        if (geteuid() != 0) return;
        fs::create_directories(at);
        std::string image = dir + "/xfs.img";
        run_as_self({"truncate", "-s", "2G", image});
        run_as_self({"mkfs.xfs", "-q", "-m", "reflink=1", image});
        pid_t child = fork();
        if (child == 0) {
            execlp("mount", "mount", "-o", "loop", image.c_str(), at.c_str(), nullptr);
            _exit(127);
        }
        int status = 0;
        waitpid(child, &status, 0);
        is_mounted = status == 0;
    }
    ~LoopXfs() {
        if (is_mounted) run_as_self({"umount", at});
    }
};

}  // namespace

int main() {
    telemetry::set_log_level(telemetry::Level::error);
    const char* disk = std::getenv("BENCH_DIRECTORY");
    const char* packages = std::getenv("BENCH_POSTGRES_IMAGES");
    std::string memory = "/dev/shm/ramify-bench-" + std::to_string(getpid());
    {
        Bench bench(memory);
        PostgresImage host = must(bench.images->find(bench.op, "15"));
        starts(bench, host, host.bin_dir);
        for (std::string major : {"17", "18"}) {
            std::string package = std::string(packages ? packages : "") + "/postgres-" + major;
            if (!fs::exists(package)) continue;
            std::string name = "postgres:" + major;
            starts(bench, must(bench.images->add(bench.op, name, package)), memory + "/images/" + name + "/bin");
        }
        snapshots(bench, host, "tmpfs", memory);
        if (disk) snapshots(bench, host, "disk", std::string(disk) + "/snapshots");
        if (disk) options(bench, host, std::string(disk) + "/options");
        if (disk) {
            LoopXfs xfs(disk);
            if (xfs.is_mounted) snapshots(bench, host, "XFS on a loop device", xfs.at + "/snapshots");
            fs::remove_all(xfs.at + "/snapshots");
        }
    }
    fs::remove_all(memory);
}

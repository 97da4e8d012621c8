// bench_states DIR BACKEND ROUNDS: what clones cost in DIR. Two trees, one of many small files and one of few large
// ones; for each prints "NAME TREE clone remove write snapshot fork first_find find" with the medians in ms. TREE
// stays, for the peer to copy.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "kernel/states/states.h"
#include "kernel/telemetry/telemetry.h"

using namespace ry;
using namespace ry::states;

namespace {

struct Shape {
    const char* name;
    int files;
    int bytes_of_file;
};
constexpr Shape shapes[] = {{"small", 1000, 28 * 1024}, {"large", 10, 100 << 20}};

[[noreturn]] void stop(const Error& error) {
    std::fprintf(stderr, "bench_states: %s (%s)\n", error.message.c_str(), error.cause.c_str());
    std::exit(1);
}

template <class T>
T must(Result<T> result) {
    if (!result) stop(result.error());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

Result<void> fill(const std::string& dir, const Shape& shape) {
    std::string bytes(1 << 20, 'x');
    for (int i = 0; i < shape.files; ++i) {
        int fd = open((dir + "/" + std::to_string(i)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        for (int left = shape.bytes_of_file; fd >= 0 && left > 0;) {
            bytes[0] = char(left);
            ssize_t written = write(fd, bytes.data(), std::min<size_t>(bytes.size(), size_t(left)));
            if (written <= 0) return fail(Code::unavailable, "the disk is full");
            left -= int(written);
        }
        if (fd < 0) return fail(Code::unavailable, "a file cannot be made");
        close(fd);
    }
    return {};
}

/// Changes the first page of one file, as a database does.
void write_page(const std::string& dir) {
    char page[8192] = "changed";
    int fd = open((dir + "/3").c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0 || pwrite(fd, page, sizeof page, 0) != ssize_t(sizeof page))
        stop(fail(Code::unavailable, "a clone cannot be written"));
    close(fd);
}

class Times {
public:
    template <class F>
    void take(F&& f) {
        auto begin = std::chrono::steady_clock::now();
        f();
        ms_.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    double median() {
        std::ranges::sort(ms_);
        return ms_[ms_.size() / 2];
    }

private:
    std::vector<double> ms_;
};

Backend backend_of(const std::string& name) {
    for (Backend backend :
         {Backend::overlay_reflink, Backend::btrfs, Backend::reflink, Backend::overlay, Backend::copy})
        if (name_of(backend) == name) return backend;
    stop(fail(Code::invalid, "unknown backend " + name));
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) stop(fail(Code::invalid, "usage: bench_states DIR BACKEND ROUNDS"));
    const std::string dir = words[1], to = dir + "/clone", fork_to = dir + "/fork";
    telemetry::set_log_level(telemetry::Level::error);
    const Config config{.dir = dir + "/states", .backend = backend_of(words[2]), .mb_max = 100'000, .mb_free_min = 0};
    auto states = must(States::open(config));
    Op op = server_op("bench");
    for (const Shape& shape : shapes) {
        Pin pin = must(states->build(op, shape.name, [&](const std::string& tree) { return fill(tree, shape); }));
        Times clone, remove, write, snapshot, fork, first_find, find;
        for (int round = 0; round < std::atoi(words[3]); ++round) {
            const std::string key = std::string(shape.name) + "-" + std::to_string(round);
            clone.take([&] { must(states->clone(op, pin, to)); });
            write.take([&] { write_page(to); });
            snapshot.take([&] { (void)must(states->snapshot(op, key, to, 1)); });
            fork.take([&] { must(states->fork(op, to, fork_to)); });
            {
                auto other = must(States::open(config));
                first_find.take([&] { (void)must(other->find(key)); });
                find.take([&] { (void)must(other->find(key)); });
            }
            must(states->remove_clone(fork_to));
            remove.take([&] { must(states->remove_clone(to)); });
            must(states->remove(op, key));
        }
        std::printf("%s %s %.3f %.3f %.3f %.3f %.3f %.3f %.3f\n", shape.name, pin.path().c_str(), clone.median(),
                    remove.median(), write.median(), snapshot.median(), fork.median(), first_find.median(),
                    find.median());
        std::fflush(stdout);
    }
}

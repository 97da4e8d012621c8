#include "kernel/sandbox/spares.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/descriptor.h"
#include "kernel/sandbox/bubblewrap.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::sandbox {
namespace {

constexpr size_t spares_max = 4;  // 1 MB each
constexpr int64_t alike_max = 2;  // as many start at once on a small machine

/// A directory as a mount that has no place yet.
Descriptor tree_of(const std::string& host) {
    Descriptor tree(open_tree(AT_FDCWD, host.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
    mount_attr attributes{.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, .propagation = MS_PRIVATE};
    if (tree && mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0)
        return {};
    return tree;
}

/// Puts the directories into the mount namespace of the cage, at their places inside. Nothing but the relay has run
/// there, so the paths are what bubblewrap made them. A thread enters it and ends there: the server's others stay where
/// they are.
bool place_directories(int process_1, const std::vector<Bind>& binds) {
    std::vector<Descriptor> trees;
    for (const Bind& bind : binds)
        if (!trees.emplace_back(tree_of(bind.host))) return false;
    bool are_placed = false;
    try {
        std::jthread([&] {
            if (unshare(CLONE_FS) != 0 || setns(process_1, CLONE_NEWNS) != 0) return;
            for (size_t i = 0; i < binds.size(); ++i)
                if (move_mount(trees[i].get(), "", AT_FDCWD, binds[i].inside.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
                    return;
            are_placed = true;
        }).join();
    } catch (const std::system_error&) {  // from std::jthread
    }
    return are_placed;
}

bool has_ended(const Tree& tree) {
    pollfd ended{tree.exited(), POLLIN, 0};
    return poll(&ended, 1, 0) != 0;
}

}  // namespace

Spares::Spares(Make make) : make_(std::move(make)), thread_([this] { make_wished(); }) {}

Spares::~Spares() {
    kept_.change([](Kept& kept) { kept.is_closed = true; });
}

void Spares::wish(const Cage& like) {
    Cage spare = spare_of(like);
    kept_.change([&](Kept& kept) {
        int64_t alike = std::ranges::count(kept.ready, spare, &Spare::like) + std::ranges::count(kept.wished, spare);
        if (alike < alike_max && kept.wished.size() < spares_max) kept.wished.push_back(std::move(spare));
    });
}

std::unique_ptr<Tree> Spares::take(const Cage& cage) {
    const Cage like = spare_of(cage);
    std::unique_ptr<Tree> tree;
    kept_.with([&](Kept& kept) {
        auto found = std::ranges::find(kept.ready, like, &Spare::like);
        if (found == kept.ready.end()) return;
        tree = std::move(found->tree);
        kept.ready.erase(found);
    });
    std::vector<Bind> binds = cage.writable;
    for (size_t i = 0; i < binds.size(); ++i) binds[i].inside = like.writable[i].inside;
    std::ranges::sort(binds, {}, &Bind::inside);  // a directory before what lies in it
    if (!tree || has_ended(*tree) || !place_directories(tree->process_1(), binds)) return nullptr;
    return tree->tell(control::Verb::begin) ? std::move(tree) : nullptr;
}

int Spares::ready() const {
    return kept_.with([](const Kept& kept) { return static_cast<int>(kept.ready.size()); });
}

void Spares::make_wished() {
    constexpr auto for_ever = std::chrono::steady_clock::time_point::max();
    for (;;) {
        std::optional<Cage> next;
        kept_.wait_until(
            for_ever, [](Kept& kept) { return kept.is_closed || !kept.wished.empty(); },
            [&](Kept& kept) {
                if (kept.is_closed) return;
                next = std::move(kept.wished.front());
                kept.wished.pop_front();
            });
        if (!next) return;
        auto made = make_(*next);
        if (!made) {
            telemetry::log(telemetry::Level::warning, "no_spare_cage",
                           {{"message", made.error().message}, {"cause", made.error().cause}});
            continue;
        }
        std::optional<Spare> oldest;  // ends here, not under the lock
        kept_.with([&](Kept& kept) {
            kept.ready.push_back({*std::move(next), *std::move(made)});
            if (kept.ready.size() <= spares_max) return;
            oldest = std::move(kept.ready.front());
            kept.ready.erase(kept.ready.begin());
        });
    }
}

}  // namespace ry::sandbox

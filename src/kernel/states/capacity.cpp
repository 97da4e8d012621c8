// What states take, and which go when that is too much.
//
// A state is charged for the bytes on disk that it does not share with the state that it came from, when it is
// published: files that are hard links and extents at the same place of the device (FIEMAP) are shared. Nothing is
// walked again. When a state goes, the bytes that its children share are charged to one of them: as much as they may
// share at most, so the sum is never too low. A state whose children share all its bytes frees nothing, and is looked
// at again when the last of them is gone.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "kernel/states/disk.h"
#include "kernel/states/inside.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::states {
namespace {

constexpr int64_t bytes_per_mb = 1 << 20;
constexpr int retry_after_full_ms = 30'000;  // an instance may have ended by then

int64_t free_bytes_of(const std::string& dir) {
    struct statvfs space{};
    if (statvfs(dir.c_str(), &space) != 0) return INT64_MAX;
    return static_cast<int64_t>(space.f_bavail) * static_cast<int64_t>(space.f_frsize);
}

std::string mib(int64_t bytes) { return std::to_string(bytes / bytes_per_mb) + " MiB"; }

/// The most bytes that one of its children shares with each state.
std::map<std::string, int64_t> shared_with_children(const std::vector<Entry>& all) {
    std::map<std::string, int64_t> shared;
    for (const Entry& entry : all) {
        if (entry.charge.parent.empty()) continue;
        int64_t& most = shared[entry.charge.parent];
        most = std::max(most, entry.charge.shared_bytes);
    }
    return shared;
}

/// Of the bytes that `entry` answers for, those that stay on the disk without it, because its children have them too.
int64_t bytes_kept(const std::map<std::string, int64_t>& shared, const Entry& entry) {
    auto found = shared.find(entry.key);
    return found == shared.end() ? 0 : std::min(found->second, entry.charge.own_bytes);
}

bool may_be_evicted(const Entry& entry, const Config& config, int64_t now_us) {
    const int64_t age_us = now_us - entry.manifest.made.us;
    bool is_old = age_us < 0 || age_us >= config.age_min_ms * 1000;  // of the future: the clock was set back since
    return entry.clones == 0 && entry.use.retained_us <= now_us && is_old;
}

bool is_pinned(const Entry& entry) {
    Descriptor use(open((entry.dir + "/use").c_str(), O_RDONLY | O_CLOEXEC));
    return !use || flock(use.get(), LOCK_EX | LOCK_NB) != 0;
}

double value_of(const Entry& entry, int64_t freed, int64_t now_us) {
    return static_cast<double>(std::max<int64_t>(entry.manifest.rebuild_ms, 1)) * entry.use.heat_at(now_us) /
           static_cast<double>(freed);
}

/// The index of the one to go next; absent when none may, or none would free anything.
std::optional<size_t> least_valuable(const std::vector<Entry>& all, const std::set<std::string>& in_use,
                                     const Config& config) {
    std::optional<size_t> least;
    double least_value = 0;
    const int64_t now_us = now().us;
    const auto shared = shared_with_children(all);
    for (size_t i = 0; i < all.size(); ++i) {
        if (!may_be_evicted(all[i], config, now_us) || in_use.contains(all[i].key)) continue;
        int64_t freed = all[i].charge.own_bytes - bytes_kept(shared, all[i]);
        if (freed <= 0) continue;
        double value = value_of(all[i], freed, now_us);
        if (!least || value < least_value) least = i, least_value = value;
    }
    return least;
}

}  // namespace

Result<Ledger> Ledger::lock(const std::string& dir) {
    auto file = TRY(lock_file(dir + "/ledger", Wait::yes));
    return Ledger(std::move(*file));
}

Ledger::Figures Ledger::read() const {
    Figures figures;
    if (pread(file_.get(), &figures, sizeof figures, 0) != static_cast<ssize_t>(sizeof figures)) return {};
    return figures;
}

void Ledger::write(const Figures& figures) const { (void)!pwrite(file_.get(), &figures, sizeof figures, 0); }

int64_t bytes_of(const std::vector<Entry>& all) {
    int64_t sum = 0;
    for (const Entry& entry : all) sum += entry.charge.own_bytes;
    return sum;
}

/// A state, by its small files. Absent when it is not there, is removed meanwhile, or damaged.
std::optional<Entry> States::Inside::entry(const std::string& key) const {
    Entry entry{.key = key, .dir = tree_dir(key)};
    auto manifest_text = read_small_file(entry.dir + "/manifest"), charge_text = read_small_file(entry.dir + "/charge");
    if (!manifest_text || !charge_text) return {};
    auto manifest = from_json<Manifest>(*manifest_text);
    auto charge = from_json<Charge>(*charge_text);
    Descriptor use(::open((entry.dir + "/use").c_str(), O_RDONLY | O_CLOEXEC));
    if (!manifest || !charge || !use) return {};
    entry.manifest = std::move(*manifest);
    entry.charge = std::move(*charge);
    entry.use = read_use(use.get()).value_or(Use{});
    entry.clones = static_cast<int>(names_in(entry.dir + "/clones").size());
    return entry;
}

std::vector<Entry> States::Inside::entries() const {
    std::vector<Entry> all;
    for (const std::string& key : names_in(config.dir + "/trees"))
        if (auto one = entry(key)) all.push_back(*std::move(one));
    return all;
}

/// Writes the sum of all charges into the ledger.
void States::Inside::recount() {
    auto ledger = Ledger::lock(config.dir);
    if (!ledger) return;
    auto figures = ledger->read();
    figures.bytes = bytes_of(entries());
    ledger->write(figures);
}

/// Takes `key` out of `all`, and charges what stays of its bytes to the child that shares the most of them.
Result<void> States::Inside::settle(std::vector<Entry>& all, const std::string& key) {
    auto gone = std::ranges::find(all, key, &Entry::key);
    if (gone == all.end()) return {};
    const int64_t kept = bytes_kept(shared_with_children(all), *gone);
    const Charge charge = gone->charge;
    all.erase(gone);
    Entry* heir = nullptr;
    for (Entry& entry : all)
        if (entry.charge.parent == key && (!heir || entry.charge.shared_bytes > heir->charge.shared_bytes))
            heir = &entry;
    if (!heir) return {};
    for (Entry& entry : all) {
        if (entry.charge.parent != key || &entry == heir) continue;
        entry.charge.parent = heir->key;
        TRY(write_small_file(entry.dir + "/charge", to_json(entry.charge)));
    }
    heir->charge = {heir->charge.own_bytes + kept, heir->charge.shared_bytes - kept, charge.parent};
    return write_small_file(heir->dir + "/charge", to_json(heir->charge));
}

/// Two steps, so that others need not wait while files are deleted: move away what goes, then delete it.
Result<void> States::Inside::trim() {
    const int64_t bytes_max = config.mb_max * bytes_per_mb, free_min = config.mb_free_min * bytes_per_mb;
    std::vector<std::string> away;
    {
        Ledger ledger = TRY(Ledger::lock(config.dir));
        auto figures = ledger.read();
        const int64_t lacking = free_min - free_bytes_of(config.dir);
        if (figures.bytes <= bytes_max / 100 * config.high_percent && lacking <= 0) return {};
        auto all = entries();
        figures.bytes = bytes_of(all);
        int64_t wanted = figures.bytes > bytes_max / 100 * config.high_percent
                             ? figures.bytes - bytes_max / 100 * config.low_percent
                             : 0;
        wanted = std::max(wanted, lacking);
        std::set<std::string> in_use;
        for (int64_t freed = 0; freed < wanted;) {
            auto next_one = least_valuable(all, in_use, config);
            if (!next_one) break;
            const std::string key = all[*next_one].key;
            const int64_t before = bytes_of(all);
            std::string folder;
            auto key_lock = TRY(lock_file(path("locks", key), Wait::no));
            if (!key_lock || !TRY(take_away(key, all, folder)) || folder.empty()) {
                in_use.insert(key);
                continue;
            }
            unlink(path("locks", key).c_str());
            away.push_back(folder);
            freed += before - bytes_of(all);
            figures.evicted += 1;
            figures.last_eviction_us = now().us;
            telemetry::log(telemetry::Level::info, "state_evicted",
                           {{"key", key}, {"freed_bytes", std::to_string(before - bytes_of(all))}});
        }
        figures.bytes = bytes_of(all);
        ledger.write(figures);
    }
    for (const std::string& folder : away) TRY(discard(folder));
    return {};
}

/// `over_quota` when there is no room for another state, and none can be made.
Result<void> States::Inside::admit(const Op& op) {
    const int64_t bytes_max = config.mb_max * bytes_per_mb, free_min = config.mb_free_min * bytes_per_mb;
    auto problem = [&]() -> Result<void> {
        const int64_t bytes = TRY(Ledger::lock(config.dir)).read().bytes, free = free_bytes_of(config.dir);
        if (bytes < bytes_max && free >= free_min) return {};
        std::string figures = "states take " + mib(bytes) + " of " + mib(bytes_max) + ", and " + mib(free) +
                              " are free on the disk, of which " + mib(free_min) + " stay free";
        Error full =
            fail(Code::over_quota, "there is no room for another state, and the others are in use: " + figures +
                                       "; stop what uses them, raise states_mb_max, or free space on the disk");
        full.retry_after_ms = retry_after_full_ms;
        return full;
    };
    if (problem()) return {};
    TRY(op.still_wanted());
    TRY(trim());
    while (!problem()) {
        TRY(op.still_wanted());
        bool has_given = give_up_clones.with([](auto& give_up) { return give_up && give_up(); });
        if (!has_given) return problem();
        discard_waiting();
        TRY(trim());
    }
    return {};
}

Result<void> States::make_room(const Op& op) { return inside_->admit(op); }

void States::on_shortage(std::function<bool()> give_up_clones) {
    inside_->give_up_clones.with([&](auto& known) { known = std::move(give_up_clones); });
}

Result<void> States::trim(const Op& op) {
    TRY(op.still_wanted());
    return inside_->trim();
}

Result<Usage> States::usage() const {
    auto all = inside_->entries();
    Usage usage{.bytes = bytes_of(all),
                .bytes_max = config_.mb_max * bytes_per_mb,
                .bytes_free = free_bytes_of(config_.dir),
                .states = static_cast<int64_t>(all.size())};
    {
        Ledger ledger = TRY(Ledger::lock(config_.dir));
        auto figures = ledger.read();
        usage.evicted = figures.evicted;
        usage.last_eviction.us = figures.last_eviction_us;
    }
    for (const Entry& entry : all) {
        usage.clones += entry.clones;
        bool stays = !may_be_evicted(entry, config_, now().us) || is_pinned(entry);
        if (!stays) usage.bytes_reclaimable += entry.charge.own_bytes;
    }
    return usage;
}

}  // namespace ry::states

// Making, finding and removing states. Clones: clones.cpp. Room: capacity.cpp.
#include "kernel/states/states.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <thread>

#include "base/check.h"
#include "base/text.h"
#include "kernel/states/disk.h"
#include "kernel/states/inside.h"
#include "kernel/states/overlay.h"
#include "kernel/states/zfs.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::states {
namespace {

namespace fs = std::filesystem;

constexpr size_t key_bytes_max = 128;
constexpr auto lock_poll = std::chrono::milliseconds(10);  // flock has no timeout; a build takes seconds

Result<void> check_key(const std::string& key) {
    auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
    if (!key.empty() && key.size() <= key_bytes_max && std::ranges::all_of(key, fits)) return {};
    return invalid("/key", "must be 1 to 128 of [a-z0-9_-]");
}

/// The exclusive lock of one key. Whoever holds it may remove the lock file; others then find another file and try
/// again.
Result<Descriptor> lock_key(const Op& op, const std::string& path) {
    for (;;) {
        if (auto lock = TRY(lock_file(path, Wait::no))) return std::move(*lock);
        TRY(op.still_wanted());
        std::this_thread::sleep_for(lock_poll);
    }
}

Result<void> flush_directory(const std::string& path) {
    Descriptor dir(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!dir || fsync(dir.get()) != 0) return cannot_use(path);
    return {};
}

/// Waits for whoever looks whether the state is in use, or moves it away: microseconds.
bool share_lock(int fd) {
    int got;
    do got = flock(fd, LOCK_SH);
    while (got != 0 && errno == EINTR);
    return got == 0;
}

std::string real_tree(const std::string& dir) {
    std::error_code error;
    auto target = fs::read_symlink(dir + "/tree", error);  // of a ZFS state: its dataset has a place that never changes
    return error ? dir + "/tree" : target.string();
}

}  // namespace

Pin::Pin(Pin&& other) noexcept
    : key_(std::move(other.key_)), path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

Pin& Pin::operator=(Pin&& other) noexcept {
    std::swap(key_, other.key_);
    std::swap(path_, other.path_);
    std::swap(lock_fd_, other.lock_fd_);
    return *this;
}

Pin::~Pin() {
    if (lock_fd_ >= 0) close(lock_fd_);
}

States::States(const Config& config) : config_(config), inside_(std::make_unique<Inside>(config)) {}

States::~States() {
    inside_->flusher = {};
    inside_->discarder = {};
    unlink(inside_->path("owners", inside_->owner).c_str());
}

Result<std::unique_ptr<States>> States::open(const Config& config) {
    if (config.dir.empty() || config.dir.front() != '/') return invalid("/dir", "must be an absolute path");
    for (const char* folder : {"trees", "clones", "building", "removing", "damaged", "locks", "owners"}) {
        std::error_code error;
        fs::create_directories(config.dir + "/" + folder, error);
        if (error)
            return fail(Code::unavailable, "the state store cannot make its directory",
                        config.dir + ": " + error.message());
    }
    std::unique_ptr<States> states(new States(config));
    states->choice_ = TRY(states->inside_->begin());
    telemetry::log(telemetry::Level::info, "states_opened",
                   {{"dir", config.dir}, {"backend", std::string(name_of(states->backend()))}, {"why", states->why()}});
    return states;
}

Result<Choice> States::Inside::begin() {
    auto lock = TRY(lock_file(path("owners", owner), Wait::yes));
    owner_lock = std::move(*lock);
    TRY(remove_left_overs());
    Choice choice{config.backend, "it was asked for"};
    if (config.backend == Backend::automatic) {
        const std::string trial = TRY(fresh_folder("building"));
        choice = choose_in(trial);
        TRY(discard(trial));
    }
    backend = choice.backend;
    for (const std::string& key : names_in(config.dir + "/trees"))
        if (!fs::exists(tree_dir(key) + "/flushed")) flush_soon(tree_dir(key));
    recount();
    flusher = std::jthread([this](const std::stop_token& stop) { flush_until_stopped(stop); });
    discarder = std::jthread([this](const std::stop_token& stop) { discard_until_stopped(stop); });
    return choice;
}

Copying States::Inside::copying() const {
    return {.snapshot = backend == Backend::btrfs,
            .reflink = backend != Backend::copy && backend != Backend::overlay,
            .threads_max = config.threads_max};
}

/// A new folder below building/ or removing/. It is this process's until it dies.
Result<std::string> States::Inside::fresh_folder(std::string_view where) {
    std::string folder = path(where, owner + "." + std::to_string(next++));
    if (where == "building" && mkdir(folder.c_str(), 0755) != 0) return cannot_use(folder);
    return folder;
}

// ---- what a crash left

/// Folders of processes that live are left alone. They are listed first: whoever made one was an owner before.
Result<void> States::Inside::remove_left_overs() {
    std::vector<std::string> folders;
    for (std::string_view where : {"building", "removing"})
        for (const std::string& name : names_in(path(where, ""))) folders.push_back(path(where, name));
    std::set<std::string> alive = {owner};
    std::vector<Descriptor> dead;
    for (const std::string& name : names_in(path("owners", ""))) {
        if (name == owner) continue;
        if (auto lock = TRY(lock_file(path("owners", name), Wait::no)))
            dead.push_back(std::move(*lock)), unlink(path("owners", name).c_str());
        else
            alive.insert(name);
    }
    for (const std::string& folder : folders) {
        std::string name = fs::path(folder).filename();
        if (!alive.contains(name.substr(0, name.find('.')))) TRY(discard(folder));
    }
    std::set<std::string> known_folders;
    for (const std::string& name : names_in(path("clones", ""))) known_folders.insert(name);
    overlay::unmount_strays(config.dir + "/clones", known_folders);
    mend_marks();
    return remove_damaged();
}

/// A state has a mark for each of its clones, also after a power cut, and none for others.
void States::Inside::mend_marks() {
    std::vector<std::string> marks;
    for (const std::string& key : names_in(path("trees", "")))
        for (const std::string& id : names_in(tree_dir(key) + "/clones"))
            marks.push_back(tree_dir(key) + "/clones/" + id);
    std::set<std::string> ids;  // in the order in which a clone goes from folder to folder, so that none is missed
    for (std::string_view where : {"building", "clones", "removing"})
        for (const std::string& name : names_in(path(where, "")))
            if (auto record = CloneRecord::read(path(where, name))) ids.insert(record->id);
    for (const std::string& mark : marks)
        if (!ids.contains(fs::path(mark).filename())) unlink(mark.c_str());
    for (const CloneRecord& record : all_clones())
        if (has_state(record))
            Descriptor(
                ::open((tree_dir(record.key) + "/clones/" + record.id).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

/// Removes the damaged states that nobody uses any more.
Result<void> States::Inside::remove_damaged() {
    for (const std::string& name : names_in(path("damaged", ""))) {
        const std::string folder = path("damaged", name);
        Descriptor use(::open((folder + "/use").c_str(), O_RDWR | O_CLOEXEC));
        bool is_used = use && flock(use.get(), LOCK_EX | LOCK_NB) != 0;
        for (const CloneRecord& record : all_clones()) is_used = is_used || fs::exists(folder + "/clones/" + record.id);
        if (is_used) continue;
        const std::string away = TRY(fresh_folder("removing"));
        if (rename(folder.c_str(), away.c_str()) == 0) TRY(discard(away));
    }
    return {};
}

/// Removes a folder below building/ or removing/, with what belongs to it elsewhere.
Result<void> States::Inside::discard(const std::string& folder) {
    if (auto record = CloneRecord::read(folder)) return discard_clone(folder, *record);
    TRY(overlay::unmount(folder + "/merged"));  // of a trial (backend.cpp)
    std::error_code error;
    auto dataset = fs::read_symlink(folder + "/tree", error);
    if (!error) TRY(zfs::destroy(config.dir, dataset.filename()));
    TRY(remove_tree(error ? folder + "/tree" : dataset.string()));
    return remove_tree(folder);
}

// ---- finding

/// The state in `dir` as it is now; absent when its tree is missing.
std::optional<States::Inside::Known> States::Inside::seen(const std::string& dir) {
    struct stat lock{}, tree{};
    if (stat((dir + "/use").c_str(), &lock) != 0 || lstat(real_tree(dir).c_str(), &tree) != 0) return {};
    if (!S_ISDIR(tree.st_mode)) return {};
    return Known{lock.st_ino, tree.st_ino, int64_t{tree.st_mtim.tv_sec} * 1'000'000'000 + tree.st_mtim.tv_nsec};
}

/// What is wrong with a state; "" when nothing is. Cheap when this process has seen it as it is now.
std::string States::Inside::damage_of(const std::string& key, const std::string& dir) {
    const std::string at = real_tree(dir);
    auto now = seen(dir);
    if (!now) return "its tree is missing";
    if (access((dir + "/manifest").c_str(), F_OK) != 0) return "its manifest is missing";
    bool is_known = known.with([&](auto& all) {
        auto found = all.find(key);
        return found != all.end() && found->second == *now;
    });
    if (is_known) return "";
    auto text = read_small_file(dir + "/manifest");
    auto manifest = text ? from_json<Manifest>(*text) : Result<Manifest>(fail(Code::not_found, "missing"));
    if (!manifest || manifest->format != Manifest::format_now || manifest->key != key)
        return "its manifest cannot be read";
    if (manifest->boot != boot_id() && !fs::exists(dir + "/flushed"))
        return "the host stopped before it was on the disk";
    auto measured = measure(at);
    if (!measured) return measured.error().cause;
    if (measured->structure != manifest->structure)
        return "it has " + std::to_string(measured->files) + " files of " + std::to_string(measured->content_bytes) +
               " bytes; it was made with " + std::to_string(manifest->files) + " of " +
               std::to_string(manifest->content_bytes) + ", or their names, modes or times differ";
    known.with([&](auto& all) { all[key] = *now; });
    return "";
}

Result<std::optional<Pin>> States::Inside::find(const std::string& key, bool is_key_locked) {
    const std::string dir = tree_dir(key);
    Descriptor use(::open((dir + "/use").c_str(), O_RDWR | O_CLOEXEC));
    if (!use && !fs::exists(dir)) return std::optional<Pin>();
    std::string damage = "its lock is missing";
    if (use) {
        bool held = share_lock(use.get()) && is_at(use, dir + "/use");
        if (!held) return std::optional<Pin>();  // it was removed
        damage = damage_of(key, dir);
    }
    if (damage.empty()) {
        note_use(use.get());
        return std::optional<Pin>(Pin(key, real_tree(dir), use.release()));
    }
    use.reset();
    take_away_damaged(key, is_key_locked, damage, [&] {
        Descriptor again(::open((dir + "/use").c_str(), O_RDWR | O_CLOEXEC));
        return fs::exists(dir) && (!again || !damage_of(key, dir).empty());
    });
    return std::optional<Pin>();
}

/// Moves a damaged state away, so that it is built anew; also when somebody uses it, who may go on with what is left.
void States::Inside::take_away_damaged(const std::string& key, bool is_key_locked, const std::string& damage,
                                       const std::function<bool()>& is_still) {
    std::optional<Descriptor> lock;
    if (!is_key_locked) {
        auto tried = lock_file(path("locks", key), Wait::no);
        if (!tried || !*tried) return;  // somebody makes or removes it now
        lock = std::move(*tried);
    }
    if (!is_still()) return;
    if (rename(tree_dir(key).c_str(), path("damaged", uuid_text(new_uuid())).c_str()) != 0) return;
    known.with([&](auto& all) { all.erase(key); });
    telemetry::log(telemetry::Level::warning, "state_damaged", {{"key", key}, {"damage", damage}});
    (void)remove_damaged();
    recount();
}

Result<std::optional<Pin>> States::find(const std::string& key) {
    TRY(check_key(key));
    return inside_->find(key, false);
}

// ---- making

Result<Pin> States::build(const Op& op, const std::string& key, const Fill& fill, int64_t rebuild_ms) {
    if (auto found = TRY(find(key))) return std::move(*found);
    return inside_->make(op, key, rebuild_ms, [&](const std::string& tree) -> Result<std::string> {
        if (inside_->backend == Backend::btrfs) make_subvolume(tree);
        if (!fs::exists(tree) && mkdir(tree.c_str(), 0755) != 0) return cannot_use(tree);
        TRY(fill(tree));
        return std::string();
    });
}

Result<Pin> States::snapshot(const Op& op, const std::string& key, const std::string& from_dir, int64_t rebuild_ms) {
    if (auto found = TRY(find(key))) return std::move(*found);
    return inside_->make(op, key, rebuild_ms,
                         [&](const std::string& tree) { return inside_->fill_from(op, from_dir, tree); });
}

/// `fill` makes the tree at the place that it gets (which is there only when it is a ZFS dataset), and returns the key
/// of the state that it shares bytes with.
Result<Pin> States::Inside::make(const Op& op, const std::string& key, int64_t rebuild_ms,
                                 const std::function<Result<std::string>(const std::string& tree)>& fill) {
    Descriptor lock = TRY(lock_key(op, path("locks", key)));
    if (auto found = TRY(find(key, true))) return std::move(*found);
    TRY(op.still_wanted());
    TRY(admit(op));
    const std::string folder = TRY(fresh_folder("building"));
    struct Discard {
        Inside& inside;
        const std::string& folder;
        ~Discard() { (void)inside.discard(folder); }
    } discard{*this, folder};  // after it is published there is nothing left to discard
    std::string tree = folder + "/tree";
    if (backend == Backend::zfs) {
        const std::string id = uuid_text(new_uuid()), place = path("datasets", id);
        if (symlink(place.c_str(), tree.c_str()) != 0) return cannot_use(tree);
        TRY(zfs::make(config.dir, id, place));
        tree = place;
    }
    int64_t began_ms = steady_ms();
    std::string parent = TRY(fill(tree));
    TRY(publish(key, folder, parent, rebuild_ms > 0 ? rebuild_ms : steady_ms() - began_ms));
    auto made = TRY(find(key, true));
    ENSURE(made.has_value());  // the key is locked, so nobody can have removed it
    lock.reset();
    TRY(trim());
    return std::move(*made);
}

Result<void> States::Inside::publish(const std::string& key, const std::string& dir, const std::string& parent,
                                     int64_t rebuild_ms) {
    const std::string tree = real_tree(dir);
    bool has_reflinks = copying().reflink;
    Measured measured = TRY(measure_new(tree, parent.empty() ? "" : real_tree(tree_dir(parent)), has_reflinks));
    if (measured.own_bytes > config.mb_max << 20)
        return fail(Code::over_quota, "this state takes " + std::to_string(measured.own_bytes >> 20) +
                                          " MiB, and all states together may take " + std::to_string(config.mb_max) +
                                          " MiB; raise states_mb_max, or make it smaller");
    if (backend == Backend::zfs) TRY(zfs::seal(config.dir, fs::path(tree).filename()));
    Manifest manifest{.key = key,
                      .id = uuid_text(new_uuid()),
                      .files = measured.files,
                      .content_bytes = measured.content_bytes,
                      .structure = measured.structure,
                      .rebuild_ms = rebuild_ms,
                      .made = now(),
                      .boot = boot_id()};
    TRY(write_small_file(dir + "/manifest", to_json(manifest)));
    TRY(write_small_file(dir + "/charge", to_json(Charge{measured.own_bytes, measured.shared_bytes, parent})));
    Use use{.used_us = manifest.made.us};
    TRY(write_small_file(dir + "/use", {reinterpret_cast<const char*>(&use), sizeof use}));
    if (mkdir((dir + "/clones").c_str(), 0700) != 0) return cannot_use(dir);
    Ledger ledger = TRY(Ledger::lock(config.dir));
    if (rename(dir.c_str(), tree_dir(key).c_str()) != 0) return cannot_use(tree_dir(key));
    auto figures = ledger.read();
    figures.bytes += measured.own_bytes;
    ledger.write(figures);
    if (auto made = seen(tree_dir(key))) known.with([&](auto& all) { all[key] = *made; });  // it was measured just now
    flush_soon(tree_dir(key));
    return {};
}

// ---- onto the disk

/// A state that is not on the disk yet when the host stops is not trusted afterwards (damage_of), so nobody needs to
/// wait for this.
void States::Inside::flush_soon(const std::string& dir) {
    Descriptor opened(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened) to_flush.change([&](auto& all) { all.push_back(std::move(opened)); });
}

void States::Inside::flush_until_stopped(const std::stop_token& stop) {
    std::stop_callback wake(stop, [this] { to_flush.change([](auto&) {}); });
    for (bool is_last = false; !is_last;) {
        std::vector<Descriptor> dirs;
        (void)to_flush.wait_until(
            std::chrono::steady_clock::time_point::max(),
            [&](auto& all) { return !all.empty() || stop.stop_requested(); }, [&](auto& all) { dirs.swap(all); });
        is_last = stop.stop_requested();
        bool flushed = !dirs.empty() && syncfs(dirs.front().get()) == 0 && flush_directory(config.dir + "/trees");
        for (const Descriptor& dir : dirs)
            if (flushed) Descriptor(openat(dir.get(), "flushed", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
}

// ---- checking, keeping, removing

Result<void> States::verify(const Op& op, const std::string& key) {
    auto pin = TRY(find(key));
    if (!pin) return fail(Code::not_found, "there is no state " + key + " (any more); build it again");
    const std::string dir = inside_->tree_dir(key);
    auto contents = digest_contents(op, pin->path());
    if (!contents && (contents.error().code == Code::cancelled || contents.error().code == Code::timed_out))
        return contents.error();
    auto measured = measure(pin->path());
    auto text = read_small_file(dir + "/manifest");
    auto manifest = text ? from_json<Manifest>(*text) : Result<Manifest>(fail(Code::not_found, "missing"));
    auto recorded = read_small_file(dir + "/contents");
    bool is_whole = contents && measured && manifest && measured->structure == manifest->structure &&
                    (!recorded || *recorded == *contents);
    if (is_whole) return recorded ? Result<void>() : write_small_file(dir + "/contents", *contents);
    struct stat checked{};
    ENSURE(fstat(pin->lock_fd_, &checked) == 0);
    pin.reset();
    inside_->take_away_damaged(key, false, "its contents changed", [&] {
        struct stat there{};
        return stat((dir + "/use").c_str(), &there) == 0 && there.st_ino == checked.st_ino;
    });
    return fail(Code::conflict, "the state " + key + " was damaged and is removed; build it again",
                contents ? "" : contents.error().cause);
}

Result<void> States::retain(const std::string& key, Time until) {
    TRY(check_key(key));
    Descriptor use(::open((inside_->tree_dir(key) + "/use").c_str(), O_RDWR | O_CLOEXEC));
    if (!use) return fail(Code::not_found, "there is no state " + key + " (any more); build it again");
    note_retained(use.get(), until);
    return {};
}

/// Moves a state out of sight, to `away`, and its bytes to those of `all` that still hold them. The caller has its
/// key's lock and the ledger. False when it is in use; true and no `away` when there is none.
Result<bool> States::Inside::take_away(const std::string& key, std::vector<Entry>& all, std::string& away) {
    const std::string dir = tree_dir(key);
    Descriptor use(::open((dir + "/use").c_str(), O_RDWR | O_CLOEXEC));
    if (!use) return true;
    if (flock(use.get(), LOCK_EX | LOCK_NB) != 0 || !names_in(dir + "/clones").empty()) return false;
    TRY(settle(all, key));  // first: a kill in between counts some bytes twice, never not at all
    away = TRY(fresh_folder("removing"));
    if (rename(dir.c_str(), away.c_str()) != 0) return cannot_use(dir);
    known.with([&](auto& all) { all.erase(key); });
    return true;
}

Result<void> States::remove(const Op& op, const std::string& key) {
    TRY(check_key(key));
    const std::string lock_path = inside_->path("locks", key);
    Descriptor lock = TRY(lock_key(op, lock_path));
    std::string away;
    {
        Ledger ledger = TRY(Ledger::lock(config_.dir));
        auto all = inside_->entries();
        if (!TRY(inside_->take_away(key, all, away)))
            return fail(
                Code::conflict,
                "the state " + key + " is in use; stop what uses it and remove its clones, then remove it again");
        auto figures = ledger.read();
        figures.bytes = bytes_of(all);
        ledger.write(figures);
    }
    unlink(lock_path.c_str());
    return away.empty() ? Result<void>() : inside_->discard(away);
}

namespace {

State shown(const Entry& entry) {
    return {.key = entry.key,
            .bytes = entry.charge.own_bytes,
            .content_bytes = entry.manifest.content_bytes,
            .files = entry.manifest.files,
            .rebuild_ms = entry.manifest.rebuild_ms,
            .uses = entry.use.uses,
            .clones = entry.clones,
            .made = entry.manifest.made,
            .used = {entry.use.used_us},
            .retained_until = {entry.use.retained_us}};
}

}  // namespace

std::optional<State> States::show(const std::string& key) const {
    auto entry = inside_->entry(key);
    return entry ? std::optional(shown(*entry)) : std::nullopt;
}

Result<std::vector<State>> States::list() const {
    std::vector<State> all;
    for (const Entry& entry : inside_->entries()) all.push_back(shown(entry));
    std::ranges::sort(all, {}, &State::key);
    return all;
}

}  // namespace ry::states

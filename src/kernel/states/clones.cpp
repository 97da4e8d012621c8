// Clones: directories at places that others choose, which the store knows by a record until they are removed.
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "kernel/states/disk.h"
#include "kernel/states/inside.h"
#include "kernel/states/overlay.h"
#include "kernel/states/zfs.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::states {
namespace {

namespace fs = std::filesystem;

constexpr size_t record_bytes_max = 4000;  // a symbolic link holds 4,095
constexpr std::string_view record_format = "1", record_format_durable = "2";
constexpr size_t discards_waiting_max =
    64;  // then whoever removes a clone deletes its files too, so that deleting keeps up

bool is_overlay(Backend backend) { return backend == Backend::overlay || backend == Backend::overlay_reflink; }

/// Whether a clone made by it needs its state for as long as it lives.
bool needs_state(Backend backend) { return is_overlay(backend) || backend == Backend::zfs; }

bool exists(const std::string& path) {
    struct stat status{};
    return lstat(path.c_str(), &status) == 0;
}

Error taken(const std::string& to) {
    return fail(Code::conflict, "the place of the copy is taken; choose another, or remove what is there", to);
}

Result<void> make_mount_point(const std::string& to) {
    if (mkdir(to.c_str(), 0700) == 0) return {};
    if (errno == EEXIST) return taken(to);
    return cannot_use(to);
}

Result<void> sync_file_system(const std::string& of) {
    Descriptor opened(::open(of.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return opened && syncfs(opened.get()) == 0 ? Result<void>() : cannot_use(of);
}

Result<std::string> checked_place(const std::string& to) {
    if (to.empty() || to.front() != '/') return invalid("/to", "must be an absolute path");
    std::string place = fs::path(to).lexically_normal();
    while (place.size() > 1 && place.back() == '/') place.pop_back();
    return place;
}

}  // namespace

std::string CloneRecord::text() const {
    return std::string(durability == Durability::host ? record_format_durable : record_format) + " " + id + " " +
           state_id + " " + std::string(name_of(backend)) + " " + key + " " + to;
}

std::optional<CloneRecord> CloneRecord::parse(const std::string& text) {
    std::vector<std::string> words;
    size_t at = 0;
    for (int i = 0; i < 5; ++i) {
        size_t blank = text.find(' ', at);
        if (blank == std::string::npos) return {};
        words.push_back(text.substr(at, blank - at));
        at = blank + 1;
    }
    if (words[0] != record_format && words[0] != record_format_durable) return {};
    Durability durability = words[0] == record_format_durable ? Durability::host : Durability::process;
    for (Backend backend :
         {Backend::overlay_reflink, Backend::btrfs, Backend::zfs, Backend::reflink, Backend::overlay, Backend::copy})
        if (name_of(backend) == words[3])
            return CloneRecord{words[1], words[2], backend, words[4], text.substr(at), durability};
    return {};
}

std::optional<CloneRecord> CloneRecord::read(const std::string& folder) {
    std::error_code error;
    auto target = fs::read_symlink(folder + "/record", error);
    return error ? std::nullopt : parse(target.string());
}

std::string States::Inside::clone_folder(const std::string& to) const {
    uint8_t hash[crypto_generichash_BYTES_MIN];
    crypto_generichash(hash, sizeof hash, reinterpret_cast<const uint8_t*>(to.data()), to.size(), nullptr, 0);
    return path("clones", hex({reinterpret_cast<const char*>(hash), sizeof hash}));
}

std::vector<CloneRecord> States::Inside::all_clones() const {
    std::vector<CloneRecord> all;
    for (const std::string& name : names_in(path("clones", "")))
        if (auto record = CloneRecord::read(path("clones", name))) all.push_back(std::move(*record));
    return all;
}

/// The state that the clone began as is still there, and is the same making of it.
bool States::Inside::has_state(const CloneRecord& record) const {
    auto text = read_small_file(tree_dir(record.key) + "/manifest");
    auto manifest = text ? from_json<Manifest>(*text) : Result<Manifest>(fail(Code::not_found, "missing"));
    return manifest && manifest->id == record.state_id;
}

/// Half-made below building/, then known by one rename, then put at its place: from then on attach() can do that too.
Result<void> States::Inside::make_clone(
    CloneRecord record, const std::function<Result<void>(const std::string& folder, const CloneRecord& record)>& copy) {
    if (record.text().size() > record_bytes_max) return invalid("/to", "is too long");
    if (exists(record.to)) return taken(record.to);
    std::string folder = TRY(fresh_folder("building"));
    struct Discard {
        Inside& inside;
        std::string folder;
        ~Discard() {
            if (!folder.empty()) (void)inside.discard(folder);
        }
    } discard{*this, folder};
    if (symlink(record.text().c_str(), (folder + "/record").c_str()) != 0) return cannot_use(folder);
    if (has_state(record)) {
        const std::string mark = tree_dir(record.key) + "/clones/" + record.id;
        if (!Descriptor(::open(mark.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600))) return cannot_use(mark);
    } else if (needs_state(record.backend))
        return fail(Code::conflict,
                    "the state " + record.key + " of this clone is lost; build it again and make a new clone");
    TRY(copy(folder, record));
    const std::string known_as = clone_folder(record.to);
    auto lock = lock_directory(folder, Share::exclusive);  // it moves along
    if (rename(folder.c_str(), known_as.c_str()) != 0)
        return errno == ENOTEMPTY || errno == EEXIST ? taken(record.to) : cannot_use(known_as);
    discard.folder.clear();
    Result<void> placed = needs_state(record.backend) ? make_mount_point(record.to) : Result<void>();
    bool has_mount_point = placed && needs_state(record.backend);
    if (placed) placed = place(known_as, record);
    if (!placed) {
        if (has_mount_point) rmdir(record.to.c_str());
        std::string away = TRY(fresh_folder("removing"));
        if (rename(known_as.c_str(), away.c_str()) == 0) (void)discard_clone(away, record);
    }
    TRY(std::move(placed));
    return record.durability == Durability::host ? flush(record.key, fs::path(record.to).parent_path())
                                                 : Result<void>();
}

/// All that was written is on the disk, the state too, and another boot trusts it.
Result<void> States::Inside::flush(const std::string& key, const std::string& place) {
    const std::string mark = tree_dir(key) + "/flushed";
    if (exists(tree_dir(key)) && !exists(mark)) {
        TRY(sync_file_system(config.dir));
        if (!Descriptor(::open(mark.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600))) return cannot_use(mark);
    }
    TRY(sync_file_system(config.dir));
    return sync_file_system(place);
}

/// The clone's data, not yet at its place.
Result<void> States::Inside::make_data(const Op& op, const std::string& tree, const std::string& folder,
                                       const CloneRecord& record) {
    if (is_overlay(record.backend)) return overlay::make_layers(tree, folder);
    if (record.backend == Backend::zfs) return zfs::clone(config.dir, fs::path(tree).filename(), record.id);
    TRY(copy_tree(op, copying(), tree, record.beside()));
    return {};
}

/// Puts the clone at its place when it is not there.
Result<void> States::Inside::place(const std::string& folder, const CloneRecord& record) {
    auto lost = [&](const std::string& why) {
        return fail(Code::conflict, "the clone at " + record.to + " cannot be used any more: " + why +
                                        "; remove it and make a new one");
    };
    if (!needs_state(record.backend)) {
        if (exists(record.to)) return {};
        if (!exists(record.beside())) return lost("its directory is gone");
        if (renameat2(AT_FDCWD, record.beside().c_str(), AT_FDCWD, record.to.c_str(), RENAME_NOREPLACE) != 0)
            return errno == EEXIST ? taken(record.to) : cannot_use(record.to);
        return {};
    }
    if (is_overlay(record.backend) && overlay::is_mounted(record.to)) return {};
    if (!has_state(record)) return lost("the state " + record.key + " below it is lost");
    if (mkdir(record.to.c_str(), 0700) != 0 && errno != EEXIST) return cannot_use(record.to);
    if (record.backend == Backend::zfs) return zfs::mount(config.dir, record.id, record.to);
    if (!exists(folder + "/upper") || !exists(folder + "/work")) return lost("its own files are gone");
    return overlay::mount(tree_dir(record.key) + "/tree", folder, record.to, record.durability);
}

Result<void> States::Inside::take_from_place(const CloneRecord& record) {
    if (!needs_state(record.backend)) {
        if (rename(record.to.c_str(), record.beside().c_str()) != 0 && errno != ENOENT) return cannot_use(record.to);
        return {};
    }
    if (is_overlay(record.backend))
        TRY(overlay::unmount(record.to));
    else
        TRY(zfs::unmount(config.dir, record.id));
    rmdir(record.to.c_str());  // when somebody put something below the mount, it stays
    return {};
}

/// The clone is not at its place: its data goes, then its state's mark, then its record.
Result<void> States::Inside::discard_clone(const std::string& folder, const CloneRecord& record) {
    if (record.backend == Backend::zfs) TRY(zfs::destroy(config.dir, record.id));
    if (!is_overlay(record.backend)) TRY(remove_tree(record.beside()));
    for (const char* layer : {"/upper", "/work"}) TRY(remove_tree(folder + layer));
    unlink((tree_dir(record.key) + "/clones/" + record.id).c_str());
    return remove_tree(folder);
}

/// Fills `tree` with what `from_dir` holds; the key of the state that it then shares bytes with, or "".
Result<std::string> States::Inside::fill_from(const Op& op, const std::string& from_dir, const std::string& tree) {
    const std::string from = TRY(checked_place(from_dir)), folder = clone_folder(from);
    auto lock = lock_directory(folder, Share::shared);  // the clone, if it is one, is not removed meanwhile
    auto record = lock ? CloneRecord::read(folder) : std::nullopt;
    bool has_parent = record && has_state(*record);
    if (record && is_overlay(record->backend)) {
        if (!has_parent || !overlay::is_mounted(from))
            return fail(Code::conflict, "the clone at " + from + " is not attached; attach it first");
        TRY(copy_merged(op, copying(), from, folder + "/upper", tree_dir(record->key) + "/tree", tree));
        return record->key;
    }
    bool shares = TRY(copy_tree(op, copying(), from, tree)) && has_parent && record->backend != Backend::copy &&
                  backend != Backend::zfs;
    return shares ? record->key : "";
}

Result<void> States::clone(const Op& op, const Pin& pin, const std::string& to, Durability durability) {
    TRY(op.still_wanted());
    auto text = read_small_file(inside_->tree_dir(pin.key()) + "/manifest");
    if (!text) return fail(Code::conflict, "the state " + pin.key() + " was lost; build it again");
    Manifest manifest = TRY(from_json<Manifest>(*text));
    CloneRecord record{uuid_text(new_uuid()), manifest.id, backend(), pin.key(), TRY(checked_place(to)), durability};
    return inside_->make_clone(record, [&](const std::string& folder, const CloneRecord& made) {
        return inside_->make_data(op, pin.path(), folder, made);
    });
}

Result<void> States::fork(const Op& op, const std::string& from, const std::string& to, Durability durability) {
    TRY(op.still_wanted());
    const std::string source = TRY(checked_place(from)), source_folder = inside_->clone_folder(source);
    auto lock = lock_directory(source_folder, Share::shared);
    auto record = lock ? CloneRecord::read(source_folder) : std::nullopt;
    if (!record) return fail(Code::not_found, "there is no clone at " + source);
    record->id = uuid_text(new_uuid());
    record->to = TRY(checked_place(to));
    record->durability = durability;
    return inside_->make_clone(*record, [&](const std::string& folder, const CloneRecord& made) -> Result<void> {
        if (is_overlay(made.backend)) {
            Copying how = inside_->copying();
            how.is_layer = true;
            how.snapshot = false;
            if (mkdir((folder + "/work").c_str(), 0700) != 0) return cannot_use(folder);
            TRY(copy_tree(op, how, source_folder + "/upper", folder + "/upper"));
            return {};
        }
        if (!exists(source))
            return fail(Code::conflict, "the clone at " + source + " is not attached; attach it first");
        if (made.backend == Backend::zfs) TRY(zfs::make(config_.dir, made.id, made.beside()));
        TRY(copy_tree(op, inside_->copying(), source, made.beside()));
        if (made.backend != Backend::zfs) return {};
        TRY(zfs::unmount(config_.dir, made.id));
        rmdir(made.beside().c_str());
        return {};
    });
}

Result<void> States::flush(const std::string& key) { return inside_->flush(key, config_.dir); }

Result<void> States::attach(const std::string& to) {
    const std::string place = TRY(checked_place(to)), folder = inside_->clone_folder(place);
    auto lock = lock_directory(folder, Share::exclusive);
    auto record = lock ? CloneRecord::read(folder) : std::nullopt;
    if (!record) return fail(Code::not_found, "there is no clone at " + place + "; make a new one");
    return inside_->place(folder, *record);
}

Result<void> States::detach(const std::string& to) {
    const std::string place = TRY(checked_place(to)), folder = inside_->clone_folder(place);
    auto lock = lock_directory(folder, Share::exclusive);
    auto record = lock ? CloneRecord::read(folder) : std::nullopt;
    if (!record || !needs_state(record->backend)) return {};
    return inside_->take_from_place(*record);
}

Result<void> States::remove_clone(const std::string& to) {
    const std::string place = TRY(checked_place(to)), folder = inside_->clone_folder(place);
    auto lock = lock_directory(folder, Share::exclusive);
    auto record = lock ? CloneRecord::read(folder) : std::nullopt;
    if (!record) return {};
    TRY(inside_->take_from_place(*record));
    const std::string away = TRY(inside_->fresh_folder("removing"));
    if (rename(folder.c_str(), away.c_str()) != 0) return cannot_use(folder);
    // Its state is free at once; deleting files takes some 30 ms.
    unlink((inside_->tree_dir(record->key) + "/clones/" + record->id).c_str());
    bool is_left = inside_->to_discard.change([&](auto& all) {
        // ZFS destroys no state of which a clone is there.
        if (record->backend == Backend::zfs || all.size() >= discards_waiting_max) return false;
        all.push_back(away);
        return true;
    });
    if (!is_left) TRY(inside_->discard_clone(away, *record));
    return inside_->has_state(*record) ? Result<void>() : inside_->remove_damaged();
}

/// Deletes on this thread what waits for the other.
void States::Inside::discard_waiting() {
    std::vector<std::string> folders;
    to_discard.with([&](auto& all) { folders.swap(all); });
    for (const std::string& folder : folders)
        if (auto gone = discard(folder); !gone)
            telemetry::log(telemetry::Level::warning, "clone_left",
                           {{"folder", folder}, {"cause", gone.error().cause}});
}

/// At the end, what is left is for the next open().
void States::Inside::discard_until_stopped(const std::stop_token& stop) {
    std::stop_callback wake(stop, [this] { to_discard.change([](auto&) {}); });
    while (!stop.stop_requested()) {
        std::string folder;
        (void)to_discard.wait_until(
            std::chrono::steady_clock::time_point::max(),
            [&](auto& all) { return !all.empty() || stop.stop_requested(); },
            [&](auto& all) {
                if (all.empty()) return;
                folder = std::move(all.back());
                all.pop_back();
            });
        if (folder.empty()) continue;
        if (auto gone = discard(folder); !gone)
            telemetry::log(telemetry::Level::warning, "clone_left",
                           {{"folder", folder}, {"cause", gone.error().cause}});
    }
}

Result<std::vector<Clone>> States::clones() const {
    std::vector<Clone> all;
    for (const CloneRecord& record : inside_->all_clones()) all.push_back({record.to, record.key, record.backend});
    std::ranges::sort(all, {}, &Clone::to);
    return all;
}

}  // namespace ry::states

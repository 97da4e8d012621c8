#pragma once
// Inside. The store's directory and what its functions share.
//
//   trees/<key>/tree        the state                     building/<owner>.<n>/  a state or clone, half-made
//   trees/<key>/manifest    what it was when published    removing/<owner>.<n>/  the same, on the way out
//   trees/<key>/use         flock: shared by each Pin, exclusive to remove; when and how often it was used
//   trees/<key>/charge      the bytes it answers for      locks/<key>    flock: exclusive while the key is made or
//   removed trees/<key>/clones/<id> one for each clone            owners/<owner> flock: held while a process has the
//   store open trees/<key>/flushed     it is on the disk             ledger         flock: the bytes of all states, and
//   evictions trees/<key>/contents    digest, by the first verify   damaged/<id>   a state that was one, until nobody
//   uses it clones/<hash of place>/record, and upper/ and work/ of an overlay; flock of the folder: exclusive to attach
//   or remove it
//
// Locks are taken in this order: key, clone, ledger; with the ledger held, only such as are free (Wait::no).
#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/descriptor.h"
#include "base/guarded.h"
#include "kernel/states/manifest.h"
#include "kernel/states/states.h"
#include "kernel/states/tree_copy.h"

namespace ry::states {

/// clones/<hash>/record, as the target of a symbolic link: made as a whole, and in the journal with what follows it.
struct CloneRecord {
    std::string id;        ///< of this clone
    std::string state_id;  ///< Manifest::id: another making of the key will not do
    Backend backend = Backend::copy;
    std::string key, to;
    Durability durability = Durability::process;

    /// Where its data lies while it is not (or not any more) at `to`; for backends that copy.
    std::string beside() const { return to + ".clone-" + id; }
    std::string text() const;
    static std::optional<CloneRecord> parse(const std::string& text);
    static std::optional<CloneRecord> read(const std::string& folder);
};

/// The ledger, locked. Its figure may be off after a kill; trim() counts anew.
class Ledger {
public:
    struct Figures {
        int64_t bytes = 0, evicted = 0, last_eviction_us = 0;
    };
    static Result<Ledger> lock(const std::string& dir);
    Figures read() const;
    void write(const Figures& figures) const;

private:
    explicit Ledger(Descriptor file) : file_(std::move(file)) {}
    Descriptor file_;
};

/// All that stands beside one tree.
struct Entry {
    std::string key, dir;
    Manifest manifest;
    Charge charge;
    Use use;
    int clones = 0;
};

/// What these states answer for together.
int64_t bytes_of(const std::vector<Entry>& all);

/// The best backend that works in the empty directory `trial`, where it leaves files.
Choice choose_in(const std::string& trial);

struct States::Inside {
    explicit Inside(const Config& config_in) : config(config_in) {}

    // states.cpp
    Result<Choice> begin();
    Result<std::optional<Pin>> find(const std::string& key, bool is_key_locked);
    Result<Pin> make(const Op& op, const std::string& key, int64_t rebuild_ms,
                     const std::function<Result<std::string>(const std::string& tree)>& fill);
    Result<void> publish(const std::string& key, const std::string& dir, const std::string& parent, int64_t rebuild_ms);
    std::string damage_of(const std::string& key, const std::string& dir);
    void take_away_damaged(const std::string& key, bool is_key_locked, const std::string& damage,
                           const std::function<bool()>& is_still);
    Result<bool> take_away(const std::string& key, std::vector<Entry>& all, std::string& away);
    Result<void> remove_left_overs();
    void mend_marks();
    Result<void> remove_damaged();
    Result<void> discard(const std::string& folder);
    Result<std::string> fresh_folder(std::string_view where);
    void flush_soon(const std::string& dir);
    void flush_until_stopped(const std::stop_token& stop);

    // clones.cpp
    std::string clone_folder(const std::string& to) const;
    Result<void> make_clone(
        CloneRecord record,
        const std::function<Result<void>(const std::string& folder, const CloneRecord& record)>& copy);
    Result<void> make_data(const Op& op, const std::string& tree, const std::string& folder, const CloneRecord& record);
    Result<void> place(const std::string& folder, const CloneRecord& record);
    Result<void> flush(const std::string& key, const std::string& place);
    Result<void> take_from_place(const CloneRecord& record);
    Result<std::string> fill_from(const Op& op, const std::string& from_dir, const std::string& tree);
    bool has_state(const CloneRecord& record) const;
    Result<void> discard_clone(const std::string& folder, const CloneRecord& record);
    std::vector<CloneRecord> all_clones() const;
    void discard_waiting();
    void discard_until_stopped(const std::stop_token& stop);

    // capacity.cpp
    Result<void> admit(const Op& op);
    Result<void> trim();
    std::vector<Entry> entries() const;
    std::optional<Entry> entry(const std::string& key) const;
    Result<void> settle(std::vector<Entry>& all, const std::string& key);
    void recount();

    std::string path(std::string_view folder, std::string_view name) const {
        return config.dir + "/" + std::string(folder) + "/" + std::string(name);
    }
    std::string tree_dir(const std::string& key) const { return path("trees", key); }
    Copying copying() const;

    /// What find() saw of a state when it compared it with its manifest.
    struct Known {
        uint64_t use_inode = 0, tree_inode = 0;
        int64_t tree_changed_ns = 0;
        bool operator==(const Known&) const = default;
    };

    static std::optional<Known> seen(const std::string& dir);

    const Config config;
    Backend backend = Backend::copy;  // by begin()
    const std::string owner = uuid_text(new_uuid());
    Descriptor owner_lock;
    std::atomic<uint64_t> next = 0;
    Guarded<std::map<std::string, Known>> known;    // at most one for each state
    Guarded<std::vector<Descriptor>> to_flush;      // the directories of new states; emptied by each flush
    Guarded<std::vector<std::string>> to_discard;   // folders below removing/
    Guarded<std::function<bool()>> give_up_clones;  // on_shortage()
    std::jthread flusher, discarder;                // last: they use the others
};

}  // namespace ry::states

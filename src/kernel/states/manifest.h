#pragma once
// Inside. What stands beside a state's tree, and how a tree is compared with it.
#include <cstdint>
#include <optional>
#include <string>

#include "base/fields.h"
#include "base/result.h"
#include "base/time.h"
#include "kernel/op/op.h"

namespace ry::states {

/// trees/<key>/manifest: what the tree was when it was published. Never changed.
struct Manifest {
    static constexpr int format_now = 1;
    int format = format_now;
    std::string key;
    std::string id;  ///< of this making of the state: another making may differ in details, so clones name it
    int64_t files = 0;
    int64_t content_bytes = 0;
    std::string structure;  ///< digest of names, types, sizes, modes, times of files and targets of links
    int64_t rebuild_ms = 0;
    Time made;
    std::string boot;  ///< the boot that made it: until `flushed` is there, it is not trusted after another
    static const Fields& fields();
};

/// trees/<key>/charge: the bytes that a state answers for. Changes when a state that it shares with goes.
struct Charge {
    int64_t own_bytes = 0;     ///< on disk, not shared with `parent`
    int64_t shared_bytes = 0;  ///< shared with `parent`
    std::string parent;        ///< the key of the state that it came from; "" when it shares nothing
    static const Fields& fields();
};

/// trees/<key>/use, which is also the file that pins lock.
struct Use {
    double heat = 0;  ///< uses, each counting half after a day
    int64_t uses = 0;
    int64_t used_us = 0;
    int64_t retained_us = 0;  ///< not evicted before
    double heat_at(int64_t us) const;
};
std::optional<Use> read_use(int fd);
void note_use(int fd);
void note_retained(int fd, Time until);

struct Measured {
    int64_t files = 0;
    int64_t content_bytes = 0;
    std::string structure;
    int64_t own_bytes = 0;  ///< as in Charge
    int64_t shared_bytes = 0;
};

/// Walks a tree. Files that are not there or cannot be read are an Error.
Result<Measured> measure(const std::string& tree);
/// The same for a tree that is about to be published: takes set-user-id bits away, and tells what it shares with
/// `parent_tree`
/// ("": with nobody) by hard links, or by extents where the file system has reflinks.
Result<Measured> measure_new(const std::string& tree, const std::string& parent_tree, bool has_reflinks);

/// A digest of all contents.
Result<std::string> digest_contents(const Op& op, const std::string& tree);

}  // namespace ry::states

#pragma once
// Inside the part. Whether the files of a distribution are still those that were looked at.
#include <cstdint>
#include <string>
#include <vector>

namespace ry::databases {

/// The trees, and the directories below them, as they are now. A directory changes when a file in it is replaced as
/// package managers replace it, or a directory is added.
struct LookedAt {
    std::string path;
    int64_t inode = 0, bytes = 0, changed_ns = 0;
    bool operator==(const LookedAt&) const = default;
};
std::vector<LookedAt> look_at(const std::vector<std::string>& trees);
/// Whether all of them are still what they were: microseconds.
bool are_unchanged(const std::vector<LookedAt>& looked_at);

}  // namespace ry::databases

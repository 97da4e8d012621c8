#pragma once
// Inside. Small files and locks in the store's directory.
#include <optional>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace ry::states {

/// The Error of a failed call on a file, from errno.
Error cannot_use(const std::string& what);

/// True when `file` is what lies at `path` now.
bool is_at(const Descriptor& file, const std::string& path);

enum class Wait { no, yes };
/// An exclusive flock of `path`, which is made when it is not there; absent when somebody else has it and nobody waits.
/// flock belongs to the opening, so it excludes other threads too, and ends with the process.
Result<std::optional<Descriptor>> lock_file(const std::string& path, Wait wait);

/// A flock of a directory; absent when there is none at `path`, or it was moved away meanwhile.
enum class Share { shared, exclusive };
std::optional<Descriptor> lock_directory(const std::string& path, Share share);

std::optional<std::string> read_small_file(const std::string& path);
/// Replaces or makes it as a whole.
Result<void> write_small_file(const std::string& path, const std::string& text);

/// The names in a directory, without "." and ".."; none when it cannot be read.
std::vector<std::string> names_in(const std::string& dir);

/// Changes at every boot of the host.
const std::string& boot_id();

}  // namespace ry::states

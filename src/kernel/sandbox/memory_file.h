#pragma once
// A file that lies in memory and has no name: how bubblewrap gets what must not stand on a command line.
#include <string_view>

#include "base/descriptor.h"
#include "base/result.h"

namespace ry::sandbox {

/// A close-on-exec memory file that holds `bytes`, at offset 0. `name` shows in /proc only.
Result<Descriptor> memory_file(const char* name, std::string_view bytes);

}  // namespace ry::sandbox

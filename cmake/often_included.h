// What most files include, compiled once where nobody waits for a single file (RAMIFY_PRECOMPILED in cmake/part.cmake): it halves a clean
// build. `dev` reads every include as it stands, so that a missing one is found.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/fields.h"
#include "base/result.h"
#include "base/text.h"
#include "kernel/telemetry/telemetry.h"

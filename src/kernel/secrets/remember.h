#pragma once
// Values that passed through this process, so that no log line shows them. Inside secrets only.
#include "base/secret.h"

namespace ry::secrets {

/// Registers all forms of `value` with telemetry::redact, once. Any thread.
void remember(const Secret& value);

}  // namespace ry::secrets

#pragma once
// Inside the part: the type of steps `tool`, a request over HTTP to a public address or to one that the operator
// allows.
#include "modules/chats/pipeline_steps.h"

namespace ry::fetch {
class Fetch;
}

namespace ry::chats {

/// `fetch` outlives it.
StepKind tool_step(fetch::Fetch& fetch);

}  // namespace ry::chats

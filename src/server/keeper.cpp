#include "server/keeper.h"

#include <condition_variable>
#include <mutex>

#include "kernel/idempotency/idempotency.h"
#include "kernel/op/op.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::server {

Keeper::Keeper(store::Store&, stream::Hub& hub, idempotency::Requests& requests)
    : thread_([&hub, &requests](std::stop_token stop) {
          constexpr auto pause = std::chrono::minutes(5);
          std::mutex mutex;
          std::condition_variable_any wake;
          std::unique_lock lock(mutex);
          while (!wake.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); })) {
              if (stop.stop_requested()) return;
              Op op = server_op("keeper");
              op.deadline = Deadline::in_ms(60'000);
              for (auto kept : {hub.maintain(op), requests.maintain(op)})
                  if (!kept) telemetry::log(telemetry::Level::warning, "housekeeping_failed", {{"message", kept.error().message}, {"cause", kept.error().cause}});
          }
      }) {}

}  // namespace ry::server

#include "server/keeper.h"

#include <condition_variable>
#include <mutex>

#include "kernel/telemetry/telemetry.h"

namespace ry::server {
namespace {

constexpr int64_t duty_ms_max = 60'000;

void do_all(const std::vector<Duty>& duties, std::stop_token stop) {
    for (const Duty& duty : duties) {
        if (stop.stop_requested()) return;
        Op op = server_op("keeper");
        op.deadline = Deadline::in_ms(duty_ms_max);
        op.stop = stop;
        if (auto done = duty.work(op); !done && !stop.stop_requested())
            telemetry::log(telemetry::Level::warning, "housekeeping_failed", {{"duty", duty.name}, {"message", done.error().message}, {"cause", done.error().cause}});
    }
}

}  // namespace

Keeper::Keeper(std::vector<Duty> duties, int64_t pause_ms)
    : thread_([duties = std::move(duties), pause_ms](std::stop_token stop) {
          std::mutex mutex;
          std::condition_variable_any wake;
          std::unique_lock lock(mutex);
          while (!stop.stop_requested()) {
              wake.wait_for(lock, stop, std::chrono::milliseconds(pause_ms), [] { return false; });
              do_all(duties, stop);
          }
      }) {}

}  // namespace ry::server

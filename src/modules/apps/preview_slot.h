#pragma once
// What of a preview is in memory: the program that runs, its workspace, and what has not reached its log yet.
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "base/guarded.h"
#include "base/secret.h"
#include "kernel/http/server.h"
#include "kernel/http/workers.h"
#include "kernel/sandbox/sandbox.h"
#include "kernel/states/states.h"
#include "kernel/templates/templates.h"
#include "modules/apps/previews.h"

namespace ry::apps {

inline constexpr int preview_port = 5173;               ///< inside the cage, whose loopback is its own
inline constexpr size_t log_pending_bytes_max = 64 * 1024;      ///< between two writes of the log, 200 ms apart
inline constexpr int64_t log_run_bytes_max = 8 * 1024 * 1024;   ///< of one run; then the log says so and goes quiet
inline constexpr int64_t tick_ms = 200;

Op background_op(OrganizationId organization, int64_t ms);
/// The error of work for a preview that was deleted while it was done.
Error gone();

struct Previews::Slot : std::enable_shared_from_this<Slot> {
    struct State {
        PreviewStatus status = PreviewStatus::asleep;
        std::string error;
        std::shared_ptr<sandbox::Running> program;   // null for a static preview, and when nothing runs
        std::optional<states::Pin> dependencies;
        std::string dependencies_key;
        Secret database_url;                         // empty: it has none
        std::optional<sandbox::Bind> database_socket;
        std::string database_error;                  // why it should have one and has not
        const templates::Template* origin = nullptr;  // the app's
        std::string commit;                          // what is shown
        VersionId version;
        bool is_static = false;
        int64_t used_ms = 0;                         // steady_ms() of the last request
        std::string log_source = "server";
        std::string log_pending;
        int64_t log_bytes_dropped = 0;               // since the last write of the log, because it came too fast
        std::string log_tail;                        // for the error of a run that fails
        int64_t log_bytes = 0;                       // of this run
        int64_t errors_reported = 0;
    };
    Slot(PreviewId preview, OrganizationId of, AppId of_app) : id(preview), organization(of), app(of_app) {}

    /// The next step of coming up, together with `also`; not_found when the preview was put to sleep or deleted meanwhile.
    template <class F>
    Result<void> step(PreviewStatus to, F&& also) {
        bool is_wanted = state.change([&](State& now) {
            if (!is_coming_up(now.status)) return false;
            now.status = to;
            also(now);
            return true;
        });
        if (!is_wanted) return gone();
        return {};
    }
    static bool is_coming_up(PreviewStatus status) { return status == PreviewStatus::starting || status == PreviewStatus::installing; }
    /// Ends the program and gives the preview its status; one that was deleted stays stopped. Returns when the program is gone.
    void end(PreviewStatus status, std::string error = "");

    const PreviewId id;
    const OrganizationId organization;
    const AppId app;
    Guarded<State> state;
};

struct Previews::Inside {
    uint16_t port = 0;
    Guarded<std::map<PreviewId, std::shared_ptr<Slot>>> slots;
    std::mutex making_room;
    Guarded<std::string> toolchain;                  // of the cages; "" until it was asked
    std::atomic<int> waiting = 0;                    // requests that wait for a preview to wake
    Result<int> connect_static();
    std::unique_ptr<http::Workers> static_workers;
    std::unique_ptr<http::Handler> static_site;
    std::unique_ptr<http::Server> static_server;
    std::jthread tender;
};

}  // namespace ry::apps

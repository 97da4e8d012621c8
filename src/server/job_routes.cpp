#include "server/job_routes.h"

namespace ry::server {

Result<http::Page<jobs::Job>> JobRoutes::list(Op& op, jobs::ListJobs query) {
    auto page = TRY(jobs_.list(op, query));
    return http::Page<jobs::Job>{std::move(page.items), std::move(page.next_cursor)};
}

Result<http::Events> JobRoutes::events(Op& op, jobs::JobId id) {
    TRY(jobs_.get(op, id));
    return http::Events{jobs::stream_of(id)};
}

std::vector<http::Route> JobRoutes::routes() {
    namespace route = http::route;
    return {
        route::get("/api/v1/jobs", "jobs.read", "jobs ls", "Background jobs, newest first.", &JobRoutes::list, *this),
        route::get("/api/v1/jobs/{job_id}", "jobs.read", "jobs show", "A job.", &JobRoutes::show, *this),
        route::get("/api/v1/jobs/{job_id}/events", "jobs.read", "jobs follow", "Progress and log of a job, live.", &JobRoutes::events, *this),
        route::post("/api/v1/jobs/{job_id}/cancel", "jobs.write", "jobs cancel", "Stop a job.", &JobRoutes::cancel, *this),
        route::post("/api/v1/jobs/{job_id}/retry", "jobs.write", "jobs retry", "Try a failed or cancelled job once more.", &JobRoutes::retry, *this),
    };
}

}  // namespace ry::server

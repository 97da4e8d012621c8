#pragma once
// The jobs' rows of the API.
#include <vector>

#include "kernel/http/route.h"
#include "kernel/jobs/jobs.h"

namespace ry::server {

/// `jobs` outlives the table.
class JobRoutes {
public:
    explicit JobRoutes(jobs::Jobs& jobs) : jobs_(jobs) {}
    std::vector<http::Route> routes();

private:
    Result<http::Page<jobs::Job>> list(Op& op, jobs::ListJobs query);
    Result<jobs::Job> show(Op& op, jobs::JobId id) { return jobs_.get(op, id); }
    Result<jobs::Job> cancel(Op& op, jobs::JobId id) { return jobs_.cancel(op, id); }
    Result<jobs::Job> retry(Op& op, jobs::JobId id) { return jobs_.retry(op, id); }
    Result<http::Events> events(Op& op, jobs::JobId id);

    jobs::Jobs& jobs_;
};

}  // namespace ry::server

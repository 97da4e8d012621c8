#pragma once
// Inside the part: what Jobs and its Runner share.
#include <map>

#include "base/guarded.h"
#include "kernel/jobs/jobs.h"
#include "kernel/stream/stream.h"

namespace ry::jobs {

/// The runner of this process, as the queue sees it. Its functions do not block.
class Workers {
public:
    virtual void wake(std::string_view queue) = 0;
    virtual void stop(JobId job) = 0;
    /// From another process; "" when something may have been missed.
    virtual void hear(std::string_view payload) = 0;

protected:
    ~Workers() = default;
};

struct Jobs::Inside {
    Store& store;
    stream::Hub& hub;
    std::map<std::string, Kind, std::less<>> kinds = {};
    Guarded<Workers*> workers{nullptr};  // while there is a Runner

    /// Wakes workers for `queue` here and in other processes.
    void wake(std::string_view queue);
    void stop(JobId job);
    /// Appends job.updated.
    Result<void> tell(Tx& tx, const Job& job);
    /// Lets the module close what a job was doing that has ended without success; then tells.
    Result<void> give_up(Tx& tx, const Job& job, const Json& argument);
};

/// What other processes hear: "wake <queue>", "stop <job id>".
constexpr std::string_view jobs_channel = "jobs";

/// {"job":{…}}
Json updated_data(const Job& job);

}  // namespace ry::jobs

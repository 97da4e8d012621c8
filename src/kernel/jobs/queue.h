#pragma once
// Inside the part: what Jobs and its Runner share.
#include <map>
#include <memory>

#include "base/guarded.h"
#include "kernel/jobs/jobs.h"
#include "kernel/stream/stream.h"

namespace ry::jobs {

/// A worker that is kept free for a job until this is destroyed.
class Place {
public:
    virtual ~Place() = default;
    virtual RunnerId runner_id() const = 0;
};

/// The runner of this process, as the queue sees it. Its functions do not block.
class Workers {
public:
    /// Null unless fewer than half of the queue's workers are busy.
    virtual std::shared_ptr<Place> keep_place(std::string_view queue) = 0;
    /// A job that was claimed for this runner where it was made.
    virtual void begin(Claimed job) = 0;
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

    /// As Workers::keep_place; null without a Runner.
    std::shared_ptr<Place> keep_place(std::string_view queue);
    /// Without a Runner any more the job is left to who rescues its runner's jobs.
    void begin(Claimed job);
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

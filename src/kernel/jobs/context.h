#pragma once
// Inside the part: one try of one job.
#include <atomic>

#include "base/guarded.h"
#include "kernel/jobs/queue.h"

namespace ry::jobs {

/// Why a try was asked to stop.
enum class Why { none, cancelled, draining, overdue, lost };

/// What a handler said and nobody has written yet.
struct Report {
    bool has_progress = false;
    double progress = 0;
    std::string message;
    std::string log;
    size_t log_bytes_lost = 0;
};

struct Context::Try : std::enable_shared_from_this<Context::Try> {
    Try(Claimed claimed, const Kind* of, Store& with) : job(std::move(claimed)), kind(of), store(with) {}

    Claimed job;
    const Kind* kind;
    Store& store;
    Op op = {};
    std::stop_source stop = {};
    std::atomic<Why> why = Why::none;
    std::atomic<int64_t> began_ms = 0;         // 0: waits for a thread
    std::atomic<int64_t> stop_asked_at_ms = 0;
    std::atomic<bool> is_taken = false;  // ended by the keeper; what the handler answers does not count any more
    Guarded<Report> report = Guarded<Report>();
    std::string result = {};

    /// The first reason counts.
    void ask_to_stop(Why reason);
    Report take_report();
    void put_back_log(std::string_view text);
};

/// What a text column takes: UTF-8 without U+0000.
std::string storable(std::string_view text);

}  // namespace ry::jobs

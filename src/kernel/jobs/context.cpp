#include "kernel/jobs/context.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "kernel/jobs/queries.gen.h"

namespace ry::jobs {
namespace {

constexpr size_t log_bytes_max = 256 * 1024;  // between two writes of the keeper, half a second apart
constexpr size_t message_bytes_max = 500;

Error given_up(JobId job, int attempt) {
    return fail(Code::conflict, "this try of the job has been given up; another one does its work", job.text() + " attempt " + std::to_string(attempt));
}

}  // namespace

Result<void> confirm(Tx& tx, JobId job, int attempt) {
    if (TRY(tx.maybe(sql::confirm, {.id = job, .attempt = attempt}))) return {};
    return given_up(job, attempt);
}

void Context::Try::ask_to_stop(Why reason) {
    Why none = Why::none;
    if (!why.compare_exchange_strong(none, reason)) return;
    stop_asked_at_ms = steady_ms();
    stop.request_stop();
}

Report Context::Try::take_report() {
    return report.with([](Report& waiting) {
        Report taken = std::exchange(waiting, {});
        if (taken.log_bytes_lost) taken.log += "\n(" + std::to_string(taken.log_bytes_lost) + " bytes of the log were left out: too much at once)\n";
        return taken;
    });
}

void Context::Try::put_back_log(std::string_view text) {
    report.with([&](Report& newer) { newer.log.insert(0, text); });
}

std::string storable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        size_t length = utf8_length(text);
        if (length == 0 || text[0] == '\0') out += "\uFFFD";
        else out += text.substr(0, length);
        text.remove_prefix(std::max<size_t>(length, 1));
    }
    return out;
}

JobId Context::id() const { return try_.job.id; }
int Context::attempt() const { return try_.job.attempt; }
bool Context::is_last_attempt() const { return try_.job.attempt >= try_.job.attempts_max; }
const Json& Context::argument() const { return try_.job.argument; }
const std::optional<std::string>& Context::subject() const { return try_.job.subject; }
Store& Context::store() const { return try_.store; }
Op& Context::op() const { return try_.op; }

store::Later<std::optional<int>> Context::ask_holder(Tx& tx) const { return tx.ask(sql::confirm, {.id = try_.job.id, .attempt = try_.job.attempt}); }

Result<void> Context::confirm(store::Later<std::optional<int>>& holder) const {
    if (TRY(holder.get())) return {};
    return given_up(try_.job.id, try_.job.attempt);
}

void Context::progress(double fraction, std::string_view message) {
    try_.report.with([&](Report& report) {
        report.has_progress = true;
        report.progress = std::clamp(fraction, 0.0, 1.0);
        report.message = storable(utf8_prefix(message, message_bytes_max));
    });
}

void Context::log(std::string_view text) {
    try_.report.with([&](Report& report) {
        if (report.log.size() + text.size() > log_bytes_max) report.log_bytes_lost += text.size();
        else report.log += text;
    });
}

void Context::set_result(Json result) {
    ENSURE(json::is_valid(result.text));
    try_.result = std::move(result.text);
}

}  // namespace ry::jobs

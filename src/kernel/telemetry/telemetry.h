#pragma once
// Logs and metrics. One JSON object a line on stderr; Prometheus text at /metrics. Names are snake_case, units last.
// Everything here may be called from any thread.
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ry::telemetry {

enum class Level { debug, info, warning, error };

struct LogField {
    std::string_view name;
    std::string value;
};

/// Writes one line: time, level, event, then the fields. A value that was registered with redact() is written as
/// "[redacted]".
void log(Level level, std::string_view event, std::initializer_list<LogField> fields = {});
/// Lines below `level` are dropped. The default is info.
void set_log_level(Level level);
/// Whether log() would write a line of this level: ask before making expensive fields.
bool is_logged(Level level);
/// From now on `secret` (8 bytes or more) is replaced in every log line. Bounded: the oldest of 10,000 is forgotten.
void redact(std::string secret);

/// A metric by its full name ("http_requests_total") and one optional label. References live as long as the process.
class Counter {
public:
    virtual void add(double amount = 1) = 0;

protected:
    ~Counter() = default;
};
class Gauge {
public:
    virtual void set(double value) = 0;
    virtual void add(double amount) = 0;

protected:
    ~Gauge() = default;
};
/// Milliseconds in buckets from 0.25 ms to 60 s.
class Histogram {
public:
    virtual void observe(double ms) = 0;

protected:
    ~Histogram() = default;
};

Counter& counter(std::string_view name, std::string_view help, std::string_view label = {},
                 std::string_view value = {});
Gauge& gauge(std::string_view name, std::string_view help, std::string_view label = {}, std::string_view value = {});
Histogram& histogram_ms(std::string_view name, std::string_view help, std::string_view label = {},
                        std::string_view value = {});

/// Tells where the time of one piece of work goes: lap(part) observes what passed since the lap before, in the
/// histogram `name` with the label part="<part>". A part's name is a constant. One thread.
class Laps {
public:
    Laps(std::string_view name, std::string_view help) : name_(name), help_(help) {}
    void lap(std::string_view part);

private:
    std::string_view name_, help_;
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// All metrics in the Prometheus text format 0.0.4.
std::string metrics_text();

}  // namespace ry::telemetry

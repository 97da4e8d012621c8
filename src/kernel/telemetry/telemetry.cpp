#include "kernel/telemetry/telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <deque>
#include <map>
#include <memory>

#include "base/guarded.h"
#include "base/json.h"
#include "base/time.h"

namespace ry::telemetry {
namespace {

constexpr size_t redacted_max = 10'000;
constexpr size_t line_bytes_max = 16 * 1024;

// Nothing static in this file is ever destroyed: threads log and count while the process ends.

spdlog::logger& logger() {
    static auto& made = *[] {
        auto* log = new spdlog::logger("ramify", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        log->set_pattern("%v");
        log->set_level(spdlog::level::info);
        log->flush_on(spdlog::level::info);
        return log;
    }();
    return made;
}

spdlog::level::level_enum spdlog_level(Level level) {
    constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                    spdlog::level::err};
    return levels[int(level)];
}

Guarded<std::deque<std::string>>& redacted() {
    static auto& values = *new Guarded<std::deque<std::string>>;
    return values;
}

void hide_secrets(std::string& line) {
    redacted().with([&](const std::deque<std::string>& secrets) {
        for (const std::string& secret : secrets)
            for (size_t at = 0; (at = line.find(secret, at)) != std::string::npos;)
                line.replace(at, secret.size(), "[redacted]");
    });
}

prometheus::Registry& registry() {
    static auto& all = *new prometheus::Registry;
    return all;
}

prometheus::Labels labels(std::string_view label, std::string_view value) {
    if (label.empty()) return {};
    return {{std::string(label), std::string(value)}};
}

struct CounterOf final : Counter {
    explicit CounterOf(prometheus::Counter& metric) : metric(metric) {}
    void add(double amount) override { metric.Increment(amount); }
    prometheus::Counter& metric;
};
struct GaugeOf final : Gauge {
    explicit GaugeOf(prometheus::Gauge& metric) : metric(metric) {}
    void set(double value) override { metric.Set(value); }
    void add(double amount) override { metric.Increment(amount); }
    prometheus::Gauge& metric;
};
struct HistogramOf final : Histogram {
    explicit HistogramOf(prometheus::Histogram& metric) : metric(metric) {}
    void observe(double ms) override { metric.Observe(ms); }
    prometheus::Histogram& metric;
};

/// One object a (name, label value), made at first use and kept for ever: names and label values come from code.
template <class M, class Make>
M& metric_of(std::string_view name, std::string_view value, Make make) {
    static auto& all = *new Guarded<std::map<std::pair<std::string, std::string>, std::unique_ptr<M>>>;
    return all.with([&](auto& metrics) -> M& {
        auto& slot = metrics[{std::string(name), std::string(value)}];
        if (!slot) slot = std::make_unique<M>(make());
        return *slot;
    });
}

}  // namespace

void log(Level level, std::string_view event, std::initializer_list<LogField> fields) {
    if (!logger().should_log(spdlog_level(level))) return;
    constexpr std::string_view names[] = {"debug", "info", "warning", "error"};
    std::string line =
        "{\"time\":\"" + rfc3339(now()) + "\",\"level\":\"" + std::string(names[int(level)]) + "\",\"event\":";
    json::write_string(line, event);
    for (const LogField& field : fields) {
        line += ',';
        json::write_string(line, field.name);
        line += ':';
        json::write_string(line, std::string_view(field.value).substr(0, line_bytes_max));
    }
    line += '}';
    hide_secrets(line);
    logger().log(spdlog_level(level), line);
}

void set_log_level(Level level) { logger().set_level(spdlog_level(level)); }
bool is_logged(Level level) { return logger().should_log(spdlog_level(level)); }

void redact(std::string secret) {
    if (secret.size() < 8) return;
    redacted().with([&](std::deque<std::string>& secrets) {
        for (const std::string& known : secrets)
            if (known == secret) return;
        if (secrets.size() == redacted_max) secrets.pop_front();
        secrets.push_back(std::move(secret));
    });
}

Counter& counter(std::string_view name, std::string_view help, std::string_view label, std::string_view value) {
    return metric_of<CounterOf>(name, value, [&] {
        return CounterOf(prometheus::BuildCounter()
                             .Name(std::string(name))
                             .Help(std::string(help))
                             .Register(registry())
                             .Add(labels(label, value)));
    });
}

Gauge& gauge(std::string_view name, std::string_view help, std::string_view label, std::string_view value) {
    return metric_of<GaugeOf>(name, value, [&] {
        return GaugeOf(prometheus::BuildGauge()
                           .Name(std::string(name))
                           .Help(std::string(help))
                           .Register(registry())
                           .Add(labels(label, value)));
    });
}

Histogram& histogram_ms(std::string_view name, std::string_view help, std::string_view label, std::string_view value) {
    static const auto& buckets = *new prometheus::Histogram::BucketBoundaries{
        0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10'000, 20'000, 60'000};
    return metric_of<HistogramOf>(name, value, [&] {
        return HistogramOf(prometheus::BuildHistogram()
                               .Name(std::string(name))
                               .Help(std::string(help))
                               .Register(registry())
                               .Add(labels(label, value), buckets));
    });
}

void Laps::lap(std::string_view part) {
    auto now = std::chrono::steady_clock::now();
    histogram_ms(name_, help_, "part", part).observe(std::chrono::duration<double, std::milli>(now - last_).count());
    last_ = now;
}

std::string metrics_text() { return prometheus::TextSerializer().Serialize(registry().Collect()); }

}  // namespace ry::telemetry

#include "cli/api_client.h"

#include <boost/json.hpp>
#include <condition_variable>
#include <mutex>

#include "base/time.h"
#include "cli/call.h"

namespace ry::cli {
namespace {

constexpr size_t answer_bytes_max = 64 << 20;
constexpr int64_t answer_ms_max = 180'000;  // the server's own deadlines are sooner
constexpr int64_t reconnect_pause_ms = 200;

std::string position_of(std::string_view json) {
    boost::system::error_code error;
    auto event = boost::json::parse(boost::json::string_view(json.data(), json.size()), error);
    const auto* id = !error && event.is_object() ? event.as_object().if_contains("id") : nullptr;
    return id && id->is_string() ? std::string(id->as_string()) : "";
}

}  // namespace

ApiClient::ApiClient(Endpoint endpoint, std::stop_token stop)
    : endpoint_(std::move(endpoint)), fetch_({.ca_file = endpoint_.ca_file}), op_(server_op("command line")) {
    op_.stop = std::move(stop);
}

fetch::Request ApiClient::request(std::string_view method, const std::string& path) const {
    fetch::Request request{.method = std::string(method),
                           .url = endpoint_.url + path,
                           .addresses = fetch::Addresses::any,
                           .body_bytes_max = answer_bytes_max};
    request.first_byte_timeout_ms = answer_ms_max;
    if (!endpoint_.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + endpoint_.token);
    return request;
}

Result<fetch::Response> ApiClient::send(std::string_view method, const std::string& path, std::string body,
                                        std::string_view content_type) {
    fetch::Request wanted = request(method, path);
    if (!body.empty()) wanted.headers.emplace_back("Content-Type", std::string(content_type));
    wanted.body = std::move(body);
    auto response = fetch_.send(op_, std::move(wanted));
    if (!response) return unreached(endpoint_, response.error());
    return response;
}

Result<fetch::Response> ApiClient::follow(const std::string& path, std::string& position,
                                          const std::function<bool(std::string_view json)>& line) {
    std::string pending;
    bool is_wanted = true;
    int64_t lost_ms = 0;
    while (true) {
        fetch::Request wanted = request("GET", path);
        wanted.headers.emplace_back("Accept", "application/x-ndjson");
        if (!position.empty()) wanted.headers.emplace_back("Last-Event-ID", position);
        pending.clear();
        auto response = fetch_.stream(op_, std::move(wanted), [&](std::string_view bytes) {
            pending += bytes;
            for (size_t end; is_wanted && (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
                std::string_view json = std::string_view(pending).substr(0, end);
                if (json.empty()) continue;  // the stream says that it lives
                if (std::string at = position_of(json); !at.empty()) position = at;
                lost_ms = 0;
                is_wanted = line(json);
            }
            return is_wanted;
        });
        TRY(op_.still_wanted());
        if (!is_wanted) return fetch::Response{.status = 200};
        if (response && !response->ok() && response->status != 503) return response;
        if (lost_ms == 0) lost_ms = steady_ms();
        if (steady_ms() - lost_ms > reconnect_ms_max)
            return response ? fail(Code::unavailable, "the server ended the stream again and again")
                            : unreached(endpoint_, response.error());
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        wake.wait_for(lock, op_.stop, std::chrono::milliseconds(reconnect_pause_ms), [] { return false; });
    }
}

}  // namespace ry::cli

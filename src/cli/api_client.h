#pragma once
// The server's API for commands that ask more than one question. One thread.
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/endpoint.h"
#include "kernel/fetch/fetch.h"
#include "kernel/op/op.h"

namespace ry::cli {

class ApiClient {
public:
    /// What is sent is given up when `stop` is asked for.
    ApiClient(Endpoint endpoint, std::stop_token stop);

    const Endpoint& endpoint() const { return endpoint_; }
    /// From now on; what is not answered by then is timed_out.
    void give_up_after(int64_t ms) { op_.deadline = Deadline::in_ms(ms); }
    /// Any answer, whatever its status; when nobody answers, the error says what to do. `path` begins with "/api/".
    Result<fetch::Response> send(std::string_view method, const std::string& path, std::string body = {},
                                 std::string_view content_type = "application/json");
    /// The events of a stream as lines of JSON, after `position` ("": from the beginning), until `line` returns false
    /// or the stream ends. A connection that is lost is made again, and goes on where it was; `position` is that of the
    /// last event.
    Result<fetch::Response> follow(const std::string& path, std::string& position,
                                   const std::function<bool(std::string_view json)>& line);

private:
    fetch::Request request(std::string_view method, const std::string& path) const;

    Endpoint endpoint_;
    fetch::Fetch fetch_;
    Op op_;
};

}  // namespace ry::cli

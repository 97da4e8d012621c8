#pragma once
// Streams as answers: kernel/stream's followers written to clients.
#include "kernel/http/api.h"

namespace ry::stream {
class Hub;
}

namespace ry::server {

/// Any thread. `hub` outlives it.
class HubStreams final : public http::StreamSource {
public:
    explicit HubStreams(stream::Hub& hub) : hub_(hub) {}
    bool is_position(std::string_view text) override;
    void follow(const Op& op, http::FollowRequest request, http::StreamWriter writer) override;
    void follow_all(const Op& op, std::vector<http::FollowRequest> requests, http::StreamWriter writer) override;
    Result<std::string> page(const Op& op, std::string_view stream, std::string_view after, int limit) override;

private:
    stream::Hub& hub_;
};

}  // namespace ry::server

#include "server/hub_streams.h"

#include "kernel/stream/stream.h"

namespace ry::server {
namespace {

class ClientFollower final : public stream::Follower {
public:
    explicit ClientFollower(http::StreamWriter writer) : writer_(std::move(writer)) {}
    bool deliver(std::shared_ptr<const std::string> frame) override { return writer_.write(std::move(frame)); }
    void end() override { writer_.end(); }
    void when_room(std::move_only_function<void()> f) override { writer_.when_room(std::move(f)); }

private:
    http::StreamWriter writer_;
};

std::function<bool(const stream::Event&)> on_event(http::EventTest test) {
    if (!test) return {};
    return [test = std::move(test)](const stream::Event& event) { return test(event.type, event.data.text); };
}

}  // namespace

bool HubStreams::is_position(std::string_view text) { return stream::Position::parse(text).has_value(); }

void HubStreams::follow(const Op& op, http::FollowRequest request, http::StreamWriter writer) {
    auto after = stream::Position::parse(request.after).value_or(stream::Position{});
    stream::FollowOptions options{.encoding = request.format == http::StreamFormat::sse ? stream::Encoding::sse : stream::Encoding::ndjson,
                                  .is_wanted = on_event(std::move(request.is_wanted)), .is_last = on_event(std::move(request.is_last))};
    auto subscription = hub_.follow(op, request.stream, after, std::make_shared<ClientFollower>(writer), std::move(options));
    writer.on_end([subscription]() mutable { subscription.end(); });
}

Result<std::string> HubStreams::page(const Op& op, std::string_view stream, std::string_view after, int limit) {
    return hub_.page(op, stream, stream::Position::parse(after).value_or(stream::Position{}), limit);
}

}  // namespace ry::server

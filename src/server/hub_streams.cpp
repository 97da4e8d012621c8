#include "server/hub_streams.h"

#include <atomic>

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

/// One of several followers of one answer. Frames of the hub are shared by all clients, so a marked one is a copy.
class SharingFollower final : public stream::Follower {
public:
    SharingFollower(http::StreamWriter writer, std::string mark, std::shared_ptr<std::atomic<size_t>> going)
        : writer_(std::move(writer)), mark_(std::move(mark)), going_(std::move(going)) {}
    bool deliver(std::shared_ptr<const std::string> frame) override { return writer_.write(std::make_shared<const std::string>(mark_ + *frame)); }
    void end() override {
        if (--*going_ == 0) writer_.end();
    }
    void when_room(std::move_only_function<void()> f) override { writer_.when_room(std::move(f)); }

private:
    http::StreamWriter writer_;
    const std::string mark_;
    std::shared_ptr<std::atomic<size_t>> going_;  // followers that have not ended
};

std::function<bool(const stream::Event&)> on_event(http::EventTest test) {
    if (!test) return {};
    return [test = std::move(test)](const stream::Event& event) { return test(event.type, event.data.text); };
}

stream::FollowOptions options_of(http::FollowRequest& request) {
    return {.encoding = request.format == http::StreamFormat::sse ? stream::Encoding::sse : stream::Encoding::ndjson,
            .is_wanted = on_event(std::move(request.is_wanted)), .is_last = on_event(std::move(request.is_last))};
}

}  // namespace

bool HubStreams::is_position(std::string_view text) { return stream::Position::parse(text).has_value(); }

void HubStreams::follow(const Op& op, http::FollowRequest request, http::StreamWriter writer) {
    auto after = stream::Position::parse(request.after).value_or(stream::Position{});
    auto subscription = hub_.follow(op, request.stream, after, std::make_shared<ClientFollower>(writer), options_of(request));
    writer.on_end([subscription]() mutable { subscription.end(); });
}

void HubStreams::follow_all(const Op& op, std::vector<http::FollowRequest> requests, http::StreamWriter writer) {
    auto going = std::make_shared<std::atomic<size_t>>(requests.size());
    std::vector<stream::Subscription> subscriptions;
    for (http::FollowRequest& request : requests) {
        auto after = stream::Position::parse(request.after).value_or(stream::Position{});
        auto follower = std::make_shared<SharingFollower>(writer, std::move(request.mark), going);
        subscriptions.push_back(hub_.follow(op, request.stream, after, std::move(follower), options_of(request)));
    }
    writer.on_end([subscriptions = std::move(subscriptions)]() mutable {
        for (stream::Subscription& subscription : subscriptions) subscription.end();
    });
}

Result<std::string> HubStreams::page(const Op& op, std::string_view stream, std::string_view after, int limit) {
    return hub_.page(op, stream, stream::Position::parse(after).value_or(stream::Position{}), limit);
}

}  // namespace ry::server

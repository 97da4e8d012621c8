#pragma once
// Housekeeping that belongs to nobody's request: trims streams and forgets old keys, every few minutes.
#include <thread>

namespace ry::store {
class Store;
}
namespace ry::stream {
class Hub;
}
namespace ry::idempotency {
class Requests;
}

namespace ry::server {

/// Works from construction to destruction; the parts outlive it.
class Keeper {
public:
    Keeper(store::Store& store, stream::Hub& hub, idempotency::Requests& requests);

private:
    std::jthread thread_;
};

}  // namespace ry::server

#pragma once
// Idempotency keys in the database: the same key and body give the same answer, across nodes and crashes, for 24 hours.
#include "kernel/http/api.h"

namespace ry::store {
class Store;
struct Schema;
}  // namespace ry::store

namespace ry::idempotency {

extern const store::Schema schema;

/// How long a request may run before its key is taken to be left behind by a server that died.
inline constexpr int64_t runs_ms = 60'000;

/// Any thread. `store` outlives it.
class Requests final : public http::IdempotencyStore {
public:
    explicit Requests(store::Store& store) : store_(store) {}
    Result<http::IdempotencyStart> begin(const Op& op, std::string_view key, std::string_view fingerprint) override;
    Result<void> finish(const Op& op, std::string_view key, std::string_view answer) override;
    void abandon(const Op& op, std::string_view key) override;
    /// Forgets keys that are older than a day, of all organizations.
    Result<void> maintain(const Op& server_op);

private:
    store::Store& store_;
};

}  // namespace ry::idempotency

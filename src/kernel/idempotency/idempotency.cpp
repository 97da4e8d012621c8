#include "kernel/idempotency/idempotency.h"

#include "kernel/idempotency/queries.gen.h"
#include "kernel/store/store.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::idempotency {
namespace {

/// The keys' own book-keeping is the server's, not the person's: it leaves no audit line.
Op bookkeeping(const Op& op) {
    Op own = op;
    own.actor = {};
    return own;
}

}  // namespace

Result<http::IdempotencyStart> Requests::begin(const Op& op, std::string_view key, std::string_view fingerprint) {
    using State = http::IdempotencyStart::State;
    Known known = TRY(store_.write(bookkeeping(op), "idempotency.begin", [&](store::Tx& tx) {
        return tx.one(sql::begin, {.user_id = op.actor.user, .key = std::string(key), .fingerprint = std::string(fingerprint), .runs_ms = runs_ms});
    }));
    if (known.is_fresh) return http::IdempotencyStart{State::fresh};
    if (known.fingerprint != fingerprint) return http::IdempotencyStart{State::other_body};
    if (!known.answer) return http::IdempotencyStart{State::running};
    return http::IdempotencyStart{State::finished, *std::move(known.answer)};
}

Result<void> Requests::finish(const Op& op, std::string_view key, std::string_view answer) {
    return store_.write(bookkeeping(op), "idempotency.finish", [&](store::Tx& tx) -> Result<void> {
        TRY(tx.run(sql::finish, {.user_id = op.actor.user, .key = std::string(key), .answer = std::string(answer)}));
        return {};
    });
}

void Requests::abandon(const Op& op, std::string_view key) {
    auto gone = store_.write(bookkeeping(op), "idempotency.abandon", [&](store::Tx& tx) { return tx.run(sql::abandon, {.user_id = op.actor.user, .key = std::string(key)}); });
    if (!gone) telemetry::log(telemetry::Level::warning, "idempotency_key_left", {{"cause", gone.error().message}});
}

Result<void> Requests::maintain(const Op& server_op) {
    return store_.system_write(server_op, "idempotency.forget_old", [&](store::Tx& tx) -> Result<void> {
        TRY(tx.run(sql::forget_old, {}));
        return {};
    });
}

}  // namespace ry::idempotency

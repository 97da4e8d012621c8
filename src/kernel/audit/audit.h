#pragma once
// Audit: who did what, when, from where, on which object, with which outcome; append-only, each row carrying the hash of
// the one before it in its organization.
//
// The rule: every `store.write` of an Op with a person, a token or a job behind it leaves a row, in the same transaction,
// sent together with the COMMIT; its action is the transaction's name. `store.system_write` (claims, heartbeats, flushes of
// streams) and writes of the server itself leave none. A denied access leaves a row by denied().
//
//     store.set_before_commit(audit::before_commit);                                  // once, in product
//     store.write(op, "apps.create", [&](Tx& tx) { audit::object(tx, "app:" + id.text()); … });
//
// The chain: hash = SHA-256(previous hash ‖ fields), the previous hash being 32 zero bytes for the first row, each field a
// netstring ("5:hello,") of UTF-8: organization id (UUID text), seq (decimal), id (UUID text), at (microseconds since 1970,
// decimal), actor, address, action, object, outcome, request_id.
// A row is written under the lock of its organization's head, the last lock a transaction takes; so the commits of one
// organization's audited writes follow one another.
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/audit/model.h"
#include "kernel/op/op.h"

namespace ry::store {
struct Schema;
class Store;
class Tx;
}  // namespace ry::store

namespace ry::audit {

extern const store::Schema schema;

/// For Store::set_before_commit: a row for every write of an organization, but for steps (Tx::step).
Result<void> before_commit(store::Tx& tx, std::string_view name);

/// Says what the transaction is about: "<kind>:<id>", at most 200 bytes. The last call counts; without one, it is
/// Op::object. No round trip.
void object(store::Tx& tx, std::string_view object);

/// Records that `action` (a permission, or what was tried) was refused, in a transaction of its own.
/// Nothing is recorded for an Op without an organization.
Result<void> denied(store::Store& store, const Op& op, std::string_view action, std::string_view object = {});

/// Entries of the Op's organization, newest first.
Result<EntryPage> list(store::Store& store, const Op& op, const ListEntries& filter);

/// Recomputes the organization's whole chain, 1,000 rows at a time, and compares its end with the head.
Result<Verification> verify(store::Store& store, const Op& op);

/// The hash of `entry`, whose predecessor's hash is `previous`; 32 bytes each.
std::string hash_of(const Entry& entry, OrganizationId organization, std::string_view previous);

}  // namespace ry::audit

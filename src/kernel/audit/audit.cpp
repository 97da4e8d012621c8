#include "kernel/audit/audit.h"

#include <sodium.h>

#include <limits>

#include "base/text.h"
#include "kernel/audit/queries.gen.h"
#include "kernel/store/store.h"

namespace ry::audit {
namespace {

constexpr size_t hash_bytes = 32;
constexpr size_t object_bytes_max = 200;
constexpr int page_rows = 1'000;  // 300 bytes each
/// The name of denied()'s transaction, which writes its row itself.
constexpr std::string_view denied_name = "audit.denied";

/// "person:user_…"; the server itself has no user.
std::string text_of(const Actor& actor) {
    constexpr std::string_view kinds[] = {"person", "token", "job", "server"};
    std::string text(kinds[int(actor.kind)]);
    if (!actor.user.is_nil()) text += ":" + actor.user.text();
    return text;
}

void append(store::Tx& tx, std::string_view action, Outcome outcome) {
    const Op& op = tx.op();
    std::string actor = text_of(op.actor);
    tx.queue(sql::append, {.id = EntryId::fresh(), .actor = actor, .address = op.actor.address, .action = action, .outcome = outcome, .request_id = op.request_id});
}

std::string netstring(std::string_view field) { return std::to_string(field.size()) + ":" + std::string(field) + ","; }

/// Follows a chain from its first entry.
class Verifier {
public:
    explicit Verifier(OrganizationId organization) : organization_(organization) {}

    int64_t seq() const { return seq_; }
    std::string hash() const { return hex(hash_); }
    /// False when `entry` is not what follows.
    bool follow(const Entry& entry) {
        if (entry.seq != seq_ + 1) return false;
        std::string expected = hash_of(entry, organization_, hash_);
        if (hex(expected) != entry.hash) return false;
        hash_ = std::move(expected);
        ++seq_;
        return true;
    }

private:
    OrganizationId organization_;
    int64_t seq_ = 0;
    std::string hash_ = std::string(hash_bytes, '\0');
};

Result<Verification> verify_in(store::Tx& tx) {
    auto head = TRY(tx.maybe(sql::head, {})).value_or(Head{0, hex(std::string(hash_bytes, '\0'))});
    Verifier verifier(tx.op().organization);
    auto broken_at = [&](int64_t seq) { return Verification{false, verifier.seq(), seq}; };
    for (;;) {
        auto entries = TRY(tx.many(sql::entries_after, {.seq = verifier.seq(), .limit = page_rows}));
        for (const Entry& entry : entries)
            if (!verifier.follow(entry)) return broken_at(verifier.seq() + 1);
        if (entries.size() < page_rows) break;
    }
    if (verifier.seq() != head.seq) return broken_at(std::min(verifier.seq(), head.seq) + 1);
    if (verifier.hash() != head.hash) return broken_at(verifier.seq());
    return Verification{true, verifier.seq(), {}};
}

}  // namespace

std::string hash_of(const Entry& entry, OrganizationId organization, std::string_view previous) {
    std::string text(previous);
    text += netstring(uuid_text(organization.uuid)) + netstring(std::to_string(entry.seq)) + netstring(uuid_text(entry.id.uuid)) +
            netstring(std::to_string(entry.at.us)) + netstring(entry.actor) + netstring(entry.address) + netstring(entry.action) +
            netstring(entry.object) + netstring(names_of(entry.outcome)[size_t(entry.outcome)]) + netstring(entry.request_id);
    std::string hash(hash_bytes, '\0');
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()), reinterpret_cast<const unsigned char*>(text.data()), text.size());
    return hash;
}

Result<void> before_commit(store::Tx& tx, std::string_view name) {
    bool has_actor = tx.op().actor.kind != ActorKind::server && !tx.op().organization.is_nil();
    if (!has_actor || tx.is_system() || tx.is_step() || name == denied_name) return {};
    if (!tx.op().object.empty()) tx.queue(sql::name_object, {.object = utf8_prefix(tx.op().object, object_bytes_max)});
    append(tx, name, Outcome::ok);
    return {};
}

void object(store::Tx& tx, std::string_view object) { tx.queue(sql::set_object, {.object = utf8_prefix(object, object_bytes_max)}); }

Result<void> denied(store::Store& store, const Op& op, std::string_view action, std::string_view about) {
    if (op.organization.is_nil()) return {};
    return store.write(op, denied_name, [&](store::Tx& tx) -> Result<void> {
        object(tx, about);
        append(tx, action, Outcome::denied);
        return {};
    });
}

Result<EntryPage> list(store::Store& store, const Op& op, const ListEntries& filter) {
    auto before_seq = filter.cursor ? parse_int(*filter.cursor) : std::numeric_limits<int64_t>::max();
    if (!before_seq) return invalid("/cursor", "is not the next_cursor of a page of audit entries");
    return store.read(op, "audit.list", [&](store::Tx& tx) -> Result<EntryPage> {
        EntryPage page;
        page.items = TRY(tx.many(sql::entries, {.actor = filter.actor, .action = filter.action, .object = filter.object, .outcome = filter.outcome,
                                                .since = filter.since, .until = filter.until, .before_seq = *before_seq, .limit = filter.limit + 1}));
        if (page.items.size() <= size_t(filter.limit)) return page;
        page.items.pop_back();
        page.next_cursor = std::to_string(page.items.back().seq);
        return page;
    });
}

Result<Verification> verify(store::Store& store, const Op& op) { return store.read(op, "audit.verify", verify_in); }

}  // namespace ry::audit

#pragma once
// The audit's values, as the API and the database show them.
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace ry::audit {

DECLARE_ID(EntryId, "audit");

enum class Outcome { ok, denied };
constexpr std::array<std::string_view, 2> names_of(Outcome) { return {"ok", "denied"}; }

struct Entry {
    EntryId id;
    int64_t seq = 0;
    Time at;
    std::string actor;
    std::string address;
    std::string action;
    std::string object;
    Outcome outcome = Outcome::ok;
    std::string request_id;
    std::string hash;

    static const Fields& fields() {
        using S = Entry;
        static const Field table[] = {
            field("id", &S::id, "The entry's id."),
            field("seq", &S::seq, "Its place in the organization's chain: 1, 2, 3 …"),
            field("at", &S::at, "When it was written."),
            field("actor", &S::actor, "Who: person:, token: or job: and the user's id."),
            field("address", &S::address, "From which IP address, when known."),
            field("action", &S::action, "What was done, or which permission was refused."),
            field("object", &S::object, "On what: its kind and id, when named."),
            field("outcome", &S::outcome, "Whether it was done or denied."),
            field("request_id", &S::request_id, "The request it belongs to."),
            field("hash", &S::hash, "SHA-256 over the previous entry's hash and this entry, in hex."),
        };
        static const Fields all{"AuditEntry", table};
        return all;
    }
};

struct ListEntries {
    std::optional<std::string> actor;
    std::optional<std::string> action;
    std::optional<std::string> object;
    std::optional<Outcome> outcome;
    std::optional<Time> since;
    std::optional<Time> until;
    int limit = 50;
    std::optional<std::string> cursor;

    static const Fields& fields() {
        using S = ListEntries;
        static const Field table[] = {
            field("actor", &S::actor, "Only entries of this actor, such as person:user_…."),
            field("action", &S::action, "Only this action."),
            field("object", &S::object, "Only this object, such as app:app_…."),
            field("outcome", &S::outcome, "Only what was done, or only what was denied."),
            field("since", &S::since, "Only entries at or after this time."),
            field("until", &S::until, "Only entries before this time."),
            field("limit", &S::limit, "At most this many.", range(1, 500), defaulted()),
            field("cursor", &S::cursor, "Where the previous page ended: its next_cursor."),
        };
        static const Fields all{"ListAuditEntries", table};
        return all;
    }
};

struct EntryPage {
    std::vector<Entry> items;
    std::optional<std::string> next_cursor;
};

struct Verification {
    bool is_valid = true;
    int64_t entries = 0;
    std::optional<int64_t> first_bad_seq;

    static const Fields& fields() {
        using S = Verification;
        static const Field table[] = {
            field("is_valid", &S::is_valid, "Whether every entry is there and unchanged."),
            field("entries", &S::entries, "How many entries were checked."),
            field("first_bad_seq", &S::first_bad_seq, "The first entry that is missing, changed or out of place."),
        };
        static const Fields all{"AuditVerification", table};
        return all;
    }
};

/// The end of an organization's chain, as queries.sql reads it.
struct Head {
    int64_t seq = 0;
    std::string hash;  ///< hex

    static const Fields& fields() {
        using S = Head;
        static const Field table[] = {
            field("seq", &S::seq, "The last entry's place."),
            field("hash", &S::hash, "The last entry's hash."),
        };
        static const Fields all{"AuditHead", table};
        return all;
    }
};

}  // namespace ry::audit

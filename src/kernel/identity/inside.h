#pragma once
// What Identities is made of. Inside identity only.
#include <map>

#include "base/guarded.h"
#include "kernel/identity/attempts.h"
#include "kernel/identity/identity.h"

namespace ry::identity {

/// Every named permission exists, and the caller has it.
Result<void> check_scope(const std::vector<std::string>& names, access::PermissionSet limit);

/// `op` as this user's, in their organization.
Op on_behalf(const Op& op, OrganizationId organization, UserId user, ActorKind kind = ActorKind::person);

struct Identities::Inside {
    /// Who a credential belonged to when it was looked up.
    struct Remembered {
        Identity identity;
        int64_t until_ms = 0;
        int64_t access_changes = 0;
    };
    /// By the credential's digest. `changes` tells a reader whether what it read may be kept.
    struct Memory {
        std::map<std::string, Remembered, std::less<>> credentials;
        int64_t changes = 0;
    };

    Inside(store::Store& store_in, access::Access& access_in, Mode mode_in) : store(store_in), access(access_in), mode(mode_in) {}

    std::optional<Identity> remembered(const std::string& digest);
    /// Absent when nobody has this cookie or token, or no longer.
    Result<std::optional<Identity>> recognise(const Op& op, const Credentials& credentials, const std::string& digest);
    Result<Identity> identity_of(const Op& op, const Credential& credential);
    Result<Home> home_of(const Op& op, UserId user);
    /// Records that the credential was used, when that was not done lately. A failure is logged and harms nobody.
    void touch(const Op& op, const Credential& credential);

    /// A new session of the transaction's user.
    Result<Secret> open_session(store::Tx& tx, std::string_view user_agent);
    /// To be called by whatever makes a credential invalid: every server forgets what it remembers.
    void changed(store::Tx& tx);
    static void forget(Guarded<Memory>& memory);

    store::Store& store;
    access::Access& access;
    const Mode mode;
    Attempts attempts;
    std::shared_ptr<Guarded<Memory>> memory = std::make_shared<Guarded<Memory>>();
    Guarded<std::optional<Identity>> local;  // set by ensure_local
};

}  // namespace ry::identity

#pragma once
// Who a request or a PostgreSQL client is: the way from cookies and API tokens to identity, and its routes.
#include <vector>

#include "kernel/audit/audit.h"
#include "kernel/http/api.h"
#include "kernel/identity/identity.h"
#include "kernel/identity/service_accounts.h"
#include "modules/databases/databases.h"

namespace ry::access {
class Access;
}
namespace ry::store {
class Store;
}

namespace ry::server {

struct Caller final : http::Caller {
    identity::Identity identity;
    bool may(std::string_view permission) const override { return identity.permissions.contains(permission); }
};

/// Any thread. The parts outlive it.
class Callers final : public http::Authenticator, public databases::TokenSignIn {
public:
    Callers(store::Store& store, identity::Identities& identities, access::Access& access) : store_(store), identities_(identities), access_(access) {}
    http::CallerPtr remembered(const http::Request& request) override;
    Result<http::CallerPtr> identify(const Op& op, const http::Request& request) override;
    Error refused(const Op& op, const http::Caller& caller, std::string_view permission) override;
    Result<void> denied(const Op& op, std::string_view check) override;
    Result<Op> sign_in(const Op& op, const Secret& token, std::string_view permission) override;

private:
    store::Store& store_;
    identity::Identities& identities_;
    access::Access& access_;
};

struct ExplainPermissions {
    std::optional<std::string> on;
    static const Fields& fields() {
        static const Field table[] = {field("on", &ExplainPermissions::on, "Id of an organization, workspace or project; your own project when absent.")};
        static const Fields all{"ExplainPermissions", table};
        return all;
    }
};

/// Set-up, sign-in, sessions, API tokens, permissions and the audit log. The parts outlive the table.
class Accounts {
public:
    Accounts(store::Store& store, identity::Identities& identities) : store_(store), identities_(identities) {}
    std::vector<http::Route> routes();

private:
    using Request = const http::RequestInfo&;
    Result<identity::SetupState> setup_state(Op& op);
    Result<http::Answer<identity::Session>> set_up(Op& op, identity::SetUp form, Request request);
    Result<http::Answer<identity::Session>> sign_in(Op& op, identity::SignIn form, Request request);
    Result<http::Response> sign_out(Op& op, Request request);
    Result<identity::Session> session(Op& op, Request request);
    Result<http::Page<identity::SessionSummary>> sessions(Op& op, Request request);
    Result<void> revoke_session(Op& op, identity::SessionId id);
    Result<http::Page<identity::Token>> tokens(Op& op);
    Result<http::Created<identity::NewToken>> create_token(Op& op, identity::CreateToken form, Request request);
    Result<void> revoke_token(Op& op, identity::TokenId id, Request request);
    Result<access::Explanation> explain(Op& op, ExplainPermissions query, Request request);
    Result<http::Page<audit::Entry>> audit_entries(Op& op, audit::ListEntries query);
    Result<audit::Verification> verify_audit(Op& op);

    store::Store& store_;
    identity::Identities& identities_;
};

/// Service accounts, their trust rules, and the exchange of ID tokens. The part outlives the table.
class ServiceAccountRoutes {
public:
    explicit ServiceAccountRoutes(identity::ServiceAccounts& accounts) : accounts_(accounts) {}
    std::vector<http::Route> routes();

private:
    using Request = const http::RequestInfo&;
    Result<http::Page<identity::ServiceAccount>> list(Op& op);
    Result<identity::ServiceAccount> find(Op& op, UserId account);
    Result<http::Created<identity::ServiceAccount>> create(Op& op, identity::CreateServiceAccount form, Request request);
    Result<identity::ServiceAccount> change(Op& op, UserId account, identity::ChangeServiceAccount form, Request request);
    Result<void> remove(Op& op, UserId account, Request request);
    Result<http::Created<identity::TrustRule>> create_trust_rule(Op& op, UserId account, identity::CreateTrustRule form, Request request);
    Result<void> remove_trust_rule(Op& op, UserId account, identity::TrustRuleId rule);
    Result<http::Answer<identity::ExchangedToken>> exchange_token(Op& op, identity::ExchangeToken form);

    identity::ServiceAccounts& accounts_;
};

}  // namespace ry::server

#pragma once
// Inside the part: chats go into files, come out of them, and are forked from each other. Chats owns one, and carries its routes.
//
// Any thread. An import is one transaction: all chats of the file, or none.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/http/route.h"
#include "modules/chats/transfer_model.h"

namespace ry::store {
class Store;
class Tx;
}  // namespace ry::store
namespace ry::identity {
class Identities;
}

namespace ry::chats {

class Transfers {
public:
    Transfers(store::Store& store, identity::Identities& identities) : store_(store), identities_(identities) {}
    std::vector<http::Route> routes();

    Result<http::Bytes> write_file(Op& op, ChatId chat, ExportChat query);
    /// The body is a file; its content tells of which format.
    Result<http::Created<Imported>> import(Op& op, const http::RequestInfo& info);
    /// The same; the chats are with the character of the profile.
    Result<http::Created<Imported>> import_to_profile(Op& op, EntityProfileId profile, const http::RequestInfo& info);
    /// A new chat with the history of the branch up to a message.
    Result<http::Created<Chat>> fork(Op& op, BranchId branch, ForkBranch body);

private:
    Result<http::Created<Imported>> take(Op& op, std::optional<EntityProfileId> profile, std::string_view bytes);

    store::Store& store_;
    identity::Identities& identities_;
};

}  // namespace ry::chats

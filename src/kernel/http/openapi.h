#pragma once
// What is generated from the table of routes: the OpenAPI 3.1 document, its browsable page, the typed client of the web
// UI, and the matrix of roles.
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/http/route.h"

namespace ry::http {

/// The OpenAPI 3.1 document, as readable JSON with a final newline. Rows outside /api are left out.
std::string openapi(std::span<const Route> routes);

/// A TypeScript module without imports: an interface for every schema, a function for every row with a command, named
/// after it: chats_say(chat_id, body). Rows without a command are named after method and path.
std::string typescript_client(std::span<const Route> routes);

/// A page that renders /api/openapi.json; it needs nothing from elsewhere.
std::string_view docs_page();

/// One role and what it may do.
struct RoleColumn {
    std::string_view name;
    std::function<bool(std::string_view permission)> may;
};
/// Rows × roles as text, a line for each row: "x" where the role may.
std::string access_matrix(std::span<const Route> routes, std::span<const RoleColumn> roles);

/// "chats_say"; for a row without a command: "get_healthz".
std::string operation_name(const Route& route);

}  // namespace ry::http

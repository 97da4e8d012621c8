#pragma once
// Extensions of PostgreSQL that are used where they are, and done without where they are not.
#include <string_view>

namespace ry::store {

struct Login;

/// Makes the extension in the login's database when the server has it and the login may; only a superuser may make
/// most. Whether the database has it now; when it could have it and does not, the log says what to do. Blocks; call
/// at start.
bool make_extension(const Login& login, std::string_view name);

}  // namespace ry::store

#pragma once
// What PostgreSQL's error codes mean to the person who asked.
#include <string>
#include <string_view>

#include "base/result.h"

struct pg_result;

namespace ry::store {

/// The Error of a failed result: our message, and as cause the SQLSTATE, the constraint and the server's own words.
Error error_of(const pg_result* result, std::string_view statement);
/// The transaction lost against another one and may simply run again.
bool is_worth_a_retry(std::string_view sql_state);
/// The server ended the session together with the statement.
bool ends_the_session(std::string_view sql_state);
/// The connection broke or could not be made.
Error database_away(std::string cause);

}  // namespace ry::store

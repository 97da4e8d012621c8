#include "kernel/store/sql_state.h"

#include <libpq-fe.h>

namespace ry::store {
namespace {

constexpr int retry_after_ms = 1'000;

struct Meaning {
    std::string_view sql_state;  // or the front of several (PostgreSQL manual, appendix A)
    Code code;
    std::string_view message;
};

// The first match counts.
constexpr Meaning meanings[] = {
    {"23505", Code::conflict, "this already exists; read it, or choose another name"},
    {"23503", Code::not_found, "something that this refers to does not exist any more; read again and retry"},
    {"23514", Code::invalid, "a value is outside of what is allowed here"},
    {"23502", Code::invalid, "a value that must be given is missing"},
    {"23P01", Code::conflict, "this overlaps with something that exists already; read it, or choose another range"},
    {"22021", Code::invalid, "the text is not valid UTF-8"},
    {"22P05", Code::invalid, "the text contains a character that cannot be stored (U+0000)"},
    {"22001", Code::too_large, "a text is longer than what is allowed here"},
    {"22", Code::invalid, "a value has the wrong form or is out of range"},
    {"54", Code::too_large, "a value is too large for the database; make it smaller"},
    {"40001", Code::unavailable, "too many others changed the same thing at once; try again"},
    {"40P01", Code::unavailable, "too many others changed the same thing at once; try again"},
    {"55P03", Code::conflict, "another change of the same thing is in progress; try again"},
    {"57014", Code::timed_out, "the database did not answer in time; try again, or ask for less"},
    {"25P03", Code::timed_out, "the operation took too long between two steps; try again"},
    {"53100", Code::unavailable, "the disk that holds the database is full; free some space, then try again"},
    {"53", Code::unavailable, "the database has no room for this now; try again in a moment"},
    {"57P", Code::unavailable, "the database is restarting; try again in a moment"},
    {"58", Code::unavailable, "the database could not use its disk; see the server's log"},
    {"08", Code::unavailable, "the connection to the database broke; try again in a moment"},
    {"", Code::bug, "something went wrong in the server; report this with the request id"},
};

std::string_view diagnostic(const PGresult* result, int field) {
    const char* text = PQresultErrorField(result, field);
    return text ? text : "";
}

}  // namespace

Error error_of(const pg_result* result, std::string_view statement) {
    std::string_view state = diagnostic(result, PG_DIAG_SQLSTATE);
    std::string_view detail = diagnostic(result, PG_DIAG_MESSAGE_DETAIL);
    std::string cause = std::string(statement) + ": " + std::string(state) + " " + std::string(diagnostic(result, PG_DIAG_MESSAGE_PRIMARY));
    if (auto constraint = diagnostic(result, PG_DIAG_CONSTRAINT_NAME); !constraint.empty()) cause += " [" + std::string(constraint) + "]";
    if (state.empty()) return database_away(cause + PQresultErrorMessage(result));  // libpq itself: no connection
    if (state == "23503" && detail.find("still referenced") != std::string_view::npos)
        return fail(Code::conflict, "this is still in use; remove what refers to it first", cause);
    for (const Meaning& meaning : meanings) {
        if (!state.starts_with(meaning.sql_state)) continue;
        Error error = fail(meaning.code, std::string(meaning.message), cause);
        if (meaning.code == Code::unavailable) error.retry_after_ms = retry_after_ms;
        return error;
    }
    return fail(Code::bug, "unreachable: the last meaning matches all", cause);
}

bool is_worth_a_retry(std::string_view sql_state) { return sql_state == "40001" || sql_state == "40P01"; }

bool ends_the_session(std::string_view sql_state) { return sql_state.starts_with("57P") || sql_state == "25P03" || sql_state.starts_with("08"); }

Error database_away(std::string cause) {
    Error error = fail(Code::unavailable, "the database does not answer; try again in a moment", std::move(cause));
    error.retry_after_ms = retry_after_ms;
    return error;
}

}  // namespace ry::store

#include "modules/databases/tools/restore_errors.h"

#include "base/text.h"

namespace ry::databases::tools {
namespace {

constexpr std::string_view own = "pg_restore: error: ";
constexpr std::string_view server_says = "ERROR:  ";
constexpr std::string_view command_was = "Command was: ";

bool says(std::string_view message, std::string_view beginning, std::string_view end) {
    size_t at = message.find(beginning);
    return at != message.npos && message.find(end, at) != message.npos;
}

}  // namespace

std::string restore_hint(std::string_view message, bool is_script) {
    if (says(message, "role \"", "\" does not exist")) {
        if (is_script)
            return "make the role before the dump, with --before roles.sql, or dump with pg_dump --no-owner "
                   "--no-privileges";
        return "restore with --no-owner and --no-privileges, or make the role before the dump, with --before roles.sql";
    }
    if (says(message, "role \"", "\" already exists"))
        return "every cluster has this role already: dump the database alone with pg_dump, and the roles that are "
               "missing with --before roles.sql";
    if (says(message, "database \"", "\" already exists"))
        return "restore without --create: every cluster has this database";
    if (says(message, "extension \"", "\" is not available") ||
        message.contains("could not open extension control file"))
        return "install the extension's package for this PostgreSQL on the server, or leave it out of the dump";
    if (message.contains("could not access file") || message.contains("could not load library"))
        return "install the library's package for this PostgreSQL on the server";
    if (message.contains("unrecognized configuration parameter"))
        return "the dump was made for a newer PostgreSQL; prepare it with --image of that version";
    if (message.contains("unsupported version"))
        return "the dump was made by a newer pg_dump; install the PostgreSQL client programs of that version on the "
               "server";
    if (message.contains("could not find a dictionary") || message.contains("collation"))
        return "the dump needs a locale or dictionary that this PostgreSQL does not have; install it on the server";
    return "";
}

RestoreError restore_error(std::string_view standard_error) {
    RestoreError error;
    size_t at = standard_error.find(own);
    if (at == standard_error.npos)
        return {.message = "pg_restore failed and did not say why", .statement = "", .hint = ""};
    std::string_view rest = standard_error.substr(at + own.size());
    std::string_view line = rest.substr(0, rest.find('\n'));
    size_t server = line.find(server_says);
    error.message = line.substr(server == line.npos ? 0 : server + server_says.size());
    size_t command = rest.find(command_was);
    if (command != rest.npos) {
        std::string_view statement = rest.substr(command + command_was.size());
        statement = statement.substr(0, statement.find("\npg_restore: "));
        error.statement = utf8_prefix(trim(statement), statement_bytes_max);
    }
    for (std::string_view each : split(rest, '\n'))
        if (each.starts_with("HINT:  ")) {
            error.hint = each.substr(7);
            break;
        }
    if (std::string hint = restore_hint(error.message, false); !hint.empty()) error.hint = hint;
    return error;
}

}  // namespace ry::databases::tools

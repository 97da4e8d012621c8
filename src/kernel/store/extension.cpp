#include "kernel/store/extension.h"

#include "kernel/store/connection.h"
#include "kernel/store/store.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::store {
namespace {

constexpr int64_t extension_ms_max = 60'000;

/// Absent when the server has none of that name; else whether the database has it.
constexpr std::string_view state_sql =
    "select installed_version is not null from pg_available_extensions where name = $1";

Result<std::optional<bool>> state_of(Connection& connection, std::string_view name) {
    Parameters parameters;
    parameters.add(name);
    Statement statement{"store.extension_state", state_sql, {}, nullptr};
    connection.send(statement, parameters);
    Rows rows = TRY(connection.finish(Deadline::in_ms(extension_ms_max), {}));
    if (rows.size() == 0) return std::optional<bool>();
    return std::optional(TRY(rows.read<bool>(0)));
}

Result<bool> make(const Login& login, std::string_view name) {
    auto connection = TRY(Connection::open(login, "-c client_min_messages=warning", Deadline::in_ms(extension_ms_max)));
    auto state = TRY(state_of(*connection, name));
    if (!state || *state) return state.has_value();
    std::string sql = "create extension if not exists \"" + std::string(name) + "\"";
    Statement statement{"store.make_extension", sql, {}, nullptr};
    connection->send(statement, {});
    TRY(connection->finish(Deadline::in_ms(extension_ms_max), {}));
    return true;
}

}  // namespace

bool make_extension(const Login& login, std::string_view name) {
    auto made = make(login, name);
    if (!made)
        telemetry::log(telemetry::Level::warning, "extension_not_made",
                       {{"name", std::string(name)},
                        {"cause", made.error().message + " " + made.error().cause},
                        {"what_to_do", "as a superuser of the database, run: create extension " + std::string(name)}});
    else
        telemetry::log(telemetry::Level::info, "extension",
                       {{"name", std::string(name)}, {"is_there", *made ? "true" : "false"}});
    return made && *made;
}

}  // namespace ry::store

#include "server/app_databases.h"

#include <algorithm>

namespace ry::server {
namespace {

constexpr const char* socket_dir_inside = "/run/ramify";  // of cages
constexpr int64_t query_ms_max = 600'000;
constexpr const char* socket_name = "/.s.PGSQL.5432";  // as every client looks for it

databases::Origin origin_of(apps::Keeping keeping) {
    return keeping == apps::Keeping::until_dropped ? databases::Origin::app : databases::Origin::fork;
}

}  // namespace

Result<std::optional<std::string>> AppDatabases::find(const Op& op, const std::string& name) {
    auto instance = TRY(databases_.find_app_instance(op, name));
    return instance ? std::optional(instance->id.text()) : std::nullopt;
}

Result<std::string> AppDatabases::make(const Op& op, const std::string& name, const std::optional<std::string>& ref,
                                       apps::Keeping keeping) {
    return TRY(databases_.make_app_instance(op, name, ref, origin_of(keeping))).id.text();
}

Result<std::string> AppDatabases::fork(const Op& op, const std::string& from, const std::string& name,
                                       apps::Keeping keeping) {
    return TRY(databases_.fork_app_instance(op, from, name, origin_of(keeping))).id.text();
}

Result<void> AppDatabases::migrate(const Op& op, const std::string& name,
                                   const std::vector<apps::MigrationFile>& files) {
    std::vector<databases::Migration> migrations;
    for (const apps::MigrationFile& file : files) migrations.push_back({file.path, file.content});
    return databases_.migrate_app_instance(op, name, migrations);
}

Result<void> AppDatabases::keep(const Op& op, const std::string& name, const std::string& ref) {
    TRY(forget(op, ref));  // a state that a ref has left would stay pinned
    Op by = op;
    TRY(databases_.snapshot_instance(by, name, {.ref = ref}));
    return {};
}

Result<void> AppDatabases::forget(const Op& op, const std::string& ref) {
    Op by = op;
    auto gone = databases_.remove_ref(by, ref);
    return !gone && gone.error().code == Code::not_found ? Result<void>() : gone;
}

Result<void> AppDatabases::drop(const Op& op, const std::string& name) {
    return databases_.drop_app_instance(op, name);
}

Result<Json> AppDatabases::query(const Op& op, const std::string& name, const std::string& statement,
                                 const std::vector<std::string>& parameters, int rows_max) {
    Op by = op;
    int64_t timeout_ms = std::clamp<int64_t>(op.deadline.left_ms(), 1, query_ms_max);
    auto answer = TRY(databases_.query_instance(by, name,
                                                {.sql = statement,
                                                 .parameters = parameters,
                                                 .is_read_only = true,
                                                 .rows_max = rows_max,
                                                 .timeout_ms = timeout_ms}));
    if (answer.failure)
        return fail(Code::invalid, "the statement failed: " + answer.failure->message +
                                       (answer.failure->hint ? " Hint: " + *answer.failure->hint : ""));
    return Json{to_json(answer.results.empty() ? databases::QueryResult{} : answer.results.front())};
}

Result<apps::DatabaseAccess> AppDatabases::access(const Op& op, const std::string& name) {
    Secret url = TRY(databases_.dsn_by_socket(op, name, socket_dir_inside));
    return apps::DatabaseAccess{std::move(url),
                                {databases_.socket_dir() + socket_name, std::string(socket_dir_inside) + socket_name}};
}

}  // namespace ry::server

#include "kernel/store/migration.h"

#include <sodium.h>

#include <map>

#include "base/text.h"
#include "kernel/store/connection.h"
#include "kernel/store/store.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::store {
namespace {

/// Another server may be migrating for a while.
constexpr int64_t migrate_ms_max = 600'000;
/// "ramify" as a number: the key of the lock that lets one server migrate at a time.
constexpr std::string_view lock_sql = "select pg_advisory_lock(x'72616d696679'::bigint)";

constexpr std::string_view roles_sql = R"(do $$ declare name text; begin
    foreach name in array array['ramify_app', 'ramify_system'] loop
        if not exists (select from pg_roles where rolname = name) then execute 'create role ' || name || ' nologin'; end if;
        if not pg_has_role(current_user, name, 'member') and session_user <> 'ramify_owner' then
            execute format('grant %I to current_user', name);
        end if;
    end loop; end $$)";

constexpr std::string_view has_table_sql = "select to_regclass('store.migration') is not null";
constexpr std::string_view applied_sql = "select part || '/' || name, checksum from store.migration";
constexpr std::string_view record_sql = "insert into store.migration (part, name, checksum) values ($1, $2, $3) on conflict (part, name) do nothing";

std::string checksum(std::string_view text) {
    unsigned char hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
    return hex({reinterpret_cast<const char*>(hash), sizeof hash});
}

class Migrator {
public:
    explicit Migrator(Connection& connection) : connection_(connection) {}

    Result<void> prepare() {
        TRY(run(lock_sql));
        if (auto roles = run(roles_sql); !roles)
            return fail(Code::forbidden, "the database user may not make the roles ramify_app and ramify_system: as a superuser, run "
                                         "\"create role ramify_app; create role ramify_system; grant ramify_app, ramify_system to\" that user",
                        roles.error().cause);
        Rows answer = TRY(run(has_table_sql));
        bool has_table = TRY(answer.read<bool>(0));
        if (!has_table) return {};
        Rows rows = TRY(run(applied_sql));
        for (size_t i = 0; i < rows.size(); ++i) applied_[std::string(*rows.value(i, 0))] = *rows.value(i, 1);
        return {};
    }

    Result<void> apply(const Schema& part) {
        for (const Migration& migration : part.migrations) {
            std::string name = std::string(part.part) + "/" + std::string(migration.name);
            auto applied = applied_.find(name);
            if (applied == applied_.end()) TRY(apply(part, migration).within("schema " + name));
            else if (applied->second != checksum(migration.text))
                return fail(Code::conflict, "the schema file " + name + " differs from the one this database was made with: start the version of Ramify "
                                            "that belongs to the database, or a newer one; schema files are never edited after release");
        }
        return {};
    }

private:
    Result<void> apply(const Schema& part, const Migration& migration) {
        TRY(run("begin"));
        TRY(connection_.run_script(std::string(migration.text)));
        Parameters parameters;
        parameters.add(part.part);
        parameters.add(migration.name);
        parameters.add(checksum(migration.text));
        TRY(run(record_sql, parameters));
        TRY(run("commit"));
        telemetry::log(telemetry::Level::info, "schema_applied", {{"part", std::string(part.part)}, {"name", std::string(migration.name)}});
        return {};
    }

    Result<Rows> run(std::string_view sql, const Parameters& parameters = {}) {
        Statement statement{"store.migrate", sql, {}, nullptr};
        connection_.send(statement, parameters);
        return connection_.finish(Deadline::in_ms(migrate_ms_max), {});
    }

    Connection& connection_;
    std::map<std::string, std::string> applied_;
};

}  // namespace

Result<void> migrate(const Endpoint& endpoint, std::span<const Schema* const> parts) {
    auto connection = TRY(Connection::open(endpoint.owner, "-c client_min_messages=warning", Deadline::in_ms(migrate_ms_max)));
    Migrator migrator(*connection);
    TRY(migrator.prepare());
    TRY(migrator.apply(schema));
    for (const Schema* part : parts)
        if (part != &schema) TRY(migrator.apply(*part));
    return {};
}

}  // namespace ry::store

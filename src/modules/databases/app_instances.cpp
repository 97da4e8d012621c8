// Instances of apps: made, forked, migrated and dropped by the server for a branch of an app. They have no time of
// their own.
#include <map>

#include "base/hash.h"
#include "kernel/secrets/secrets.h"
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"
#include "modules/databases/workshop.h"

namespace ry::databases {
namespace {

constexpr std::string_view migrations_table =
    "create schema if not exists ramify; "
    "create table if not exists ramify.migration (path text primary key, sha256 text not null, ran_at timestamptz not "
    "null default now());";

/// The migration's session of psql: the file, and the row that says that it ran, in one transaction.
Step step_of(const Migration& migration) {
    std::string ran = "insert into ramify.migration (path, sha256) values (" + sql_literal(migration.path) + ", " +
                      sql_literal(sha256_hex(migration.content)) + ")";
    return {.arguments = {"-q", "-1", "-f", migration.path, "-c", ran},
            .stdin_text = {},
            .inputs = {{.path = migration.path,
                        .sha256 = sha256_hex(migration.content),
                        .bytes = int64_t(migration.content.size())}}};
}

/// "db/migrations/0002_done.sql, line 3: relation "notes" does not exist", with the statement and the server's hint.
std::string told(const Migration& migration, const Failure& failure) {
    std::string text = failure.file.value_or(migration.path);
    if (failure.line) text += ", line " + std::to_string(*failure.line);
    text += ": " + failure.message;
    if (failure.statement) text += "\n" + *failure.statement;
    if (failure.hint) text += "\nHint: " + *failure.hint;
    return text;
}

/// Those that have not run. `ran`: path → SHA-256.
Result<std::vector<const Migration*>> pending(const std::vector<Migration>& migrations,
                                              std::map<std::string, std::string> ran) {
    std::vector<const Migration*> left;
    for (const Migration& migration : migrations) {
        auto known = ran.find(migration.path);
        if (known == ran.end()) {
            left.push_back(&migration);
            continue;
        }
        if (known->second != sha256_hex(migration.content))
            return fail(Code::invalid, migration.path +
                                           " has run on this database and was changed afterwards; put it back as it "
                                           "was, and write what is new into another file with a higher number");
        ran.erase(known);
    }
    if (ran.empty()) return left;
    return fail(Code::invalid, ran.begin()->first +
                                   " has run on this database and is gone; put it back, and undo what it did in "
                                   "another file with a higher number");
}

}  // namespace

Result<std::optional<Instance>> Databases::find_app_instance(const Op& op, const std::string& name) {
    auto rows = TRY(inside_->store.read(op, "databases.find_instance",
                                        [&](store::Tx& tx) { return tx.many(sql::instance_named, {.name = name}); }));
    if (rows.empty()) return std::optional<Instance>();
    return std::optional(TRY(inside_->shown_with_dsn(op, rows.front())));
}

Result<Instance> Databases::make_app_instance(const Op& op, const std::string& name,
                                              const std::optional<std::string>& ref, Origin origin) {
    if (!inside_->clusters) return no_clusters();
    StateRow state;
    if (ref) {
        state = TRY(inside_->store.read(op, "databases.find_state",
                                        [&](store::Tx& tx) { return inside_->state_named(tx, *ref); }));
    } else {
        Chain chain = TRY(inside_->chain_of(op, {}, Planning::kept_only));
        TRY(inside_->base(op, chain.image, chain.base_id));
        if (!chain.is_base_built)
            TRY(inside_->keep_state(
                op, chain, chain.base_id, {},
                {.state_id = chain.base_id, .title = "empty " + chain.image.name, .outline = "base"}, StateKind::base));
        state = TRY(inside_->row_of(op, chain));
    }
    auto known = TRY(inside_->store.read(op, "databases.find_instance",
                                         [&](store::Tx& tx) { return tx.many(sql::instance_named, {.name = name}); }));
    InstanceRow row = known.empty() ? TRY(inside_->hand_out(op, state, origin, name, {}, {}))
                                    : TRY(inside_->replace(op, known.front(), state));
    return inside_->shown_with_dsn(op, row);
}

Result<Instance> Databases::fork_app_instance(const Op& op, const std::string& of, const std::string& name,
                                              Origin origin) {
    if (!inside_->clusters) return no_clusters();
    InstanceRow from = TRY(inside_->store.read(op, "databases.show_instance",
                                               [&](store::Tx& tx) { return inside_->instance_named(tx, of); }));
    return inside_->shown_with_dsn(op, TRY(inside_->fork(op, from, name, {}, origin)));
}

Result<void> Databases::migrate_app_instance(const Op& op, const std::string& name,
                                             const std::vector<Migration>& migrations) {
    InstanceRow row = TRY(inside_->store.read(op, "databases.show_instance",
                                              [&](store::Tx& tx) { return inside_->instance_named(tx, name); }));
    Secret password = TRY(inside_->store.read(op, "databases.instance_password", [&](store::Tx& tx) {
        return inside_->secrets.get(tx, instance_secret(row.id));
    }));
    SlotPtr slot = inside_->slot_of(row.id, op.organization);
    InUse in_use(slot);
    auto cluster = TRY(inside_->wake(op, slot));
    TRY(cluster->set_password(op, superuser, row.verifier));  // psql comes by its socket, which asks for one
    std::map<std::string, std::string> ran;
    {
        Session session = TRY(cluster->session(op));
        TRY(session.run(op, migrations_table));
        for (const Session::Row& one : TRY(session.run(op, "select path, sha256 from ramify.migration")))
            ran[one[0].value_or("")] = one[1].value_or("");
    }
    auto blobs = TRY(inside_->blobs(op.organization));
    for (const Migration* migration : TRY(pending(migrations, std::move(ran)))) {
        TRY(blobs.put(migration->content));
        Failure failure;
        const Step step = step_of(*migration);
        auto done = Inside::ReadyStep(*inside_, op, step, inside_->options.root + "/building/" + uuid_text(new_uuid()),
                                      cluster->socket_dir(), password, {})
                        .run(*cluster, failure);
        if (!done && !failure.message.empty())
            return fail(Code::invalid, told(*migration, failure), failure.output.value_or(""));
        TRY(std::move(done));
    }
    return {};
}

Result<void> Databases::drop_app_instance(const Op& op, const std::string& name) {
    auto known = TRY(inside_->store.read(op, "databases.find_instance",
                                         [&](store::Tx& tx) { return tx.many(sql::instance_named, {.name = name}); }));
    if (known.empty()) return {};
    return inside_->drop(op, known.front().id);
}

Result<Secret> Databases::dsn_by_socket(const Op& op, const std::string& name, const std::string& socket_dir) {
    return inside_->store.read(op, "databases.instance_password", [&](store::Tx& tx) -> Result<Secret> {
        InstanceRow row = TRY(inside_->instance_named(tx, name));
        Secret password = TRY(inside_->secrets.get(tx, instance_secret(row.id)));
        return Secret("postgres://" + std::string(superuser) + ":" + std::string(password.reveal()) + "@localhost/" +
                      row.id.text() + "?host=" + socket_dir);
    });
}

std::string Databases::socket_dir() const { return inside_->options.root + "/port"; }

}  // namespace ry::databases

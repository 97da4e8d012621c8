#include "modules/databases/postgres/verify.h"

#include <string_view>

#include "base/text.h"
#include "modules/databases/postgres/settings.h"

namespace ry::databases {
namespace {

constexpr size_t problems_max = 1'000;
constexpr int64_t check_ms_max = 600'000;

constexpr std::string_view install = "create extension if not exists amcheck schema pg_catalog";

/// verify_heapam gives a row for each thing that is wrong.
constexpr std::string_view check_tables = R"(
    select format('%s: table %s, block %s, row %s: %s', current_database(), c.oid::regclass, v.blkno, v.offnum, v.msg)
    from pg_class c, lateral verify_heapam(c.oid) v
    where c.relkind in ('r', 'm', 't') and c.relpersistence <> 't' limit 1000)";

/// bt_index_check fails at the first thing; it is called for each index by itself.
constexpr std::string_view list_indexes = R"(
    select c.oid::int8::text, c.oid::regclass::text
    from pg_class c join pg_am a on a.oid = c.relam join pg_index i on i.indexrelid = c.oid
    where a.amname = 'btree' and c.relkind = 'i' and c.relpersistence <> 't' and i.indisvalid)";

Result<void> check_database(const Op& op, Cluster& cluster, const std::string& name,
                            std::vector<std::string>& problems) {
    auto session = TRY(cluster.session(op, name));
    TRY(session.run(op, install));
    for (const auto& row : TRY(session.run(op, check_tables))) problems.push_back(row[0].value_or(""));
    for (const auto& index : TRY(session.run(op, list_indexes))) {
        auto checked =
            session.run(op, "select bt_index_check(" + index[0].value_or("0") + "::oid, heapallindexed => true)");
        if (checked) continue;
        TRY(op.still_wanted());
        problems.push_back(name + ": index " + index[1].value_or("") + ": " + checked.error().message);
        if (problems.size() >= problems_max) return {};
    }
    return {};
}

}  // namespace

Result<std::vector<std::string>> amcheck(const Op& op, Cluster& cluster) {
    std::vector<std::string> problems;
    auto session = TRY(cluster.session(op));
    for (const auto& row : TRY(session.run(op, "select datname from pg_database where datallowconn order by 1")))
        TRY(check_database(op, cluster, row[0].value_or(""), problems));
    return problems;
}

Result<std::vector<std::string>> checksums(const Op& op, sandbox::Sandbox& sandbox, const PostgresImage& image,
                                           const std::string& data_dir) {
    sandbox::Cage cage{.program = image.program("pg_checksums"), .arguments = {"--check", "-D", data_inside}};
    cage.read_only = image.binds;
    cage.read_only.push_back({data_dir, data_inside});
    cage.cpu_ms_max = cage.wall_ms_max = check_ms_max;
    sandbox::Outcome ran = TRY(sandbox.run(op, cage));
    std::vector<std::string> problems;
    for (std::string_view line : split(ran.err, '\n'))
        if (line.find("checksum verification failed") != line.npos && problems.size() < problems_max)
            problems.emplace_back(line);
    if (problems.empty() && !ran.succeeded())
        return fail(Code::unsupported, "the checksums cannot be verified: " + std::string(trim(ran.err)), ran.err);
    return problems;
}

}  // namespace ry::databases

#include "modules/databases/tools/pgbench_arguments.h"

#include <algorithm>

#include "base/text.h"
#include "modules/databases/tools/options.h"

namespace ry::databases::tools {
namespace {

constexpr std::string_view connects = "says where to connect; every state has its own server: leave it away";
constexpr std::string_view benchmarks = "is of a benchmark; prepare the database with -i, then `ramify db run pgbench`";

constexpr Option options[] = {
    {'i', "initialize", false, Use::kept},
    {'I', "init-steps", true, Use::kept},
    {'F', "fillfactor", true, Use::kept},
    {'n', "no-vacuum", false, Use::kept},
    {'q', "quiet", false, Use::dropped},
    {'s', "scale", true, Use::kept},
    {'\0', "foreign-keys", false, Use::kept},
    {'\0', "partition-method", true, Use::kept},
    {'\0', "partitions", true, Use::kept},
    {'\0', "unlogged-tables", false, Use::refused,
     "makes tables that a crash empties, and copies of a running instance are made as after a crash"},
    {'\0', "index-tablespace", true, Use::refused, "lies outside of the state"},
    {'\0', "tablespace", true, Use::refused, "lies outside of the state"},
    {'b', "builtin", true, Use::refused, benchmarks},
    {'f', "file", true, Use::refused, benchmarks},
    {'N', "skip-some-updates", false, Use::refused, benchmarks},
    {'S', "select-only", false, Use::refused, benchmarks},
    {'c', "client", true, Use::refused, benchmarks},
    {'C', "connect", false, Use::refused, benchmarks},
    {'D', "define", true, Use::refused, benchmarks},
    {'j', "jobs", true, Use::refused, benchmarks},
    {'l', "log", false, Use::refused, benchmarks},
    {'L', "latency-limit", true, Use::refused, benchmarks},
    {'M', "protocol", true, Use::refused, benchmarks},
    {'P', "progress", true, Use::refused, benchmarks},
    {'r', "report-per-command", false, Use::refused, benchmarks},
    {'R', "rate", true, Use::refused, benchmarks},
    {'t', "transactions", true, Use::refused, benchmarks},
    {'T', "time", true, Use::refused, benchmarks},
    {'v', "vacuum-all", false, Use::refused, benchmarks},
    {'d', "debug", false, Use::refused, connects},
    {'\0', "dbname", true, Use::refused, connects},
    {'h', "host", true, Use::refused, connects},
    {'p', "port", true, Use::refused, connects},
    {'U', "username", true, Use::refused, connects},
};

bool is_number(std::string_view text, int64_t min, int64_t max) {
    auto number = parse_int(text);
    return number && *number >= min && *number <= max;
}

}  // namespace

Result<std::vector<std::string>> read_pgbench_arguments(std::span<const std::string> arguments) {
    ReadOptions read = TRY(read_options(arguments, {.tool = "pgbench", .options = options}));
    if (!read.operands.empty())
        return invalid(
            "", "\"" + read.operands.front() + "\" names a database; every state has its own server: leave it away");
    if (!read.has("initialize") && !read.has("init-steps"))
        return invalid("", "pgbench prepares a database with -i only; add it");
    if (auto scale = read.value("scale"); scale && !is_number(*scale, 1, scale_max))
        return invalid("", "--scale must be a number from 1 to " + std::to_string(scale_max));
    if (auto fill = read.value("fillfactor"); fill && !is_number(*fill, 10, 100))
        return invalid("", "--fillfactor must be a number from 10 to 100");
    if (auto partitions = read.value("partitions"); partitions && !is_number(*partitions, 0, 10'000))
        return invalid("", "--partitions must be a number from 0 to 10000");
    if (auto method = read.value("partition-method"); method && *method != "range" && *method != "hash")
        return invalid("", "--partition-method must be range or hash");
    if (auto steps = read.value("init-steps"); steps && steps->find_first_not_of("dtgGvpf ") != std::string_view::npos)
        return invalid("", "--init-steps are letters of dtgGvpf");
    std::vector<std::string> kept = {"--initialize"};
    for (const std::string& option : read.kept)
        if (option != "--initialize" && option != "--scale=1" && option != "--fillfactor=100" &&
            option != "--partitions=0")
            kept.push_back(option);
    return kept;
}

}  // namespace ry::databases::tools

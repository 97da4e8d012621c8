#include "modules/databases/tools/clone_arguments.h"

#include "modules/databases/tools/options.h"

namespace ry::databases::tools {
namespace {

constexpr std::string_view connects = "says where to connect; give the source with --source or RAMIFY_SOURCE";
constexpr std::string_view writes = "says what is written; a clone is kept as a state";

constexpr Option options[] = {
    {'a', "data-only", false, Use::kept},
    {'b', "blobs", false, Use::kept},
    {'B', "no-blobs", false, Use::kept},
    {'e', "extension", true, Use::listed},
    {'n', "schema", true, Use::listed},
    {'N', "exclude-schema", true, Use::listed},
    {'O', "no-owner", false, Use::kept},
    {'s', "schema-only", false, Use::kept},
    {'t', "table", true, Use::listed},
    {'T', "exclude-table", true, Use::listed},
    {'x', "no-privileges", false, Use::kept},
    {'\0', "enable-row-security", false, Use::kept},
    {'\0', "exclude-table-data", true, Use::listed},
    {'\0', "include-foreign-data", true, Use::listed},
    {'\0', "load-via-partition-root", false, Use::kept},
    {'\0', "no-comments", false, Use::kept},
    {'\0', "no-publications", false, Use::kept},
    {'\0', "no-security-labels", false, Use::kept},
    {'\0', "no-subscriptions", false, Use::kept},
    {'\0', "no-tablespaces", false, Use::kept},
    {'\0', "no-unlogged-table-data", false, Use::kept},
    {'\0', "section", true, Use::listed},
    {'\0', "strict-names", false, Use::kept},
    {'\0', "serializable-deferrable", false, Use::kept},
    {'\0', "no-sync", false, Use::dropped},
    {'v', "verbose", false, Use::dropped},
    {'Z', "compress", true, Use::dropped},
    {'d', "dbname", true, Use::refused, connects},
    {'h', "host", true, Use::refused, connects},
    {'p', "port", true, Use::refused, connects},
    {'U', "username", true, Use::refused, connects},
    {'w', "no-password", false, Use::refused, connects},
    {'W', "password", false, Use::refused, connects},
    {'\0', "role", true, Use::refused, connects},
    {'f', "file", true, Use::refused, writes},
    {'F', "format", true, Use::refused, writes},
    {'j', "jobs", true, Use::refused, writes},
    {'C', "create", false, Use::refused, writes},
    {'c', "clean", false, Use::refused, writes},
};

}  // namespace

Result<CloneArguments> read_clone_arguments(std::span<const std::string> arguments) {
    ReadOptions read = TRY(read_options(arguments, {.tool = "pg_dump", .options = options}));
    if (!read.operands.empty())
        return invalid(
            "", "\"" + read.operands.front() + "\" names a database; give the source with --source or RAMIFY_SOURCE");
    CloneArguments clone;
    for (std::string& option : read.kept) {
        bool is_for_restore = option == "--no-owner" || option == "--no-privileges" || option == "--no-tablespaces";
        (is_for_restore ? clone.restore : clone.dump).push_back(std::move(option));
    }
    return clone;
}

}  // namespace ry::databases::tools

#include "modules/databases/tools/dump_arguments.h"

#include "modules/databases/tools/options.h"

namespace ry::databases::tools {
namespace {

constexpr std::string_view connects = "says where to connect; every state has its own server: leave it away";

constexpr Option options[] = {
    {'a', "data-only", false, Use::kept},
    {'c', "clean", false, Use::kept},
    {'C', "create", false, Use::kept},
    {'I', "index", true, Use::listed},
    {'n', "schema", true, Use::listed},
    {'N', "exclude-schema", true, Use::listed},
    {'O', "no-owner", false, Use::kept},
    {'P', "function", true, Use::listed},
    {'s', "schema-only", false, Use::kept},
    {'S', "superuser", true, Use::kept},
    {'t', "table", true, Use::listed},
    {'T', "trigger", true, Use::listed},
    {'x', "no-privileges", false, Use::kept},
    {'1', "single-transaction", false, Use::kept},
    {'L', "use-list", true, Use::kept},
    {'\0', "disable-triggers", false, Use::kept},
    {'\0', "enable-row-security", false, Use::kept},
    {'\0', "if-exists", false, Use::kept},
    {'\0', "no-comments", false, Use::kept},
    {'\0', "no-data-for-failed-tables", false, Use::kept},
    {'\0', "no-publications", false, Use::kept},
    {'\0', "no-security-labels", false, Use::kept},
    {'\0', "no-subscriptions", false, Use::kept},
    {'\0', "no-table-access-method", false, Use::kept},
    {'\0', "no-tablespaces", false, Use::kept},
    {'\0', "role", true, Use::kept},
    {'\0', "section", true, Use::listed},
    {'\0', "strict-names", false, Use::kept},
    {'\0', "use-set-session-authorization", false, Use::kept},
    {'e', "exit-on-error", false, Use::dropped},  // always
    {'F', "format", true, Use::dropped},          // the file says it
    {'j', "jobs", true, Use::dropped},            // changes the time alone
    {'v', "verbose", false, Use::dropped},
    {'d', "dbname", true, Use::refused, connects},
    {'h', "host", true, Use::refused, connects},
    {'p', "port", true, Use::refused, connects},
    {'U', "username", true, Use::refused, connects},
    {'w', "no-password", false, Use::refused, connects},
    {'W', "password", false, Use::refused, connects},
    {'f', "file", true, Use::refused, "writes a script instead of restoring; name the dump at the end"},
    {'l', "list", false, Use::refused, "restores nothing; run pg_restore itself for it"},
    {'\0', "restrict-key", true, Use::refused, "is of a script that is written"},
};

bool is_tar(std::string_view head) {
    return head.size() > 262 && head.substr(257, 5) == "ustar" && head.starts_with("toc.dat");
}

}  // namespace

Result<DumpArguments> read_dump_arguments(std::span<const std::string> arguments) {
    ReadOptions read = TRY(read_options(arguments, {.tool = "pg_restore", .options = options}));
    if (read.operands.empty()) return invalid("", "name the dump: a file or folder that pg_dump wrote");
    if (read.operands.size() > 1)
        return invalid("", "\"" + read.operands[1] +
                               "\" is a second dump; restore it with a prepare of its own, beginning --from the first");
    DumpArguments dump{.options = std::move(read.kept), .file = std::move(read.operands.front()), .use_list = {}};
    for (const std::string& option : dump.options)
        if (option.starts_with("--use-list=")) dump.use_list = option.substr(11);
    return dump;
}

bool is_gzip(std::string_view head) { return head.starts_with("\x1f\x8b"); }

Result<DumpFormat> format_of(std::string_view head) {
    if (head.starts_with("PGDMP")) return DumpFormat::custom;
    if (is_tar(head)) return DumpFormat::tar;
    for (auto [magic, name] : {std::pair<std::string_view, const char*>{"\x1f\x8b", "gzip"},
                               {"\x28\xb5\x2f\xfd", "zstd"},
                               {"\x04\x22\x4d\x18", "lz4"},
                               {"BZh", "bzip2"},
                               {"\xfd"
                                "7zXZ",
                                "xz"},
                               {"PK\x03\x04", "zip"}})
        if (head.starts_with(magic))
            return invalid("", std::string("is compressed with ") + name + "; unpack it first");
    if (head.empty()) return invalid("", "is empty");
    if (head.find('\0') != head.npos)
        return invalid("", "is no dump: neither SQL nor what pg_dump writes with -Fc, -Fd or -Ft");
    return DumpFormat::plain;
}

}  // namespace ry::databases::tools

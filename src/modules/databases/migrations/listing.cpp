#include "modules/databases/migrations/listing.h"

#include <algorithm>

#include "base/text.h"
#include "modules/databases/migrations/migrations.h"

namespace ry::databases::migrations {
namespace {

Result<void> list_below(script::Files& files, const std::string& path, const std::string& prefix, size_t depth,
                        std::vector<std::string>& all) {
    if (depth > depth_max)
        return fail(Code::invalid, prefix + " lies more than " + std::to_string(depth_max) +
                                       " folders deep; name the folder of the migrations");
    for (std::string& name : TRY(files.list(path))) {
        if (name.starts_with('.')) continue;
        if (name.ends_with('/')) {
            name.pop_back();
            TRY(list_below(files, path + "/" + name, prefix + name + "/", depth + 1, all));
            continue;
        }
        if (all.size() == files_max)
            return fail(Code::invalid, "the folder has more than " + std::to_string(files_max) +
                                           " files; name the folder of the migrations");
        all.push_back(prefix + name);
    }
    return {};
}

}  // namespace

Result<std::vector<std::string>> list_files(script::Files& files, const std::string& folder) {
    std::vector<std::string> all;
    TRY(list_below(files, folder, "", 0, all));
    std::ranges::sort(all);
    return all;
}

Result<std::string> read_whole(script::Files& files, const std::string& path) {
    std::string content;
    TRY(files.read(path, [&](std::string_view piece) {
        content += piece;
        return content.size() <= migration_bytes_max;
    }));
    if (content.size() > migration_bytes_max)
        return fail(Code::invalid, path + " has more than " + std::to_string(migration_bytes_max >> 20) +
                                       " MiB; load its data with a step of psql");
    return content;
}

std::string_view base_name(std::string_view name) {
    size_t slash = name.rfind('/');
    return slash == name.npos ? name : name.substr(slash + 1);
}

bool is_at_top(std::string_view name) { return name.find('/') == name.npos; }

std::string_view leading_digits(std::string_view name) {
    return name.substr(0, std::min(name.find_first_not_of("0123456789"), name.size()));
}

bool is_smaller_number(std::string_view a, std::string_view b) {
    auto significant = [](std::string_view digits) {
        return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
    };
    a = significant(a), b = significant(b);
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::string quoted(std::string_view text) {
    std::string sql = "'";
    for (char c : text) sql += c == '\'' ? std::string("''") : std::string(1, c);
    return sql + "'";
}

}  // namespace ry::databases::migrations

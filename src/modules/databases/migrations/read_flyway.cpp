// Flyway: V1__a.sql in the order of versions, then R__b.sql in the order of descriptions; in folders of any depth.
#include <algorithm>

#include "base/text.h"
#include "modules/databases/migrations/books.h"
#include "modules/databases/migrations/readers.h"
#include "modules/databases/migrations/transactions.h"

namespace ry::databases::migrations {
namespace {

struct Found {
    FlywayName flyway;
    std::string name;
};

bool is_before(const Found& a, const Found& b) {
    bool is_a_repeatable = a.flyway.prefix == 'R', is_b_repeatable = b.flyway.prefix == 'R';
    if (is_a_repeatable != is_b_repeatable) return is_b_repeatable;
    if (is_a_repeatable) return a.flyway.description < b.flyway.description;
    return compare_versions(a.flyway.version, b.flyway.version) < 0;
}

bool is_same(const Found& a, const Found& b) { return !is_before(a, b) && !is_before(b, a); }

/// A placeholder, "${schema}", which Flyway's configuration fills in.
std::string placeholder(std::string_view content) {
    size_t at = content.find("${");
    if (at == content.npos) return "";
    return std::string(content.substr(at, std::min<size_t>(content.find('}', at) - at + 1, 40)));
}

/// V1__a.sql.conf may say that it runs outside of a transaction.
Result<bool> is_in_transaction(const Folder& folder, const std::string& name, std::string_view content) {
    if (refuses_transaction(content)) return false;
    if (!folder.has(name + ".conf")) return true;
    std::string conf = TRY(folder.content(name + ".conf"));
    std::erase_if(conf, [](char c) { return c == ' ' || c == '\t'; });
    return !conf.contains("executeInTransaction=false");
}

}  // namespace

std::optional<FlywayName> flyway_name(std::string_view base) {
    if (!base.ends_with(".sql") || base.empty() || !std::string_view("VRUB").contains(base[0])) return {};
    FlywayName name{.prefix = base[0]};
    base = base.substr(1, base.size() - 5);
    size_t separator = base.find("__");
    if (separator == base.npos) return {};
    name.version = base.substr(0, separator);
    name.description = base.substr(separator + 2);
    if (name.prefix == 'R') {
        if (!name.version.empty()) return {};
    } else if (name.version.empty() || name.version.find_first_not_of("0123456789._") != std::string::npos) {
        return {};
    }
    std::ranges::replace(name.version, '_', '.');
    std::ranges::replace(name.description, '_', ' ');
    return name;
}

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
    auto parts_a = split(a, '.'), parts_b = split(b, '.');
    for (size_t i = 0; i < std::max(parts_a.size(), parts_b.size()); ++i) {
        std::string_view part_a = i < parts_a.size() ? parts_a[i] : "0", part_b = i < parts_b.size() ? parts_b[i] : "0";
        if (is_smaller_number(part_a, part_b)) return std::strong_ordering::less;
        if (is_smaller_number(part_b, part_a)) return std::strong_ordering::greater;
    }
    return std::strong_ordering::equal;
}

Result<Migrations> read_flyway(const Folder& folder) {
    Migrations all;
    std::vector<Found> found;
    for (const std::string& name : folder.names) {
        auto flyway = flyway_name(base_name(name));
        if (!flyway || flyway->prefix == 'U') continue;
        if (flyway->prefix == 'B') {
            all.notes.push_back(name + " is a baseline, which is not read: the versions before it are carried out");
            continue;
        }
        found.push_back({*std::move(flyway), name});
    }
    for (const std::string& name : folder.names) {
        std::string_view base = base_name(name);
        bool is_callback = base.ends_with(".sql") && (base.starts_with("before") || base.starts_with("after"));
        if (is_callback) all.notes.push_back(name + " is a callback of Flyway, which is not run");
    }
    std::ranges::stable_sort(found, is_before);
    auto twice = std::ranges::adjacent_find(found, is_same);
    if (twice != found.end())
        return fail(Code::invalid,
                    twice->name + " and " + (twice + 1)->name + " have the same version; Flyway takes neither");
    for (const Found& each : found) {
        std::string content = TRY(folder.content(each.name));
        if (std::string filled = placeholder(content); !filled.empty())
            return fail(Code::invalid, each.name + " has the placeholder " + filled +
                                           ", whose value is in Flyway's configuration; write the value into the file");
        Migration migration{.name = each.name, .path = folder.path_of(each.name)};
        migration.is_in_transaction = TRY(is_in_transaction(folder, each.name, content));
        if (all.migrations.empty()) migration.before = flyway_books();
        migration.after = flyway_row({.rank = all.migrations.size() + 1,
                                      .version = each.flyway.version,
                                      .description = each.flyway.description,
                                      .script = each.name,
                                      .checksum = flyway_checksum(content)});
        all.migrations.push_back(std::move(migration));
    }
    return all;
}

}  // namespace ry::databases::migrations

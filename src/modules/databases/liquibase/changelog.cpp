#include "modules/databases/liquibase/changelog.h"

#include <algorithm>

#include "base/text.h"
#include "modules/databases/liquibase/formatted_sql.h"
#include "modules/databases/liquibase/node.h"

namespace ry::databases::liquibase {
namespace {

constexpr std::string_view opaque_changes[] = {"customChange", "executeCommand"};
constexpr std::string_view file_attributes[] = {"path", "file", "valueClobFile", "valueBlobFile"};

constexpr std::string_view folder_filters[] = {"filter", "endsWithFilter", "minDepth", "maxDepth"};

bool is_true(const Node& node, std::string_view attribute) {
    return equals_ignoring_case(trim(node.get(attribute)), "true");
}

std::string_view text_of(const Node& node, std::string_view bytes) {
    if (node.begin >= node.end || node.end > bytes.size()) return {};
    return trim(bytes.substr(node.begin, node.end - node.begin));
}

/// Everything below that names a file, and what makes a changeset opaque. A rollback is never run.
void look_into(const Node& node, bool is_relative, Changeset& changeset) {
    if (node.name == "rollback") return;
    if (std::ranges::find(opaque_changes, node.name) != std::end(opaque_changes) ||
        node.name.starts_with("customPrecondition"))
        changeset.is_opaque = true;
    is_relative = node.find("relativeToChangelogFile") ? is_true(node, "relativeToChangelogFile") : is_relative;
    for (std::string_view attribute : file_attributes)
        if (std::string path = node.get(attribute); !path.empty())
            changeset.references.push_back({std::move(path), is_relative, node.line});
    for (const Node& child : node.children) look_into(child, is_relative, changeset);
}

Changeset changeset_of(const Node& node, std::string_view bytes) {
    Changeset made{.id = node.get("id"),
                   .author = node.get("author"),
                   .logical_path = node.get("logicalFilePath"),
                   .definition = text_of(node, bytes),
                   .line = node.line,
                   .runs_always = is_true(node, "runAlways"),
                   .is_opaque = node.depends_on_others};
    for (const Node& child : node.children) look_into(child, false, made);
    return made;
}

Include include_of(const Node& node, std::string_view bytes) {
    bool is_folder = node.name == "includeAll";
    Reference reference{node.get(is_folder ? "path" : "file"), is_true(node, "relativeToChangelogFile"), node.line};
    bool may_be_missing =
        equals_ignoring_case(node.get(is_folder ? "errorIfMissingOrEmpty" : "errorIfMissing"), "false");
    bool is_filtered =
        std::ranges::any_of(folder_filters, [&](std::string_view filter) { return node.find(filter) != nullptr; });
    return {std::move(reference), is_folder, may_be_missing, is_filtered, text_of(node, bytes)};
}

Property property_of(const Node& node, std::string_view bytes) {
    Property made{.name = node.get("name"), .value = node.get("value"), .definition = text_of(node, bytes)};
    std::string dbms = node.get("dbms");
    made.is_for_postgresql = dbms.empty() || dbms.find("postgresql") != dbms.npos;
    if (const std::string* file = node.find("file"))
        made.file = Reference{*file, is_true(node, "relativeToChangelogFile"), node.line};
    return made;
}

Result<Changelog> changelog_of(const Node& root, std::string_view bytes) {
    if (root.name != "databaseChangeLog")
        return malformed(root.line, "it is no changelog: its root is not databaseChangeLog");
    Changelog made{.root = {}, .logical_path = root.get("logicalFilePath"), .entries = {}};
    for (const auto& [name, value] : root.attributes) made.root += name + "=" + value + "\n";
    for (const Node& node : root.children) {
        if (node.name == "changeSet")
            made.entries.emplace_back(changeset_of(node, bytes));
        else if (node.name == "include" || node.name == "includeAll")
            made.entries.emplace_back(include_of(node, bytes));
        else if (node.name == "property")
            made.entries.emplace_back(property_of(node, bytes));
        else
            made.entries.emplace_back(Other{text_of(node, bytes)});
    }
    return made;
}

}  // namespace

std::optional<Format> format_of(std::string_view name) {
    std::string ending = lower(name.substr(std::min(name.rfind('.'), name.size())));
    if (ending == ".xml") return Format::xml;
    if (ending == ".yaml" || ending == ".yml" || ending == ".json") return Format::yaml;
    if (ending == ".sql") return Format::sql;
    return {};
}

Result<Changelog> read_changelog(Format format, std::string_view bytes) {
    if (bytes.size() > document_limit::bytes_max) return malformed(1, "it is larger than 32 MB; split it");
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    if (format == Format::sql) return read_formatted_sql(bytes);
    if (format == Format::xml) return changelog_of(TRY(read_xml(bytes)), bytes);
    Node document = TRY(read_yaml(bytes));
    for (const Node& root : document.children)
        if (root.name == "databaseChangeLog") return changelog_of(root, bytes);
    return malformed(document.line, "it is no changelog: it has no databaseChangeLog");
}

}  // namespace ry::databases::liquibase

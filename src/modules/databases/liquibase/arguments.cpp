#include "modules/databases/liquibase/arguments.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "modules/databases/liquibase/changelog.h"
#include "modules/databases/script/files.h"

namespace ry::databases::liquibase {
namespace {

/// Those that may change what an update does. A name is the same with and without dashes, whatever its case.
constexpr Option known_options[] = {
    {"allow-duplicated-changeset-identifiers", true},
    {"always-override-stored-logic-schema", true},
    {"auto-reorg", true},
    {"change-exec-listener-class"},
    {"changelog-file"},
    {"changelog-parse-mode", true},
    {"classpath", true},
    {"contexts"},
    {"convert-data-types", true},
    {"database-changelog-lock-table-name", true},
    {"database-changelog-table-name", true},
    {"ddl-lock-timeout", true},
    {"default-catalog-name"},
    {"default-schema-name"},
    {"duplicate-file-mode", true},
    {"file-encoding", true},
    {"include-catalog-in-specification", true},
    {"label-filter"},
    {"liquibase-catalog-name", true},
    {"liquibase-schema-name", true},
    {"liquibase-tablespace-name", true},
    {"missing-property-mode", true},
    {"output-line-separator", true},
    {"preserve-schema-case", true},
    {"search-path", true},
    {"secure-parsing", true},
    {"strict", true},
    {"support-property-escaping", true},
    {"validate-xml-changelog-files", true},
};
/// Other names of the same.
constexpr std::pair<std::string_view, std::string_view> other_names[] = {
    {"labels", "label-filter"}, {"database-changelog-tablename", "database-changelog-table-name"}};
/// Say where to connect; the database is the state's own.
constexpr std::string_view connection_options[] = {"url",
                                                   "username",
                                                   "user",
                                                   "password",
                                                   "driver",
                                                   "driver-properties-file",
                                                   "prompt-for-non-local-database",
                                                   "database-class",
                                                   "property-provider-class"};
/// Change what is said and not what is done.
constexpr std::string_view talk[] = {"log-level",
                                     "log-format",
                                     "log-file",
                                     "log-channels",
                                     "sql-log-level",
                                     "show-banner",
                                     "show-summary",
                                     "show-summary-output",
                                     "monitor-performance",
                                     "headless",
                                     "mirror-console-messages-to-log",
                                     "output-file",
                                     "output-file-encoding"};

std::string squeezed(std::string_view name) {
    std::string plain = lower(name);
    std::erase(plain, '-');
    return plain;
}

bool is_among(std::string_view name, std::span<const std::string_view> names) {
    return std::ranges::any_of(names, [&](std::string_view each) { return squeezed(each) == squeezed(name); });
}

const Option* find_option(std::string_view name) {
    for (const auto& [other, real] : other_names)
        if (squeezed(other) == squeezed(name)) name = real;
    auto found = std::ranges::find_if(known_options,
                                      [&](const Option& option) { return squeezed(option.name) == squeezed(name); });
    return found == std::end(known_options) ? nullptr : found;
}

Error refused(std::string_view what, std::string_view why) {
    return fail(Code::invalid, std::string(what) + " " + std::string(why));
}

constexpr std::string_view connection_refused =
    "is not taken: Liquibase is given the database that is prepared; leave it out";

}  // namespace

std::string Arguments::option(const std::string& name) const {
    auto found = options.find(name);
    return found == options.end() ? "" : found->second;
}

std::vector<std::string> Arguments::search_path() const {
    std::vector<std::string> folders;
    for (std::string_view folder : split(option("search-path"), ','))
        if (!trim(folder).empty()) folders.emplace_back(trim(folder));
    if (folders.empty()) folders.emplace_back(".");
    return folders;
}

std::vector<std::string> Arguments::canonical() const {
    std::vector<std::string> words;
    for (const auto& [name, value] : options) words.push_back("--" + name + "=" + value);
    for (const auto& [name, value] : parameters) words.push_back("-D" + name + "=" + value);
    return words;
}

std::vector<std::string> Arguments::command_line(std::span<const std::string> globals, const std::string& command,
                                                 std::span<const std::string> further) const {
    std::vector<std::string> words(globals.begin(), globals.end()), behind(further.begin(), further.end());
    for (const auto& [name, value] : options)
        (find_option(name)->is_global ? words : behind).push_back("--" + name + "=" + value);
    words.push_back(command);
    words.insert(words.end(), behind.begin(), behind.end());
    for (const auto& [name, value] : parameters) words.push_back("-D" + name + "=" + value);
    return words;
}

void Arguments::make_relative(const std::string& working_dir) {
    if (!options.contains("search-path")) return;
    std::string all;
    for (const std::string& folder : search_path()) {
        bool is_absolute = folder.starts_with('/');
        all += (all.empty() ? "" : ",") +
               (is_absolute ? script::relative_path(working_dir, script::joined_path("/", folder)) : folder);
    }
    options["search-path"] = all;
}

void Arguments::add_defaults(std::string_view properties_text) {
    for (auto& [key, value] : read_properties(properties_text)) {
        std::string_view name = key;
        if (name.starts_with("parameter.")) {
            parameters.try_emplace(std::string(name.substr(10)), value);
            continue;
        }
        for (std::string_view prefix : {"liquibase.", "command.", "update."})
            if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
        if (const Option* option = find_option(name)) options.try_emplace(std::string(option->name), value);
    }
}

Result<Arguments> read_arguments(std::span<const std::string> words) {
    Arguments read;
    bool has_command = false;
    for (size_t i = 0; i < words.size(); ++i) {
        std::string_view word = words[i];
        if (word.find('\0') != word.npos) return refused("an argument", "holds a zero byte; leave it out");
        if (word.starts_with("-D") && word.size() > 2) {
            size_t equals = word.find('=');
            if (equals == word.npos || equals == 2) return refused(word, "must be -Dname=value");
            read.parameters[std::string(word.substr(2, equals - 2))] = word.substr(equals + 1);
            continue;
        }
        if (!word.starts_with("--")) {
            if (word != "update" || has_command)
                return refused("\"" + std::string(word) + "\"",
                               has_command ? "is one word too many behind update"
                                           : "is no command that prepares a database; there is update");
            has_command = true;
            continue;
        }
        size_t equals = word.find('=');
        std::string_view name = word.substr(2, equals == word.npos ? equals : equals - 2);
        if (is_among(name, connection_options) || squeezed(name).starts_with("reference"))
            return refused("--" + std::string(name), connection_refused);
        const Option* option = find_option(name);
        bool is_defaults_file = squeezed(name) == "defaultsfile", is_talk = is_among(name, talk);
        if (!option && !is_defaults_file && !is_talk)
            return refused(
                "--" + std::string(name),
                "is not an option of update that can be prepared with; `ramify db prepare lb --help` shows some");
        if (equals == word.npos && i + 1 == words.size()) return refused(word, "needs a value");
        std::string value(equals == word.npos ? std::string_view(words[++i]) : word.substr(equals + 1));
        if (is_defaults_file)
            read.defaults_file = std::move(value);
        else if (option)
            read.options[std::string(option->name)] = std::move(value);
    }
    return read;
}

}  // namespace ry::databases::liquibase

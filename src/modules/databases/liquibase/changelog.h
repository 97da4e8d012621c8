#pragma once
// One changelog file as far as it must be understood to know what it reads and what its changesets depend on: XML,
// YAML, JSON, formatted SQL, or SQL without a format, which is one changeset. What changes do is Liquibase's alone.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace ry::databases::liquibase {

/// A file that an entry names.
struct Reference {
    std::string path;          ///< as it is written, ${…} included
    bool is_relative = false;  ///< to the changelog's own folder
    int64_t line = 1;
};

struct Changeset {
    std::string id, author;
    std::string logical_path;     ///< empty: the file's
    std::string_view definition;  ///< in the bytes that were read
    int64_t line = 1;
    std::vector<Reference> references = {};
    bool runs_always = false;
    /// What it does cannot be told from its definition and the files that it names: code of a jar, a program, an alias.
    bool is_opaque = false;
};

/// include or includeAll.
struct Include {
    Reference reference;
    bool is_folder = false;
    bool may_be_missing = false;
    bool is_filtered = false;  ///< Liquibase leaves out some of the folder's files
    std::string_view definition;
};

struct Property {
    std::string name, value;
    std::optional<Reference> file;  ///< of properties, instead of one
    bool is_for_postgresql = true;
    std::string_view definition;
};

/// What else stands at the top: preconditions, and what only Liquibase knows.
struct Other {
    std::string_view definition;
};

struct Changelog {
    std::string root;  ///< the attributes of the whole, as one text
    std::string logical_path;
    std::vector<std::variant<Changeset, Include, Property, Other>> entries;
};

/// By the end of the name; absent when it is no changelog's.
enum class Format { xml, yaml, sql };
std::optional<Format> format_of(std::string_view name);

/// `bytes` must outlive what is returned. An Error says "line 7: …".
Result<Changelog> read_changelog(Format format, std::string_view bytes);

/// A Java properties file, in its order.
std::vector<std::pair<std::string, std::string>> read_properties(std::string_view text);

}  // namespace ry::databases::liquibase

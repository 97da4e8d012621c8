#pragma once
// The command line of `liquibase update` as `prepare lb -- …` takes it, spelled as people spell it: with or without the
// word update, --changelog-file or --changeLogFile, values behind "=" or as the next word.
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace ry::databases::liquibase {

/// How an option is given to Liquibase: before the command, or behind it.
struct Option {
    std::string_view name;  ///< "changelog-file"
    bool is_global = false;
};

struct Arguments {
    std::map<std::string, std::string> options;     ///< by name: "changelog-file" → "db/main.xml"
    std::map<std::string, std::string> parameters;  ///< of -Dname=value: what ${name} stands for
    std::string defaults_file;                      ///< --defaults-file, for who can read it; not canonical

    std::string changelog_file() const { return option("changelog-file"); }
    std::string option(const std::string& name) const;
    /// Folders, comma-separated in the option; the working directory without it.
    std::vector<std::string> search_path() const;
    /// Two command lines that mean the same are the same: "--changelog-file=…" and so on by name, then "-Dname=value".
    std::vector<std::string> canonical() const;
    /// The words for the program: "--search-path=…" … COMMAND "--changelog-file=…" … "-Dname=value".
    std::vector<std::string> command_line(std::span<const std::string> globals, const std::string& command,
                                          std::span<const std::string> further) const;
    /// Absolute folders of the search path as they are seen from `working_dir`: where it lies counts for nothing.
    void make_relative(const std::string& working_dir);
    /// Adds what a defaults file (liquibase.properties) says and the command line does not. Where to connect and what
    /// is not for `update` is left out.
    void add_defaults(std::string_view properties_text);
};

/// Code::invalid with the reason and what to write instead. Connection options are refused.
Result<Arguments> read_arguments(std::span<const std::string> words);

}  // namespace ry::databases::liquibase

#pragma once
// The tree as tidy reads it: files with their code apart from comments and literals.
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ry {

struct Include {
    size_t line;
    std::string path;
    bool is_ours;  // in quotes
};

struct Source {
    std::string path;  // below the root
    std::string text;
    std::string code;  // the text with comments and literals blanked, so positions stay
    std::vector<Include> includes;
    bool is_cpp() const { return path.ends_with(".h") || path.ends_with(".cpp"); }
    bool is_header() const { return path.ends_with(".h"); }
    /// queries.sql, message_queries.sql: statements, of which sqlgen makes a header.
    bool is_queries() const { return !is_under("schema") && (file_name() == "queries.sql" || path.ends_with("_queries.sql")); }
    bool is_under(std::string_view folder) const { return path.find("/" + std::string(folder) + "/") != path.npos; }
    bool is_test() const { return is_under("tests") || is_under("fuzz") || path.starts_with("src/testing/"); }
    std::string file_name() const { return path.substr(path.rfind('/') + 1); }
};

/// Every file of ours below `root`, by path.
std::vector<Source> read_tree(const std::filesystem::path& root);

/// A command of CMake with its arguments.
struct Command {
    std::string name;
    std::vector<std::string> arguments;
};

std::vector<Command> commands_of(std::string cmake);

bool is_word(char c);  ///< a letter, a digit or _
size_t line_of(std::string_view text, size_t at);
/// Where `word` stands in `text` as a whole word.
std::vector<size_t> find_words(std::string_view text, std::string_view word);

}  // namespace ry

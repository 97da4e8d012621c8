#include "tools/source_tree.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <set>

#include "base/text.h"

namespace ry {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

size_t line_of(std::string_view text, size_t at) {
    return 1 + size_t(std::count(text.begin(), text.begin() + ptrdiff_t(at), '\n'));
}

std::vector<size_t> find_words(std::string_view text, std::string_view word) {
    std::vector<size_t> found;
    for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        size_t end = at + word.size();
        if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) found.push_back(at);
    }
    return found;
}

namespace {

void blank(std::string& text, size_t from, size_t to) {
    for (size_t i = from; i < std::min(to, text.size()); ++i)
        if (text[i] != '\n') text[i] = ' ';
}

/// Where the literal or comment at `at` ends; `at` when there is none.
size_t end_of_opaque(std::string_view text, size_t at) {
    auto after = [&](std::string_view end, size_t from) {
        size_t found = text.find(end, from);
        return found == text.npos ? text.size() : found + end.size();
    };
    std::string_view rest = text.substr(at);
    if (rest.starts_with("//")) return after("\n", at) - 1;
    if (rest.starts_with("/*")) return after("*/", at + 2);
    if (rest.starts_with("R\"")) return after(")" + std::string(rest.substr(2, rest.find('(') - 2)) + "\"", at);
    char quote = text[at];
    if (quote != '"' && (quote != '\'' || (at > 0 && is_word(text[at - 1])))) return at;  // 200'000 is a number
    for (size_t i = at + 1; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == quote || text[i] == '\n')
            return i + 1;
    }
    return text.size();
}

std::string code_of(std::string text) {
    for (size_t at = 0; at < text.size();) {
        size_t end = end_of_opaque(text, at);
        blank(text, at, end);
        at = std::max(end, at + 1);
    }
    return text;
}

std::string sql_code_of(std::string text) {
    for (size_t at = 0; at < text.size(); ++at) {
        size_t end = at;
        if (text.compare(at, 2, "--") == 0)
            end = std::min(text.find('\n', at), text.size());
        else if (text[at] == '\'')
            end = std::min(text.find('\'', at + 1), text.size() - 1) + 1;
        blank(text, at, end);
        at = std::max(at, end == 0 ? 0 : end - 1);
    }
    return text;
}

/// Of `text`, where `code` begins a line with `directive`.
std::vector<Include> includes_of(const std::string& text, const std::string& code, std::string_view directive) {
    std::vector<Include> all;
    size_t line = 0;
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        ++line;
        std::string_view rest = std::string_view(text).substr(at, text.find('\n', at) - at);
        if (code.compare(at, directive.size(), directive) == 0 && rest.size() > directive.size() + 2) {
            size_t open = rest.find_first_of("\"<"), close = rest.find_last_of("\">");
            if (open < close)
                all.push_back({line, std::string(rest.substr(open + 1, close - open - 1)), rest[open] == '"'});
        }
        if (text.find('\n', at) == text.npos) break;
    }
    return all;
}

bool is_read(const std::filesystem::path& path) {
    static const std::set<std::string> kinds = {".h",  ".cpp", ".sql", ".cmake", ".ts", ".tsx",   ".mjs", ".json",
                                                ".md", ".txt", ".css", ".html",  ".sh", ".npmrc", ""};
    return kinds.contains(path.extension().string());
}

}  // namespace

std::vector<Source> read_tree(const std::filesystem::path& root) {
    static const std::set<std::string> left_out = {"build", "node_modules", "dist", "results"};
    std::vector<Source> all;
    for (auto at = std::filesystem::recursive_directory_iterator(root);
         at != std::filesystem::recursive_directory_iterator(); ++at) {
        std::string name = at->path().filename();
        if (at->is_directory()) {
            if (name.starts_with('.') || left_out.contains(name)) at.disable_recursion_pending();
        } else if (at->is_regular_file() && name != ".git" && is_read(at->path()) && at->file_size() < (1 << 20)) {
            Source source{.path = std::filesystem::relative(at->path(), root), .text = {}, .code = {}, .includes = {}};
            std::ifstream file(at->path(), std::ios::binary);
            source.text.assign(std::istreambuf_iterator<char>(file), {});
            if (source.is_cpp()) source.code = code_of(source.text);
            if (source.path.ends_with(".sql")) source.code = sql_code_of(source.text);
            if (source.is_cpp()) source.includes = includes_of(source.text, source.code, "#include");
            if (source.is_queries()) source.includes = includes_of(source.text, source.text, "-- #include");
            all.push_back(std::move(source));
        }
    }
    std::sort(all.begin(), all.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
    return all;
}

std::vector<Command> commands_of(std::string text) {
    for (size_t at = text.find('#'); at != text.npos; at = text.find('#', at)) blank(text, at, text.find('\n', at));
    std::vector<Command> all;
    for (size_t open = text.find('('); open != text.npos; open = text.find('(', open + 1)) {
        size_t begin = open;
        while (begin > 0 && is_word(text[begin - 1])) --begin;
        std::string words = text.substr(open + 1, text.find(')', open) - open - 1);
        std::replace(words.begin(), words.end(), '\n', ' ');
        Command command{text.substr(begin, open - begin), {}};
        for (std::string_view word : split(words, ' '))
            if (!trim(word).empty()) command.arguments.emplace_back(trim(word));
        if (!command.arguments.empty()) all.push_back(std::move(command));
    }
    return all;
}

}  // namespace ry

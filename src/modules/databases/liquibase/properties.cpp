// java.util.Properties, its text format: key and value are separated by "=", ":" or white space; a backslash escapes,
// and at the end of a line continues it.
#include "base/text.h"
#include "modules/databases/liquibase/changelog.h"

namespace ry::databases::liquibase {
namespace {

constexpr std::string_view blanks = " \t\f";

/// "\u00e9": absent when four hex digits do not follow.
std::optional<unsigned> code_of(std::string_view digits) {
    if (digits.size() < 4) return {};
    unsigned code = 0;
    for (char c : digits.substr(0, 4)) {
        size_t digit = std::string_view("0123456789abcdef").find(lower(std::string_view(&c, 1)));
        if (digit == std::string_view::npos) return {};
        code = code * 16 + unsigned(digit);
    }
    return code;
}

std::string unescaped(std::string_view text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            plain += text[i];
            continue;
        }
        char c = text[++i];
        auto code = c == 'u' ? code_of(text.substr(i + 1)) : std::nullopt;
        if (code) {
            append_utf8(plain, *code);
            i += 4;
        } else {
            plain += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'f' ? '\f' : c;
        }
    }
    return plain;
}

bool ends_open(std::string_view line) {
    size_t last = line.find_last_not_of('\\');
    return (line.size() - (last == line.npos ? 0 : last + 1)) % 2 == 1;
}

/// Where the key ends: an unescaped separator.
size_t key_end(std::string_view line) {
    for (size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\')
            ++i;
        else if (line[i] == '=' || line[i] == ':' || blanks.find(line[i]) != blanks.npos)
            return i;
    }
    return line.size();
}

std::string_view without_blanks(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of(blanks), text.size()));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> read_properties(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> all;
    std::string whole;  // a line with its continuations
    for (std::string_view line : split(text, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        line = without_blanks(line);
        if (whole.empty() && (line.empty() || line[0] == '#' || line[0] == '!')) continue;
        bool is_open = ends_open(line);
        whole += line.substr(0, line.size() - is_open);
        if (is_open) continue;
        size_t end = key_end(whole);
        std::string_view value = without_blanks(std::string_view(whole).substr(std::min(end, whole.size())));
        if (!value.empty() && (value[0] == '=' || value[0] == ':')) value = without_blanks(value.substr(1));
        all.emplace_back(unescaped(std::string_view(whole).substr(0, end)), unescaped(value));
        whole.clear();
    }
    return all;
}

}  // namespace ry::databases::liquibase

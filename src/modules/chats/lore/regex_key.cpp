#include "modules/chats/lore/regex_key.h"

#include <re2/re2.h>

#include <algorithm>

namespace ry::chats::lore {
namespace {

constexpr int64_t memory_bytes_max = 1 << 20;  // of one expression while it matches

bool is_hex(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// JavaScript's pattern as RE2 writes it, or what RE2 has not.
class Translation {
public:
    explicit Translation(std::string_view pattern) : rest_(pattern) {}

    std::string out, problem;

    void run() {
        bool is_in_class = false;
        while (!rest_.empty() && problem.empty()) {
            char c = rest_[0];
            if (c == '\\') {
                escape(is_in_class);
            } else if (!is_in_class && rest_.starts_with("(?")) {
                group();
            } else if (!is_in_class && rest_.starts_with("[^]")) {
                put(3, "(?s:.)");
            } else if (!is_in_class && rest_.starts_with("[]")) {
                put(2, "[^\\x{0}-\\x{10FFFF}]");
            } else {
                if (c == '[' && is_in_class)
                    put(1, "\\[");
                else
                    put(1, rest_.substr(0, 1));
                is_in_class = c == '[' || (is_in_class && c != ']');
            }
        }
    }

private:
    void put(size_t read, std::string_view written) {
        out += written;
        rest_.remove_prefix(std::min(read, rest_.size()));
    }

    void group() {
        if (rest_.starts_with("(?=") || rest_.starts_with("(?!") || rest_.starts_with("(?<=") ||
            rest_.starts_with("(?<!"))
            problem =
                "looks ahead or behind ((?=…), (?!…), (?<=…), (?<!…)), which bounded matching cannot; use secondary "
                "keys";
        else if (rest_.starts_with("(?<"))
            put(3, "(?P<");
        else
            put(2, "(?");
    }

    void escape(bool is_in_class) {
        char c = rest_.size() > 1 ? rest_[1] : '\0';
        if (c == 'u') return unicode_escape();
        if (!is_in_class && ((c >= '1' && c <= '9') || c == 'k')) {
            problem = "refers back to a group (\\1, \\k<…>), which bounded matching cannot";
        } else if (c == 'p' || c == 'P') {
            property(c);
        } else if (c == 'b' && is_in_class) {
            put(2, "\\x08");
        } else if (c == '0') {
            put(2, "\\x00");
        } else if (std::string_view("AzCQEaG").find(c) != std::string_view::npos && c != '\0') {
            put(2, rest_.substr(1, 1));  // in JavaScript they are these letters
        } else {
            put(2, rest_.substr(0, 2));
        }
    }

    void unicode_escape() {
        std::string_view digits = rest_.substr(2);
        if (digits.starts_with('{')) {
            digits = digits.substr(1, digits.find('}') == std::string_view::npos ? 0 : digits.find('}') - 1);
            if (is_hex(digits)) return put(digits.size() + 4, "\\x{" + std::string(digits) + "}");
        } else if (is_hex(digits.substr(0, 4)) && digits.size() >= 4) {
            return put(6, "\\x{" + std::string(digits.substr(0, 4)) + "}");
        }
        put(2, "u");
    }

    /// \p{Script=Greek} is \p{Greek} to RE2.
    void property(char letter) {
        for (std::string_view name : {"{Script=", "{sc=", "{Script_Extensions=", "{scx=", "{General_Category=", "{gc="})
            if (rest_.substr(2).starts_with(name)) return put(2 + name.size(), std::string("\\") + letter + "{");
        put(2, rest_.substr(0, 2));
    }

    std::string_view rest_;
};

}  // namespace

std::optional<RegexText> regex_text(std::string_view key) {
    size_t end = key.rfind('/');
    if (key.size() < 3 || key[0] != '/' || end < 2) return std::nullopt;
    RegexText text{key.substr(1, end - 1), key.substr(end + 1)};
    if (text.flags.find_first_not_of("gimsuy") != std::string_view::npos) return std::nullopt;
    for (size_t at = 0; at < text.pattern.size(); ++at) {
        if (text.pattern[at] == '\\')
            ++at;
        else if (text.pattern[at] == '/')
            return std::nullopt;  // a path, not an expression
    }
    return text;
}

RegexKey::RegexKey(RegexText text) {
    Translation translation(text.pattern);
    translation.run();
    problem_ = translation.problem;
    if (!problem_.empty()) return;
    std::string flags;
    for (char flag : {'i', 'm', 's'})
        if (text.flags.find(flag) != std::string_view::npos) flags += flag;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory_bytes_max);
    std::string pattern = flags.empty() ? translation.out : "(?" + flags + ")" + translation.out;
    auto regex = std::make_shared<re2::RE2>(pattern, options);
    if (!regex->ok()) {
        problem_ = regex->error_code() == re2::RE2::ErrorPatternTooLarge
                       ? "is too large; write it with fewer repetitions"
                       : "cannot be read: " + regex->error();
        return;
    }
    states_ = size_t(std::max(1, regex->ProgramSize()));
    if (states_ > regex_states_max)
        problem_ = "is too large (" + std::to_string(states_) + " states, at most " + std::to_string(regex_states_max) +
                   "); write it with fewer repetitions";
    else
        regex_ = std::move(regex);
}

bool RegexKey::matches(std::string_view text) const {
    return regex_ && re2::RE2::PartialMatch({text.data(), text.size()}, *regex_);
}

}  // namespace ry::chats::lore

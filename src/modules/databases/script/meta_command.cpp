#include "modules/databases/script/meta_command.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ry::databases::script {
namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
constexpr bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}
constexpr bool is_octal(char c) { return c >= '0' && c <= '7'; }
constexpr int hex_value(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

constexpr std::string_view line_commands[] = {"copy", "!", "h", "help", "sf", "sf+", "sv", "sv+", "ef", "ev"};
constexpr std::string_view pipe_commands[] = {"g", "gx", "o", "out", "w", "write"};
constexpr std::string_view sending_commands[] = {"g",     "gx",    "gexec",       "gset", "gdesc", "crosstabview",
                                                 "watch", "parse", "sendpipeline"};
constexpr std::string_view other_commands[] = {"a",
                                               "bind",
                                               "bind_named",
                                               "c",
                                               "connect",
                                               "cd",
                                               "C",
                                               "conninfo",
                                               "copyright",
                                               "close_prepared",
                                               "e",
                                               "edit",
                                               "echo",
                                               "qecho",
                                               "warn",
                                               "elif",
                                               "else",
                                               "endif",
                                               "encoding",
                                               "errverbose",
                                               "f",
                                               "flush",
                                               "flushrequest",
                                               "getenv",
                                               "getresults",
                                               "H",
                                               "html",
                                               "i",
                                               "include",
                                               "ir",
                                               "include_relative",
                                               "if",
                                               "l",
                                               "list",
                                               "l+",
                                               "list+",
                                               "lx",
                                               "lx+",
                                               "l+x",
                                               "lo_export",
                                               "lo_import",
                                               "lo_list",
                                               "lo_list+",
                                               "lo_unlink",
                                               "p",
                                               "print",
                                               "password",
                                               "prompt",
                                               "pset",
                                               "q",
                                               "quit",
                                               "r",
                                               "reset",
                                               "restrict",
                                               "unrestrict",
                                               "s",
                                               "set",
                                               "setenv",
                                               "startpipeline",
                                               "endpipeline",
                                               "syncpipeline",
                                               "t",
                                               "T",
                                               "timing",
                                               "unset",
                                               "x",
                                               "z",
                                               "zS",
                                               "zx",
                                               "zSx",
                                               "?"};

template <size_t count>
bool is_one_of(std::string_view name, const std::string_view (&names)[count]) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// The arguments of one command, from left to right.
class ArgumentReader {
public:
    ArgumentReader(std::string_view line, size_t at, MetaCommand& command) : line_(line), at_(at), command_(command) {}

    /// Reads them all; the position after them.
    size_t read(MetaTraits traits) {
        bool may_be_pipe = traits.takes_pipe, is_in_options = false;  // \g (format=csv) |program
        while (skip_space(), !is_at_end()) {
            if (may_be_pipe && !is_in_options && line_[at_] == '|') {
                command_.rest = line_.substr(at_);
                return line_.size();
            }
            is_in_options = is_in_options || line_[at_] == '(';
            if (!read_one()) {
                command_.is_unterminated = true;
                return line_.size();
            }
            if (!is_in_options) may_be_pipe = false;
            if (line_[at_ - 1] == ')') is_in_options = false;
        }
        return at_;
    }

private:
    bool is_at_end() const { return at_ >= line_.size() || line_[at_] == '\\'; }
    void skip_space() {
        while (at_ < line_.size() && is_space(line_[at_])) ++at_;
    }

    /// False when a quote is still open at the end.
    bool read_one() {
        pieces_.clear();
        tail_ = 0;
        while (at_ < line_.size() && !is_space(line_[at_]) && line_[at_] != '\\') {
            char c = line_[at_];
            if (c == '\'' || c == '"' || c == '`') {
                tail_ = 0;
                if (!(c == '\'' ? read_quoted() : c == '"' ? read_double_quoted() : read_backtick())) return false;
            } else if (c != ':' || !read_variable()) {
                add(c);
                ++tail_;
                ++at_;
            }
        }
        command_.arguments.push_back({std::move(pieces_), tail_});
        pieces_.clear();
        return true;
    }

    std::string& text() {
        if (pieces_.empty() || pieces_.back().kind != Piece::Kind::text) pieces_.push_back({});
        return pieces_.back().text;
    }
    void add(char c) { text() += c; }

    bool read_quoted() {
        text();  // '' is an argument too
        for (++at_; at_ < line_.size(); ++at_) {
            char c = line_[at_];
            if (c == '\'') {
                if (line_.substr(at_ + 1, 1) != "'") return ++at_, true;
                ++at_;
            } else if (c == '\\' && at_ + 1 < line_.size()) {
                ++at_;
                c = escaped();
            }
            add(c);
        }
        return false;
    }

    /// The byte that the escape at `at_`, after its backslash, stands for. Stays on the last byte of the escape.
    char escaped() {
        char c = line_[at_];
        constexpr std::string_view letters = "ntbrf", bytes = "\n\t\b\r\f";
        if (size_t known = letters.find(c); known != letters.npos) return bytes[known];
        if (is_octal(c)) {
            int value = c - '0';
            for (int digits = 1; digits < 3 && at_ + 1 < line_.size() && is_octal(line_[at_ + 1]); ++digits)
                value = value * 8 + (line_[++at_] - '0');
            return char(value);
        }
        if (c == 'x' && at_ + 1 < line_.size() && hex_value(line_[at_ + 1]) >= 0) {
            int value = hex_value(line_[++at_]);
            if (at_ + 1 < line_.size() && hex_value(line_[at_ + 1]) >= 0) value = value * 16 + hex_value(line_[++at_]);
            return char(value);
        }
        return c;
    }

    /// The quotes belong to the argument: psql removes them only where it expects a name of SQL.
    bool read_double_quoted() {
        size_t end = line_.find('"', at_ + 1);
        if (end == line_.npos) return false;
        text() += line_.substr(at_, end + 1 - at_);
        at_ = end + 1;
        return true;
    }

    bool read_backtick() {
        size_t end = line_.find('`', at_ + 1);
        if (end == line_.npos) return false;
        pieces_.push_back({Piece::Kind::backtick, std::string(line_.substr(at_ + 1, end - at_ - 1))});
        command_.has_backtick = true;
        at_ = end + 1;
        return true;
    }

    bool read_variable() {
        using Kind = Piece::Kind;
        struct Form {
            std::string_view open, close;
            Kind kind;
        };
        constexpr Form forms[] = {{":'", "'", Kind::literal},
                                  {":\"", "\"", Kind::identifier},
                                  {":{?", "}", Kind::test},
                                  {":", "", Kind::variable}};
        for (const Form& form : forms) {
            if (!line_.substr(at_).starts_with(form.open)) continue;
            size_t begin = at_ + form.open.size(), end = begin;
            while (end < line_.size() && is_name(line_[end])) ++end;
            if (end == begin || line_.substr(end, form.close.size()) != form.close) continue;
            pieces_.push_back({form.kind, std::string(line_.substr(begin, end - begin))});
            tail_ = 0;
            at_ = end + form.close.size();
            return true;
        }
        return false;
    }

    std::string_view line_;
    size_t at_;
    MetaCommand& command_;
    std::vector<Piece> pieces_;
    size_t tail_ = 0;
};

}  // namespace

MetaTraits traits_of(std::string_view name) {
    MetaTraits traits;
    traits.takes_line = is_one_of(name, line_commands);
    traits.takes_pipe = is_one_of(name, pipe_commands);
    traits.sends = is_one_of(name, sending_commands);
    traits.is_known = traits.takes_line || traits.takes_pipe || traits.sends || is_one_of(name, other_commands) ||
                      name.starts_with('d');
    return traits;
}

size_t read_meta_command(std::string_view line, MetaCommand& command) {
    size_t at = 1;
    while (at < line.size() && !is_space(line[at]) && line[at] != '\\') ++at;
    command.name = line.substr(1, at - 1);
    MetaTraits traits = traits_of(command.name);
    command.is_known = traits.is_known;
    if (traits.takes_line || !traits.is_known) {
        while (at < line.size() && is_space(line[at])) ++at;
        command.rest = line.substr(at);
        return line.size();
    }
    at = ArgumentReader(line, at, command).read(traits);
    return line.substr(at).starts_with("\\\\") ? at + 2 : at;
}

Truth truth_of(std::string_view text) {
    std::string value = lower(text);
    auto begins = [&](std::string_view word, size_t least) { return value.size() >= least && word.starts_with(value); };
    if (value == "1" || begins("true", 1) || begins("yes", 1) || begins("on", 2)) return Truth::yes;
    if (value == "0" || begins("false", 1) || begins("no", 1) || begins("off", 2)) return Truth::no;
    return Truth::unknown;
}

}  // namespace ry::databases::script

#include "modules/databases/script/lexer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "modules/databases/script/conditions.h"
#include "modules/databases/script/statement_watch.h"

// The lexer is in one of these modes. In each it takes bytes from the front of the chunk; what it cannot decide without
// the bytes that come next stays, and is looked at again together with them. That is never more than a word, or the
// line of a backslash command.
//
//   sql ─┬─ ' ──▶ string ─┬─▶ sql        sql ── \ ──▶ (line of a command) ──▶ sql
//        ├─ " ──▶ identifier             any ── end of the line of a COPY … FROM STDIN ──▶ data ── \. ──▶ as before
//        ├─ /* ─▶ comment                sql ── \q ──▶ ended
//        ├─ -- ─▶ line_comment
//        └─ $x$ ▶ dollar
//
// psql asks for COPY data when the line with the statement has been read; what else stands on that line comes after the
// data. So data can begin in every mode, in the middle of another statement.

namespace ry::databases::script {
namespace {

enum class Class : uint8_t {
    other,
    space,
    letter,
    digit,
    quote,
    double_quote,
    dollar,
    colon,
    semicolon,
    open,
    close,
    backslash,
    minus,
    slash
};

constexpr std::array<Class, 256> classes = [] {
    std::array<Class, 256> all{};
    for (int c = 0; c < 256; ++c) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80) all[size_t(c)] = Class::letter;
        if (c >= '0' && c <= '9') all[size_t(c)] = Class::digit;
    }
    for (unsigned char c : {' ', '\t', '\n', '\r', '\f'}) all[c] = Class::space;
    constexpr std::pair<unsigned char, Class> signs[] = {
        {'\'', Class::quote},    {'"', Class::double_quote}, {'$', Class::dollar}, {':', Class::colon},
        {';', Class::semicolon}, {'(', Class::open},         {')', Class::close},  {'\\', Class::backslash},
        {'-', Class::minus},     {'/', Class::slash},
    };
    for (auto [c, kind] : signs) all[c] = kind;
    return all;
}();
Class class_of(char c) { return classes[static_cast<unsigned char>(c)]; }
bool is_digit(char c) { return class_of(c) == Class::digit; }
bool is_name(char c) { return class_of(c) == Class::letter || class_of(c) == Class::digit; }
constexpr std::array<bool, 256> word_bytes = [] {
    std::array<bool, 256> all{};
    for (size_t c = 0; c < 256; ++c) all[c] = classes[c] == Class::letter || classes[c] == Class::digit || c == '$';
    return all;
}();
bool is_word(char c) { return word_bytes[static_cast<unsigned char>(c)]; }
/// The end of the bytes for which `holds`.
template <class Holds>
const char* skip(const char* p, const char* stop, Holds holds) {
    while (p < stop && holds(*p)) ++p;
    return p;
}
const char* find(const char* p, const char* stop, char c) {
    auto found = static_cast<const char*>(std::memchr(p, c, size_t(stop - p)));
    return found ? found : stop;
}

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr size_t lookahead_bytes = 4 * Lexer::word_bytes_max;  // decides everything but the line of a command

}  // namespace

void Lines::advance(uint64_t offset) {
    if (offset <= passed_) return;
    std::string_view bytes = bytes_.substr(passed_ - bytes_offset_, offset - passed_);
    auto count = uint64_t(std::count(bytes.begin(), bytes.end(), '\n'));
    if (count) line_begin_ = passed_ + bytes.rfind('\n') + 1;
    line_ += count;
    passed_ = offset;
}

Place Lines::place(uint64_t offset) {
    if (offset < passed_) return held_;
    advance(offset);
    return {offset, line_, offset - line_begin_ + 1};
}

class Lexer::State {
public:
    State(const LexerOptions& options, Sink& sink)
        : options_(options),
          sink_(sink),
          lines_(options.begin),
          offset_(options.begin.offset),
          conditions_(options.is_active) {}

    void feed(std::string_view bytes) {
        size_t nul = bytes.find('\0');
        take(bytes.substr(0, nul));
        if (nul == bytes.npos || mode_ == Mode::ended) return;
        take_rest();
        fail_at(offset_,
                "a NUL byte: this is not a text file. If it is a dump in custom format, prepare it with the kind dump");
    }

    void finish() {
        take_rest();
        if (mode_ == Mode::ended) return;
        if (mode_ == Mode::data) end_data(offset_, false);
        Statement::Open open = open_at_end();
        if (open == Statement::Open::string || open == Statement::Open::identifier) end_token(nullptr);
        if (mode_ == Mode::comment || (mode_ == Mode::line_comment && statement_.is_begun)) end_comment(offset_);
        if (mode_ == Mode::dollar) sink_.body_end();
        if (statement_.is_begun) end_statement(offset_, Statement::Ended::end_of_input, open);
        if (conditions_.depth() > 0)
            sink_.problem({place(offset_), "\\if without \\endif: add an \\endif before the end of the file"});
        mode_ = Mode::ended;
    }

private:
    enum class Mode {
        start,
        sql,
        string,
        escaped_string,
        identifier,
        comment,
        line_comment,
        dollar,
        digits_rest,
        word_rest,
        data,
        ended
    };
    /// What may still come after an E'' string: psql goes on with it behind white space with a line end.
    enum class Continuation { none, possible, after_line_end };

    // ---- chunks

    /// Everything in `bytes` that can be decided; the rest waits in `held_`.
    void take(std::string_view bytes) {
        while (!bytes.empty() && mode_ != Mode::ended) {
            if (held_.empty()) {
                size_t used = run(bytes, false);
                if (mode_ != Mode::ended) held_ = bytes.substr(used);
                return;
            }
            size_t line_end = waits_for_line_ ? bytes.find('\n') : lookahead_bytes;
            size_t taken = line_end >= bytes.size() ? bytes.size() : line_end + 1, before = held_.size();
            held_ += bytes.substr(0, taken);
            if (waits_for_line_ && line_end >= bytes.size() && held_.size() <= meta_bytes_max) return;
            std::string together = std::move(held_);
            held_.clear();
            size_t used = run(together, false);
            if (used >= before) {
                bytes.remove_prefix(used - before);
            } else {
                held_ = together.substr(used);
                bytes.remove_prefix(taken);
            }
        }
    }

    void take_rest() {
        std::string rest = std::move(held_);
        held_.clear();
        if (mode_ != Mode::ended) run(rest, true);
    }

    /// How many bytes at the front have been dealt with.
    size_t run(std::string_view bytes, bool is_final) {
        begin_ = bytes.data(), is_final_ = is_final, needs_more_ = waits_for_line_ = false;
        lines_.load(bytes, offset_);
        const char *p = begin_, *end = begin_ + bytes.size();
        run_offset_ = offset_;
        while (p < end && mode_ != Mode::ended) {
            const char* stop = end;
            if (copies_pending_ && mode_ != Mode::data) stop = find(p, end, '\n');
            if (stop < end) ++stop;
            p = step(p, stop);
            if (copies_pending_ && mode_ != Mode::data && p == stop && p[-1] == '\n') {
                suspend(p);
                begin_data(offset_of(p));
            }
            if (needs_more_) break;
        }
        end_run(p);
        return size_t(p - begin_);
    }

    void end_run(const char* p) {
        offset_ = offset_of(p);
        suspend(p);
        lines_.pass(offset_);
    }

    /// The token that is open goes on after other bytes.
    void suspend(const char* p) {
        if (is_token_open()) keep(p);
        if (is_token_open() || mode_ == Mode::comment || mode_ == Mode::line_comment) lines_.hold(token_begin_);
    }

    uint64_t offset_of(const char* p) const { return run_offset_ + uint64_t(p - begin_); }
    Place place(uint64_t offset) { return lines_.place(offset); }
    const char* more(const char* p) {
        needs_more_ = true;
        return p;
    }
    bool lacks(const char* p, const char* stop) const { return p >= stop && !is_final_; }

    const char* step(const char* p, const char* stop) {
        switch (mode_) {
            case Mode::start:
                return start(p, stop);
            case Mode::sql:
                return sql(p, stop);
            case Mode::string:
                return string(p, stop, '\'');
            case Mode::identifier:
                return string(p, stop, '"');
            case Mode::escaped_string:
                return escaped_string(p, stop);
            case Mode::comment:
                return comment(p, stop);
            case Mode::line_comment:
                return line_comment(p, stop);
            case Mode::dollar:
                return dollar(p, stop);
            case Mode::digits_rest:
                p = skip(p, stop, is_digit);
                if (p < stop) mode_ = class_of(*p) == Class::letter ? Mode::word_rest : Mode::sql;
                return p;
            case Mode::word_rest:
                p = skip(p, stop, is_word);
                if (p < stop) mode_ = Mode::sql;
                return p;
            case Mode::data:
                return data(p, stop);
            case Mode::ended:
                break;
        }
        return stop;
    }

    /// psql drops a byte order mark at the front of a file.
    const char* start(const char* p, const char* stop) {
        std::string_view front(p, std::min(size_t(stop - p), byte_order_mark.size()));
        if (options_.dialect == Dialect::psql && byte_order_mark.starts_with(front)) {
            if (front.size() == byte_order_mark.size())
                p += front.size();
            else if (!is_final_)
                return more(p);
        }
        mode_ = Mode::sql;
        return p;
    }

    // ---- SQL

    const char* sql(const char* p, const char* stop) {
        while (p < stop && mode_ == Mode::sql && !needs_more_) {
            char c = *p;
            switch (class_of(c)) {
                case Class::space:
                    if (continuation_ != Continuation::none) {
                        follow_space(c);
                        ++p;
                    } else {
                        p = skip(p + 1, stop, [](char next) { return class_of(next) == Class::space; });
                    }
                    break;
                case Class::letter:
                    p = word(p, stop);
                    break;
                case Class::digit:
                    p = number(p, p + 1, stop);
                    break;
                case Class::quote:
                    p = open_string(p, p + 1, continuation_ == Continuation::after_line_end || has_escapes(p));
                    break;
                case Class::double_quote:
                    p = open_quoted(p, p + 1, Mode::identifier);
                    break;
                case Class::dollar:
                    p = open_dollar(p, stop);
                    break;
                case Class::colon:
                    p = colon(p, stop);
                    break;
                case Class::semicolon:
                    p = semicolon(p);
                    if (copies_pending_) return p;
                    break;
                case Class::open:
                    say(TokenKind::symbol, p, 1);
                    ++statement_.paren_depth;
                    ++p;
                    break;
                case Class::close:
                    statement_.paren_depth -= statement_.paren_depth > 0;
                    p = symbol(p);
                    break;
                case Class::backslash:
                    if (options_.dialect == Dialect::server) {
                        p = symbol(p);
                        break;
                    }
                    p = backslash(p, stop);
                    if (copies_pending_) return p;
                    break;
                case Class::minus:
                    p = minus(p, stop);
                    break;
                case Class::slash:
                    p = slash(p, stop);
                    break;
                case Class::other:
                    p = symbol(p);
                    break;
            }
        }
        return p;
    }

    void begin_statement(const char* p) {
        if (statement_.is_begun) return;
        statement_.is_begun = true;
        statement_.begin = place(offset_of(p));
    }

    void say(TokenKind kind, const char* p, size_t bytes) {
        begin_statement(p);
        continuation_ = Continuation::none;
        bytes = std::min(bytes, word_bytes_max);
        Token token{kind, {p, bytes}, offset_of(p), bytes};
        if (kind == TokenKind::variable) statement_.has_variables = true;
        statement_.watch.follow(token, statement_.paren_depth, lines_);
        sink_.token(token, lines_);
    }

    const char* symbol(const char* p) {
        say(TokenKind::symbol, p, 1);
        return p + 1;
    }

    const char* word(const char* p, const char* stop) {
        const char* q = skip(p + 1, stop, is_word);
        if (lacks(q, stop) && size_t(q - p) <= word_bytes_max) return more(p);
        if (q - p == 1 && q < stop) {
            char letter = char(*p | 0x20);
            if (*q == '\'' && std::string_view("ebxn").find(letter) != std::string_view::npos)
                return open_string(p, q + 1, letter == 'e' || (letter == 'n' && has_escapes(p)));
            if (*q == '&' && letter == 'u') {
                if (lacks(q + 1, stop)) return more(p);
                if (q + 1 < stop && q[1] == '\'') return open_string(p, q + 2, false);
                if (q + 1 < stop && q[1] == '"') return open_quoted(p, q + 2, Mode::identifier);
            }
        }
        say(TokenKind::word, p, size_t(q - p));
        if (lacks(q, stop)) mode_ = Mode::word_rest;
        return q;
    }

    /// Letters that follow digits directly belong to them.
    const char* number(const char* begin, const char* p, const char* stop) {
        p = skip(p, stop, is_digit);
        bool has_letters = p < stop && class_of(*p) == Class::letter;
        if (has_letters) p = skip(p, stop, is_word);
        if (lacks(p, stop) && size_t(p - begin) <= word_bytes_max) return more(begin);
        say(TokenKind::number, begin, size_t(p - begin));
        if (lacks(p, stop)) mode_ = has_letters ? Mode::word_rest : Mode::digits_rest;
        return p;
    }

    const char* semicolon(const char* p) {
        say(TokenKind::symbol, p, 1);
        if (statement_.paren_depth == 0 && statement_.watch.body_depth() == 0)
            end_statement(offset_of(p) + 1, Statement::Ended::semicolon, Statement::Open::nothing);
        return p + 1;
    }

    const char* minus(const char* p, const char* stop) {
        if (lacks(p + 1, stop)) return more(p);
        if (p + 1 == stop || p[1] != '-') return symbol(p);
        token_begin_ = offset_of(p);
        mode_ = Mode::line_comment;
        return p + 2;
    }

    const char* line_comment(const char* p, const char* stop) {
        const char* end = find(p, stop, '\n');
        end = find(p, end, '\r');
        if (end < stop) {
            mode_ = Mode::sql;
            if (statement_.is_begun) end_comment(offset_of(end));
        }
        return end;
    }

    const char* slash(const char* p, const char* stop) {
        if (lacks(p + 1, stop)) return more(p);
        if (p + 1 == stop || p[1] != '*') return symbol(p);
        begin_statement(p);
        continuation_ = Continuation::none;
        token_begin_ = offset_of(p);
        comment_depth_ = 1;
        mode_ = Mode::comment;
        return p + 2;
    }

    void end_comment(uint64_t end) { sink_.token({TokenKind::comment, {}, token_begin_, end - token_begin_}, lines_); }

    const char* comment(const char* p, const char* stop) {
        while ((p = skip(p, stop, [](char c) { return c != '*' && c != '/'; })) < stop) {
            if (lacks(p + 1, stop)) return more(p);
            if (p + 1 == stop) return stop;
            bool is_begin = p[0] == '/' && p[1] == '*', is_end = p[0] == '*' && p[1] == '/';
            p += is_begin || is_end ? 2 : 1;
            comment_depth_ += is_begin ? 1 : is_end ? -1 : 0;
            if (comment_depth_ > 0) continue;
            mode_ = Mode::sql;
            end_comment(offset_of(p));
            return p;
        }
        return p;
    }

    /// `:name` and its relatives are variables of psql; `::` and `:=` are SQL.
    const char* colon(const char* p, const char* stop) {
        if (options_.dialect == Dialect::server) return symbol(p);
        if (lacks(p + 1, stop)) return more(p);
        char next = p + 1 < stop ? p[1] : ' ';
        if (next == ':' || next == '=') {
            symbol(p);
            return symbol(p + 1);
        }
        const char* name = p + (next == '\'' || next == '"' ? 2 : next == '{' ? 3 : 1);
        if (next == '{' && (lacks(p + 2, stop) || (p + 2 < stop && p[2] != '?')))
            return lacks(p + 2, stop) ? more(p) : symbol(p);
        const char* end = name < stop ? skip(name, stop, is_name) : name;
        if (lacks(end, stop) && size_t(end - p) <= word_bytes_max) return more(p);
        if (end <= name || size_t(end - p) > word_bytes_max) return symbol(p);
        if (name == p + 1) {
            say(TokenKind::variable, p, size_t(end - p));
            return end;
        }
        if (end == stop || *end != (next == '{' ? '}' : next)) return symbol(p);
        say(TokenKind::variable, p, size_t(end + 1 - p));
        return end + 1;
    }

    // ---- what has two ends

    /// In a plain string. psql looks at the server's setting once a line.
    bool has_escapes(const char* p) {
        if (escapes_next_line_ &&
            (options_.dialect == Dialect::server || place(offset_of(p)).line > escapes_next_line_->line)) {
            has_escapes_ = escapes_next_line_->has_escapes;
            escapes_next_line_.reset();
        }
        return has_escapes_;
    }

    const char* open_string(const char* begin, const char* inside, bool has_escapes) {
        return open_quoted(begin, inside, has_escapes ? Mode::escaped_string : Mode::string);
    }

    const char* open_quoted(const char* begin, const char* inside, Mode mode) {
        begin_statement(begin);
        token_begin_ = kept_to_ = offset_of(begin);
        token_.clear();
        mode_ = mode;
        continuation_ = Continuation::none;
        return inside;
    }

    const char* string(const char* p, const char* stop, char quote) {
        while ((p = find(p, stop, quote)) < stop) {
            if (lacks(p + 1, stop)) return more(p);
            if (p + 1 == stop || p[1] != quote) return end_token(p + 1);
            p += 2;
        }
        return p;
    }

    const char* escaped_string(const char* p, const char* stop) {
        while ((p = skip(p, stop, [](char c) { return c != '\'' && c != '\\'; })) < stop) {
            if (lacks(p + 1, stop)) return more(p);
            if (p + 1 == stop) return *p == '\'' ? end_token(p + 1) : stop;
            if (*p == '\'' && p[1] != '\'') return end_token(p + 1);
            p += 2;
        }
        return p;
    }

    bool is_token_open() const {
        return mode_ == Mode::string || mode_ == Mode::escaped_string || mode_ == Mode::identifier;
    }
    /// Before bytes that do not belong to the open token, or are not there yet: what it has of this run, up to the
    /// limit.
    void keep(const char* end) {
        const char* from = begin_ + (std::max(kept_to_, run_offset_) - run_offset_);
        if (token_.size() < string_bytes_kept)
            token_.append(from, std::min(size_t(end - from), string_bytes_kept - token_.size()));
        kept_to_ = offset_of(end);
    }

    /// A string or quoted identifier is complete, or (without `end`) cut off by the end of the input.
    const char* end_token(const char* end) {
        if (end) keep(end);
        uint64_t end_offset = end ? offset_of(end) : offset_;
        Token token{mode_ == Mode::identifier ? TokenKind::quoted_identifier : TokenKind::string, token_, token_begin_,
                    end_offset - token_begin_};
        continuation_ = mode_ == Mode::escaped_string && !has_escapes_ ? Continuation::possible : Continuation::none;
        mode_ = Mode::sql;
        statement_.watch.follow(token, statement_.paren_depth, lines_);
        sink_.token(token, lines_);
        return end;
    }

    /// psql reads lines, so for it the end of a line is no white space between the parts of a string.
    void follow_space(char c) {
        if (c == '\n' && options_.dialect == Dialect::psql)
            continuation_ = Continuation::none;
        else if (c == '\n' || c == '\r')
            continuation_ = Continuation::after_line_end;
    }

    const char* open_dollar(const char* p, const char* stop) {
        const char* q = p + 1;
        if (lacks(q, stop)) return more(p);
        if (q < stop && class_of(*q) == Class::digit) return number(p, q, stop);
        if (q < stop && class_of(*q) == Class::letter) q = skip(q, stop, is_name);
        if (lacks(q, stop) && size_t(q - p) < word_bytes_max) return more(p);
        if (size_t(q - p) >= word_bytes_max) {
            fail_at(offset_of(p), "the tag of a dollar quote is longer than 1 KiB: shorten it");
            return stop;
        }
        if (q == stop || *q != '$') return symbol(p);
        tag_.assign(p, q + 1);
        say(TokenKind::dollar_string, p, tag_.size());
        mode_ = Mode::dollar;
        return q + 1;
    }

    const char* dollar(const char* p, const char* stop) {
        const char* from = p;
        while ((p = find(p, stop, '$')) < stop) {
            size_t left = size_t(stop - p), compared = std::min(left, tag_.size());
            bool is_same = std::memcmp(p, tag_.data(), compared) == 0;
            if (is_same && compared == tag_.size()) {
                say_body(from, p);
                sink_.body_end();
                mode_ = Mode::sql;
                return p + tag_.size();
            }
            if (is_same && !is_final_) {
                say_body(from, p);
                return more(p);
            }
            ++p;
        }
        say_body(from, p);
        return p;
    }
    void say_body(const char* from, const char* to) {
        if (to > from) sink_.body({from, size_t(to - from)}, offset_of(from), lines_);
    }

    // ---- backslashes

    const char* backslash(const char* p, const char* stop) {
        if (lacks(p + 1, stop)) return more(p);
        if (p + 1 < stop && (p[1] == ';' || p[1] == ':')) {
            begin_statement(p);
            say(TokenKind::symbol, p + 1, 1);
            if (p[1] == ';') statement_.watch.next_part();
            return p + 2;
        }
        const char* line_end = find(p, stop, '\n');
        if (size_t(line_end - p) > meta_bytes_max) {
            fail_at(offset_of(p), "the line of a backslash command is longer than 1 MiB: break the line");
            return stop;
        }
        if (lacks(line_end, stop)) {
            waits_for_line_ = true;
            return more(p);
        }
        MetaCommand command;
        command.place = place(offset_of(p));
        p += read_meta_command({p, size_t(line_end - p)}, command);
        command.end = offset_of(p);
        command.is_in_statement = statement_.is_begun;
        command.is_active = conditions_.active();
        obey(command);
        return p;
    }

    void obey(const MetaCommand& command) {
        Truth condition = sink_.meta_command(command);
        if (command.name == "if" || command.name == "elif" || command.name == "else" || command.name == "endif")
            return branch(command, condition);
        if (command.is_active == Truth::no) return;
        if (!command.is_known) return;
        if (command.name == "copy") {
            ClientCopy copy = read_client_copy(command.rest);
            if (!copy.is_malformed && copy.is_from && copy.peer == ClientCopy::Peer::standard_stream) ++copies_pending_;
        } else if (traits_of(command.name).sends) {
            if (statement_.is_begun)
                end_statement(command.place.offset, Statement::Ended::meta_command, Statement::Open::nothing);
            else
                copies_pending_ += copies_sent_;
        } else if (command.name == "r" || command.name == "reset") {
            if (statement_.is_begun)
                end_statement(command.place.offset, Statement::Ended::discarded, Statement::Open::nothing);
            statement_ = {};
        } else if ((command.name == "q" || command.name == "quit") && command.is_active == Truth::yes) {
            if (statement_.is_begun)
                end_statement(command.place.offset, Statement::Ended::end_of_input, Statement::Open::nothing);
            mode_ = Mode::ended;
        }
    }

    // ---- \if

    void branch(const MetaCommand& command, Truth condition) {
        if (command.name == "if") {
            if (conditions_.depth() == conditions_max)
                return fail_at(command.place.offset, "\\if stands in more than 1,000 others: split the script");
            conditions_.open(condition);
            saved_.push_back(statement_);
            return;
        }
        if (std::string_view problem = conditions_.problem_of(command.name); !problem.empty())
            return sink_.problem(
                {command.place, "\\" + command.name + " " + std::string(problem) + ": psql stops here"});
        // psql forgets what a branch that is not taken adds to the statement.
        if (conditions_.active() == Truth::no) statement_ = saved_.back();
        if (conditions_.active() == Truth::unknown) statement_.paren_depth = saved_.back().paren_depth;
        if (command.name == "endif") {
            conditions_.close();
            saved_.pop_back();
            return;
        }
        command.name == "else" ? conditions_.otherwise() : conditions_.elif (condition);
        saved_.back() = statement_;
    }

    // ---- statements and data

    void end_statement(uint64_t end, Statement::Ended ended, Statement::Open open) {
        Statement statement{.begin = statement_.begin, .end = end, .ended = ended, .open = open};
        statement.end_line = place(end).line;
        statement.first_word = statement_.watch.first_word();
        statement.copies = statement_.watch.copies();
        statement.has_variables = statement_.has_variables;
        statement.is_active = conditions_.active();
        bool is_sent = ended != Statement::Ended::discarded && statement.is_active != Truth::no;
        if (is_sent) {
            if (auto strings = statement_.watch.standard_strings())
                escapes_next_line_ = {!*strings, statement.end_line};
            copies_sent_ = 0;
            for (const Copy& copy : statement.copies)
                copies_sent_ += copy.is_from && copy.peer == Copy::Peer::standard_stream;
            if (options_.dialect == Dialect::psql) copies_pending_ += copies_sent_;
        }
        sink_.statement(statement);
        statement_.is_begun = statement_.has_variables = false;
        statement_.watch.next_statement();
        if (ended != Statement::Ended::semicolon) statement_ = {};
    }

    Statement::Open open_at_end() const {
        using Open = Statement::Open;
        switch (mode_) {
            case Mode::string:
            case Mode::escaped_string:
                return Open::string;
            case Mode::identifier:
                return Open::identifier;
            case Mode::comment:
                return Open::comment;
            case Mode::dollar:
                return Open::dollar_string;
            default:
                break;
        }
        return statement_.paren_depth > 0          ? Open::parenthesis
               : statement_.watch.body_depth() > 0 ? Open::body
                                                   : Open::nothing;
    }

    void begin_data(uint64_t offset) {
        mode_after_data_ = mode_;
        mode_ = Mode::data;
        data_begin_ = offset;
        is_line_begin_ = true;
    }

    const char* data(const char* p, const char* stop) {
        while (p < stop) {
            if (is_line_begin_ && *p == '\\') {
                size_t left = size_t(stop - p);
                for (std::string_view end : {"\\.\n", "\\.\r\n"}) {
                    if (std::string_view(p, left).starts_with(end)) {
                        end_data(offset_of(p) + end.size(), true);
                        return p + end.size();
                    }
                    if (!is_final_ && left < end.size() && end.starts_with(std::string_view(p, left))) return more(p);
                }
            }
            p = find(p, stop, '\n');
            is_line_begin_ = p < stop;
            p += is_line_begin_;
        }
        return p;
    }

    void end_data(uint64_t end, bool is_terminated) {
        mode_ = mode_after_data_;
        kept_to_ = end;
        --copies_pending_;
        sink_.data({data_begin_, end, is_terminated});
        if (copies_pending_ && is_terminated) begin_data(end);
    }

    void fail_at(uint64_t offset, std::string message) {
        sink_.problem({place(offset), std::move(message), true});
        mode_ = Mode::ended;
    }

    const LexerOptions options_;
    Sink& sink_;
    Lines lines_;

    // The chunk that is being looked at.
    const char* begin_ = nullptr;
    uint64_t offset_ = 0, run_offset_ = 0;
    bool is_final_ = false, needs_more_ = false, waits_for_line_ = false;
    std::string held_;

    Mode mode_ = Mode::start, mode_after_data_ = Mode::sql;
    uint64_t token_begin_ = 0, kept_to_ = 0;
    std::string token_, tag_;
    int64_t comment_depth_ = 0;
    Continuation continuation_ = Continuation::none;
    bool has_escapes_ = false;  ///< standard_conforming_strings is off
    struct EscapesNextLine {
        bool has_escapes;
        uint64_t line;
    };
    std::optional<EscapesNextLine> escapes_next_line_;

    struct StatementState {
        bool is_begun = false, has_variables = false;
        Place begin;
        int64_t paren_depth = 0;
        StatementWatch watch;
    };
    StatementState statement_;
    Conditions conditions_;
    std::vector<StatementState> saved_;  ///< as the statement was where each open branch of \if begins

    uint64_t copies_pending_ = 0, copies_sent_ = 0, data_begin_ = 0;
    bool is_line_begin_ = true;
};

Lexer::Lexer(const LexerOptions& options, Sink& sink) : state_(std::make_unique<State>(options, sink)) {}
Lexer::~Lexer() = default;
Lexer::Lexer(Lexer&&) noexcept = default;
void Lexer::feed(std::string_view bytes) { state_->feed(bytes); }
void Lexer::finish() { state_->finish(); }

}  // namespace ry::databases::script

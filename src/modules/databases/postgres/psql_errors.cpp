#include "modules/databases/postgres/psql_errors.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace ry::databases {
namespace {

constexpr size_t errors_max = 100;
constexpr size_t statement_bytes_max = 64 << 10;
constexpr std::string_view own_error = "error";  // psql's own: "psql:a.sql:3: error: …"

/// A line that begins a message: where, what kind, and its text.
struct Opening {
    std::string_view file;
    int line = 0;
    std::string_view kind;
    std::string_view text;
};

/// What may stand before a message's text. DETAIL to STATEMENT continue the message before them.
constexpr std::array<std::string_view, 14> kinds = {"ERROR",   "FATAL",     "PANIC", "WARNING", "NOTICE",
                                                    "INFO",    "LOG",       "DEBUG", "DETAIL",  "HINT",
                                                    "CONTEXT", "STATEMENT", "error", "warning"};

bool is_error(std::string_view kind) {
    return kind == "ERROR" || kind == "FATAL" || kind == "PANIC" || kind == own_error;
}

/// "psql:", then "<file>:<line>: " when a script is read; the file may hold colons itself, so the number is looked for
/// before a kind.
Opening read_opening(std::string_view line) {
    Opening opening;
    std::string_view rest = line;
    bool is_psql = rest.starts_with("psql:");
    for (std::string_view kind : kinds) {
        std::string label = std::string(kind) + ": ";
        if (rest.starts_with(label)) return {.kind = kind, .text = trim(rest.substr(label.size()))};
        if (!is_psql) continue;
        size_t at = rest.find(": " + label);
        if (at == rest.npos) continue;
        std::string_view place = rest.substr(5, at < 5 ? 0 : at - 5);
        size_t colon = place.rfind(':');
        auto number = colon == place.npos ? std::nullopt : parse_int(place.substr(colon + 1));
        if (number && *number < 0) number.reset();  // no line that psql names
        if (!number && !trim(place).empty() && kind != own_error) continue;
        // Of two labels in one line the first is the message's own.
        if (!opening.kind.empty() && opening.text.data() < rest.data() + at + 2 + label.size()) continue;
        opening = {.kind = kind, .text = trim(rest.substr(at + 2 + label.size()))};
        if (number)
            opening.file = place.substr(0, colon),
            opening.line = static_cast<int>(std::min<int64_t>(*number, INT32_MAX));
    }
    return opening;
}

/// The line of the statement that the server shows, and where in it the error is.
struct Shown {
    int line = 0;             // of the statement, from 1
    std::string text;         // without the ellipses
    size_t before_bytes = 0;  // of the line "LINE n: …" before `text`
    size_t caret = 0;         // characters before the caret in `text`
    bool has_caret = false;
};

size_t characters(std::string_view text) {
    return static_cast<size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// "LINE 2: …  nme text, …"
bool read_shown(std::string_view line, Shown& shown) {
    constexpr std::string_view label = "LINE ";
    size_t colon = line.find(": ");
    auto number = line.starts_with(label) && colon != line.npos
                      ? parse_int(line.substr(label.size(), colon - label.size()))
                      : std::nullopt;
    if (!number || *number < 1 || *number > INT32_MAX) return false;
    std::string_view text = line.substr(colon + 2);
    size_t before = colon + 2;
    if (text.starts_with("...")) text.remove_prefix(3), before += 3;
    if (text.ends_with("...")) text.remove_suffix(3);
    shown = {static_cast<int>(*number), std::string(text), before, 0, false};
    return true;
}

/// The message under construction.
struct Reading {
    PsqlError error;
    Shown shown;
    std::string* last = nullptr;  // what a continuation line belongs to
    bool is_open = false;
};

/// The first character of `error.statement` is 1. 0 when the shown line is not found where it should be.
int position_of(const std::string& statement, const Shown& shown) {
    if (!shown.has_caret) return 0;
    size_t begin = 0;
    for (int line = 1; line < shown.line; ++line) {
        begin = statement.find('\n', begin);
        if (begin == std::string::npos) return 0;
        ++begin;
    }
    std::string_view line = std::string_view(statement).substr(begin, statement.find('\n', begin) - begin);
    size_t at = line.find(shown.text);
    if (at == line.npos) return 0;
    return static_cast<int>(characters(std::string_view(statement).substr(0, begin + at)) + shown.caret + 1);
}

/// "a.sql: No such file or directory" of psql, 'could not open file "a.csv" for reading: …' of the server.
std::string missing_file(const PsqlError& error) {
    constexpr std::string_view reasons[] = {": No such file or directory", ": Permission denied", ": Is a directory",
                                            ": Read-only file system"};
    std::string_view text = error.message;
    auto reason = std::ranges::find_if(reasons, [&](std::string_view each) { return text.ends_with(each); });
    if (reason == std::end(reasons)) return "";
    text.remove_suffix(reason->size());
    size_t quote = text.find("file \"");
    if (quote != text.npos) {
        text.remove_prefix(quote + 6);
        return std::string(text.substr(0, text.rfind('"')));
    }
    if (error.severity != own_error) return "";
    return std::string(text.substr(text.rfind(": ") == text.npos ? 0 : text.rfind(": ") + 2));
}

void close_error(Reading& reading, std::vector<PsqlError>& errors) {
    if (!std::exchange(reading.is_open, false)) return;
    PsqlError& error = reading.error;
    for (std::string* part : {&error.message, &error.detail, &error.hint, &error.context, &error.statement})
        *part = trim(*part);
    error.position = position_of(error.statement, reading.shown);
    if (error.line > 0 && reading.shown.line > 0 && !error.statement.empty()) {
        // psql names the line on which the statement ended.
        auto lines = static_cast<int>(std::ranges::count(error.statement, '\n'));
        error.line = std::max(error.line - lines, 1) + std::min(reading.shown.line - 1, lines);
    }
    error.missing_file = missing_file(error);
    if (errors.size() < errors_max) errors.push_back(std::move(error));
}

void open_error(Reading& reading, const Opening& opening) {
    reading = {};
    reading.is_open = true;
    reading.error.file = opening.file;
    reading.error.line = opening.line;
    reading.error.severity = opening.kind;
    reading.error.message = opening.text;
    reading.last = &reading.error.message;
}

void add_part(Reading& reading, const Opening& opening) {
    PsqlError& error = reading.error;
    std::string* part = opening.kind == "DETAIL"      ? &error.detail
                        : opening.kind == "HINT"      ? &error.hint
                        : opening.kind == "CONTEXT"   ? &error.context
                        : opening.kind == "STATEMENT" ? &error.statement
                                                      : nullptr;
    reading.last = part;
    if (part) *part = opening.text;
}

void continue_line(Reading& reading, std::string_view line) {
    if (reading.last != &reading.error.statement) {
        if (read_shown(line, reading.shown)) {
            reading.last = nullptr;
            return;
        }
        bool is_caret = reading.shown.line > 0 && !reading.shown.has_caret && trim(line) == "^";
        if (is_caret) {
            // The caret stands under a character of the line above it.
            size_t column = line.find('^');
            reading.shown.has_caret = column >= reading.shown.before_bytes;
            reading.shown.caret = column - std::min(column, reading.shown.before_bytes);
            return;
        }
    }
    if (!reading.last || reading.last->size() + line.size() > statement_bytes_max) return;
    reading.last->append("\n").append(line);
}

}  // namespace

std::vector<PsqlError> psql_errors(std::string_view standard_error) {
    std::vector<PsqlError> errors;
    Reading reading;
    for (std::string_view line : split(standard_error, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        Opening opening = read_opening(line);
        bool is_within = reading.is_open && reading.last == &reading.error.statement && !line.starts_with("psql:");
        if (opening.kind.empty() || is_within) {
            if (reading.is_open) continue_line(reading, line);
        } else if (is_error(opening.kind)) {
            close_error(reading, errors);
            open_error(reading, opening);
        } else if (reading.is_open) {
            add_part(reading, opening);
            if (!reading.last) close_error(reading, errors);  // a notice or a warning begins
        }
    }
    close_error(reading, errors);
    return errors;
}

std::string summary(const PsqlError& error) {
    std::string text;
    if (!error.file.empty()) text = error.file + ":" + std::to_string(error.line) + ": ";
    text += error.message;
    if (!error.detail.empty()) text += "; " + error.detail;
    if (!error.hint.empty()) text += "; hint: " + error.hint;
    return text;
}

}  // namespace ry::databases

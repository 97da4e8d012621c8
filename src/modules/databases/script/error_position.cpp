#include "modules/databases/script/error_position.h"

#include <algorithm>

#include "base/text.h"

namespace ry::databases::script {
namespace {

constexpr std::string_view severities[] = {"ERROR", "FATAL", "PANIC", "error", "fatal"};

/// The lines of psql's standard error, without their ends.
std::vector<std::string_view> lines_of(std::string_view text) {
    auto lines = split(text, '\n');
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
}

/// "psql:FILE:LINE: ERROR:  message", "ERROR:  message", "psql: error: message".
std::optional<PsqlError> head_of(std::string_view line) {
    for (std::string_view severity : severities) {
        std::string mark = std::string(severity) + ": ";
        size_t at = line.starts_with(mark) ? 0 : line.find(": " + mark);
        if (at == line.npos || (at > 0 && !line.starts_with("psql"))) continue;
        PsqlError error;
        error.severity = severity;
        error.message = trim(line.substr(at + mark.size() + (at ? 2 : 0)));
        std::string_view place = line.substr(0, at);
        size_t colon = place.rfind(':');
        if (place.starts_with("psql:") && colon > 4 && colon != place.npos) {
            auto number = parse_int(place.substr(colon + 1));
            if (!number) continue;
            error.line = uint64_t(*number);
            error.file = place.substr(5, colon - 5);
        }
        bool has_state = error.message.size() > 7 && error.message[5] == ':' &&
                         std::all_of(error.message.begin(), error.message.begin() + 5,
                                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
        if (has_state) {
            error.sqlstate = error.message.substr(0, 5);
            error.message = error.message.substr(7);
        }
        return error;
    }
    return {};
}

/// The offset of the character `index`.
size_t byte_of(std::string_view text, size_t index) {
    size_t at = 0;
    while (at < text.size() && (index > 0 || (text[at] & 0xc0) == 0x80)) {
        if ((text[at] & 0xc0) != 0x80) --index;
        ++at;
        while (at < text.size() && (text[at] & 0xc0) == 0x80) ++at;
    }
    return at;
}

/// The server's lines: ended by \n, \r or both.
std::optional<std::pair<size_t, size_t>> server_line(std::string_view text, uint64_t number) {
    size_t begin = 0;
    for (uint64_t line = 1;; ++line) {
        size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
        if (line == number) return std::pair(begin, end);
        if (end == text.size()) return {};
        begin = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
    }
}

/// The offset in the sent text that the excerpt and its caret show; absent when this text does not have the excerpt.
std::optional<uint64_t> position_in(const std::string& text, const PsqlError& error) {
    auto line = server_line(text, error.server_line);
    if (!line) return {};
    std::string shown = text.substr(line->first, line->second - line->first);
    std::replace(shown.begin(), shown.end(), '\t', ' ');
    std::string_view excerpt = error.excerpt;
    size_t cut = 0;
    size_t at = shown.find(excerpt);
    if (at == shown.npos && excerpt.starts_with("...")) cut = 3, excerpt.remove_prefix(3), at = shown.find(excerpt);
    if (at == shown.npos && excerpt.ends_with("...")) excerpt.remove_suffix(3), at = shown.find(excerpt);
    if (at == shown.npos || error.caret < cut) return {};
    return line->first + at + byte_of(excerpt, error.caret - cut);
}

/// "COPY orders, line 3, column total: …": the row.
std::optional<uint64_t> copy_row(std::string_view context) {
    size_t at = context.find("COPY "), mark = at == context.npos ? at : context.find(", line ", at);
    if (mark == context.npos) return {};
    std::string_view digits = context.substr(mark + 7);
    auto row = parse_int(digits.substr(0, digits.find_first_not_of("0123456789")));
    return row && *row > 0 ? std::optional(uint64_t(*row)) : std::nullopt;
}

class Rows final : public Sink {
public:
    void data(const Data& data) override { all.push_back(data); }
    std::vector<Data> all;
};

Place place_of(std::string_view script, uint64_t offset) {
    offset = std::min<uint64_t>(offset, script.size());
    Lines lines{Place{}};
    lines.load(script, 0);
    return lines.place(offset);
}

/// The begin of the row in the data that psql was reading at `line`.
std::optional<Place> row_place(std::string_view script, uint64_t line, uint64_t row) {
    Rows rows;
    Lexer lexer({}, rows);
    lexer.feed(script);
    lexer.finish();
    for (const Data& data : rows.all) {
        uint64_t first = place_of(script, data.begin).line, last = place_of(script, data.end).line;
        if (line + 1 < first || line > last) continue;
        uint64_t at = data.begin;
        for (uint64_t skipped = 1; skipped < row && at < data.end; ++skipped) {
            size_t end = script.find('\n', at);
            if (end == script.npos) return {};
            at = end + 1;
        }
        return place_of(script, at);
    }
    return {};
}

}  // namespace

std::optional<PsqlError> read_psql_error(std::string_view text) {
    std::optional<PsqlError> error;
    std::string* last = nullptr;
    bool is_caret_next = false;
    size_t excerpt_begin = 0;
    for (std::string_view line : lines_of(text)) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (auto head = head_of(line)) {
            error = std::move(head);
            last = &error->message;
            continue;
        }
        if (!error) continue;
        if (is_caret_next) {
            is_caret_next = false;
            size_t caret = line.find('^');
            if (caret != line.npos && caret >= excerpt_begin) error->caret = caret - excerpt_begin;
            continue;
        }
        if (line.starts_with("LINE ") && error->server_line == 0) {
            size_t colon = line.find(": ");
            auto number = parse_int(line.substr(5, colon == line.npos ? colon : colon - 5));
            if (number && colon != line.npos) {
                error->server_line = uint64_t(*number);
                error->excerpt = line.substr(colon + 2);
                excerpt_begin = colon + 2;
                is_caret_next = true;
                last = nullptr;
                continue;
            }
        }
        std::pair<std::string_view, std::string*> fields[] = {
            {"DETAIL:  ", &error->detail}, {"HINT:  ", &error->hint}, {"CONTEXT:  ", &error->context}};
        bool is_field = false;
        for (auto [mark, field] : fields) {
            if (!line.starts_with(mark)) continue;
            field->assign(line.substr(mark.size()));
            last = field;
            is_field = true;
        }
        if (is_field) continue;
        if (line.starts_with("LOCATION:  ") || line.starts_with("psql")) last = nullptr;
        if (last) last->append("\n").append(line);
    }
    return error;
}

std::optional<ErrorPosition> locate(const PsqlError& error, std::string_view script, const VariableValue& value) {
    auto queries = query_texts(script, value);
    // psql may stand on the line where the statement ended, or behind it, in its data.
    const QueryText* best = nullptr;
    std::optional<uint64_t> position;
    for (const QueryText& query : queries) {
        if (query.statement.end_line > error.line) break;
        bool is_later = !best || query.statement.end_line > best->statement.end_line;
        auto found = error.server_line ? position_in(query.text, error) : std::nullopt;
        bool is_same_line = best && query.statement.end_line == best->statement.end_line;
        if (is_later || (is_same_line && (found || !position))) best = &query, position = found;
    }
    if (!best) return {};
    ErrorPosition where{.place = best->statement.begin,
                        .statement_begin = best->statement.begin,
                        .statement_end = best->statement.end,
                        .statement = best->text.substr(0, statement_bytes_kept)};
    if (position) {
        where.place = place_of(script, best->script_offset(*position));
        where.is_exact = true;
    } else if (auto row = copy_row(error.context)) {
        if (auto place = row_place(script, error.line, *row)) where.place = *place, where.is_exact = true;
    }
    return where;
}

}  // namespace ry::databases::script

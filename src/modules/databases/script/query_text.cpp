#include "modules/databases/script/query_text.h"

#include <algorithm>

namespace ry::databases::script {
namespace {

/// Stretches of the script that are not sent as they stand.
struct Stretch {
    enum class Kind { quoted, command, data, variable, skipped } kind;
    uint64_t begin, end;
};

/// Collects statements and the stretches in them.
class Stretches final : public Sink {
public:
    void token(const Token& token, Lines&) override {
        using enum TokenKind;
        Stretch::Kind kind = token.kind == variable ? Stretch::Kind::variable : Stretch::Kind::quoted;
        if (token.kind == variable || token.kind == string || token.kind == quoted_identifier || token.kind == comment)
            add(kind, token.offset, token.offset + token.bytes);
        if (token.kind == dollar_string) body_begin_ = token.offset, body_end_ = token.offset + token.bytes;
    }
    void body(std::string_view span, uint64_t offset, Lines&) override { body_end_ = offset + span.size(); }
    void body_end() override { add(Stretch::Kind::quoted, body_begin_, body_end_); }
    void data(const Data& data) override { add(Stretch::Kind::data, data.begin, data.end); }
    Truth meta_command(const MetaCommand& command) override {
        if (command.is_active == Truth::no) skip_since_last_command(command.place.offset);
        command_end_ = command.end;
        add(Stretch::Kind::command, command.place.offset, command.end);
        if (command.arguments.size() != 1 || command.arguments[0].pieces.size() != 1) return Truth::unknown;
        return truth_of(command.arguments[0].pieces[0].text);
    }
    void statement(const Statement& statement) override {
        if (statement.ended != Statement::Ended::discarded && statement.is_active != Truth::no)
            statements.push_back(statement);
    }

    std::vector<Stretch> all;
    std::vector<Statement> statements;

private:
    /// Data may stand inside something quoted, and was told first: it cuts that into parts.
    void add(Stretch::Kind kind, uint64_t begin, uint64_t end) {
        auto inside = std::lower_bound(all.begin(), all.end(), begin,
                                       [](const Stretch& stretch, uint64_t offset) { return stretch.begin < offset; });
        std::vector<Stretch> cuts(inside, all.end());
        all.erase(inside, all.end());
        for (const Stretch& cut : cuts) {
            if (cut.begin > begin) all.push_back({kind, begin, cut.begin});
            all.push_back(cut);
            begin = cut.end;
        }
        if (end > begin) all.push_back({kind, begin, end});
    }

    /// The branch of \if that ends here was not taken.
    void skip_since_last_command(uint64_t end) {
        while (!all.empty() && all.back().begin >= command_end_) all.pop_back();
        add(Stretch::Kind::skipped, command_end_, end);
    }

    uint64_t body_begin_ = 0, body_end_ = 0, command_end_ = 0;
};

/// Builds the text of one statement as psql fills its buffer, line by line.
class Sending {
public:
    Sending(std::string_view script, const std::vector<Stretch>& stretches, const VariableValue& value,
            QueryText& query)
        : script_(script), stretches_(stretches), value_(value), query_(query) {}

    void run() {
        uint64_t at = query_.statement.begin.offset, end = std::min<uint64_t>(query_.statement.end, script_.size());
        auto stretch = std::lower_bound(stretches_.begin(), stretches_.end(), at,
                                        [](const Stretch& s, uint64_t offset) { return s.end <= offset; });
        while (at < end) {
            while (stretch != stretches_.end() && stretch->end <= at) ++stretch;
            bool is_inside = stretch != stretches_.end() && stretch->begin <= at;
            uint64_t stop =
                stretch == stretches_.end() ? end : std::min(end, is_inside ? stretch->end : stretch->begin);
            if (is_inside)
                take(*stretch, at, stop);
            else
                plain(at, stop);
            at = stop;
        }
    }

private:
    void take(const Stretch& stretch, uint64_t at, uint64_t stop) {
        switch (stretch.kind) {
            case Stretch::Kind::quoted:
                return send(at, stop);
            case Stretch::Kind::skipped:
                return;
            case Stretch::Kind::data:
                is_line_begin_ = true;
                return;
            case Stretch::Kind::variable:
                return variable(at, stop);
            case Stretch::Kind::command:
                newline_.reset();  // the line's only content: it is not sent, nor is its end
                is_line_begin_ = false;
                return;
        }
    }

    /// Outside quotes psql drops lines without a byte, and the end of the last line.
    void plain(uint64_t at, uint64_t stop) {
        for (; at < stop; ++at) {
            bool is_escape = script_[at] == '\\' && at + 1 < stop;
            if (script_[at] != '\n') {
                at += is_escape;
                send(at, at + 1);
            } else {
                if (!is_line_begin_ && !query_.text.empty()) newline_ = at;
                is_line_begin_ = true;
            }
        }
    }

    void variable(uint64_t at, uint64_t stop) {
        std::string written(script_.substr(at, stop - at));
        bool is_test = written.starts_with(":{?");
        size_t front = is_test ? 3 : written[1] == '\'' || written[1] == '"' ? 2 : 1;
        std::string name = written.substr(front, written.size() - front - (front > 1));
        auto value = value_ ? value_(name) : std::nullopt;
        if (is_test)
            value = value ? "TRUE" : "FALSE";
        else if (value && front == 2)
            value = quoted(*value, written[1]);
        if (!value) return send(at, stop);
        send_newline();
        segment(at);
        query_.text += *value;
    }
    static std::string quoted(std::string_view value, char quote) {
        std::string text(quote == '\'' && value.find('\\') != value.npos ? " E" : "");
        text += quote;
        for (char c : value) text += c == quote || (c == '\\' && quote == '\'') ? std::string(2, c) : std::string(1, c);
        return text + quote;
    }

    void segment(uint64_t at) { query_.segments.push_back({query_.text.size(), at}); }
    void send_newline() {
        is_line_begin_ = false;
        if (!newline_) return;
        uint64_t at = *newline_;
        newline_.reset();
        append(at, at + 1);
    }
    void send(uint64_t at, uint64_t stop) {
        send_newline();
        append(at, stop);
    }
    void append(uint64_t at, uint64_t stop) {
        const auto& segments = query_.segments;
        if (segments.empty() ||
            segments.back().script_offset + (query_.text.size() - segments.back().text_offset) != at)
            segment(at);
        query_.text += script_.substr(at, stop - at);
    }

    std::string_view script_;
    const std::vector<Stretch>& stretches_;
    const VariableValue& value_;
    QueryText& query_;
    std::optional<uint64_t> newline_;  ///< an end of a line, sent when more comes
    bool is_line_begin_ = false;
};

}  // namespace

uint64_t QueryText::script_offset(uint64_t text_offset) const {
    auto after = std::upper_bound(segments.begin(), segments.end(), text_offset,
                                  [](uint64_t offset, const Segment& segment) { return offset < segment.text_offset; });
    if (after == segments.begin()) return statement.begin.offset;
    const Segment& segment = *(after - 1);
    uint64_t offset = segment.script_offset + (text_offset - segment.text_offset);
    // What a variable put in is longer than its name: its places are that of the name.
    return after == segments.end() ? offset
                                   : std::min(offset, std::max(segment.script_offset, after->script_offset - 1));
}

std::vector<QueryText> query_texts(std::string_view script, const VariableValue& value) {
    script = script.substr(0, script_bytes_max);
    Stretches stretches;
    Lexer lexer({}, stretches);
    lexer.feed(script);
    lexer.finish();
    std::vector<QueryText> queries;
    for (Statement& statement : stretches.statements) {
        queries.push_back({.statement = std::move(statement)});
        Sending(script, stretches.all, value, queries.back()).run();
        bool is_cut_off = queries.back().statement.ended == Statement::Ended::end_of_input;
        if (is_cut_off && script.ends_with('\n') && queries.back().text.ends_with('\n')) queries.back().text.pop_back();
    }
    return queries;
}

}  // namespace ry::databases::script

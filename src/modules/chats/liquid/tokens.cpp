#include "modules/chats/liquid/tokens.h"

#include <algorithm>

#include "modules/chats/liquid/reader.h"

namespace ry::chats::liquid {
namespace {

/// An output or a tag whose content lies in [begin, end): without dashes and white space.
Token delimited(Token::Kind kind, std::string_view source, size_t begin, size_t end) {
    auto is_dash = [&](size_t at) { return at < source.size() && source[at] == '-'; };
    Token token{.kind = kind, .trims_left = is_dash(begin), .trims_right = end > 0 && is_dash(end - 1)};
    token.inner_begin = begin + token.trims_left;
    token.inner_end = end - token.trims_right;
    while (token.inner_begin < token.inner_end) {
        size_t bytes = blank_bytes(source, token.inner_begin);
        if (!bytes) break;
        token.inner_begin += bytes;
    }
    while (token.inner_end > token.inner_begin) {
        size_t bytes = blank_bytes_before(source, token.inner_end);
        if (!bytes) break;
        token.inner_end -= bytes;
    }
    return token;
}

/// Reads the tag's name; `message` is for one that has none.
void name_tag(Token& token, std::string_view source, std::string_view message, Failure& failure) {
    Arena unused;
    Reader reader(source, token.inner_begin, token.inner_end, unused, failure);
    reader.skip_blank();
    if (reader.at() < source.size() && source[reader.at()] == '#') {
        token.name = source.substr(reader.at(), 1);
        reader.advance();
    } else {
        token.name = reader.identifier();
    }
    if (token.name.empty()) reader.fail(std::string(message));
    reader.skip_blank();
    token.arguments_begin = reader.at();
}

class Tokenizer {
public:
    Tokenizer(std::string_view source, Failure& failure) : source_(source), failure_(failure) {}

    std::vector<Token> run() {
        while (at_ < source_.size() && !failure_.has_failed) {
            if (raw_begin_ != std::string_view::npos)
                raw();
            else if (source_.substr(at_, 2) == "{%")
                tag();
            else if (source_.substr(at_, 2) == "{{")
                output();
            else
                text();
        }
        control_white_space();
        return std::move(tokens_);
    }

private:
    void add(Token token, size_t begin, size_t end) {
        token.begin = begin;
        token.end = at_ = end;
        tokens_.push_back(token);
    }

    void add_text(size_t begin, size_t end) { add({.inner_begin = begin, .inner_end = end}, begin, end); }

    void add_tag(size_t begin, size_t end) {
        Token token = delimited(Token::Kind::tag, source_, begin + 2, end - 2);
        name_tag(token, source_, "illegal tag syntax, tag name expected", failure_);
        add(token, begin, end);
    }

    void text() {
        size_t end = at_;
        while ((end = source_.find('{', end)) != std::string_view::npos) {
            if (end + 1 < source_.size() && (source_[end + 1] == '%' || source_[end + 1] == '{')) break;
            ++end;
        }
        add_text(at_, std::min(end, source_.size()));
    }

    void fail_unclosed(std::string_view what, size_t quoted, size_t place) {
        Arena unused;
        Reader reader(source_, place, source_.size(), unused, failure_);
        reader.fail(std::string(what) + " " + reader.snapshot(quoted) + " not closed");
    }

    void tag() {
        size_t begin = at_, end = source_.find("%}", begin + 1);
        if (end == std::string_view::npos) return fail_unclosed("tag", begin, begin);
        add_tag(begin, end + 2);
        if (tokens_.back().name == "raw") raw_begin_ = begin;
    }

    /// Quoted text does not end an output.
    void output() {
        size_t begin = at_, at = begin;
        while (at < source_.size()) {
            char c = source_[at];
            if (c == '"' || c == '\'') {
                at = quoted_end(at);
                continue;
            }
            ++at;
            if (at >= begin + 2 && source_.substr(at - 2, 2) == "}}") {
                return add(delimited(Token::Kind::output, source_, begin + 2, at - 2), begin, at);
            }
        }
        fail_unclosed("output", begin, begin);
    }

    size_t quoted_end(size_t at) const {
        char quote = source_[at++];
        for (bool is_escaped = false; at < source_.size();) {
            char c = source_[at++];
            if (c == quote && !is_escaped) break;
            is_escaped = !is_escaped && c == '\\';
        }
        return at;
    }

    bool ends_at(size_t at, std::string_view text) const {
        return at >= text.size() && at <= source_.size() && source_.substr(at - text.size(), text.size()) == text;
    }

    /// After `raw`: everything up to its end, then that.
    void raw() {
        size_t begin = at_;
        Arena unused;
        Reader reader(source_, begin, source_.size(), unused, failure_);
        reader.read_to("{%");
        size_t left = reader.at() - 2;
        while (!reader.is_end()) {
            if (reader.identifier() != "endraw") {
                reader.read_to("{%");
                left = reader.at() - 2;
                continue;
            }
            for (size_t at = reader.at();; ++at) {
                reader.go_to(at);
                if (at > source_.size() || ends_at(at, "{%")) break;
                if (!ends_at(at, "%}")) continue;
                if (begin != left) return add_text(begin, left);
                raw_begin_ = std::string_view::npos;
                return add_tag(begin, at);
            }
        }
        fail_unclosed("raw", raw_begin_, begin);
    }

    void control_white_space() {
        bool is_raw = false;
        for (size_t i = 0; i < tokens_.size(); ++i) {
            Token& token = tokens_[i];
            if (token.kind == Token::Kind::text) continue;
            if (!is_raw && token.trims_left && i > 0) trim_end(tokens_[i - 1]);
            if (token.is_tag("raw")) is_raw = true;
            if (token.is_tag("endraw")) is_raw = false;
            if (!is_raw && token.trims_right && i + 1 < tokens_.size()) trim_begin(tokens_[i + 1]);
        }
    }
    void trim_end(Token& text) {
        if (text.kind != Token::Kind::text) return;
        while (text.inner_end > text.inner_begin) {
            size_t bytes = blank_bytes_before(source_, text.inner_end);
            if (!bytes) return;
            text.inner_end -= bytes;
        }
    }
    void trim_begin(Token& text) {
        if (text.kind != Token::Kind::text) return;
        while (text.inner_begin < text.inner_end) {
            size_t bytes = blank_bytes(source_, text.inner_begin);
            if (!bytes) return;
            text.inner_begin += bytes;
        }
    }

    std::string_view source_;
    Failure& failure_;
    size_t at_ = 0;
    size_t raw_begin_ = std::string_view::npos;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view source, Failure& failure) { return Tokenizer(source, failure).run(); }

std::vector<Token> tokens_of_lines(std::string_view source, size_t begin, size_t end, Failure& failure) {
    std::vector<Token> tokens;
    Arena unused;
    Reader reader(source, begin, end, unused, failure);
    while (!reader.is_end()) {
        reader.skip_blank();
        if (reader.is_end()) break;
        size_t line = reader.at();
        reader.read_to("\n");
        Token token = delimited(Token::Kind::tag, source, line, reader.at());
        name_tag(token, source, "illegal liquid tag syntax", failure);
        token.begin = line;
        token.end = reader.at();
        tokens.push_back(token);
    }
    return tokens;
}

}  // namespace ry::chats::liquid

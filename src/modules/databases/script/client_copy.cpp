#include <optional>

#include "base/text.h"
#include "modules/databases/script/lexer.h"

namespace ry::databases::script {
namespace {

/// The tokens of \copy's line: separated by white space, `single` bytes stand alone, `quotes` begin quoted text in
/// which the quote is doubled.
class CopyTokens {
public:
    explicit CopyTokens(std::string_view rest) : rest_(rest) {}

    std::optional<std::string> next(std::string_view single, std::string_view quotes) {
        while (at_ < rest_.size() && is_space(rest_[at_])) ++at_;
        if (at_ == rest_.size()) return {};
        size_t begin = at_;
        char c = rest_[at_];
        if (single.find(c) != single.npos) {
            ++at_;
        } else if (quotes.find(c) != quotes.npos) {
            for (++at_; at_ < rest_.size(); ++at_) {
                if (rest_[at_] != c) continue;
                if (rest_.substr(at_ + 1, 1) != std::string_view(&c, 1)) break;
                ++at_;
            }
            if (at_ < rest_.size()) ++at_;
        } else {
            while (at_ < rest_.size() && !is_space(rest_[at_]) && single.find(rest_[at_]) == single.npos &&
                   quotes.find(rest_[at_]) == quotes.npos)
                ++at_;
        }
        return std::string(rest_.substr(begin, at_ - begin));
    }

private:
    static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
    std::string_view rest_;
    size_t at_ = 0;
};

std::string unquoted(std::string_view token) {
    if (token.size() < 2 || token.front() != '\'' || token.back() != '\'') return std::string(token);
    std::string text;
    for (size_t at = 1; at + 1 < token.size(); ++at) {
        text += token[at];
        if (token[at] == '\'' && token[at + 1] == '\'') ++at;
    }
    return text;
}

constexpr std::string_view name_signs = ".,()", name_quotes = "\"";

/// What stands between the parentheses of a query or of a list of columns.
bool skip_parentheses(CopyTokens& tokens) {
    for (int depth = 1; depth > 0;) {
        auto token = tokens.next("()", "\"'");
        if (!token) return false;
        depth += *token == "(" ? 1 : *token == ")" ? -1 : 0;
    }
    return true;
}

/// Up to "from" or "to", which is returned.
std::optional<std::string> direction_of(CopyTokens& tokens) {
    auto token = tokens.next(name_signs, name_quotes);
    if (token && equals_ignoring_case(*token, "binary")) token = tokens.next(name_signs, name_quotes);
    if (!token || (*token == "(" && !skip_parentheses(tokens))) return {};
    token = tokens.next(name_signs, name_quotes);
    if (token && *token == ".") {
        if (!tokens.next(name_signs, name_quotes)) return {};
        token = tokens.next(name_signs, name_quotes);
    }
    if (token && *token == "(") {
        if (!skip_parentheses(tokens)) return {};
        token = tokens.next(name_signs, name_quotes);
    }
    return token;
}

}  // namespace

ClientCopy read_client_copy(std::string_view rest) {
    CopyTokens tokens(rest);
    ClientCopy copy;
    auto direction = direction_of(tokens);
    copy.is_from = direction && equals_ignoring_case(*direction, "from");
    copy.is_malformed = !copy.is_from && !(direction && equals_ignoring_case(*direction, "to"));
    auto peer = copy.is_malformed ? std::nullopt : tokens.next(";", "'");
    copy.is_malformed = !peer;
    if (!peer) return copy;
    auto is = [&](std::string_view word) { return equals_ignoring_case(*peer, word); };
    if (is("stdin") || is("stdout")) return copy;
    if (is("pstdin") || is("pstdout")) {
        copy.peer = ClientCopy::Peer::psql_stream;
        return copy;
    }
    copy.peer = ClientCopy::Peer::file;
    if (is("program")) {
        copy.peer = ClientCopy::Peer::program;
        peer = tokens.next(";", "'");
        copy.is_malformed = !peer || !peer->starts_with('\'');
    }
    copy.name = unquoted(peer.value_or(""));
    return copy;
}

}  // namespace ry::databases::script

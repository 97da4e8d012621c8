#include "modules/databases/migrations/transactions.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "modules/databases/script/lexer.h"

namespace ry::databases::migrations {
namespace {

constexpr size_t words_kept = 8;  // "create unique index concurrently if not exists …"

bool is_refused(const std::vector<std::string>& words) {
    auto word = [&](size_t i) { return i < words.size() ? std::string_view(words[i]) : std::string_view(); };
    bool is_concurrent = std::ranges::find(words, "concurrently") != words.end();
    if (word(0) == "vacuum") return true;
    if (word(0) == "cluster") return words.size() == 1;
    if (word(0) == "alter") return word(1) == "system";
    if (word(0) == "reindex") return is_concurrent || word(1) == "database" || word(1) == "system";
    if (word(0) != "create" && word(0) != "drop") return false;
    if (word(1) == "database" || word(1) == "tablespace" || word(1) == "subscription") return true;
    return is_concurrent && (word(1) == "index" || word(2) == "index");
}

class Statements final : public script::Sink {
public:
    void token(const script::Token& token, script::Lines&) override {
        if (token.kind == script::TokenKind::word && words_.size() < words_kept) words_.push_back(lower(token.text));
    }
    void statement(const script::Statement&) override {
        refuses_ |= is_refused(words_);
        words_.clear();
    }
    bool refuses() const { return refuses_; }

private:
    static std::string lower(std::string_view text) {
        std::string word(text);
        for (char& c : word) c = char(std::tolower(static_cast<unsigned char>(c)));
        return word;
    }
    std::vector<std::string> words_;
    bool refuses_ = false;
};

}  // namespace

bool refuses_transaction(std::string_view sql) {
    Statements statements;
    script::Lexer lexer({}, statements);
    lexer.feed(sql);
    lexer.finish();
    return statements.refuses();
}

}  // namespace ry::databases::migrations

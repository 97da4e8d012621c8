#include "modules/databases/script/sql_scan.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/text.h"

namespace ry::databases::script {
namespace {

struct Rule {
    bool is_call;  ///< only with "(" behind it
    FindingKind kind;
    Weight weight;
    std::string_view why;
};
constexpr auto varies = FindingKind::volatile_value;
constexpr auto reaches = FindingKind::outside_effect;
constexpr std::string_view clock = "the time of the run", chance = "chance", position = "the server's own state",
                           files = "files of the server", other = "another server", sleeping = "only costs time";

const std::unordered_map<std::string_view, Rule>& rules() {
    static const std::unordered_map<std::string_view, Rule> all = [] {
        std::unordered_map<std::string_view, Rule> made;
        auto add = [&](std::initializer_list<std::string_view> names, Rule rule) {
            for (std::string_view name : names) made.emplace(name, rule);
        };
        add({"current_timestamp", "current_date", "current_time", "localtime", "localtimestamp"},
            {false, varies, Weight::warning, clock});
        add({"now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday",
             "pg_postmaster_start_time", "pg_conf_load_time"},
            {true, varies, Weight::warning, clock});
        add({"random", "random_normal", "gen_random_uuid", "gen_random_bytes", "gen_salt", "uuidv4", "uuidv7",
             "uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4", "normal_rand", "array_shuffle",
             "array_sample"},
            {true, varies, Weight::warning, chance});
        add({"txid_current", "txid_current_if_assigned", "txid_current_snapshot", "pg_current_xact_id",
             "pg_current_snapshot", "pg_backend_pid", "pg_current_wal_lsn", "pg_current_wal_insert_lsn",
             "pg_export_snapshot", "inet_client_addr", "inet_client_port", "inet_server_addr", "inet_server_port"},
            {true, varies, Weight::warning, position});
        add({"nextval"}, {true, varies, Weight::note, "the order of sessions, when several run at once"});
        add({"pg_sleep", "pg_sleep_for", "pg_sleep_until"}, {true, varies, Weight::note, sleeping});
        add({"pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_stat_file", "lo_import", "lo_export",
             "pg_file_write"},
            {true, reaches, Weight::warning, files});
        add({"dblink", "dblink_connect", "dblink_connect_u", "dblink_exec", "dblink_open", "dblink_send_query"},
            {true, reaches, Weight::warning, other});
        return made;
    }();
    return all;
}

/// Which first letters and lengths the names have: most words are not looked up.
bool may_be_rule(std::string_view word) {
    constexpr size_t letters = 26, lengths = 32;
    static const std::array<bool, letters * lengths> seen = [] {
        std::array<bool, letters * lengths> made{};
        for (const auto& [name, rule] : rules()) made[size_t(name[0] - 'a') * lengths + name.size()] = true;
        return made;
    }();
    size_t letter = size_t((word[0] | 0x20) - 'a');
    return letter < letters && word.size() < lengths && seen[letter * lengths + word.size()];
}

std::string message_of(std::string_view word, const Rule& rule) {
    std::string what(word);
    if (rule.is_call) what += "()";
    if (rule.kind == reaches) return what + " depends on " + std::string(rule.why) + ", which no state keeps";
    if (rule.why == sleeping) return what + " " + std::string(rule.why);
    return what + " depends on " + std::string(rule.why) + ": a rebuilt state has another value";
}

constexpr std::string_view time_types[] = {"timestamp", "timestamptz", "date", "time", "timetz", "zone"};
constexpr std::string_view time_words[] = {"'now'", "'today'", "'tomorrow'", "'yesterday'"};
template <size_t count>
bool is_one_of(std::string_view word, const std::string_view (&words)[count]) {
    return std::any_of(std::begin(words), std::end(words),
                       [&](std::string_view w) { return equals_ignoring_case(w, word); });
}

struct Phrase {
    std::string_view words;  ///< the statement begins with them
    std::string_view message;
};
constexpr Phrase phrases[] = {
    {"create tablespace", "CREATE TABLESPACE uses a directory outside the cluster, which no state keeps"},
    {"alter system", "ALTER SYSTEM changes the server's configuration file; give settings to the image instead"},
    {"load", "LOAD brings a library of the host into the server; its version is not in the key"},
    {"create server", "CREATE SERVER names another server, which no state keeps"},
    {"import foreign", "IMPORT FOREIGN SCHEMA reads another server"},
    {"create subscription", "CREATE SUBSCRIPTION copies from another server"},
    {"create foreign", "a foreign table shows what another server or file has now"},
    {"create extension dblink", "the extension dblink reaches other servers"},
    {"create extension postgres_fdw", "the extension postgres_fdw reaches other servers"},
    {"create extension file_fdw", "the extension file_fdw reads files of the server"},
};
constexpr std::string_view untrusted_languages[] = {"plpython3u", "plpythonu", "plperlu", "pltclu", "plsh", "c"};

}  // namespace

/// The state of one level: the script, and, inside, the body of a function.
class SqlScan::State {
public:
    State(Report report, std::optional<Effect> body) : report_(std::move(report)), body_(body) {}

    void token(const Token& token, Lines& lines) {
        if (token.kind == TokenKind::comment) return;
        finish_call(token);
        follow_time(token, lines);
        switch (token.kind) {
            case TokenKind::word:
                word(token, lines);
                break;
            case TokenKind::symbol:
                depth_ += token.text == "(" ? 1 : token.text == ")" ? -1 : 0;
                break;
            case TokenKind::dollar_string:
                open_body();
                break;
            default:
                break;
        }
    }

    void body(std::string_view span, uint64_t offset, Lines& lines) {
        if (!wants_body_) return;
        if (!inner_) {
            inner_.emplace(report_, body_effect_);
            LexerOptions options{.dialect = Dialect::server, .begin = lines.place(offset)};
            lexer_.emplace(options, *inner_);
        }
        lexer_->feed(span);
    }

    void body_end() {
        if (lexer_) lexer_->finish();
        lexer_.reset();
        inner_.reset();
        wants_body_ = false;
    }

    void statement(const Statement& statement) {
        call_.reset();
        std::string begin;
        for (const std::string& word : words_) begin.append(word).append(" ");
        constexpr std::string_view condition = "if not exists ";
        if (size_t at = begin.find(condition); at != begin.npos) begin.erase(at, condition.size());
        words_.clear();  // it takes effect at once, also where it begins with CREATE
        for (const Phrase& phrase : phrases)
            if (begin.starts_with(phrase.words) && begin[phrase.words.size()] == ' ')
                say(reaches, Weight::warning, statement.begin, std::string(phrase.message));
        depth_ = 0;
        is_select_ = false;
    }

private:
    /// The body's own tokens, one level deeper.
    class Body final : public Sink {
    public:
        Body(const Report& report, Effect effect) : state_(std::make_unique<State>(report, effect)) {}
        void token(const Token& token, Lines& lines) override { state_->token(token, lines); }
        void statement(const Statement& statement) override { state_->statement(statement); }

    private:
        std::unique_ptr<State> state_;
    };

    void say(FindingKind kind, Weight weight, const Place& place, std::string message) {
        report_({.kind = kind,
                 .weight = weight,
                 .effect = effect(),
                 .file = {},
                 .place = place,
                 .message = std::move(message)});
    }

    /// CREATE TABLE … DEFAULT now() is evaluated when a row comes; CREATE TABLE … AS SELECT now() at once.
    Effect effect() const {
        if (body_) return *body_;
        bool is_definition = !words_.empty() && words_[0] == "create" && !is_select_ &&
                             std::find(words_.begin(), words_.end(), "materialized") == words_.end();
        return is_definition ? Effect::by_definition : Effect::at_once;
    }

    bool begins(std::string_view word) const { return !words_.empty() && words_[0] == word; }

    void word(const Token& token, Lines& lines) {
        constexpr size_t words_max = 6;
        if (words_.size() < words_max) words_.push_back(lower(token.text));
        if (depth_ == 0 && begins("create") && equals_ignoring_case(last_word_, "as") && words_.size() > 1)
            is_select_ = is_select_ || (is_table() && !equals_ignoring_case(token.text, "identity"));
        if (equals_ignoring_case(last_word_, "language") && is_one_of(token.text, untrusted_languages))
            say(reaches, Weight::warning, lines.place(token.offset),
                "functions in " + std::string(token.text) +
                    " may do whatever the server's user may; what they read is not in the key");
        bool is_new_name =
            equals_ignoring_case(last_word_, "function") || equals_ignoring_case(last_word_, "procedure");
        if (!is_new_name && may_be_rule(token.text)) look_up(token, lines);
        last_word_.assign(token.text);
    }
    bool is_table() const { return std::find(words_.begin(), words_.end(), "table") != words_.end(); }

    void look_up(const Token& token, Lines& lines) {
        std::string name = lower(token.text);
        auto found = rules().find(name);
        if (found == rules().end()) return;
        Place place = lines.place(token.offset);
        if (found->second.is_call)
            call_ = Call{&*found, place};
        else
            say(found->second.kind, found->second.weight, place, message_of(name, found->second));
    }

    void finish_call(const Token& token) {
        if (!call_) return;
        if (token.kind == TokenKind::symbol && token.text == "(")
            say(call_->rule->second.kind, call_->rule->second.weight, call_->place,
                message_of(call_->rule->first, call_->rule->second));
        call_.reset();
    }

    /// timestamp 'now' and 'now'::timestamp.
    void follow_time(const Token& token, Lines& lines) {
        if (token.kind == TokenKind::string && is_one_of(token.text, time_words)) {
            time_ = lines.place(token.offset), time_colons_ = 0;
            if (is_one_of(last_word_, time_types)) say_time();
        } else if (time_ && token.kind == TokenKind::symbol && token.text == ":") {
            ++time_colons_;
        } else if (time_) {
            if (time_colons_ == 2 && token.kind == TokenKind::word && is_one_of(token.text, time_types)) say_time();
            time_.reset();
        }
        if (token.kind != TokenKind::word) last_word_.clear();
    }
    void say_time() {
        say(varies, Weight::warning, *time_, "'now', 'today' and the like depend on the time of the run");
        time_.reset();
    }

    void open_body() {
        bool is_do = begins("do"), is_routine = begins("create");
        wants_body_ = !body_ && (is_do || is_routine);
        body_effect_ = is_do ? Effect::at_once : Effect::in_function;
    }

    struct Call {
        const std::pair<const std::string_view, Rule>* rule;
        Place place;
    };

    Report report_;
    const std::optional<Effect> body_;
    std::vector<std::string> words_;  ///< the first of the statement
    std::string last_word_;           ///< empty when the last token was no word
    int64_t depth_ = 0;
    bool is_select_ = false;
    std::optional<Call> call_;
    std::optional<Place> time_;
    int time_colons_ = 0;

    bool wants_body_ = false;
    Effect body_effect_ = Effect::at_once;
    std::optional<Body> inner_;
    std::optional<Lexer> lexer_;
};

SqlScan::SqlScan(Report report) : state_(std::make_unique<State>(std::move(report), std::nullopt)) {}
SqlScan::~SqlScan() = default;
void SqlScan::token(const Token& token, Lines& lines) { state_->token(token, lines); }
void SqlScan::body(std::string_view span, uint64_t offset, Lines& lines) { state_->body(span, offset, lines); }
void SqlScan::body_end() { state_->body_end(); }
void SqlScan::statement(const Statement& statement) { state_->statement(statement); }

}  // namespace ry::databases::script

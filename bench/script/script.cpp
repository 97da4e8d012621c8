// How fast scripts are cut: a migration with functions, a data load of long INSERTs, a dump of COPY rows; and, beside
// them, how fast memchr finds the lines of the same bytes. Then the whole closure, with its scan of the SQL and
// SHA-256.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "modules/databases/script/closure.h"
#include "modules/databases/script/lexer.h"

using namespace ry::databases::script;

namespace {

class Counting final : public Sink {
public:
    void statement(const Statement&) override { ++count; }
    void data(const Data& data) override { count += data.end > data.begin; }
    Truth meta_command(const MetaCommand&) override { return ++count, Truth::unknown; }
    size_t count = 0;
};

class OneFile final : public Files {
public:
    explicit OneFile(const std::string& text) : text_(text) {}
    Kind kind(const std::string&) override { return Kind::file; }
    ry::Result<void> read(const std::string&, const std::function<bool(std::string_view)>& take) override {
        constexpr size_t piece = 256 << 10;
        for (size_t at = 0; at < text_.size() && take(std::string_view(text_).substr(at, piece)); at += piece) {}
        return {};
    }
    ry::Result<std::vector<std::string>> list(const std::string&) override { return std::vector<std::string>(); }

private:
    const std::string& text_;
};

std::string repeated(const std::string& text, size_t bytes) {
    std::string all;
    all.reserve(bytes + text.size());
    while (all.size() < bytes) all += text;
    return all;
}

std::string migration(size_t bytes) {
    return repeated(
        "-- Orders of the shop, with what they cost.\n"
        "create table shop.orders (\n    id bigint generated always as identity primary key,\n    customer_id bigint "
        "not null "
        "references shop.customer (id) on delete cascade,\n    placed_at timestamptz not null default '2024-01-01 "
        "00:00:00+00',\n    "
        "total numeric(12, 2) not null check (total >= 0),\n    note text not null default ''\n);\n"
        "create index orders_by_customer on shop.orders (customer_id, placed_at desc);\n"
        "comment on table shop.orders is 'One row for each order; it''s never deleted.';\n"
        "create or replace function shop.total_of(who bigint) returns numeric language plpgsql as $body$\ndeclare\n    "
        "result "
        "numeric;\nbegin\n    select coalesce(sum(total), 0) into result from shop.orders where customer_id = who;\n   "
        " return "
        "result;\nend\n$body$;\n\\echo orders are there\n",
        bytes);
}

std::string inserts(size_t bytes) {
    std::string row =
        "(12345, 'Alice O''Neil', 'alice@example.com', '2024-05-06 07:08:09', 12.50, true, null, 'a note of some "
        "length, as people write them'),\n";
    return "insert into shop.customer values\n" + repeated(row, bytes) + "(1, '', '', null, 0, false, null, '');\n";
}

std::string dump(size_t bytes) {
    return "copy shop.orders (id, customer_id, placed_at, total, note) from stdin;\n" +
           repeated("123456\t7890\t2024-05-06 07:08:09.123456+00\t12.50\ta note with \\\\ and \\N in it; it's data\n",
                    bytes) +
           "\\.\n\nselect 1;\n";
}

/// The best of five rounds, in MB/s.
template <class Work>
double speed(const std::string& text, Work work) {
    double best = 0;
    for (int round = 0; round < 5; ++round) {
        auto start = std::chrono::steady_clock::now();
        work();
        double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        best = std::max(best, double(text.size()) / 1e6 / seconds);
    }
    return best;
}

size_t cut(const std::string& text, size_t chunk) {
    Counting sink;
    Lexer lexer({}, sink);
    for (size_t at = 0; at < text.size(); at += chunk) lexer.feed(std::string_view(text).substr(at, chunk));
    lexer.finish();
    return sink.count;
}

size_t lines(const std::string& text) {
    size_t count = 0;
    for (const char *p = text.data(), *end = p + text.size();
         (p = static_cast<const char*>(std::memchr(p, '\n', size_t(end - p)))); ++p)
        ++count;
    return count;
}

void measure(const char* name, const std::string& text) {
    volatile size_t kept = 0;
    auto say = [&](const char* what, double figure) { std::printf("%s, %-28s %8.0f MB/s\n", name, what, figure); };
    say("lines by memchr", speed(text, [&] { kept = lines(text); }));
    say("in chunks of 256 KiB", speed(text, [&] { kept = cut(text, 256 << 10); }));
    say("in chunks of 4 KiB", speed(text, [&] { kept = cut(text, 4096); }));
    OneFile files(text);
    PsqlStep step{.sources = {{Source::Kind::file, "a.sql"}}, .options = {}, .variables = {}};
    say("closure with scan and hash",
        speed(text, [&] { kept = closure_of(step, {.working_dir = "/"}, files).files.size(); }));
}

}  // namespace

int main() {
    constexpr size_t bytes = 64 << 20;
    measure("migration", migration(bytes));
    measure("inserts", inserts(bytes));
    measure("dump", dump(bytes));
}

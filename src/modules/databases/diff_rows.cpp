#include "modules/databases/diff_rows.h"

#include <algorithm>
#include <boost/json.hpp>
#include <deque>

namespace ry::databases {
namespace {

namespace bj = boost::json;

constexpr int rows_fetched = 2'000;          // at once, of each side
constexpr int cell_characters_max = 1'000;   // shown of a value
constexpr size_t shown_bytes_max = 8 << 20;  // of all rows that are shown
constexpr size_t tables_shown_max = 2'000;

/// A table as one side has it.
struct Table {
    bool is_sequence = false;
    std::vector<std::string> columns;  // sorted
    std::vector<std::string> key;
};
using Tables = std::map<std::string, Table>;

/// name, relkind, columns, key: of the primary key, else of the unique index with the fewest columns that can tell
/// every row.
constexpr std::string_view tables_sql = R"sql(
select n.nspname_quoted || '.' || quote_ident(c.relname), c.relkind,
    (select json_agg(attname order by attname collate "C") from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped and attname <> case c.relkind when 'S' then 'log_cnt' else '' end),
    (select json_agg(attname order by attname collate "C") from pg_attribute where attrelid = c.oid and attnum = any (
        (select (i.indkey::int2[])[0:i.indnkeyatts - 1] from pg_index i where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null and i.indexprs is null
            and not exists (select from unnest(i.indkey[0:i.indnkeyatts - 1]) k join pg_attribute a on a.attrelid = c.oid and a.attnum = k where not a.attnotnull)
         order by i.indisprimary desc, i.indnkeyatts, i.indexrelid limit 1)::int2[]))
from pg_class c join (select oid, quote_ident(nspname) as nspname_quoted from pg_namespace where nspname not like 'pg\_%' and nspname <> 'information_schema') n on n.oid = c.relnamespace
where c.relkind in ('r', 'S') and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by 1 limit )sql";

std::vector<std::string> names_in(const std::optional<std::string>& json) {
    std::vector<std::string> names;
    if (!json) return names;
    boost::system::error_code error;
    bj::value value = bj::parse(*json, error);
    if (!error && value.is_array())
        for (const auto& name : value.as_array()) names.emplace_back(name.as_string());
    return names;
}

Result<Tables> read_tables(const Op& op, Session& session) {
    auto rows = TRY(session.run(op, std::string(tables_sql) + std::to_string(tables_max + 1)));
    if (rows.size() > tables_max)
        return fail(Code::too_large, "a database has more than 20,000 tables; name those whose rows shall be compared");
    Tables tables;
    for (const Session::Row& row : rows)
        tables[row[0].value_or("")] = {row[1] == "S", names_in(row[2]), names_in(row[3])};
    return tables;
}

std::string joined(const std::vector<std::string>& columns, std::string_view after) {
    std::string list;
    for (const std::string& column : columns)
        list += (list.empty() ? "" : ", ") + sql_identifier(column) + std::string(after);
    return list;
}

/// How one table is read, on both sides alike.
struct Reading {
    std::string name;
    std::vector<std::string> columns;  // that both sides have
    std::vector<std::string> key;
    bool is_sequence = false;
    std::string whole() const { return "row(" + joined(columns, "") + ")::text"; }
    /// What rows are found by, as text. Without a key it is the row's own hash; a sequence has one row.
    std::string key_text() const {
        if (is_sequence) return "''";
        return key.empty() ? "md5(" + whole() + ")" : "array[" + joined(key, "::text") + "]::text";
    }
    std::string source() const { return (is_sequence ? "" : "only ") + name; }
};

/// One side's rows in the order of their keys.
class Cursor {
public:
    struct Row {
        std::string key, hash, place;
    };
    static Result<Cursor> open(const Op& op, Session& session, const Reading& reading) {
        TRY(session.run(op, "declare row_cursor no scroll cursor for select " + reading.key_text() +
                                " collate \"C\" as key, hashtextextended(" + reading.whole() + ", 0), ctid from " +
                                reading.source() + " order by key, 2"));
        return Cursor(op, session);
    }
    /// Null at the end.
    Result<const Row*> front() {
        if (ahead_.empty() && !is_over_) {
            auto rows = TRY(session_->run(*op_, "fetch " + std::to_string(rows_fetched) + " from row_cursor"));
            is_over_ = rows.empty();
            for (Session::Row& row : rows)
                ahead_.push_back({row[0].value_or(""), row[1].value_or(""), row[2].value_or("")});
            if (is_over_) TRY(session_->run(*op_, "close row_cursor"));
        }
        return ahead_.empty() ? nullptr : &ahead_.front();
    }
    Row take() {
        Row row = std::move(ahead_.front());
        ahead_.pop_front();
        return row;
    }

private:
    Cursor(const Op& op, Session& session) : op_(&op), session_(&session) {}
    const Op* op_;
    Session* session_;
    std::deque<Row> ahead_;
    bool is_over_ = false;
};

/// A row as {column: text}, long values cut.
Result<bj::object> row_at(const Op& op, Session& session, const Reading& reading, const std::string& place) {
    std::string list;
    for (const std::string& column : reading.columns)
        list += (list.empty() ? "left(" : ", left(") + sql_identifier(column) + "::text, " +
                std::to_string(cell_characters_max) + ") as " + sql_identifier(column);
    auto rows = TRY(session.run(op, "select row_to_json(x) from (select " + list + " from " + reading.source() +
                                        " where ctid = " + sql_literal(place) + ") x"));
    boost::system::error_code error;
    bj::value value = rows.empty() ? bj::value() : bj::parse(rows[0][0].value_or(""), error);
    if (error || !value.is_object())
        return fail(Code::unavailable, "a row of " + reading.name + " cannot be read again; compare once more");
    return value.as_object();
}

/// Rows to show, as long as there is room.
class Sample {
public:
    Sample(const Op& op, Session& from, Session& to, const Reading& reading, TableDiff& table, size_t rows_max,
           size_t& bytes)
        : op_(op), from_(from), to_(to), reading_(reading), table_(table), rows_max_(rows_max), bytes_(bytes) {}

    Result<void> add(Change change, const Cursor::Row* before, const Cursor::Row* after) {
        ++(change == Change::added     ? table_.rows_added
           : change == Change::removed ? table_.rows_removed
                                       : table_.rows_modified);
        if (table_.rows.size() >= rows_max_ || bytes_ > shown_bytes_max) return {};
        RowDiff told{.change = change, .key = {"{}"}, .from = {}, .to = {}};
        bj::object from, to, key;
        if (before) from = TRY(row_at(op_, from_, reading_, before->place));
        if (after) to = TRY(row_at(op_, to_, reading_, after->place));
        for (const std::string& column : reading_.key) key[column] = before ? from[column] : to[column];
        if (before && after) keep_differences(from, to);
        told.key.text = bj::serialize(key);
        if (before) told.from = Json{bj::serialize(from)};
        if (after) told.to = Json{bj::serialize(to)};
        bytes_ += told.key.text.size() + (before ? told.from->text.size() : 0) + (after ? told.to->text.size() : 0);
        table_.rows.push_back(std::move(told));
        return {};
    }

private:
    static void keep_differences(bj::object& from, bj::object& to) {
        bj::object before, after;
        for (const auto& [column, value] : from) {
            if (to[column] == value) continue;
            before[column] = value;
            after[column] = to[column];
        }
        if (before.empty()) return;  // they differ in what was cut: both are shown whole
        from = std::move(before);
        to = std::move(after);
    }

    const Op& op_;
    Session &from_, &to_;
    const Reading& reading_;
    TableDiff& table_;
    size_t rows_max_;
    size_t& bytes_;
};

struct Summary {
    int64_t rows = 0;
    std::string hash;
};
/// How many rows, and a hash that does not depend on their order: most tables are the same, and then this is all.
Result<Summary> summary_of(const Op& op, Session& session, const Reading& reading) {
    auto rows = TRY(session.run(op, "select count(*), coalesce(sum(hashtextextended(" + reading.whole() +
                                        ", 0)::numeric), 0) from " + reading.source()));
    return Summary{std::stoll(rows.at(0)[0].value_or("0")), rows[0][1].value_or("")};
}

/// Goes through both sides at once.
Result<void> merge(const Op& op, Session& from, Session& to, const Reading& reading, Sample& sample) {
    Cursor before = TRY(Cursor::open(op, from, reading)), after = TRY(Cursor::open(op, to, reading));
    while (true) {
        const Cursor::Row* old_row = TRY(before.front());
        const Cursor::Row* new_row = TRY(after.front());
        if (!old_row && !new_row) return {};
        if (!new_row || (old_row && old_row->key < new_row->key)) {
            Cursor::Row gone = before.take();
            TRY(sample.add(Change::removed, &gone, nullptr));
        } else if (!old_row || new_row->key < old_row->key) {
            Cursor::Row come = after.take();
            TRY(sample.add(Change::added, nullptr, &come));
        } else {
            Cursor::Row was = before.take(), is = after.take();
            if (was.hash != is.hash) TRY(sample.add(Change::modified, &was, &is));
        }
    }
}

Result<bool> differs(const Op& op, Session& from, Session& to, const Reading& reading, TableDiff& table) {
    Summary before = TRY(summary_of(op, from, reading)), after = TRY(summary_of(op, to, reading));
    table.rows_from = before.rows;
    table.rows_to = after.rows;
    return before.rows != after.rows || before.hash != after.hash;
}

Reading reading_of(const std::string& name, const Table& from, const Table& to) {
    Reading reading{.name = name, .columns = {}, .key = {}, .is_sequence = from.is_sequence};
    std::ranges::set_intersection(from.columns, to.columns, std::back_inserter(reading.columns));
    if (from.key == to.key) reading.key = from.key;
    return reading;
}

std::string names_not_in(const std::vector<std::string>& columns, const std::vector<std::string>& others) {
    std::vector<std::string> left;
    std::ranges::set_difference(columns, others, std::back_inserter(left));
    return joined(left, "");
}

/// What is to be said of columns that only one side has: their values are not compared.
std::optional<std::string> uneven_columns(const Table& from, const Table& to) {
    std::string gone = names_not_in(from.columns, to.columns), come = names_not_in(to.columns, from.columns);
    if (gone.empty() && come.empty()) return {};
    return "columns that only one has are not compared: " + gone + (gone.empty() || come.empty() ? "" : ", ") + come;
}

}  // namespace

Result<void> compare_rows(const Op& op, Session& from, Session& to, const DiffRequest& request, DatabasesDiff& diff) {
    Tables before = TRY(read_tables(op, from)), after = TRY(read_tables(op, to));
    for (const std::string& wanted : request.tables)
        if (!before.contains(wanted) && !after.contains(wanted))
            return invalid("/tables", "names " + wanted +
                                          ", which is a table of neither; write it with its schema, as in public.item");
    size_t bytes = 0;
    bool is_out_of_time = false;
    for (const auto& [name, table] : before) {
        auto other = after.find(name);
        bool is_wanted = request.tables.empty() || std::ranges::find(request.tables, name) != request.tables.end();
        if (!is_wanted || other == after.end() || other->second.is_sequence != table.is_sequence) continue;
        Reading reading = reading_of(name, table, other->second);
        if (reading.columns.empty()) continue;
        TableDiff told{.name = name, .key = reading.key, .rows = {}, .problem = uneven_columns(table, other->second)};
        auto compared = [&]() -> Result<bool> {
            if (is_out_of_time || op.deadline.passed()) return fail(Code::timed_out, "the time was over before it");
            if (!TRY(differs(op, from, to, reading, told))) return false;
            Sample sample(op, from, to, reading, told, size_t(request.rows_max.value_or(diff_rows_default)), bytes);
            TRY(merge(op, from, to, reading, sample));
            return true;
        }();
        if (!compared && compared.error().code == Code::timed_out) {
            is_out_of_time = true;  // and the sessions are over
            told.problem = "the time ran out; give it more with --timeout, or name the tables that matter with --table";
        } else if (!compared) {
            return std::move(compared).error();
        }
        ++diff.tables_compared;
        if (compared && !*compared && !told.problem) continue;
        if (int64_t(told.rows.size()) < told.rows_added + told.rows_removed + told.rows_modified)
            diff.is_truncated = true;
        if (diff.tables.size() < tables_shown_max)
            diff.tables.push_back(std::move(told));
        else
            diff.is_truncated = true;
    }
    return {};
}

}  // namespace ry::databases

#pragma once
// The difference of two databases, as the API shows it.
#include <array>

#include "base/fields.h"
#include "modules/databases/instance_model.h"

namespace ry::databases {

constexpr int64_t diff_ms_default = 60'000;
constexpr int64_t diff_ms_max = 540'000;  // below the route's deadline, which starting both sides counts in too
constexpr int diff_rows_default = 20;     // shown of each table
constexpr int diff_rows_max = 1'000;

struct DiffRequest {
    std::string from;
    std::string to;
    std::string database = "postgres";
    bool schema = true;
    bool data = false;
    std::vector<std::string> tables;
    std::optional<int> rows_max;
    std::optional<int64_t> timeout_ms;
    static const Fields& fields() {
        using S = DiffRequest;
        static const Field table[] = {
            field("from", &S::from, "A state, a ref or an instance.", length(1, name_bytes_max), positional()),
            field("to", &S::to, "What it is compared with.", length(1, name_bytes_max), positional()),
            field("database", &S::database, "Which database of the two clusters.", length(1, 63), defaulted()),
            field("schema", &S::schema, "Compare the objects: tables, columns, views, functions, and so on.",
                  defaulted()),
            field("data", &S::data, "Compare the rows of the tables that both have.", defaulted()),
            field("tables", &S::tables, "Only the rows of these tables (public.item); all without it.",
                  length(0, 1'000), defaulted()),
            field("rows_max", &S::rows_max,
                  "How many rows of each table are shown at most; 20 without it. They are counted all the same.",
                  range(0, diff_rows_max)),
            field("timeout_ms", &S::timeout_ms, "How long it may take; one minute without it.",
                  range(1, double(diff_ms_max))),
        };
        static const Fields all{"DatabaseDiffRequest", table};
        return all;
    }
};

enum class Change { added, removed, modified };
constexpr std::array<std::string_view, 3> names_of(Change) { return {"added", "removed", "modified"}; }

/// What of an object differs. Columns, constraints, indexes, triggers and so on are objects of their table.
struct ObjectDiff {
    Change change = Change::modified;
    std::string kind;
    std::string name;
    std::optional<std::string> of;
    std::optional<std::string> from;
    std::optional<std::string> to;
    static const Fields& fields() {
        using S = ObjectDiff;
        static const Field table[] = {
            field("change", &S::change, "What happened to it."),
            field("kind", &S::kind, "What it is: table, column, constraint, index, view, function, …"),
            field("name", &S::name, "Its name, with its schema; of a part of a table, its own name."),
            field("of", &S::of, "The table that it is a part of."),
            field("from", &S::from, "Its definition in the first database."),
            field("to", &S::to, "Its definition in the second."),
        };
        static const Fields all{"DatabaseObjectDiff", table};
        return all;
    }
};

struct RowDiff {
    Change change = Change::modified;
    Json key{"{}"};
    std::optional<Json> from;
    std::optional<Json> to;
    static const Fields& fields() {
        using S = RowDiff;
        static const Field table[] = {
            field("change", &S::change, "What happened to it."),
            field("key", &S::key, "The columns of its key, as texts; empty for a table without one."),
            field("from", &S::from, "The row in the first database; of a modified one, the columns that differ."),
            field("to", &S::to, "The row in the second."),
        };
        static const Fields all{"DatabaseRowDiff", table};
        return all;
    }
};

struct TableDiff {
    std::string name;
    std::vector<std::string> key;
    int64_t rows_from = 0;
    int64_t rows_to = 0;
    int64_t rows_added = 0;
    int64_t rows_removed = 0;
    int64_t rows_modified = 0;
    std::vector<RowDiff> rows;
    std::optional<std::string> problem;
    static const Fields& fields() {
        using S = TableDiff;
        static const Field table[] = {
            field("name", &S::name, "Its name, with its schema."),
            field("key", &S::key,
                  "The columns that rows are found by: its primary key, or another unique one. Empty: rows are "
                  "compared whole."),
            field("rows_from", &S::rows_from, "How many rows it has in the first database."),
            field("rows_to", &S::rows_to, "How many it has in the second."),
            field("rows_added", &S::rows_added, "How many only the second has."),
            field("rows_removed", &S::rows_removed, "How many only the first has."),
            field("rows_modified", &S::rows_modified, "How many have another content."),
            field("rows", &S::rows, "Some of them."),
            field("problem", &S::problem, "Why its rows were not compared, or not to the end."),
        };
        static const Fields all{"DatabaseTableDiff", table};
        return all;
    }
};

struct DatabasesDiff {
    std::optional<std::string> state_id_from;
    std::optional<std::string> state_id_to;
    int64_t objects_added = 0;
    int64_t objects_removed = 0;
    int64_t objects_modified = 0;
    std::vector<ObjectDiff> objects;
    int64_t tables_compared = 0;
    std::vector<TableDiff> tables;
    bool is_truncated = false;
    int64_t ms = 0;
    static const Fields& fields() {
        using S = DatabasesDiff;
        static const Field table[] = {
            field("state_id_from", &S::state_id_from,
                  "The first state; absent for an instance, whose data may have changed."),
            field("state_id_to", &S::state_id_to, "The second state."),
            field("objects_added", &S::objects_added, "How many objects only the second has."),
            field("objects_removed", &S::objects_removed, "How many only the first has."),
            field("objects_modified", &S::objects_modified, "How many are defined in another way."),
            field("objects", &S::objects, "They, tables with their parts."),
            field("tables_compared", &S::tables_compared, "How many tables' rows were compared."),
            field("tables", &S::tables,
                  "Those whose rows differ, or could not be compared. Sequences are tables of one row."),
            field("is_truncated", &S::is_truncated,
                  "Whether objects or rows were left out because there are too many."),
            field("ms", &S::ms, "How long it took."),
        };
        static const Fields all{"DatabasesDiff", table};
        return all;
    }
};

}  // namespace ry::databases

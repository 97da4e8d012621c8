#pragma once
// Statements that a person sends to an instance, and what comes back.
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "modules/databases/step_model.h"

namespace ry::databases {

/// A database of an instance's cluster.
struct ClusterDatabase {
    std::string name;
    int64_t bytes = 0;
    static const Fields& fields() {
        using S = ClusterDatabase;
        static const Field table[] = {
            field("name", &S::name, "Its name; a connection string has it behind the instance's, as in shop:billing."),
            field("bytes", &S::bytes, "What it takes."),
        };
        static const Fields all{"ClusterDatabase", table};
        return all;
    }
};

struct QueryResult {
    std::string command;
    std::vector<std::string> columns;
    std::vector<std::string> types;
    Json rows{"[]"};
    int64_t rows_count = 0;
    bool is_truncated = false;
    static const Fields& fields() {
        using S = QueryResult;
        static const Field table[] = {
            field("command", &S::command, "What PostgreSQL says was done: SELECT 3."),
            field("columns", &S::columns, "The columns' names."),
            field("types", &S::types, "The columns' types."),
            field("rows", &S::rows, "The rows: arrays of texts, null where SQL has null."),
            field("rows_count", &S::rows_count, "How many rows there were."),
            field("is_truncated", &S::is_truncated, "Whether rows were left out."),
        };
        static const Fields all{"QueryResult", table};
        return all;
    }
};

struct QueryAnswer {
    std::vector<QueryResult> results;
    std::vector<std::string> notices;
    std::optional<Failure> failure;
    int64_t ms = 0;
    static const Fields& fields() {
        using S = QueryAnswer;
        static const Field table[] = {
            field("results", &S::results, "A result for each statement that was carried out."),
            field("notices", &S::notices, "What the server said besides, such as RAISE NOTICE, in order."),
            field("failure", &S::failure, "Why the next one failed."),
            field("ms", &S::ms, "How long it took."),
        };
        static const Fields all{"QueryAnswer", table};
        return all;
    }
};

// ---- what a person sends

struct QueryInstance {
    std::string sql;
    std::string database = "postgres";
    std::vector<std::string> parameters;
    bool is_read_only = false;
    std::optional<int> rows_max;
    std::optional<int64_t> timeout_ms;
    static const Fields& fields() {
        using S = QueryInstance;
        static const Field table[] = {
            field("sql", &S::sql, "One or more statements; one when there are parameters, and when it is read only.",
                  length(1, 500'000), positional()),
            field("database", &S::database, "Which database of its cluster.", length(1, 63), defaulted()),
            field("parameters", &S::parameters, "Values of $1, $2 … in it.", defaulted(), length(0, 1'000)),
            field("is_read_only", &S::is_read_only, "Whether it may change nothing.", defaulted()),
            field("rows_max", &S::rows_max, "How many rows of each result at most; 1,000 without it.",
                  range(1, 10'000)),
            field("timeout_ms", &S::timeout_ms, "How long it may take; 30 s without it.", range(1, 600'000)),
        };
        static const Fields all{"QueryInstance", table};
        return all;
    }
};

}  // namespace ry::databases

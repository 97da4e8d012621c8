#pragma once
// Inside: the part of a file that goes up. What does not is made empty line by line, so that the lines of errors are
// the file's own.
#include <string>
#include <string_view>

#include "base/result.h"

namespace ry::databases::migrations {

struct UpSection {
    std::string sql;
    bool is_in_transaction = true;
};

/// `-- migrate:up [transaction:false]` … `-- migrate:down`.
Result<UpSection> dbmate_up(std::string_view file);
/// `-- +goose Up` … `-- +goose Down`, `-- +goose NO TRANSACTION`; `StatementBegin` and `StatementEnd` are comments to
/// psql too.
Result<UpSection> goose_up(std::string_view file);
/// `--> statement-breakpoint` ends a statement.
std::string drizzle_statements(std::string_view file);

}  // namespace ry::databases::migrations

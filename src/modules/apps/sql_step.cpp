// The step `sql`: what the database of the chat's app says to one statement that changes nothing.
#include "modules/apps/apps.h"
#include "modules/apps/branch_databases.h"
#include "modules/chats/chats.h"
#include "modules/chats/pipeline_steps.h"

namespace ry::apps {
namespace {

constexpr int rows_default = 100;

struct SqlParameters {
    std::string statement;
    std::vector<std::string> parameters;
    std::optional<int> rows_max;
    static const Fields& fields() {
        using S = SqlParameters;
        static const Field table[] = {
            field("statement", &S::statement, "One statement that changes nothing; $1, $2 … are its parameters.",
                  length(1, chats::pipelines::template_bytes_max)),
            field("parameters", &S::parameters,
                  "Their values. What people or models wrote belongs here, never into the statement.", defaulted(),
                  length(0, 100)),
            field("rows_max", &S::rows_max, "How many rows at most (100 when absent).", range(1, 10'000)),
        };
        static const Fields all{"SqlParameters", table};
        return all;
    }
};

}  // namespace

Result<chats::Chat> Apps::chat_of_step(const Op& op, const chats::StepCall& call) {
    if (!call.chat_id)
        return fail(Code::invalid, "the step is about the app of a chat; begin the run with the chat_id of one");
    Op by = op;
    chats::Chat chat = TRY(chats_.show(by, *call.chat_id));
    if (!chat.app_id) return fail(Code::invalid, "the chat is about no app; begin the run with the chat of one");
    return chat;
}

Result<Json> Apps::run_sql(const Op& op, const chats::StepCall& call) {
    auto parameters = TRY(from_json<SqlParameters>(call.parameters.text));
    chats::Chat chat = TRY(chat_of_step(op, call));
    return databases_->query(op, TRY(show(op, *chat.app_id)), chat.active_branch_id, parameters.statement,
                             parameters.parameters, parameters.rows_max.value_or(rows_default));
}

chats::StepKind Apps::sql_kind() {
    return {chats::pipelines::step_type<SqlParameters>(
                "sql", "Asks the database of the app of the run's chat.",
                {"columns", "types", "rows", "rows_count", "is_truncated", "command"}),
            [this](const Op& op, const chats::StepCall& call) { return run_sql(op, call); }};
}

void Apps::use_databases(BranchDatabases& databases) {
    databases_ = &databases;
    chats_.add_step_kind(sql_kind());
}

}  // namespace ry::apps

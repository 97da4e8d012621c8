#pragma once
// Looks through SQL for what makes a state come out differently another time, or reaches beyond its cluster. It reads
// words outside strings and comments; bodies of DO and of functions are read too, and noted as such. It is a scan, not
// a parser: a function of one's own called now() is reported.
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "modules/databases/script/finding.h"
#include "modules/databases/script/lexer.h"

namespace ry::databases::script {

class SqlScan {
public:
    /// Gets every finding, without the file's name.
    using Report = std::function<void(Finding)>;
    explicit SqlScan(Report report);
    ~SqlScan();
    SqlScan(const SqlScan&) = delete;

    // The events of a Lexer, as a Sink gets them.
    void token(const Token& token, Lines& lines);
    void body(std::string_view span, uint64_t offset, Lines& lines);
    void body_end();
    void statement(const Statement& statement);

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace ry::databases::script

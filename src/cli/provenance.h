#pragma once
// `--provenance FILE`: what a command read, what was cached, and what came of it, as JSON; written whatever the end.
// The format is docs/database-recipes.md.
#include <boost/json/object.hpp>
#include <string>

#include "base/time.h"
#include "cli/database_call.h"

namespace ry::cli {

class Provenance {
public:
    /// Code::invalid when the file cannot be written, before anything is done.
    static Result<Provenance> begin(std::string file, std::string command);

    void take_request(const Asked& asked);
    /// A plan or a prepare, as the server tells it; a later one replaces an earlier one.
    void take_answer(const boost::json::value& answer);
    /// The program that ran.
    void take_run(const std::string& run_id, const std::vector<std::string>& command);
    void take_error(const std::string& message);
    /// Writes the file. `exit` is the command's exit code.
    Result<void> end(int exit);

private:
    Provenance(std::string file, std::string command);
    std::string file_;
    int64_t began_ms_;
    boost::json::object all_;
};

}  // namespace ry::cli

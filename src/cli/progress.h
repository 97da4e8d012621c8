#pragma once
// The steps of a prepare on standard error: one line that changes on a terminal, a line for each step elsewhere.
#include <boost/json/value.hpp>
#include <string>

#include "cli/terminal.h"

namespace ry::cli {

class Progress {
public:
    /// `steps`: how many there are, until an event says otherwise.
    Progress(const Terminal& terminal, size_t steps);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;

    /// An event of the prepare's stream.
    void take(const boost::json::value& event);

private:
    void begin(size_t step, const std::string& title);
    void end(size_t step, const std::string& title, const std::string& how);
    static std::string shown_how(const boost::json::value& event);
    void clear();

    const Terminal& terminal_;
    bool is_terminal_;
    size_t steps_;
    bool is_drawn_ = false;
};

}  // namespace ry::cli

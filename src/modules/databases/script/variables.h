#pragma once
// Inside script: psql's variables, as far as they are known before the script runs.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "modules/databases/script/meta_command.h"

namespace ry::databases::script {

class Variables {
public:
    /// `initial`: what -v sets, or unsets.
    explicit Variables(const std::map<std::string, std::optional<std::string>>& initial);

    /// Absent: only known when the script runs. psql keeps ":name" of a variable that is not set.
    std::optional<std::string> text_of(const Argument& argument, bool strips_semicolons) const;
    /// The truth of \if's arguments.
    Truth truth_of(const std::vector<Argument>& arguments) const;

    /// After a \set, \unset, \gset, \getenv or \prompt that is carried out, or perhaps.
    void follow(const MetaCommand& command);

private:
    enum class Known { value, unset, unknown };
    struct Value {
        Known known = Known::unknown;
        std::string text;
    };
    Value value_of(const std::string& name) const;
    void forget(const std::string& prefix);

    std::map<std::string, Value> values_;
    std::vector<std::string> unknown_prefixes_;  ///< what \gset may have set
};

}  // namespace ry::databases::script

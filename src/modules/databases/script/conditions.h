#pragma once
// Inside script: the \if that are open, and whether what stands in them is carried out.
#include <cstddef>
#include <string_view>
#include <vector>

#include "modules/databases/script/meta_command.h"

namespace ry::databases::script {

class Conditions {
public:
    /// `outer`: is the script itself carried out?
    explicit Conditions(Truth outer) : outer_(outer) {}

    size_t depth() const { return open_.size(); }
    Truth active() const { return open_.empty() ? outer_ : both(open_.back().outer, open_.back().branch); }

    /// Why psql stops at this \elif, \else or \endif; empty when it has its place.
    std::string_view problem_of(std::string_view name) const {
        if (open_.empty()) return "without \\if";
        return open_.back().is_last && name != "endif" ? "after \\else" : "";
    }
    void open(Truth condition) { open_.push_back({active(), condition, condition, false}); }
    void elif (Truth condition) {
        Branches& top = open_.back();
        top.branch = top.taken == Truth::yes  ? Truth::no
                     : top.taken == Truth::no ? condition
                                              : both(condition, Truth::unknown);
        if (top.taken != Truth::yes && condition != Truth::no) top.taken = condition;
    }
    void otherwise() {
        elif (Truth::yes);
        open_.back().is_last = true;
    }
    void close() { open_.pop_back(); }

private:
    struct Branches {
        Truth outer;   ///< is the \if carried out?
        Truth taken;   ///< has a branch been taken?
        Truth branch;  ///< is this one?
        bool is_last;  ///< it is that of \else
    };
    static Truth both(Truth a, Truth b) {
        if (a == Truth::no || b == Truth::no) return Truth::no;
        return a == Truth::yes && b == Truth::yes ? Truth::yes : Truth::unknown;
    }

    Truth outer_;
    std::vector<Branches> open_;
};

}  // namespace ry::databases::script

#pragma once
// `ramify doctor`: what this machine gives, why it matters, and the command that mends what is missing.
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "cli/terminal.h"
#include "server/settings.h"

namespace ry::cli {

enum class Health { ok, weaker, missing };
constexpr std::array<std::string_view, 3> names_of(Health) { return {"ok", "weaker", "missing"}; }

struct Check {
    std::string name;
    Health health = Health::ok;
    std::string detail;
    std::string why;
    std::optional<std::string> fix;
    static const Fields& fields() {
        using S = Check;
        static const Field table[] = {
            field("name", &S::name, "What was looked at."),
            field("health", &S::health, "weaker: it works with less; missing: something does not work without it."),
            field("detail", &S::detail, "What was found."),
            field("why", &S::why, "Why it matters."),
            field("fix", &S::fix, "The command or setting that mends it."),
        };
        static const Fields all{"Check", table};
        return all;
    }
};

/// Looks, and leaves nothing behind. Takes about a second: programs are asked for their versions.
std::vector<Check> examine(const server::Settings& settings);

/// A line for each check, and what to do about those that are not ok.
std::string shown_checks(const Terminal& terminal, const std::vector<Check>& checks);

}  // namespace ry::cli

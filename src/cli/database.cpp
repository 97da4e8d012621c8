#include "cli/database.h"

#include <algorithm>
#include <iostream>

#include "base/check.h"
#include "cli/database_call.h"
#include "cli/help.h"
#include "cli/provenance.h"

namespace ry::cli {
namespace {

constexpr std::pair<std::string_view, int (*)(const DatabaseCall&)> functions[] = {
    {"db prepare", &database_prepare}, {"db plan", &database_plan}, {"db watch", &database_watch}, {"db run", &database_run}, {"db compare", &database_compare},
    {"db dsn", &database_dsn},         {"db psql", &database_psql}, {"db rm", &database_rm},       {"db gc", &database_gc},   {"db ls", &database_ls},
    {"db status", &database_status},   {"db init", &database_init}, {"db stop", &database_stop}, {"db diff", &database_diff}, {"db discover", &database_discover},
};

}  // namespace

int run_database(const Terminal& terminal, const OwnCommand& command, std::span<const std::string> words, const Surroundings& surroundings) {
    auto read = read_words(command, words);
    if (!read) return wrong(terminal, read.error().message);
    if (read->has("help")) {
        terminal.out << help_of(terminal, command) << std::flush;
        return 0;
    }
    auto function = std::ranges::find(functions, command.name, [](const auto& row) { return row.first; });
    ENSURE(function != std::end(functions));
    if (!read->has("provenance")) return function->second({terminal, command, *read, surroundings});
    auto provenance = Provenance::begin(read->get("provenance"), std::string(command.name.substr(3)));
    if (!provenance) return failed(terminal, provenance.error());
    int exit = function->second({terminal, command, *read, surroundings, &*provenance});
    if (auto written = provenance->end(exit); !written) return failed(terminal, written.error());
    return exit;
}

}  // namespace ry::cli

// `ramify db discover`: prints what a folder could have prepared.
#include <boost/json.hpp>

#include "base/text.h"
#include "cli/database_call.h"
#include "cli/discover.h"
#include "modules/databases/script/files.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;

bool is_wanted(const Words& words, Proposal::Kind kind) {
    bool is_any = !words.has("recipes") && !words.has("ignores") && !words.has("splits");
    return is_any || words.has(std::string(names_of(kind)[size_t(kind)]) + "s");
}

void print_json(const Terminal& terminal, const Discovery& found) {
    bj::array proposals, warnings;
    for (const Proposal& proposal : found.proposals)
        proposals.push_back(bj::object{{"kind", bj::string(names_of(proposal.kind)[size_t(proposal.kind)])},
                                       {"title", proposal.title},
                                       {"why", proposal.why},
                                       {"command", proposal.command}});
    for (const std::string& warning : found.warnings) warnings.emplace_back(warning);
    terminal.out << bj::serialize(bj::object{{"proposals", std::move(proposals)},
                                             {"files_looked_at", found.files_looked_at},
                                             {"warnings", std::move(warnings)}})
                 << "\n"
                 << std::flush;
}

void print_text(const Terminal& terminal, const Discovery& found) {
    for (const Proposal& proposal : found.proposals)
        terminal.out << styled(terminal, Style::bold, one_line(proposal.title)) << "\n"
                     << styled(terminal, Style::dim, one_line(proposal.why)) << "\n\n"
                     << printable(proposal.command) << "\n\n";
    terminal.out << found.proposals.size() << " proposals; " << found.files_looked_at
                 << " files were looked at, and nothing was written.\n"
                 << std::flush;
    for (const std::string& warning : found.warnings)
        terminal.err << styled(terminal, Style::yellow, "warning:") << " " << printable(warning) << "\n";
}

}  // namespace

int database_discover(const DatabaseCall& call) {
    if (call.words.positional.size() > 1) return misused(call, "name one folder, or none for the working directory");
    InputPlace place = disk_place();
    if (!call.words.positional.empty())
        place.working_dir = databases::script::joined_path(place.working_dir, call.words.positional[0]);
    auto found = discover(place);
    if (!found) return failed(call, found.error());
    std::erase_if(found->proposals, [&](const Proposal& proposal) { return !is_wanted(call.words, proposal.kind); });
    if (call.wants_json())
        print_json(call.terminal, *found);
    else
        print_text(call.terminal, *found);
    return 0;
}

}  // namespace ry::cli

#include "cli/database_request.h"

#include <unistd.h>

#include "cli/database_inputs.h"

namespace ry::cli {

using namespace databases;

Result<InputPlace> input_place(const Words& words) {
    RefMode mode = TRY(read_ref_mode(words.get("ref-mode")));
    InputPlace here = disk_place();
    if (words.has("ref")) return place_at(here.working_dir, words.get("ref"), mode);
    if (words.has("ref-mode")) return fail(Code::invalid, "--ref-mode says how --ref is read; give --ref too");
    return here;
}

Result<Asked> read_request(const Words& words) {
    if (words.positional.size() != 1) return fail(Code::invalid, "name the kind of the steps: psql");
    if (words.positional[0] != "psql") return fail(Code::invalid, "\"" + one_line(words.positional[0]) + "\" is no kind of steps; there is psql");
    Asked asked;
    asked.request.image = words.get("image");
    if (words.has("from")) asked.request.from = words.get("from");
    if (words.has("name")) asked.request.name = words.get("name");
    for (auto [flag, member] : {std::pair("ttl", &asked.request.ttl_ms), std::pair("lease", &asked.request.lease_ms)}) {
        if (!words.has(flag)) continue;
        *member = parse_duration_ms(words.get(flag));
        if (!*member) return fail(Code::invalid, "--" + std::string(flag) + " must be a time such as 90s, 30m, 2h or 1d");
    }
    asked.request.is_deterministic = words.has("deterministic");
    DatabaseInputs inputs = TRY(read_database_inputs(words.rest, words.inputs, words.has("one-session"), ::isatty(STDIN_FILENO) == 0, TRY(input_place(words))));
    asked.request.steps = std::move(inputs.steps);
    asked.contents = std::move(inputs.contents);
    asked.warnings = std::move(inputs.warnings);
    return asked;
}

}  // namespace ry::cli

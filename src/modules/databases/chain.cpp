// From what is asked for to the states that it names: keys, what is there, and why the rest is not.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "kernel/secrets/secrets.h"
#include "modules/databases/inside.h"
#include "modules/databases/postgres/base.h"
#include "modules/databases/queries.gen.h"
#include "modules/databases/script/state_key.h"
#include "modules/databases/step_run.h"

namespace ry::databases {
namespace {

constexpr size_t shown_bytes_max = 120;  // of a title made of arguments

/// Without line ends and other control characters: SQL of -c may have many.
std::string one_line(std::string_view text) {
    std::string line(text);
    for (char& c : line)
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
    return line;
}

/// The arguments on one line, without those that every step has.
std::string arguments_shown(const Step& step) {
    std::string shown;
    for (size_t i = 0; i < step.arguments.size(); ++i) {
        if (step.arguments[i] == "-X") continue;
        if (step.arguments[i] == "-v" && i + 1 < step.arguments.size() && step.arguments[i + 1] == "ON_ERROR_STOP=1") {
            ++i;
            continue;
        }
        shown += (shown.empty() ? "" : " ") + one_line(step.arguments[i]);
    }
    return shown;
}

/// "-f schema.sql"; the beginning of what -c says.
std::string title_of(const Step& step) {
    if (step.title) return one_line(*step.title);
    std::string title = arguments_shown(step);
    if (title.size() <= shown_bytes_max) return title;
    return std::string(utf8_prefix(title, shown_bytes_max)) + "…";
}

/// What tells a changed step from another one: the kind, the files' names, and the arguments that are not their
/// content.
std::string outline_of(const Step& step) {
    std::string outline =
        std::string(name_of(step.kind)) + " " + (step.title ? one_line(*step.title) : arguments_shown(step));
    for (const Input& input : step.inputs) outline += " <" + input.path;
    return std::string(utf8_prefix(outline, 2'000));
}

/// "input_changed: a.sql", or empty when the inputs are the same.
std::string changed_input(const Step& before, const Step& after) {
    for (const Input& input : after.inputs) {
        auto known = std::ranges::find(before.inputs, input.path, &Input::path);
        if (known == before.inputs.end()) return "input_added: " + input.path;
        if (known->sha256 != input.sha256) return "input_changed: " + input.path;
    }
    for (const Input& input : before.inputs)
        if (std::ranges::find(after.inputs, input.path, &Input::path) == after.inputs.end())
            return "input_removed: " + input.path;
    return "";
}

/// What of a changeset is another one now: its arguments are "what=digest".
std::string changed_changeset(const Step& before, const Step& after) {
    constexpr std::pair<std::string_view, std::string_view> what[] = {{"md5sum=", "changeset_changed"},
                                                                      {"definition=", "changeset_changed"},
                                                                      {"sql=", "changeset_changed"},
                                                                      {"everywhere=", "properties_changed"}};
    auto value_of = [](const Step& step, std::string_view name) {
        auto found = std::ranges::find_if(step.arguments,
                                          [&](const std::string& argument) { return argument.starts_with(name); });
        return found == step.arguments.end() ? std::string() : *found;
    };
    for (const auto& [name, reason] : what)
        if (value_of(before, name) != value_of(after, name)) return std::string(reason);
    return "";
}

std::string base_key_of(const PostgresImage& image) {
    BaseOptions options;
    return script::base_key({.binaries_sha256 = image.digest,
                             .initdb_options = {key_text(options)},
                             .locale = options.locale,
                             .encoding = options.encoding,
                             .time_zone = options.time_zone,
                             .settings = {}});
}

}  // namespace

script::StepIngredients Databases::Inside::ingredients_of(const Step& step, int tool_major) {
    script::StepIngredients ingredients{.kind = std::string(name_of(step.kind)),
                                        .arguments = step.arguments,
                                        .standard_input_sha256 = {},
                                        .files = {},
                                        .environment = {},
                                        .tool_major = tool_major};
    if (step.stdin_text) ingredients.standard_input_sha256 = blob::key_of(*step.stdin_text).text();
    for (const Input& input : step.inputs) ingredients.files[input.path] = input.sha256;
    return ingredients;
}

size_t Chain::built_count() const {
    size_t count = links.size();
    while (count > 0 && !links[count - 1].built) --count;
    return count;
}

Result<std::optional<states::Pin>> Databases::Inside::find_tree(const Op& op, const std::string& state_id) {
    auto own = TRY(states.find(tree_of(op.organization, state_id)));
    if (own) return own;
    return states.find("base-" + state_id);
}

Result<Chain> Databases::Inside::chain_of(const Op& op, const PrepareRequest& request, Planning planning) {
    Chain chain;
    std::optional<StateRow> from;
    if (request.from) {
        if (!request.image.empty())
            return invalid("/image", "must be left out when from is given: the state has its image");
        from =
            TRY(store.read(op, "databases.find_state", [&](store::Tx& tx) { return state_named(tx, *request.from); }));
        chain.image = TRY(images.find(op, from->image));
        if (chain.image.digest != from->image_digest)
            return fail(Code::conflict,
                        "the host's " + from->image + " is not the one any more that made the state; prepare it again");
        chain.base_id = from->id;
        chain.begins_with_base = false;
    } else {
        chain.image = TRY(request.image.empty() ? newest_image(op) : images.find(op, request.image));
        chain.base_id = base_key_of(chain.image);
    }
    std::vector<std::string> ids = {chain.base_id};
    auto add = [&](size_t of_step, const Step& step, script::StepIngredients ingredients,
                   std::optional<ChangesetPlace> changeset) {
        std::string id = script::step_key(ids.back(), ingredients);
        Json kept{to_json(step)};
        chain.links.push_back(
            {id, title_of(step), outline_of(step), std::move(kept), {}, of_step, std::move(changeset)});
        ids.push_back(std::move(id));
    };
    for (size_t i = 0; i < request.steps.size(); ++i) {
        const Step& step = request.steps[i];
        TRY(check(step, "/steps/" + std::to_string(i)));
        if (step.kind != StateKind::lb) {
            add(i, step, ingredients_of(step, TRY(images.client_tools(op)).major), {});
            continue;
        }
        auto plan = TRY(liquibase_plan(op, chain.image, step, planning));
        if (!plan) {
            chain.is_planned = false;
            break;
        }
        for (LiquibaseStep& one : plan->steps)
            add(i, one.step, ingredients_of(one.step, int(plan->tool_major)), std::move(one.changeset));
        chain.warnings.insert(chain.warnings.end(), plan->warnings.begin(), plan->warnings.end());
    }
    // A state is there when its row and its directory are.
    auto rows = TRY(store.read(op, "databases.find_states",
                               [&](store::Tx& tx) { return tx.many(sql::states_named, {.ids = ids}); }));
    std::map<std::string, StateRow*> row_of;
    for (StateRow& row : rows) row_of[row.id] = &row;
    for (size_t i = chain.links.size(); i-- > 0;) {  // from the end: what lies before a tree that is there need not be
        auto row = row_of.find(chain.links[i].state_id);
        bool is_needed = chain.built_count() == 0;
        if (row != row_of.end() && (!is_needed || TRY(find_tree(op, row->first)))) chain.links[i].built = *row->second;
    }
    chain.is_base_built =
        chain.built_count() > 0 || (row_of.contains(chain.base_id) && TRY(find_tree(op, chain.base_id)));
    return chain;
}

Result<PostgresImage> Databases::Inside::newest_image(const Op& op) {
    auto all = TRY(images.list(op));
    const PostgresImage* newest = nullptr;
    for (const PostgresImage& image : all)
        if (!image.is_added && (!newest || image.major > newest->major)) newest = &image;
    if (!newest && !all.empty()) newest = &all.back();
    if (!newest)
        return fail(Code::unavailable,
                    "this machine has no PostgreSQL; install one (apt install postgresql), or add one with `ramify db "
                    "image add`");
    return *newest;
}

Result<StateRow> Databases::Inside::row_of(const Op& op, const Chain& chain) {
    auto row = TRY(store.read(op, "databases.find_state",
                              [&](store::Tx& tx) { return tx.maybe(sql::state, {.id = chain.last_id()}); }));
    if (!row) return fail(Code::conflict, "the state was removed in the meantime; prepare it again");
    return *std::move(row);
}

/// Whoever asked for it is told of it by a later transaction, with which this one is on disk. A row that a crash took
/// back is written anew by the next prepare that finds the tree.
Result<void> Databases::Inside::keep_state(const Op& op, const Chain& chain, const std::string& id,
                                           std::optional<std::string> parent, const Link& link, StateKind kind) {
    auto tree = TRY(find_tree(op, id));
    if (!tree)
        return fail(Code::unavailable, "the state could not be kept; see that the disk has room (`ramify db cache`)");
    const states::State known = states.show(tree->key()).value_or(states::State{});
    Op by = background_op(op.organization, 30'000);
    return store.write(by, "databases.add_state", [&](store::Tx& tx) -> Result<void> {
        tx.step();
        TRY(tx.run(sql::add_state, {.id = id,
                                    .parent_id = parent,
                                    .image = chain.image.name,
                                    .image_digest = chain.image.digest,
                                    .kind = kind,
                                    .outline = link.outline,
                                    .step = link.step,
                                    .bytes = known.bytes,
                                    .build_ms = known.rebuild_ms,
                                    .created_by = author_of(op)}));
        return {};
    });
}

/// Why the step at `at` has to be built.
Result<std::string> Databases::Inside::explain(store::Tx& tx, const Chain& chain, size_t at) {
    const Link& link = chain.links[at];
    if (TRY(tx.maybe(sql::state, {.id = link.state_id}))) return "evicted";
    if (at > chain.built_count()) return "parent_changed";
    auto before = TRY(tx.maybe(sql::newest_of_outline, {.outline = link.outline}));
    if (!before) return "never_built";
    if (before->image_digest != chain.image.digest) return "image_changed";
    Step then = TRY(from_json<Step>(before->step.text)), now = TRY(from_json<Step>(link.step.text));
    if (std::string input = changed_input(then, now); !input.empty()) return input;
    if (then.stdin_text != now.stdin_text) return "stdin_changed";
    const std::string& parent = at == 0 ? chain.base_id : chain.links[at - 1].state_id;
    if (link.changeset)
        if (std::string change = changed_changeset(then, now); !change.empty()) return change;
    return before->parent_id == parent ? "arguments_changed" : "parent_changed";
}

Result<InstanceRow> Databases::Inside::hand_out_named(const Op& op, const StateRow& state,
                                                      const PrepareRequest& request, const Along& along) {
    if (!request.name) return hand_out(op, state, Origin::prepare, {}, request.ttl_ms, request.lease_ms, along);
    auto known = TRY(store.read(op, "databases.find_instance",
                                [&](store::Tx& tx) { return tx.many(sql::instance_named, {.name = *request.name}); }));
    if (known.empty())
        return hand_out(op, state, Origin::prepare, request.name, request.ttl_ms, request.lease_ms, along);
    InstanceRow row = TRY(replace(op, known.front(), state));
    if (!along) return row;
    TRY(store.write(op, "databases.prepare", [&](store::Tx& tx) -> Result<void> {
        Secret password = TRY(secrets.get(tx, instance_secret(row.id)));
        return along(tx, row, password);
    }));
    return row;
}

}  // namespace ry::databases

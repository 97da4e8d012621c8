// Building states: a clone of the last state that is there, a server on it, one step after the other, and a snapshot
// after each. The states are the checkpoint: an attempt that died is repeated from the last snapshot.
#include <filesystem>

#include "base/text.h"
#include "kernel/secrets/secrets.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/inside.h"
#include "modules/databases/postgres/base.h"
#include "modules/databases/queries.gen.h"
#include "modules/databases/step_run.h"
#include "modules/databases/workshop.h"

namespace ry::databases {

Result<blob::Store> Databases::Inside::blobs(OrganizationId organization) {
    std::string root = options.organizations_root + "/" + uuid_text(organization.uuid);
    std::error_code error;
    std::filesystem::create_directories(root, error);
    if (error)
        return fail(
            Code::unavailable,
            "the folder of the organization cannot be made in the data directory; see that it is writable and has room",
            error.message());
    return blob::Store::open(root + "/blobs");
}

Result<void> Databases::put_blob(Op& op, std::string sha256, const http::RequestInfo& info) {
    auto key = blob::Key::parse(sha256);
    if (!key) return invalid("/sha256", "must be 64 hex digits");
    if (blob::key_of(info.request.body) != *key)
        return invalid("/sha256", "is not the hash of what was sent; send the file again");
    auto kept = TRY(inside_->blobs(op.organization));
    TRY(kept.put(info.request.body));
    return {};
}

Result<void> Databases::join_blobs(Op& op, JoinBlobs body) {
    auto whole = blob::Key::parse(body.sha256);
    if (!whole) return invalid("/sha256", "must be 64 hex digits");
    std::vector<blob::Key> parts;
    for (size_t i = 0; i < body.parts.size(); ++i) {
        auto part = blob::Key::parse(body.parts[i]);
        if (!part) return invalid("/parts/" + std::to_string(i), "must be 64 hex digits");
        parts.push_back(*part);
    }
    auto kept = TRY(inside_->blobs(op.organization));
    auto writer = TRY(kept.writer());
    for (const blob::Key& part : parts) {
        auto added = kept.read(part, [&](std::string_view chunk) -> Result<void> {
            TRY(op.still_wanted());
            return writer.write(chunk);
        });
        if (!added && added.error().code == Code::not_found)
            return fail(Code::conflict, "the server does not have the part " + part.text() + "; send the file again");
        TRY(std::move(added));
    }
    blob::Put put = TRY(writer.finish());
    for (const blob::Key& part : parts)
        if (part != put.key) TRY(kept.remove(part));
    if (put.key == *whole) return {};
    if (!put.was_there) TRY(kept.remove(put.key));
    return invalid("/sha256", "is not the hash of the parts together; send the file again");
}

/// Inputs whose content the server has not seen: the caller sends them, and asks again.
Result<void> Databases::Inside::check_inputs(const Op& op, const PrepareRequest& request) {
    auto kept = TRY(blobs(op.organization));
    Error missing = fail(
        Code::conflict,
        "the server does not have the content of some inputs; send each with PUT /api/v1/blobs/<sha256> and ask again");
    for (size_t i = 0; i < request.steps.size(); ++i) {
        for (size_t j = 0; j < request.steps[i].inputs.size(); ++j) {
            const Input& input = request.steps[i].inputs[j];
            std::string pointer = "/steps/" + std::to_string(i) + "/inputs/" + std::to_string(j);
            auto key = blob::Key::parse(input.sha256);
            if (!key) return invalid(pointer + "/sha256", "must be 64 hex digits");
            if (!TRY(kept.size_bytes(*key))) missing.faults.push_back({pointer, input.sha256});
        }
    }
    if (!missing.faults.empty()) return missing;
    return {};
}

Result<states::Pin> Databases::Inside::base(const Op& op, const PostgresImage& image, const std::string& base_id) {
    return states.build(op, "base-" + base_id,
                        [&](const std::string& dir) { return make_base(op, sandbox, image, BaseOptions{}, dir); });
}

Result<void> Databases::Inside::tell_step(jobs::Context& job, PrepareRow& row, size_t at, std::string_view type,
                                          bool with_steps) {
    bool begins = with_steps && row.status != PrepareStatus::building;
    TRY(job.write("databases.prepare_step", [&](store::Tx& tx) -> Result<void> {
        tx.step();
        if (with_steps)
            tx.queue(sql::set_prepare_steps, {.id = row.id, .status = PrepareStatus::building, .steps = row.steps});
        std::string data = "{\"step\":" + std::to_string(at + 1) + ",\"of\":" + std::to_string(row.steps.size()) +
                           ",\"shown\":" + to_json(row.steps[at]) + "}";
        TRY(hub.append(tx, stream_of(row.id), type, {data}));
        if (begins)
            tx.after_commit([this, organization = tx.op().organization, id = row.id] { prepare_changed(organization, id); });
        return {};
    }));
    if (begins) row.status = PrepareStatus::building;
    return {};
}

/// Makes every state of the chain. Whoever wants the same state waits, and then finds it.
Result<void> Databases::Inside::build(Op& op, jobs::Context& job, PrepareRow& row, const PrepareRequest& request,
                                      Chain& chain, Failure& failure) {
    if (!clusters) return no_clusters();
    std::string work = options.root + "/building/" + uuid_text(row.id.uuid);
    std::error_code error;
    std::filesystem::create_directories(options.root + "/building", error);
    Workshop workshop(*this, work, options.root + "/s/" + row.id.text().substr(PrepareId::prefix.size() + 1));
    if (chain.begins_with_base) {
        job.progress(0, "Making an empty cluster");
        TRY(base(op, chain.image, chain.base_id));
        TRY(keep_state(
            op, chain, chain.base_id, {},
            {.state_id = chain.base_id, .title = "empty " + chain.image.name, .outline = "base", .step = {"{}"}},
            StateKind::base));
        chain.is_base_built = true;
    }
    size_t built = chain.built_count();
    auto beginning = TRY(find_tree(op, built == 0 ? chain.base_id : chain.links[built - 1].state_id));  // it stays meanwhile
    if (built < chain.links.size()) TRY(states.make_room(op));
    std::unique_ptr<ReadyStep> next;  // the step at `next_at`
    size_t next_at = chain.links.size();
    auto make_ready = [&](size_t at) {
        next.reset();  // its log is told to its end
        next_at = at;
        if (at == chain.links.size()) return;
        const Step& step = request.steps[chain.links[at].of_step];
        if (step.kind == StateKind::lb) return;
        auto log = std::make_shared<StepLog>(*this, op.organization, row.id, int64_t(at) + 1);
        next = std::make_unique<ReadyStep>(*this, op, step, work + "." + std::to_string(at) + ".inputs", workshop.sockets,
                                           workshop.password, [log](const sandbox::Output& output) { log->add(output.bytes); });
    };
    for (size_t i = 0; i < chain.links.size(); ++i) {
        Link& link = chain.links[i];
        const Step& step = request.steps[link.of_step];
        const std::string& parent = i == 0 ? chain.base_id : chain.links[i - 1].state_id;
        if (step.kind == StateKind::lb) {
            size_t end = i;
            while (end < chain.links.size() && chain.links[end].of_step == link.of_step) ++end;
            TRY(update_with_liquibase(op, job, row, step, chain, workshop, i, end, failure));
            i = end - 1;
            continue;
        }
        auto making = TRY(make_alone(op, building, tree_of(op.organization, link.state_id)));
        if (i < chain.built_count() || TRY(find_tree(op, link.state_id))) {
            ++hits;
            if (i >= chain.built_count()) TRY(keep_state(op, chain, link.state_id, parent, link, step.kind));
            row.steps[i].cached = true;
            row.steps[i].reason.reset();
            if (workshop.cluster) TRY(workshop.leave());  // another prepare made it meanwhile: go on from there
            TRY(tell_step(job, row, i, "step.done"));
            continue;
        }
        ++misses;
        telemetry::Laps laps("database_step_ms", "What the parts of a step that is built take.");
        int64_t began_ms = steady_ms();
        row.steps[i].cached = false;
        job.progress(double(i) / double(chain.links.size()), link.title);
        if (next_at != i) make_ready(i);
        TRY(tell_step(job, row, i, "step.started"));
        TRY(workshop.enter(op, chain.image, parent));
        laps.lap("enter");
        if (auto ran = next->run(*workshop.cluster, failure); !ran) {
            failure.step = int64_t(i) + 1;
            return ran;
        }
        laps.lap("run");
        make_ready(i + 1);
        TRY(workshop.close(op));
        laps.lap("close");
        int64_t build_ms = steady_ms() - began_ms;
        TRY(states.snapshot(op, tree_of(op.organization, link.state_id), work, build_ms));
        laps.lap("snapshot");
        TRY(keep_state(op, chain, link.state_id, parent, link, step.kind));
        row.steps[i].ms = build_ms;
        TRY(tell_step(job, row, i, "step.done"));
        laps.lap("tell");
        if (i + 1 < chain.links.size()) TRY(workshop.start(op, chain.image));
        laps.lap("start");
    }
    return {};
}

}  // namespace ry::databases

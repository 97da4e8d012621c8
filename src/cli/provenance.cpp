#include "cli/provenance.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "modules/databases/script/files.h"

namespace ry::cli {

namespace bj = boost::json;
using namespace databases;

namespace {

constexpr int format = 1;

Error not_written(const std::string& file) {
    return fail(Code::invalid, file + " cannot be written; choose another place for --provenance");
}

/// The commit that the inputs are compared with: that of --ref, else what is checked out. Absent outside of a
/// repository.
struct Baseline {
    git::Checkout checkout;
    git::Oid commit;
};
std::optional<Baseline> baseline_of(const Asked& asked) {
    if (asked.place.commit) return Baseline{asked.place.commit->checkout, asked.place.commit->commit};
    auto checkout = git::Checkout::find(asked.place.working_dir);
    if (!checkout) return {};
    auto head = checkout->commit_of("HEAD");
    return head ? std::optional(Baseline{*checkout, *head}) : std::nullopt;
}

/// Whether an input is not what the commit has.
bool is_changed(CommitFiles& files, const std::string& folder, const Input& input) {
    std::string path = script::joined_path(folder, input.path);
    if (files.kind(path) != script::Files::Kind::file) return true;
    auto digest = files.digest(path);
    return !digest || digest->sha256 != input.sha256;
}

}  // namespace

Provenance::Provenance(std::string file, std::string command) : file_(std::move(file)), began_ms_(steady_ms()) {
    all_ = {{"format", format},      {"command", std::move(command)}, {"started_at", rfc3339(now())},
            {"repository", nullptr}, {"steps", bj::array()},          {"error", nullptr}};
}

Result<Provenance> Provenance::begin(std::string file, std::string command) {
    int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (made < 0) return not_written(file);
    ::close(made);
    return Provenance(std::move(file), std::move(command));
}

void Provenance::take_request(const Asked& asked) {
    bool is_dirty = false;
    auto baseline = baseline_of(asked);
    std::optional<CommitFiles> files;
    if (baseline) files.emplace(baseline->checkout, baseline->commit);
    bj::array steps;
    for (const Step& step : asked.request.steps) {
        bj::array inputs, arguments;
        for (const std::string& argument : step.arguments) arguments.emplace_back(argument);
        for (const Input& input : step.inputs) {
            bj::object told = {{"path", input.path}, {"sha256", input.sha256}, {"bytes", input.bytes}};
            bool is_other = files && !asked.place.commit && is_changed(*files, asked.place.working_dir, input);
            if (files) told["is_changed"] = is_other;
            is_dirty |= is_other;
            inputs.push_back(std::move(told));
        }
        steps.push_back(bj::object{{"arguments", std::move(arguments)}, {"inputs", std::move(inputs)}});
    }
    all_["steps"] = std::move(steps);
    all_["folder"] = asked.place.commit && asked.place.scratch ? bj::value() : bj::value(asked.place.working_dir);
    all_["recipe"] = asked.recipe.empty() ? bj::value() : bj::value(asked.recipe);
    all_["from"] = asked.request.from ? bj::value(*asked.request.from) : bj::value();
    if (!baseline) return;
    all_["repository"] =
        bj::object{{"commit", baseline->commit.text()},
                   {"revision", asked.place.commit ? bj::value(asked.place.commit->revision) : bj::value()},
                   {"is_dirty", is_dirty}};
}

void Provenance::take_answer(const bj::value& answer) {
    if (!answer.is_object()) return;
    for (const char* member : {"image", "state_id", "instance_id", "cached", "warnings"})
        if (const auto* value = answer.as_object().if_contains(member)) all_[member] = *value;
    if (std::string id = text_of(answer, "/id"); !id.empty()) all_["prepare_id"] = id;
    if (std::string status = text_of(answer, "/status"); !status.empty()) all_["status"] = status;
    if (const auto* failure = answer.as_object().if_contains("failure"); failure && failure->is_object())
        all_["failure"] = *failure;
    const auto* told = answer.as_object().if_contains("steps");
    if (!told || !told->is_array()) return;
    // One step of Liquibase becomes many: then only the first has what was asked for it.
    bj::array& steps = all_["steps"].as_array();
    if (steps.size() < told->as_array().size()) steps.resize(told->as_array().size(), bj::object());
    for (size_t i = 0; i < told->as_array().size(); ++i)
        for (const auto& [name, value] : told->as_array()[i].as_object()) steps[i].as_object()[name] = value;
}

void Provenance::take_run(const std::string& run_id, const std::vector<std::string>& command) {
    bj::array words;
    for (const std::string& word : command) words.emplace_back(word);
    all_["run"] = bj::object{{"id", run_id}, {"command", std::move(words)}};
}

void Provenance::take_error(const std::string& message) { all_["error"] = message; }

Result<void> Provenance::end(int exit) {
    all_["exit_code"] = exit;
    const auto* status = all_.if_contains("status");
    bool is_going_on = status && (*status == "queued" || *status == "building");
    all_["outcome"] = exit == int(Exit::interrupted) ? "cancelled"
                      : exit != 0                    ? "failed"
                      : is_going_on                  ? "detached"
                                                     : "done";
    all_.erase("status");
    all_["ended_at"] = rfc3339(now());
    all_["ms"] = steady_ms() - began_ms_;
    std::string text = bj::serialize(all_) + "\n", aside = file_ + ".part";
    int made = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (made < 0) return not_written(file_);
    bool is_whole = ::write(made, text.data(), text.size()) == ssize_t(text.size());
    is_whole &= ::close(made) == 0;
    if (!is_whole || ::rename(aside.c_str(), file_.c_str()) != 0) {
        ::unlink(aside.c_str());
        return not_written(file_);
    }
    return {};
}

}  // namespace ry::cli

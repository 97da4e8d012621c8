// What of a chain may come out differently another time, found in its scripts without running them.
#include "modules/databases/inside.h"
#include "modules/databases/script/closure.h"

namespace ry::databases {
namespace {

constexpr std::string_view working_dir = "/step";
constexpr std::string_view stdin_name = "standard input";
constexpr int64_t planned_bytes_max = 16 << 20;  // of a step's files, that a plan reads: some 100 ms
constexpr size_t warnings_max = 100;             // of a plan

/// The inputs of a step, as the files that its scripts see.
class StepFiles final : public script::Files {
public:
    StepFiles(const Step& step, const blob::Store& blobs) : step_(step), blobs_(blobs) {
        for (const Input& input : step.inputs) inputs_[script::joined_path(working_dir, input.path)] = &input;
    }
    Kind kind(const std::string& path) override { return is_here(path) || is_stdin(path) ? Kind::file : Kind::outside; }
    Result<void> read(const std::string& path, const std::function<bool(std::string_view piece)>& take) override {
        if (is_stdin(path)) {
            take(*step_.stdin_text);
            return {};
        }
        Error enough = fail(Code::cancelled, "");
        bool is_read = true;
        auto read = blobs_.read(blob::Key::parse(inputs_.at(path)->sha256).value_or(blob::Key{}), [&](std::string_view chunk) -> Result<void> {
            if ((is_read = take(chunk))) return {};
            return enough;
        });
        if (!is_read) return {};
        return read;
    }
    Result<script::Digest> digest(const std::string& path) override {
        if (is_stdin(path)) return script::Digest{"", step_.stdin_text->size()};
        const Input& input = *inputs_.at(path);
        return script::Digest{input.sha256, uint64_t(input.bytes)};
    }
    Result<std::vector<std::string>> list(const std::string&) override { return std::vector<std::string>(); }

private:
    bool is_here(const std::string& path) const {
        auto input = inputs_.find(path);
        if (input == inputs_.end()) return false;
        auto bytes = blobs_.size_bytes(blob::Key::parse(input->second->sha256).value_or(blob::Key{}));
        return bytes && *bytes;
    }
    bool is_stdin(const std::string& path) const { return step_.stdin_text && path == script::joined_path(working_dir, stdin_name); }

    const Step& step_;
    const blob::Store& blobs_;
    std::map<std::string, const Input*> inputs_;
};

/// What in a step of psql may come out differently another time. A file whose content is not here says nothing.
Result<std::vector<std::string>> what_varies(const Step& step, const blob::Store& kept) {
    std::vector<std::string> found;
    StepFiles files(step, kept);
    for (script::PsqlStep& session : TRY(script::read_psql_arguments(step.arguments, {.is_one_session = true, .has_standard_input = step.stdin_text.has_value()}))) {
        for (script::Source& source : session.sources)
            if (source.kind == script::Source::Kind::standard_input) source = {script::Source::Kind::file, std::string(stdin_name)};
        for (const script::Finding& finding : script::closure_of(session, {.working_dir = std::string(working_dir), .inputs = {}}, files).findings)
            if (finding.weight == script::Weight::warning)
                found.push_back(finding.file + ":" + std::to_string(finding.place.line) + ": " + finding.message);
    }
    return found;
}

/// What of a step's files is here.
Result<int64_t> bytes_of(const Step& step, const blob::Store& kept) {
    int64_t bytes = 0;
    for (const Input& input : step.inputs)
        bytes += TRY(kept.size_bytes(blob::Key::parse(input.sha256).value_or(blob::Key{}))).value_or(0);
    return bytes;
}

}  // namespace

Result<void> Databases::Inside::check_deterministic(const Op& op, const PrepareRequest& request, const Chain& chain) {
    TRY(check_inputs(op, request));
    auto kept = TRY(blobs(op.organization));
    std::vector<std::string> found = chain.warnings;
    for (const Step& step : request.steps)
        if (step.kind == StateKind::psql && found.empty()) found = TRY(what_varies(step, kept));
    if (found.empty()) return {};
    return fail(Code::unsupported, "the result may vary by itself: " + found.front() + "; do not ask for a deterministic one to build it all the same");
}

Result<std::vector<std::string>> Databases::Inside::warnings_of(const Op& op, const PrepareRequest& request, const Chain& chain) {
    auto kept = TRY(blobs(op.organization));
    std::vector<std::string> all = chain.warnings;
    for (const Step& step : request.steps) {
        if (step.kind != StateKind::psql || TRY(bytes_of(step, kept)) > planned_bytes_max) continue;
        for (std::string& one : TRY(what_varies(step, kept)))
            if (all.size() < warnings_max) all.push_back(std::move(one));
    }
    return all;
}

}  // namespace ry::databases

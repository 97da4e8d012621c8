// What of a chain may come out differently another time, found in its scripts without running them.
#include "modules/databases/inside.h"
#include "modules/databases/script/closure.h"

namespace ry::databases {
namespace {

constexpr std::string_view working_dir = "/step";
constexpr std::string_view stdin_name = "standard input";

/// The inputs of a step, as the files that its scripts see.
class StepFiles final : public script::Files {
public:
    StepFiles(const Step& step, const blob::Store& blobs) : step_(step), blobs_(blobs) {
        for (const Input& input : step.inputs) inputs_[script::joined_path(working_dir, input.path)] = &input;
    }
    Kind kind(const std::string& path) override { return inputs_.contains(path) || is_stdin(path) ? Kind::file : Kind::outside; }
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
    bool is_stdin(const std::string& path) const { return step_.stdin_text && path == script::joined_path(working_dir, stdin_name); }

    const Step& step_;
    const blob::Store& blobs_;
    std::map<std::string, const Input*> inputs_;
};

}  // namespace

Result<void> Databases::Inside::check_deterministic(const Op& op, const PrepareRequest& request, const Chain& chain) {
    if (!chain.warnings.empty())
        return fail(Code::unsupported, "the result may vary by itself: " + chain.warnings.front() + "; do not ask for a deterministic one to build it all the same");
    TRY(check_inputs(op, request));
    auto kept = TRY(blobs(op.organization));
    for (const Step& step : request.steps) {
        if (step.kind != StateKind::psql) continue;
        StepFiles files(step, kept);
        for (script::PsqlStep& session : TRY(script::read_psql_arguments(step.arguments, {.is_one_session = true, .has_standard_input = step.stdin_text.has_value()}))) {
            for (script::Source& source : session.sources)
                if (source.kind == script::Source::Kind::standard_input) source = {script::Source::Kind::file, std::string(stdin_name)};
            for (const script::Finding& finding : script::closure_of(session, {.working_dir = std::string(working_dir), .inputs = {}}, files).findings)
                if (finding.weight == script::Weight::warning)
                    return fail(Code::unsupported, "the result may vary by itself: " + finding.file + ":" + std::to_string(finding.place.line) + ": " + finding.message + "; do not ask for a deterministic one to build it all the same");
        }
    }
    return {};
}

}  // namespace ry::databases

#include "cli/database_inputs.h"

#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "cli/call.h"
#include "modules/databases/script/closure.h"
#include "modules/databases/script/psql_arguments.h"

namespace ry::cli {
namespace {

using namespace databases;

constexpr size_t problems_shown = 20;

/// The files of this machine.
class DiskFiles final : public script::Files {
public:
    Kind kind(const std::string& path) override {
        struct stat about {};
        if (::stat(path.c_str(), &about) != 0) return errno == EACCES ? Kind::unreadable : Kind::missing;
        if (S_ISDIR(about.st_mode)) return Kind::directory;
        if (!S_ISREG(about.st_mode)) return Kind::other;
        return ::access(path.c_str(), R_OK) == 0 ? Kind::file : Kind::unreadable;
    }
    Result<void> read(const std::string& path, const std::function<bool(std::string_view piece)>& take) override {
        std::ifstream file(path, std::ios::binary);
        std::string piece(256 << 10, '\0');
        while (file.read(piece.data(), std::streamsize(piece.size())) || file.gcount() > 0)
            if (!take(std::string_view(piece).substr(0, size_t(file.gcount())))) return {};
        if (file.eof()) return {};
        return fail(Code::unavailable, path + " cannot be read to its end; see whether it is still there");
    }
    Result<std::vector<std::string>> list(const std::string& path) override {
        std::vector<std::string> names;
        std::error_code error;
        for (auto& entry : std::filesystem::directory_iterator(path, error)) names.push_back(entry.path().filename().string() + (entry.is_directory(error) ? "/" : ""));
        if (error) return fail(Code::unavailable, path + " cannot be listed; see whether it may be read", error.message());
        return names;
    }
};

std::string told(const script::Finding& finding) {
    std::string place = finding.file;
    if (finding.place.line > 0) place += ":" + std::to_string(finding.place.line);
    return place + ": " + finding.message;
}

}  // namespace

Result<DatabaseInputs> read_database_inputs(std::span<const std::string> arguments, const std::vector<std::string>& inputs, bool is_one_session, bool has_standard_input) {
    auto planned = TRY(script::read_psql_arguments(arguments, {.is_one_session = is_one_session, .has_standard_input = has_standard_input}));
    DatabaseInputs all;
    DiskFiles files;
    std::vector<std::string> problems;
    for (const script::PsqlStep& step : planned) {
        script::Closure closure = script::closure_of(step, {.working_dir = std::filesystem::current_path().string(), .inputs = inputs}, files);
        Step made{.arguments = step.arguments(), .stdin_text = {}, .inputs = {}};
        if (closure.reads_standard_input) made.stdin_text = TRY(read_standard_input());
        for (const script::ClosureFile& file : closure.files) {
            made.inputs.push_back({file.name, file.digest.sha256, int64_t(file.digest.bytes)});
            all.contents[file.digest.sha256] = file.path;
        }
        for (const script::Finding& finding : closure.findings) {
            if (finding.weight == script::Weight::problem) problems.push_back(told(finding));
            if (finding.weight == script::Weight::warning || finding.weight == script::Weight::dynamic) all.warnings.push_back(told(finding));
        }
        all.steps.push_back(std::move(made));
    }
    if (problems.empty()) return all;
    std::string message = problems.front();
    for (size_t i = 1; i < std::min(problems.size(), problems_shown); ++i) message += "\n       " + problems[i];
    if (problems.size() > problems_shown) message += "\n       and " + std::to_string(problems.size() - problems_shown) + " more";
    return fail(Code::invalid, message);
}

}  // namespace ry::cli

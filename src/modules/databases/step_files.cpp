#include "modules/databases/step_files.h"

#include <filesystem>
#include <fstream>

namespace ry::databases {
namespace {

/// How far a path climbs above the directory that it begins in.
size_t climbs(std::string_view path) {
    size_t up = 0, depth = 0;
    for (size_t at = 0; at <= path.size();) {
        size_t end = std::min(path.find('/', at), path.size());
        std::string_view part = path.substr(at, end - at);
        if (part == "..")
            depth > 0 ? --depth : ++up;
        else if (!part.empty() && part != ".")
            ++depth;
        at = end + 1;
    }
    return up;
}

/// An absolute name is where the file goes as it stands, so it may not climb.
bool is_place(const std::string& path) {
    return !path.empty() && path.back() != '/' && path.find('\0') == std::string::npos &&
           (path.front() != '/' || climbs(path) == 0);
}

Result<void> write_input(const std::filesystem::path& to, const blob::Store& blobs, const Input& input) {
    std::error_code error;
    std::filesystem::create_directories(to.parent_path(), error);
    std::filesystem::remove(to, error);  // of a step that names it twice
    return blobs.place(blob::Key::parse(input.sha256).value_or(blob::Key{}), to);  // the cage cannot write to it
}

}  // namespace

StepFiles::~StepFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
    std::filesystem::remove(stdin_file(), ignored);
}

Result<void> check_places(const Step& step, const std::string& pointer) {
    for (size_t i = 0; i < step.inputs.size(); ++i)
        if (!is_place(step.inputs[i].path))
            return invalid(pointer + "/inputs/" + std::to_string(i) + "/path",
                           "must name a file: relative, or absolute without climbing above /");
    return {};
}

Result<void> StepFiles::write(const blob::Store& blobs, const Step& step) {
    TRY(check_places(step, ""));
    size_t up = 0;
    for (const Input& input : step.inputs)
        if (!input.path.starts_with('/')) up = std::max(up, climbs(input.path));
    for (size_t i = 0; i < up; ++i) working_dir_ += "/d";  // deep enough that ".." stays inside
    for (const Input& input : step.inputs) {
        bool is_absolute = input.path.starts_with('/');
        std::filesystem::path to = (dir_ + (is_absolute ? input.path : working_dir_ + "/" + input.path));
        TRY(write_input(to.lexically_normal(), blobs, input));
    }
    std::error_code error;
    std::filesystem::create_directories(dir_ + working_dir_, error);
    for (auto& top : std::filesystem::directory_iterator(dir_, error))
        binds_.push_back({top.path(), "/" + top.path().filename().string()});
    if (step.stdin_text) std::ofstream(stdin_file(), std::ios::binary) << *step.stdin_text;
    return {};
}

}  // namespace ry::databases

#pragma once
// Project templates: what a new app begins as. Their sources are real files under templates/<name>/ of the project,
// embedded in the program. Everything here is constant and may be read from any thread.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace ry::templates {

/// templates/<name>/template.json. `{port}` in an argument stands for the port that the preview is given.
struct Manifest {
    std::string name;
    std::string title;
    std::string description;
    std::string stack;                 ///< for the model and the list: "React 19, TypeScript, Vite 6, Tailwind"
    std::vector<std::string> install;  ///< argv; empty: nothing to install
    std::vector<std::string> dev;      ///< argv; empty: the files are served as they are
    std::vector<std::string> build;
    std::vector<std::string> test;
    std::string build_directory;        ///< where the built site is; empty: the app's root
    std::string rules_file;             ///< read to the model with every question
    std::string migrations;             ///< the folder whose *.sql files, by name, make the app's database; empty: it has none
    static const Fields& fields();
};

struct File {
    std::string_view path;
    std::string_view content;
    bool is_executable = false;
};

struct Template {
    Manifest manifest;
    std::span<const File> files;  ///< sorted by path, template.json not among them
};

/// All templates, by name.
const std::vector<Template>& list();
/// Absent when there is none of this name.
const Template* find(std::string_view name);

}  // namespace ry::templates

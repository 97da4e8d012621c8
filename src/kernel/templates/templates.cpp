#include "kernel/templates/templates.h"

#include "base/check.h"
#include "kernel/templates/embedded.h"

namespace ry::templates {

const Fields& Manifest::fields() {
    using S = Manifest;
    static const Field table[] = {
        field("name", &S::name, "What the template is called in requests.", length(1, 64)),
        field("title", &S::title, "What people call it.", length(1, 100)),
        field("description", &S::description, "What one gets.", length(1, 500)),
        field("stack", &S::stack, "Languages and libraries.", length(1, 200)),
        field("install", &S::install,
              "The program and arguments that install dependencies; empty: nothing to install."),
        field("dev", &S::dev,
              "The program and arguments of the preview, {port} for its port; empty: files are served as they are."),
        field("build", &S::build, "The program and arguments that build it; empty: nothing to build."),
        field("test", &S::test, "The program and arguments that check it; empty: nothing to check."),
        field("build_directory", &S::build_directory, "Where the built site is; empty: the app's root.",
              length(0, 200)),
        field("rules_file", &S::rules_file, "The file that the model reads with every question.", length(0, 200)),
        field("migrations", &S::migrations,
              "The folder whose SQL files, in the order of their names, make the app's database; empty: it has none.",
              length(0, 200)),
    };
    static const Fields all{"Template", table};
    return all;
}

const std::vector<Template>& list() {
    static const auto all = [] {
        std::vector<Template> made;
        for (auto& source : embedded) {
            auto manifest = from_json<Manifest>(source.manifest);
            ENSURE(manifest.has_value());
            ENSURE(manifest->name == source.name);
            made.push_back({std::move(*manifest), source.files});
        }
        return made;
    }();
    return all;
}

const Template* find(std::string_view name) {
    for (auto& known : list())
        if (known.manifest.name == name) return &known;
    return nullptr;
}

}  // namespace ry::templates

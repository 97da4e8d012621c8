#include "kernel/templates/templates.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "base/path.h"
#include "kernel/git/git.h"

using namespace ry;
namespace fs = std::filesystem;

namespace {

const templates::File* file_of(const templates::Template& known, std::string_view path) {
    for (auto& file : known.files)
        if (file.path == path) return &file;
    return nullptr;
}

}  // namespace

TEST_CASE("the templates are there, complete and by name") {
    std::vector<std::string> names;
    for (auto& known : templates::list()) names.push_back(known.manifest.name);
    CHECK(names == std::vector<std::string>{"react-vite", "react-vite-postgres", "static"});
    CHECK(templates::find("static")->manifest.dev.empty());
    CHECK(templates::find("nope") == nullptr);
    auto& dev = templates::find("react-vite")->manifest.dev;
    CHECK(std::ranges::find(dev, "{port}") != dev.end());
    for (auto& known : templates::list()) {
        INFO(known.manifest.name);
        CHECK(file_of(known, "index.html"));
        CHECK(file_of(known, known.manifest.rules_file));
        CHECK(std::ranges::is_sorted(known.files, {}, &templates::File::path));
        for (auto& file : known.files) {
            INFO(file.path);
            CHECK(is_app_path(file.path));
            CHECK_FALSE(file.path.starts_with("node_modules/"));
            CHECK_FALSE(file.content.empty());
        }
    }
}

TEST_CASE("embedded bytes are the files' bytes") {
    for (auto& known : templates::list()) {
        auto root = std::string(RAMIFY_SOURCE_DIR) + "/templates/" + known.manifest.name + "/";
        for (auto& file : known.files) {
            INFO(root, file.path);
            std::ifstream in(root + std::string(file.path), std::ios::binary);
            REQUIRE(in);
            CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == file.content);
        }
    }
}

TEST_CASE("the lock file of react-vite names versions and checksums, and no registry") {
    auto* lock = file_of(*templates::find("react-vite"), "package-lock.json");
    REQUIRE(lock);
    CHECK(json::is_valid(lock->content));
    CHECK(lock->content.find("\"resolved\"") == std::string_view::npos);
    CHECK(lock->content.find("\"integrity\": \"sha512-") != std::string_view::npos);
    for (auto platform : {"@rollup/rollup-linux-x64-gnu", "@rollup/rollup-darwin-arm64", "@esbuild/linux-x64"})
        CHECK(lock->content.find("\"node_modules/" + std::string(platform) + "\": {\n      \"version\"") !=
              std::string_view::npos);
}

TEST_CASE("a template becomes an app's first version in one commit") {
    char pattern[] = "/tmp/ramify-templates-XXXXXX";
    std::string folder = mkdtemp(pattern);
    for (auto& known : templates::list()) {
        auto repository = *git::Repository::create(folder + "/" + known.manifest.name + ".git");
        std::vector<git::Operation> operations;
        for (auto& file : known.files)
            operations.push_back({.path = std::string(file.path),
                                  .content = std::string(file.content),
                                  .is_executable = file.is_executable});
        auto made = repository.commit("main", {}, operations, {"Ramify", "ramify@localhost"},
                                      "Begin from the template " + known.manifest.name);
        REQUIRE(made);
        CHECK(repository.list(*made)->size() == known.files.size());
    }
    fs::remove_all(folder);
}

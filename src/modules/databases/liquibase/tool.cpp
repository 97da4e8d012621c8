#include "modules/databases/liquibase/tool.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/text.h"
#include "modules/databases/script/sha256.h"

namespace ry::databases::liquibase {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view core_jar = "internal/lib/liquibase-core.jar";
/// Where a distribution lies, seen from the folder of a program called liquibase or of a package.
constexpr std::string_view homes[] = {".",
                                      "..",
                                      "../libexec",
                                      "../share/liquibase",
                                      "../lib/liquibase",
                                      "dist/liquibase",
                                      "liquibase/dist/liquibase",
                                      "node_modules/liquibase/dist/liquibase"};
constexpr std::string_view usual_places[] = {"/opt/liquibase", "/usr/share/liquibase",
                                             "/usr/local/opt/liquibase/libexec"};
/// Jars that come with Liquibase for other databases than PostgreSQL: reading them takes longer than the work.
constexpr std::string_view other_drivers[] = {"snowflake", "ojdbc",   "mssql", "jcc",     "h2",  "hsqldb",
                                              "sqlite",    "mariadb", "mysql", "jaybird", "xdb", "xmlparserv2"};
constexpr size_t jars_max = 500;

bool is_home(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path / core_jar, error);
}

std::optional<fs::path> home_near(const fs::path& folder) {
    std::error_code error;
    for (std::string_view home : homes)
        if (is_home(folder / home)) return fs::canonical(folder / home, error);
    return {};
}

/// The program's folder, links followed; absent when it is not on the path.
std::optional<fs::path> program_on(const std::string& path, const std::string& name) {
    std::error_code error;
    for (std::string_view folder : split(path, ':')) {
        fs::path program = fs::path(folder) / name;
        if (folder.empty() || ::access(program.c_str(), X_OK) != 0 || !fs::is_regular_file(program, error)) continue;
        return fs::canonical(program, error);
    }
    return {};
}

std::optional<fs::path> find_home(const ToolPlaces& places) {
    if (!places.liquibase_home.empty()) return home_near(places.liquibase_home);
    if (auto program = program_on(places.path, "liquibase"))
        if (auto home = home_near(program->parent_path())) return home;
    for (std::string_view place : usual_places)
        if (auto home = home_near(place)) return home;
    return {};
}

std::optional<fs::path> find_java(const ToolPlaces& places, const fs::path& home) {
    std::error_code error;
    for (const fs::path& folder : {fs::path(places.java_home), home / "jre"})
        if (!folder.empty() && ::access((folder / "bin/java").c_str(), X_OK) == 0)
            return fs::canonical(folder / "bin/java", error);
    return program_on(places.path, "java");
}

bool is_wanted(const fs::path& jar) {
    std::string name = lower(jar.filename().string());
    return jar.extension() == ".jar" &&
           std::ranges::none_of(other_drivers, [&](std::string_view other) { return name.starts_with(other); });
}

Result<void> list_jars(Tool& tool) {
    std::error_code error;
    for (const char* folder : {"internal/lib", "internal/extensions", "lib"})
        for (const auto& entry : fs::directory_iterator(fs::path(tool.home) / folder, error))
            if (is_wanted(entry.path()))
                tool.jars.push_back(std::string(folder) + "/" + entry.path().filename().string());
    if (tool.jars.size() > jars_max)
        return fail(Code::unavailable,
                    "there are more than 500 jars in " + tool.home + "; name another Liquibase with liquibase_home");
    std::ranges::sort(tool.jars);
    script::Sha256 hash;
    for (const std::string& jar : tool.jars) {
        fs::path path = fs::path(tool.home) / jar;
        hash.add(jar + "\n" + std::to_string(fs::file_size(path, error)) + "\n");
        if (jar.find("liquibase") == jar.npos) continue;
        std::ifstream file(path, std::ios::binary);
        std::string piece(1 << 20, '\0');
        while (file.read(piece.data(), std::streamsize(piece.size())) || file.gcount() > 0)
            hash.add(std::string_view(piece).substr(0, size_t(file.gcount())));
    }
    tool.jars_sha256 = hash.hex();
    return {};
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

}  // namespace

ToolPlaces tool_places(const std::string& liquibase_home) {
    return {liquibase_home.empty() ? variable("LIQUIBASE_HOME") : liquibase_home, variable("JAVA_HOME"),
            variable("PATH")};
}

Result<Tool> find_tool(const ToolPlaces& places) {
    auto home = find_home(places);
    if (!home) {
        std::string looked =
            places.liquibase_home.empty() ? "is not on this machine" : "is not in " + places.liquibase_home;
        return fail(Code::unavailable,
                    "Liquibase " + looked +
                        "; install it (an archive of 4.11 or later, or `npm install liquibase@4.28.1`) and name its "
                        "folder with LIQUIBASE_HOME or the setting liquibase_home of the server");
    }
    auto java = find_java(places, *home);
    if (!java)
        return fail(Code::unavailable,
                    "Liquibase needs Java, which is not on this machine; install it (apt-get install "
                    "default-jre-headless), or name its folder with JAVA_HOME");
    Tool tool{.home = home->string(),
              .java = java->string(),
              .java_home = java->parent_path().parent_path().string(),
              .jars = {},
              .jars_sha256 = {}};
    TRY(list_jars(tool));
    return tool;
}

}  // namespace ry::databases::liquibase

#pragma once
// Liquibase and Java as the host has them: Ramify brings neither. Any distribution of Liquibase 4.11 or later does, as
// an archive, a package or in node_modules.
#include <string>
#include <vector>

#include "base/result.h"

namespace ry::databases::liquibase {

struct Tool {
    std::string home;               ///< has internal/lib/liquibase-core.jar
    std::string java;               ///< the program, without links
    std::string java_home;          ///< where it and its libraries lie
    std::vector<std::string> jars;  ///< of its class path, relative to home: without drivers of other databases
    std::string jars_sha256;        ///< of their names, sizes and, of Liquibase's own, their bytes
};

/// Where to look first; what is empty is not looked at.
struct ToolPlaces {
    std::string liquibase_home;  ///< the setting, else LIQUIBASE_HOME; the folder or anything in it
    std::string java_home;       ///< JAVA_HOME
    std::string path;            ///< PATH
};
ToolPlaces tool_places(const std::string& liquibase_home);

/// `unavailable` says what to install. Reads some MB: keep what it returns.
Result<Tool> find_tool(const ToolPlaces& places);

}  // namespace ry::databases::liquibase

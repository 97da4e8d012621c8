#include "cli/generated.h"

#include "kernel/access/permission.h"
#include "kernel/config/config.h"
#include "kernel/http/openapi.h"
#include "server/settings.h"

namespace ry::cli {
namespace {

std::string access(std::span<const http::Route> routes) {
    std::vector<http::RoleColumn> roles;
    for (size_t i = 0; i < names_of(access::Role{}).size(); ++i) {
        auto role = access::Role(i);
        roles.push_back({names_of(role)[i], [allowed = access::PermissionSet::of(role)](std::string_view permission) {
                             return allowed.contains(permission);
                         }});
    }
    return http::access_matrix(routes, roles);
}

std::string config_manual(std::span<const http::Route>) {
    server::Settings defaults;
    return config::manual(server::Settings::fields(), &defaults);
}

}  // namespace

std::span<const Artefact> artefacts() {
    static constexpr Artefact all[] = {
        {"--openapi", "api/openapi.json", &http::openapi},
        {"--typescript", "web/src/api.gen.ts", &http::typescript_client},
        {"--access", "api/access.txt", &access},
        {"--config", "api/config.md", &config_manual},
    };
    return all;
}

}  // namespace ry::cli

#pragma once
// What the server needs of its host: an address, a data directory, a name, the sandbox, the package registry.
#include <memory>
#include <string>

#include "base/result.h"
#include "kernel/sandbox/npm_registry.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/apps/previews.h"
#include "server/settings.h"

namespace ry::server {

struct Address {
    std::string host;
    uint16_t port = 0;
    bool is_loopback = false;
};
/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080".
Result<Address> parse_address(const std::string& text);

/// Makes the directory when absent and returns its absolute path. Others may pass through it (PostgreSQL and sandboxes run
/// under other accounts when the server is root) and not list it.
Result<std::string> make_data_dir(const std::string& path);

/// The same across restarts on this data directory, different everywhere else.
Result<std::string> node_name(const std::string& data_dir);

/// The sandbox; where the host cannot run one, an object whose every use fails with the reason and the fix: chats and
/// static previews work without it.
std::unique_ptr<sandbox::Sandbox> open_sandbox(const Settings& settings, const sandbox::NpmRegistry& registry);

/// Every use of it fails with `reason`.
std::unique_ptr<sandbox::Sandbox> no_sandbox(Error reason);

/// The registry of the settings, else the one that the host's npm is configured with.
Result<sandbox::NpmRegistry> npm_registry(const Settings& settings);
apps::PreviewOptions preview_options(const Settings& settings, const sandbox::NpmRegistry& registry);

}  // namespace ry::server

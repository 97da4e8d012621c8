#include "server/host.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/id.h"
#include "base/text.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::server {
namespace {

constexpr const char* system_certificates = "/etc/ssl/certs/ca-certificates.crt";

class NoSandbox final : public sandbox::Sandbox {
public:
    explicit NoSandbox(Error reason) : reason_(std::move(reason)) {}
    Result<sandbox::Outcome> run(const Op&, const sandbox::Cage&) override { return reason_; }
    Result<std::unique_ptr<sandbox::Running>> start(const Op&, const sandbox::Cage&, sandbox::OutputCallback) override {
        return reason_;
    }
    void make_spare(const sandbox::Cage&) override {}
    int spares() const override { return 0; }
    Result<void> give(const std::string&) override { return {}; }
    unsigned uid() const override { return ::geteuid(); }

private:
    Error reason_;
};

}  // namespace

Result<Address> parse_address(const std::string& text) {
    size_t colon = text.rfind(':');
    auto port = colon == std::string::npos ? std::nullopt : parse_int(std::string_view(text).substr(colon + 1));
    if (!port || *port < 0 || *port > 65535)
        return fail(Code::invalid, "--listen must be an address and a port, such as 127.0.0.1:8080");
    Address address{.host = text.substr(0, colon), .port = uint16_t(*port)};
    if (address.host.starts_with('[') && address.host.ends_with(']'))
        address.host = address.host.substr(1, address.host.size() - 2);
    if (address.host == "localhost") address.host = "127.0.0.1";
    if (address.host.empty()) address.host = "0.0.0.0";
    address.is_loopback = address.host.starts_with("127.") || address.host == "::1";
    return address;
}

Result<std::string> make_data_dir(const std::string& path) {
    std::error_code error;
    std::filesystem::path absolute = std::filesystem::absolute(path, error).lexically_normal();
    std::filesystem::create_directories(absolute / "organizations", error);
    if (error)
        return fail(Code::unavailable, "the data directory " + absolute.string() + " cannot be made (" +
                                           error.message() +
                                           "); choose another with --data-dir, or see to its rights and room");
    ::chmod(absolute.c_str(), 0711);
    ::chmod((absolute / "organizations").c_str(), 0711);
    return absolute.string();
}

Result<std::string> node_name(const std::string& data_dir) {
    std::string file = data_dir + "/node", name;
    if (std::ifstream(file) >> name && !name.empty()) return name;
    name = "node-" + uuid_text(new_uuid());
    std::ofstream out(file);
    out << name << "\n";
    if (!out.flush())
        return fail(Code::unavailable, "the data directory cannot be written; see to its rights and room", file);
    return name;
}

Result<sandbox::NpmRegistry> npm_registry(const Settings& settings) {
    return settings.npm_registry.empty() ? sandbox::npm_registry_of_host()
                                         : sandbox::read_registry_url(settings.npm_registry);
}

std::unique_ptr<sandbox::Sandbox> open_sandbox(const Settings& settings, const sandbox::NpmRegistry& registry) {
    sandbox::Config config{.runtime_dir = settings.data_dir + "/sandbox", .run_as = settings.run_as};
    config.cages_max += settings.databases_running_max;  // a cage for each, beside those of previews and builds
    config.allowed_private_hosts = {registry.host_port};
    sandbox::environment_proxy(config);
    auto opened = sandbox::Sandbox::open(config);
    if (opened) return *std::move(opened);
    telemetry::log(telemetry::Level::warning, "no_sandbox",
                   {{"message", opened.error().message}, {"cause", opened.error().cause}});
    return no_sandbox(std::move(opened).error());
}

std::unique_ptr<sandbox::Sandbox> no_sandbox(Error reason) { return std::make_unique<NoSandbox>(std::move(reason)); }

apps::PreviewOptions preview_options(const Settings& settings, const sandbox::NpmRegistry& registry) {
    apps::PreviewOptions options{.root = settings.data_dir + "/previews",
                                 .domain = settings.preview_domain,
                                 .scheme = settings.tls_cert.empty() ? "http" : "https"};
    options.registry_hosts = {registry.host_port};
    options.install_ms_max = settings.preview_install_ms;
    options.sleep_after_ms = settings.preview_sleep_after_ms;
    options.running_max = settings.previews_running_max;
    options.install_environment = {{"HOME", "/tmp"},
                                   {"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                   {"npm_config_registry", registry.url},
                                   {"npm_config_cache", "/tmp/npm"},
                                   {"npm_config_audit", "false"},
                                   {"npm_config_fund", "false"},
                                   {"npm_config_update_notifier", "false"},
                                   {"npm_config_progress", "false"}};
    if (std::filesystem::exists(system_certificates)) {
        options.install_environment.emplace_back("npm_config_cafile", system_certificates);
        options.install_environment.emplace_back("NODE_EXTRA_CA_CERTS", system_certificates);
    }
    return options;
}

}  // namespace ry::server

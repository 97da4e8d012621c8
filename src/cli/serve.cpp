#include "cli/serve.h"

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "cli/local_server.h"
#include "kernel/store/embedded.h"
#include "kernel/store/migration.h"
#include "kernel/store/store.h"
#include "kernel/telemetry/telemetry.h"
#include "server/host.h"
#include "server/product.h"

namespace ry::cli {
namespace {

Exit failed(const Terminal& terminal, const Error& error) {
    terminal.err << styled(terminal, Style::red, "error:") << " " << one_line(error.message)
                 << (error.cause.empty() ? "" : " (" + one_line(error.cause) + ")") << std::endl;
    return Exit::failed;
}

Result<telemetry::Level> log_level(std::string_view name) {
    using enum telemetry::Level;
    constexpr std::pair<std::string_view, telemetry::Level> levels[] = {
        {"debug", debug}, {"info", info}, {"warning", warning}, {"error", error}};
    for (const auto& [known, level] : levels)
        if (known == name) return level;
    return fail(Code::invalid, "--log-level must be debug, info, warning or error, not \"" + std::string(name) + "\"");
}

sigset_t handled_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    return signals;
}

/// The value of --config, taken out of the words.
Result<std::string> take_config_file(std::vector<std::string>& words) {
    std::string file;
    if (const char* variable = std::getenv("RAMIFY_CONFIG")) file = variable;
    for (size_t i = 0; i < words.size(); ++i) {
        bool is_joined = words[i].starts_with("--config=");
        if (!is_joined && words[i] != "--config") continue;
        if (!is_joined && i + 1 == words.size()) return fail(Code::invalid, "--config needs a file");
        file = is_joined ? words[i].substr(9) : words[i + 1];
        words.erase(words.begin() + ptrdiff_t(i), words.begin() + ptrdiff_t(i) + (is_joined ? 1 : 2));
        --i;
    }
    return file;
}

}  // namespace

Result<Loaded> load_settings(std::span<const std::string> given) {
    Loaded loaded;
    std::vector<std::string> words(given.begin(), given.end());
    std::string file = TRY(take_config_file(words));
    loaded.origins = TRY(config::load(server::Settings::fields(), &loaded.settings, file, words, loaded.rest));
    return loaded;
}

Exit serve(const Terminal& terminal, const server::Settings& settings) {
    auto level = log_level(settings.log_level);
    if (!level) return failed(terminal, level.error());
    telemetry::set_log_level(*level);
    sigset_t signals = handled_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before the server's threads begin: they inherit it
    std::signal(SIGPIPE, SIG_IGN);
    auto product = server::Product::start(settings);
    if (!product) return failed(terminal, product.error());
    ServerNote note(settings.data_dir, (*product)->url());
    terminal.out << "ready " << (*product)->url() << std::endl;
    if (const std::string& link = (*product)->setup_link(); !link.empty())
        terminal.err << "Nobody owns this server yet. Become its owner: " << (*product)->url() << link << std::endl;
    else if (settings.insecure_dev)
        terminal.err << "Everybody who reaches this address is the owner (--insecure-dev). Ctrl-C stops the server."
                     << std::endl;
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGHUP)
        if (auto reloaded = (*product)->reload_certificates(); !reloaded)
            telemetry::log(telemetry::Level::error, "certificates_not_reloaded", {{"message", reloaded.error().message}, {"cause", reloaded.error().cause}});
    std::signal(SIGINT, SIG_DFL);  // the next one ends the process at once
    std::signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    (*product)->drain();
    return Exit::ok;
}

Exit migrate(const Terminal& terminal, const server::Settings& settings) {
    auto run = [&]() -> Result<void> {
        if (!settings.database_url.empty())
            return store::migrate(store::endpoint_of_url(settings.database_url), server::schemas());
        std::string data_dir = TRY(server::make_data_dir(settings.data_dir));
        auto embedded = TRY(store::Embedded::start({.data_dir = data_dir, .run_as = settings.run_as}));
        return store::migrate(embedded->endpoint(), server::schemas());
    };
    if (auto migrated = run(); !migrated) return failed(terminal, migrated.error());
    terminal.out << "The database is up to date.\n";
    return Exit::ok;
}

}  // namespace ry::cli

#include "modules/databases/postgres/settings.h"

#include <algorithm>

#include "base/text.h"

namespace ry::databases {
namespace {

using Setting = std::pair<std::string, std::string>;

/// What keeps the cluster where it is and its start recognizable. Nobody may set these.
std::vector<Setting> kept() {
    return {{"listen_addresses", "127.0.0.1"},
            {"port", std::to_string(Cluster::port)},
            {"unix_socket_directories", sockets_inside},
            {"unix_socket_permissions", "0777"},  // whoever may pass through the directory; the password decides
            {"hba_file", rules_inside},
            {"ident_file", "/dev/null"},
            {"external_pid_file", ""},
            {"ssl", "off"},
            {"logging_collector", "off"},
            {"log_destination", "stderr"},
            {"log_min_messages", "warning"},
            {"lc_messages", "C"},
            {"log_line_prefix", "%m [%p] "},
            {"log_checkpoints", "off"},
            {"restart_after_crash", "on"},
            {"data_directory", data_inside}};
}

/// All purposes: one small server of hundreds, quick to start. Without fsync, since what is lost with the host is built
/// or cloned again; a lasting instance turns it on. What they bring: bench/postgres.
std::vector<Setting> shared(const ClusterOptions& options) {
    std::vector<Setting> settings = {
        {"fsync", "off"},
        {"full_page_writes", "off"},
        {"max_connections", std::to_string(options.connections_max)},
        {"max_files_per_process", "200"},  // the start opens and closes as many
        {"huge_pages", "off"},
        {"client_connection_check_interval", "1s"},  // the statement of a client that died ends
        {"max_logical_replication_workers", "0"},
        {"autovacuum_max_workers", "1"},
        {"recovery_init_sync_method", "syncfs"},
    };
    if (options.image.major >= 18) {
        settings.emplace_back("io_method", "sync");  // no workers of its own
        settings.emplace_back("autovacuum_worker_slots", "1");
    }
    return settings;
}

std::vector<Setting> tuned(Purpose purpose) {
    if (purpose == Purpose::lasting) {
        std::vector<Setting> settings = tuned(Purpose::instance);
        settings.insert(settings.end(), {{"fsync", "on"}, {"full_page_writes", "on"}, {"autovacuum", "on"}});
        return settings;
    }
    if (purpose == Purpose::build)
        return {{"synchronous_commit", "off"},
                {"wal_level", "minimal"},  // COPY into a new table writes no WAL
                {"max_wal_senders", "0"},
                {"max_replication_slots", "0"},
                {"shared_buffers", "64MB"},
                {"wal_buffers", "4MB"},
                {"max_wal_size", "1GB"},
                {"checkpoint_timeout", "1h"},
                {"maintenance_work_mem", "128MB"},
                {"autovacuum", "off"},          // a state must not depend on when it came around
                {"max_worker_processes", "2"},  // for indexes
                {"max_parallel_workers", "2"},
                {"max_parallel_workers_per_gather", "0"},  // rows come in the same order every time, here
                {"synchronize_seqscans", "off"},           // and here
                {"jit", "off"}};
    return {{"synchronous_commit", "on"},  // a write of microseconds; without it a kill loses the last 0.6 s
            {"wal_level", "minimal"},       {"max_wal_senders", "0"},
            {"max_replication_slots", "0"}, {"shared_buffers", "8MB"},
            {"wal_buffers", "64kB"},        {"max_wal_size", "256MB"},
            {"autovacuum", "off"},  // a process less; options may turn it on
            {"max_worker_processes", "0"},  {"jit", "off"}};
}

}  // namespace

Result<std::vector<std::string>> server_arguments(const ClusterOptions& options) {
    std::vector<Setting> own = kept();
    for (const auto& [name, value] : options.settings) {
        bool is_kept =
            std::ranges::any_of(own, [&](const Setting& each) { return equals_ignoring_case(each.first, name); });
        bool is_name = !name.empty() &&
                       name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") ==
                           std::string::npos;
        if (is_kept || !is_name)
            return invalid("/settings/" + name, "is not a setting that may be changed; leave it out");
    }
    std::vector<std::string> arguments = {"-D", data_inside};
    for (const auto& settings : {shared(options), tuned(options.purpose), options.settings, own})
        for (const auto& [name, value] : settings) {
            if (name == "data_directory") continue;  // -D says it
            arguments.push_back("-c");
            arguments.push_back(name + "=" + value);
        }
    return arguments;
}

}  // namespace ry::databases

#pragma once
// The settings of a server; `ramify config explain` prints them from here.
#include "base/fields.h"

namespace ry::server {

struct Settings {
    std::string data_dir = ".data";
    std::string listen = "127.0.0.1:8080";
    std::string database_url;
    bool insecure_dev = false;
    std::string preview_domain = "localhost";
    std::string run_as;
    std::string tls_cert;
    std::string tls_key;
    std::string log_level = "info";
    int workers_max = 16;
    int loops = 1;
    int generations_max = 100;
    int drain_ms = 10'000;
    int states_mb_max = 20'000;
    int states_mb_free_min = 500;
    int preview_install_ms = 600'000;
    int preview_sleep_after_ms = 900'000;
    int previews_running_max = 30;
    int jobs_kept_days = 30;
    int events_kept_days = 90;
    int trash_kept_days = 30;
    std::string database_listen = "127.0.0.1:0";
    std::string database_host;
    int database_sleep_after_ms = 300'000;
    int databases_running_max = 200;
    int databases_max = 2'000;
    int databases_instance_disk_mb_max = 10'240;
    int databases_instance_cpu_percent_max = 0;
    int databases_warm_max = 4;
    int databases_warm_memory_free_mb_min = 512;
    std::string liquibase_home;
    int demo_word_ms = 25;
    std::string npm_registry;
    std::string fetch_private_hosts;
    std::string openai_base_url;
    std::string openai_api_key;
    std::string openai_model;

    static const Fields& fields() {
        using S = Settings;
        static const Field table[] = {
            field("data_dir", &S::data_dir, "Where everything is kept: the embedded PostgreSQL, repositories, dependencies, keys."),
            field("listen", &S::listen, "Address and port to serve at; port 0 takes any free one."),
            field("database_url", &S::database_url, "A PostgreSQL to use instead of the embedded one: postgres://user:password@host/database. The user must be able to create roles, or be a member of ramify_app and ramify_system."),
            field("insecure_dev", &S::insecure_dev, "Sign everybody in as the local owner. Loopback addresses only."),
            field("preview_domain", &S::preview_domain, "Previews are at preview-<id>.<preview_domain>. localhost works in browsers without any set-up."),
            field("run_as", &S::run_as, "When the server runs as root: the account of PostgreSQL and of sandboxes. Empty: ramify, or the first harmless one there is."),
            field("tls_cert", &S::tls_cert, "Certificate chain (PEM); with tls_key the server speaks TLS only."),
            field("tls_key", &S::tls_key, "Private key (PEM)."),
            field("log_level", &S::log_level, "debug, info, warning or error. Logs are JSON lines on stderr."),
            field("workers_max", &S::workers_max, "Threads that handle requests which change something.", range(1, 256)),
            field("loops", &S::loops, "Threads that own the sockets.", range(1, 64)),
            field("generations_max", &S::generations_max, "Answers of models that may be written at once.", range(1, 10'000)),
            field("drain_ms", &S::drain_ms, "How long a stopping server waits for requests and jobs that run.", range(0, 600'000)),
            field("states_mb_max", &S::states_mb_max, "How much room installed dependencies and prepared databases may take, in MiB.", range(100, 1e9)),
            field("states_mb_free_min", &S::states_mb_free_min, "How much of the disk they leave free, in MiB.", range(0, 1e9)),
            field("preview_install_ms", &S::preview_install_ms, "How long the installation of a preview's packages may take.", range(1000, 3'600'000)),
            field("preview_sleep_after_ms", &S::preview_sleep_after_ms, "A preview's program ends when nobody asked it for anything for so long; the next request starts it again.", range(100, 86'400'000)),
            field("previews_running_max", &S::previews_running_max, "Programs of previews that may run at once; the longest idle one ends for another.", range(1, 1000)),
            field("jobs_kept_days", &S::jobs_kept_days, "Jobs that ended are deleted with their logs after so many days.", range(1, 36'500)),
            field("events_kept_days", &S::events_kept_days, "Events of streams (what happened in chats, logs of previews) are deleted after so many days; messages and versions are not.", range(1, 36'500)),
            field("trash_kept_days", &S::trash_kept_days, "Chats that are in the trash for so many days are deleted for good.", range(1, 36'500)),
            field("database_listen", &S::database_listen, "Address and port at which PostgreSQL clients reach databases; 6432 is usual, port 0 takes any free one."),
            field("database_host", &S::database_host, "The host in connection strings; empty: that of database_listen, which must then be one address."),
            field("database_sleep_after_ms", &S::database_sleep_after_ms, "An instance that nobody is connected to for so long is put to sleep; the next connection wakes it.", range(1000, 86'400'000)),
            field("databases_max", &S::databases_max, "How many instances an organization may have, asleep or not.", range(1, 1'000'000)),
            field("databases_instance_disk_mb_max", &S::databases_instance_disk_mb_max, "How much an instance may take beyond its state, in MiB, WAL not counted. One that takes more is read only until there is room again.", range(1, 1e9)),
            field("databases_instance_cpu_percent_max", &S::databases_instance_cpu_percent_max, "How much of a processor an instance may use, in percent: 150 is one and a half. 0: as much as is free. It needs control groups of CPU, and on cgroup v1 some milliseconds of each start.", range(0, 100'000)),
            field("databases_warm_max", &S::databases_warm_max, "How many copies of recently used states run before anybody asks for them, some 10 MB each; 0 keeps none.", range(0, 1'000)),
            field("databases_warm_memory_free_mb_min", &S::databases_warm_memory_free_mb_min, "With less memory than this available on the host, in MiB, no copies are kept ready.", range(0, 1e9)),
            field("databases_running_max", &S::databases_running_max, "How many instances run at once. The longest idle one is put to sleep for another.", range(1, 10'000)),
            field("liquibase_home", &S::liquibase_home, "The folder of Liquibase, for `ramify db prepare lb`; empty: LIQUIBASE_HOME, the path and the usual places are looked at."),
            field("demo_word_ms", &S::demo_word_ms, "The pause between two words of the built-in demo model.", range(0, 1000)),
            field("npm_registry", &S::npm_registry, "The package registry of previews; empty: the one that the host's npm is configured with."),
            field("fetch_private_hosts", &S::fetch_private_hosts, "host:port of your own network that pages of knowledge, steps of pipelines and keys of issuers of ID tokens may be fetched from, separated by commas; all others must have public addresses."),
            field("openai_base_url", &S::openai_base_url, "An OpenAI-compatible endpoint that every organization gets as the model \"environment\"."),
            field("openai_api_key", &S::openai_api_key, "Its key.", secret()),
            field("openai_model", &S::openai_model, "The model's name there."),
        };
        static const Fields all{"Settings", table};
        return all;
    }
};

}  // namespace ry::server

#include "server/product.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/check.h"
#include "base/text.h"
#include "kernel/access/access.h"
#include "kernel/audit/audit.h"
#include "kernel/fetch/fetch.h"
#include "kernel/http/server.h"
#include "kernel/idempotency/idempotency.h"
#include "kernel/identity/identity.h"
#include "kernel/jobs/jobs.h"
#include "kernel/llm/llm.h"
#include "kernel/sandbox/sandbox.h"
#include "kernel/secrets/secrets.h"
#include "kernel/states/states.h"
#include "kernel/store/embedded.h"
#include "kernel/store/extension.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/apps/apps.h"
#include "modules/apps/branch_databases.h"
#include "modules/apps/previews.h"
#include "modules/chats/chats.h"
#include "modules/databases/databases.h"
#include "modules/databases/proxy/proxy.h"
#include "server/app_databases.h"
#include "server/callers.h"
#include "server/host.h"
#include "server/hub_streams.h"
#include "server/job_routes.h"
#include "server/keeper.h"
#include "server/pdf_text.h"
#include "web_files.h"

namespace ry::server {
namespace {

constexpr int64_t start_ms_max = 120'000;  // of one step of the start: a first initdb on a slow disk
constexpr size_t requests_waiting_max = 512;
constexpr int64_t keeper_pause_ms = 5 * 60'000;

struct VersionShown {
    std::string version;
    static const Fields& fields() {
        static const Field table[] = {field("version", &VersionShown::version, "The server's version.")};
        static const Fields all{"ServerVersion", table};
        return all;
    }
};
Result<VersionShown> show_version(Op&) { return VersionShown{RAMIFY_VERSION}; }

Op start_op(std::string what) {
    Op op = server_op("start: " + what);
    op.deadline = Deadline::in_ms(start_ms_max);
    return op;
}

Result<store::Endpoint> endpoint_of(const Settings& settings, std::unique_ptr<store::Embedded>& embedded) {
    if (!settings.database_url.empty()) return store::endpoint_of_url(settings.database_url);
    embedded = TRY(store::Embedded::start({.data_dir = settings.data_dir, .run_as = settings.run_as}));
    return embedded->endpoint();
}

/// What connection strings name.
Result<std::string> database_host(const Settings& settings) {
    if (!settings.database_host.empty()) return settings.database_host;
    Address listen = TRY(parse_address(settings.database_listen));
    if (listen.host == "0.0.0.0" || listen.host == "::") return fail(Code::invalid, "database_listen takes clients at all addresses; set database_host to the name by which they reach this machine");
    return listen.host.contains(':') ? "[" + listen.host + "]" : listen.host;
}

databases::DatabasesOptions database_options(const Settings& settings) {
    return {.root = settings.data_dir + "/databases", .organizations_root = settings.data_dir + "/organizations", .host = settings.database_host, .sleep_after_ms = settings.database_sleep_after_ms, .liquibase_home = settings.liquibase_home, .running_max = settings.databases_running_max, .instances_max = settings.databases_max, .instance_disk_mb_max = settings.databases_instance_disk_mb_max, .instance_cpu_percent_max = settings.databases_instance_cpu_percent_max, .warm_max = settings.databases_warm_max, .warm_memory_free_mb_min = settings.databases_warm_memory_free_mb_min};
}

std::vector<std::string> hosts_of(std::string_view list) {
    std::vector<std::string> hosts;
    for (std::string_view host : split(list, ','))
        if (!trim(host).empty()) hosts.emplace_back(trim(host));
    return hosts;
}

llm::Model model_of_settings(const Settings& settings) {
    llm::Model model;
    model.name = "environment";
    model.provider = llm::Provider::openai;
    model.base_url = settings.openai_base_url;
    model.model = settings.openai_model;
    model.api_key = Secret(settings.openai_api_key);
    return model;
}

}  // namespace

std::vector<const store::Schema*> schemas() {
    return {&stream::schema, &jobs::schema, &secrets::schema, &audit::schema, &access::schema, &identity::schema, &idempotency::schema, &chats::schema, &apps::schema, &databases::schema};
}

/// Members are destroyed from the last to the first.
struct Product::Parts {
    Parts(const Settings& settings_in, std::unique_ptr<store::Embedded> embedded_in, store::Endpoint endpoint, secrets::MasterKey master_key,
          std::unique_ptr<sandbox::Sandbox> sandbox_in, std::unique_ptr<states::States> states_in, const sandbox::NpmRegistry& registry)
        : settings(settings_in),
          embedded(std::move(embedded_in)),
          store(std::move(endpoint)),
          hub(store),
          jobs(store, hub),
          secrets(std::move(master_key)),
          access(store),
          identities(store, access, settings.insecure_dev ? identity::Mode::insecure_dev : identity::Mode::normal),
          fetch({.allowed_private_hosts = hosts_of(settings.fetch_private_hosts)}),
          issuers(fetch, {.plain_http_hosts = hosts_of(settings.fetch_private_hosts)}),
          service_accounts(store, access, identities, issuers),
          gateway(fetch, {.demo_word_ms = settings.demo_word_ms}),
          sandbox(std::move(sandbox_in)),
          states(std::move(states_in)),
          chats(store, hub, jobs, gateway, secrets, identities, fetch),
          callers(store, identities, access),
          databases(store, hub, jobs, *sandbox, *states, secrets, callers, database_options(settings)),
          app_databases(databases),
          apps(store, hub, chats, identities, settings.data_dir + "/organizations"),
          branch_databases(store, hub, jobs, apps, app_databases),
          previews(store, hub, jobs, *sandbox, *states, apps, branch_databases, preview_options(settings, registry)),
          accounts(store, identities),
          service_account_routes(service_accounts),
          job_routes(jobs),
          requests(store),
          streams(hub),
          files(web_files(), "http://*." + settings.preview_domain + ":* https://*." + settings.preview_domain + ":*"),
          workers(settings.workers_max, requests_waiting_max),
          keeper({{"streams", [this](const Op& op) { return hub.maintain(op); }},
                  {"events", [this](const Op& op) { return hub.trim(op, settings.events_kept_days); }},
                  {"trash", [this](const Op& op) { return chats.empty_trash(op, settings.trash_kept_days); }},
                  {"jobs", [this](const Op& op) { return jobs.trim(op, settings.jobs_kept_days); }},
                  {"idempotency keys", [this](const Op& op) { return requests.maintain(op); }}},
                 keeper_pause_ms) {
        store.set_before_commit(audit::before_commit);
        chats.set_pdf_reader([this](const Op& op, std::string_view bytes) { return pdf_text(op, *sandbox, settings.data_dir + "/pdf", bytes); });
    }

    std::vector<http::Route> routes() {
        std::vector<http::Route> all;
        for (auto&& part : {accounts.routes(), service_account_routes.routes(), chats.routes(), apps.routes(), branch_databases.routes(), previews.routes(), databases.routes(), job_routes.routes()})
            all.insert(all.end(), part.begin(), part.end());
        all.push_back(http::route::get("/api/v1/version", http::anyone, "", "The server's version.", &show_version));
        return all;
    }

    Settings settings;
    std::unique_ptr<store::Embedded> embedded;
    store::Store store;
    stream::Hub hub;
    jobs::Jobs jobs;
    secrets::Secrets secrets;
    access::Access access;
    identity::Identities identities;
    fetch::Fetch fetch;
    oidc::Issuers issuers;
    identity::ServiceAccounts service_accounts;
    llm::Gateway gateway;
    std::unique_ptr<sandbox::Sandbox> sandbox;
    std::unique_ptr<states::States> states;
    chats::Chats chats;
    Callers callers;
    databases::Databases databases;
    AppDatabases app_databases;
    apps::Apps apps;
    apps::BranchDatabases branch_databases;
    apps::Previews previews;
    Accounts accounts;
    ServiceAccountRoutes service_account_routes;
    JobRoutes job_routes;
    idempotency::Requests requests;
    HubStreams streams;
    http::StaticFiles files;
    http::Workers workers;
    Keeper keeper;
    std::unique_ptr<http::Api> api;
    std::unique_ptr<jobs::Runner> runner;
    std::unique_ptr<http::Server> server;
    std::unique_ptr<databases::Proxy> proxy;
    std::string setup_link;
};

Product::Product(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Product::~Product() = default;

Result<std::unique_ptr<Product>> Product::start(const Settings& given) {
    Settings settings = given;
    Address address = TRY(parse_address(settings.listen));
    if (settings.insecure_dev && !address.is_loopback)
        return fail(Code::invalid, "--insecure-dev signs everybody in as the owner, so it works on loopback addresses only; listen on 127.0.0.1, or leave it out");
    settings.database_host = TRY(database_host(settings));
    settings.data_dir = TRY(make_data_dir(settings.data_dir));
    std::error_code ignored;
    std::filesystem::remove_all(settings.data_dir + "/pdf", ignored);  // what a process left that died

    sandbox::NpmRegistry registry = TRY(npm_registry(settings));
    auto sandbox = open_sandbox(settings, registry);  // before the first child process, so that it may arrange the control groups
    std::unique_ptr<store::Embedded> embedded;
    store::Endpoint endpoint = TRY(endpoint_of(settings, embedded));
    TRY(store::migrate(endpoint, schemas()));
    store::make_extension(embedded ? embedded->admin("ramify") : endpoint.owner, "vector");
    secrets::MasterKey master_key = TRY(secrets::MasterKey::load(settings.data_dir));
    auto states = TRY(states::States::open({.dir = settings.data_dir + "/states", .mb_max = settings.states_mb_max, .mb_free_min = settings.states_mb_free_min}));

    auto parts = std::make_unique<Parts>(settings, std::move(embedded), std::move(endpoint), std::move(master_key), std::move(sandbox), std::move(states), registry);
    TRY(parts->apps.repair(start_op("apps")));
    if (settings.insecure_dev) TRY(parts->identities.ensure_local(start_op("local user")));
    else if (auto link = TRY(parts->identities.setup_link(start_op("set-up link")))) parts->setup_link = *link;
    std::vector<llm::Model> models = parts->gateway.discover_ollama(start_op("Ollama"));
    if (!settings.openai_base_url.empty() || !settings.openai_api_key.empty()) models.insert(models.begin(), model_of_settings(settings));
    parts->chats.offer_models(std::move(models));
    TRY(parts->previews.begin(start_op("previews")));
    TRY(parts->databases.begin(start_op("databases")));
    TRY(parts->branch_databases.repair(start_op("databases of branches")));
    Address at = TRY(parse_address(settings.database_listen));
    parts->proxy = TRY(databases::Proxy::start({.address = at.host, .port = at.port, .socket_dir = parts->databases.socket_dir(), .loops = settings.loops, .tls_certificate_file = settings.tls_cert, .tls_key_file = settings.tls_key}, parts->databases.directory()));
    parts->databases.serve_at(parts->proxy->port());

    http::ApiParts api_parts{.authenticator = &parts->callers, .idempotency = &parts->requests, .streams = &parts->streams, .files = &parts->files,
                             .ready = [store = &parts->store] { return store->ready(); }};
    if (settings.insecure_dev) api_parts.hosts = {"localhost", "127.0.0.1", "[::1]"};
    parts->api = TRY(http::Api::make(parts->routes(), parts->workers, std::move(api_parts)));
    parts->server = TRY(http::Server::start({.address = address.host, .port = address.port, .loops = settings.loops, .tls_certificate_file = settings.tls_cert, .tls_key_file = settings.tls_key},
                                            *parts->api, parts->workers, &parts->previews));
    parts->previews.serve_at(parts->server->port());
    parts->runner = std::make_unique<jobs::Runner>(parts->jobs, jobs::RunnerOptions{.node = TRY(node_name(settings.data_dir)),
                                                                                    .queues = {{"default", 4}, {"llm", settings.generations_max}, {"previews", 4}, {"databases", 4}}});
    return std::unique_ptr<Product>(new Product(std::move(parts)));
}

std::vector<http::Route> Product::route_table() {
    // The rows name their objects, so these are made, and kept: nothing is started, and nothing connects to anything.
    static Parts* parts = [] {
        std::string folder = std::filesystem::temp_directory_path() / ("ramify-routes-" + uuid_text(new_uuid()));
        auto states = states::States::open({.dir = folder, .backend = states::Backend::copy});  // asks nothing of the host
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
        ENSURE(states.has_value());
        Settings settings;
        store::Endpoint nowhere{{"host=/nonexistent"}, {"host=/nonexistent"}, {"host=/nonexistent"}};
        return new Parts(settings, nullptr, nowhere, secrets::MasterKey::fresh(), no_sandbox(fail(Code::unavailable, "nothing runs here")), *std::move(states), {});
    }();
    return parts->routes();
}

std::string Product::url() const { return parts_->server->url(); }
const std::string& Product::setup_link() const { return parts_->setup_link; }
std::span<const http::Route> Product::routes() const { return parts_->api->routes(); }

Result<void> Product::reload_certificates() {
    TRY(parts_->server->reload_tls());
    return parts_->proxy->reload_tls();
}

void Product::drain() {
    Deadline deadline = Deadline::in_ms(parts_->settings.drain_ms);
    parts_->runner->pause();
    parts_->server->drain(deadline.left_ms());
    parts_->proxy->drain(0);  // sessions of people may last for days; their servers stop next
    parts_->runner->drain(std::max<int64_t>(0, deadline.left_ms()));
}

}  // namespace ry::server

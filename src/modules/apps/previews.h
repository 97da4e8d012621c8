#pragma once
// Previews: an app version running in a sandbox, at an origin of its own: http://preview-….localhost:<port>/.
//
// The row says what shall run, a job brings about that it does, and what runs is in memory: after a restart of the server
// every preview is asleep, and wakes at the next request. Templates without a dev command are served as they are, without
// a sandbox. Any thread.
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "kernel/http/proxy.h"
#include "kernel/http/server.h"
#include "kernel/http/route.h"
#include "modules/apps/apps.h"
#include "modules/apps/model.h"

namespace ry::jobs {
class Jobs;
class Context;
}  // namespace ry::jobs
namespace ry::sandbox {
class Sandbox;
}
namespace ry::states {
class States;
}
namespace ry::templates {
struct Manifest;
}

namespace ry::apps {

struct PreviewOptions {
    std::string root;                          ///< workspaces lie here, one folder a preview
    std::string domain = "localhost";          ///< previews are at preview-<id>.<domain>
    std::string scheme = "http";
    std::vector<std::string> registry_hosts;   ///< "host:port" of the package registry: all that an installation may reach
    std::vector<std::pair<std::string, std::string>> install_environment;  ///< of an installation: where the registry is
    std::vector<std::string> tool_dirs;        ///< read-only directories that the tools need besides /usr: where node is
    int64_t sleep_after_ms = 15 * 60'000;      ///< without a request
    int running_max = 30;                      ///< at once; the longest idle one is put to sleep for another
    int64_t install_ms_max = 10 * 60'000;
    int64_t start_ms_max = 60'000;             ///< from the start of the dev command to its first answer
};

/// What the job `apps.run_preview` is given.
struct RunPreview {
    static constexpr std::string_view kind = "apps.run_preview";
    PreviewId preview_id;
    bool is_restart = false;
    static const Fields& fields() {
        using S = RunPreview;
        static const Field table[] = {
            field("preview_id", &S::preview_id, "Which preview."),
            field("is_restart", &S::is_restart, "End what runs first.", defaulted()),
        };
        static const Fields all{"RunPreview", table};
        return all;
    }
};

class BranchDatabases;
struct DatabaseAccess;

class Previews final : public http::Ingress {
public:
    /// The parts outlive it. Registers its job and hears apps.on_moved.
    Previews(store::Store& store, stream::Hub& hub, jobs::Jobs& jobs, sandbox::Sandbox& sandbox, states::States& states, Apps& apps, BranchDatabases& databases, PreviewOptions options);
    /// Ends what runs.
    ~Previews() override;
    std::vector<http::Route> routes();
    /// At start, before the first request: nothing runs.
    Result<void> begin(const Op& op);
    /// The server's port, for the addresses of previews.
    void serve_at(uint16_t port);

    Result<http::Created<Preview>> create(Op& op, CreatePreview body);
    Result<http::Page<Preview>> list(Op& op, ListPreviews query);
    Result<Preview> show(Op& op, PreviewId preview);
    Result<Preview> restart(Op& op, PreviewId preview);
    Result<Preview> sleep(Op& op, PreviewId preview);
    Result<Preview> wake(Op& op, PreviewId preview);
    Result<void> remove(Op& op, PreviewId preview);
    Result<http::Events> events(Op& op, PreviewId preview);

    // ---- http::Ingress
    bool owns_host(std::string_view host) override;
    Result<http::Upstream> connect(const http::Request& head) override;
    std::optional<http::Response> answer(const http::Request& head) override;
    void in_use(std::string_view host) override;
    http::Response away_page(const Error& error) override;

    static std::string stream_of(PreviewId preview);

private:
    struct Slot;
    struct Inside;
    class StaticSite;

    Result<void> run(Op& op, jobs::Context& job, RunPreview args);
    Result<void> bring_up(const Op& op, Slot& slot, const Preview& row, const Version& version, jobs::Context& job);
    Result<void> follow_version(const Op& op, Slot& slot, const Preview& row, const Version& version);
    Result<void> install(const Op& op, Slot& slot, const templates::Manifest& manifest, VersionId version, jobs::Context& job);
    Result<void> run_install(const Op& op, Slot& slot, const std::string& dir, const std::vector<std::string>& argv);
    Result<void> start_program(const Op& op, Slot& slot, const templates::Manifest& manifest);
    Result<void> give_database(const Op& op, Slot& slot, const Preview& row, const App& app, const Version& version);
    Result<std::string> toolchain(const Op& op);
    Result<std::string> dependencies_key(const Op& op, const Slot& slot, const templates::Manifest& manifest, const std::string& commit);
    void adopt_caches(const Op& op, Slot& slot, const std::string& cache);
    Result<std::string> find_commit(const Op& op, AppId app, VersionId version);
    void make_room(const Slot& wanted);
    Result<Preview> set_status(const Op& op, PreviewId id, PreviewStatus status, VersionId version, std::optional<std::string> error);
    Result<void> enqueue(const Op& op, PreviewId id, std::string_view why, bool is_restart);
    void moved(const Moved& where);
    void end_lost(const Op& op, AppId app);
    void tend(std::stop_token stop);
    void log(Slot& slot, std::string_view output);
    std::string log_tail(Slot& slot);
    std::string how_it_ended(Slot& slot);
    void flush_log(Slot& slot);
    void end_slot(PreviewId id);
    std::string workspace_of(const Slot& slot) const;
    std::string cache_of(const Slot& slot) const;
    std::shared_ptr<Slot> slot_of(PreviewId id, OrganizationId organization, AppId app);
    std::shared_ptr<Slot> find_slot(PreviewId id);
    std::shared_ptr<Slot> find_slot(std::string_view host);
    void report(Slot& slot, const http::Request& head);
    Preview with_url(Preview preview) const;

    store::Store& store_;
    stream::Hub& hub_;
    jobs::Jobs& jobs_;
    sandbox::Sandbox& sandbox_;
    states::States& states_;
    Apps& apps_;
    BranchDatabases& databases_;
    PreviewOptions options_;
    std::unique_ptr<Inside> inside_;
};

}  // namespace ry::apps

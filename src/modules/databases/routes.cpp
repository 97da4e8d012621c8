// The databases' rows of the API, the CLI and the security review.
#include "modules/databases/databases.h"

namespace ry::databases {

namespace route = http::route;

namespace {

// Answers with a DSN have a password in it, and rows are the person's: neither is kept under an Idempotency-Key.
constexpr size_t prepare_bytes_max = 16 << 20;  // a thousand steps with their inputs' hashes
constexpr size_t blob_bytes_max = 256 << 20;    // of one input; held in memory while it is received
constexpr size_t run_bytes_max = 2 << 20;       // two outputs of 128 KiB, each byte six in JSON at worst
constexpr int64_t join_ms_max = 170'000;        // 16 GiB at 100 MB/s
constexpr int64_t start_ms_max = 120'000;       // an instance that recovers, or a first base

}  // namespace

std::vector<http::Route> Databases::routes() {
    http::RouteLimits slow{.deadline_ms = start_ms_max};
    return {
        route::get("/api/v1/database_images", "databases.read", "db images",
                   "The PostgreSQL distributions that databases can run on.", &Databases::list_images, *this),
        route::post("/api/v1/database_images", "databases.manage", "db add-image",
                    "Add a relocatable PostgreSQL distribution that lies on the server's machine.",
                    &Databases::add_image, *this)
            .with(slow),
        route::del("/api/v1/database_images/{name}", "databases.manage", "db remove-image",
                   "Remove a distribution that was added.", &Databases::remove_image, *this),

        route::post("/api/v1/database_plans", "databases.read", "db plan-steps",
                    "Which steps of a chain are cached, and why the others are not; starts nothing.", &Databases::plan,
                    *this)
            .with({.body_bytes_max = prepare_bytes_max}),
        route::post("/api/v1/database_prepares", "databases.write", "db prepare-steps",
                    "Bring a database into a state and hand out an instance of it.", &Databases::prepare, *this)
            .with({.body_bytes_max = prepare_bytes_max, .deadline_ms = start_ms_max})
            .with_secret_answer(),
        route::get("/api/v1/database_prepares", "databases.read", "db prepares", "Prepares, newest first.",
                   &Databases::list_prepares, *this),
        route::get("/api/v1/database_prepares/{prepare_id}", "databases.write", "db show-prepare",
                   "A prepare with its steps and, when it is done, the instance's DSN.", &Databases::show_prepare,
                   *this),
        route::get("/api/v1/database_prepares/{prepare_id}/events", "databases.read", "db logs",
                   "The steps and the output of a prepare, live.", &Databases::prepare_events, *this),
        route::post("/api/v1/database_prepares/{prepare_id}/cancel", "databases.write", "db cancel",
                    "Stop a prepare; the states that it made stay.", &Databases::cancel_prepare, *this)
            .with_secret_answer(),
        route::put("/api/v1/blobs/{sha256}", "databases.write", "",
                   "The content of an input of a step, as it is, under its SHA-256.", &Databases::put_blob, *this)
            .with({.body_bytes_max = blob_bytes_max, .deadline_ms = start_ms_max}),
        route::post("/api/v1/blobs", "databases.write", "",
                    "Put the parts of a large input together; each was sent as a blob of its own.",
                    &Databases::join_blobs, *this)
            .with({.deadline_ms = join_ms_max}),

        route::get("/api/v1/database_states", "databases.read", "db states", "States, newest first.",
                   &Databases::list_states, *this),
        route::get("/api/v1/database_states/{state}", "databases.read", "db show-state",
                   "A state, by a unique beginning of its id or by a ref.", &Databases::show_state, *this),
        route::del("/api/v1/database_states/{state}", "databases.write", "db remove-state",
                   "Remove a state that nothing uses.", &Databases::remove_state, *this),
        route::get("/api/v1/database_cache", "databases.read", "db cache",
                   "What the states take, how copies are made, hits and misses.", &Databases::cache_status, *this),
        route::get("/api/v1/database_limits", "databases.read", "db limits", "What instances may use.",
                   &Databases::show_limits, *this),
        route::get("/api/v1/database_clones", "databases.read", "db clones",
                   "The clones of running servers, each as it was taken last.", &Databases::list_clones, *this),
        route::get("/api/v1/database_refs", "databases.read", "db refs", "The names of states.", &Databases::list_refs,
                   *this),
        route::get("/api/v1/database_refs/{name}", "databases.read", "db show-ref", "A name of a state.",
                   &Databases::show_ref, *this),
        route::put("/api/v1/database_refs/{name}", "databases.write", "db tag",
                   "Name a state, or pin what a name means.", &Databases::set_ref, *this),
        route::del("/api/v1/database_refs/{name}", "databases.write", "db untag",
                   "Forget a name; the state stays until it is evicted.", &Databases::remove_ref, *this),

        route::post("/api/v1/database_refs/{name}/pin", "databases.write", "db pin",
                    "Keep the state of a name for ever, or for a time.", &Databases::pin_ref, *this),
        route::post("/api/v1/database_refs/{name}/unpin", "databases.write", "db unpin",
                    "Let the state of a name be evicted again.", &Databases::unpin_ref, *this),
        route::post("/api/v1/database_removals", "databases.write", "",
                    "Remove an instance, a prepare, or a state with what comes from it: all of it, or nothing.",
                    &Databases::remove, *this)
            .with(slow),
        route::post("/api/v1/database_cache/collect", "databases.write", "",
                    "Drop instances whose time is over, and states that nothing needs.", &Databases::collect, *this)
            .with(slow),

        route::get("/api/v1/database_instances", "databases.read", "db instances", "Instances, newest first.",
                   &Databases::list_instances, *this),
        route::post("/api/v1/database_instances", "databases.write", "db open",
                    "The instance of a name or id or, for a ref or state, a new one; running, with its DSN.",
                    &Databases::open_instance, *this)
            .with(slow)
            .with_secret_answer(),
        route::get("/api/v1/database_instances/{instance}", "databases.write", "db show",
                   "An instance with its DSN, by name or a unique beginning of its id.", &Databases::show_instance,
                   *this),
        route::patch("/api/v1/database_instances/{instance}", "databases.write", "db change",
                     "Rename an instance, or keep it longer.", &Databases::change_instance, *this)
            .with_secret_answer(),
        route::del("/api/v1/database_instances/{instance}", "databases.write", "db drop",
                   "Drop an instance with its data.", &Databases::remove_instance, *this),
        route::post("/api/v1/database_instances/{instance}/reset", "databases.write", "db reset",
                    "Back to the state that it is a copy of; its DSN stays.", &Databases::reset_instance, *this)
            .with(slow)
            .with_secret_answer(),
        route::post("/api/v1/database_instances/{instance}/switch", "databases.write", "db switch",
                    "Make it a copy of another state; its DSN stays.", &Databases::switch_instance, *this)
            .with(slow)
            .with_secret_answer(),
        route::post("/api/v1/database_instances/{instance}/fork", "databases.write", "db fork",
                    "A new instance with its current data, while it runs on.", &Databases::fork_instance, *this)
            .with(slow)
            .with_secret_answer(),
        route::post("/api/v1/database_instances/{instance}/snapshot", "databases.write", "db snapshot",
                    "Its current data as a new state with a name, while it runs on.", &Databases::snapshot_instance,
                    *this)
            .with(slow),
        route::post("/api/v1/database_instances/{instance}/sleep", "databases.write", "db sleep",
                    "Stop its server until the next connection.", &Databases::sleep_instance, *this)
            .with(slow)
            .with_secret_answer(),
        route::post("/api/v1/database_instances/{instance}/wake", "databases.write", "db wake", "Start its server.",
                    &Databases::wake_instance, *this)
            .with(slow)
            .with_secret_answer(),
        route::get("/api/v1/database_instances/{instance}/databases", "databases.write", "db databases",
                   "The databases of its cluster; one that sleeps is woken.", &Databases::list_databases, *this)
            .with(slow),
        route::post("/api/v1/database_instances/{instance}/query", "databases.write", "db query",
                    "Run SQL on it and show the rows; a query whose client is gone is cancelled.",
                    &Databases::query_instance, *this)
            .with({.deadline_ms = 600'000, .ends_with_client = true})
            .with_secret_answer(),
        route::post("/api/v1/database_diffs", "databases.write", "db diff-databases",
                    "What differs between two states or instances: objects and, when asked for, rows.",
                    &Databases::diff, *this)
            .with({.deadline_ms = 600'000, .ends_with_client = true})
            .with_secret_answer(),
        route::get("/api/v1/databases/events", "databases.read", "db changes",
                   "Which instances, prepares and runs were made, changed or dropped, live.", &Databases::instance_events, *this),

        route::post("/api/v1/database_runs", "databases.write", "",
                    "A run begins: an instance for it, with its DSN. The program runs where the caller is.",
                    &Databases::start_run, *this)
            .with(slow)
            .with_secret_answer(),
        route::post("/api/v1/database_runs/{run_id}/renew", "databases.write", "",
                    "The run goes on: at least every minute, else it is lost and its own instance is dropped.",
                    &Databases::renew_run, *this),
        route::post("/api/v1/database_runs/{run_id}/end", "databases.write", "",
                    "The run has ended; its own instance is dropped.", &Databases::end_run, *this)
            .with({.body_bytes_max = run_bytes_max, .deadline_ms = start_ms_max}),
        route::get("/api/v1/database_runs", "databases.read", "db runs",
                   "Programs that ran with a database, newest first.", &Databases::list_runs, *this),
        route::get("/api/v1/database_runs/{run_id}", "databases.read", "db show-run",
                   "A run: what ran on which state, how long, and how it ended.", &Databases::show_run, *this),
        route::get("/api/v1/database_runs/{run_id}/output", "databases.read", "db run-output",
                   "What a run wrote, or its beginning and end.", &Databases::run_output, *this),
    };
}

}  // namespace ry::databases

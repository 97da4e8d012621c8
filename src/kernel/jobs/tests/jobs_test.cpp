// Stories of jobs on a real PostgreSQL.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

#include "base/check.h"
#include "kernel/jobs/all_queries.gen.h"
#include "kernel/jobs/jobs.h"
#include "kernel/jobs/queries.gen.h"
#include "kernel/stream/stream.h"
#include "kernel/stream/tests/reader.h"
#include "testing/database.h"

using namespace ry;
using namespace ry::jobs;
using stream::Hub;
using stream::Reader;

namespace {

struct Count {
    int number = 0;
    static constexpr std::string_view kind = "test.count";
    static const Fields& fields() {
        static const Field table[] = {field("number", &Count::number, "What to count.")};
        static const Fields all{"Count", table};
        return all;
    }
};

/// A door that handlers wait at and the test opens.
class Door {
public:
    void open() {
        state_.change([](State& s) { s.is_open = true; });
    }
    /// A handler: says that it is here and waits.
    void pass() {
        state_.change([](State& s) { ++s.here; });
        state_.wait_until(soon(), [](State& s) { return s.is_open; }, [](State&) {});
    }
    bool wait_for_somebody(int count = 1) {
        return state_.wait_until(soon(), [&](State& s) { return s.here >= count; }, [](State&) {});
    }

private:
    struct State {
        int here = 0;
        bool is_open = false;
    };
    static std::chrono::steady_clock::time_point soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(180); }
    Guarded<State> state_;
};

/// Waits for the stop or the deadline, as a handler that looks at its Op does.
Result<void> wait_for_stop(Op& op) {
    while (true) {
        TRY(op.still_wanted());
        std::this_thread::yield();
    }
}

struct Server {
    testing::Database database{{&stream::schema, &jobs::schema}};
    Hub hub{database.store(), {.flush_ms = 50, .notify_ms = 2}};
    Jobs jobs{database.store(), hub};

    const Op& op() const { return database.op(); }
    RunnerOptions options(int workers = 4) const {
        return {.node = "here", .queues = {{"default", workers}}, .poll_ms = 50, .stop_grace_ms = 5'000};
    }
    JobId enqueue(int number, EnqueueOptions with = {}, const Op* as = nullptr) {
        auto id = database.store().write(as ? *as : op(), "test.enqueue", [&](Tx& tx) { return jobs.enqueue(tx, Count{number}, with); });
        REQUIRE(id);
        return *id;
    }
    Job get(JobId id) {
        Op asking = op();
        auto job = jobs.get(asking, id);
        REQUIRE(job);
        return *job;
    }
    /// True when the job's stream says so within three minutes.
    bool wait_for(JobId id, const std::string& text) {
        auto reader = std::make_shared<Reader>();
        auto subscription = hub.follow(op(), stream_of(id), {}, reader);
        bool has_come = reader->wait_for_text(text);
        subscription.end();
        return has_come;
    }
    bool wait_for(JobId id, Status status) { return wait_for(id, "\"status\":\"" + std::string(names_of(status)[size_t(status)]) + "\""); }
};

}  // namespace

TEST_CASE("the statements fit the real database, and the schema is isolated and runs twice") {
    testing::Database database({&stream::schema, &jobs::schema});
    CHECK(testing::problems_of(database, sql::all) == "");
    CHECK(testing::problems_of_schema(database) == "");
}

TEST_CASE("a job runs as the person who asked, and its stream tells its life") {
    Server server;
    std::atomic<int> number = 0;
    Op seen;
    server.jobs.add<Count>({}, [&](Op& op, const Count& job, Context& context) -> Result<void> {
        number = job.number;
        seen = op;
        context.log("counting\n");
        context.progress(0.5, "half of it");
        context.set_result(Json{R"({"counted":7})"});
        return {};
    });
    JobId id = server.enqueue(7, {.subject = "chat:1"});
    CHECK(server.get(id).status == Status::queued);
    Runner runner(server.jobs, server.options());
    REQUIRE(server.wait_for(id, Status::done));
    CHECK(number == 7);
    CHECK(seen.actor.kind == ActorKind::job);
    CHECK(seen.actor.user == server.op().actor.user);
    CHECK(seen.organization == server.op().organization);
    CHECK(seen.request_id == server.op().request_id);
    Job job = server.get(id);
    CHECK(job.attempt == 1);
    CHECK(job.progress == 1);
    CHECK(job.subject == "chat:1");
    CHECK(job.result->text == R"({"counted":7})");
    CHECK(job.started_at);
    CHECK(job.ended_at);
    auto page = server.hub.page(server.op(), stream_of(id), {}, 100);
    REQUIRE(page);
    size_t running = page->find(R"("type":"job.updated")"), log = page->find(R"("type":"job.log","text":"counting\n")"), done = page->find(R"("status":"done")");
    CHECK(running < log);
    CHECK(log < done);
    CHECK(done != std::string::npos);
}

TEST_CASE("a job of a transaction that is rolled back never runs") {
    Server server;
    std::atomic<int> last = 0;
    server.jobs.add<Count>({}, [&](Op&, const Count& job, Context&) -> Result<void> {
        last = job.number;
        return {};
    });
    auto failed = server.database.store().write(server.op(), "test.enqueue", [&](Tx& tx) -> Result<JobId> {
        TRY(server.jobs.enqueue(tx, Count{1}));
        return fail(Code::conflict, "changed my mind");
    });
    CHECK_FALSE(failed);
    Runner runner(server.jobs, server.options(1));
    JobId id = server.enqueue(2);
    REQUIRE(server.wait_for(id, Status::done));
    CHECK(last == 2);
    Op op = server.op();
    CHECK(server.jobs.list(op, {})->items.size() == 1);
}

TEST_CASE("what may succeed later is tried again; what cannot is not") {
    Server server;
    std::atomic<int> tries = 0;
    std::atomic<int> given_up = 0;
    KindOptions options{.attempts_max = 3, .backoff_ms = 1, .on_given_up = [&](Op& op, Tx& tx, const Job& job, const Json& argument) -> Result<void> {
        CHECK(job.status == Status::failed);
        CHECK(argument.text == R"({"number":4})");
        CHECK(op.organization == tx.op().organization);
        ++given_up;
        return {};
    }};
    server.jobs.add<Count>(options, [&](Op&, const Count& job, Context& context) -> Result<void> {
        ++tries;
        if (job.number == 4) return invalid("/number", "must not be 4");
        if (job.number == 5) ENSURE(false);
        if (context.attempt() < 3) return fail(Code::unavailable, "the model does not answer");
        CHECK(context.is_last_attempt());
        return {};
    });
    Runner runner(server.jobs, server.options());
    JobId later = server.enqueue(3);
    REQUIRE(server.wait_for(later, Status::done));
    CHECK(tries == 3);
    CHECK_FALSE(server.get(later).error);

    tries = 0;
    JobId never = server.enqueue(4);
    REQUIRE(server.wait_for(never, Status::failed));
    CHECK(tries == 1);
    CHECK(given_up == 1);
    CHECK(server.get(never).error == "/number must not be 4");
}

TEST_CASE("a bug in a handler fails the job and nothing else") {
    Server server;
    server.jobs.add<Count>({.attempts_max = 2, .backoff_ms = 1}, [&](Op&, const Count& job, Context&) -> Result<void> {
        ENSURE(job.number != 5);
        return {};
    });
    Runner runner(server.jobs, server.options(1));
    JobId bad = server.enqueue(5), good = server.enqueue(6);
    CHECK(server.wait_for(bad, Status::failed));
    CHECK(server.wait_for(good, Status::done));
    CHECK(server.get(bad).attempt == 2);
    CHECK(server.get(bad).error->find("report this") != std::string::npos);
}

TEST_CASE("a unique key has one job at a time, and is free again when that has ended") {
    Server server;
    Door door;
    server.jobs.add<Count>({}, [&](Op&, const Count&, Context&) -> Result<void> {
        door.pass();
        return {};
    });
    JobId first = server.enqueue(1, {.unique_key = "k"});
    CHECK(server.enqueue(2, {.unique_key = "k"}) == first);
    Op stranger = server.database.stranger();
    CHECK(server.enqueue(2, {.unique_key = "k"}, &stranger) != first);
    Runner runner(server.jobs, server.options());
    REQUIRE(door.wait_for_somebody());
    CHECK(server.enqueue(3, {.unique_key = "k"}) == first);
    door.open();
    REQUIRE(server.wait_for(first, Status::done));
    CHECK(server.enqueue(4, {.unique_key = "k"}) != first);
}

TEST_CASE("cancel: a queued job ends at once, a running one is stopped, one that has ended stays") {
    Server server;
    Door door;
    std::atomic<int> given_up = 0;
    server.jobs.add<Count>({.on_given_up = [&](Op&, Tx&, const Job& job, const Json&) -> Result<void> {
        CHECK(job.status == Status::cancelled);
        ++given_up;
        return {};
    }}, [&](Op& op, const Count&, Context&) -> Result<void> {
        door.open();
        door.pass();
        return wait_for_stop(op);
    });
    Op op = server.op();
    JobId queued = server.enqueue(1);
    CHECK(server.jobs.cancel(op, queued)->status == Status::cancelled);
    CHECK(given_up == 1);

    Runner runner(server.jobs, server.options());
    JobId running = server.enqueue(2);
    REQUIRE(door.wait_for_somebody());
    CHECK(server.jobs.cancel(op, running)->status == Status::running);
    REQUIRE(server.wait_for(running, Status::cancelled));
    CHECK(given_up == 2);
    CHECK(server.jobs.cancel(op, running)->status == Status::cancelled);
    CHECK(given_up == 2);
    Op stranger = server.database.stranger();
    CHECK(server.jobs.cancel(stranger, running).error().code == Code::not_found);
}

TEST_CASE("a handler that does not stop loses its job, and can no longer write") {
    Server server;
    Door door;
    Door over;
    std::atomic<bool> could_write = true;
    server.jobs.add<Count>({}, [&](Op& op, const Count&, Context& context) -> Result<void> {
        REQUIRE(context.write("test.write", [](Tx&) -> Result<void> { return {}; }));
        door.pass();
        op.stop = {};  // it means it
        could_write = context.write("test.write", [](Tx&) -> Result<void> { return {}; }).has_value();
        over.pass();
        return {};
    });
    RunnerOptions options = server.options();
    options.stop_grace_ms = 1;
    Runner runner(server.jobs, options);
    JobId id = server.enqueue(1);
    REQUIRE(door.wait_for_somebody());
    Op op = server.op();
    REQUIRE(server.jobs.cancel(op, id));
    REQUIRE(server.wait_for(id, Status::cancelled));
    door.open();
    REQUIRE(over.wait_for_somebody());
    CHECK_FALSE(could_write);
    over.open();
}

TEST_CASE("a job whose time is over fails with a message that says so") {
    Server server;
    server.jobs.add<Count>({.attempts_max = 1, .timeout_ms = 20}, [&](Op& op, const Count&, Context&) { return wait_for_stop(op); });
    Runner runner(server.jobs, server.options());
    JobId id = server.enqueue(1);
    REQUIRE(server.wait_for(id, Status::failed));
    CHECK(server.get(id).error->find("deadline") != std::string::npos);
}

TEST_CASE("a group runs one job at a time, and other jobs pass by") {
    Server server;
    std::atomic<int> now = 0, most = 0;
    server.jobs.add<Count>({}, [&](Op&, const Count& job, Context&) -> Result<void> {
        if (job.number == 0) return {};
        most = std::max(most.load(), ++now);
        std::this_thread::yield();
        --now;
        return {};
    });
    std::vector<JobId> ids;
    for (int i = 0; i < 12; ++i) ids.push_back(server.enqueue(1, {.concurrency_group = "g"}));
    ids.push_back(server.enqueue(0));
    Runner runner(server.jobs, server.options(8));
    for (JobId id : ids) CHECK(server.wait_for(id, Status::done));
    CHECK(most == 1);
}

TEST_CASE("a backlog of one organization does not starve another; priority orders one's own") {
    Server server;
    Guarded<std::vector<int>> order;
    server.jobs.add<Count>({}, [&](Op&, const Count& job, Context&) -> Result<void> {
        order.with([&](auto& all) { all.push_back(job.number); });
        return {};
    });
    std::vector<JobId> ids;
    for (int i = 1; i <= 20; ++i) ids.push_back(server.enqueue(i));
    server.enqueue(50, {.priority = 5});
    server.enqueue(60, {.run_at = Time{now().us + 3'600'000'000}});
    Op stranger = server.database.stranger();
    server.enqueue(100, {}, &stranger);
    Runner runner(server.jobs, server.options(2));
    for (JobId id : ids) REQUIRE(server.wait_for(id, Status::done));
    std::vector<int> ran = order.with([](auto& all) { return all; });
    auto place = [&](int number) { return std::ranges::find(ran, number) - ran.begin(); };
    CHECK(place(50) < 2);
    CHECK(place(100) < 2);
    CHECK(place(1) < place(20));
    CHECK(ran.size() == 22);
}

TEST_CASE("two runners and many jobs: each runs exactly once") {
    Server server;
    Hub other_hub(server.database.store());
    Jobs other_jobs(server.database.store(), other_hub);
    constexpr int count = 300;
    std::vector<std::atomic<int>> runs(count);
    auto handler = [&](Op&, const Count& job, Context& context) -> Result<void> {
        ++runs[size_t(job.number)];
        return context.write("test.write", [](Tx&) -> Result<void> { return {}; });
    };
    server.jobs.add<Count>({}, handler);
    other_jobs.add<Count>({}, handler);
    RunnerOptions here = server.options(), there = server.options();
    there.node = "there";
    Runner first(server.jobs, here), second(other_jobs, there);
    std::vector<JobId> ids;
    for (int i = 0; i < count; ++i) ids.push_back(server.enqueue(i));
    for (JobId id : ids) REQUIRE(server.wait_for(id, Status::done));
    for (auto& times : runs) CHECK(times == 1);
}

TEST_CASE("drain gives running jobs back, and another runner finishes them") {
    Server server;
    Door door;
    std::atomic<int> finished_attempt = 0;
    server.jobs.add<Count>({.attempts_max = 1}, [&](Op& op, const Count&, Context& context) -> Result<void> {
        if (context.attempt() == 1) {
            door.open();
            door.pass();
            return wait_for_stop(op);
        }
        finished_attempt = context.attempt();
        return {};
    });
    JobId id = server.enqueue(1);
    {
        Runner runner(server.jobs, server.options());
        REQUIRE(door.wait_for_somebody());
        CHECK_FALSE(runner.drain(0));
        CHECK(server.get(id).status == Status::queued);
    }
    Runner runner(server.jobs, server.options());
    REQUIRE(server.wait_for(id, Status::done));
    CHECK(finished_attempt == 2);
}

TEST_CASE("paused, nothing begins; a job that failed can be tried once more; lists have pages") {
    Server server;
    std::atomic<bool> is_broken = true;
    server.jobs.add<Count>({.attempts_max = 1}, [&](Op&, const Count&, Context&) -> Result<void> {
        if (is_broken) return fail(Code::unavailable, "broken");
        return {};
    });
    Runner runner(server.jobs, server.options());
    runner.pause();
    JobId id = server.enqueue(1, {.subject = "app:1"});
    Op op = server.op();
    CHECK(server.jobs.retry(op, id).error().code == Code::conflict);
    CHECK(server.get(id).status == Status::queued);
    runner.resume();
    REQUIRE(server.wait_for(id, Status::failed));
    is_broken = false;
    REQUIRE(server.jobs.retry(op, id));
    REQUIRE(server.wait_for(id, Status::done));
    CHECK(server.get(id).attempt == 2);

    JobId second = server.enqueue(2);
    auto page = server.jobs.list(op, {.limit = 1});
    REQUIRE(page);
    CHECK(page->items[0].id == second);
    auto rest = server.jobs.list(op, {.cursor = page->next_cursor});
    REQUIRE(rest);
    REQUIRE(rest->items.size() == 1);
    CHECK(rest->items[0].id == id);
    CHECK_FALSE(rest->next_cursor);
    CHECK(server.jobs.list(op, {.subject = "app:1"})->items.size() == 1);
    CHECK(server.jobs.list(op, {.cursor = "nonsense"}).error().code == Code::invalid);
    Op stranger = server.database.stranger();
    CHECK(server.jobs.list(stranger, {})->items.empty());
    CHECK(server.jobs.get(stranger, id).error().code == Code::not_found);
}

TEST_CASE("only the running try of a job is confirmed") {
    Server server;
    Door door;
    server.jobs.add<Count>({}, [&](Op&, const Count&, Context&) -> Result<void> {
        door.pass();
        return {};
    });
    JobId id = server.enqueue(1);
    auto confirms = [&](int attempt) {
        return server.database.store().write(server.op(), "test.confirm", [&](Tx& tx) { return confirm(tx, id, attempt); });
    };
    CHECK(confirms(0).error().code == Code::conflict);
    Runner runner(server.jobs, server.options());
    REQUIRE(door.wait_for_somebody());
    CHECK(confirms(1));
    CHECK(confirms(2).error().code == Code::conflict);
    door.open();
    REQUIRE(server.wait_for(id, Status::done));
    CHECK(confirms(1).error().code == Code::conflict);
}

TEST_CASE("a job that may begin here is claimed where it is made while half of the workers are free, and not when its transaction fails") {
    Server server;
    Door door;
    server.jobs.add<Count>({}, [&](Op& op, const Count&, Context& context) -> Result<void> {
        CHECK(op.organization == server.op().organization);
        CHECK(context.attempt() == 1);
        door.pass();
        return context.write("test.write", [](Tx&) -> Result<void> { return {}; });
    });
    auto status_when_made = [&](bool fails = false) {
        auto status = server.database.store().write(server.op(), "test.enqueue", [&](Tx& tx) -> Result<std::string> {
            JobId id = TRY(server.jobs.enqueue(tx, Count{1}, {.may_begin_here = true}));
            if (fails) return fail(Code::unsupported, "no");
            Job job = TRY(tx.one(sql::get, {.id = id}));
            return std::string(names_of(job.status)[size_t(job.status)]);
        });
        return status ? *status : status.error().message;
    };
    CHECK(status_when_made() == "queued");  // nobody works here
    Runner runner(server.jobs, server.options(4));
    REQUIRE(door.wait_for_somebody());
    for (int i = 0; i < 10; ++i) CHECK(status_when_made(true) == "no");  // keeps no worker for what was not made
    CHECK(status_when_made() == "running");
    CHECK(status_when_made() == "queued");  // two of four are busy: it takes its turn
    REQUIRE(door.wait_for_somebody(3));
    runner.pause();
    CHECK(status_when_made() == "queued");
    runner.resume();
    REQUIRE(door.wait_for_somebody(4));
    door.open();
    CHECK(runner.drain(10'000));
    CHECK(server.database.run_as_superuser("select status || ' ' || attempt || ' ' || count(*) from jobs.job group by status, attempt") == "done 1 4");
}

TEST_CASE("a job that its runner was given and never heard of is queued again") {
    Server server;
    std::atomic<int> attempt = 0;
    server.jobs.add<Count>({}, [&](Op&, const Count&, Context& context) -> Result<void> {
        attempt = context.attempt();
        return {};
    });
    RunnerOptions options = server.options();
    options.heartbeat_ms = 50;
    Runner runner(server.jobs, options);
    REQUIRE(server.wait_for(server.enqueue(1), Status::done));
    JobId id = *server.database.store().write(server.op(), "test.enqueue", [&](Tx& tx) -> Result<JobId> {
        return server.jobs.enqueue(tx, Count{7}, {.run_at = Time{now().us + 3'600'000'000}});
    });
    server.database.run_as_superuser("update jobs.job set status = 'running', attempt = 1, started_at = now() - interval '1 minute', runner_id = (select id from jobs.runner)");
    REQUIRE(server.wait_for(id, Status::done));
    CHECK(attempt == 2);
}

// ---- a server that is killed: this executable, run again

namespace {

constexpr const char* variables[] = {"TEST_APP_CONNINFO", "TEST_APP_ROLE", "TEST_SYSTEM_CONNINFO", "TEST_SYSTEM_ROLE"};

/// Runs the child's server until its handler is running, and kills it.
void run_and_kill(const store::Endpoint& endpoint) {
    const std::string* values[] = {&endpoint.app.conninfo, &endpoint.app.role, &endpoint.system.conninfo, &endpoint.system.role};
    for (size_t i = 0; i < 4; ++i) setenv(variables[i], values[i]->c_str(), 1);
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ready[1], 3);
        execl("/proc/self/exe", "test_jobs", "--no-skip", "--test-case=child: *", "--out=/dev/null", nullptr);
        _exit(1);
    }
    close(ready[1]);
    char byte = 0;
    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

}  // namespace

TEST_CASE("child: runs a job for ever" * doctest::skip()) {
    if (!std::getenv(variables[0])) return;
    store::Store store({{}, {std::getenv(variables[0]), std::getenv(variables[1])}, {std::getenv(variables[2]), std::getenv(variables[3])}});
    Hub hub(store);
    Jobs jobs(store, hub);
    jobs.add<Count>({}, [&](Op&, const Count&, Context&) -> Result<void> {
        (void)!write(3, "x", 1);
        while (true) pause();
    });
    Runner runner(jobs, {.node = "here", .poll_ms = 20});
    while (true) pause();
}

TEST_CASE("after kill -9 the next server of the node runs the job again, and one that had its last try is given up") {
    Server server;
    std::atomic<int> attempt = 0, given_up = 0;
    server.jobs.add<Count>({.on_given_up = [&](Op&, Tx&, const Job& job, const Json&) -> Result<void> {
        CHECK(job.status == Status::failed);
        ++given_up;
        return {};
    }}, [&](Op&, const Count&, Context& context) -> Result<void> {
        attempt = context.attempt();
        return {};
    });
    JobId again = server.enqueue(1);
    run_and_kill(server.database.endpoint());
    CHECK(server.get(again).status == Status::running);
    {
        Runner runner(server.jobs, server.options());
        REQUIRE(server.wait_for(again, Status::done));
    }
    CHECK(attempt == 2);

    attempt = 0;
    JobId last = server.enqueue(2, {.attempts_max = 1});
    run_and_kill(server.database.endpoint());
    Runner runner(server.jobs, server.options());
    REQUIRE(server.wait_for(last, Status::failed));
    CHECK(attempt == 0);
    CHECK(given_up == 1);
    CHECK(server.get(last).error->find("the server stopped") != std::string::npos);
}

TEST_CASE("a runner of another node takes over when the lease is over, not before") {
    Server server;
    server.jobs.add<Count>({}, [](Op&, const Count&, Context&) -> Result<void> { return {}; });
    JobId id = server.enqueue(1);
    run_and_kill(server.database.endpoint());
    RunnerOptions other = server.options();
    other.node = "there";
    other.heartbeat_ms = 50;
    Runner runner(server.jobs, other);
    JobId later = server.enqueue(2);
    REQUIRE(server.wait_for(later, Status::done));
    CHECK(server.get(id).status == Status::running);
    server.database.run_as_superuser("update jobs.runner set lease_until = now() - interval '1 s' where node = 'here'");
    REQUIRE(server.wait_for(id, Status::done));
    CHECK(server.get(id).attempt == 2);
}

#pragma once
// Inside the store: asynchronous reads. One thread and one connection carry all of them: what is waiting is sent as one
// batch, which is one implicit transaction, so the tenant's setting costs no round trip. When one statement of a batch
// fails, those after it were not run and are sent again, each alone.
#include <deque>
#include <functional>
#include <thread>

#include "base/guarded.h"
#include "kernel/store/connection.h"

namespace ry::store {

class Reader {
public:
    Reader(Login login, const Limits& limits);
    ~Reader();

    void read(const ReadContext& context, const Statement& statement, Parameters parameters, std::function<void(Result<Rows>)> done);

private:
    struct Request {
        ReadContext context;
        const Statement* statement;
        Parameters parameters;
        std::function<void(Result<Rows>)> done;
        int64_t since_ms;
        bool is_alone = false;  // it was in a batch that failed
    };
    struct Waiting {
        std::deque<Request> requests;
        bool is_stopping = false;
    };

    void run();
    void work();
    /// Moves what is waiting to ready_; false when the Reader is stopping.
    bool take_waiting();
    bool connect();
    void send_batches();
    void send(Request request, OrganizationId& batch_organization);
    void handle(Answer answer);
    void handle_loss();
    void fail_all(const Error& error);
    void sleep();

    Login login_;
    Limits limits_;
    int wake_fd_;
    Guarded<Waiting> waiting_;
    // Of the thread alone:
    std::unique_ptr<Connection> connection_;
    std::deque<Request> ready_;    // not yet sent
    std::deque<Request> sent_;     // in the order in which answers come
    size_t batches_sent_ = 0;
    int64_t last_answer_ms_ = 0;
    std::thread thread_;
};

}  // namespace ry::store

#pragma once
// Inside the store: one libpq connection in pipeline mode. Statements are sent without waiting; answers come back in the
// order of sending. Used by one thread at a time.
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>

#include "kernel/op/op.h"
#include "kernel/store/query.h"
#include "kernel/store/store.h"

struct pg_conn;

namespace ry::store {

/// One answer in the order of sending.
struct Answer {
    enum class Kind {
        rows,     ///< the statement worked
        failed,   ///< it did not: `error`
        aborted,  ///< it was not run, because one before it in the same batch failed
        synced,   ///< the batch has ended
    };
    Kind kind;
    uint64_t tag = 0;
    std::optional<Rows> rows = {};
    std::optional<Error> error = {};
};

class Connection {
public:
    /// `settings` are further "-c name=value" startup options. Gives up at the deadline, or at once when refused.
    static Result<std::unique_ptr<Connection>> open(const Login& login, std::string_view settings, Deadline deadline, std::stop_token stop = {});
    ~Connection();

    // ---- without waiting

    /// Puts a statement into the send buffer, prepared on its first use here. `tag` comes back with its answer.
    void send(const Statement& statement, const Parameters& parameters, uint64_t tag = 0);
    /// Ends a batch: what was sent since the last one is one implicit transaction, unless begin and commit are in it.
    void sync();
    /// Writes what the socket takes; true when nothing is left. False also when the connection is lost.
    bool flush();
    /// Reads what has arrived. False when the connection is lost.
    bool receive();
    /// The next answer that has arrived.
    std::optional<Answer> next();
    /// The next notification that has arrived, for a connection that listens: channel and payload.
    std::optional<std::pair<std::string, std::string>> next_notification();
    bool is_waiting() const { return !expected_.empty(); }

    int socket() const;
    /// What to poll the socket for: POLLIN, and POLLOUT when something is left to send.
    short events() const;
    bool is_lost() const { return is_lost_; }
    /// Whether an idle connection is still good, as far as this side has heard.
    bool is_usable();

    // ---- waiting

    /// Ends the batch and waits for all answers: the rows of the last statement, or the first error. When the deadline
    /// passes or a stop is asked for, the statement is cancelled. With `take`, it gets the rows of those that were sent with a tag.
    Result<Rows> finish(Deadline deadline, const std::stop_token& stop, const std::function<void(uint64_t tag, Rows rows)>& take = {});
    /// Runs a text of several statements in the simple protocol, for migrations. Blocks without a deadline.
    Result<void> run_script(const std::string& text);
    /// Sends the batch's end and leaves the answers unread; the next finish() drops them.
    void finish_later();
    /// The failure of the last finish() was a deadlock or a serialization failure.
    bool lost_a_race() const { return lost_a_race_; }
    /// The command tag of the last statement: "COMMIT", "ROLLBACK", "INSERT 0 1".
    const std::string& last_command() const { return last_command_; }

private:
    struct Expected {
        enum class Kind { prepare, statement, sync } kind;
        uint64_t tag = 0;
        uint64_t hash = 0;
        std::string_view name = {};
        bool is_dropped = false;
        std::optional<Error> error = {};  // why its prepare failed
    };

    explicit Connection(pg_conn* connection);
    void lose(std::string cause);
    std::optional<Answer> answer_for(Expected expected, pg_result* result);
    void cancel();
    /// Waits until the socket can be read (or written, when something is left to send). False at the deadline or a stop.
    bool wait(Deadline deadline, const std::stop_token& stop);

    pg_conn* connection_;
    int wake_fd_;  // an eventfd that a stop request writes to
    bool is_lost_ = false;
    bool is_flushed_ = true;
    bool lost_a_race_ = false;
    std::string lost_cause_;
    std::string last_command_;
    std::deque<Expected> expected_;
    std::unordered_map<uint64_t, bool> prepared_;  // hash of the text → PostgreSQL has confirmed it
};

}  // namespace ry::store

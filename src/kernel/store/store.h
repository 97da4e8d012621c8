#pragma once
// The database. `Tx` is the only way to change the world: rows, events, jobs and the audit line commit together or not
// at all. Every transaction belongs to the Op's organization, by row-level security, in the same round trip as its first
// statement; a statement that forgets its tenant sees nothing.
//
//     return store_.write(op, "chats.post_message", [&](Tx& tx) -> Result<Message> {
//         auto message = TRY(tx.one(sql::add_message, {.chat_id = chat, .message_id = id, .text = body.text}));
//         tx.queue(sql::touch_chat, {.chat_id = chat});        // sent with the next statement or the commit
//         tx.after_commit([this] { wake(); });
//         return message;
//     });
//
// The function may run again (deadlock, serialization failure, lost connection), so it touches nothing but `tx` and
// what it returns. After a statement failed, the transaction is over: the first error is the answer.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "kernel/op/op.h"
#include "kernel/store/query.h"

namespace ry::store {

class Connection;
class Store;
class Tx;

/// One way into PostgreSQL: a libpq connection string or URL, and the role to act as (empty: the login's own).
struct Login {
    std::string conninfo;
    std::string role = {};
};

/// The three roles of the server. Sources: Embedded::endpoint(), endpoint_of_url().
struct Endpoint {
    Login owner;    ///< owns the schemas, runs migrations; nothing else
    Login app;      ///< the server: sees one organization at a time
    Login system;   ///< the kernel's cross-tenant duties (claims, sign-in): only tables whose policies name it
};

/// `--database-url`: the URL's user owns and migrates; it must be able to create, or be a member of, ramify_app and
/// ramify_system.
Endpoint endpoint_of_url(std::string url);

struct Limits {
    /// Connections for transactions, opened when needed. 16 + 4 + 1 reader + 1 listener = 22 of the embedded server's 50.
    size_t app_connections_max = 16;
    size_t system_connections_max = 4;
    /// How long one statement may take when the Op's deadline is later.
    int64_t statement_ms_max = 30'000;
    /// How long a transaction waits for a connection when the Op's deadline is later.
    int64_t connection_wait_ms_max = 5'000;
    /// Asynchronous reads waiting to be sent; one more is refused as unavailable.
    size_t reads_waiting_max = 10'000;
};

/// The answer to a statement that was sent without waiting for it. Taken once, before its transaction's function returns.
template <class T>
class Later {
public:
    /// Waits for it, and for all that was sent before it: one round trip for all of them.
    Result<T> get() { return read_(*tx_, index_); }

private:
    friend class Tx;
    Later(Tx& tx, size_t index, Result<T> (*read)(Tx&, size_t)) : tx_(&tx), index_(index), read_(read) {}
    Tx* tx_;
    size_t index_;
    Result<T> (*read_)(Tx&, size_t);
};

/// A transaction in progress. Lives as long as the function that got it, on that function's thread.
class Tx {
public:
    Tx(const Tx&) = delete;

    const Op& op() const { return op_; }
    std::string_view name() const { return name_; }
    bool is_system() const { return is_system_; }

    /// The row. When there is none: not_found with `absent` as its message, or a bug when `absent` is empty.
    template <class Args, class Row>
    Result<Row> one(const One<Args, Row>& query, const std::type_identity_t<Args>& args, std::string_view absent = {}) {
        Rows rows = TRY(execute_with(query, args));
        if (rows.size() != 1) return no_single_row(query, rows.size(), absent);
        return rows.template read<Row>(0);
    }
    template <class Args, class Row>
    Result<std::optional<Row>> maybe(const Maybe<Args, Row>& query, const std::type_identity_t<Args>& args) { return ask(query, args).get(); }
    template <class Args, class Row>
    Result<std::vector<Row>> many(const Many<Args, Row>& query, const std::type_identity_t<Args>& args) { return ask(query, args).get(); }
    /// The same without waiting: several that do not need each other's answers share one round trip.
    template <class Args, class Row>
    Later<std::optional<Row>> ask(const Maybe<Args, Row>& query, const std::type_identity_t<Args>& args) {
        return {*this, ask_with(query, args), [](Tx& tx, size_t index) -> Result<std::optional<Row>> {
                    Rows rows = TRY(tx.rows_of(index));
                    if (rows.size() == 0) return std::optional<Row>();
                    if (rows.size() > 1) return no_single_row(*tx.asked_[index].statement, rows.size(), {});
                    return std::optional<Row>(TRY(rows.template read<Row>(0)));
                }};
    }
    template <class Args, class Row>
    Later<Row> ask(const One<Args, Row>& query, const std::type_identity_t<Args>& args) {
        return {*this, ask_with(query, args), [](Tx& tx, size_t index) -> Result<Row> {
                    Rows rows = TRY(tx.rows_of(index));
                    if (rows.size() != 1) return no_single_row(*tx.asked_[index].statement, rows.size(), {});
                    return rows.template read<Row>(0);
                }};
    }
    template <class Args>
    Later<int64_t> ask(const None<Args>& query, const std::type_identity_t<Args>& args) {
        return {*this, ask_with(query, args), [](Tx& tx, size_t index) -> Result<int64_t> { return TRY(tx.rows_of(index)).affected(); }};
    }
    template <class Args, class Row>
    Later<std::vector<Row>> ask(const Many<Args, Row>& query, const std::type_identity_t<Args>& args) {
        return {*this, ask_with(query, args), [](Tx& tx, size_t index) -> Result<std::vector<Row>> {
                    Rows rows = TRY(tx.rows_of(index));
                    std::vector<Row> all;
                    all.reserve(rows.size());
                    for (size_t i = 0; i < rows.size(); ++i) all.push_back(TRY(rows.template read<Row>(i)));
                    return all;
                }};
    }
    /// The number of rows that changed.
    template <class Args>
    Result<int64_t> run(const None<Args>& query, const std::type_identity_t<Args>& args) { return ask(query, args).get(); }
    /// Sends without waiting: no round trip of its own. A failure surfaces at the next statement or at the commit.
    template <class Args>
    void queue(const None<Args>& query, const std::type_identity_t<Args>& args) {
        Parameters parameters;
        args.bind(parameters);
        queue_statement(query, parameters);
    }

    /// Says that the transaction is one step on the way of a longer change, whose last transaction is on disk when it returns, and
    /// audited: a crash of PostgreSQL may take the step back (with all that came after it), and it leaves no audit row.
    void step() { is_step_ = true; }
    bool is_step() const { return is_step_; }

    /// Runs after the commit succeeded, on the same thread; never after a rollback. For wake-ups inside this process.
    void after_commit(std::function<void()> f);
    /// The same, as soon as others can see the commit: for what comes to nothing when a crash of PostgreSQL takes the commit back
    /// before it is on disk.
    void when_visible(std::function<void()> f);
    /// NOTIFY at commit, to every server on this database. `payload` is at most 7,999 bytes.
    void notify(std::string_view channel, std::string_view payload);

    /// Any statement with its parameters, for callers that have it as data.
    Result<Rows> execute(const Statement& statement, const Parameters& parameters);
    void queue_statement(const Statement& statement, const Parameters& parameters);

private:
    friend class Store;
    Tx(const Op& op, std::string_view name, bool is_system, Connection& connection);

    /// A statement whose rows are wanted.
    struct Asked {
        const Statement* statement;
        std::optional<Rows> rows;
    };

    template <class Args>
    Result<Rows> execute_with(const Statement& statement, const Args& args) { return rows_of(ask_with(statement, args)); }
    template <class Args>
    size_t ask_with(const Statement& statement, const Args& args) {
        Parameters parameters;
        args.bind(parameters);
        return ask_statement(statement, parameters);
    }
    void send(const Statement& statement, const Parameters& parameters, uint64_t tag);
    size_t ask_statement(const Statement& statement, const Parameters& parameters);
    Result<Rows> rows_of(size_t index);
    static Error no_single_row(const Statement& statement, size_t rows, std::string_view absent);
    void begin(bool is_read_only, int64_t statement_ms_max);
    Result<void> commit();

    const Op& op_;
    std::string_view name_;
    bool is_system_;
    Connection& connection_;
    std::optional<Error> failure_;  // the first error: what the transaction ends with
    std::vector<Asked> asked_;
    bool commit_sent_ = false;
    bool is_step_ = false;
    std::vector<std::function<void()>> when_visible_, after_commit_;
};

/// For whom and until when an asynchronous read is.
struct ReadContext {
    OrganizationId organization;
    Deadline deadline = {};
};

/// What LISTEN heard. `resync`: the connection was made anew and notifications may have been missed; read everything again.
struct Notification {
    std::string_view payload;
    bool resync = false;
};

/// Any thread. Destroy it after everything that uses it; pending asynchronous reads then get `unavailable`.
class Store {
public:
    /// Opens connections when they are first needed, so it succeeds while PostgreSQL is away; see ready().
    explicit Store(Endpoint endpoint, Limits limits = {});
    ~Store();
    Store(const Store&) = delete;

    /// A transaction in which `f` (Tx& → Result<T>) reads and writes; commits when it returns a value. `name` is a constant:
    /// metric label and audit action.
    template <class F>
    auto write(const Op& op, std::string_view name, F&& f) { return typed(op, name, Kind::write, f); }
    /// The same, read only.
    template <class F>
    auto read(const Op& op, std::string_view name, F&& f) { return typed(op, name, Kind::read, f); }
    /// As ramify_system, across organizations. Only for the kernel.
    template <class F>
    auto system_write(const Op& op, std::string_view name, F&& f) { return typed(op, name, Kind::system_write, f); }
    template <class F>
    auto system_read(const Op& op, std::string_view name, F&& f) { return typed(op, name, Kind::system_read, f); }

    /// Runs at the end of every write, inside its transaction: the audit row. Set once, before the first write.
    void set_before_commit(std::function<Result<void>(Tx& tx, std::string_view name)> f);

    /// One statement without a thread: sent in a batch with others on a shared connection. `done` is called once, on the
    /// store's own thread, and must not block. The statement only reads; it may run twice.
    void read_async(const ReadContext& context, const Statement& statement, Parameters parameters, std::function<void(Result<Rows>)> done);

    /// From now on, for the life of the Store, `f` hears `channel` (an SQL identifier). Called on the store's own thread,
    /// first with `resync` when listening has begun; must not block.
    void listen(std::string channel, std::function<void(const Notification&)> f);

    /// Whether PostgreSQL answers now. Waits at most a second.
    Result<void> ready();

private:
    enum class Kind { write, read, system_write, system_read };
    struct Inside;

    template <class F>
    auto typed(const Op& op, std::string_view name, Kind kind, F& f) {
        using Answer = std::invoke_result_t<F&, Tx&>;
        std::optional<Answer> answer;
        std::function<Result<void>(Tx&)> run = [&](Tx& tx) -> Result<void> {
            answer.emplace(f(tx));
            if (*answer) return {};
            return std::move(answer->error());
        };
        Result<void> done = transact(op, name, kind, run);
        if (!done) return Answer(std::move(done.error()));
        return std::move(*answer);
    }
    Result<void> transact(const Op& op, std::string_view name, Kind kind, const std::function<Result<void>(Tx&)>& f);
    Result<void> attempt(const Op& op, std::string_view name, Kind kind, const std::function<Result<void>(Tx&)>& f, bool& may_retry);

    std::unique_ptr<Inside> inside_;
};

}  // namespace ry::store

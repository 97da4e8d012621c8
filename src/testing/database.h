#pragma once
// A real, migrated PostgreSQL database for one test case (about 20 ms), and checks that hold a part's SQL against it.
//
//     testing::Database database({&stream::schema, &chats::schema});     // the parts' schemas in the ladder's order
//     auto chat = chats.create(database.op(), {.title = "x"});
//     CHECK(testing::problems_of(database, chats::sql::all) == "");
//
// One PostgreSQL serves the whole test executable, or, when RAMIFY_TEST_DATABASE names its socket directory, the whole
// test run. Whatever goes wrong here throws: a test cannot go on without its database.
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernel/store/migration.h"
#include "kernel/store/store.h"

namespace ry::testing {

class Database {
public:
    explicit Database(std::vector<const store::Schema*> parts = {}, store::Limits limits = {});
    ~Database();  ///< drops it
    Database(const Database&) = delete;

    store::Store& store() { return *store_; }
    const store::Endpoint& endpoint() const { return endpoint_; }
    std::span<const store::Schema* const> parts() const { return parts_; }
    /// A person of this test's own organization, with half a minute.
    const Op& op() const { return op_; }
    /// A person of another, fresh organization.
    Op stranger() const;
    /// Runs SQL text as the owner, or as a superuser, whom no policy binds: to prepare or to look at what no statement shows.
    std::string run_as_owner(const std::string& sql) const;
    std::string run_as_superuser(const std::string& sql) const;

private:
    std::vector<const store::Schema*> parts_;
    std::string name_;
    store::Endpoint endpoint_;
    std::unique_ptr<store::Store> store_;
    Op op_;
};

/// Prepares every statement and compares the types of its arguments and columns with the C++ side. Empty, or one line a problem.
std::string problems_of(const Database& database, std::span<const store::Statement* const> statements);
/// What is wrong with the schemas: a table without forced row-level security and without store.global, a file that does not
/// run twice. Empty, or one line a problem.
std::string problems_of_schema(const Database& database);

}  // namespace ry::testing

#include <doctest/doctest.h>

#include "kernel/jobs/jobs.h"
#include "kernel/secrets/secrets.h"
#include "kernel/stream/stream.h"
#include "modules/databases/all_queries.gen.h"
#include "modules/databases/databases.h"
#include "testing/database.h"

using namespace ry;

TEST_CASE("every statement prepares, with the types that its signature says") {
    testing::Database database({&stream::schema, &jobs::schema, &secrets::schema, &databases::schema});
    CHECK(testing::problems_of(database, databases::sql::all) == "");
    CHECK(testing::problems_of_schema(database) == "");
}

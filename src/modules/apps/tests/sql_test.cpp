#include <doctest/doctest.h>

#include "kernel/jobs/jobs.h"
#include "kernel/secrets/secrets.h"
#include "kernel/store/migration.h"
#include "kernel/stream/stream.h"
#include "modules/apps/apps.h"
#include "modules/apps/all_queries.gen.h"
#include "modules/chats/chats.h"
#include "testing/database.h"

using namespace ry;

TEST_CASE("every statement prepares, with the types that its signature says") {
    testing::Database database({&stream::schema, &jobs::schema, &secrets::schema, &chats::schema, &apps::schema});
    CHECK(testing::problems_of(database, apps::sql::all) == "");
    CHECK(testing::problems_of_schema(database) == "");
}

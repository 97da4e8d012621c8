#include "modules/databases/tools/source.h"

#include <doctest/doctest.h>

#include "modules/databases/tools/clone_arguments.h"

using namespace ry::databases::tools;

namespace {

/// "shown | dsn | password".
std::string of(std::string_view text) {
    auto source = read_source(text);
    return source ? source->shown + " | " + source->dsn + " | " + source->password : "! " + source.error().message;
}

}  // namespace

TEST_CASE("a source's password is taken out, wherever it stands") {
    CHECK(of("postgres://app:s%40cret@db.example.com:6543/shop?sslmode=require") ==
          "app@db.example.com:6543/shop | dbname='shop' user='app' host='db.example.com' port='6543' sslmode='require' "
          "| s@cret");
    CHECK(of("postgresql://app@db/shop") == "app@db/shop | dbname='shop' user='app' host='db' | ");
    CHECK(of("postgres://db/shop?user=app&password=a%26b") == "app@db/shop | dbname='shop' host='db' user='app' | a&b");
    CHECK(of("postgres://app:p@ss@db/shop") == "app@db/shop | dbname='shop' user='app' host='db' | p@ss");
    CHECK(of("postgres://[::1]:5433/shop") == "::1:5433/shop | dbname='shop' host='::1' port='5433' | ");
    CHECK(of("postgres:///shop?host=/run/postgresql") ==
          "/run/postgresql/shop | dbname='shop' host='/run/postgresql' | ");
    CHECK(of("host=db user=app password='it\\'s secret' dbname=shop") ==
          "app@db/shop | host='db' user='app' dbname='shop' | it's secret");
    CHECK(of("host = db  password=a\\ b dbname = shop") == "db/shop | host='db' dbname='shop' | a b");
    CHECK(of("service=prod") == "local/prod | service='prod' | ");
    CHECK(of("dbname='o\\'brien'") == "local/o'brien | dbname='o\\'brien' | ");
}

TEST_CASE("what is no source is refused without being repeated") {
    for (std::string_view text : {"", "shop", "mysql://app:secret@db/shop", "host=db password='secret", "=x",
                                  "postgres://app:%zz@db/shop", "postgres://", "postgres://db/shop?password"})
        CHECK_MESSAGE(of(text) == "! the source must be postgres://user@host:port/database, or host=… user=… dbname=…",
                      text);
    CHECK(of("postgres://a,b/shop").starts_with("! the source has several hosts"));
    CHECK(of("postgres://db/shop?sslpassword=secret").starts_with("! the source has the password of a key"));
}

TEST_CASE("pg_dump's options are those that choose; what it leaves to pg_restore goes there") {
    std::string words[] = {"-T", "audit", "-O", "--exclude-table-data=log", "-x", "-Z", "9"};
    auto read = read_clone_arguments(words);
    REQUIRE(read);
    CHECK(read->dump == std::vector<std::string>{"--exclude-table=audit", "--exclude-table-data=log"});
    CHECK(read->restore == std::vector<std::string>{"--no-owner", "--no-privileges"});
    for (std::vector<std::string> refused :
         {std::vector<std::string>{"shop"}, {"-h", "db"}, {"-f", "x"}, {"-Fc"}, {"--dbname=shop"}, {"-W"}})
        CHECK_FALSE(read_clone_arguments(refused));
}

// The kinds of steps beside psql, by commands of the program itself, with dumps that the real tools made.
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/check.h"
#include "testing/shared.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;

struct Ran {
    int exit;
    std::string out, err;
};

/// A folder with files, in which commands run, and a server of its own that they start.
class Desk {
public:
    static Desk& get() { return testing::shared<Desk>(); }
    Desk() {
        char name[] = "/tmp/ramify-kinds-XXXXXX";
        ENSURE(::mkdtemp(name));
        path_ = name;
        std::filesystem::permissions(path_, std::filesystem::perms(0711));
    }
    ~Desk() {
        std::string program = "RAMIFY_DATA_DIR=" + path_ + "/data " RAMIFY_BINARY_DIR "/ramify db ";
        shell("while ids=$(" + program + "ls | grep -o 'instance_[0-9a-z]*' | sort -u); [ -n \"$ids\" ]; do " +
              program + "rm $ids || break; done");  // their data are mounted
        run("db stop --all");
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    void write(const std::string& name, std::string_view text) const {
        std::filesystem::create_directories(std::filesystem::path(file(name)).parent_path());
        std::ofstream(file(name), std::ios::binary) << text;
    }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

    /// A line of the shell, in the folder.
    Ran shell(const std::string& line) const {
        int status = std::system(("cd " + path_ + " && { " + line + "\n} >.out 2>.err </dev/null").c_str());
        return {WEXITSTATUS(status), text_of(".out"), text_of(".err")};
    }
    Ran run(const std::string& words) const {
        return shell("RAMIFY_DATA_DIR=" + path_ + "/data exec " RAMIFY_BINARY_DIR "/ramify " + words);
    }
    /// The instance's DSN, of a prepare that must work.
    std::string prepared(const std::string& words) const {
        Ran ran = run("db prepare " + words);
        REQUIRE_MESSAGE(ran.exit == 0, words << ": " << ran.err);
        return ran.out.substr(0, ran.out.find('\n'));
    }
    bj::value planned(const std::string& words) const {
        Ran ran = run("db plan " + words);
        REQUIRE_MESSAGE(ran.exit == 0, words << ": " << ran.err);
        return bj::parse(ran.out);
    }
    /// What psql answers; what it complains of when it fails.
    std::string ask(const std::string& dsn, const std::string& sql) const {
        Ran ran = shell("psql -XAt '" + dsn + "' -c \"" + sql + "\"");
        return ran.exit == 0 ? ran.out.substr(0, ran.out.rfind('\n')) : ran.err;
    }

private:
    std::string text_of(const std::string& name) const {
        std::stringstream text;
        text << std::ifstream(file(name)).rdbuf();
        return text.str();
    }
    std::string path_;
};

}  // namespace

TEST_CASE("pgbench's tables are a step, and come out the same whenever they are built") {
    Desk& desk = Desk::get();
    desk.write("nothing.sql", "select 1;\n");
    std::string dsn = desk.prepared("pgbench --deterministic -- -i -s 2 -q");
    CHECK(desk.ask(dsn, "select count(*) from pgbench_accounts") == "200000");
    CHECK(desk.planned("pgbench --output json -- --scale=2 --initialize").at("cached").as_bool());
    bj::value larger = desk.planned("pgbench --output json -- -i -s 3");
    CHECK(larger.at("steps").at(0).at("reason").as_string() == "never_built");
    CHECK(larger.at("steps").at(0).at("title").as_string() == "--initialize --scale=3");
    std::string again = desk.prepared("pgbench --before nothing.sql -- -i -s 2");  // another parent: built again
    std::string hash = "pg_dump --data-only '" + dsn + "' | grep -v restrict | md5sum";
    Ran first = desk.shell(hash);
    CHECK(first.out.size() > 32);
    CHECK(first.out == desk.shell("pg_dump --data-only '" + again + "' | grep -v restrict | md5sum").out);
    Ran refused = desk.run("db prepare pgbench -- -i -h elsewhere");
    CHECK(refused.exit == 2);
    CHECK(refused.err.find("every state has its own server") != std::string::npos);
}

TEST_CASE("dumps of every format are restored, once, and masked by the scripts after them") {
    Desk& desk = Desk::get();
    desk.write("shop.sql",
               "create table item (id int primary key, email text);\n"
               "insert into item select g, 'user' || g || '@example.com' from generate_series(1, 1000) g;\n"
               "create index on item (email); create view recent as select * from item where id > 990;\n");
    desk.write("mask.sql", "update item set email = 'masked' || id;\n");
    std::string source = desk.prepared("psql -- -f shop.sql");
    desk.shell("pg_dump -Fc -f shop.dump '" + source + "' && pg_dump -Fd -f shop.dir '" + source +
               "' && pg_dump -Ft -f shop.tar '" + source + "' && pg_dump -f plain.sql '" + source +
               "' && gzip -k plain.sql");
    for (std::string dump : {"shop.dump", "shop.dir", "shop.tar", "plain.sql", "plain.sql.gz"}) {
        CAPTURE(dump);
        std::string dsn = desk.prepared("dump --mask mask.sql -- " + dump);
        CHECK(desk.ask(dsn, "select count(*), min(email) from item") == "1000|masked1");
        CHECK(desk.ask(dsn, "select count(*) from recent") == "10");
        bj::value plan = desk.planned("dump --output json -- " + dump);
        CHECK(plan.at("cached").as_bool());
        CHECK(plan.at("steps").at(0).at("title").as_string() == "restore " + dump);
    }
    // Where the file lies is not in the key; what it holds and how it is restored is.
    desk.shell("mkdir -p elsewhere && cp shop.dump elsewhere/");
    CHECK(desk.planned("dump --output json -- elsewhere/shop.dump").at("cached").as_bool());
    CHECK_FALSE(desk.planned("dump --output json -- --schema-only shop.dump").at("cached").as_bool());
    desk.ask(source, "delete from item where id = 1");
    desk.shell("pg_dump -Fc -f shop.dump '" + source + "'");
    CHECK(desk.planned("dump --output json -- shop.dump").at("steps").at(0).at("reason").as_string() ==
          "input_changed: dump/shop.dump");
}

TEST_CASE("a dump that cannot be restored says why and what to do") {
    Desk& desk = Desk::get();
    std::string source = desk.prepared(
        "psql -- -c 'create role shopper' -c 'create table owned (id int); alter table owned owner to shopper'");
    desk.shell("pg_dump -Fc -f owned.dump '" + source + "'; pg_dump -f owned.sql '" + source + "'");
    for (std::string dump : {"owned.dump", "owned.sql"}) {
        Ran failed = desk.run("db prepare dump -- " + dump);
        CHECK(failed.exit == 1);
        CHECK_MESSAGE(failed.err.find("role \"shopper\" does not exist") != std::string::npos, failed.err);
        CHECK_MESSAGE(failed.err.find("--before roles.sql") != std::string::npos, failed.err);
    }
    CHECK(desk.ask(desk.prepared("dump -- --no-owner owned.dump"),
                   "select tableowner from pg_tables where tablename = 'owned'") == "postgres");
    desk.write("roles.sql", "create role shopper;\n");
    CHECK(desk.ask(desk.prepared("dump --before roles.sql -- owned.dump"),
                   "select tableowner from pg_tables where tablename = 'owned'") == "shopper");

    auto complaint = [&](const std::string& words) {
        Ran ran = desk.run("db prepare dump -- " + words);
        CHECK(ran.exit == 2);
        return ran.err;
    };
    CHECK(complaint("nowhere.dump").find("there is no dump nowhere.dump") != std::string::npos);
    CHECK(complaint("--no-owner owned.sql").find("pg_dump -Fc") != std::string::npos);
    desk.shell(
        "mkdir -p empty.dir; head -c 100 owned.sql | gzip | head -c 40 > cut.sql.gz; printf '\\050\\265\\057\\375rest' "
        "> packed.zst");
    CHECK(complaint("empty.dir").find("toc.dat") != std::string::npos);
    CHECK(complaint("cut.sql.gz").find("damaged or cut off") != std::string::npos);
    CHECK(complaint("packed.zst").find("is compressed with zstd; unpack it first") != std::string::npos);
}

TEST_CASE("a dump that is larger than one request goes in parts") {
    Desk& desk = Desk::get();
    desk.write("large.sql",
               "create table large as select string_agg(md5(g || ' ' || n), '') as text from generate_series(1, 1000) "
               "g, generate_series(1, 2200) n group by g;\n");
    std::string source = desk.prepared("psql -- -f large.sql");
    desk.shell("pg_dump -Fc -Z0 -f large.dump '" + source + "'");
    REQUIRE(std::filesystem::file_size(desk.file("large.dump")) > (64 << 20));
    std::string count = "select count(*), md5(string_agg(text, '' order by text)) from large";
    CHECK(desk.ask(desk.prepared("dump -- large.dump"), count) == desk.ask(source, count));
}

TEST_CASE("a folder of migrations is a step for each, with the rows that its tool keeps") {
    Desk& desk = Desk::get();
    struct Story {
        std::string folder, first, second;  // the files
        std::string sql;                    // around what each does: "%" stands for it
        std::string books;                  // of what was carried out
        std::string kept;
    };
    const std::vector<Story> stories = {
        {"flyway", "V1__item.sql", "V2__fill.sql", "%",
         "select installed_rank, version, description, script, checksum, success from flyway_schema_history where "
         "version = '2'",
         "2|2|fill|V2__fill.sql|-133396436|t"},
        {"golang-migrate", "1_item.up.sql", "2_fill.up.sql", "%", "select * from schema_migrations", "2|f"},
        {"dbmate", "20240101_item.sql", "20240102_fill.sql", "-- migrate:up\n%\n-- migrate:down\nselect 1/0;",
         "select string_agg(version, ' ' order by version) from schema_migrations", "20240101 20240102"},
        {"goose", "00001_item.sql", "00002_fill.sql",
         "-- +goose Up\n-- +goose StatementBegin\n%\n-- +goose StatementEnd\n-- +goose Down\nselect 1/0;",
         "select id, version_id, is_applied from goose_db_version where version_id = 2", "3|2|t"},
        {"prisma", "1_item/migration.sql", "2_fill/migration.sql", "%",
         "select migration_name, applied_steps_count, finished_at is not null from _prisma_migrations where "
         "migration_name = '2_fill'",
         "2_fill|1|t"},
        {"numbered", "1_item.sql", "2_fill.sql", "%", "select count(*) from pg_tables where schemaname = 'public'",
         "1"},
    };
    for (const Story& story : stories) {
        CAPTURE(story.folder);
        auto written = [&](const std::string& sql) {
            return std::string(story.sql).replace(story.sql.find('%'), 1, sql);
        };
        desk.write(story.folder + "/" + story.first, written("create table item (id int primary key);\n"));
        desk.write(story.folder + "/" + story.second,
                   written("insert into item values (1), (2);\nset search_path = pg_catalog;\n"));
        std::string dsn = desk.prepared("migrations --deterministic -- " + story.folder);
        CHECK(desk.ask(dsn, "select count(*) from item") == "2");
        CHECK(desk.ask(dsn, story.books) == story.kept);
        bj::value plan = desk.planned("migrations --output json -- " + story.folder + "/");
        CHECK(plan.at("cached").as_bool());
        CHECK(plan.at("steps").at(1).at("title").as_string() == story.folder + " " + story.second);
    }
    // A migration that has changed is built again with those after it, and the error names its line.
    desk.write("dbmate/20240102_fill.sql", "-- migrate:up\n\nselect nonsense;\n-- migrate:down\n");
    bj::value plan = desk.planned("migrations --output json -- dbmate");
    CHECK(plan.at("steps").at(0).at("cached").as_bool());
    CHECK(plan.at("steps").at(1).at("reason").as_string() == "input_changed: 20240102_fill.sql");
    Ran failed = desk.run("db prepare migrations -- dbmate");
    CHECK(failed.exit == 1);
    CHECK_MESSAGE(
        failed.err.find("step 2: 20240102_fill.sql:3: column \"nonsense\" does not exist") != std::string::npos,
        failed.err);
    CHECK(desk.run("db plan migrations --layout alembic -- dbmate")
              .err.find("is no layout of migrations; there are flyway, golang-migrate") != std::string::npos);
    CHECK(desk.run("db plan psql --layout goose -- -c 'select 1'").exit == 2);
}

TEST_CASE("a clone of a running server is taken once, again when it is wanted, and its password stays here") {
    Desk& desk = Desk::get();
    std::string source = desk.prepared(
        "psql -- -c 'create table person (id int, email text)' -c \"insert into person values (1, "
        "'real@example.com')\" -c 'create table audit (id int)'");
    desk.write("mask.sql", "update person set email = 'masked';\n");
    auto clone = [&](const std::string& verb, const std::string& words) {
        return desk.shell("mkdir -p tmp; TMPDIR=$PWD/tmp RAMIFY_SOURCE='" + source + "' RAMIFY_DATA_DIR=" +
                          desk.file("data") + " " RAMIFY_BINARY_DIR "/ramify db " + verb + " clone " + words);
    };
    auto dsn_of = [](const Ran& ran) {
        REQUIRE_MESSAGE(ran.exit == 0, ran.err);
        return ran.out.substr(0, ran.out.find('\n'));
    };
    Ran early = clone("plan", "");
    CHECK(early.exit == 1);
    CHECK_MESSAGE(early.err.find("has been taken yet; `ramify db prepare clone` takes it") != std::string::npos,
                  early.err);
    Ran first = clone("prepare", "--mask mask.sql");
    CHECK(desk.ask(dsn_of(first), "select email from person") == "masked");
    CHECK(first.err.find("Taking a clone of postgres@127.0.0.1:") != std::string::npos);

    desk.ask(source, "insert into person values (2, 'new@example.com')");
    Ran second = clone("prepare", "--mask mask.sql");
    CHECK(desk.ask(dsn_of(second), "select count(*) from person") == "1");
    CHECK(second.err.find("Taking a clone") == std::string::npos);
    CHECK(bj::parse(clone("plan", "--output json --mask mask.sql").out).at("cached").as_bool());
    CHECK(desk.ask(dsn_of(clone("prepare", "--refresh --mask mask.sql")), "select count(*) from person") == "2");
    CHECK(desk.ask(dsn_of(clone("prepare", "")), "select count(*) from person where email like 'new%'") ==
          "1");  // the new dump is the one that is known
    // A part of it is a clone of its own.
    CHECK(desk.ask(dsn_of(clone("prepare", "-- -T audit --no-owner")),
                   "select count(*) from pg_tables where schemaname = 'public'") == "1");
    Ran clones = desk.run("db clones --output json");
    CHECK_MESSAGE(clones.out.find("-T audit") == std::string::npos, clones.out);
    CHECK(clones.out.find("--exclude-table=audit") != std::string::npos);

    // The password is nowhere but in the sealed secret of the source's own instance.
    std::string password = source.substr(source.find(':', 11) + 1);
    password.resize(password.find('@'));
    CHECK(clones.out.find(password) == std::string::npos);
    CHECK(desk.shell("grep -raqF -- '" + password + "' data/states data/organizations data/postgres").exit == 1);
    CHECK(first.err.find(password) == std::string::npos);
    Ran seen = desk.run("db prepare clone --source '" + source + "'");
    CHECK(seen.exit == 2);
    CHECK(seen.err.find("is seen by everyone who lists processes") != std::string::npos);
    CHECK(seen.err.find(password) == std::string::npos);
    // What pg_dump complains of is told, with what to do.
    std::string without = source;
    without.erase(without.find(password) - 1, password.size() + 1);
    Ran failed = desk.run("db prepare clone --source '" + without + "' --refresh");
    CHECK(failed.exit == 1);
    CHECK_MESSAGE(failed.err.find("give the password by RAMIFY_SOURCE, PGPASSWORD or ~/.pgpass") != std::string::npos,
                  failed.err);
    CHECK(desk.shell("TMPDIR=$PWD/tmp PGPASSWORD='" + password + "' RAMIFY_DATA_DIR=" + desk.file("data") +
                     " " RAMIFY_BINARY_DIR "/ramify db prepare clone --refresh --source '" + without + "'")
              .exit == 0);
    CHECK(std::filesystem::is_empty(desk.file("tmp")));  // no dump stays behind
}

TEST_CASE("a file is found by an absolute name too, and where it cannot be the step is not started") {
    Desk& desk = Desk::get();
    std::string elsewhere = std::filesystem::current_path().string() + "/ramify-kinds-elsewhere";
    std::filesystem::create_directories(elsewhere);
    std::ofstream(elsewhere + "/part.sql") << "create table part (id int);\n";
    desk.write("whole.sql", "\\i " + elsewhere + "/part.sql\n");
    CHECK(desk.ask(desk.prepared("psql -- -f whole.sql"), "select count(*) from part") == "0");
    CHECK(desk.planned("psql --output json -- -f " + desk.file("whole.sql")).at("cached").as_bool());
    std::filesystem::remove_all(elsewhere);
    desk.write("part.sql", "select 1;\n");
    desk.write("whole.sql", "\\i " + desk.file("part.sql") + "\n");
    Ran refused = desk.run("db prepare psql -- -f whole.sql");
    CHECK(refused.exit == 2);
    CHECK_MESSAGE(
        refused.err.find("whole.sql:1: " + desk.file("part.sql") +
                         " lies where the sandbox has files of its own; name it by a relative path, part.sql") !=
            std::string::npos,
        refused.err);
}

}  // namespace ry::cli

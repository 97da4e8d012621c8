// sqlgen is a program: the tests run it on small files and read what it writes.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

struct Folder {
    fs::path path;
    Folder() {
        char name[] = "/tmp/sqlgen_test_XXXXXX";
        path = mkdtemp(name);
    }
    ~Folder() { fs::remove_all(path); }
    void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }
};

struct Made {
    std::string said;  // what was wrong, without the folder's name
    std::string header, all;
};

/// What sqlgen makes of `sql`, beside a file of that part with the statement `ink`.
Made made(const std::string& sql) {
    Folder folder;
    folder.write("queries.sql", sql);
    folder.write("ink_queries.sql", "-- ink() -> none\nselect 1;\n");
    fs::path out = folder.path / "gen", errors = folder.path / "errors";
    std::string files = (folder.path / "queries.sql").string() + " " + (folder.path / "ink_queries.sql").string();
    std::string command = RAMIFY_BINARY_DIR "/sqlgen queries modules/pens " + out.string() + " " + files + " 2> " + errors.string();
    if (std::system(command.c_str()) == 0) return {"", text_of(out / "queries.gen.h"), text_of(out / "all_queries.gen.h")};
    CHECK_FALSE(fs::exists(out));
    return {text_of(errors).substr(folder.path.string().size() + 1), "", ""};
}

bool has(const std::string& text, const std::string& piece) { return text.find(piece) != std::string::npos; }

}  // namespace

TEST_CASE("a signature and its SQL become a typed constant") {
    auto [said, header, all] = made(R"(-- #include "modules/pens/pen_model.h"

-- All about pens.

-- add_pen(id PenId, name std::string, colours std::vector<std::string>,
--         cap std::optional<std::string>) -> one Pen
-- Why it is so.
insert into pens.pen (id, name, colours, cap) values (:id, :name, :colours, :cap)
returning *;

-- count() -> one int64_t
select count(*) from pens.pen;
-- drop(id PenId) -> none
delete from pens.pen where id = :id or parent = :id;
)");
    CHECK(has(header, "#include \"modules/pens/pen_model.h\"\n\nnamespace ry::pens::sql {"));
    CHECK(has(header, "struct add_pen_args {\n    PenId id;\n    std::string_view name;\n    std::vector<std::string> colours;\n    std::optional<std::string_view> cap;\n"));
    CHECK(has(header, "/// Why it is so.\ninline constexpr store::One<add_pen_args, Pen> add_pen{{"));
    CHECK(has(header, "values ($1, $2, $3, $4)\nreturning *)"));
    CHECK(has(header, "store::One<count_args, int64_t> count{{"));
    CHECK(has(header, "store::None<drop_args> drop{{"));
    CHECK(has(header, "where id = $1 or parent = $1)"));
    CHECK(has(all, "#include \"modules/pens/ink_queries.gen.h\"\n#include \"modules/pens/queries.gen.h\"\n"));
    CHECK(has(all, "std::array<const store::Statement*, 4> all{\n    &ink,\n    &add_pen,\n    &count,\n    &drop,\n}"));
}

TEST_CASE("a colon inside of a string, an identifier, a comment, a dollar quote or a cast is not an argument") {
    std::string sql = "select ':a', 'it''s :a', \":a\", x::text, $$ :a ; $$, $tag$ :a $$ ; $tag$ /* :a ; */ -- :a ;\n, b[1:2]";
    CHECK(has(made("-- odd() -> many std::string\n" + sql + ";\n").header, "(" + sql + ")"));
}

TEST_CASE("what is wrong is said with its line") {
    struct {
        std::string sql, complaint;
    } table[] = {
        {"select 1;\n", "queries.sql:1: a statement needs a signature before it"},
        {"\n-- f() -> some Pen\nselect 1;", "queries.sql:2: after the arrow comes one, maybe, many or none"},
        {"-- f() -> one\nselect 1;", "queries.sql:1: '' is not a type"},
        {"-- f() -> none Pen\nselect 1;", "queries.sql:1: 'none' has no row type"},
        {"-- f(a) -> none\nselect :a;", "queries.sql:1: an argument reads 'name Type', not 'a'"},
        {"-- f(a int, a int) -> none\nselect :a;", "queries.sql:1: argument 'a' is named twice"},
        {"-- f(a int) -> none\nselect 1;", "queries.sql:1: argument 'a' of f is not used"},
        {"-- f(a int) -> none\nselect\n  :a, :b;", "queries.sql:3: :b is not an argument of f"},
        {"-- f() -> none\nselect 1", "queries.sql:1: the statement f does not end with ';'"},
        {"-- f() -> none\n;", "queries.sql:1: the statement f is empty"},
        {"-- f() -> none\nselect 1;\n-- f() -> none\nselect 2;", "queries.sql:3: there is already a statement 'f'"},
        {"-- ink() -> none\nselect 1;", "queries.sql:1: there is already a statement 'ink'"},
        {"-- all() -> none\nselect 1;", "queries.sql:1: 'all' is the list of all statements"},
        {"-- f(\nselect 1;", "queries.sql:1: a signature reads"},
        {"-- f(a vector<int) -> none\nselect :a;", "queries.sql:1: an argument reads"},
    };
    for (const auto& [sql, complaint] : table) CHECK(made(sql).said.substr(0, complaint.size()) == complaint);
}

TEST_CASE("a header that would say the same is not written again") {
    Folder folder;
    folder.write("queries.sql", "-- ink() -> none\nselect 1;\n");
    std::string command = RAMIFY_BINARY_DIR "/sqlgen queries modules/pens " + (folder.path / "gen").string() + " " + (folder.path / "queries.sql").string();
    CHECK(std::system(command.c_str()) == 0);
    fs::path header = folder.path / "gen/queries.gen.h";
    fs::file_time_type long_ago{};
    fs::last_write_time(header, long_ago);
    CHECK(std::system(command.c_str()) == 0);
    CHECK(fs::last_write_time(header) == long_ago);
    folder.write("queries.sql", "-- ink() -> none\nselect 2;\n");
    CHECK(std::system(command.c_str()) == 0);
    CHECK(has(text_of(header), "select 2"));
}

TEST_CASE("schema files are embedded in order, whatever they contain") {
    Folder folder;
    folder.write("0002_more.sql", "select ')\"';");
    folder.write("0001_first.sql", std::string(40'000, 'x'));
    fs::path out = folder.path / "schema.cpp";
    auto run = [&](const std::string& files) { return std::system((RAMIFY_BINARY_DIR "/sqlgen schema modules/pens " + out.string() + " " + files + " 2> " + (folder.path / "errors").string()).c_str()); };
    CHECK(run((folder.path / "0002_more.sql").string() + " " + (folder.path / "0001_first.sql").string()) == 0);
    std::string text = text_of(out);
    CHECK(text.find("{\"0001_first\"") < text.find("{\"0002_more\""));
    CHECK(has(text, "select ')\"';"));
    CHECK(has(text, "const store::Schema schema{\"pens\", files};"));
    folder.write("0002_twin.sql", "");
    folder.write("first.sql", "");
    CHECK(run((folder.path / "0002_more.sql").string() + " " + (folder.path / "0002_twin.sql").string()) != 0);
    CHECK(has(text_of(folder.path / "errors"), "there are two migrations 0002"));
    CHECK(run((folder.path / "first.sql").string()) != 0);
    CHECK(has(text_of(folder.path / "errors"), "a migration's file name reads NNNN_what.sql"));
}

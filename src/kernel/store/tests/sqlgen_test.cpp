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

/// What sqlgen makes of `sql`: the header, or its complaint without the folder's name.
std::string queries(const std::string& sql) {
    Folder folder;
    folder.write("queries.sql", sql);
    fs::path in = folder.path / "queries.sql", out = folder.path / "out.h", errors = folder.path / "errors";
    std::string command = RAMIFY_BINARY_DIR "/sqlgen queries modules/pens " + in.string() + " " + out.string() + " 2> " + errors.string();
    if (std::system(command.c_str()) == 0) return text_of(out);
    CHECK_FALSE(fs::exists(out));
    return text_of(errors).substr(folder.path.string().size() + 1);
}

bool has(const std::string& text, const std::string& piece) { return text.find(piece) != std::string::npos; }

}  // namespace

TEST_CASE("a signature and its SQL become a typed constant") {
    std::string header = queries(R"(-- All about pens.

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
    CHECK(has(header, "namespace ry::pens::sql {"));
    CHECK(has(header, "struct add_pen_args {\n    PenId id;\n    std::string_view name;\n    std::vector<std::string> colours;\n    std::optional<std::string_view> cap;\n"));
    CHECK(has(header, "/// Why it is so.\ninline constexpr store::One<add_pen_args, Pen> add_pen{{"));
    CHECK(has(header, "values ($1, $2, $3, $4)\nreturning *)"));
    CHECK(has(header, "store::One<count_args, int64_t> count{{"));
    CHECK(has(header, "store::None<drop_args> drop{{"));
    CHECK(has(header, "where id = $1 or parent = $1)"));
    CHECK(has(header, "std::array<const store::Statement*, 3> all{\n    &add_pen,\n    &count,\n    &drop,"));
}

TEST_CASE("a colon inside of a string, an identifier, a comment, a dollar quote or a cast is not an argument") {
    std::string sql = "select ':a', 'it''s :a', \":a\", x::text, $$ :a ; $$, $tag$ :a $$ ; $tag$ /* :a ; */ -- :a ;\n, b[1:2]";
    CHECK(has(queries("-- odd() -> many std::string\n" + sql + ";\n"), "(" + sql + ")"));
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
        {"-- all() -> none\nselect 1;", "queries.sql:1: 'all' is the list of all statements"},
        {"-- f(\nselect 1;", "queries.sql:1: a signature reads"},
        {"-- f(a vector<int) -> none\nselect :a;", "queries.sql:1: an argument reads"},
    };
    for (const auto& [sql, complaint] : table) CHECK(queries(sql).substr(0, complaint.size()) == complaint);
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

// What differs between two databases, over the API.
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;

namespace {

namespace bj = boost::json;

/// The state that a script makes.
std::string state_of(Lab& lab, std::string_view sql, std::string_view more = "") {
    Told told = lab.owner().post("/api/v1/database_prepares",
                                 R"({"steps":[{"arguments":["-c",)" + in_quotes(sql) + "]}]" + std::string(more) + "}");
    REQUIRE_MESSAGE(told.status == 202, told.seen.body);
    http::Client client(lab.port());
    client.request("GET", "/api/v1/database_prepares/" + told.text("/id") + "/events", "",
                   "Accept: text/event-stream\r\n");
    client.until("prepare.ended");
    Told ended = lab.owner().get("/api/v1/database_prepares/" + told.text("/id"));
    REQUIRE_MESSAGE(ended.text("/status") == "done", ended.seen.body);
    return ended.text("/state_id");
}

Told diff(Lab& lab, const std::string& from, const std::string& to, std::string_view more = "") {
    return lab.owner().post("/api/v1/database_diffs",
                            R"({"from":")" + from + R"(","to":")" + to + "\"" + std::string(more) + "}");
}

/// "modified column price of public.item: integer → bigint not null", one line each.
std::string objects_in(Told& told) {
    REQUIRE_MESSAGE(told.status == 200, told.seen.body);
    auto text = [](const bj::value& value) { return value.is_null() ? std::string() : std::string(value.as_string()); };
    std::string lines;
    for (const auto& object : told.at("/objects").as_array()) {
        lines += text(object.at("change")) + " " + text(object.at("kind")) + " " + text(object.at("name"));
        if (!object.at("of").is_null()) lines += " of " + text(object.at("of"));
        lines += ": " + text(object.at("from")) + " → " + text(object.at("to")) + "\n";
    }
    return lines;
}

constexpr std::string_view before_sql = R"(
create table item (id int primary key, name text, price int, gone date);
create index item_by_name on item (name);
create view cheap as select id from item where id < 10;
create function twice(n int) returns int language sql as 'select n * 2';
create type colour as enum ('red', 'green');
create sequence ticket;
create role reader;
create table log (line text);
create table same (id int primary key);
insert into same select generate_series(1, 1000);
insert into item select i, 'item ' || i, i, null from generate_series(1, 5000) i;
insert into log values ('a'), ('b'), ('b');
select setval('ticket', 7);
)";

}  // namespace

TEST_CASE("the difference of two databases names objects with their definitions, and nothing that is the same") {
    Lab& lab = Lab::shared();
    std::string before = state_of(lab, before_sql);
    std::string after = state_of(lab, std::string(before_sql) + R"(
alter table item alter price type bigint, alter price set not null, drop gone, add added text default 'x', add check (price > 0);
drop index item_by_name;
create unique index item_once on item (name);
create or replace view cheap as select id from item where id < 20;
create or replace function twice(n int) returns int language sql as 'select n + n';
alter type colour add value 'blue';
alter sequence ticket increment 5;
grant select on item to reader;
create function stamp() returns trigger language plpgsql as 'begin return new; end';
create trigger stamped before insert on item for each row execute function stamp();
alter table item enable row level security;
create policy own on item for select to reader using (id > 0);
comment on table item is 'Things';
create schema extra; create table extra.new (id int generated always as identity primary key);
create extension pgcrypto;
create type span as range (subtype = int);
drop table log;
)");
    Told told = diff(lab, before, after);
    std::string lines = objects_in(told);
    auto has = [&](std::string_view line) {
        CHECK_MESSAGE(lines.find(line) != std::string::npos, line << " is not in\n" << lines);
    };
    has("modified column price of public.item: integer → bigint not null\n");
    has("removed column gone of public.item: date → \n");
    has("added column added of public.item:  → text default 'x'::text\n");
    has("added constraint item_price_check of public.item:  → CHECK (price > 0)\n");
    has("removed index item_by_name of public.item: CREATE INDEX item_by_name ON public.item USING btree (name) → \n");
    has("added index item_once of public.item:");
    has("modified view public.cheap:");
    has("id < 20");
    has("modified function public.twice(n integer):");
    has("modified type public.colour: enum ('red', 'green')");
    has("modified sequence public.ticket:");
    has("added privilege table public.item to reader of public.item:  → granted select\n");
    has("added trigger stamped of public.item:");
    has("added policy own of public.item:");
    has("added comment table public.item:  → Things\n");
    has("added schema extra:");
    has("added table extra.new:");
    has("added column id of extra.new:  → integer not null generated always as identity\n");
    has("added extension pgcrypto:");
    has("removed table public.log:");
    has("modified table public.item:");
    has("added type public.span:  → range of integer");
    CHECK(lines.find("function public.span") == std::string::npos);  // PostgreSQL makes them with the type
    CHECK(lines.find("same") == std::string::npos);
    CHECK(lines.find("gen_random_bytes") == std::string::npos);  // it belongs to the extension
    CHECK(lines.find("item_pkey") == std::string::npos);
    CHECK(told.at("/tables").as_array().empty());
    int64_t total = told.number("/objects_added") + told.number("/objects_removed") + told.number("/objects_modified");
    CHECK(total == int64_t(told.at("/objects").as_array().size()));

    Told none = diff(lab, before, before, R"(,"data":true)");
    CHECK(none.at("/objects").as_array().empty());
    CHECK(none.text("/state_id_from") == before);
    // The copies that were compared are gone, and nobody sees them.
    CHECK(lab.owner().get("/api/v1/database_instances").seen.body.find(R"("origin":"diff")") == std::string::npos);
}

TEST_CASE("rows are compared by their keys: counted all, shown some, and only what differs of them") {
    Lab& lab = Lab::shared();
    std::string before = state_of(lab, before_sql, R"(,"name":"diff-before")");
    std::string after = state_of(lab, std::string(before_sql) + R"(
update item set name = 'changed' where id in (17, 4000);
delete from item where id <= 10;
insert into item select i, 'new', 1, null from generate_series(6001, 6100) i;
delete from log where line = 'b'; insert into log values ('b'), ('c');
select nextval('ticket');
)");
    Told told = diff(lab, before, after, R"(,"schema":false,"data":true,"rows_max":150)");
    REQUIRE_MESSAGE(told.status == 200, told.seen.body);
    CHECK(told.number("/tables_compared") == 4);
    REQUIRE_MESSAGE(told.at("/tables").as_array().size() == 3, told.seen.body);
    CHECK(told.text("/tables/0/name") == "public.item");
    CHECK(told.text("/tables/0/key/0") == "id");
    CHECK(told.number("/tables/0/rows_from") == 5000);
    CHECK(told.number("/tables/0/rows_to") == 5090);
    CHECK(told.number("/tables/0/rows_added") == 100);
    CHECK(told.number("/tables/0/rows_removed") == 10);
    CHECK(told.number("/tables/0/rows_modified") == 2);
    CHECK(told.at("/tables/0/rows").as_array().size() == 112);
    CHECK_FALSE(told.at("/is_truncated").as_bool());
    bool is_found = false;
    for (const auto& row : told.at("/tables/0/rows").as_array()) {
        if (row.at("key").at("id").as_string() != "17") continue;
        is_found = true;
        CHECK(bj::serialize(row.at("from")) == R"({"name":"item 17"})");
        CHECK(bj::serialize(row.at("to")) == R"({"name":"changed"})");
    }
    CHECK(is_found);
    CHECK(told.text("/tables/1/name") == "public.log");  // without a key: rows as wholes, each as often as it is there
    CHECK(told.number("/tables/1/rows_added") == 1);
    CHECK(told.number("/tables/1/rows_removed") == 1);
    CHECK(told.text("/tables/2/name") == "public.ticket");
    CHECK(told.text("/tables/2/rows/0/to/last_value") == "8");

    Told cut = diff(lab, before, after, R"(,"schema":false,"data":true,"rows_max":1,"tables":["public.item"])");
    CHECK(cut.at("/tables").as_array().size() == 1);
    CHECK(cut.at("/tables/0/rows").as_array().size() == 1);
    CHECK(cut.number("/tables/0/rows_added") == 100);
    CHECK(cut.at("/is_truncated").as_bool());
    CHECK(diff(lab, before, after, R"(,"data":true,"tables":["public.nowhere"])").status == 400);

    // An instance is compared as it is now.
    Told changed =
        lab.owner().post("/api/v1/database_instances/diff-before/query", R"({"sql":"delete from item where id = 1"})");
    REQUIRE(changed.status == 200);
    Told now = diff(lab, before, "diff-before", R"(,"data":true)");
    CHECK_MESSAGE(now.at("/objects").as_array().empty(), now.seen.body);
    CHECK(now.number("/tables/0/rows_removed") == 1);
    CHECK(now.at("/state_id_to").is_null());
}

TEST_CASE("a difference that cannot be told says why, and a stranger gets none") {
    Lab& lab = Lab::shared();
    std::string state = state_of(lab, "create table lonely (id int)"),
                other = state_of(lab, "create table lonely (id int, more int)");
    Told nowhere = diff(lab, state, "nowhere@main");
    CHECK(nowhere.status == 404);
    CHECK_MESSAGE(nowhere.text("/detail").find("no instance, state or ref") != std::string::npos, nowhere.seen.body);
    Told missing = diff(lab, state, other, R"(,"database":"absent")");
    CHECK_MESSAGE(missing.text("/detail").find("absent") != std::string::npos, missing.seen.body);
    Told uneven = diff(lab, state, other, R"(,"data":true)");
    CHECK_MESSAGE(uneven.text("/tables/0/problem").find("\"more\"") != std::string::npos, uneven.seen.body);
    CHECK(
        lab.stranger().post("/api/v1/database_diffs", R"({"from":")" + state + R"(","to":")" + other + "\"}").status ==
        404);
}

#include "cli/sqlrs.h"

#include <doctest/doctest.h>

namespace ry::cli {
namespace {

std::string told(const std::vector<std::string>& words) {
    auto made = from_sqlrs(words);
    if (!made) return "error: " + made.error().message;
    std::string text;
    for (const std::string& word : *made) text += (text.empty() ? "" : " ") + word;
    return text;
}

TEST_CASE("each spelling of sqlrs is one of ours") {
    const std::pair<std::vector<std::string>, std::string> rows[] = {
        {{"prepare:psql", "--image", "postgres:17", "--", "-f", "a.sql"}, "db prepare psql --image postgres:17 --output=assignment -- -f a.sql"},
        {{"prepare:lb", "--", "update", "--changelog-file", "c.xml"}, "db prepare lb --output=assignment -- update --changelog-file c.xml"},
        {{"apply", "chinook"}, "db prepare chinook --output=assignment"},
        {{"plan:psql", "--output", "json", "--", "-c", "select 1"}, "db plan psql --output=json -- -c select 1"},
        {{"run:psql", "--instance", "abc", "--", "-c", "select 1"}, "db run psql --instance abc -- -c select 1"},
        {{"run:pgbench", "-instance", "abc", "--", "-T", "5"}, "db run pgbench --instance abc -- -T 5"},
        {{"prepare:psql", "--watch", "--", "-f", "a.sql", "run:psql", "--", "-f", "b.sql"}, "db prepare psql --output=assignment -- -f a.sql run:psql -- -f b.sql"},
        {{"--endpoint", "http://x", "--mode=remote", "rm", "abcdef01", "-r", "-f", "--dry-run"}, "db rm --server=http://x abcdef01 --recurse --force --dry-run --missing-ok"},
        {{"destroy", "abcdef01"}, "db rm abcdef01 --missing-ok"},
        {{"ls"}, "db ls --refs --instances"},
        {{"ls", "-s", "-j", "--output", "human"}, "db ls --states --prepares --output=table"},
        {{"status", "--cache"}, "db status --cache"},
        {{"logs", "prepare_1"}, "db logs prepare_1"},
        {{"init", "local", "--snapshot", "auto"}, "db init"},
        {{"config", "schema"}, "config explain"},
        {{"config", "get", "log.level"}, "config show"},
        {{}, "help sqlrs"},
    };
    for (const auto& [theirs, ours] : rows) CHECK(told(theirs) == ours);
    CHECK(told({"auth", "login"}).starts_with("error: \"auth\" is no command"));
    CHECK(told({"config", "set", "log.level", "debug"}).starts_with("error: settings are flags"));
}

}  // namespace
}  // namespace ry::cli

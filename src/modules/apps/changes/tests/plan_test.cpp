#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "modules/apps/changes/changes.h"

using namespace ry::apps::changes;

namespace {

const std::map<std::string, std::string> app = {
    {"README.md", "# App\n"},    {"package.json", "{\n  \"dependencies\": {\n    \"react\": \"^19\"\n  }\n}\n"},
    {"package-lock.json", "{}"}, {"src/a.ts", "one\ntwo\n"},
    {"src/b.ts", "b\n"},         {"src/deep/c.ts", "c\n"},
    {"logo.png", "\x89PNG\xff"}};

Tree tree() {
    Tree tree;
    for (auto& [path, content] : app) tree.files.push_back({path, TreeKind::file, int64_t(content.size())});
    tree.files.push_back({"link", TreeKind::symlink, 4});
    tree.files.push_back({"vendor", TreeKind::submodule, 0});
    tree.read = [](std::string_view path) -> ry::Result<std::string> {
        auto found = app.find(std::string(path));
        if (found == app.end()) return ry::fail(ry::Code::not_found, "no such file");
        return found->second;
    };
    return tree;
}

/// The plan as text: "write src/a.ts [content]" and so on.
std::string planned(std::string_view answer, const Limits& limits = {}) {
    auto made = plan(parse(answer), tree(), limits);
    std::string text;
    if (!made) {
        for (auto& fault : made.error().faults) text += "FAULT " + fault.pointer + " " + fault.detail + "\n";
        return text;
    }
    for (auto& operation : made->operations) {
        text += std::string(names_of(operation.action)[size_t(operation.action)]) + " " + operation.path;
        text += operation.action == Action::write  ? " [" + operation.content + "]\n"
                : operation.action == Action::copy ? " < " + operation.from + "\n"
                                                   : "\n";
    }
    for (auto& note : made->notes) text += "note " + note + "\n";
    return text;
}
std::string written(std::string_view path, std::string_view content) {
    return "<ramify-write path=\"" + std::string(path) + "\">" + std::string(content) + "</ramify-write>\n";
}
std::string edited(std::string_view path, std::string_view from, std::string_view to) {
    return "<ramify-search-replace path=\"" + std::string(path) + "\">\n<<<<<<< SEARCH\n" + std::string(from) +
           "\n=======\n" + std::string(to) + "\n>>>>>>> REPLACE\n</ramify-search-replace>\n";
}
std::string moved(std::string_view from, std::string_view to) {
    return "<ramify-rename from=\"" + std::string(from) + "\" to=\"" + std::string(to) + "\"/>\n";
}
std::string copied(std::string_view from, std::string_view to) {
    return "<ramify-copy from=\"" + std::string(from) + "\" to=\"" + std::string(to) + "\"/>\n";
}
std::string removed(std::string_view path) { return "<ramify-delete path=\"" + std::string(path) + "\"/>\n"; }

}  // namespace

TEST_CASE("the plan is the net effect of the changes in their order") {
    struct {
        const char* what;
        std::string answer, plan;
    } table[] = {
        {"nothing", "Just talk.", ""},
        {"a new file", written("x/new.ts", "1"), "write x/new.ts [1]\n"},
        {"the last write wins", written("x", "1") + written("x", "2"), "write x [2]\n"},
        {"an edit", edited("src/a.ts", "two", "TWO"), "write src/a.ts [one\nTWO\n]\n"},
        {"edits build on each other", edited("src/a.ts", "one", "1") + edited("src/a.ts", "two", "2"),
         "write src/a.ts [1\n2\n]\n"},
        {"an edit of a file just written", written("n", "x\n") + edited("n", "x", "y"), "write n [y\n]\n"},
        {"a rename", moved("src/a.ts", "src/z.ts"), "remove src/a.ts\ncopy src/z.ts < src/a.ts\n"},
        {"a rename and an edit", moved("src/a.ts", "z") + edited("z", "one", "1"),
         "remove src/a.ts\nwrite z [1\ntwo\n]\n"},
        {"a rename there and back is nothing", moved("src/a.ts", "z") + moved("z", "src/a.ts"), ""},
        {"two files swap", moved("src/a.ts", "t") + moved("src/b.ts", "src/a.ts") + moved("t", "src/b.ts"),
         "copy src/a.ts < src/b.ts\ncopy src/b.ts < src/a.ts\n"},
        {"a folder is renamed with its files", moved("src", "lib"),
         "copy lib/a.ts < src/a.ts\ncopy lib/b.ts < src/b.ts\ncopy lib/deep/c.ts < src/deep/c.ts\nremove "
         "src/a.ts\nremove src/b.ts\nremove src/deep/c.ts\n"},
        {"a copy", copied("src/b.ts", "b2"), "copy b2 < src/b.ts\n"},
        {"a folder is deleted", removed("src/deep"), "remove src/deep/c.ts\n"},
        {"a link is deleted, not what it leads to", removed("link"), "remove link\n"},
        {"what is not there needs no deleting", removed("nope"), "note nope was not there; nothing to delete\n"},
        {"a file in place of a folder that goes", removed("src/deep") + written("src/deep", "x"),
         "write src/deep [x]\nremove src/deep/c.ts\n"},
        {"only the letter case changes", moved("README.md", "Readme.md"),
         "remove README.md\ncopy Readme.md < README.md\n"},
        {"the folder of a renamed file becomes a file", moved("src/deep/c.ts", "c.ts") + written("src/deep", "x"),
         "copy c.ts < src/deep/c.ts\nwrite src/deep [x]\nremove src/deep/c.ts\n"},
        {"packages go into package.json", "<ramify-add-dependency packages=\"zod@3\"/>",
         "write package.json [{\n  \"dependencies\": {\n    \"react\": \"^19\",\n    \"zod\": \"3\"\n  }\n}\n]\n"},
        {"also when the answer writes it", "<ramify-add-dependency packages=\"zod\"/>" + written("package.json", "{}"),
         "write package.json [{\n  \"dependencies\": {\n    \"zod\": \"latest\"\n  }\n}]\n"},
    };
    for (auto& row : table) {
        INFO(row.what);
        CHECK(planned(row.answer) == row.plan);
    }
}

TEST_CASE("one wrong change refuses the whole answer, and every reason is listed") {
    auto faults = planned(written("fine", "1") + written("../evil", "2") + edited("src/a.ts", "nope", "x") +
                          moved("gone", "x") + written(".git/hooks/post-commit", "3"));
    INFO(faults);
    CHECK(std::ranges::count(faults, '\n') == 4);
    CHECK(faults.find("FAULT /problems/0 ../evil") != std::string::npos);
    CHECK(faults.find("FAULT /changes/1 src/a.ts: block 1") != std::string::npos);
    CHECK(faults.find("FAULT /changes/2 gone: is not there") != std::string::npos);
    auto made = plan(parse(written("../evil", "2")), tree());
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ry::Code::unsupported);
}

TEST_CASE("what may not be written") {
    struct {
        std::string answer, why;
    } table[] = {
        {written("link", "x"), "symbolic link"},
        {written("link/x", "x"), "leads through"},
        {written("vendor/x", "x"), "leads through"},
        {removed("link/x"), "leads through"},
        {moved("src/a.ts", "link/a.ts"), "leads through"},
        {moved("link", "x"), "symbolic link"},
        {copied("link", "x"), "symbolic link"},
        {written("src", "x"), "is a folder"},
        {written("src/a.ts/x", "x"), "needs a folder"},
        {written("package-lock.json", "x"), "lock file"},
        {written("sub/yarn.lock", "x"), "lock file"},
        {copied("src/a.ts", "src/b.ts"), "is there already"},
        {moved("src", "src/deep/src"), "lies inside"},
        {written("SRC/A.ts", "x"), "upper and lower case"},
        {written("x/q", "1") + written("x/Q", "2"), "upper and lower case"},
        {edited("logo.png", "x", "y"), "is not text"},
        {edited("nope", "x", "y"), "is not there"},
        {edited("src", "x", "y"), "is a folder"},
        {"<ramify-write path=\"a\">x", "ends before"},
        {"<think>x", "ends before"},
        {written("package.json", "{") + "<ramify-add-dependency packages=\"zod\"/>", "not a JSON object"},
    };
    for (auto& row : table) {
        INFO(row.answer);
        auto faults = planned(row.answer);
        INFO(faults);
        CHECK(faults.starts_with("FAULT"));
        CHECK(faults.find(row.why) != std::string::npos);
    }
}

TEST_CASE("limits are named in the fault") {
    CHECK(planned(written("a", "12345"), {.file_bytes_max = 4}).find("4 bytes") != std::string::npos);
    CHECK(planned(written("a", "123") + written("b", "123"), {.total_bytes_max = 5}).find("5 bytes") !=
          std::string::npos);
    CHECK(planned(written("a", "1") + written("b", "1"), {.operations_max = 1}).find("more than 1 paths") !=
          std::string::npos);
    CHECK(planned(written("a", "1"), {.files_max = 9}).find("more than 9 files") != std::string::npos);
    CHECK(planned("<ramify-add-dependency packages=\"a b\"/>", {.packages_max = 1}).find("more than 1 packages") !=
          std::string::npos);
}

TEST_CASE("packages, SQL, commands and the summary come along") {
    auto made = plan(parse("<ramify-add-dependency packages=\"zod zod\"/><ramify-execute-sql description=\"d\">select "
                           "1</ramify-execute-sql>"
                           "<ramify-command type=\"rebuild\"/><ramify-chat-summary>T</ramify-chat-summary>"),
                     tree());
    REQUIRE(made);
    CHECK(made->packages == std::vector<std::string>{"zod"});
    CHECK(made->sql == std::vector<Sql>{{"select 1", "d"}});
    CHECK(made->commands == std::vector<std::string>{"rebuild"});
    CHECK(made->summary == "T");
}

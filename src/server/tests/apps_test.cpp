// Apps over HTTP: whose they are, editing by hand, marks, differences, and lists that are read page by page.
#include "server/tests/lab.h"

#include "kernel/git/git.h"
#include "modules/apps/apps.h"

using namespace ry;
using namespace ry::server;
using testing::Answer;

namespace {

git::Repository repository_of(Lab& lab, const AppMade& app) {
    auto organization = OrganizationId::parse(lab.owner().get("/api/v1/session").text("/organization/id"));
    auto opened = git::Repository::open(lab.data_dir() + "/organizations/" + uuid_text(organization->uuid) + "/apps/" + uuid_text(apps::AppId::parse(app.id)->uuid) + ".git");
    REQUIRE(opened);
    return *opened;
}

std::string versions_of(const AppMade& app) { return "/api/v1/apps/" + app.id + "/versions"; }

/// The list over its pages of one.
std::vector<std::string> by_ones(Lab& lab, const std::string& target) {
    std::vector<std::string> ids;
    for (std::string cursor;;) {
        Told page = lab.owner().get(target + (target.contains('?') ? "&" : "?") + "limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor));
        REQUIRE_MESSAGE(page.status == 200, page.seen.body);
        CHECK(page.items().size() <= 1);
        for (const value& item : page.items()) ids.push_back(text_at(item, "/id"));
        cursor = page.text("/next_cursor");
        if (cursor.empty()) return ids;
    }
}

std::vector<std::string> ids_of(const array& items) {
    std::vector<std::string> ids;
    for (const value& item : items) ids.push_back(text_at(item, "/id"));
    return ids;
}

}  // namespace

TEST_CASE("apps and chats belong to a project of their organization: the caller's own, or one that they name") {
    Lab& lab = Lab::shared();
    std::string own = lab.owner().get("/api/v1/session").text("/project/id");
    REQUIRE(!own.empty());
    AppMade app = lab.app();
    CHECK(lab.owner().get("/api/v1/apps/" + app.id).text("/project_id") == own);
    CHECK(lab.owner().get("/api/v1/chats/" + app.chat).text("/project_id") == own);
    CHECK(lab.owner().post("/api/v1/chats", R"({"title":"Talk"})").text("/project_id") == own);

    ProjectId second = ProjectId::fresh();
    lab.database().run_as_superuser("insert into identity.project (organization_id, id, workspace_id, name) select organization_id, '" + uuid_text(second.uuid) +
                                    "', workspace_id, 'second' from identity.project where id = '" + uuid_text(ProjectId::parse(own)->uuid) + "'");
    auto app_in = [&](const Person& who, const std::string& project) { return who.post("/api/v1/apps", R"({"name":"x","template":"static","project_id":")" + project + "\"}"); };
    auto chat_in = [&](const Person& who, const std::string& project) { return who.post("/api/v1/chats", R"({"project_id":")" + project + "\"}"); };
    CHECK(app_in(lab.owner(), second.text()).text("/project_id") == second.text());
    CHECK(chat_in(lab.owner(), second.text()).text("/project_id") == second.text());

    Person stranger = lab.stranger();
    std::string foreign = stranger.get("/api/v1/session").text("/project/id");
    for (const std::string& project : {foreign, ProjectId::fresh().text()}) {
        CHECK(app_in(lab.owner(), project).status == 404);
        CHECK(chat_in(lab.owner(), project).status == 404);
    }
    CHECK(app_in(stranger, second.text()).status == 404);
    CHECK(app_in(lab.owner(), "proj_nonsense").status == 400);
    CHECK(stranger.all("/api/v1/apps").empty());
}

TEST_CASE("a file is edited by hand, and who has seen another content is told so") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    std::string files = "/api/v1/apps/" + app.id + "/files";
    Told read = lab.owner().get(files + "/index.html");
    std::string tag = read.seen.field("etag");
    REQUIRE(!tag.empty());
    Told written = lab.owner().call("PUT", files, R"({"path":"index.html","content":"mine"})", "If-Match: " + tag + "\r\n");
    REQUIRE_MESSAGE(written.status == 201, written.seen.body);
    CHECK(written.number("/number") == 2);
    CHECK(written.number("/files_changed") == 1);
    CHECK(lab.file(app, "index.html") == "mine");
    CHECK(lab.owner().get("/api/v1/apps/" + app.id).text("/current_version_id") == written.text("/id"));

    Told stale = lab.owner().call("PUT", files, R"({"path":"index.html","content":"theirs"})", "If-Match: " + tag + "\r\n");
    CHECK_MESSAGE(stale.status == 412, stale.seen.body);
    CHECK(lab.owner().call("PUT", files, R"({"path":"new.txt","content":"x"})", "If-Match: " + tag + "\r\n").status == 412);
    CHECK(lab.file(app, "index.html") == "mine");
    CHECK(lab.versions(app) == 2);
    CHECK(lab.owner().call("PUT", files, R"({"path":"a/new.txt","content":"x"})").status == 201);
    CHECK(lab.file(app, "a/new.txt") == "x");
    lab.check_laws(app);
}

TEST_CASE("versions are marked, noted, compared, and listed page by page") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    std::string second = lab.ask(app, Answer().say(change("index.html", "one\ntwo\nthree") + change("old.txt", "x"))).text("/message_id");
    lab.ask(app, Answer().say(change("index.html", "one\n2\nthree") + "<ramify-rename from=\"old.txt\" to=\"new.txt\"></ramify-rename>\n"));
    auto versions = lab.owner().all(versions_of(app));
    REQUIRE(versions.size() == 3);
    std::string newest = text_at(versions[0], "/id");

    Told marked = lab.owner().call("PATCH", versions_of(app) + "/" + newest, R"({"is_favorite":true,"note":"the good one"})");
    CHECK(marked.status == 200);
    CHECK(marked.at("/is_favorite") == true);
    CHECK(lab.owner().call("PATCH", versions_of(app) + "/" + newest, R"({"note":"better"})").at("/is_favorite") == true);
    CHECK(lab.owner().get(versions_of(app) + "/" + newest).text("/note") == "better");
    CHECK(lab.owner().call("PATCH", versions_of(app) + "/" + newest, "{\"note\":" + in_quotes(std::string(2001, 'x')) + "}").status == 400);
    CHECK(lab.owner().call("PATCH", versions_of(lab.app()) + "/" + newest, R"({"is_favorite":false})").status == 404);

    Told diff = lab.owner().get(versions_of(app) + "/" + newest + "/diff");
    REQUIRE(diff.at("/files").as_array().size() == 2);
    CHECK(diff.text("/from") == text_at(versions[1], "/id"));
    CHECK(diff.text("/files/0/path") == "index.html");
    CHECK(diff.number("/files/0/additions") == 1);
    CHECK(diff.number("/files/0/deletions") == 1);
    CHECK(diff.text("/files/0/patch").find("-two\n+2\n") != std::string::npos);
    CHECK(diff.text("/files/1/status") == "renamed");
    CHECK(diff.text("/files/1/old_path") == "old.txt");
    Told back = lab.owner().get(versions_of(app) + "/" + app.version + "/diff?from=" + newest);
    CHECK(back.text("/to") == app.version);
    CHECK(back.at("/files").as_array().size() == 2);
    CHECK(lab.owner().get(versions_of(app) + "/" + newest + "/diff?from=version_00000000000000000000000000").status == 404);

    CHECK(by_ones(lab, versions_of(app)) == ids_of(versions));
    CHECK(by_ones(lab, versions_of(app) + "?branch_id=" + app.branch) == ids_of(versions));
    CHECK(lab.owner().get(versions_of(app) + "?cursor=nonsense").status == 400);
}

TEST_CASE("previews, runs, variants and models are lists of pages too") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    std::string message = lab.ask(app, Answer().say("one")).text("/message_id");
    for (auto again : {"two", "three"}) {
        lab.models().next(Answer().say(again));
        lab.settled(lab.owner().post("/api/v1/messages/" + message + "/regenerate").text("/generation/id"));
    }
    lab.owner().post("/api/v1/previews", R"({"app_id":")" + app.id + "\"}");
    lab.owner().post("/api/v1/previews", R"({"app_id":")" + app.id + R"(","version_id":")" + app.version + "\"}");
    lab.owner().post("/api/v1/models", R"({"name":"page-)" + app.id + R"(","provider":"demo"})");
    for (auto& [target, count] : std::vector<std::pair<std::string, size_t>>{{"/api/v1/messages/" + message + "/variants", 3}, {"/api/v1/chats/" + app.chat + "/runs", 3},
                                                                            {"/api/v1/previews?app_id=" + app.id, 2}, {"/api/v1/models", 0}}) {
        CAPTURE(target);
        auto all = ids_of(lab.owner().all(target));
        CHECK((count ? all.size() == count : all.size() >= 3));
        CHECK(by_ones(lab, target) == all);
        CHECK(lab.owner().get(target + (target.contains('?') ? "&" : "?") + "cursor=nonsense").status == 400);
    }
}

TEST_CASE("the commit of every version stays reachable, whatever branches do, and nothing else is left in the repository") {
    Lab& lab = Lab::shared();
    AppMade app = lab.app();
    Told first = lab.ask(app, Answer().say(change("index.html", "first")));
    std::string message = first.text("/message_id");
    for (auto text : {"second", "third"}) {
        lab.models().next(Answer().say(change("index.html", text)));
        lab.settled(lab.owner().post("/api/v1/messages/" + message + "/regenerate").text("/generation/id"));
    }
    auto variants = lab.owner().all("/api/v1/messages/" + message + "/variants");
    lab.owner().post("/api/v1/messages/" + message + "/variants/" + text_at(variants[1], "/id") + "/select");
    Told branch = lab.owner().post("/api/v1/chats/" + app.chat + "/branches", R"({"from_message_id":")" + message + "\"}");
    lab.ask(app, Answer().say(change("index.html", "on the branch")), "more", ",\"branch_id\":" + in_quotes(branch.text("/id")));
    lab.owner().call("PUT", "/api/v1/apps/" + app.id + "/files", R"({"path":"x","content":"x"})");
    CHECK(lab.owner().call("DELETE", "/api/v1/branches/" + branch.text("/id")).status == 204);
    lab.check_laws(app);

    git::Repository repository = repository_of(lab, app);
    auto branches = repository.branches();
    REQUIRE(branches);
    for (const git::Branch& left : *branches) CHECK_MESSAGE((left.name.starts_with("chat/") || left.name.starts_with("kept/")), left.name);
    auto versions = lab.owner().all(versions_of(app));
    CHECK(versions.size() == 6);
    for (const value& version : versions) {
        auto commit = *git::Oid::parse(text_at(version, "/commit"));
        bool is_kept = std::ranges::any_of(*branches, [&](const git::Branch& tip) { return *repository.is_reachable(commit, tip.commit); });
        CHECK_MESSAGE(is_kept, text_at(version, "/title"));
    }
}

// The templates of deploy/ci: documents that parse, whose scripts are carried out here as the CI would, with a server of this machine.
#include <boost/json.hpp>

#include "cli/tests/shop_repository.h"
#include "cli/yaml_document.h"
#include "kernel/http/message.h"
#include "testing/id_token_issuer.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
using testing::content_of;
using testing::Ran;
using testing::ShopRepository;
using ry::testing::IdTokenIssuer;

bj::value yaml(const std::string& name) {
    auto read = json_of_yaml(content_of(RAMIFY_SOURCE_DIR "/deploy/ci/" + name));
    REQUIRE_MESSAGE(read.has_value(), read.error().message);
    return bj::parse(read->text);
}

/// A job's steps as shell scripts: before the tests, the tests, and what runs in any case.
struct Scripts {
    std::string before, tests, always;
};

Scripts scripts_of_github() {
    bj::value job = yaml("github-actions.yml").at("jobs").at("test");
    CHECK(job.at("timeout-minutes").as_string() == "30");
    CHECK(job.at("permissions").at("id-token").as_string() == "write");
    Scripts scripts;
    for (const auto& step : job.at("steps").as_array()) {
        const auto* run = step.as_object().if_contains("run");
        if (!run) continue;
        bool is_always = step.as_object().contains("if") && step.at("if").as_string() == "always()";
        bool is_before = step.as_object().contains("id");
        std::string& script = is_always ? scripts.always : is_before ? scripts.before : scripts.tests;
        CHECK(script.empty());
        script = std::string(run->as_string());
    }
    return scripts;
}

Scripts scripts_of_gitlab() {
    bj::value job = yaml("gitlab-ci.yml").at("test");
    CHECK(job.at("id_tokens").at("RAMIFY_ID_TOKEN").at("aud").as_string() == "$RAMIFY_SERVER");
    auto script = [&](const char* name) {
        std::string lines;
        for (const auto& line : job.at(name).as_array()) lines += std::string(line.as_string()) + "\n";
        return lines;
    };
    return {script("before_script"), script("script"), script("after_script")};
}

/// A repository whose tests ask the database how many items there are, and fail unless there are two.
void write_project(const ShopRepository& shop) {
    shop.write("db/schema.sql", "create table item (id int);\n");
    shop.write("db/seed.sql", "insert into item values (1), (2);\n");
    shop.write("bin/npm", "#!/bin/sh\n[ \"$1\" = ci ] || { [ \"$(psql -Atc 'select count(*) from item' \"$DATABASE_URL\")\" = 2 ] && [ \"$PGDATABASE\" ] && echo tested; }\n");
    shop.shell("chmod +x bin/npm", shop.root());
}

int64_t count_of_instances(const ShopRepository& shop) { return int64_t(shop.ramify("db ls --output json").json().at("items").as_array().size()); }

/// Makes the account `ci` on the server at `url`, which trusts the issuer's jobs of acme/shop; gives its id.
std::string make_account(const ShopRepository& shop, const IdTokenIssuer& issuer, const std::string& url) {
    Ran made = shop.ramify("service-accounts create ci --server " + url + " --output json");
    REQUIRE_MESSAGE(made.exit == 0, made.err);
    std::string id(made.json().at("id").as_string());
    Ran trusted = shop.ramify("service-accounts trust " + id + " --server " + url + " --issuer " + issuer.url() + " --audience " + url +
                              " --claims '{\"name\":\"repository\",\"pattern\":\"acme/shop\"}' --permissions databases.read --permissions databases.write");
    REQUIRE_MESSAGE(trusted.exit == 0, trusted.err);
    return id;
}

/// What the CI tells a job to sign in with: an address that gives ID tokens (GitHub), or a variable (GitLab).
std::string sign_in_of(IdTokenIssuer& issuer, const std::string& url, bool is_github, const std::string& repository = "acme/shop") {
    std::string token = issuer.token({{"aud", '"' + url + '"'}, {"sub", "\"job\""}, {"repository", '"' + repository + '"'}});
    if (!is_github) return " RAMIFY_ID_TOKEN=" + token;
    issuer.publish("/id-token?api-version=2&audience=" + http::percent_encoded(url), "{\"value\":\"" + token + "\"}");
    return " ACTIONS_ID_TOKEN_REQUEST_URL='" + issuer.url() + "/id-token?api-version=2' ACTIONS_ID_TOKEN_REQUEST_TOKEN=x";
}

TEST_CASE("the templates for CI sign in without a secret, give the tests a database, and drop it whatever becomes of them") {
    ShopRepository shop;
    IdTokenIssuer issuer;
    write_project(shop);
    ::setenv("RAMIFY_FETCH_PRIVATE_HOSTS", issuer.host_port().c_str(), 1);
    Ran begun = shop.ramify("db init");
    ::unsetenv("RAMIFY_FETCH_PRIVATE_HOSTS");
    REQUIRE(begun.exit == 0);
    std::string url(bj::parse(content_of(shop.folder + "/data/server.json")).at("url").as_string());
    std::string account = make_account(shop, issuer, url);
    std::string given = "export HOME=" + shop.folder + "/tmp PATH=$PWD/bin:" RAMIFY_BINARY_DIR ":$PATH RAMIFY_SERVER=" + url +
                        " RAMIFY_SERVICE_ACCOUNT=" + account + " RAMIFY_TOKEN= INSTANCE=ci-7 GITHUB_ENV=" + shop.folder + "/github.env RUNNER_TEMP=" + shop.folder + "/tmp CI_PROJECT_DIR=$PWD\n";
    std::string sign_in;
    auto run = [&](const std::string& script) {
        shop.write("script.sh", given + "export" + sign_in + "\n" + script);
        Ran ran = shop.shell("sh -e script.sh", shop.root());
        CHECK_MESSAGE(ran.err.find("error:") == std::string::npos, ran.err);
        return ran;
    };
    const std::pair<const char*, Scripts> templates[] = {{"GitHub", scripts_of_github()}, {"GitLab", scripts_of_gitlab()}};
    for (const auto& [name, scripts] : templates) {
        CAPTURE(name);
        // Steps of GitHub are processes of their own, that know each other by a file; GitLab's are one shell but for the last.
        bool is_github = std::string_view(name) == "GitHub";
        sign_in = sign_in_of(issuer, url, is_github);
        CHECK(bj::parse(run("ramify session show --output json").out).at("user").at("id").as_string() == account);
        std::string told = is_github ? "set -a; . " + shop.folder + "/github.env; set +a\n" : scripts.before;
        if (is_github) {
            Ran prepared = run(scripts.before);
            CHECK(prepared.exit == 0);
            CHECK(prepared.out.starts_with("::add-mask::"));
            CHECK(count_of_instances(shop) == 1);
        }
        Ran tested = run(told + scripts.tests);
        CHECK(tested.exit == 0);
        CHECK(tested.out == "tested\n");
        CHECK(shop.ramify("db show ci-7 --output json").json().at("ttl_ms").as_int64() == 3'600'000);
        CHECK(run(scripts.always).exit == 0);
        CHECK(count_of_instances(shop) == 0);
        CHECK(run(scripts.always).exit == 0);  // as after a job whose first step failed
    }
    shop.write("script.sh", given + "export" + sign_in_of(issuer, url, false, "evil/shop") + "\n" + scripts_of_gitlab().before);
    Ran refused = shop.shell("sh -e script.sh", shop.root());
    CHECK(refused.exit != 0);
    CHECK(refused.err.find("service account " + account + " is not signed in") != std::string::npos);
    CHECK(count_of_instances(shop) == 0);
}

}  // namespace
}  // namespace ry::cli

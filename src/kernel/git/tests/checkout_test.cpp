// The repository that somebody works in: found from below, read without a checkout.
#include "kernel/git/checkout.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/check.h"

using namespace ry;
using namespace ry::git;

namespace {

/// A clone made with git, gone at the end of the test.
struct Clone {
    Clone() {
        char pattern[] = "/tmp/ramify-checkout-XXXXXX";
        ENSURE(::mkdtemp(pattern));
        path = std::filesystem::canonical(pattern).string();
        git("init -q -b main && git config user.name Ada && git config user.email ada@example.org");
    }
    ~Clone() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    void git(const std::string& words) const { REQUIRE(std::system(("cd " + path + " && git " + words).c_str()) == 0); }
    void write(const std::string& name, std::string_view text) const {
        std::filesystem::path file = path + "/" + name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
    }
    void commit(const std::string& message) const { git("add -A && git commit -q -m '" + message + "'"); }
    std::string path;
};

template <class T>
T must(Result<T> result) {
    INFO((result ? std::string() : result.error().message + " " + result.error().cause));
    REQUIRE(result);
    return *std::move(result);
}

}  // namespace

TEST_CASE("a clone is found from a folder in it, and read at any commit, without its working directory") {
    Clone clone;
    clone.write("db/a.sql", "one\n");
    clone.write("b.sql", "b\n");
    clone.commit("One");
    clone.write("db/a.sql", "two\n");
    clone.commit("Two");
    clone.git("tag -a v2 -m two && git branch topic HEAD~1");
    clone.write("db/a.sql", "three, not committed\n");

    Checkout checkout = must(Checkout::find(clone.path + "/db"));
    CHECK(checkout.root() == clone.path);
    Oid two = must(checkout.commit_of("v2")), one = must(checkout.commit_of("topic"));
    CHECK(two == must(checkout.commit_of("HEAD")));
    CHECK(one == must(checkout.commit_of(two.text().substr(0, 12) + "~1")));
    auto content = [&](const Oid& commit) { return must(checkout.read(must(checkout.find(commit, "db/a.sql"))->oid)); };
    CHECK(content(one) == "one\n");
    CHECK(content(two) == "two\n");
    CHECK_FALSE(must(checkout.find(two, "db/none.sql")));
    auto root = must(checkout.find(two, ""));
    std::vector<std::string> names;
    for (const TreeItem& item : must(checkout.list(root->oid))) names.push_back(item.name);
    CHECK(names == std::vector<std::string>{"b.sql", "db"});
    CHECK(must(checkout.versions(two, "db/a.sql", 100)).size() == 2);
    CHECK(must(checkout.versions(two, "b.sql", 100)).size() == 1);
    CHECK(must(checkout.versions(two, "db/a.sql", 1)).size() == 1);

    CHECK(checkout.commit_of("nowhere").error().code == Code::not_found);
    CHECK(checkout.commit_of("HEAD:b.sql").error().code == Code::invalid);
    CHECK(Checkout::find("/").error().code == Code::not_found);

    // A worktree of the clone is one too.
    clone.git("worktree add -q --detach " + clone.path + "-worktree HEAD~1");
    Checkout worktree = must(Checkout::find(clone.path + "-worktree"));
    CHECK(must(worktree.commit_of("HEAD")) == one);
    CHECK(must(worktree.commit_of("main")) == two);
    CHECK(worktree.lfs_object(std::string(64, 'a')).starts_with(clone.path + "/.git/lfs/objects/aa/aa/"));
    std::filesystem::remove_all(clone.path + "-worktree");
}

TEST_CASE("the files of a commit are written as a checkout has them, and the clone is left as it was") {
    Clone clone;
    clone.write("db/a.sql", "one\n");
    std::filesystem::create_symlink("a.sql", clone.path + "/db/link.sql");
    clone.commit("One");
    clone.write("db/a.sql", "two\n");
    clone.git("add -A");  // the index is the person's
    std::string target = clone.path + "-files";
    std::filesystem::create_directory(target);
    Checkout checkout = must(Checkout::find(clone.path));
    REQUIRE(checkout.write_files(must(checkout.commit_of("HEAD")), target));
    std::ifstream written(target + "/db/link.sql");
    std::string line;
    std::getline(written, line);
    CHECK(line == "one");
    CHECK_FALSE(std::filesystem::exists(target + "/.git"));
    clone.git(
        "diff --cached --quiet --exit-code -- nothing && test \"$(git diff --cached --name-only)\" = db/a.sql && test "
        "\"$(cat db/a.sql)\" = two");
    std::filesystem::remove_all(target);
}

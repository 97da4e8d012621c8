#include "kernel/git/git.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

using namespace ry;
using namespace ry::git;
namespace fs = std::filesystem;

namespace {

/// A fresh folder, gone at the end of the test.
struct Folder {
    Folder() {
        char pattern[] = "/tmp/ramify-git-XXXXXX";
        path = mkdtemp(pattern);
    }
    ~Folder() {
        umount2(path.c_str(), MNT_DETACH);  // of the test that mounts a small disk here; an error otherwise
        fs::remove_all(path);
    }
    std::string operator/(std::string_view name) const { return path + "/" + std::string(name); }
    std::string path;
};

const Author ada{"Ada", "ada@example.org", Time{1'700'000'000'000'000}};

Operation written(std::string path, std::string content) {
    return {.action = Action::write, .path = std::move(path), .content = std::move(content)};
}
Operation removed(std::string path) { return {.action = Action::remove, .path = std::move(path)}; }
Operation copied(std::string from, std::string path) {
    return {.action = Action::copy, .path = std::move(path), .from = std::move(from)};
}

/// What the real git prints; its standard error too.
std::string git_says(const std::string& repository, const std::string& arguments) {
    auto command = "git -c safe.directory='*' --git-dir='" + repository + "' " + arguments + " 2>&1";
    auto* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe);
    std::string out;
    std::array<char, 4096> buffer;
    while (size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), got);
    int status = pclose(pipe);
    if (status != 0) out += "[exit " + std::to_string(WEXITSTATUS(status)) + "]";
    return out;
}
std::string fsck(const std::string& repository) { return git_says(repository, "fsck --full --strict --no-dangling"); }

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
std::vector<std::string> paths_of(const Repository& repository, const Oid& commit) {
    auto entries = repository.list(commit);
    REQUIRE(entries);
    std::vector<std::string> paths;
    for (auto& entry : *entries) paths.push_back(entry.path);
    return paths;
}
Oid must(Result<Oid> oid) {
    INFO((oid ? std::string() : oid.error().message + " " + oid.error().cause));
    REQUIRE(oid);
    return *oid;
}

}  // namespace

TEST_CASE("a repository begins empty, grows by commits, and git agrees") {
    Folder root;
    auto repository = *Repository::create(root / "app.git");
    CHECK(*repository.branches() == std::vector<Branch>{});
    CHECK_FALSE(*repository.resolve("main"));
    auto first = must(repository.commit("main", {},
                                        {written("README.md", "# App\n"),
                                         written("src/a.ts", "a\n"),
                                         {.path = "run.sh", .content = "#!/bin/sh\n", .is_executable = true}},
                                        ada, "Begin"));
    auto second =
        must(repository.commit("main", first,
                               {written("src/deep/b.ts", "b\n"), removed("src/a.ts"),
                                copied("README.md", "docs/README.md"), written("run.sh", "#!/bin/sh\necho\n")},
                               ada, "Go on\n\nWith a body.\n"));

    CHECK(fsck(repository.directory()) == "");
    CHECK(git_says(repository.directory(), "log --format='%H %an <%ae> %at %s' main") ==
          second.text() + " Ada <ada@example.org> 1700000000 Go on\n" + first.text() +
              " Ada <ada@example.org> 1700000000 Begin\n");
    CHECK(git_says(repository.directory(), "ls-tree -r --format='%(objectmode) %(path)' main") ==
          "100644 README.md\n100644 docs/README.md\n100755 run.sh\n100644 src/deep/b.ts\n");
    CHECK(git_says(repository.directory(), "show main:run.sh") == "#!/bin/sh\necho\n");

    auto reopened = *Repository::open(root / "app.git");
    CHECK(paths_of(reopened, first) == std::vector<std::string>{"README.md", "run.sh", "src/a.ts"});
    CHECK(*reopened.read(second, "docs/README.md") == "# App\n");
    CHECK(reopened.read(second, "src/a.ts").error().code == Code::not_found);
    CHECK(reopened.read(second, "src").error().code == Code::not_found);
    CHECK((*reopened.find(second, "run.sh"))->kind == EntryKind::executable);
    CHECK((*reopened.find(second, "run.sh"))->size_bytes == 15);
    auto log = *reopened.log(second, 10);
    REQUIRE(log.size() == 2);
    CHECK(log[0].oid == second);
    CHECK(log[0].parents == std::vector<Oid>{first});
    CHECK(log[0].message == "Go on\n\nWith a body.\n");
    CHECK(log[1].at == *ada.at);
    CHECK(reopened.log(second, 1, 1)->at(0).oid == first);
    CHECK(*reopened.is_reachable(first, second));
    CHECK(*reopened.is_reachable(second, second));
    CHECK_FALSE(*reopened.is_reachable(second, first));
    CHECK(*reopened.has_commit(first));
    CHECK_FALSE(*reopened.has_commit(log[0].tree));
    CHECK_FALSE(*reopened.has_commit(Oid{}));
    CHECK(Oid::parse(first.text()) == first);
}

TEST_CASE("a commit moves the branch only from where the writer saw it") {
    Folder root;
    auto repository = *Repository::create(root / "r");
    auto first = must(repository.commit("main", {}, {written("a", "1")}, ada, "1"));
    CHECK(repository.commit("main", {}, {written("a", "2")}, ada, "2").error().code == Code::conflict);
    auto second = must(repository.commit("main", first, {written("a", "2")}, ada, "2"));
    CHECK(repository.commit("main", first, {written("a", "3")}, ada, "3").error().code == Code::conflict);
    CHECK(repository.commit("other", first, {written("a", "3")}, ada, "3").error().code == Code::conflict);
    CHECK(**repository.resolve("main") == second);
    CHECK(Repository::create(root / "r").error().code == Code::conflict);
    CHECK(Repository::open(root / "none").error().code == Code::not_found);
}

TEST_CASE("branches are made, listed, moved and deleted") {
    Folder root;
    auto repository = *Repository::create(root / "r");
    auto first = must(repository.commit("main", {}, {written("a", "1")}, ada, "1"));
    REQUIRE(repository.create_branch("chat/branch_1", first));
    REQUIRE(repository.create_branch("chat/branch_2", first));
    CHECK(repository.create_branch("chat/branch_1", first).error().code == Code::conflict);
    CHECK(repository.create_branch("chat/x", Oid{{1}}).error().code == Code::not_found);
    auto second = must(repository.commit("chat/branch_1", first, {written("a", "2")}, ada, "2"));
    auto list = *repository.branches("chat/");
    REQUIRE(list.size() == 2);
    CHECK(list[0].name == "chat/branch_1");
    CHECK(list[0].commit == second);
    CHECK(list[1].commit == first);
    CHECK(repository.move_branch("chat/branch_2", second, first).error().code == Code::conflict);
    REQUIRE(repository.move_branch("chat/branch_2", first, second));
    CHECK(**repository.resolve("chat/branch_2") == second);
    REQUIRE(repository.delete_branch("chat/branch_2"));
    REQUIRE(repository.delete_branch("chat/branch_2"));
    CHECK_FALSE(*repository.resolve("chat/branch_2"));
    for (auto bad : {"", "..", "a..b", "a b", "a.lock", "-", "/a", "a/", "a~1", "a\nb"}) {
        INFO(bad);
        if (std::string(bad) == "-") continue;  // git allows it below refs/heads/
        CHECK(repository.create_branch(bad, first).error().code == Code::unsupported);
    }
}

TEST_CASE("restoring makes a new version equal to the old one") {
    Folder root;
    auto repository = *Repository::create(root / "r");
    auto first = must(repository.commit("main", {}, {written("a", "1"), written("b/c", "2")}, ada, "1"));
    auto second = must(repository.commit("main", first, {removed("a"), removed("b/c"), written("d", "3")}, ada, "2"));
    auto third = must(repository.commit_tree("main", second, first, ada, "Restore"));
    CHECK(repository.commit(third)->tree == repository.commit(first)->tree);
    CHECK(repository.commit(third)->parents == std::vector<Oid>{second});
    CHECK(repository.commit_tree("main", second, first, ada, "x").error().code == Code::conflict);
    CHECK(fsck(repository.directory()) == "");
}

TEST_CASE("wrong operations are refused as a whole, and name the path") {
    Folder root;
    auto repository = *Repository::create(root / "r");
    auto first = must(repository.commit("main", {}, {written("a", "1"), written("d/e", "2")}, ada, "1"));
    struct {
        const char* what;
        std::vector<Operation> operations;
    } table[] = {
        {"outside", {written("../x", "1")}},
        {"absolute", {written("/x", "1")}},
        {"git's own", {written(".git/config", "1")}},
        {"not normal", {written("a//b", "1")}},
        {"twice", {written("x", "1"), written("x", "2")}},
        {"a file below a file", {written("a/b", "1")}},
        {"a file over a folder", {written("d", "1")}},
        {"two new ones in each other's way", {written("n", "1"), written("n/m", "2")}},
        {"removing what is not there", {removed("nope")}},
        {"removing a folder", {removed("d")}},
        {"copying what is not there", {copied("nope", "x")}},
        {"copying a folder", {copied("d", "x")}},
    };
    for (auto& row : table) {
        INFO(row.what);
        row.operations.push_back(written("fine", "1"));
        auto made = repository.commit("main", first, row.operations, ada, "x");
        REQUIRE_FALSE(made);
        CHECK(made.error().code == Code::unsupported);
        CHECK_FALSE(made.error().faults.empty());
    }
    CHECK(**repository.resolve("main") == first);
    auto swap = must(repository.commit(
        "main", first, {removed("a"), written("a/b", "1"), removed("d/e"), written("d", "2")}, ada, "swap"));
    CHECK(paths_of(repository, swap) == std::vector<std::string>{"a/b", "d"});
    auto nothing = must(repository.commit("main", swap, {removed("a/b"), removed("d")}, ada, "all gone"));
    CHECK(paths_of(repository, nothing).empty());
    CHECK(repository.commit("main", nothing, {}, ada, std::string("a\0b", 3)).error().code == Code::unsupported);
    CHECK(fsck(repository.directory()) == "");
}

TEST_CASE("random histories: the model, the repository and git see the same files") {
    Folder root;
    auto repository = *Repository::create(root / "r");
    std::mt19937 random(99);
    std::map<std::string, std::string> model;
    Oid head;
    for (int version = 0; version < 60; ++version) {
        std::vector<Operation> operations;
        auto next = model;
        for (int i = 0; i < int(random() % 90); ++i) {
            auto path = "d" + std::to_string(random() % 4) + "/" + (random() % 2 ? "e/" : "") + "f" +
                        std::to_string(random() % 40);
            if (std::ranges::any_of(operations, [&](auto& operation) { return operation.path == path; })) continue;
            if (model.contains(path) && random() % 3 == 0)
                operations.push_back(removed(path)), next.erase(path);
            else if (!model.empty() && random() % 4 == 0) {
                auto from = std::next(model.begin(), long(random() % model.size()));
                operations.push_back(copied(from->first, path)), next[path] = from->second;
            } else {
                auto content = std::string(random() % 5000, char('a' + random() % 26)) + std::to_string(random());
                operations.push_back(written(path, content)), next[path] = content;
            }
        }
        head = must(repository.commit("main", head, operations, ada, "version " + std::to_string(version)));
        model = next;
        auto entries = *repository.list(head);
        REQUIRE(entries.size() == model.size());
        for (auto& entry : entries) CHECK(*repository.read_blob(entry.oid) == model.at(entry.path));
    }
    CHECK(fsck(repository.directory()) == "");
    std::string names;
    for (auto& [path, content] : model) names += path + "\n";
    CHECK(git_says(repository.directory(), "ls-tree -r --name-only main") == names);
}

TEST_CASE("differences: added, modified, deleted, renamed, binary, and bounded text") {
    Folder root;
    auto repository = *Repository::create(root / "r");
    std::string lines;
    for (int i = 0; i < 50; ++i) lines += "line " + std::to_string(i) + "\n";
    auto first = must(repository.commit("main", {},
                                        {written("changed", "a\nb\n"), written("gone", "x\n"), written("old", lines),
                                         written("bin", std::string("\0\1", 2))},
                                        ada, "1"));
    auto second = must(
        repository.commit("main", first,
                          {written("changed", "a\nB\nc\n"), removed("gone"), removed("old"), copied("old", "sub/new"),
                           written("bin", std::string("\0\2", 2)), written("added", "n\n")},
                          ada, "2"));
    auto diff = *repository.diff(first, second);
    std::map<std::string, FileDiff> files;
    for (auto& file : diff.files) files[file.path] = file;
    REQUIRE(files.size() == 5);
    CHECK(files["added"].status == FileStatus::added);
    CHECK(files["gone"].status == FileStatus::deleted);
    CHECK(files["sub/new"].status == FileStatus::renamed);
    CHECK(files["sub/new"].old_path == "old");
    CHECK(files["bin"].is_binary);
    CHECK(files["changed"].lines_added == 2);
    CHECK(files["changed"].lines_deleted == 1);
    CHECK(files["changed"].text.find("@@ -1,2 +1,3 @@\n a\n-b\n+B\n+c\n") != std::string::npos);
    CHECK(diff.lines_added == 3);
    CHECK(diff.lines_deleted == 2);
    CHECK(git_says(repository.directory(), "diff --shortstat " + first.text() + " " + second.text())
              .find("3 insertions(+), 2 deletions(-)") != std::string::npos);
    CHECK(repository.diff({}, first)->files.size() == 4);
    CHECK(repository.diff(first, second, "changed")->files.size() == 1);
    CHECK(repository.diff(first, first)->files.empty());
    auto third = must(repository.commit("main", second, {written("big", std::string(3 << 20, 'x') + "\n")}, ada, "3"));
    auto big = *repository.diff(second, third);
    REQUIRE(big.files.size() == 1);
    CHECK(big.files[0].is_cut);
    CHECK(big.files[0].text.size() <= size_t(limit::diff_file_bytes_max));
}

TEST_CASE("symlinks and submodules of a foreign history are listed, not followed, not exported") {
    Folder root;
    fs::create_directory(root / "work");
    std::ofstream(root / "work/real") << "content";
    fs::create_symlink("/etc/passwd", root / "work/link");
    auto repository = *Repository::create(root / "r");
    auto out = git_says(repository.directory(),
                        "--work-tree='" + (root / "work") + "' add -A && git --git-dir='" + repository.directory() +
                            "' update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,module "
                            "&& git -c user.name=x -c user.email=y --git-dir='" +
                            repository.directory() + "' --work-tree='" + (root / "work") + "' commit -qm foreign");
    INFO(out);
    auto head = **repository.resolve("main");
    auto entries = *repository.list(head);
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].kind == EntryKind::symlink);
    CHECK(entries[1].kind == EntryKind::submodule);
    CHECK(entries[2].kind == EntryKind::file);
    CHECK(repository.read(head, "link").error().code == Code::unsupported);
    auto done = *repository.export_tree(head, root / "out");
    CHECK(done.skipped == std::vector<std::string>{"link", "module"});
    CHECK_FALSE(fs::exists(fs::symlink_status(root / "out/link")));
    CHECK(content_of(root / "out/real") == "content");
    CHECK(repository.commit("main", head, {copied("link", "x")}, ada, "x").error().code == Code::unsupported);
    auto next = must(repository.commit("main", head, {written("new", "1")}, ada, "keeps them"));
    CHECK(repository.list(next)->size() == 4);
}

TEST_CASE("exporting and updating a directory writes what differs, and leaves other files alone") {
    Folder root;
    auto repository = *Repository::create(root / "r");
    auto first = must(repository.commit("main", {},
                                        {written("a", "1"),
                                         written("d/e/f", "2"),
                                         written("same", "s"),
                                         {.path = "run", .content = "x", .is_executable = true}},
                                        ada, "1"));
    auto second = must(repository.commit(
        "main", first,
        {written("a", "one"), removed("d/e/f"), written("d2/g", "3"), removed("same"), written("same/now/folder", "4")},
        ada, "2"));
    auto out = root / "out";
    CHECK(repository.export_tree(first, out)->written == 4);
    CHECK((fs::status(out + "/run").permissions() & fs::perms::owner_exec) != fs::perms::none);
    fs::create_directory(out + "/node_modules");
    std::ofstream(out + "/node_modules/x") << "kept";
    auto done = *repository.update_directory(out, first, second);
    CHECK(done.written == 3);
    CHECK(done.removed == 2);
    CHECK(content_of(out + "/a") == "one");
    CHECK(content_of(out + "/same/now/folder") == "4");
    CHECK_FALSE(fs::exists(out + "/d"));
    CHECK(content_of(out + "/node_modules/x") == "kept");
    REQUIRE(repository.update_directory(out, second, first));
    CHECK(content_of(out + "/d/e/f") == "2");
    CHECK(content_of(out + "/same") == "s");
}

TEST_CASE("a program that puts links into its own directory gains nothing") {
    Folder root;
    auto repository = *Repository::create(root / "r");
    auto first = must(
        repository.commit("main", {}, {written("src/a", "1"), written("b", "2"), written("x/y/z", "3")}, ada, "1"));
    auto second = must(repository.commit(
        "main", first, {written("src/a", "evil?"), written("b", "evil?"), removed("x/y/z")}, ada, "2"));
    auto out = root / "out";
    REQUIRE(repository.export_tree(first, out));
    fs::create_directory(root / "outside");
    std::ofstream(root / "outside/a") << "untouched";
    fs::create_directory(root / "outside/y");
    std::ofstream(root / "outside/y/z") << "untouched";
    fs::remove_all(out + "/src");
    fs::create_directory_symlink(root / "outside", out + "/src");
    fs::remove(out + "/b");
    fs::create_symlink(root / "outside/a", out + "/b");
    fs::remove_all(out + "/x");
    fs::create_directory_symlink(root / "outside", out + "/x");
    REQUIRE(repository.update_directory(out, first, second));
    CHECK(content_of(root / "outside/a") == "untouched");
    CHECK(content_of(root / "outside/y/z") == "untouched");
    CHECK(content_of(out + "/src/a") == "evil?");
    CHECK_FALSE(fs::is_symlink(out + "/src"));
    CHECK_FALSE(fs::is_symlink(out + "/b"));
}

TEST_CASE("importing a directory: files and modes; links and .git are skipped, special files refused") {
    Folder root;
    auto source = root / "source";
    fs::create_directories(source + "/src/deep");
    fs::create_directories(source + "/.git");
    std::ofstream(source + "/.git/config") << "no";
    std::ofstream(source + "/src/deep/a") << "1";
    std::ofstream(source + "/run") << "#!";
    chmod((source + "/run").c_str(), 0755);
    fs::create_symlink("/etc/passwd", source + "/link");
    for (int i = 0; i < 100; ++i) std::ofstream(source + "/src/f" + std::to_string(i)) << i;
    auto repository = *Repository::create(root / "r");
    auto head = must(repository.commit_directory("main", {}, source, ada, "import"));
    CHECK(repository.list(head)->size() == 102);
    CHECK((*repository.find(head, "run"))->kind == EntryKind::executable);
    CHECK(*repository.read(head, "src/f42") == "42");
    CHECK(fsck(repository.directory()) == "");
    auto again = must(repository.commit_directory("main", head, source, ada, "the same"));
    CHECK(repository.commit(again)->tree == repository.commit(head)->tree);
    mkfifo((source + "/pipe").c_str(), 0600);
    CHECK(repository.commit_directory("main", again, source, ada, "x").error().code == Code::unsupported);
}

TEST_CASE("a hundred writers at once make a hundred linear versions") {
    Folder root;
    auto repository = *Repository::create(root / "r");
    must(repository.commit("main", {}, {written("start", "")}, ada, "start"));
    std::atomic<int> conflicts = 0, failures = 0;
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 10; ++writer)
        writers.emplace_back([&, writer] {
            auto own = *Repository::open(root / "r");
            for (int n = 0; n < 10;) {
                auto head = **own.resolve("main");
                auto made = own.commit(
                    "main", head, {written("w" + std::to_string(writer) + "/" + std::to_string(n), "x")}, ada, "m");
                if (made)
                    ++n;
                else if (made.error().code == Code::conflict)
                    ++conflicts;
                else
                    ++failures, ++n;
            }
        });
    for (auto& writer : writers) writer.join();
    CHECK(failures == 0);
    auto head = **repository.resolve("main");
    CHECK(repository.log(head, 1000)->size() == 101);
    CHECK(repository.list(head)->size() == 101);
    CHECK(fsck(repository.directory()) == "");
    for (auto& commit : *repository.log(head, 1000)) CHECK(commit.parents.size() <= 1);
}

TEST_CASE("kill -9 in the middle of commits: the branch is the last acknowledged version or the next, and whole") {
    Folder root;
    auto directory = root / "r";
    { must(Repository::create(directory)->commit("main", {}, {written("n", "0")}, ada, "0")); }
    std::mt19937 random(5);
    int acknowledged = 0;
    for (int round = 0; round < 12; ++round) {
        int pipe_ends[2];
        REQUIRE(pipe(pipe_ends) == 0);
        pid_t child = fork();
        if (child == 0) {
            auto repository = *Repository::open(directory);
            auto head = **repository.resolve("main");
            for (int n = std::stoi(*repository.read(head, "n")) + 1;; ++n) {
                std::vector<Operation> operations = {written("n", std::to_string(n))};
                for (int i = 0; i < (n % 3 == 0 ? 60 : 3); ++i)
                    operations.push_back(written("d/f" + std::to_string(i), std::to_string(n) + std::string(500, 'x')));
                auto made = repository.commit("main", head, operations, ada, std::to_string(n));
                if (!made || write(pipe_ends[1], &n, sizeof n) != sizeof n) _exit(1);
                head = *made;
            }
        }
        close(pipe_ends[1]);
        int wanted = 1 + int(random() % 9);  // dies somewhere after this many acknowledged commits
        for (int i = 0, n; i < wanted && read(pipe_ends[0], &n, sizeof n) == sizeof n; ++i) acknowledged = n;
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        for (int n; read(pipe_ends[0], &n, sizeof n) == sizeof n;) acknowledged = n;
        close(pipe_ends[0]);
        auto repository = *Repository::open(directory);
        auto head = **repository.resolve("main");
        int stands = std::stoi(*repository.read(head, "n"));
        CHECK(stands >= acknowledged);
        CHECK(stands <= acknowledged + 1);
        CHECK(fsck(directory) == "");
        head = must(repository.commit("main", head, {written("after", std::to_string(round))}, ada, "after the crash"));
        acknowledged = stands;
    }
}

TEST_CASE("lock files that a killed writer left do not stop the next one") {
    Folder root;
    auto repository = *Repository::create(root / "r");
    auto first = must(repository.commit("main", {}, {written("a", "1")}, ada, "1"));
    std::ofstream(root / "r/refs/heads/main.lock") << "";
    auto second = must(repository.commit("main", first, {written("a", "2")}, ada, "2"));
    CHECK(**repository.resolve("main") == second);
    std::ofstream(root / "r/refs/heads/main.lock") << "";
    CHECK(repository.delete_branch("main"));
}

TEST_CASE("reading while others write, and a repository packed by git") {
    Folder root;
    auto repository = *Repository::create(root / "r");
    auto head = must(repository.commit("main", {}, {written("a", "0")}, ada, "0"));
    auto stopped = std::jthread([&](std::stop_token stop) {
        while (!stop.stop_requested()) {
            auto at = repository.resolve("main");
            REQUIRE(at);
            REQUIRE(repository.list(**at));
        }
    });
    for (int i = 1; i < 40; ++i)
        head = must(repository.commit("main", head, {written("a", std::to_string(i))}, ada, "m"));
    stopped.request_stop();
    stopped.join();
    CHECK(git_says(repository.directory(), "gc --quiet --prune=now") == "");
    CHECK(*repository.read(head, "a") == "39");
    CHECK(repository.log(head, 100)->size() == 40);
    head = must(repository.commit("main", head, {written("a", "after gc")}, ada, "m"));
    CHECK(*repository.read(head, "a") == "after gc");
}

TEST_CASE("a disk that is full is said to be, the branch stays, and a smaller version still fits") {
    Folder root;
    if (mount("tmpfs", root.path.c_str(), "tmpfs", 0, "size=2m") < 0) {
        MESSAGE("skipped: mounting a small file system needs root");
        return;
    }
    {
        auto repository = *Repository::create(root / "r");
        auto first = must(repository.commit("main", {}, {written("a", "1")}, ada, "1"));
        std::mt19937 random(3);
        auto noise = [&](size_t size) {
            std::string bytes;
            while (bytes.size() < size) bytes += char(random());
            return bytes;
        };
        std::vector<Operation> many;
        for (int i = 0; i < 300; ++i) many.push_back(written("f" + std::to_string(i), noise(20'000)));
        for (auto& operations : {std::vector<Operation>{written("large", noise(4 << 20))}, many}) {
            auto made = repository.commit("main", first, operations, ada, "too much");
            REQUIRE_FALSE(made);
            INFO(made.error().cause);
            CHECK(made.error().code == Code::unavailable);
            CHECK(made.error().message.find("disk is full") != std::string::npos);
            CHECK(**repository.resolve("main") == first);
        }
        must(repository.commit("main", first, {written("a", "2")}, ada, "2"));
        CHECK(fsck(repository.directory()) == "");
    }
}

TEST_CASE("a destroyed repository is gone") {
    Folder root;
    REQUIRE(Repository::create(root / "r"));
    REQUIRE(Repository::destroy(root / "r"));
    REQUIRE(Repository::destroy(root / "r"));
    CHECK(Repository::open(root / "r").error().code == Code::not_found);
}

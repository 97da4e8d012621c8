// Images: what the host has, what is added, and what is refused.
#include "modules/databases/postgres/images.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <utime.h>

#include "modules/databases/postgres/distribution.h"
#include "modules/databases/postgres/tests/story.h"

using namespace ry;
using namespace ry::databases;
using namespace ry::databases::testing;

namespace {

/// Runs a program of the host to its end.
void run(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = fork();
    if (child == 0) {
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(status == 0);
}

/// A directory that looks like a distribution, with scripts for programs.
std::string imitation(const TempDir& temp, const std::string& name) {
    for (const char* program : {"postgres", "initdb"})
        chmod(temp.file(name + "/bin/" + program, "#!/bin/sh\necho " + std::string(program) + " '(PostgreSQL) 17.4'\n")
                  .c_str(),
              0755);
    temp.dir(name + "/lib");
    temp.file(name + "/share/postgresql/postgres.bki", "x");
    return temp.path + "/" + name;
}

std::string message_of(const Result<PostgresImage>& result) { return result ? "it was added" : result.error().message; }

}  // namespace

TEST_CASE("the host's PostgreSQL has a name and a digest, which costs reading once") {
    Story story;
    Images first(*story.sandbox, story.temp.path + "/other_images");
    PostgresImage image = must(first.find(some_op(), "postgres:15"));
    CHECK(image.name == "postgres:15");
    CHECK(image.major == 15);
    CHECK(image.version.starts_with("15."));
    CHECK(image.digest.size() == 64);
    CHECK(image.bin_dir == "/usr/lib/postgresql/15/bin");
    CHECK_FALSE(image.is_added);
    CHECK(must(first.find(some_op(), "15")).digest == image.digest);
    Images later(*story.sandbox, story.temp.path + "/other_images");
    CHECK(must(later.find(some_op(), "postgres:15")).digest == image.digest);
    CHECK(digest_of(some_op(), trees_of(image.bin_dir)).value() == image.digest);
}

TEST_CASE("a wrong name is told what there is and how to add more") {
    Story story;
    for (std::string name : {"postgres:99", "99", "../../etc", "", "postgres:"}) {
        auto found = story.images->find(some_op(), name);
        REQUIRE_FALSE(found);
        CHECK(found.error().code == Code::not_found);
        CHECK(found.error().message.find("there are postgres:15 (15.") != std::string::npos);
        CHECK(found.error().message.find("ramify db image add postgres:") != std::string::npos);
    }
}

TEST_CASE("the client programs are the host's") {
    Story story;
    ClientTools tools = must(story.images->client_tools(some_op()));
    CHECK(tools.major >= 15);
    CHECK(fs::exists(tools.program("psql")));
    CHECK(fs::exists(tools.program("pg_dump")));
}

TEST_CASE("images of npm packages are added and serve") {
    Story story;
    for (int major : {17, 18}) {
        std::string name = "postgres:" + std::to_string(major);
        PostgresImage image = must(story.images->add(some_op(), name, npm_image(major)));
        CHECK(image.name == name);
        CHECK(image.major == major);
        CHECK(image.is_added);
        CHECK(image.digest != story.image.digest);
        CHECK(fs::is_symlink(story.temp.path + "/images/" + name + "/lib/libpq.so.5"));
        ClusterOptions options = story.options(story.copy(story.base(image), "data" + std::to_string(major)));
        options.image = image;
        Server server = story.start(std::move(options));
        CHECK(server.ask("select current_setting('server_version_num')::int / 10000") == std::to_string(major));
        CHECK(server.ask("create extension pgcrypto; select 1") == "1");
        CHECK(server.ask("select datlocprovider::text || datlocale from pg_database where datname = 'postgres'") ==
              "bC.UTF-8");
        CHECK(server.ask("show data_checksums") == "off");
        must(server.cluster->stop(some_op()));
    }
    CHECK(must(story.images->list(some_op())).size() >= 3);
    auto again = story.images->add(some_op(), "postgres:17", npm_image(17));
    CHECK(message_of(again).find("there is an image postgres:17 already") == 0);
    // A base of one major is refused by another.
    ClusterOptions mixed = story.options(story.copy(story.kept + "/base-17", "mixed"));
    auto started = story.clusters->start(some_op(), mixed);
    REQUIRE_FALSE(started);
    CHECK(started.error().message.find("incompatible") != std::string::npos);
    must(story.images->remove(some_op(), "postgres:17"));
    CHECK_FALSE(story.images->find(some_op(), "postgres:17"));
    CHECK_FALSE(story.images->remove(some_op(), "postgres:17"));
    CHECK_FALSE(story.images->remove(some_op(), "postgres:15"));
}

TEST_CASE("an archive is unpacked, wherever the distribution lies in it") {
    Story story;
    run({"tar", "-czf", story.temp.path + "/package.tgz", "--transform", "s,^,package/,", "-C", npm_image(17),
         "native"});
    PostgresImage image = must(story.images->add(some_op(), "postgres:17-test", story.temp.path + "/package.tgz"));
    CHECK(image.version.starts_with("17."));
    must(story.images->remove(some_op(), "postgres:17-test"));
    PostgresImage same = must(story.images->add(some_op(), "postgres:17-dir", npm_image(17)));
    CHECK(same.digest == image.digest);
    for (const auto& entry : fs::directory_iterator(story.temp.path + "/images"))
        CHECK_FALSE(entry.path().filename().string().starts_with(".new-"));
}

TEST_CASE("what leads outside, is for another machine or is no PostgreSQL is refused, and nothing is left of it") {
    Story story;
    TempDir& temp = story.temp;
    auto add = [&](const std::string& path, const std::string& name = "postgres:17") {
        return message_of(story.images->add(some_op(), name, path));
    };
    CHECK(add(temp.path + "/nothing").find("neither a directory nor an archive") != std::string::npos);
    CHECK(add(temp.dir("empty")).find("bin/postgres and bin/initdb are looked for") != std::string::npos);
    CHECK(add(temp.file("text", "not a tar")).find("tar says") != std::string::npos);
    CHECK(add(imitation(temp, "scripts")).find("is not a program of Linux") != std::string::npos);

    std::string links = imitation(temp, "links");
    fs::create_symlink("/etc/shadow", links + "/share/shadow");
    CHECK(add(links).find("share/shadow is a link that leads outside") != std::string::npos);
    fs::remove(links + "/share/shadow");
    fs::create_symlink("../../../x", links + "/lib/up");
    CHECK(add(links).find("lib/up is a link that leads outside") != std::string::npos);
    fs::remove(links + "/lib/up");
    fs::create_directory_symlink("/etc", links + "/lib/etc");
    CHECK(add(links).find("leads outside") != std::string::npos);
    fs::remove(links + "/lib/etc");
    fs::remove_all(links + "/lib");
    fs::create_directory_symlink("/etc", links + "/lib");
    CHECK(add(links) != "it was added");

    std::string listed = imitation(temp, "listed");
    temp.file("listed/pg-symlinks.json", R"([{"source": "native/../../../etc/shadow", "target": "native/lib/x"}])");
    CHECK(add(listed).find("leads outside") != std::string::npos);
    temp.file("listed/pg-symlinks.json", R"([{"source": "native/lib/x", "target": "native/../../x"}])");
    CHECK(add(listed).find("leads outside") != std::string::npos);

    std::string pipe = imitation(temp, "pipe");
    REQUIRE(mkfifo((pipe + "/share/fifo").c_str(), 0644) == 0);
    CHECK(add(pipe).find("neither a file nor a directory nor a link") != std::string::npos);

    std::string foreign = imitation(temp, "foreign");
    fs::copy_file("/usr/lib/postgresql/15/bin/postgres", foreign + "/bin/postgres",
                  fs::copy_options::overwrite_existing);
    {
        std::fstream elf(foreign + "/bin/postgres", std::ios::in | std::ios::out | std::ios::binary);
        elf.seekp(18);  // e_machine
        elf.put('\xb7').put('\0');
    }
    CHECK(add(foreign).find("is built for ARM 64") != std::string::npos);

    // A whole PostgreSQL under a wrong name, and names that are none.
    CHECK(add(npm_image(17), "postgres:16").find("says 16, but this is PostgreSQL 17") != std::string::npos);
    for (std::string name :
         {"postgres", "a/b:17", "../x:17", ".x:17", "postgres:17/x", "Postgres:17", ":17", "postgres:"})
        CHECK(add(npm_image(17), name).find("is <word>:<tag>") != std::string::npos);
    CHECK(add(npm_image(17), "postgres:15").find("already") != std::string::npos);
    CHECK(must(story.images->list(some_op())).size() == 1);
    for (const auto& entry : fs::directory_iterator(temp.path + "/images"))
        CHECK(entry.path().filename() == ".digests");
}

TEST_CASE("an archive cannot write beside its directory") {
    Story story;
    std::string target = story.temp.path + "/escaped";
    story.temp.file("payload", "x");
    run({"tar", "-cf", story.temp.path + "/up.tar", "-P", "--transform", "s,.*payload,../../../../../.." + target + ",",
         story.temp.path + "/payload"});
    CHECK_FALSE(story.images->add(some_op(), "postgres:17", story.temp.path + "/up.tar"));
    CHECK_FALSE(fs::exists(target));
    run({"tar", "-cf", story.temp.path + "/absolute.tar", "-P", "--transform", "s,.*payload," + target + ",",
         story.temp.path + "/payload"});
    CHECK_FALSE(story.images->add(some_op(), "postgres:17", story.temp.path + "/absolute.tar"));
    CHECK_FALSE(fs::exists(target));
}

TEST_CASE("an image comes from another file system too, and is the same there") {
    TempDir disk;
    struct Memory {
        std::string path = "/dev/shm/ramify-images-XXXXXX";
        Memory() { REQUIRE(mkdtemp(path.data())); }
        ~Memory() { fs::remove_all(path); }
    } memory;
    std::string from = imitation(disk, "image");
    must(copy_distribution(some_op(), from, memory.path + "/copy"));
    auto trees = [](const std::string& top) { return std::vector{top + "/bin", top + "/lib", top + "/share"}; };
    CHECK(digest_of(some_op(), trees(memory.path + "/copy")).value() == digest_of(some_op(), trees(from)).value());
}

TEST_CASE("a file that changed is another image") {
    TempDir temp;
    std::string dir = imitation(temp, "image");
    std::vector<std::string> trees = {dir + "/bin", dir + "/lib", dir + "/share"};
    std::string digest = digest_of(some_op(), trees).value(), looked_at = fingerprint(trees);
    auto directories = look_at(trees);
    CHECK(digest_of(some_op(), trees).value() == digest);
    CHECK(fingerprint(trees) == looked_at);
    CHECK(are_unchanged(directories));
    // In place: the files' times say it. By renaming, as package managers do: the directories' times say it too.
    temp.file("image/share/postgresql/postgres.bki", "y");
    CHECK(digest_of(some_op(), trees).value() != digest);
    CHECK(fingerprint(trees) != looked_at);
    temp.file("image/share/postgresql/new", "x");
    CHECK_FALSE(are_unchanged(directories));
    // What a name is worth does not depend on where it lies.
    std::string other = imitation(temp, "other");
    CHECK(digest_of(some_op(), {other + "/bin", other + "/lib", other + "/share"}).value() == digest);
}

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "kernel/secrets/secrets.h"

using namespace ry;
using namespace ry::secrets;

namespace {

struct Folder {
    std::filesystem::path path;
    Folder() {
        char name[] = "/tmp/ramify_secrets_XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
};

struct Environment {
    const char* name;
    Environment(const char* variable, const std::string& value) : name(variable) { ::setenv(name, value.c_str(), 1); }
    ~Environment() { ::unsetenv(name); }
};

}  // namespace

TEST_CASE("the first start makes a key file for the owner alone, and later starts read it") {
    Folder folder;
    auto made = MasterKey::load(folder.path);
    REQUIRE(made);
    struct stat about{};
    REQUIRE(::stat((folder.path / "master.key").c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    auto again = MasterKey::load(folder.path);
    REQUIRE(again);
    CHECK(again->id() == made->id());
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("the environment goes before a systemd credential, which goes before the file") {
    Folder folder, credentials;
    MasterKey file = *MasterKey::load(folder.path), credential = MasterKey::fresh(), variable = MasterKey::fresh();
    std::ofstream(credentials.path / "ramify_master_key") << credential.text().reveal() << "\n";
    std::filesystem::permissions(credentials.path / "ramify_master_key", std::filesystem::perms::owner_read);
    Environment systemd("CREDENTIALS_DIRECTORY", credentials.path.string());
    CHECK(MasterKey::load(folder.path)->id() == credential.id());
    {
        Environment key("RAMIFY_MASTER_KEY", std::string(variable.text().reveal()));
        CHECK(MasterKey::load(folder.path)->id() == variable.id());
    }
    CHECK(file.id() != credential.id());
}

TEST_CASE("a key that is malformed or open to others refuses the start and says what to do") {
    Folder folder;
    REQUIRE(MasterKey::load(folder.path));
    std::filesystem::permissions(folder.path / "master.key", std::filesystem::perms(0644));
    auto open = MasterKey::load(folder.path);
    REQUIRE_FALSE(open);
    CHECK(open.error().message.find("chmod 600") != std::string::npos);
    Environment key("RAMIFY_MASTER_KEY", "12ab");
    auto malformed = MasterKey::load(folder.path);
    REQUIRE_FALSE(malformed);
    CHECK(malformed.error().message.find("openssl rand -hex 32") != std::string::npos);
    CHECK_FALSE(MasterKey::load(folder.path / "absent"));
}

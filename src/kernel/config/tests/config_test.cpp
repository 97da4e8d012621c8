#include "kernel/config/config.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace ry;

namespace {

struct Kiln {
    std::string data_dir = "here";
    int heat_max = 900;
    bool is_lit = false;
    static const Fields& fields() {
        static const Field table[] = {field("data_dir", &Kiln::data_dir, "Where."), field("heat_max", &Kiln::heat_max, "Degrees."), field("is_lit", &Kiln::is_lit, "Whether.")};
        static const Fields all{"Kiln", table};
        return all;
    }
};

struct File {
    std::string path = std::filesystem::temp_directory_path() / "ramify-config-test-XXXXXX";
    explicit File(std::string_view text) {
        int fd = ::mkstemp(path.data());
        REQUIRE(fd >= 0);
        ::close(fd);
        std::ofstream(path) << text;
    }
    ~File() { std::filesystem::remove(path); }
};

Result<Kiln> read(std::string_view toml, std::vector<std::string> arguments, std::vector<std::string>* rest = nullptr) {
    File file(toml);
    Kiln kiln;
    std::vector<std::string> others;
    TRY(config::load(Kiln::fields(), &kiln, file.path, arguments, others));
    if (rest) *rest = others;
    return kiln;
}

}  // namespace

TEST_CASE("a flag goes before the environment, that before the file, and that before the default") {
    setenv("RAMIFY_HEAT_MAX", "1000", 1);
    setenv("RAMIFY_DATA_DIR", "environment", 1);
    auto kiln = read("heat_max = 500\nis_lit = true\n", {"--data-dir", "flag", "serve"});
    unsetenv("RAMIFY_HEAT_MAX");
    unsetenv("RAMIFY_DATA_DIR");
    REQUIRE(kiln);
    CHECK(kiln->data_dir == "flag");
    CHECK(kiln->heat_max == 1000);
    CHECK(kiln->is_lit);
    CHECK(read("", {})->heat_max == 900);
}

TEST_CASE("what is no setting is left to others, and what is no value is refused with its place") {
    std::vector<std::string> rest;
    auto kiln = read("", {"say", "--is-lit", "--other", "x", "--heat-max=7"}, &rest);
    REQUIRE(kiln);
    CHECK(kiln->is_lit);
    CHECK(kiln->heat_max == 7);
    CHECK(rest == std::vector<std::string>{"say", "--other", "x"});
    CHECK(read("", {"--heat-max", "hot"}).error().message.find("--heat-max") == 0);
    CHECK(read("", {"--heat-max"}).error().message.find("needs a value") != std::string::npos);
    CHECK(read("heta_max = 1", {}).error().message.find("no setting \"heta_max\"") != std::string::npos);
    CHECK(read("heat_max = ", {}).error().message.find(":1:") != std::string::npos);
    CHECK(read("heat_max = \"warm\"", {}).error().message.find("warm") != std::string::npos);
}

#include "kernel/sandbox/npm_registry.h"

#include <doctest/doctest.h>

using namespace ry::sandbox;

TEST_CASE("the registry is found in an npmrc file") {
    CHECK(registry_in_npmrc("audit=false\nregistry = https://npm.example/ \n@scope:registry=https://other/\n") == "https://npm.example/");
    CHECK(registry_in_npmrc("registry=\"http://a\"\nregistry=http://b") == "http://b");
    CHECK(registry_in_npmrc("; registry=http://a\nregistries=http://b\n").empty());
}

TEST_CASE("its host and port are what a cage may reach") {
    CHECK(read_registry_url("https://registry.npmjs.org")->host_port == "registry.npmjs.org:443");
    CHECK(read_registry_url("https://registry.npmjs.org")->url == "https://registry.npmjs.org/");
    CHECK(read_registry_url("http://127.0.0.1:4873/npm/")->host_port == "127.0.0.1:4873");
    CHECK(read_registry_url("http://user:pw@cache.example/x")->host_port == "cache.example:80");
    CHECK_FALSE(read_registry_url("ftp://a"));
    CHECK_FALSE(read_registry_url("https://"));
    CHECK_FALSE(read_registry_url("https://a b/"));
}

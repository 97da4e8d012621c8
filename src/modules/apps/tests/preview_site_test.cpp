#include "modules/apps/preview_site.h"

#include <doctest/doctest.h>

using namespace ry;
using namespace ry::apps;

TEST_CASE("a preview's host names it, with and without a port, in any case") {
    PreviewId id = PreviewId::fresh();
    std::string host = host_of_preview(id, "localhost");
    CHECK(host.find('_') == std::string::npos);
    CHECK(preview_of_host(host, "localhost") == id);
    CHECK(preview_of_host(host + ":8080", "localhost") == id);
    std::string upper = host;
    for (char& c : upper) c = char(std::toupper(c));
    CHECK(preview_of_host("preview-" + upper.substr(8, 26) + ".localhost", "localhost") == id);
    CHECK(preview_of_host(host_of_preview(id, "previews.example.org"), "previews.example.org") == id);
}

TEST_CASE("other hosts are nobody's preview") {
    std::string host = host_of_preview(PreviewId::fresh(), "localhost");
    for (std::string other : {std::string("localhost:8080"), std::string("127.0.0.1"), std::string(""), host + ".evil.org", "x" + host, std::string("preview-.localhost"),
                              std::string("preview-zz.localhost"), host.substr(0, host.size() - 10) + "localhost", std::string("preview-01localhost")})
        CHECK_FALSE(preview_of_host(other, "localhost"));
}

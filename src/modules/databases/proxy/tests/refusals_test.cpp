// Stories of clients that are sent away, and of hostile ones.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>

#include "base/check.h"
#include "modules/databases/proxy/tests/clients.h"

using namespace ry;
using namespace ry::databases;
using namespace ry::databases::stories;

namespace {

/// An address of this machine that is not 127.0.0.1: who comes from it is a stranger.
std::string outer_address() {
    ifaddrs* all = nullptr;
    std::string found;
    if (::getifaddrs(&all) != 0) return {};
    for (ifaddrs* one = all; one; one = one->ifa_next) {
        if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
        char text[INET_ADDRSTRLEN];
        inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(one->ifa_addr)->sin_addr, text, sizeof text);
        if (!std::string(text).starts_with("127.")) found = text;
    }
    ::freeifaddrs(all);
    return found;
}

Instances::Open failing(Code code, std::string message) {
    return [code, message](const Op&, const Wanted&, const Proof&) -> Result<Target> { return fail(code, message); };
}

}  // namespace

TEST_CASE("a refusal says its SQLSTATE and what to do") {
    Stage stage(
        {},
        {{"broken", failing(Code::unavailable, "the instance does not start: see ramify db logs broken")},
         {"misnamed", failing(Code::invalid, "a fork's name may be taken once")},
         {"full", failing(Code::over_quota, "your organization has 10 instances, as many as it may have; remove one")},
         {"over_its_disk",
          [](const Op&, const Wanted&, const Proof&) -> Result<Target> {
              return fail(Code::over_quota, "the instance takes 50 MiB more than its state", "53100");
          }},
         {"mistaken", [](const Op&, const Wanted&, const Proof&) -> Result<Target> { ENSURE(false); }},
         {"gone",
          [](const Op&, const Wanted&, const Proof&) -> Result<Target> {
              return Target{.address = UnixAddress{"/nonexistent/.s.PGSQL.5432"}};
          }},
         {"closed", [](const Op&, const Wanted&, const Proof&) -> Result<Target> {
              return Target{.address = TcpAddress{"127.0.0.1", 1}};
          }}});
    struct Row {
        std::string database, sql_state;
    };
    for (const Row& row : {Row{"nothing@main", "3D000"},
                           {"shop@", "3D000"},
                           {"broken", "57P03"},
                           {"full", "53300"},
                           {"over_its_disk", "53100"},
                           {"misnamed", "22023"},
                           {"mistaken", "XX000"},
                           {"gone", "57P03"},
                           {"closed", "57P03"}}) {
        CAPTURE(row.database);
        RawClient client(stage.proxy->port());
        client.say(hello(row.database, "token") + message('p', std::string("rmf_right\0", 10)));
        CHECK(client.refusal() == row.sql_state);
        CHECK(client.read_all() == "");
    }
    Client wrong(stage.conninfo("password=wrong"));
    CHECK(wrong.error().find("ramify db dsn shop@main") != std::string::npos);
    Client unknown(stage.conninfo("dbname=nothing"));
    CHECK(unknown.error().find("ramify db ls") != std::string::npos);
    Client unencrypted(stage.conninfo("sslmode=require"));
    CHECK(unencrypted.error().find("does not support SSL") != std::string::npos);
    CHECK(stage.instances.wait_for([](const auto& seen) { return seen.leases == 0; }));
    while (stage.proxy->connections() != 0) ::poll(nullptr, 0, 5);  // the last one is counted until its socket is closed
}

TEST_CASE("a wrong password is 28P01, and gets nowhere near the database") {
    Stage stage;
    RawClient client(stage.proxy->port());
    ScramClient scram;
    client.say(hello());
    REQUIRE(client.read_message()[0] == 'R');
    std::string first = scram.first();
    client.say(message('p', std::string("SCRAM-SHA-256\0", 14) + integer_bytes(uint32_t(first.size())) + first));
    REQUIRE(scram.challenge(client.read_message().substr(9)));
    client.say(message('p', scram.final(scram_keys(Secret("wrong"), scram.salt(), scram.iterations()))));
    CHECK(client.refusal() == "28P01");
    CHECK(stage.instances.seen.with([](const auto& seen) { return seen.opened.empty(); }));
}

TEST_CASE("strangers are not told which databases there are, and say no token in clear") {
    std::string address = outer_address();
    REQUIRE_MESSAGE(!address.empty(), "this machine has no address but its own");
    Stage stage({.address = "0.0.0.0"});
    auto challenge_for = [&](const std::string& database) {
        RawClient client(stage.proxy->port(), address);
        client.say(hello(database));
        std::string offer = client.read_message();
        ScramClient scram;
        std::string first = scram.first();
        client.say(message('p', std::string("SCRAM-SHA-256\0", 14) + integer_bytes(uint32_t(first.size())) + first));
        REQUIRE(scram.challenge(client.read_message().substr(9)));
        client.say(message('p', scram.final(scram_keys(Secret("guess"), scram.salt(), scram.iterations()))));
        CHECK(client.refusal() == "28P01");
        return offer + scram.salt() + std::to_string(scram.iterations());
    };
    CHECK(challenge_for("nothing") == challenge_for("nothing"));
    CHECK(challenge_for("nothing").size() == challenge_for("shop").size());
    RawClient token(stage.proxy->port(), address);
    token.say(hello("shop", "token"));
    CHECK(token.refusal() == "28000");

    Stage strict({.address = "0.0.0.0", .is_tls_required = false});
    CHECK_FALSE(Proxy::start({.port = 0, .is_tls_required = true}, strict.instances));
}

TEST_CASE("garbage, wrong lengths and other protocols are refused at once") {
    Stage stage;
    for (std::string bytes :
         {std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), std::string("\0\0\0\0", 4), std::string("\0\0\0\7abc", 7),
          std::string("\xff\xff\xff\xff", 4), std::string("\x7f\xff\xff\xff", 4), std::string(100, '\x16'),
          integer_bytes(10'001), integer_bytes(12) + integer_bytes(2 << 16) + "abcd",
          integer_bytes(9) + integer_bytes(3 << 16) + std::string(1, '\0')}) {
        CAPTURE(bytes);
        RawClient client(stage.proxy->port());
        client.say(bytes);
        CHECK(client.refusal() == "08P01");
        CHECK(client.read_all() == "");
    }
    for (std::string password_message :
         {message('Q', std::string("select 1\0", 9)), message('p', "no mechanism"),
          message('p', std::string("SCRAM-SHA-256\0\xff\xff\xff\xff", 18)), "p" + integer_bytes(100'000)}) {
        CAPTURE(password_message);
        RawClient client(stage.proxy->port());
        client.say(hello() + password_message);
        CHECK(client.refusal() == "08P01");
    }
    CHECK(Client(stage.conninfo()).ask("select 1") == "1");
}

TEST_CASE("a client that says one byte at a time is served all the same") {
    Stage stage;
    RawClient client(stage.proxy->port());
    std::string all = integer_bytes(8) + integer_bytes(1234 << 16 | 5680) + integer_bytes(8) +
                      integer_bytes(1234 << 16 | 5679) + hello("shop", "token") +
                      message('p', std::string("rmf_right\0", 10)) + message('Q', std::string("select 'slow'\0", 14)) +
                      message('X', "");
    for (char byte : all) client.say({&byte, 1});
    std::string answer = client.read_all();
    CHECK(answer.starts_with("NN"));
    CHECK(answer.find("slow") != std::string::npos);
}

TEST_CASE("who asks for a newer protocol, or for options, is told what is spoken") {
    Stage stage;
    RawClient client(stage.proxy->port());
    std::string body = integer_bytes(3 << 16 | 2) + std::string("user\0token\0database\0shop\0_pq_.later\0on\0\0", 40);
    client.say(integer_bytes(uint32_t(body.size() + 4)) + body);
    CHECK(client.read_message() ==
          message('v', integer_bytes(3 << 16) + integer_bytes(1) + std::string("_pq_.later\0", 11)));
    log_in(client, "rmf_right");
}

TEST_CASE("who says nothing is sent away") {
    Stage stage({.limits = {.login_ms_max = 100}});
    RawClient silent(stage.proxy->port());
    CHECK(silent.read_all() == "");
    RawClient half(stage.proxy->port());
    half.say(hello().substr(0, 9));
    CHECK(half.read_all() == "");
    RawClient without_password(stage.proxy->port());
    without_password.say(hello("shop", "token"));
    CHECK(without_password.refusal() == "57014");
}

TEST_CASE("a database that does not start in time is given up, and so is its client") {
    Stage stage({.limits = {.open_ms_max = 50}},
                {{"slow", [](const Op& op, const Wanted&, const Proof&) -> Result<Target> {
                      Guarded<bool> stopped{false};
                      std::stop_callback wake(op.stop, [&] { stopped.change([](bool& is) { is = true; }); });
                      stopped.wait_until(
                          std::chrono::steady_clock::time_point::max(), [](bool is) { return is; }, [](bool&) {});
                      return fail(Code::cancelled, "nobody waits any more");
                  }}});
    RawClient client(stage.proxy->port());
    client.say(hello("slow", "token") + message('p', std::string("rmf_right\0", 10)));
    CHECK(client.refusal() == "57P03");
}

TEST_CASE("the opening of a database is told that its client went away") {
    Guarded<bool> was_stopped{false};
    Guarded<bool> has_begun{false};
    Stage stage({}, {{"slow", [&](const Op& op, const Wanted&, const Proof&) -> Result<Target> {
                          has_begun.change([](bool& is) { is = true; });
                          std::stop_callback wake(op.stop, [&] { was_stopped.change([](bool& is) { is = true; }); });
                          was_stopped.wait_until(
                              std::chrono::steady_clock::now() + std::chrono::seconds(120), [](bool is) { return is; },
                              [](bool&) {});
                          return fail(Code::cancelled, "nobody waits any more");
                      }}});
    RawClient client(stage.proxy->port());
    client.say(hello("slow", "token") + message('p', std::string("rmf_right\0", 10)));
    auto soon = [] { return std::chrono::steady_clock::now() + std::chrono::seconds(120); };
    REQUIRE(has_begun.wait_until(soon(), [](bool is) { return is; }, [](bool&) {}));
    client.leave();
    CHECK(was_stopped.wait_until(soon(), [](bool is) { return is; }, [](bool&) {}));
}

TEST_CASE("connections have limits: in all, of an organization, and of those that are starting") {
    {
        Stage stage({.limits = {.connections_max = 2}});
        Client one(stage.conninfo()), two(stage.conninfo()), three(stage.conninfo());
        CHECK(two.is_connected());
        CHECK(three.error().find("the server has no room for further connections") != std::string::npos);
    }
    {
        OrganizationId other = OrganizationId::fresh();
        Instances* instances = nullptr;
        Stage stage({.limits = {.connections_per_organization_max = 1}},
                    {{"others", [&](const Op&, const Wanted&, const Proof&) -> Result<Target> {
                          Target target = instances->target();
                          target.organization = other;
                          return target;
                      }}});
        instances = &stage.instances;
        auto one = std::make_unique<Client>(stage.conninfo());
        CHECK(Client(stage.conninfo()).error().find("the organization has no room") != std::string::npos);
        CHECK(Client(stage.conninfo("dbname=others")).ask("select 1") == "1");
        one.reset();
        CHECK(stage.instances.wait_for([](const auto& seen) { return seen.leases == 0; }));
        CHECK(Client(stage.conninfo()).ask("select 1") == "1");
    }
    {
        Stage stage({.limits = {.starting_max = 1}});
        RawClient silent(stage.proxy->port()), further(stage.proxy->port());
        CHECK(further.read_all() == "");
    }
}

TEST_CASE("a port that is in use is said so") {
    Stage stage;
    auto second = Proxy::start({.port = stage.proxy->port()}, stage.instances);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::conflict);
}

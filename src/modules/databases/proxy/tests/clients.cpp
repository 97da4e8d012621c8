#include "modules/databases/proxy/tests/clients.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>

namespace ry::databases::stories {

const ScramKeys& keys() {
    static const ScramKeys one = fresh_scram_keys(Secret(std::string(password)));
    return one;
}

testing::PostgresCluster& cluster() {
    static testing::PostgresCluster one(keys().verifier.text(), {"max_connections=1100"});
    return one;
}

// ---- the directory

namespace {

struct Held : Lease {
    explicit Held(Guarded<Instances::Seen>& all) : seen(all) {
        seen.change([](auto& now) { ++now.leases; });
    }
    ~Held() override {
        seen.change([](auto& now) { --now.leases; });
    }
    Guarded<Instances::Seen>& seen;
};

}  // namespace

Target Instances::target() {
    return {.address = UnixAddress{cluster().socket()},
            .database = "postgres",
            .user = "ramify",
            .keys = keys(),
            .organization = organization,
            .lease = std::make_unique<Held>(seen)};
}

Result<Login> Instances::login(const Op&, const Wanted& wanted) {
    bool is_known = wanted.database.name == "shop" || opens.contains(wanted.database.name);
    if (!is_known)
        return fail(Code::not_found,
                    "there is no database \"" + wanted.database.text() + "\"; ramify db ls shows those that are");
    if (wanted.user == "token") return Login{};
    return Login{keys().verifier};
}

Result<Target> Instances::open(const Op& op, const Wanted& wanted, const Proof& proof) {
    seen.change([&](Seen& now) { now.opened.push_back(wanted); });
    auto* said = std::get_if<Secret>(&proof);
    if (said && *said != Secret("rmf_right"))
        return fail(Code::unauthenticated, "the token is wrong; make one with: ramify tokens create");
    auto found = opens.find(wanted.database.name);
    return found == opens.end() ? target() : found->second(op, wanted, proof);
}

bool Instances::wait_for(std::function<bool(const Seen&)> ready) {
    return seen.wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(120), std::move(ready), [](Seen&) {});
}

Stage::Stage(ProxyOptions options, std::map<std::string, Instances::Open> opens) {
    cluster();  // made by this thread, with which it ends
    instances.opens = std::move(opens);
    options.port = 0;
    auto started = Proxy::start(std::move(options), instances);
    REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    proxy = *std::move(started);
}

std::string Stage::conninfo(const std::string& settings) const {
    return "host=127.0.0.1 sslmode=disable gssencmode=disable user=ann dbname=shop@main port=" +
           std::to_string(proxy->port()) + " password=" + password + " " + settings;
}

// ---- clients

std::string Client::ask(const std::string& sql) {
    std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_, sql.c_str()), PQclear);
    auto status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK) return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    if (status == PGRES_COMMAND_OK || status == PGRES_COPY_IN || status == PGRES_COPY_OUT) return "";
    const char* sql_state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    return std::string("ERROR ") + (sql_state ? sql_state : PQresultErrorMessage(result.get()));
}

void Client::die(bool by_reset) {
    linger at_once{.l_onoff = 1, .l_linger = 0};
    if (by_reset) ::setsockopt(PQsocket(connection_), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    // libpq would say goodbye: its socket is closed under it, and its number goes to one that nobody reads
    int nowhere[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, nowhere) == 0);
    REQUIRE(::dup2(nowhere[0], PQsocket(connection_)) >= 0);
    ::close(nowhere[0]);
    ::close(nowhere[1]);
}

RawClient::RawClient(uint16_t port, const std::string& host)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    inet_pton(AF_INET, host.c_str(), &to.sin_addr);
    timeval half_a_minute{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &half_a_minute, sizeof half_a_minute);
    REQUIRE(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
}

void RawClient::say(std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // it was sent away; what it reads tells
        bytes.remove_prefix(size_t(sent));
    }
}

void RawClient::end_of_words() { ::shutdown(socket_.get(), SHUT_WR); }

std::string RawClient::read(size_t count) {
    std::string bytes(count, '\0');
    size_t have = 0;
    while (have < count) {
        ssize_t got = ::recv(socket_.get(), bytes.data() + have, count - have, 0);
        REQUIRE_MESSAGE((got >= 0 || errno == ECONNRESET), "nothing came for half a minute");
        if (got <= 0) break;
        have += size_t(got);
    }
    bytes.resize(have);
    return bytes;
}

std::string RawClient::read_all() {
    std::string all;
    for (std::string piece = read(4096); !piece.empty(); piece = read(4096)) all += piece;
    return all;
}

std::string RawClient::read_message() {
    std::string head = read(5);
    if (head.size() < 5) return {};
    return head + read(BodyReader(std::string_view(head).substr(1)).integer() - 4);
}

std::string RawClient::refusal() {
    for (std::string one = read_message(); !one.empty(); one = read_message())
        if (one[0] == 'E') return parse_error(std::string_view(one).substr(5)).sql_state;
    return {};
}

std::string hello(const std::string& database, const std::string& user) {
    return start_up_packet({{"user", user}, {"database", database}});
}

void log_in(RawClient& client, const std::string& token) {
    REQUIRE(client.read_message() == authentication(Authentication::cleartext));
    client.say(message('p', token + '\0'));
    for (std::string one = client.read_message(); one[0] != 'Z'; one = client.read_message())
        REQUIRE_MESSAGE((!one.empty() && one[0] != 'E'), one);
}

}  // namespace ry::databases::stories

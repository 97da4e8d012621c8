// database_proxy: the databases' port before one private PostgreSQL, for tests of drivers and for benchmarks.
//
//     database_proxy [--tls CERTIFICATE KEY]
//
// Prints a line of JSON when it is ready, {"port","direct_port","socket_dir","user","password","token"}, and ends with
// its standard input, or when it is told to. Databases: NAME, NAME@main and their forks are all the same one; the user
// `token` is asked for the token.
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <iostream>
#include <string>

#include "modules/databases/proxy/proxy.h"
#include "testing/postgres_cluster.h"

using namespace ry;
using namespace ry::databases;

namespace {

constexpr std::string_view password = "a-password-of-tests", token = "rmf_a_token_of_tests";

class OneDatabase : public Directory {
public:
    explicit OneDatabase(const ScramKeys& keys, const std::string& socket) : keys_(keys), socket_(socket) {}

    Result<Login> login(const Op&, const Wanted& wanted) override {
        if (wanted.database.ref != "main" && !wanted.database.ref.empty())
            return fail(Code::not_found,
                        "there is no database \"" + wanted.database.text() + "\"; ramify db ls shows those that are");
        if (wanted.user == "token") return Login{};
        return Login{keys_.verifier};
    }
    Result<Target> open(const Op&, const Wanted&, const Proof& proof) override {
        if (auto* said = std::get_if<Secret>(&proof); said && *said != Secret(std::string(token)))
            return fail(Code::unauthenticated, "the token is wrong; make one with: ramify tokens create");
        return Target{.address = UnixAddress{socket_}, .database = "postgres", .user = "ramify", .keys = keys_};
    }

private:
    const ScramKeys& keys_;
    std::string socket_;
};

}  // namespace

int main(int count, char** arguments) {
    ProxyOptions options{.port = 0};
    if (count == 4 && arguments[1] == std::string_view("--tls")) {
        options.tls_certificate_file = arguments[2];
        options.tls_key_file = arguments[3];
    } else if (count != 1) {
        std::cerr << "usage: database_proxy [--tls CERTIFICATE KEY]\n";
        return 2;
    }
    ScramKeys keys = fresh_scram_keys(Secret(std::string(password)));
    testing::PostgresCluster cluster(keys.verifier.text(), {"max_connections=1200"});
    OneDatabase directory(keys, cluster.socket());
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // of the threads to come, too
    int told = ::signalfd(-1, &ends, SFD_CLOEXEC);
    auto proxy = Proxy::start(std::move(options), directory);
    if (!proxy) {
        std::cerr << proxy.error().message << "\n";
        return 1;
    }
    std::cout << "{\"port\":" << (*proxy)->port() << ",\"direct_port\":" << cluster.port() << ",\"socket_dir\":\""
              << cluster.socket_dir() << "\",\"user\":\"ramify\",\"password\":\"" << password << "\",\"token\":\""
              << token << "\"}" << std::endl;
    pollfd waits[] = {{0, POLLIN, 0}, {told, POLLIN, 0}};
    while (waits[1].revents == 0 && std::cin) {
        ::poll(waits, 2, -1);
        if (waits[0].revents != 0) std::cin.get();
    }
    proxy->reset();
    return 0;
}

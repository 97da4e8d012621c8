#include "testing/lossy_postgres.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <stdexcept>

namespace ry::testing {
namespace {

constexpr const char* socket_name = "/.s.PGSQL.5432";
constexpr std::string_view commit_done{"C\0\0\0\x0b" "COMMIT\0", 12};  // CommandComplete

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + path);
    path.copy(address.sun_path, path.size());
    return address;
}

std::string fresh_dir() {
    std::string dir = "/tmp/ramify-lossy-XXXXXX";
    if (!::mkdtemp(dir.data())) throw std::runtime_error("no temporary directory");
    return dir;
}

bool send_all(const Descriptor& to, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t sent = ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(size_t(sent));
    }
    return true;
}

/// Whether a word is in a stream that comes in pieces.
class Seen {
public:
    bool add(std::string_view piece, std::string_view word) {
        last_ += piece;
        bool is_there = !word.empty() && last_.contains(word);
        last_.erase(0, last_.size() - std::min(last_.size(), word.size()));
        return is_there;
    }

private:
    std::string last_;
};

}  // namespace

struct LossyPostgres::Session {
    Descriptor client, server;
    std::atomic<bool> loses_its_commit = false;
    std::thread to_server = {}, to_client = {};

    void cut() {
        ::shutdown(client.get(), SHUT_RDWR);
        ::shutdown(server.get(), SHUT_RDWR);
    }
};

LossyPostgres::LossyPostgres(const std::string& socket_dir)
    : server_path_(socket_dir + socket_name), dir_(fresh_dir()), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = address_of(dir_ + socket_name);
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_.get(), 64) != 0)
        throw std::runtime_error("no socket in " + dir_);
    accepting_ = std::thread([this] { accept_all(); });
}

LossyPostgres::~LossyPostgres() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    accepting_.join();
    for (auto& session : sessions_) {
        session->cut();
        session->to_server.join();
        session->to_client.join();
    }
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
}

void LossyPostgres::lose_commit_of(std::string_view word) {
    has_lost_ = false;
    word_.with([&](std::string& now) { now = word; });
}

void LossyPostgres::accept_all() {
    sockaddr_un address = address_of(server_path_);
    for (;;) {
        auto session = std::make_unique<Session>();
        session->client = Descriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!session->client) return;
        session->server = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(session->server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) continue;
        Session& one = *sessions_.emplace_back(std::move(session));
        one.to_server = std::thread([this, &one] { carry_to_server(one); });
        one.to_client = std::thread([this, &one] { carry_to_client(one); });
    }
}

void LossyPostgres::carry_to_server(Session& session) {
    std::string buffer(64 << 10, '\0');
    Seen seen;
    for (ssize_t got; (got = ::recv(session.client.get(), buffer.data(), buffer.size(), 0)) > 0;) {
        std::string_view piece(buffer.data(), size_t(got));
        word_.with([&](std::string& word) {
            if (!seen.add(piece, word)) return;
            session.loses_its_commit = true;
            word.clear();
        });
        if (!send_all(session.server, piece)) break;
    }
    ::shutdown(session.server.get(), SHUT_WR);
}

void LossyPostgres::carry_to_client(Session& session) {
    std::string buffer(64 << 10, '\0');
    Seen seen;
    for (ssize_t got; (got = ::recv(session.server.get(), buffer.data(), buffer.size(), 0)) > 0;) {
        std::string_view piece(buffer.data(), size_t(got));
        bool is_committed = seen.add(piece, commit_done);
        if (is_committed && session.loses_its_commit) {
            has_lost_ = true;
            break;
        }
        if (!send_all(session.client, piece)) break;
    }
    session.cut();
}

}  // namespace ry::testing

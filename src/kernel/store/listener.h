#pragma once
// Inside the store: LISTEN on a connection of its own, made anew when it breaks.
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "kernel/store/connection.h"

namespace ry::store {

class Listener {
public:
    explicit Listener(Login login);
    ~Listener();

    void listen(std::string channel, std::function<void(const Notification&)> f);

private:
    struct Ear {
        std::string channel;
        std::function<void(const Notification&)> hear;
        bool is_listening = false;  // on the connection of now
    };
    struct State {
        std::vector<std::shared_ptr<Ear>> ears;
        bool is_stopping = false;
    };

    void run();
    bool is_stopping();
    std::vector<std::shared_ptr<Ear>> ears();
    bool connect();
    void start_listening();
    void hear_notifications();
    void sleep();

    Login login_;
    int wake_fd_;
    std::unique_ptr<Connection> connection_;  // of the thread alone
    Guarded<State> state_;
    std::thread thread_;
};

}  // namespace ry::store

#pragma once
// A PostgreSQL that agrees with everything: it notes the text of each query and the rows of each COPY, and answers
// "done". So the real psql shows where it cuts a script, whatever the script says. A query with the word "boom" fails,
// with its position.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/descriptor.h"
#include "base/text.h"

namespace ry::databases::script::testing {

/// What psql did with a script.
struct Told {
    std::vector<std::string> queries;  ///< and rows of COPY, as "data: …"
    std::string errors;                ///< psql's standard error
    int status = 0;
};

class MuteServer {
public:
    MuteServer() : dir_((std::filesystem::temp_directory_path() / "ramify_mute_XXXXXX").string()) {
        if (!mkdtemp(dir_.data())) throw std::runtime_error("no temporary directory");
        listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{.sun_family = AF_UNIX};
        (dir_ + "/.s.PGSQL.5432").copy(address.sun_path, sizeof address.sun_path - 1);
        if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 4) != 0)
            throw std::runtime_error("no socket in " + dir_);
    }
    ~MuteServer() {
        close(listener_);
        std::filesystem::remove_all(dir_);
    }
    MuteServer(const MuteServer&) = delete;

    void write(const std::string& name, std::string_view content) {
        std::filesystem::create_directories(std::filesystem::path(dir_ + "/" + name).parent_path());
        std::ofstream(dir_ + "/" + name, std::ios::binary) << content;
    }

    /// Runs psql in the directory; `arguments` are words of the shell.
    Told run(const std::string& arguments) {
        Told told;
        std::jthread serving([&] { serve(told.queries); });
        std::string command = "cd " + dir_ + " && env -i PATH=/usr/bin:/bin LC_ALL=C psql -X -h " + dir_ +
                              " -U u -d d -v ON_ERROR_STOP=1 " + arguments + " >out 2>err </dev/null";
        told.status = std::system(command.c_str());
        shutdown(listener_, SHUT_RDWR);
        serving.join();
        std::ifstream err(dir_ + "/err");
        told.errors = (std::ostringstream() << err.rdbuf()).str();
        reopen();
        return told;
    }

private:
    struct Message {
        char type = 0;
        std::string body;
    };

    void reopen() {
        close(listener_);
        std::filesystem::remove(dir_ + "/.s.PGSQL.5432");
        listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{.sun_family = AF_UNIX};
        (dir_ + "/.s.PGSQL.5432").copy(address.sun_path, sizeof address.sun_path - 1);
        (void)bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        (void)listen(listener_, 4);
    }

    static bool read_all(int fd, char* to, size_t bytes) {
        while (bytes) {
            ssize_t got = read(fd, to, bytes);
            if (got <= 0) return false;
            to += got, bytes -= size_t(got);
        }
        return true;
    }
    static bool read_message(int fd, Message& message, bool has_type = true) {
        unsigned char length[4];
        if ((has_type && !read_all(fd, &message.type, 1)) || !read_all(fd, reinterpret_cast<char*>(length), 4))
            return false;
        size_t bytes = (size_t(length[0]) << 24 | size_t(length[1]) << 16 | size_t(length[2]) << 8 | length[3]) - 4;
        message.body.resize(bytes);
        return read_all(fd, message.body.data(), bytes);
    }
    static std::string message(char type, std::string_view body) {
        size_t bytes = body.size() + 4;
        std::string text{type, char(bytes >> 24), char(bytes >> 16), char(bytes >> 8), char(bytes)};
        return text.append(body);
    }
    static void send_all(int fd, std::string_view bytes) {
        (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }

    void serve(std::vector<std::string>& told) {
        Descriptor fd(accept(listener_, nullptr, nullptr));
        Message in;
        if (!fd || !read_message(fd.get(), in, false)) return;
        using namespace std::string_literals;
        std::string hello = message('R', "\0\0\0\0"s);
        for (const std::string& setting : {"server_version\00015.0\0"s, "client_encoding\0UTF8\0"s,
                                           "server_encoding\0UTF8\0"s, "standard_conforming_strings\0on\0"s})
            hello += message('S', setting);
        send_all(fd.get(), hello + message('Z', "I"));
        while (read_message(fd.get(), in) && in.type != 'X') {
            if (in.type != 'Q') continue;
            in.body.pop_back();
            told.push_back(in.body);
            answer(fd.get(), in.body, told);
        }
    }

    /// Of COPY t and COPY u, which the tests use: the second only behind another.
    static size_t copies_in(std::string_view query) {
        for (bool is_trivia = true; is_trivia;) {
            query = trim(query);
            size_t end = query.starts_with("--")   ? query.find_first_of("\r\n")
                         : query.starts_with("/*") ? query.find("*/")
                                                   : query.npos;
            is_trivia = end != query.npos;
            if (is_trivia) query.remove_prefix(std::min(query.size(), end + (query[end] == '*' ? 2 : 1)));
        }
        bool is_first = query.starts_with("copy") && query.find("from stdin") != query.npos;
        return is_first + (query.find("; copy u from stdin") != query.npos);
    }

    void answer(int fd, const std::string& query, std::vector<std::string>& told) {
        using namespace std::string_literals;
        std::string small = lower(query);
        if (size_t at = small.find("boom"); at != small.npos) {
            size_t position = 1;
            for (size_t i = 0; i < at; ++i) position += (small[i] & 0xc0) != 0x80;
            send_all(fd, message('E', "SERROR\0VERROR\0C42601\0Mit went boom\0Hlook at it\0P"s +
                                          std::to_string(position) + "\0\0"s) +
                             message('Z', "I"));
            return;
        }
        size_t copies = copies_in(small);
        for (size_t i = 0; i < copies; ++i) {
            send_all(fd, message('G', "\0\0\0"s));
            std::string rows;
            Message in;
            while (read_message(fd, in) && in.type == 'd') rows += in.body;
            told.push_back("data: " + rows);
            send_all(fd, message('C', "COPY 1\0"s));
        }
        std::string done = copies == 0 ? message('C', "SET\0"s) : "";
        if (small.starts_with("set standard_conforming_strings"))
            done += message(
                'S', "standard_conforming_strings\0"s + (small.find("off") == small.npos ? "on" : "off") + "\0"s);
        send_all(fd, done + message('Z', "I"));
    }

    std::string dir_;
    int listener_;
};

}  // namespace ry::databases::script::testing

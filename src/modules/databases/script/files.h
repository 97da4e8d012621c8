#pragma once
// The files that a script can read, wherever they are: a directory, a git tree, uploaded blobs. The port of this part;
// its users implement it. Paths are absolute and normalised ("/shop/db/schema.sql"); of a git tree or an upload the
// root is "/".
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ry::databases::script {

/// SHA-256, 64 hex digits, and the size.
struct Digest {
    std::string sha256;
    uint64_t bytes = 0;
    bool operator==(const Digest&) const = default;
};

class Files {
public:
    enum class Kind {
        missing,
        file,
        directory,
        unreadable,
        outside,  ///< not among what the caller gave: `--input` would add it
        other,    ///< a socket, pipe or device
    };
    virtual Kind kind(const std::string& path) = 0;
    /// What is to be said of a path that is no file, after its name: "is a submodule; …". Empty: nothing special.
    virtual std::string reason(const std::string&) { return ""; }
    /// The content in pieces, until `take` returns false. An Error when it cannot be read to its end.
    virtual Result<void> read(const std::string& path, const std::function<bool(std::string_view piece)>& take) = 0;
    /// Of the whole content. An implementation that knows it need not read.
    virtual Result<Digest> digest(const std::string& path);
    /// The names in a directory, in any order; those of directories end with "/".
    virtual Result<std::vector<std::string>> list(const std::string& path) = 0;

protected:
    ~Files() = default;
};

/// `path` as seen from the directory `from`, without ".", ".." and doubled "/". Text only, as psql does it: no link is
/// followed.
std::string joined_path(std::string_view from, std::string_view path);
/// How `path` is written when one stands in `from`: "schema.sql", "../shared/a.sql".
std::string relative_path(std::string_view from, std::string_view path);

}  // namespace ry::databases::script

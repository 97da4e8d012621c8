#pragma once
// PostgreSQLs that clusters run on, as the API shows them.
#include <string>

#include "base/fields.h"
#include "modules/databases/instance_model.h"

namespace ry::databases {

struct Image {
    std::string name;
    std::string version;
    std::string digest;
    std::string source;
    static const Fields& fields() {
        using S = Image;
        static const Field table[] = {
            field("name", &S::name, "Its name: postgres:15."),
            field("version", &S::version, "The exact version."),
            field("digest", &S::digest, "The hash of its binaries."),
            field("source", &S::source, "Where it comes from: host, or added."),
        };
        static const Fields all{"DatabaseImage", table};
        return all;
    }
};

// ---- what a person sends

struct AddImage {
    std::string name;
    std::string path;
    static const Fields& fields() {
        using S = AddImage;
        static const Field table[] = {
            field("name", &S::name, "Its name: postgres:17.", length(1, name_bytes_max), positional()),
            field("path", &S::path,
                  "A directory or tar archive on the server's machine that holds bin/postgres and bin/initdb.",
                  length(1, 4096), positional()),
        };
        static const Fields all{"AddImage", table};
        return all;
    }
};

}  // namespace ry::databases

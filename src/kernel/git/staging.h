#pragma once
// Objects of a commit on their way in: named at once, kept in memory, and written together when everything is right.
#include <map>

#include "kernel/git/handle.h"

namespace ry::git {

class Staging {
public:
    static Result<Staging> begin(git_repository* repository);

    /// The object's name; it is written by flush(), unless the repository has it.
    Result<Oid> add(git_object_t type, std::string bytes);
    /// A tree like `base` (nil: empty) with `operations` carried out; nil when nothing is left. Operations were
    /// validated.
    Result<Oid> tree(const TreeHandle& base, const std::vector<Operation>& operations);
    /// Everything is on the disk and synced afterwards. Few objects become files, many one pack.
    Result<void> flush();

private:
    explicit Staging(git_repository* repository, OdbHandle odb) : repository_(repository), odb_(std::move(odb)) {}
    Result<void> write_each();
    Result<void> write_pack();

    struct Object {
        git_object_t type;
        std::string bytes;
    };
    git_repository* repository_;
    OdbHandle odb_;
    std::map<Oid, Object> objects_;
};

}  // namespace ry::git

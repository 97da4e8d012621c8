#pragma once
// Inside the part. The files of a distribution: found, hashed, and taken from strangers. Nothing here runs a program
// but unpack().
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/op/op.h"
#include "kernel/sandbox/sandbox.h"

namespace ry::databases {

/// bin_dir of each installation of the host: those in the places of Debian, Red Hat and PGDG, and what PATH leads to.
std::vector<std::string> host_bin_dirs();

/// The directories whose files make an installation what it is: its bin, lib and share.
std::vector<std::string> trees_of(const std::string& bin_dir);

/// Names, sizes and times of everything below the trees. Two answers are equal when nothing has changed. Costs some ms.
std::string fingerprint(const std::vector<std::string>& trees);

/// 64 hex digits over names, kinds and contents of everything below the trees; the same for the same files wherever
/// they lie.
Result<std::string> digest_of(const Op& op, const std::vector<std::string>& trees);

/// The directory at most three levels below `dir` that holds bin/postgres and bin/initdb. `invalid` when there is none.
Result<std::string> find_distribution(const std::string& dir);

/// Copies bin, lib and share of `from` to `to`, which is made: regular files (without set-user-id), directories and
/// links that stay inside. `from` may be hostile: links are copied, never followed. Then makes the links of its
/// pg-symlinks.json.
Result<void> copy_distribution(const Op& op, const std::string& from, const std::string& to);

/// `unsupported` unless the program is an ELF file for this machine, naming the machine that it is for.
Result<void> check_machine(const std::string& program);

/// Unpacks a tar archive into `to`, an empty directory that this makes, by the host's tar in a cage that sees nothing
/// else.
Result<void> unpack(const Op& op, sandbox::Sandbox& sandbox, const std::string& archive, const std::string& to);

}  // namespace ry::databases

#pragma once
// Where the server keeps what every cage needs of it, and under which account cages run.
#include <optional>
#include <string>

#include "base/result.h"
#include "kernel/sandbox/launcher.h"

namespace ry::sandbox {

/// The account that cages run as: absent when the server is an ordinary user (they run as the same). `run_as` is an
/// account's name, a number, or empty for the default; uid 0 is refused.
Result<std::optional<Account>> find_account(const std::string& run_as);

/// Makes, or brings up to date, the /etc of every cage in `dir`/etc, and returns its path: the relay, small files of our own
/// (passwd, hosts, …) and copies of the few files of the host's /etc without which programs do not find each other or trust
/// anybody. Not one bind for each, because a bind costs a cage's start half a millisecond. Large directories are bound over
/// empty ones (bubblewrap.cpp). Each file appears whole or not at all.
Result<std::string> write_etc(const std::string& dir);

/// Makes `account` the owner of `path` and everything below. Goes by directory descriptors and never follows a symbolic
/// link, so a tree that changes meanwhile cannot lead it elsewhere.
Result<void> change_owner(const std::string& path, const Account& account);

}  // namespace ry::sandbox

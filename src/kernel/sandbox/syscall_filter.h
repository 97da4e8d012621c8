#pragma once
// The system calls that a cage may not make, as a filter program for the kernel. Everything else is allowed: node,
// compilers and package managers run unchanged. Refused calls answer EPERM, or ENOSYS where programs fall back on it.
#include <string>

#include "base/result.h"

namespace ry::sandbox {

/// The filter as bubblewrap's --seccomp reads it: an array of struct sock_filter.
Result<std::string> syscall_filter();

}  // namespace ry::sandbox

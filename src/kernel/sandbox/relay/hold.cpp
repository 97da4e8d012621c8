// Keeps a program that was loaded ahead (control.h) from beginning: the loader runs this when the program and all its
// libraries are linked, before their first instruction. Its environment and descriptors are then as if this had not
// been there.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kernel/sandbox/relay/control.h"

using namespace ry::sandbox::control;

namespace {

/// Not unsetenv(): some programs, as shells, have one of their own, which does not work yet.
void remove_variable(char** environment, const char* name) {
    const size_t bytes = strlen(name);
    char** kept = environment;
    for (char** each = environment; *each; ++each)
        if (strncmp(*each, name, bytes) != 0 || (*each)[bytes] != '=') *kept++ = *each;
    *kept = nullptr;
}

[[gnu::constructor]] void wait_for_begin(int, char**, char** environment) {
    remove_variable(environment, preload_variable);
    char begin = 0;
    ssize_t got = 0;
    do got = read(hold_fd, &begin, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1) _exit(127);  // the cage ends
    close(hold_fd);
}

}  // namespace

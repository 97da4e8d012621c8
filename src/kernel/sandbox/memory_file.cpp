#include "kernel/sandbox/memory_file.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace ry::sandbox {

Result<Descriptor> memory_file(const char* name, std::string_view bytes) {
    Descriptor file(memfd_create(name, MFD_CLOEXEC));
    if (!file || write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
        lseek(file.get(), 0, SEEK_SET) != 0)
        return fail(Code::unavailable, "the server is out of memory or open files; raise its limits", std::strerror(errno));
    return file;
}

}  // namespace ry::sandbox

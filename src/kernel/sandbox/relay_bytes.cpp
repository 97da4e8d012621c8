#include "kernel/sandbox/relay_bytes.h"

// The build makes the static program first and names its file; the assembler copies it in.
asm(".section .rodata\n"
    "ramify_relay_begin:\n"
    ".incbin \"" RAMIFY_RELAY_FILE "\"\n"
    "ramify_relay_end:\n"
    ".byte 0\n"
    ".text\n");

extern "C" {
extern const char ramify_relay_begin[], ramify_relay_end[];
}

namespace ry::sandbox {

std::string_view relay_bytes() {
    return {ramify_relay_begin, static_cast<size_t>(ramify_relay_end - ramify_relay_begin)};
}

}  // namespace ry::sandbox

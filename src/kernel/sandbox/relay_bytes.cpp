#include "kernel/sandbox/relay_bytes.h"

// The build makes the static program and the library first and names their files; the assembler copies them in.
asm(".section .rodata\n"
    "ramify_relay_begin:\n"
    ".incbin \"" RAMIFY_RELAY_FILE "\"\n"
    "ramify_relay_end:\n"
    ".byte 0\n"
    "ramify_hold_begin:\n"
    ".incbin \"" RAMIFY_HOLD_FILE "\"\n"
    "ramify_hold_end:\n"
    ".byte 0\n"
    ".text\n");

extern "C" {
extern const char ramify_relay_begin[], ramify_relay_end[], ramify_hold_begin[], ramify_hold_end[];
}

namespace ry::sandbox {

std::string_view relay_bytes() {
    return {ramify_relay_begin, static_cast<size_t>(ramify_relay_end - ramify_relay_begin)};
}

std::string_view hold_bytes() {
    return {ramify_hold_begin, static_cast<size_t>(ramify_hold_end - ramify_hold_begin)};
}

}  // namespace ry::sandbox

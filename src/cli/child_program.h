#pragma once
// A program that runs to its end while its output is passed on as it comes, and kept. Standard output and error stay apart; each
// is a terminal for the program when it is one for this process.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"

namespace ry::cli {

/// The beginning and the end of what was written, and how much it was.
class KeptOutput {
public:
    explicit KeptOutput(size_t bytes_max) : bytes_max_(bytes_max) {}
    void add(std::string_view bytes);
    int64_t bytes() const { return bytes_; }
    /// Well-formed UTF-8 of at most `bytes_max`; a line in the middle says what was left out.
    std::string text() const;

private:
    size_t bytes_max_;
    int64_t bytes_ = 0;
    std::string head_, tail_;
};

/// 0: no limit.
struct ProgramLimits {
    int64_t timeout_ms = 0;
    int64_t rows_max = 0;   ///< lines of standard output
    int64_t bytes_max = 0;  ///< of standard output
};

enum class ProgramOutcome { done, failed, timed_out, limited, cancelled };

struct ProgramEnd {
    ProgramOutcome outcome = ProgramOutcome::done;
    int exit_code = 0;  ///< as a shell gives it; 124 after a timeout, 1 at a limit
    int64_t ms = 0;
    KeptOutput out, err;
};

/// SIGINT, SIGTERM, SIGHUP and SIGWINCH of this process wait for a program while one lives. Made before any thread is.
class HeldSignals {
public:
    HeldSignals();
    ~HeldSignals();
    HeldSignals(const HeldSignals&) = delete;
    int descriptor() const { return descriptor_; }

private:
    int descriptor_ = -1;
};

struct ProgramSpec {
    std::vector<std::string> words;
    std::string folder;                    ///< where it is started; "": where this process is
    std::vector<std::string> environment;  ///< "NAME=value", besides this process's own
    ProgramLimits limits;
    bool is_shown = true;                  ///< passed on to this process's own output
    size_t kept_bytes_max = 0;             ///< of each stream
    int64_t every_ms = 0;
    std::function<void()> every;           ///< called about so often while it runs
};

/// Ctrl-C is the program's, which decides; SIGTERM and SIGHUP are passed on to it. A program that cannot be started exits with 127.
/// When this process is killed, so is the program.
ProgramEnd run_program(const Terminal& terminal, const HeldSignals& signals, const ProgramSpec& spec);

}  // namespace ry::cli

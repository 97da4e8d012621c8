#pragma once
// ENSURE states what must be true. A failure is a bug of ours: it throws Bug, which is caught at three places only
// (HTTP dispatch, job runner, main), where the transaction has already been rolled back.
#include <stdexcept>
#include <string>

namespace ry {

struct Bug : std::logic_error {
    using std::logic_error::logic_error;
};
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace ry

#define ENSURE(condition)                                                       \
    do {                                                                       \
        if (!(condition)) ::ry::check_failed(#condition, __FILE__, __LINE__);  \
    } while (false)

// Whatever a script makes psql write on stderr: reading it ends, and what is read stays within its bounds.
#include "modules/databases/postgres/psql_errors.h"

#include <cstddef>
#include <cstdint>

#include "base/check.h"

using namespace ry;
using namespace ry::databases;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto errors = psql_errors(text);
    ENSURE(errors.size() <= 100);
    for (const PsqlError& error : errors) {
        ENSURE(error.line >= 0);
        ENSURE(error.position >= 0 && static_cast<size_t>(error.position) <= error.statement.size() + size + 1);
        ENSURE(error.statement.size() <= size);
        ENSURE(!summary(error).empty() || error.message.empty());
    }
    return 0;
}

#include "base/check.h"

namespace ry {

void check_failed(const char* condition, const char* file, int line) {
    throw Bug(std::string(file) + ":" + std::to_string(line) + ": must be true: " + condition);
}

}  // namespace ry

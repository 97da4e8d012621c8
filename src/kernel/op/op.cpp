#include "kernel/op/op.h"

namespace ry {

Op server_op(std::string request_id) {
    Op op;
    op.request_id = std::move(request_id);
    return op;
}

}  // namespace ry

#pragma once
#include "base/fields.h"
#include "kernel/op/op.h"

namespace ry::idempotency {

struct Known {
    std::string fingerprint;
    std::optional<std::string> answer;
    bool is_fresh = false;
    static const Fields& fields() {
        static const Field table[] = {field("fingerprint", &Known::fingerprint, ""), field("answer", &Known::answer, ""), field("is_fresh", &Known::is_fresh, "")};
        static const Fields all{"Known", table};
        return all;
    }
};

}  // namespace ry::idempotency

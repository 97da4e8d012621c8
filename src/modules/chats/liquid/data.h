#pragma once
// Inside liquid: what a Data holds.
#include "modules/chats/liquid/liquid.h"
#include "modules/chats/liquid/value.h"

namespace ry::chats::liquid {

struct Data::Tree {
    Arena arena;
    Value root;
};

}  // namespace ry::chats::liquid

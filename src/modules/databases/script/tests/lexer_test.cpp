#include <doctest/doctest.h>
#include "modules/databases/script/tests/events.h"
using namespace ry::databases::script;
TEST_CASE("x") { MESSAGE(testing::lex("select 1;").all()); }

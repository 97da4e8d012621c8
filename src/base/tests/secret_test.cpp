#include "base/secret.h"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <sstream>

using namespace ry;

namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(Printable<std::string>);
static_assert(!Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);

}  // namespace

TEST_CASE("a secret is passed around, compared and revealed") {
    Secret key(std::string("sk-0123456789012345678901234567890123456789"));
    Secret copy = key;
    CHECK(copy == key);
    CHECK(copy.reveal() == key.reveal());
    Secret taken = std::move(copy);
    CHECK(copy.empty());  // NOLINT: emptied by design
    CHECK(taken == key);
    taken = Secret(std::string("other"));
    CHECK_FALSE(taken == key);
    CHECK(Secret().empty());
}

TEST_CASE("the memory of a secret is wiped when it goes") {
    alignas(Secret) unsigned char place[sizeof(Secret)];
    auto* brief = new (place) Secret(std::string("short-key"));  // short enough to be kept inside the object
    std::destroy_at(brief);
    CHECK(std::string_view(reinterpret_cast<char*>(place), sizeof place).find("short-key") == std::string_view::npos);

    auto* moved = new (place) Secret(std::string("short-key"));
    Secret target = std::move(*moved);
    CHECK(std::string_view(reinterpret_cast<char*>(place), sizeof place).find("short-key") == std::string_view::npos);
    std::destroy_at(moved);
}

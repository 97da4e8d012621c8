// Any bytes as a request's body: they are refused with faults, or what was read can be written and reads back as the same.
#include <cstdint>
#include <cstdlib>

#include "base/fields.h"

using namespace ry;

namespace {

DECLARE_ID(CrateId, "crate");

enum class Colour { red, green };
constexpr std::array<std::string_view, 2> names_of(Colour) { return {"red", "green"}; }

struct Label {
    std::string text;
    static const Fields& fields() {
        static const Field table[] = {field("text", &Label::text, "What it says.", length(1, 10))};
        static const Fields all{"Label", table};
        return all;
    }
};

struct Crate {
    std::optional<CrateId> id;
    std::string name;
    int64_t size = 3;
    double weight = 0;
    bool is_open = false;
    Colour colour = Colour::red;
    std::optional<Time> sealed_at;
    std::vector<Label> labels;
    Json extra;
    static const Fields& fields() {
        using S = Crate;
        static const Field table[] = {
            field("id", &S::id, "Which."),
            field("name", &S::name, "Its name.", length(0, 20), defaulted()),
            field("size", &S::size, "Litres.", range(-100, 100), defaulted()),
            field("weight", &S::weight, "Kilograms.", defaulted()),
            field("is_open", &S::is_open, "Whether it is open.", defaulted()),
            field("colour", &S::colour, "Its colour.", defaulted()),
            field("sealed_at", &S::sealed_at, "When it was closed."),
            field("labels", &S::labels, "On its side.", length(0, 2), defaulted()),
            field("extra", &S::extra, "Anything.", defaulted()),
        };
        static const Fields all{"Crate", table};
        return all;
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto crate = from_json<Crate>({reinterpret_cast<const char*>(data), size});
    if (!crate) {
        if (crate.error().message.empty() && crate.error().faults.empty()) std::abort();
        return 0;
    }
    std::string written = to_json(*crate);
    auto again = from_json<Crate>(written);
    if (!again || to_json(*again) != written) std::abort();
    return 0;
}

// Any bytes as a template over odd values: parsing and rendering end within their limits, and what is printed is UTF-8.
#include <cstdlib>

#include "base/text.h"
#include "modules/chats/liquid/liquid.h"

using namespace ry::chats::liquid;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    static const Data data = *Data::from_json(
        R"({"s": "Straße 😀", "e": "", "n": -1.5, "b": true, "z": null, "l": [3, "a", null, [1], {"k": 1}], "o": {"k": "v", "size": 2, "1": 1}, "p": [{"n": "b", "a": 2}, {"n": "a"}]})");
    std::string text = ry::utf8_text({reinterpret_cast<const char*>(bytes), size});
    Options options;
    options.limits = {.template_bytes_max = 1 << 16,
                      .nodes_max = 2000,
                      .nesting_max = 20,
                      .output_bytes_max = 1 << 16,
                      .memory_bytes_max = 1 << 20,
                      .steps_max = 20'000,
                      .time_ms_max = 600'000};  // the steps end it: what the clock ends is not the same twice
    options.find_template = [&](std::string_view name) {
        return Template::parse(name == "self" ? text : std::string(name), options.limits, std::string(name));
    };
    (void)Data::from_json(text);
    auto parsed = Template::parse(text, options.limits);
    if (!parsed) return 0;
    auto output = (*parsed)->render(data, options);
    auto again = (*parsed)->render(data, options);
    if (output != again || (output && !ry::is_utf8(*output))) std::abort();
    return 0;
}

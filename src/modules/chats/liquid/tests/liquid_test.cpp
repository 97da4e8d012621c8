// What this engine promises by itself. That it prints what liquidjs prints is shown by tests/liquid.
#include <doctest/doctest.h>

#include <map>
#include <thread>
#include <vector>

#include "base/text.h"
#include "modules/chats/liquid/liquid.h"

using namespace ry::chats::liquid;

namespace {

Data data_of(std::string_view json) {
    auto data = Data::from_json(json);
    REQUIRE_MESSAGE(data, (data ? "" : data.error()));
    return *data;
}

std::expected<std::string, Problem> render(std::string text, std::string_view json = "{}",
                                           const Options& options = {}) {
    auto parsed = Template::parse(std::move(text), options.limits);
    if (!parsed) return std::unexpected(parsed.error());
    return (*parsed)->render(data_of(json), options);
}

std::string rendered(std::string text, std::string_view json = "{}", const Options& options = {}) {
    auto output = render(std::move(text), json, options);
    return output ? *output
                  : std::to_string(output.error().line) + ":" + std::to_string(output.error().column) + ": " +
                        output.error().message;
}

Options with_templates(std::map<std::string, std::string> templates) {
    Options options;
    options.find_template = [templates = std::move(templates)](
                                std::string_view name) -> std::expected<std::shared_ptr<const Template>, Problem> {
        auto found = templates.find(std::string(name));
        if (found == templates.end()) return nullptr;
        return Template::parse(found->second, {}, found->first);
    };
    return options;
}

std::string repeated(std::string_view text, size_t count) {
    std::string all;
    for (size_t i = 0; i < count; ++i) all += text;
    return all;
}

}  // namespace

TEST_CASE("a prompt is rendered from the chat's values") {
    CHECK(
        rendered(
            "You are {{ char.name }}.\n{% if char.scenario -%}\nScenario: {{ char.scenario }}\n{%- endif %}\n"
            "{% for m in messages %}{{ m.role | capitalize }}: {{ m.content }}\n{% endfor %}",
            R"({"char": {"name": "Lyra", "scenario": "a ship"}, "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]})") ==
        "You are Lyra.\nScenario: a ship\nUser: hi\nAssistant: ho\n");
}

TEST_CASE("what values contain is never read as a template") {
    CHECK(rendered("{{ text }}{% assign x = text %}{{ x | append: '{{ secret }}' }}",
                   R"({"text": "{{ secret }}{% for %}", "secret": "!"})") ==
          "{{ secret }}{% for %}{{ secret }}{% for %}{{ secret }}");
    CHECK(rendered("{% capture x %}{{ text }}{% endcapture %}{{ x }}", R"({"text": "{{ 1 | plus: 1 }}"})") ==
          "{{ 1 | plus: 1 }}");
}

TEST_CASE("problems have a line and a column, in units of UTF-16, and what is wrong") {
    CHECK(rendered("one\n  {% if x %}") == "2:3: tag {% if x %} not closed");
    CHECK(rendered("😀{% bogus %}") == "1:3: tag \"bogus\" not found");
    CHECK(rendered("{{ 'x' | append }}") == "1:1: append expect 2 arguments");
    CHECK(rendered("{{ x") == "1:1: output \"{{ x\" not closed");
    CHECK(rendered("{% assign 1 %}") == "1:12: expected \"=\"");
}

TEST_CASE("a problem in a template that another one uses says whose it is") {
    auto output = render("{% include 'broken' %}", "{}", with_templates({{"broken", "\n{% if %}"}}));
    REQUIRE(!output);
    CHECK(output.error().template_name == "broken");
    CHECK(output.error().line == 2);
}

TEST_CASE("other templates come from the caller alone") {
    CHECK(rendered("{% include '/etc/hostname' %}") == "1:1: ENOENT: Failed to lookup \"/etc/hostname\" in \".\"");
    CHECK(rendered("{% render '../secrets' %}", "{}", with_templates({})) ==
          "1:1: ENOENT: Failed to lookup \"../secrets\" in \".\"");
    CHECK(
        rendered("{% layout 'page' %}{% block a %}mine, {{ block.super }}{% endblock %}", "{}",
                 with_templates({{"page", "<{% block a %}theirs{% endblock %}>{% block b %}default{% endblock %}"}})) ==
        "<mine, theirs>default");
    CHECK(rendered("{% assign x = 1 %}{% render 'part', y: 2 %}{% include 'part' %}", "{}",
                   with_templates({{"part", "[{{ x }}{{ y }}]"}})) == "[2][1]");
}

TEST_CASE("every bound has its own message") {
    Options options;
    options.limits = {.template_bytes_max = 2000,
                      .nodes_max = 100,
                      .nesting_max = 10,
                      .output_bytes_max = 1000,
                      .memory_bytes_max = 100'000,
                      .steps_max = 10'000};
    auto fails_with = [&](std::string text, std::string_view words) {
        std::string output = rendered(std::move(text), "{}", options);
        CHECK_MESSAGE(output.find(words) != std::string::npos, output);
    };
    fails_with(repeated("x", 3000), "2000 bytes long");
    fails_with(repeated("{{x}}", 101), "at most 100 pieces");
    fails_with(repeated("{%if x%}", 11), "nested at most 10 deep");
    fails_with("{% for i in (1..200) %}0123456789{% endfor %}", "longer than 1000 bytes");
    fails_with("{% for i in (1..200) %}{% capture x %}0123456789{% endcapture %}{% endfor %}",
               "longer than 1000 bytes");
    fails_with("{% for i in (1..20000) %}{% endfor %}", "at most 10000 elements");
    fails_with("{% for i in (1..200) %}{% for j in (1..200) %}{% endfor %}{% endfor %}", "more than 10000 steps");
    fails_with("{% assign x = 'ab' %}{% for i in (1..40) %}{% assign x = x | append: x %}{% endfor %}",
               "more than 100000 bytes of memory");
    fails_with("{{ 0 | date: '%99999999999d' }}", "more than 100000 bytes of memory");
    fails_with("{% assign x = 'a' | split: '' %}{% for i in (1..30) %}{% assign x = x | push: x %}{% endfor %}{{ x }}",
               "values may be nested at most 10 deep");
    fails_with("{{" + repeated("a[", 101) + "}}", "brackets in brackets are too deep");

    options.find_template = with_templates({{"self", "{% include 'self' %}"}}).find_template;
    fails_with("{% include 'self' %}", "templates may be nested at most 10 deep");
    options.limits = {.steps_max = UINT64_MAX, .time_ms_max = 0};
    fails_with("{% for i in (1..10000) %}{% endfor %}", "longer than 0 ms");
}

TEST_CASE("an empty loop costs steps") {
    Options options;
    options.limits.steps_max = 1000;
    CHECK(rendered("{% for i in (1..900) %}{% for j in (1..900) %}{% endfor %}{% endfor %}", "{}", options)
              .find("more than 1000 steps") != std::string::npos);
}

TEST_CASE("numbers are written as JavaScript writes them") {
    CHECK(
        rendered(
            "{% for n in n %}{{ n }} {% endfor %}",
            R"({"n": [0, -0, 1.0, 0.1, 1e21, 123456789012345680000, 1e-6, 1e-7, 1.5e300, 5e-324, 0.30000000000000004, -1.25]})") ==
        "0 0 1 0.1 1e+21 123456789012345680000 0.000001 1e-7 1.5e+300 5e-324 0.30000000000000004 -1.25 ");
    CHECK(rendered("{{ 1 | divided_by: 0 }} {{ 'x' | to_integer }} {{ 7 | divided_by: 2 }} {{ 1.005 | round: 2 }}") ==
          "Infinity NaN 3.5 1.01");
}

TEST_CASE("text has the length and the places that JavaScript gives it") {
    CHECK(rendered("{{ t.size }} {{ t | slice: 1, 2 }} {{ t[0] }} {{ t | upcase }}", R"({"t": "a😀ß"})") ==
          "4 😀ß a A😀SS");
    CHECK(rendered("{{ '😀' | split: '' | join: '' }}{{ '😀' | split: '' | first }}") == "😀\xEF\xBF\xBD");
}

TEST_CASE("dates are shown in the zone that is asked for") {
    Options options;
    options.time_zone = "America/New_York";
    options.now_ms = 1'700'000'000'000;
    CHECK(rendered("{{ '2024-07-01T12:00:00Z' | date: '%H:%M %z %Z' }}", "{}", options) ==
          "08:00 -0400 America/New_York");
    CHECK(rendered("{{ '2024-01-01T12:00:00Z' | date: '%H:%M', 'Asia/Kolkata' }}", "{}", options) == "17:30");
    CHECK(rendered("{{ '2050-07-01T12:00:00Z' | date: '%H:%M' }}", "{}", options) == "08:00");
    CHECK(rendered("{{ '2024-03-10 02:30' | date: '%H:%M' }}", "{}", options) == "03:30");  // clocks skip this time
    CHECK(rendered("{{ 'now' | date: '%Y-%m-%d' }}", "{}", options) == "2023-11-14");
    CHECK(rendered("{{ 0 | date: '%Y', '../../etc/passwd' }}") == "1:1: Invalid time zone specified: ../../etc/passwd");
    options.time_zone = "No/Where";
    CHECK(rendered("{{ 0 | date: '%Y' }}", "{}", options) == "1:1: Invalid time zone specified: No/Where");
}

TEST_CASE("a context that is no JSON object says where it stops being one") {
    for (auto [json, words] :
         std::initializer_list<std::pair<const char*, const char*>>{{"", "byte 0"},
                                                                    {"[1]", "not a JSON object"},
                                                                    {"{\"a\": 1,}", "byte 8"},
                                                                    {"{\"a\": 01}", "byte 7"},
                                                                    {"{\"a\": \"\n\"}", "byte 7"},
                                                                    {"{\"a\": \"\\x\"}", "no such escape"},
                                                                    {"{} x", "byte 3"},
                                                                    {"{\"a\": \xFF}", "not UTF-8"}}) {
        auto data = Data::from_json(json);
        REQUIRE(!data);
        CHECK_MESSAGE(data.error().find(words) != std::string::npos, data.error());
    }
    CHECK(!Data::from_json("{\"a\":" + repeated("[", 1'000'000)));
    CHECK(rendered("{{ a }}{{ b }}", R"({"a": 1, "b": "\ud83d\ude00é\n", "a": 2})") == "2😀é\n");
}

TEST_CASE("text that is not UTF-8 is refused") {
    CHECK(rendered("a\xFF") == "1:1: a template is UTF-8 text, and this is not");
}

TEST_CASE("what is said of an unclosed quote ends between two characters") {
    for (const char* text : {"{{ \"é", "{{ 'ab😀", "{% assign a = \"ü"}) CHECK(ry::is_utf8(rendered(text)));
}

TEST_CASE("the same seed chooses the same") {
    Options options;
    options.seed = 7;
    std::string text = "{{ (1..1000) | sample }} {{ (1..50) | sample: 5 | join }}";
    std::string first = rendered(text, "{}", options);
    CHECK(rendered(text, "{}", options) == first);
    options.seed = 8;
    CHECK(rendered(text, "{}", options) != first);
}

TEST_CASE("threads share a template and its data") {
    auto parsed = Template::parse(
        "{% for i in list %}{% increment n %}{{ i | times: 2 }}{{ 'x' | date }}{{ 0 | date: '%Z', 'Europe/Rome' }},{% "
        "endfor %}");
    REQUIRE(parsed);
    Data data = data_of(R"({"list": [1, 2, 3]})");
    std::string expected = *(*parsed)->render(data, {});
    std::vector<std::string> outputs(4);
    {
        std::vector<std::jthread> threads;
        for (std::string& output : outputs)
            threads.emplace_back([&] {
                for (int i = 0; i < 200; ++i) output = *(*parsed)->render(data, {});
            });
    }
    for (const std::string& output : outputs) CHECK(output == expected);
}

TEST_CASE("a sort by what has no order ends, and keeps all elements") {
    CHECK(rendered("{{ list | sort | size }} {{ list | sort_natural | size }}",
                   R"({"list": [3, "a", null, {}, [1], "10", 2, true, 3, "a", null, {}, [1], "10", 2, true]})") ==
          "16 16");
    std::string numbers;
    for (int i = 0; i < 500; ++i) numbers += (i ? "," : "") + std::to_string(i * 7919 % 500);
    CHECK(rendered("{% assign s = list | sort %}{{ s[0] }} {{ s[250] }} {{ s[499] }}",
                   "{\"list\": [" + numbers + "]}") == "0 250 499");
}

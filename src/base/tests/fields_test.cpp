#include "base/fields.h"

#include <doctest/doctest.h>

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
    CrateId id;
    std::string name;
    int size = 3;
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
            field("name", &S::name, "Its name.", length(1, 20)),
            field("size", &S::size, "Litres.", range(0, 100), defaulted()),
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

std::string faults_of(std::string_view json) {
    auto crate = from_json<Crate>(json);
    if (crate) return "none";
    std::string out;
    for (const Fault& fault : crate.error().faults) out += fault.pointer + " " + fault.detail + "\n";
    return out;
}

}  // namespace

TEST_CASE("a struct goes to JSON and back") {
    Crate crate{.id = CrateId::fresh(), .name = "a \"b\" \n я", .size = 7, .weight = 1.5, .is_open = true, .colour = Colour::green,
                .sealed_at = parse_time("2026-01-02T03:04:05Z"), .labels = {{"x"}, {"y"}}, .extra = {R"({"k":[1,2]})"}};
    std::string json = to_json(crate);
    CHECK(json == "{\"id\":\"" + crate.id.text() + "\",\"name\":\"a \\\"b\\\" \\n я\",\"size\":7,\"weight\":1.5,\"is_open\":true,\"colour\":\"green\","
                  "\"sealed_at\":\"2026-01-02T03:04:05.000000Z\",\"labels\":[{\"text\":\"x\"},{\"text\":\"y\"}],\"extra\":{\"k\":[1,2]}}");
    auto back = from_json<Crate>(json);
    REQUIRE(back);
    CHECK(to_json(*back) == json);
}

TEST_CASE("what is left out keeps its default, and what must be there is asked for") {
    auto crate = from_json<Crate>("{\"id\":\"" + CrateId::fresh().text() + "\",\"name\":\"n\"}");
    REQUIRE(crate);
    CHECK(crate->size == 3);
    CHECK_FALSE(crate->sealed_at);
    CHECK(faults_of("{}") == "/id is required\n/name is required\n");
}

TEST_CASE("every fault of a document is listed, each with its place and what to do") {
    CHECK(faults_of(R"({"id":"chat_1","name":"","size":101,"weight":"heavy","is_open":1,"colour":"blue","sealed_at":"today","labels":[{"text":"x"},{"text":3}],"nmae":1})") ==
          "/nmae is not a known member; did you mean \"name\"?\n"
          "/id must be an id that starts with crate_\n"
          "/name must not be empty\n"
          "/size must be between 0 and 100\n"
          "/weight must be a number\n"
          "/is_open must be true or false\n"
          "/colour must be one of: red, green\n"
          "/sealed_at must be a time such as 2026-01-31T12:00:00Z (RFC 3339)\n"
          "/labels/1/text must be a string, and is a number\n");
    CHECK(faults_of("[1]") == " must be an object, and is an array\n");
    CHECK(faults_of("{\"id\":") .find("not valid JSON") != std::string::npos);
    CHECK(faults_of(std::string(40, '[') + std::string(40, ']')).find("nested deeper") != std::string::npos);
}

TEST_CASE("text from a database, a query string or a flag reads into a member") {
    Crate crate{};
    auto set = [&](std::string_view name, std::string_view text) {
        const Field* field = Crate::fields().find(name);
        return field->ops->from_text(text, field->of(&crate));
    };
    CrateId id = CrateId::fresh();
    CHECK(set("id", uuid_text(id.uuid)));
    CHECK(crate.id == id);
    CHECK(set("id", id.text()));
    CHECK(set("size", "-12"));
    CHECK(crate.size == -12);
    CHECK_FALSE(set("size", "12x"));
    CHECK_FALSE(set("size", "99999999999"));
    CHECK(set("is_open", "t"));
    CHECK(set("colour", "green"));
    CHECK_FALSE(set("colour", "Green"));
    CHECK(set("sealed_at", "2026-01-02 03:04:05.5+00"));
    CHECK(set("labels", R"([{"text":"q"}])"));
    CHECK(crate.labels.at(0).text == "q");
}

TEST_CASE("the schema says what the decoder accepts") {
    Definitions definitions;
    CHECK(schema_of(Crate::fields(), definitions) == "Crate");
    CHECK(definitions.at("Crate").find(R"("name":{"type":"string","minLength":1,"maxLength":20,"description":"Its name."})") != std::string::npos);
    CHECK(definitions.at("Crate").find(R"("colour":{"type":"string","enum":["red","green"],"description":"Its colour."})") != std::string::npos);
    CHECK(definitions.at("Crate").find(R"("required":["id","name"])") != std::string::npos);
    CHECK(definitions.contains("Label"));
    for (const auto& [name, text] : definitions) CHECK(json::is_valid(text));
}

TEST_CASE("a string of any bytes becomes valid JSON") {
    for (std::string bytes : {std::string("\xff\xfe"), std::string("a\0b", 3), std::string("\xed\xa0\x80"), std::string("\xf0\x9f\x98\x80"), std::string("\xf0\x9f")}) {
        std::string out;
        json::write_string(out, bytes);
        CHECK(json::is_valid(out));
    }
}

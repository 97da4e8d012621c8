#include "kernel/http/openapi.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "base/json.h"
#include "base/text.h"

namespace ry::http {

namespace {

namespace bj = boost::json;

bj::value parsed(std::string_view json) { return bj::parse(bj::string_view(json.data(), json.size())); }
bj::string_view bjs(std::string_view text) { return {text.data(), text.size()}; }

/// Members in the order of the document, two spaces a level: made for reading diffs.
void write_pretty(std::string& out, const bj::value& value, int depth) {
    std::string indent(size_t(depth + 1) * 2, ' ');
    if (auto object = value.if_object(); object && !object->empty()) {
        bool is_first = true;
        out += '{';
        for (const auto& member : *object) {
            out += (is_first ? "\n" : ",\n") + indent;
            is_first = false;
            json::write_string(out, std::string_view(member.key().data(), member.key().size()));
            out += ": ";
            write_pretty(out, member.value(), depth + 1);
        }
        out += "\n" + std::string(size_t(depth) * 2, ' ') + "}";
    } else if (auto array = value.if_array(); array && !array->empty()) {
        bool is_first = true;
        out += '[';
        for (const auto& item : *array) {
            out += (is_first ? "\n" : ",\n") + indent;
            is_first = false;
            write_pretty(out, item, depth + 1);
        }
        out += "\n" + std::string(size_t(depth) * 2, ' ') + "]";
    } else if (auto number = value.if_double()) {
        json::write_number(out, *number);
    } else {
        out += bj::serialize(value);
    }
}

bj::value reference(std::string_view schema) { return {{"$ref", "#/components/schemas/" + std::string(schema)}}; }
bj::value content(std::string_view type, bj::value schema) {
    bj::object media;
    media[bjs(type)] = bj::object{{"schema", std::move(schema)}};
    return media;
}

bj::value parameter(std::string_view name, std::string_view where, std::string_view doc, bool is_required,
                    bj::value schema) {
    return {{"name", bjs(name)},
            {"in", bjs(where)},
            {"required", is_required},
            {"description", bjs(doc)},
            {"schema", std::move(schema)}};
}

/// The properties of a described struct, as their own schemas.
bj::object properties_of(const Fields& fields, Definitions& definitions) {
    std::string name = schema_of(fields, definitions);
    return parsed(definitions[name]).as_object()["properties"].as_object();
}

bj::value parameters_of(const Route& route, Definitions& definitions) {
    bj::array all;
    for (const Hole& hole : route.holes) {
        bj::object schema{{"type", "string"}};
        if (!hole.prefix.empty()) schema["pattern"] = "^" + std::string(hole.prefix) + "_[0-9a-z]{26}$";
        all.push_back(parameter(hole.name, "path", hole.is_tail ? "A path; slashes stay as they are." : "", true,
                                std::move(schema)));
    }
    if (route.query) {
        Definitions own;
        bj::object properties = properties_of(*route.query, own);
        for (auto& [name, text] : own)
            if (name != route.query->name) definitions[name] = text;
        for (const Field& field : route.query->list)
            all.push_back(parameter(field.name, "query", field.doc, field.is_required(), properties[bjs(field.name)]));
    }
    if (route.answers == Answers::events) {
        all.push_back(parameter("after", "query", "The position after which to begin.", false, {{"type", "string"}}));
        all.push_back(parameter("limit", "query", "How many events a page has.", false,
                                {{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}}));
        all.push_back(parameter("Last-Event-ID", "header", "As after, and before it.", false, {{"type", "string"}}));
    }
    bool is_change = route.method != Method::get;
    if (is_change)
        all.push_back(parameter("Idempotency-Key", "header",
                                "The same key and request give the same answer for 24 hours.", false,
                                {{"type", "string"}, {"maxLength", 200}}));
    if (route.takes_if_match)
        all.push_back(parameter("If-Match", "header",
                                "The ETag of the version you have seen; 412 when it was changed since.", false,
                                {{"type", "string"}}));
    return all;
}

bj::value success_of(const Route& route, Definitions& definitions) {
    bj::value schema = route.response ? reference(schema_of(*route.response, definitions)) : bj::value(bj::object{});
    bj::value stream_item = {{"type", "object"}, {"properties", {{"type", {{"type", "string"}}}}}};
    auto response = [](std::string_view status, bj::object body) {
        bj::object all;
        all[bjs(status)] = std::move(body);
        return all;
    };
    switch (route.answers) {
        case Answers::nothing:
            return response("204", {{"description", "Done."}});
        case Answers::object:
            return response("200", {{"description", "The value."}, {"content", content("application/json", schema)}});
        case Answers::created:
            return response("201", {{"description", "Created; Location names it."},
                                    {"content", content("application/json", schema)}});
        case Answers::accepted:
            return response("202", {{"description", "Accepted; the work goes on."},
                                    {"content", content("application/json", schema)}});
        case Answers::page: {
            bj::value page = {
                {"type", "object"},
                {"required", {"items", "next_cursor"}},
                {"properties",
                 {{"items", {{"type", "array"}, {"items", schema}}}, {"next_cursor", {{"type", {"string", "null"}}}}}}};
            return response("200", {{"description", "A page; next_cursor asks for the next one."},
                                    {"content", content("application/json", std::move(page))}});
        }
        case Answers::bytes:
            return response(
                "200", {{"description", "The bytes."},
                        {"content", content("application/octet-stream", {{"type", "string"}, {"format", "binary"}})}});
        case Answers::following: {
            bj::value begun = {
                {"allOf",
                 {schema,
                  {{"type", "object"},
                   {"properties", {{"stream", {{"type", "string"}}}, {"after", {{"type", "string"}}}}}}}}};
            bj::object all = response("202", {{"description", "Accepted; the rest happens on the stream."},
                                              {"content", content("application/json", std::move(begun))}});
            bj::object streams;
            streams["text/event-stream"] = bj::object{{"schema", stream_item}};
            streams["application/x-ndjson"] = bj::object{{"schema", stream_item}};
            all["200"] = bj::object{
                {"description", "With Accept: text/event-stream or application/x-ndjson: the stream itself."},
                {"content", std::move(streams)}};
            return all;
        }
        case Answers::events: {
            bj::value page = {{"type", "object"},
                              {"properties",
                               {{"items", {{"type", "array"}, {"items", stream_item}}},
                                {"next_cursor", {{"type", {"string", "null"}}}}}}};
            bj::object media;
            media["application/json"] = bj::object{{"schema", std::move(page)}};
            media["text/event-stream"] = bj::object{{"schema", stream_item}};
            media["application/x-ndjson"] = bj::object{{"schema", stream_item}};
            return response("200",
                            {{"description", "The stream, followed or by the page."}, {"content", std::move(media)}});
        }
        case Answers::response:
            return response("default", {{"description", "As described."}});
    }
    return bj::object{};
}

bj::value operation_of(const Route& route, Definitions& definitions) {
    bj::object operation{{"operationId", operation_name(route)}, {"summary", bjs(route.summary)}};
    size_t space = route.cli.find(' ');
    operation["tags"] = bj::array{bjs(route.cli.empty() ? std::string_view("server") : route.cli.substr(0, space))};
    operation["x-permission"] = bjs(route.permission);
    if (!route.cli.empty()) operation["x-cli"] = "ramify " + std::string(route.cli);
    if (route.permission == anyone) operation["security"] = bj::array{};
    bj::value parameters = parameters_of(route, definitions);
    if (!parameters.as_array().empty()) operation["parameters"] = std::move(parameters);
    if (route.body)
        operation["requestBody"] =
            bj::object{{"required", true},
                       {"content", content("application/json", reference(schema_of(*route.body, definitions)))}};
    if (route.takes_file)
        operation["requestBody"] =
            bj::object{{"required", true}, {"content", bj::object{{"application/octet-stream", bj::object{}}}}};
    bj::object responses = success_of(route, definitions).as_object();
    if (!responses.contains("default"))
        responses["default"] = bj::object{{"description", "A problem."},
                                          {"content", content("application/problem+json", reference("Problem"))}};
    operation["responses"] = std::move(responses);
    return operation;
}

constexpr std::string_view problem_schema =
    R"({"type":"object","required":["type","title","status","detail","instance"],"properties":{
 "type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"code":{"type":"string"},"detail":{"type":"string","description":"What happened and what to do."},
 "instance":{"type":"string","description":"The request id."},
 "errors":{"type":"array","items":{"type":"object","required":["pointer","detail"],"properties":{"pointer":{"type":"string","description":"RFC 6901: the wrong member."},"detail":{"type":"string"}}}}}})";

std::string openapi_path(std::string_view path) {
    std::string out(path);
    if (size_t dots = out.find("...}"); dots != out.npos) out.erase(dots, 3);
    return out;
}

}  // namespace

std::string operation_name(const Route& route) {
    std::string name;
    if (!route.cli.empty()) {
        name = route.cli;
    } else {
        name = lower(name_of(route.method)) + "_";
        std::string_view path = route.path;
        if (path.starts_with("/api/v1/")) path.remove_prefix(8);
        name += path;
    }
    std::string out;
    for (char c : name) {
        bool is_word = isalnum((unsigned char)c);
        if (is_word)
            out += c;
        else if (!out.empty() && out.back() != '_')
            out += '_';
    }
    while (out.ends_with('_')) out.pop_back();
    return out;
}

std::string openapi(std::span<const Route> routes) {
    Definitions definitions;
    bj::object paths;
    for (const Route& route : routes) {
        if (!route.path.starts_with("/api/v1/")) continue;
        bj::value& item = paths[openapi_path(route.path)];
        if (!item.is_object()) item = bj::object{};
        item.as_object()[lower(name_of(route.method))] = operation_of(route, definitions);
    }
    bj::object schemas;
    schemas["Problem"] = parsed(problem_schema);
    for (const auto& [name, text] : definitions) schemas[name] = parsed(text);
    bj::object document{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Ramify"},
          {"version", "1"},
          {"description",
           "A conversation grows running software. Errors are problem documents (RFC 9457); lists have cursors; "
           "changes take Idempotency-Key and If-Match; streams are followed with Accept: text/event-stream."}}},
        {"paths", std::move(paths)},
        {"components",
         {{"schemas", std::move(schemas)},
          {"securitySchemes",
           {{"token", {{"type", "http"}, {"scheme", "bearer"}, {"description", "An API token: rmf_…"}}},
            {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "ramify_session"}}}}}}},
        {"security", {{{"token", bj::array{}}}, {{"session", bj::array{}}}}},
    };
    std::string out;
    write_pretty(out, document, 0);
    return out + "\n";
}

std::string access_matrix(std::span<const Route> routes, std::span<const RoleColumn> roles) {
    std::string out;
    auto cell = [&](std::string_view text, size_t width) {
        out += text;
        out.append(text.size() < width ? width - text.size() : 1, ' ');
    };
    auto end_line = [&] {
        while (out.ends_with(' ')) out.pop_back();
        out += '\n';
    };
    cell("", 8), cell("", 64), cell("permission", 24);
    for (const RoleColumn& role : roles) cell(role.name, 12);
    end_line();
    for (const Route& route : routes) {
        cell(name_of(route.method), 8), cell(route.path, 64), cell(route.permission, 24);
        for (const RoleColumn& role : roles) {
            bool may = route.permission == anyone || route.permission == signed_in || role.may(route.permission);
            cell(may ? "x" : "-", 12);
        }
        end_line();
    }
    return out;
}

}  // namespace ry::http

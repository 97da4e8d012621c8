#include "kernel/http/route.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace ry::http {

std::vector<Hole> holes_of(std::string_view path) {
    ENSURE(path.starts_with('/'));
    std::vector<Hole> holes;
    for (std::string_view segment : split(path.substr(1), '/')) {
        ENSURE(!segment.empty() || path == "/");
        if (segment.empty() || segment.front() != '{') continue;
        ENSURE(segment.size() > 2 && segment.back() == '}');
        ENSURE(holes.empty() || !holes.back().is_tail);
        Hole hole{segment.substr(1, segment.size() - 2)};
        if (hole.name.ends_with("...")) {
            hole.name.remove_suffix(3);
            hole.is_tail = true;
        }
        holes.push_back(hole);
    }
    return holes;
}

Result<void> check_routes(std::span<const Route> routes) {
    std::set<std::string> paths, commands;
    for (const Route& route : routes) {
        std::string shape = std::string(name_of(route.method)) + " ";
        for (std::string_view segment : split(route.path, '/'))
            (shape += segment.starts_with('{') ? "{}" : std::string(segment)) += '/';
        if (!paths.insert(shape).second)
            return fail(Code::bug, "two routes have the address " + std::string(name_of(route.method)) + " " +
                                       std::string(route.path));
        if (!route.cli.empty() && !commands.insert(std::string(route.cli)).second)
            return fail(Code::bug, "two routes have the command \"" + std::string(route.cli) + "\"");
        if (route.permission.empty())
            return fail(Code::bug, "the route " + std::string(route.path) + " names no permission");
        if (bool(route.act) == bool(route.read))
            return fail(Code::bug, "the route " + std::string(route.path) + " needs exactly one function");
    }
    return {};
}

Result<void> IfMatch::check(int64_t current) const {
    if (none_matches || (version && *version != current))
        return fail(Code::stale, "it was changed since you read it (it is at version " + std::to_string(current) +
                                     "); read it again and repeat the change");
    return {};
}

Result<void> IfMatch::check_tag(std::string_view current) const {
    bool is_given = none_matches || version;
    if (is_given && std::ranges::find(tags, current) == tags.end()) return fail(Code::stale, "it was changed since you read it; read it again and repeat the change");
    return {};
}

Route route::read(std::string_view path, std::string_view permission, std::string_view cli, std::string_view summary,
                  ReadShape shape, Read read) {
    Route made{.method = Method::get,
               .path = path,
               .permission = permission,
               .cli = cli,
               .summary = summary,
               .holes = holes_of(path),
               .query = shape.query,
               .response = shape.response,
               .answers = shape.answers,
               .read = std::move(read)};
    ENSURE(shape.hole_prefixes.size() == made.holes.size());
    for (size_t i = 0; i < made.holes.size(); ++i) made.holes[i].prefix = shape.hole_prefixes[i];
    return made;
}

namespace {

/// One query parameter as the JSON that its field's kind asks for; what does not read as that kind stays a string, and
/// the decoder says what is wrong with it.
void write_parameter(std::string& json, const Field* field, std::string_view value) {
    std::string_view kind = field ? field->ops->kind : "string";
    bool is_literal = kind == "integer" || kind == "number" || kind == "boolean" || kind == "array" ||
                      kind == "object" || kind == "json";
    if (is_literal && json::is_valid(value))
        json += value;
    else
        json::write_string(json, value);
}

}  // namespace

Result<void> read_query(std::string_view query, const Fields& fields, void* object) {
    auto parameters = parse_query(query);
    if (!parameters)
        return fail(Code::invalid,
                    "the query string is broken: check its percent-escapes and that it has at most 100 parameters");
    std::set<std::string_view> seen;
    std::string json = "{";
    for (const QueryParameter& parameter : *parameters) {
        if (!seen.insert(parameter.name).second) return invalid("/" + parameter.name, "is given twice");
        if (json.size() > 1) json += ',';
        json::write_string(json, parameter.name);
        json += ':';
        write_parameter(json, fields.find(parameter.name), parameter.value);
    }
    return from_json(json + "}", fields, object);
}

Result<void> read_no_query(std::string_view query) {
    static const Fields none{"NoQuery", {}};
    char nothing;
    return read_query(query, none, &nothing);
}

namespace detail {

Result<void> read_object(const Call& call, bool is_query, const Fields& fields, void* object) {
    const Request& request = call.info.request;
    if (is_query) return read_query(request.query(), fields, object);
    return from_json(request.body.empty() ? std::string_view("{}") : std::string_view(request.body), fields, object);
}

Result<IfMatch> if_match_of(const Call& call) {
    std::string_view given = call.info.request.headers.get("If-Match");
    if (given.empty() || trim(given) == "*") return IfMatch{};
    IfMatch match{.none_matches = true};
    for (std::string_view tag : split(given, ',')) {
        tag = trim(tag);
        if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"')
            continue;  // weak tags never match here (RFC 9110 §13.1.1)
        match.tags.emplace_back(tag.substr(1, tag.size() - 2));
        if (auto version = parse_int(match.tags.back())) match.version = version, match.none_matches = false;
    }
    return match;
}

Error no_such_object() {
    return fail(Code::not_found, "there is no such object, or you may not see it; check the id in the address");
}

void follow_members(std::string& json, const std::string& events, const std::string& after) {
    json.pop_back();
    if (json.size() > 1) json += ',';
    json += "\"stream\":";
    json::write_string(json, events);
    json += ",\"after\":";
    json::write_string(json, after);
    json += '}';
}

Reply reply_with_object(int status, const Fields& fields, const void* object) {
    Reply reply{.status = status};
    write_json(reply.body, fields, object);
    const Field* version = fields.find("version");
    if (version && version->ops->kind == "integer" && !version->ops->is_optional)
        version->ops->to_text(reply.etag, version->of(object));
    return reply;
}

Reply reply_with_bytes(Bytes bytes) {
    Reply reply{
        .content_type = std::move(bytes.content_type), .body = std::move(bytes.bytes), .etag = std::move(bytes.etag)};
    if (!bytes.download_name.empty())
        reply.headers.add("Content-Disposition",
                          "attachment; filename*=UTF-8''" + percent_encoded(bytes.download_name));
    return reply;
}

}  // namespace detail
}  // namespace ry::http

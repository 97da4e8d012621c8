#include <boost/json.hpp>

#include "base/text.h"
#include "kernel/http/openapi.h"

namespace ry::http {

namespace {

namespace bj = boost::json;

std::string text(const bj::value& value) {
    auto string = value.if_string();
    return string ? std::string(string->data(), string->size()) : std::string();
}

std::string type_of(const bj::value& schema);

std::string joined(const bj::array& schemas, std::string_view separator) {
    std::string out;
    for (const auto& one : schemas) (out += out.empty() ? "" : separator) += type_of(one);
    return out;
}

std::string type_of(const bj::value& value) {
    const bj::object& schema = value.as_object();
    if (auto ref = schema.if_contains("$ref")) {
        std::string name = text(*ref);
        return name.substr(name.rfind('/') + 1);
    }
    if (auto list = schema.if_contains("enum")) {
        std::string out;
        for (const auto& one : list->as_array()) (out += out.empty() ? "" : " | ") += bj::serialize(one);
        return out;
    }
    if (auto any = schema.if_contains("anyOf")) return joined(any->as_array(), " | ");
    auto type = schema.if_contains("type");
    std::string name = type ? text(*type) : "";
    if (name == "integer" || name == "number") return "number";
    if (name == "string" || name == "boolean" || name == "null") return name;
    if (name == "array") {
        std::string item = type_of(schema.at("items"));
        return item.find('|') == item.npos ? item + "[]" : "(" + item + ")[]";
    }
    return "unknown";
}

void write_doc(std::string& out, std::string_view indent, std::string_view doc) {
    if (!doc.empty()) ((((out += indent) += "/** ") += doc) += " */\n");
}

void write_interface(std::string& out, std::string_view name, const Fields& fields, const bj::object& schema,
                     bool is_input) {
    ((out += "export interface ") += name) += " {\n";
    const bj::object& properties = schema.at("properties").as_object();
    for (const Field& field : fields.list) {
        write_doc(out, "  ", field.doc);
        out += "  " + std::string(field.name) + (is_input && !field.is_required() ? "?: " : ": ") +
               type_of(properties.at(bj::string_view(field.name.data(), field.name.size()))) + ";\n";
    }
    out += "}\n\n";
}

/// Interfaces of schemas that only other schemas name: their members are known from the schema alone.
void write_interface(std::string& out, std::string_view name, const bj::object& schema) {
    ((out += "export interface ") += name) += " {\n";
    for (const auto& member : schema.at("properties").as_object()) {
        auto doc = member.value().as_object().if_contains("description");
        write_doc(out, "  ", doc ? text(*doc) : "");
        bool is_required = false;
        for (const auto& required : schema.at("required").as_array())
            is_required |= text(required) == std::string_view(member.key().data(), member.key().size());
        bool is_nullable = member.value().as_object().contains("anyOf");
        out += "  " + std::string(member.key()) + (is_required || is_nullable ? ": " : "?: ") +
               type_of(member.value()) + ";\n";
    }
    out += "}\n\n";
}

std::string result_of(const Route& route) {
    std::string value(route.response ? route.response->name : "unknown");
    switch (route.answers) {
        case Answers::nothing:
            return "void";
        case Answers::page:
            return "Page<" + value + ">";
        case Answers::following:
            return "Following<" + value + ">";
        case Answers::events:
            return "Page<StreamEvent>";
        case Answers::bytes:
            return "Blob";
        case Answers::response:
            return "unknown";
        default:
            return value;
    }
}

/// "`/api/v1/chats/${part(chat_id)}`"; a tail keeps its slashes.
std::string path_expression(const Route& route) {
    std::string out = "`";
    for (size_t at = 0; at < route.path.size(); ++at) {
        if (route.path[at] != '{') {
            out += route.path[at];
            continue;
        }
        size_t end = route.path.find('}', at);
        std::string name(route.path.substr(at + 1, end - at - 1));
        bool is_tail = name.ends_with("...");
        if (is_tail) name.resize(name.size() - 3);
        out += (is_tail ? "${parts(" : "${part(") + name + ")}";
        at = end;
    }
    return out + "`";
}

void write_operation(std::string& out, const Route& route) {
    std::string name = operation_name(route), parameters, holes;
    for (const Hole& hole : route.holes) (holes += holes.empty() ? "" : ", ") += std::string(hole.name) + ": string";
    parameters = holes;
    auto add = [&](const std::string& one) { (parameters += parameters.empty() ? "" : ", ") += one; };
    bool is_query_required = false;
    if (route.query)
        for (const Field& field : route.query->list) is_query_required |= field.is_required();
    if (route.body) add("body: " + std::string(route.body->name));
    if (route.query)
        add("query: " + std::string(route.query->name) + (is_query_required ? "" : " = {}"));
    else if (route.answers == Answers::events)
        add("query: EventsQuery = {}");
    add("options: CallOptions = {}");
    bool has_query = route.query || route.answers == Answers::events;
    write_doc(out, "",
              std::string(route.summary) + (route.cli.empty() ? "" : " (ramify " + std::string(route.cli) + ")"));
    out += "export function " + name + "(" + parameters + "): Promise<" + result_of(route) + "> {\n";
    out += "  return call(\"" + std::string(name_of(route.method)) + "\", " + path_expression(route) + ", " +
           (has_query ? "query" : "undefined") + ", " + (route.body ? "body" : "undefined") + ", options);\n}\n";
    if (route.answers == Answers::events || route.answers == Answers::bytes) {
        write_doc(out, "", "The address of " + name + ".");
        out +=
            "export function " + name + "_url(" + holes + "): string {\n  return " + path_expression(route) + ";\n}\n";
    }
    out += "\n";
}

constexpr std::string_view runtime = R"ts(// Made from the server's table of routes by `./dev gen`; not edited by hand.

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** The value, and where the rest will happen. */
export type Following<T> = T & { stream: string; after: string };

export interface StreamEvent {
  id: string;
  type: string;
  seq?: number;
  [member: string]: unknown;
}

export interface EventsQuery {
  after?: string;
  limit?: number;
  cursor?: string;
}

export interface CallOptions {
  signal?: AbortSignal;
  if_match?: string | number;
  idempotency_key?: string;
}

/** A problem document (RFC 9457) that the server answered with. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly request_id: string,
    readonly errors: { pointer: string; detail: string }[] = [],
    readonly retry_after_s?: number,
  ) {
    super(detail);
    this.name = "Problem";
  }
}

let csrf_token = "";
/** What changes must carry when the session is a cookie; the session's own answer names it. */
export function set_csrf_token(token: string) {
  csrf_token = token;
}

const part = encodeURIComponent;
const parts = (path: string) => path.split("/").map(part).join("/");

async function problem_of(response: Response): Promise<Problem> {
  const retry = Number(response.headers.get("Retry-After")) || undefined;
  try {
    const body = await response.json();
    return new Problem(response.status, body.code ?? "", body.detail ?? response.statusText, body.instance ?? "", body.errors ?? [], retry);
  } catch {
    return new Problem(response.status, "", response.statusText, response.headers.get("X-Request-Id") ?? "", [], retry);
  }
}

async function call<T>(method: string, path: string, query: object | undefined, body: unknown, options: CallOptions): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf_token) headers["X-CSRF-Token"] = csrf_token;
  if (options.if_match !== undefined) headers["If-Match"] = `"${options.if_match}"`;
  if (options.idempotency_key) headers["Idempotency-Key"] = options.idempotency_key;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined && value !== null) search.set(name, String(value));
  const address = search.size ? `${path}?${search}` : path;
  const response = await fetch(address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: options.signal });
  if (!response.ok) throw await problem_of(response);
  if (response.status === 204) return undefined as T;
  const type = response.headers.get("Content-Type") ?? "";
  return (type.includes("json") ? await response.json() : await response.blob()) as T;
}

)ts";

}  // namespace

std::string typescript_client(std::span<const Route> routes) {
    std::string out(runtime);
    Definitions definitions;
    std::map<std::string, const Fields*, std::less<>> inputs, outputs;
    for (const Route& route : routes) {
        for (const Fields* fields : {route.body, route.query, route.response})
            if (fields) (fields == route.response ? outputs : inputs)[schema_of(*fields, definitions)] = fields;
    }
    for (const auto& [name, schema] : definitions) {
        bj::value value = bj::parse(schema);
        auto input = inputs.find(name), output = outputs.find(name);
        if (output != outputs.end())
            write_interface(out, name, *output->second, value.as_object(), false);
        else if (input != inputs.end())
            write_interface(out, name, *input->second, value.as_object(), true);
        else
            write_interface(out, name, value.as_object());
    }
    for (const Route& route : routes)
        if (route.path.starts_with("/api/v1/")) write_operation(out, route);
    while (out.ends_with("\n\n")) out.pop_back();
    return out;
}

}  // namespace ry::http

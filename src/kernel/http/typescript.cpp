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

/// The type of an interface's member; free JSON is named after the member, so that a client can say what is in it.
std::string member_type(std::string_view owner, std::string_view member, const bj::value& schema) {
    std::string type = type_of(schema);
    if (type.starts_with("unknown"))
        type.replace(0, 7, "Json<\"" + std::string(owner) + "." + std::string(member) + "\">");
    return type;
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
               member_type(name, field.name, properties.at(bj::string_view(field.name.data(), field.name.size()))) +
               ";\n";
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
               member_type(name, member.key(), member.value()) + ";\n";
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

/// `is_whole`: the query is also the shape of an answer, whose members are all there.
void write_operation(std::string& out, const Route& route, bool is_whole) {
    std::string name = operation_name(route), parameters, holes;
    for (const Hole& hole : route.holes) (holes += holes.empty() ? "" : ", ") += std::string(hole.name) + ": string";
    parameters = holes;
    auto add = [&](const std::string& one) { (parameters += parameters.empty() ? "" : ", ") += one; };
    bool is_query_required = is_whole;
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
    out += std::string("  return ") + (route.answers == Answers::bytes ? "call_bytes" : "call") + "(\"" +
           std::string(name_of(route.method)) + "\", " + path_expression(route) + ", " +
           (has_query ? "query" : "undefined") + ", " + (route.body ? "body" : "undefined") + ", options);\n}\n";
    if (route.answers == Answers::events || route.answers == Answers::bytes) {
        bool is_queried = route.answers == Answers::bytes && route.query;
        std::string query = is_queried ? ", query: " + std::string(route.query->name) + " = {}" : "";
        write_doc(out, "", "The address of " + name + ".");
        out += "export function " + name + "_url(" + holes + query + "): string {\n  return " +
               (is_queried ? "with_query(" + path_expression(route) + ", query)" : path_expression(route)) + ";\n}\n";
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

/** Members that hold free JSON, as "Interface.member"; who knows what is in one says so by extending this interface. */
export interface KnownJson {}
type Json<Member extends string> = Member extends keyof KnownJson ? KnownJson[Member] : unknown;

export interface CallOptions {
  signal?: AbortSignal;
  if_match?: string | number;
  idempotency_key?: string;
}

/** A problem document (RFC 9457) that the server answered with; `message` is written for the person. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: { pointer: string; detail: string }[] = [],
    readonly request_id: string | null = null,
    readonly retry_after_s: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Carries every request to the server; what it throws, the caller gets. */
export type Transport = (address: string, request: RequestInit & { headers: Record<string, string> }) => Promise<Response>;
let transport: Transport = (address, request) => fetch(address, request);
export function use_transport(wanted: Transport) {
  transport = wanted;
}

let csrf_token = "";
/** What changes must carry when the session is a cookie; the session's own answer names it. */
export function use_csrf_token(token: string) {
  csrf_token = token;
}

const part = encodeURIComponent;
const parts = (path: string) => path.split("/").map(part).join("/");

function with_query(path: string, query: object = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null) search.set(name, String(value));
  return search.size ? `${path}?${search}` : path;
}

export async function problem_of(response: Response): Promise<ApiError> {
  // A proxy's page is no problem document: the status is then all there is to tell.
  const body = await response.json().catch(() => ({}));
  return new ApiError(
    response.status,
    body.code ?? `http_${response.status}`,
    body.detail ?? body.title ?? `The server answered ${response.status}.`,
    body.errors ?? [],
    body.instance ?? response.headers.get("X-Request-Id"),
    Number(response.headers.get("Retry-After")) || null,
  );
}

async function send(method: string, path: string, query: object | undefined, body: unknown, options: CallOptions, accept = "application/json"): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf_token) headers["X-CSRF-Token"] = csrf_token;
  if (options.if_match !== undefined) headers["If-Match"] = `"${options.if_match}"`;
  if (options.idempotency_key) headers["Idempotency-Key"] = options.idempotency_key;
  const response = await transport(with_query(path, query), { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: options.signal });
  if (!response.ok) throw await problem_of(response);
  return response;
}

async function call<T>(method: string, path: string, query: object | undefined, body: unknown, options: CallOptions): Promise<T> {
  const response = await send(method, path, query, body, options);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function call_bytes(method: string, path: string, query: object | undefined, body: unknown, options: CallOptions): Promise<Blob> {
  return (await send(method, path, query, body, options, "*/*")).blob();
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
        if (route.path.starts_with("/api/v1/"))
            write_operation(out, route, route.query && outputs.contains(route.query->name));
    while (out.ends_with("\n\n")) out.pop_back();
    return out;
}

}  // namespace ry::http

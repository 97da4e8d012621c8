#pragma once
// HTTP messages as values: what a request said and what the answer says. Nothing here knows of sockets or threads.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ry::http {

enum class Method : uint8_t { get, head, post, put, patch, del, options, other };
std::string_view name_of(Method method);  ///< "GET"; "DELETE" for del; "" for other
Method method_of(std::string_view name);

struct Header {
    std::string name;
    std::string value;
};

/// Header fields in the order of the wire; names compare without case.
class Headers {
public:
    void add(std::string_view name, std::string_view value) {
        fields_.push_back({std::string(name), std::string(value)});
    }
    void set(std::string_view name, std::string_view value);  ///< replaces every field of that name
    void remove(std::string_view name);
    /// The first value of `name`, or "" when the field is absent.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const { return find(name) != nullptr; }
    const Header* find(std::string_view name) const;  ///< null when absent
    /// True when the comma-separated values of `name` contain `token`, compared without case.
    bool lists(std::string_view name, std::string_view token) const;

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    size_t size() const { return fields_.size(); }

private:
    std::vector<Header> fields_;
};

/// One request as it came, its body whole (or, for a proxied request, the head alone).
struct Request {
    Method method = Method::get;
    std::string method_name;  ///< as on the wire, also when `method` is other
    std::string target;       ///< as on the wire: "/api/v1/chats?limit=5"
    Headers headers;
    std::string body;
    std::string address;  ///< the client's IP address
    int version = 11;     ///< 10 or 11
    bool keep_alive = true;
    bool is_secure = false;  ///< came over TLS

    std::string_view path() const {
        return std::string_view(target).substr(0, target.find('?'));
    }                                ///< still percent-encoded
    std::string_view query() const;  ///< without the '?'
    std::string_view host() const { return headers.get("Host"); }
};

/// One answer. `Content-Length`, `Date` and `Connection` are written by the server.
struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    /// Bytes that live as long as the process (embedded files), sent instead of `body` when not empty.
    std::string_view constant_body;

    std::string_view content() const { return constant_body.empty() ? std::string_view(body) : constant_body; }
};

std::string_view reason_of(int status);  ///< "Not Found"
Response text_response(int status, std::string_view content_type, std::string body);
Response json_response(int status, std::string body);

/// The answer to a failed request: an RFC 9457 problem document, with Retry-After when the error says when to return.
/// `error.cause` is never part of it.
/// `status` replaces that of the error's code.
Response problem_response(const Error& error, std::string_view request_id, std::optional<int> status = {});

// --- percent-encoding and query strings (RFC 3986; '+' means a space in queries) ---
std::optional<std::string> percent_decoded(std::string_view text);  ///< absent for a broken escape, NUL or broken UTF-8
std::string percent_encoded(std::string_view text);                 ///< everything but unreserved characters
struct QueryParameter {
    std::string name;
    std::string value;
};
/// Absent when an escape is broken. At most 100 parameters.
std::optional<std::vector<QueryParameter>> parse_query(std::string_view query);

/// How much the client wants `media_type` by its Accept field (RFC 9110 §12.5.1): 0 (never) to 1.
double acceptance(std::string_view accept, std::string_view media_type);

}  // namespace ry::http

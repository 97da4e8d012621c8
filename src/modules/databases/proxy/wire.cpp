#include "modules/databases/proxy/wire.h"

#include <algorithm>

#include "base/check.h"
#include "modules/databases/proxy/proxy.h"

namespace ry::databases {
namespace {

// PostgreSQL's src/include/libpq/pqcomm.h: a major version of 1234 says that the minor one is a request.
constexpr uint32_t cancel_code = 1234 << 16 | 5678, ssl_code = 1234 << 16 | 5679, gss_code = 1234 << 16 | 5680;
constexpr size_t cancel_secret_bytes_max = 256;

Error protocol_error(std::string what) {
    return fail(Code::invalid, what + "; this port speaks PostgreSQL's protocol, version 3");
}

Result<StartUp> parse_session(uint32_t version, BodyReader body) {
    if (version >> 16 != 3)
        return protocol_error("protocol version " + std::to_string(version >> 16) + "." +
                              std::to_string(version & 0xffff) + " is not spoken here");
    StartUp session{.kind = StartUp::Kind::session, .minor = int(version & 0xffff)};
    for (;;) {
        std::string_view name = body.text();
        if (body.is_bad()) return protocol_error("the start-up packet ends in the middle of a parameter");
        if (name.empty()) break;
        std::string_view value = body.text();
        if (body.is_bad()) return protocol_error("the start-up packet ends in the middle of a parameter");
        if (name.starts_with("_pq_."))
            session.protocol_options.emplace_back(name);
        else
            session.parameters.emplace_back(name, value);
    }
    if (!body.rest().empty()) return protocol_error("the start-up packet goes on after its end");
    if (session.parameter("user").empty()) return protocol_error("the start-up packet names no user");
    return session;
}

}  // namespace

std::string_view StartUp::parameter(std::string_view name) const {
    std::string_view found;
    for (const auto& [key, value] : parameters)
        if (key == name) found = value;
    return found;
}

Result<StartUp> parse_start_up(std::string_view text) {
    BodyReader body(text);
    uint32_t code = body.integer();
    if (code == ssl_code || code == gss_code) {
        if (!body.rest().empty()) return protocol_error("the request for encryption has a wrong length");
        return StartUp{.kind = code == ssl_code ? StartUp::Kind::ssl_request : StartUp::Kind::gss_request};
    }
    if (code != cancel_code) return parse_session(code, body);
    StartUp cancel{.kind = StartUp::Kind::cancel};
    cancel.cancel.process = body.integer();
    cancel.cancel.secret = body.rest();
    if (body.is_bad() || cancel.cancel.secret.size() < 4 || cancel.cancel.secret.size() > cancel_secret_bytes_max)
        return protocol_error("the cancel request has a wrong length");
    return cancel;
}

// ---- MessageEnds

void MessageEnds::add(std::string_view bytes) {
    while (!bytes.empty()) {
        if (rest_ > 0) {
            size_t count = size_t(std::min<uint64_t>(rest_, bytes.size()));
            rest_ -= count;
            bytes.remove_prefix(count);
            continue;
        }
        if (head_bytes_++ > 0) length_ = length_ << 8 | static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        if (head_bytes_ < head_bytes_max) continue;
        rest_ = std::max(length_, 4u) - 4;  // the length counts itself
        head_bytes_ = 0;
        length_ = 0;
    }
}

// ---- Frame

Frame::Frame(bool has_type, size_t bytes_max)
    : head_bytes_(has_type ? 5 : 4), bytes_max_(bytes_max), total_(head_bytes_) {}

size_t Frame::missing() const { return total_ - bytes_.size(); }

void Frame::clear() {
    bytes_.clear();
    total_ = head_bytes_;
}

Result<void> Frame::add(std::string_view bytes) {
    ENSURE(bytes.size() <= missing());
    bool had_head = bytes_.size() >= head_bytes_;
    bytes_ += bytes;
    if (had_head || bytes_.size() < head_bytes_) return {};
    size_t length = BodyReader(std::string_view(bytes_).substr(head_bytes_ - 4)).integer();
    bool has_type = head_bytes_ == 5;
    size_t length_min = has_type ? 4 : 8;  // a start-up packet has at least a version
    if (length < length_min || length > bytes_max_)
        return protocol_error("a length of " + std::to_string(length) + " bytes cannot be");
    total_ = length + (has_type ? 1 : 0);
    return {};
}

// ---- reading

uint32_t BodyReader::integer() {
    std::string_view four = bytes(4);
    uint32_t value = 0;
    for (char c : four) value = value << 8 | uint8_t(c);
    return value;
}

std::string_view BodyReader::text() {
    size_t end = rest_.find('\0');
    if (end == rest_.npos) {
        is_bad_ = true;
        return {};
    }
    std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return found;
}

std::string_view BodyReader::bytes(size_t count) {
    if (count > rest_.size()) {
        is_bad_ = true;
        return {};
    }
    std::string_view found = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return found;
}

// ---- writing

std::string integer_bytes(uint32_t value) {
    return {char(value >> 24), char(value >> 16), char(value >> 8), char(value)};
}

std::string message(char type, std::string_view body) {
    return type + integer_bytes(uint32_t(body.size() + 4)) + std::string(body);
}

namespace {

std::string packet(std::string_view body) { return integer_bytes(uint32_t(body.size() + 4)) + std::string(body); }

}  // namespace

std::string authentication(Authentication what, std::string_view data) {
    return message('R', integer_bytes(uint32_t(what)) + std::string(data));
}

std::string cancel_key_message(const CancelKey& key) { return message('K', integer_bytes(key.process) + key.secret); }

std::string cancel_request(const CancelKey& key) {
    return packet(integer_bytes(cancel_code) + integer_bytes(key.process) + key.secret);
}

std::string start_up_packet(const Parameters& parameters) {
    std::string body = integer_bytes(3 << 16);
    for (const auto& [name, value] : parameters) body += name + '\0' + value + '\0';
    return packet(body + '\0');
}

std::string negotiate_protocol_version(const std::vector<std::string>& unknown_options) {
    std::string body = integer_bytes(3 << 16) + integer_bytes(uint32_t(unknown_options.size()));
    for (const std::string& option : unknown_options) body += option + '\0';
    return message('v', body);
}

namespace {

/// The body of an ErrorResponse or a NoticeResponse.
std::string report(std::string_view severity, std::string_view sql_state, std::string_view text) {
    std::string body;
    auto field = [&](char name, std::string_view value) { body += name + std::string(value) + '\0'; };
    field('S', severity);
    field('V', severity);
    field('C', sql_state);
    field('M', text);
    return body + '\0';
}

}  // namespace

std::string fatal(std::string_view sql_state, std::string_view text) {
    return message('E', report("FATAL", sql_state, text));
}

std::string warning(std::string_view text) { return message('N', report("WARNING", "01000", text)); }

std::string_view sql_state_of(const Error& error) {
    if (error.cause == sql_state_disk_full) return sql_state_disk_full;
    switch (error.code) {
        case Code::invalid:
            return "22023";  // invalid_parameter_value
        case Code::unauthenticated:
            return "28P01";  // invalid_password
        case Code::forbidden:
            return "42501";  // insufficient_privilege
        case Code::not_found:
            return "3D000";  // invalid_catalog_name
        case Code::conflict:
            return "55006";  // object_in_use
        case Code::stale:
            return "55000";  // object_not_in_prerequisite_state
        case Code::too_large:
            return "54000";  // program_limit_exceeded
        case Code::unsupported:
            return "0A000";  // feature_not_supported
        case Code::over_quota:
            return "53300";  // too_many_connections
        case Code::cancelled:
            return "57P01";  // admin_shutdown
        case Code::bug:
            return "XX000";  // internal_error
        case Code::unavailable:
        case Code::timed_out:
            return "57P03";  // cannot_connect_now
    }
    return "XX000";
}

BackendError parse_error(std::string_view text) {
    BackendError error;
    for (BodyReader body(text);;) {
        std::string_view type = body.bytes(1);
        if (body.is_bad() || type[0] == '\0') return error;
        std::string_view value = body.text();
        if (type == "C") error.sql_state = value;
        if (type == "M") error.text = value;
    }
}

}  // namespace ry::databases

#include "modules/databases/liquibase/wire_watch.h"

#include <algorithm>
#include <utility>

namespace ry::databases::liquibase {
namespace {

constexpr size_t length_bytes = 4;

uint32_t number_at(std::string_view bytes, size_t at) {
    uint32_t number = 0;
    for (size_t i = 0; i < length_bytes; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

std::string_view until_zero(std::string_view bytes) { return bytes.substr(0, bytes.find('\0')); }

/// The statements by which Liquibase records that a changeset ran, whatever the table's name.
bool records_a_changeset(std::string_view statement) {
    if (statement.starts_with("INSERT INTO "))
        return statement.find(" (ID, AUTHOR, FILENAME, DATEEXECUTED, ORDEREXECUTED, MD5SUM") != statement.npos;
    return statement.starts_with("UPDATE ") && statement.find(" SET DATEEXECUTED = ") != statement.npos &&
           statement.find("MD5SUM = ") != statement.npos;
}

ServerError error_of(std::string_view body, const std::string& statement) {
    ServerError error{.statement = statement};
    while (!body.empty() && body.front() != '\0') {
        char field = body.front();
        std::string_view value = until_zero(body.substr(1));
        body.remove_prefix(std::min(value.size() + 2, body.size()));
        if (field == 'C') error.sqlstate = value;
        if (field == 'M') error.message = value;
        if (field == 'D') error.detail = value;
        if (field == 'H') error.hint = value;
    }
    return error;
}

}  // namespace

void WireWatch::from_client(std::string_view bytes) {
    Framing& now = client_;
    while (!bytes.empty()) {
        if (now.left == 0) {
            size_t wanted = length_bytes + has_started_;
            size_t taken = std::min(wanted - now.header.size(), bytes.size());
            now.header += bytes.substr(0, taken);
            bytes.remove_prefix(taken);
            if (now.header.size() < wanted) return;
            now.kind = has_started_ ? now.header[0] : '\0';
            uint32_t length = number_at(now.header, has_started_);
            now.header.clear();
            now.body.clear();
            has_started_ = true;
            now.left = length > length_bytes ? length - length_bytes : 0;
            if (now.left == 0) client_message(now);
            continue;
        }
        size_t taken = size_t(std::min<uint64_t>(now.left, bytes.size()));
        bool is_read = now.kind == 'P' || now.kind == 'Q';
        if (is_read)
            now.body += bytes.substr(0, std::min(taken, text_bytes_max - std::min(text_bytes_max, now.body.size())));
        bytes.remove_prefix(taken);
        now.left -= taken;
        if (now.left == 0) client_message(now);
    }
}

void WireWatch::client_message(const Framing& message) {
    std::string_view text = message.body;
    if (message.kind == 'P')
        text.remove_prefix(std::min(until_zero(text).size() + 1, text.size()));  // the name of the prepared statement
    else if (message.kind != 'Q')
        return;
    statement_ = until_zero(text);
    is_marked_ |= records_a_changeset(statement_);
}

size_t WireWatch::from_server(std::string_view bytes) {
    Framing& now = server_;
    size_t at = 0;
    while (at < bytes.size()) {
        if (now.left == 0) {
            constexpr size_t wanted = length_bytes + 1;
            size_t taken = std::min(wanted - now.header.size(), bytes.size() - at);
            now.header += bytes.substr(at, taken);
            at += taken;
            if (now.header.size() < wanted) return at;
            now.kind = now.header[0];
            uint32_t length = number_at(now.header, 1);
            now.header.clear();
            now.body.clear();
            now.left = length > length_bytes ? length - length_bytes : 0;
            continue;
        }
        size_t taken = size_t(std::min<uint64_t>(now.left, bytes.size() - at));
        if (now.kind == 'E' || now.kind == 'Z')
            now.body += bytes.substr(at, std::min(taken, text_bytes_max - std::min(text_bytes_max, now.body.size())));
        at += taken;
        now.left -= taken;
        if (now.left == 0 && server_message(now)) return at;
    }
    return at;
}

bool WireWatch::server_message(const Framing& message) {
    if (message.kind == 'E') error_ = error_of(message.body, statement_);
    bool is_idle = message.kind == 'Z' && message.body == "I";
    if (!is_idle || !is_marked_) return false;
    is_marked_ = false;
    return is_recorded_ = true;
}

bool WireWatch::take_recorded() { return std::exchange(is_recorded_, false); }

}  // namespace ry::databases::liquibase

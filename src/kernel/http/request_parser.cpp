#include "kernel/http/request_parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include "base/text.h"

namespace ry::http {

namespace beast = boost::beast;
using beast::error_code;
using beast::http::field;

/// Puts what Beast finds straight into a Request.
class RequestParser::Reader : public beast::http::basic_parser<true> {
public:
    Request request;
    uint64_t body_bytes = 0;
    int hosts = 0;
    int lengths = 0;
    std::string complaint;  ///< why a field callback stopped the parser
    int complaint_status = 400;

    explicit Reader(const Limits& limits) : target_bytes_max_(limits.target_bytes_max) {
        header_limit(uint32_t(limits.head_bytes_max));
        body_limit(boost::none);  // limited by RequestParser, which knows the route
        eager(false);
    }

private:
    size_t target_bytes_max_;

    void complain(error_code& error, int status, std::string text) {
        complaint_status = status;
        complaint = std::move(text);
        error = beast::http::error::bad_value;
    }
    /// "http://host/path" (RFC 9112 §3.2.2) becomes the path, and its host goes before the Host field.
    bool normalise_target() {
        std::string& target = request.target;
        if (target.starts_with('/') || (target == "*" && request.method == Method::options)) return true;
        size_t host_start = target.starts_with("http://") ? 7 : target.starts_with("https://") ? 8 : 0;
        if (host_start == 0) return false;
        size_t host_end = std::min(target.find_first_of("/?", host_start), target.size());
        if (host_end == host_start) return false;
        request.headers.set("Host", std::string_view(target).substr(host_start, host_end - host_start));
        target.erase(0, host_end);
        if (!target.starts_with('/')) target.insert(0, "/");
        return true;
    }
    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                         error_code& error) override {
        if (target.size() > target_bytes_max_)
            return complain(error, 414, "the address has more than " + std::to_string(target_bytes_max_) + " bytes");
        request.method_name = method;
        request.method = method_of(request.method_name);
        request.target = target;
        request.version = version;
    }
    void on_response_impl(int, beast::string_view, int, error_code&) override {}
    void on_field_impl(field name, beast::string_view name_text, beast::string_view value, error_code& error) override {
        if (name == field::content_length && (++lengths > 1 || value.find(',') != value.npos))
            return complain(error, 400, "Content-Length stands more than once");
        if (name == field::host && ++hosts > 1) return complain(error, 400, "Host stands more than once");
        if (name == field::transfer_encoding && !beast::iequals(value, "chunked"))
            return complain(error, 501, "the only transfer coding that is read here is chunked");
        request.headers.add(name_text, value);
    }
    void on_header_impl(error_code& error) override {
        if (!normalise_target()) return complain(error, 400, "the request's address must be a path");
        if (request.version >= 11 && hosts == 0) return complain(error, 400, "HTTP/1.1 requests need a Host field");
        request.keep_alive = request.version >= 11 && keep_alive();
    }
    void on_body_init_impl(const boost::optional<uint64_t>& length, error_code&) override {
        constexpr uint64_t reserved_max = 64 * 1024;  // more is taken when it has come
        if (length) request.body.reserve(std::min(*length, reserved_max));
    }
    size_t on_body_impl(beast::string_view bytes, error_code&) override {
        body_bytes += bytes.size();
        request.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(uint64_t, beast::string_view, error_code&) override {}
    size_t on_chunk_body_impl(uint64_t, beast::string_view bytes, error_code& error) override {
        return on_body_impl(bytes, error);
    }
    void on_finish_impl(error_code&) override {}
};

RequestParser::RequestParser(const Limits& limits) : reader_(std::make_unique<Reader>(limits)), limits_(limits) {}
RequestParser::~RequestParser() = default;

Request& RequestParser::request() { return reader_->request; }
bool RequestParser::is_chunked() const { return reader_->chunked(); }
bool RequestParser::has_body() const { return is_chunked() || content_length().value_or(0) > 0; }
std::optional<uint64_t> RequestParser::content_length() const {
    auto length = reader_->content_length();
    if (!length) return {};
    return *length;
}
bool RequestParser::expects_continue() const {
    return reader_->request.version >= 11 &&
           equals_ignoring_case(reader_->request.headers.get("Expect"), "100-continue");
}

RequestParser::Step RequestParser::refuse(int status, std::string detail) {
    refusal_ = {status, std::move(detail)};
    return Step::refused;
}

RequestParser::Step RequestParser::feed(std::string_view bytes, size_t& taken) {
    taken = 0;
    while (taken < bytes.size() || is_head_reported_) {
        if (is_head_reported_ && reader_->is_done()) {
            is_complete_ = true;
            return Step::complete;
        }
        if (taken == bytes.size()) return Step::needs_more;
        error_code error;
        taken += reader_->put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), error);
        if (error == beast::http::error::need_more) return Step::needs_more;
        if (!reader_->complaint.empty()) return refuse(reader_->complaint_status, reader_->complaint);
        if (error == beast::http::error::header_limit) {
            bool is_in_first_line = bytes.find("\r\n") > limits_.target_bytes_max;
            return is_in_first_line
                       ? refuse(414, "the address has more than " + std::to_string(limits_.target_bytes_max) + " bytes")
                       : refuse(431, "the header fields have more than " + std::to_string(limits_.head_bytes_max) +
                                         " bytes");
        }
        if (error == beast::http::error::bad_version) return refuse(505, "HTTP/1.1 is spoken here");
        if (error) return refuse(400, "the request is malformed: " + error.message());
        if (reader_->is_header_done() && !is_head_reported_) {
            is_head_reported_ = true;
            return Step::head_done;
        }
        if (is_head_reported_ && reader_->body_bytes > body_bytes_max_)
            return refuse(413, "the body has more than " + std::to_string(body_bytes_max_) + " bytes");
    }
    return Step::needs_more;
}

}  // namespace ry::http

#include "kernel/http/response_parser.h"

#include <boost/beast/http/basic_parser.hpp>

namespace ry::http {

namespace beast = boost::beast;
using beast::error_code;

class ResponseParser::Reader : public beast::http::basic_parser<false> {
public:
    int code = 0;
    Headers fields;
    std::string body;
    bool answers_head;

    explicit Reader(bool answers_head_request) : answers_head(answers_head_request) {
        constexpr uint32_t head_bytes_max = 64 * 1024;  // dev servers send long CSP and cookie fields
        header_limit(head_bytes_max);
        body_limit(boost::none);  // streamed through
        eager(false);
        skip(answers_head);
    }

private:
    void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, error_code&) override {}
    void on_response_impl(int status, beast::string_view, int, error_code&) override { code = status; }
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value, error_code&) override {
        fields.add(name, value);
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
    size_t on_body_impl(beast::string_view bytes, error_code&) override {
        body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(uint64_t, beast::string_view, error_code&) override {}
    size_t on_chunk_body_impl(uint64_t, beast::string_view bytes, error_code& error) override {
        return on_body_impl(bytes, error);
    }
    void on_finish_impl(error_code&) override {}
};

ResponseParser::ResponseParser(bool answers_head) : reader_(std::make_unique<Reader>(answers_head)) {}
ResponseParser::~ResponseParser() = default;

int ResponseParser::status() const { return reader_->code; }
const Headers& ResponseParser::headers() const { return reader_->fields; }
std::optional<uint64_t> ResponseParser::content_length() const {
    auto length = reader_->content_length();
    if (!length) return {};
    return *length;
}
bool ResponseParser::has_no_body() const {
    return reader_->answers_head || reader_->code / 100 == 1 || reader_->code == 204 || reader_->code == 304;
}
bool ResponseParser::is_keep_alive() const { return reader_->keep_alive() && !reader_->need_eof(); }
std::string ResponseParser::take_body() { return std::exchange(reader_->body, {}); }

ResponseParser::Step ResponseParser::feed(std::string_view bytes, size_t& taken) {
    taken = 0;
    for (;;) {
        if (is_head_reported_ && reader_->is_done()) return Step::complete;
        if (taken == bytes.size()) return Step::needs_more;
        error_code error;
        taken += reader_->put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), error);
        if (error == beast::http::error::need_more) return Step::needs_more;
        if (error) return Step::failed;
        if (reader_->is_header_done() && !is_head_reported_) {
            is_head_reported_ = true;
            return Step::head_done;
        }
    }
}

ResponseParser::Step ResponseParser::feed_end() {
    if (!is_head_reported_) return Step::failed;
    error_code error;
    if (!reader_->is_done()) reader_->put_eof(error);
    return error ? Step::failed : Step::complete;
}

}  // namespace ry::http

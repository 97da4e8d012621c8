#include "kernel/fetch/transfer.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"

namespace ry::fetch {
namespace {

/// Lines of a response's head; servers send a few dozen.
constexpr size_t headers_max = 256;

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return isalnum(static_cast<unsigned char>(c)) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
    });
}
bool is_header_value(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos; }

std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    std::string copy = text;
    curl_free(text);
    return copy;
}

/// The host and port that a URL names; invalid when it is not an http or https URL.
struct Destination {
    std::string host;
    std::string port;
};
Result<Destination> destination_of(const std::string& url) {
    std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
        return fail(Code::invalid, "the address is not a URL; write it like https://example.org/path");
    std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
    if (scheme != "http" && scheme != "https")
        return fail(Code::invalid, "the address must start with http:// or https://");
    return Destination{part_of(parsed.get(), CURLUPART_HOST), part_of(parsed.get(), CURLUPART_PORT)};
}

bool is_this_machine(std::string_view host) {
    return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]";
}

}  // namespace

Transfer::Transfer(const Config& config, Request request, bool streams)
    : config_(config), request_(std::move(request)), streams_(streams) {}

Transfer::~Transfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(header_list_);
}

Result<void> Transfer::prepare() {
    Destination to = TRY(destination_of(request_.url));
    host_ = to.host + ":" + to.port;
    is_host_allowed_ = std::ranges::find(config_.allowed_private_hosts, host_) != config_.allowed_private_hosts.end();
    if (!is_token(request_.method)) return fail(Code::invalid, "the request's method is not a word");
    easy_ = curl_easy_init();
    if (!easy_) return fail(Code::unavailable, "out of memory for outgoing requests; try again later");

    bool has_type = false;
    for (const auto& [name, value] : request_.headers) {
        if (!is_token(name) || !is_header_value(value))
            return fail(Code::invalid, "a header of the request has a line break or a wrong name");
        has_type = has_type || equals_ignoring_case(name, "content-type");
        header_list_ = curl_slist_append(header_list_, (value.empty() ? name + ";" : name + ": " + value).c_str());
    }
    if (!has_type) header_list_ = curl_slist_append(header_list_, "Content-Type:");  // libcurl would claim a form
    header_list_ = curl_slist_append(header_list_, "Expect:");                       // no 100-continue round trip

    auto set = [&](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, long(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_HTTPHEADER, header_list_);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // leaving does not wait for a name lookup
    set(CURLOPT_CONNECTTIMEOUT_MS, long(request_.connect_timeout_ms));
    set(CURLOPT_ERRORBUFFER, curl_message_);
    if (!streams_) set(CURLOPT_ACCEPT_ENCODING, "");
    if (!config_.ca_file.empty()) set(CURLOPT_CAINFO, config_.ca_file.c_str());
    // A proxy would connect in our place, out of the address policy's sight; and it does not know our localhost.
    if (request_.addresses == Addresses::public_only || is_this_machine(to.host)) set(CURLOPT_PROXY, "");

    if (!request_.body.empty() || request_.method == "POST" || request_.method == "PUT" || request_.method == "PATCH") {
        set(CURLOPT_POSTFIELDS, request_.body.data());
        set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request_.body.size()));
    }
    if (request_.method == "HEAD") set(CURLOPT_NOBODY, 1L);
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());

    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
    set(CURLOPT_PREREQDATA, this);
    started_ms_ = steady_ms();
    return {};
}

size_t Transfer::on_header(char* bytes, size_t size, size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_header({bytes, size * count});
}
size_t Transfer::on_body(char* bytes, size_t size, size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_body({bytes, size * count});
}

/// A new connection: sees the resolved address, so a name that resolves to a private address is refused too.
curl_socket_t Transfer::on_open(void* self, curlsocktype, curl_sockaddr* address) {
    char text[INET6_ADDRSTRLEN] = {};
    if (address->family == AF_INET)
        inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&address->addr)->sin_addr, text, sizeof text);
    else
        inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6*>(&address->addr)->sin6_addr, text, sizeof text);
    if (!static_cast<Transfer*>(self)->allows(text)) return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// Any connection, a kept one too: it may have been opened by a request that was allowed more.
int Transfer::on_connected(void* self, char* address, char*, int, int) {
    return static_cast<Transfer*>(self)->allows(address) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

bool Transfer::allows(std::string_view address) {
    if (request_.addresses == Addresses::any || is_host_allowed_ || is_public_address(address)) return true;
    refused_address_ = address;
    return false;
}

size_t Transfer::take_header(std::string_view line) {
    last_byte_ms_ = steady_ms();
    if (line.starts_with("HTTP/")) {  // also after a 1xx: only the last head counts
        response_ = {};
        size_t space = line.find(' ');
        if (space != line.npos) response_.status = int(parse_int(trim(line.substr(space + 1, 3))).value_or(0));
        return line.size();
    }
    size_t colon = line.find(':');
    if (colon != line.npos && response_.headers.size() < headers_max)
        response_.headers.emplace_back(lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
    return line.size();
}

size_t Transfer::take_body(std::string_view bytes) {
    last_byte_ms_ = steady_ms();
    if (streams_ && response_.ok()) return pass_on(bytes);
    size_t room = request_.body_bytes_max - response_.body.size();
    response_.body += bytes.substr(0, room);
    if (bytes.size() <= room) return bytes.size();
    too_large_ = true;
    return 0;  // ends the transfer with CURLE_WRITE_ERROR
}

size_t Transfer::pass_on(std::string_view bytes) {
    return exchange.change([&](Exchange& x) -> size_t {
        if (!x.pending.empty() && x.pending.size() + bytes.size() > config_.pending_bytes_max) {
            x.is_paused = true;
            return CURL_WRITEFUNC_PAUSE;  // libcurl keeps these bytes, and reads no more of the socket
        }
        if (!x.has_streamed) x.head = response_;
        x.has_streamed = true;
        x.pending += bytes;
        return bytes.size();
    });
}

void Transfer::resume() {
    last_byte_ms_ = steady_ms();  // the silence was the caller's
    curl_easy_pause(easy_, CURLPAUSE_CONT);
}

int64_t Transfer::late_at_ms() {
    if (exchange.with([](Exchange& x) { return x.is_paused; })) return INT64_MAX;
    return last_byte_ms_ == 0 ? started_ms_ + request_.first_byte_timeout_ms
                              : last_byte_ms_ + request_.between_bytes_timeout_ms;
}

Error Transfer::late_error() const {
    if (last_byte_ms_ == 0)
        return fail(Code::timed_out, host_ + " did not begin to answer within " +
                                         std::to_string(request_.first_byte_timeout_ms) +
                                         " ms; try again, or check that it works");
    return fail(Code::timed_out, host_ + " stopped in the middle of its answer for " +
                                     std::to_string(request_.between_bytes_timeout_ms) + " ms; try again");
}

void Transfer::finish(CURLcode code) {
    bool is_cut_on_purpose = too_large_ && streams_;  // an error's text: its beginning says what is wrong
    exchange.change([&](Exchange& x) {
        if (code == CURLE_OK || is_cut_on_purpose)
            x.result = std::move(response_);
        else
            x.result = error_of(code);
    });
}

void Transfer::fail_with(Error error) {
    exchange.change([&](Exchange& x) { x.result = std::move(error); });
}

Error Transfer::error_of(CURLcode code) const {
    std::string cause = std::string(curl_easy_strerror(code)) + ": " + curl_message_;
    auto unavailable = [&](std::string message) { return fail(Code::unavailable, std::move(message), cause); };
    if (!refused_address_.empty())
        return fail(Code::forbidden,
                    host_ + " leads to " + refused_address_ + ", which is not a public address; use a public one",
                    cause);
    if (too_large_)
        return fail(Code::too_large,
                    "the answer of " + host_ + " is larger than " + std::to_string(request_.body_bytes_max) + " bytes",
                    cause);
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return unavailable("there is no host " + host_ + "; check the address");
        case CURLE_COULDNT_RESOLVE_PROXY:
            return unavailable("the proxy's name cannot be resolved; check https_proxy");
        case CURLE_COULDNT_CONNECT:
            return unavailable(host_ + " does not accept connections; check the address and that it runs");
        case CURLE_OPERATION_TIMEDOUT:
            return fail(Code::timed_out,
                        host_ + " could not be reached within " + std::to_string(request_.connect_timeout_ms) +
                            " ms; check the address and the network",
                        cause);
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CACERT_BADFILE:
            return unavailable("no trusted TLS connection to " + host_ +
                               (*curl_message_ ? " (" + std::string(curl_message_) + ")" : "") +
                               "; check its certificate, and https:// against http://");
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY:
            return unavailable(host_ + " does not speak HTTP; check the address and port");
        default:
            break;
    }
    return unavailable("the connection to " + host_ + " was cut off; try again");
}

}  // namespace ry::fetch

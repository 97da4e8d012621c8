#pragma once
// One request on its way through libcurl. Private to fetch.
#include <curl/curl.h>

#include <memory>
#include <string>

#include "base/guarded.h"
#include "kernel/fetch/fetch.h"

namespace ry::fetch {

/// What the two threads of a transfer share: the caller that waits, and the loop that moves the bytes.
struct Exchange {
    std::string pending;     ///< bytes of a streamed body that the caller has not taken
    bool is_paused = false;  ///< `pending` was full; the caller asks the loop to go on
    bool stopped = false;    ///< the Op was stopped
    bool abandoned = false;  ///< the caller went away: the loop drops the transfer
    bool has_streamed = false;
    std::optional<Result<Response>> result;  ///< set once, by the loop
    Response head;                           ///< of a streamed response, from its first byte on
};

/// Owned by the caller and the loop together; all members but `exchange` belong to the loop once it has the transfer.
class Transfer {
public:
    Transfer(const Config& config, Request request, bool streams);
    ~Transfer();
    Transfer(const Transfer&) = delete;

    /// Makes the libcurl handle; invalid when the request cannot be sent.
    Result<void> prepare();

    CURL* easy() const { return easy_; }
    /// The moment of steady_ms() when this transfer is late, and what it is late with. INT64_MAX while the caller is
    /// slow.
    int64_t late_at_ms();
    int64_t silence_ms_max() const { return request_.between_bytes_timeout_ms; }
    Error late_error() const;
    /// The end: hands the result to the caller.
    void finish(CURLcode code);
    void fail_with(Error error);
    void resume();

    Guarded<Exchange> exchange;

private:
    static size_t on_header(char* bytes, size_t size, size_t count, void* self);
    static size_t on_body(char* bytes, size_t size, size_t count, void* self);
    static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int on_connected(void* self, char* address, char* local, int port, int local_port);
    size_t take_header(std::string_view line);
    size_t take_body(std::string_view bytes);
    size_t pass_on(std::string_view bytes);
    bool allows(std::string_view address);
    Error error_of(CURLcode code) const;

    const Config& config_;
    Request request_;
    bool streams_;
    CURL* easy_ = nullptr;
    curl_slist* header_list_ = nullptr;
    std::string host_;              ///< "host:port"
    bool is_host_allowed_ = false;  ///< by the configuration, whatever its address
    char curl_message_[CURL_ERROR_SIZE] = {};

    Response response_;
    bool too_large_ = false;
    std::string refused_address_;
    int64_t started_ms_ = 0;
    int64_t last_byte_ms_ = 0;  ///< 0 until the first byte
};

}  // namespace ry::fetch

#pragma once
// Puts HTML right after the `<head>` tag of a page that passes by in pieces.
#include <string>
#include <string_view>

namespace ry::http {

class HeadInjection {
public:
    explicit HeadInjection(std::string html) : html_(std::move(html)) {}
    /// What may go on now. Up to 64 KiB wait for the tag; a page that has none by then gets the HTML at its end.
    std::string pass(std::string_view piece);
    /// The rest, at the page's end.
    std::string finish();

private:
    static constexpr size_t searched_bytes_max = 64 * 1024;
    std::string html_;
    std::string held_;
    bool is_searching_ = true;
};

}  // namespace ry::http

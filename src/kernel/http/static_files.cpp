#include "kernel/http/static_files.h"

namespace ry::http {

StaticFiles::StaticFiles(std::span<const StaticFile> files, std::string frame_sources) {
    for (const StaticFile& file : files) files_[file.path] = &file;
    policy_ =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src "
        "'self' data:; connect-src 'self'; "
        "frame-src 'self' " +
        std::move(frame_sources) + "; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
}

std::optional<Response> StaticFiles::find(const Request& request) const {
    auto found = files_.find(request.path());
    bool is_page_wanted = request.headers.get("Accept").find("text/html") != std::string_view::npos;
    if (found == files_.end() && (is_page_wanted || request.path() == "/")) found = files_.find("/index.html");
    if (found == files_.end()) return {};
    const StaticFile& file = *found->second;

    Response response;
    response.headers.add("Content-Type", file.content_type);
    response.headers.add("Cache-Control", file.is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
    response.headers.add("ETag", "\"" + std::string(file.etag) + "\"");
    response.headers.add("X-Content-Type-Options", "nosniff");
    response.headers.add("Referrer-Policy", "same-origin");
    if (!file.brotli.empty() || !file.gzip.empty()) response.headers.add("Vary", "Accept-Encoding");
    if (file.content_type.starts_with("text/html")) {
        response.headers.add("Content-Security-Policy", policy_);
        response.headers.add("X-Frame-Options", "DENY");
        response.headers.add("Cross-Origin-Opener-Policy", "same-origin");
    }
    if (request.headers.lists("If-None-Match", "\"" + std::string(file.etag) + "\"")) {
        response.status = 304;
        return response;
    }
    response.constant_body = file.bytes;
    std::string_view accepted = request.headers.get("Accept-Encoding");
    if (!file.brotli.empty() && accepted.find("br") != std::string_view::npos) {
        response.constant_body = file.brotli;
        response.headers.add("Content-Encoding", "br");
    } else if (!file.gzip.empty() && accepted.find("gzip") != std::string_view::npos) {
        response.constant_body = file.gzip;
        response.headers.add("Content-Encoding", "gzip");
    }
    return response;
}

}  // namespace ry::http

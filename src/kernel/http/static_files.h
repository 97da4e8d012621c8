#pragma once
// The web UI's files, embedded in the program: caching, compression, security headers, and index.html for every page of
// the single-page application.
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernel/http/message.h"

namespace ry::http {

/// One embedded file; everything lives as long as the process.
struct StaticFile {
    std::string_view path;  ///< "/assets/index-3f2a.js"
    std::string_view content_type;
    std::string_view etag;  ///< without quotes
    std::string_view bytes;
    std::string_view gzip = {};  ///< the same, compressed; "" when it would not be smaller
    std::string_view brotli = {};
    bool is_hashed = false;  ///< its name changes with its content: clients may keep it for ever
};

class StaticFiles {
public:
    /// `frame_sources`: where pages shown in frames come from ("http://*.localhost:8080"), for the content security
    /// policy.
    StaticFiles(std::span<const StaticFile> files, std::string frame_sources);

    /// The answer to a GET or HEAD outside /api; absent when there is no such file and the client wants no page.
    std::optional<Response> find(const Request& request) const;

private:
    std::map<std::string_view, const StaticFile*> files_;
    std::string policy_;
};

}  // namespace ry::http

#pragma once
// Host names of previews, and the sites of templates that need no program.
#include <optional>
#include <string>
#include <string_view>

#include "modules/apps/previews.h"

namespace ry::apps {

/// "preview-01….localhost:8080" → the preview; absent for any other host.
std::optional<PreviewId> preview_of_host(std::string_view host, std::string_view domain);
std::string host_of_preview(PreviewId preview, std::string_view domain);

/// Serves static previews from their repositories, by the Host of the request.
class Previews::StaticSite final : public http::Handler {
public:
    explicit StaticSite(Previews& previews);
    size_t body_bytes_max(const http::Request& head) override;
    void handle(http::Request request, http::Responder responder) override;

private:
    http::Response answer(const http::Request& request);
    Previews& previews_;
};

}  // namespace ry::apps

#pragma once
// The server, composed: the constructors' order is the dependency graph.
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/http/route.h"
#include "kernel/store/migration.h"
#include "server/settings.h"

namespace ry::server {

/// Every part's schema, in the order in which they are applied.
std::vector<const store::Schema*> schemas();

class Product {
public:
    /// Starts everything and serves: when it returns, the server is ready. `settings` as checked by check().
    static Result<std::unique_ptr<Product>> start(const Settings& settings);
    /// Ends at once what drain() left.
    ~Product();
    Product(const Product&) = delete;

    std::string url() const;
    /// "/setup?token=…" while there is no owner; empty otherwise.
    const std::string& setup_link() const;
    std::span<const http::Route> routes() const;
    /// The table of all routes without a server, for the reference, the client and the CLI.
    static std::vector<http::Route> route_table();
    /// Reads tls_cert and tls_key again, for new connections. After a failure the old ones stay in use. Nothing without TLS.
    Result<void> reload_certificates();
    /// Accepts nothing new, lets requests and jobs end, tells streams to come back.
    void drain();

private:
    struct Parts;
    explicit Product(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};


}  // namespace ry::server

#pragma once
// A durable PostgreSQL of its own for a benchmark, in a directory that is removed afterwards.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "kernel/store/embedded.h"
#include "kernel/store/migration.h"
#include "kernel/store/store.h"

namespace ry::bench {

/// The value, or the end of the program with the error's words.
template <class T>
T must(Result<T> result) {
    if (result) return *std::move(result);
    std::fprintf(stderr, "%s (%s)\n", result.error().message.c_str(), result.error().cause.c_str());
    std::exit(1);
}
inline void must(Result<void> result) { must(result ? Result<int>(0) : Result<int>(std::move(result.error()))); }

class ScratchServer {
public:
    explicit ScratchServer(std::vector<const store::Schema*> parts) {
        char pattern[] = "/var/tmp/ramify_bench_XXXXXX";
        directory_ = mkdtemp(pattern);
        std::filesystem::permissions(directory_, std::filesystem::perms::owner_all | std::filesystem::perms::group_exec | std::filesystem::perms::others_exec);
        embedded_ = must(store::Embedded::start({.data_dir = directory_}));
        must(store::migrate(embedded_->endpoint(), parts));
        store_ = std::make_unique<store::Store>(embedded_->endpoint());
    }
    ~ScratchServer() {
        store_.reset();
        embedded_.reset();
        std::filesystem::remove_all(directory_);
    }
    store::Store& store() { return *store_; }
    /// An Op of a fresh organization.
    static Op op() {
        Op op = server_op("bench");
        op.organization = OrganizationId::fresh();
        return op;
    }

private:
    std::string directory_;
    std::unique_ptr<store::Embedded> embedded_;
    std::unique_ptr<store::Store> store_;
};

}  // namespace ry::bench

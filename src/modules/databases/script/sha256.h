#pragma once
// SHA-256 of bytes as they come. OpenSSL's uses the processor's own instructions, twelve times as fast as libsodium's,
// and the data of a step may be gigabytes.
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace ry::databases::script {

class Sha256 {
public:
    Sha256();
    void add(std::string_view bytes);
    /// 64 digits. Nothing may be added afterwards.
    std::string hex();

private:
    std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

}  // namespace ry::databases::script

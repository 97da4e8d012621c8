// Any bytes, cut anywhere: the request parser never crashes, and reads the same requests however the bytes are cut.
// Only a malformed head whose end has not come may be refused in one case and still be waited for in the other.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "kernel/http/request_parser.h"

using namespace ry::http;

namespace {

/// What is read of `bytes` when they come in pieces of `step` bytes.
std::string read_all(std::string_view bytes, size_t step) {
    Limits limits;
    std::string seen, input;
    auto parser = std::make_unique<RequestParser>(limits);
    for (size_t at = 0; at < bytes.size(); at += step) {
        input += bytes.substr(at, step);
        for (;;) {
            size_t taken = 0;
            auto result = parser->feed(input, taken);
            input.erase(0, taken);
            if (result == RequestParser::Step::head_done) {
                parser->set_body_bytes_max(1000);
                continue;
            }
            if (result == RequestParser::Step::refused)
                return seen + "refused " + std::to_string(parser->refusal().status);
            if (result == RequestParser::Step::needs_more) break;
            Request& request = parser->request();
            seen += request.method_name + " " + request.target + "\n";
            for (const Header& field : request.headers) seen += field.name + ": " + field.value + "\n";
            seen += request.body + "\n";
            parser = std::make_unique<RequestParser>(limits);
            if (input.empty()) break;
        }
    }
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0 || size > 20'000) return 0;
    std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::string whole = read_all(bytes, bytes.size() + 1), cut = read_all(bytes, data[0] % 32 + 1);
    std::string_view shorter = whole.size() < cut.size() ? whole : cut,
                     longer = whole.size() < cut.size() ? cut : whole;
    if (whole != cut && !(longer.starts_with(shorter) && longer.substr(shorter.size()).starts_with("refused ")))
        abort();
    return 0;
}

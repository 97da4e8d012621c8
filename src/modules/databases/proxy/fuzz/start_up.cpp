// Whatever a client says before it has proved anything: packets and messages are the same wherever they are cut,
// lengths have their bounds, and what is read back says the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "modules/databases/proxy/backend_login.h"
#include "modules/databases/proxy/database_name.h"
#include "modules/databases/scram/scram.h"
#include "modules/databases/proxy/wire.h"

using namespace ry;
using namespace ry::databases;

namespace {

constexpr size_t bytes_max = 10'000;

/// The first packet of `stream`, fed `step` bytes at a time; absent when it is refused or not complete.
std::optional<std::string> first_packet(std::string_view stream, bool has_type, size_t step) {
    Frame frame(has_type, bytes_max);
    while (!frame.is_complete() && !stream.empty()) {
        size_t count = std::min<size_t>({step, frame.missing(), stream.size()});
        if (!frame.add(stream.substr(0, count))) return {};
        stream.remove_prefix(count);
    }
    ENSURE(frame.bytes().size() <= bytes_max + 1);
    if (!frame.is_complete()) return {};
    return std::string(frame.body());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view stream(reinterpret_cast<const char*>(data), size);
    for (bool has_type : {false, true})
        ENSURE(first_packet(stream, has_type, 1) == first_packet(stream, has_type, stream.size()));
    if (auto body = first_packet(stream, false, stream.size())) {
        if (auto start_up = parse_start_up(*body); start_up && start_up->kind == StartUp::Kind::session) {
            ENSURE(!start_up->parameter("user").empty());
            auto again = parse_start_up(start_up_packet(start_up->parameters).substr(4));
            ENSURE(again && again->parameters == start_up->parameters);
            if (auto name = parse_database_name(start_up->parameter("database")))
                ENSURE(parse_database_name(name->text()).value() == *name);
        }
    }
    if (auto body = first_packet(stream, true, stream.size())) {
        parse_error(*body);
        ScramServer server({std::string(16, 's'), 1, std::string(32, 'k'), std::string(32, 'k')}, "", "nonce");
        BodyReader reader(*body);
        std::string_view mechanism = reader.text();
        // Nobody finds the proof of a key that no password has.
        if (server.first(mechanism, reader.bytes(reader.integer()))) ENSURE(!server.final(reader.rest()));
        Target target{.address = UnixAddress{}, .password = Secret("p")};
        Frame frame(true, bytes_max);
        std::string_view rest = stream;
        while (!frame.is_complete()) {
            size_t count = frame.missing();
            if (!frame.add(rest.substr(0, count))) return 0;
            rest.remove_prefix(count);
        }
        auto step = BackendLogin(target, {}).take(frame);
        ENSURE(!step || !step->is_ready);
    }
    return 0;
}

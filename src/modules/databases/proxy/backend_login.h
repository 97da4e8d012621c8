#pragma once
// Inside: the start-up with a backend, as its client: messages in, bytes out. Pure.
#include <optional>
#include <string>

#include "modules/databases/proxy/proxy.h"
#include "modules/databases/proxy/wire.h"

namespace ry::databases {

class BackendLogin {
public:
    /// `parameters` are the client's; user and database become the target's.
    BackendLogin(const Target& target, Parameters parameters);

    /// The first packet.
    std::string start_up() const { return start_up_packet(parameters_); }

    struct Step {
        std::string to_backend = {}, to_client = {};
        bool needs_keys = false;  ///< derive scram_keys(password, salt, iterations), then call answer()
        std::optional<CancelKey> cancel_key = {};
        bool has_refused = false;  ///< its ErrorResponse is in to_client
        bool is_ready = false;     ///< the ReadyForQuery itself is in to_client
    };
    /// One message of the backend. An Error ends it: its message is for the client.
    Result<Step> take(const Frame& frame);

    const std::string& salt() const { return scram_.salt(); }
    int iterations() const { return scram_.iterations(); }
    std::string answer(const ScramKeys& keys);

private:
    Parameters parameters_;
    std::optional<ScramKeys> keys_;
    bool has_password_;
    ScramClient scram_;
    bool is_authenticated_ = false;
    bool is_verified_ = false;  ///< it has shown that it knows the password, where we have one

    Result<Step> authenticate(std::string_view body);
    Result<Step> refused(const Frame& frame) const;
};

}  // namespace ry::databases

#pragma once
// Bytes on their way out of a connection: owned, shared with other followers, or constant. Empty, it holds no memory.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/http/transport.h"

namespace ry::http {

using SharedBytes = std::shared_ptr<const std::string>;

class Output {
public:
    bool is_empty() const { return first_ == pieces_.size(); }
    size_t bytes() const { return bytes_; }
    void add(std::string bytes);
    void add(SharedBytes bytes);
    void add(Output other);
    void add_constant(std::string_view bytes);
    /// Writes until everything is out (done) or the peer must take some first (again).
    Io::State write_to(Transport& transport);

private:
    struct Piece {
        std::string owned;
        SharedBytes shared;
        std::string_view constant;
        std::string_view view() const {
            return shared ? std::string_view(*shared) : constant.data() ? constant : std::string_view(owned);
        }
    };
    std::vector<Piece> pieces_;
    size_t first_ = 0;   ///< index of the first piece with unsent bytes
    size_t offset_ = 0;  ///< of the first unsent byte in it
    size_t bytes_ = 0;

    void drop_sent(size_t bytes);
};

}  // namespace ry::http

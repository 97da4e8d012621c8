#include "kernel/http/output.h"

namespace ry::http {

void Output::add(std::string bytes) {
    constexpr size_t joined_bytes_max = 8 * 1024;  // copying less than this is cheaper than one more part of a write
    if (bytes.empty()) return;
    bytes_ += bytes.size();
    bool joins =
        bytes.size() <= joined_bytes_max && !is_empty() && !pieces_.back().shared && !pieces_.back().constant.data();
    if (joins)
        pieces_.back().owned += bytes;
    else
        pieces_.push_back({.owned = std::move(bytes)});
}

void Output::add(SharedBytes bytes) {
    if (bytes->empty()) return;
    bytes_ += bytes->size();
    pieces_.push_back({.shared = std::move(bytes)});
}

void Output::add(Output other) {
    if (pieces_.empty()) return void(*this = std::move(other));
    bytes_ += other.bytes_;
    for (size_t i = other.first_; i < other.pieces_.size(); ++i) pieces_.push_back(std::move(other.pieces_[i]));
}

void Output::add_constant(std::string_view bytes) {
    if (bytes.empty()) return;
    bytes_ += bytes.size();
    pieces_.push_back({.constant = bytes});
}

Io::State Output::write_to(Transport& transport) {
    while (!is_empty()) {
        std::string_view views[64];
        size_t count = 0;
        for (size_t i = first_; i < pieces_.size() && count < std::size(views); ++i) views[count++] = pieces_[i].view();
        views[0].remove_prefix(offset_);
        Io io = transport.write({views, count});
        if (io.state != Io::State::done) return io.state;
        drop_sent(io.bytes);
    }
    return Io::State::done;
}

void Output::drop_sent(size_t bytes) {
    bytes_ -= bytes;
    while (bytes > 0) {
        size_t left = pieces_[first_].view().size() - offset_;
        if (bytes < left) {
            offset_ += bytes;
            return;
        }
        bytes -= left;
        offset_ = 0;
        pieces_[first_++] = {};
    }
    if (is_empty()) {
        std::vector<Piece>().swap(pieces_);
        first_ = 0;
    }
}

}  // namespace ry::http

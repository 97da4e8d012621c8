#include "base/secret.h"

#include <sodium.h>

namespace ry {
namespace {

/// Also the bytes between size and capacity: a shorter text may have replaced a longer one.
void wipe(std::string& text) {
    text.resize(text.capacity());
    sodium_memzero(text.data(), text.size());
    text.clear();
}

}  // namespace

Secret::Secret(std::string text) : text_(text) { wipe(text); }

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }

Secret& Secret::operator=(Secret other) noexcept {
    text_.swap(other.text_);
    return *this;
}

Secret::~Secret() { wipe(text_); }

bool Secret::same(const Secret& other) const {
    return text_.size() == other.text_.size() && sodium_memcmp(text_.data(), other.text_.data(), text_.size()) == 0;
}

}  // namespace ry

#pragma once
// A file descriptor with one owner.
#include <unistd.h>

#include <string_view>
#include <utility>

#include "base/result.h"

namespace ry::sandbox {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~Descriptor() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

private:
    int fd_ = -1;
};

/// A close-on-exec memory file that holds `bytes`, at offset 0.
Result<Descriptor> memory_file(const char* name, std::string_view bytes);

}  // namespace ry::sandbox

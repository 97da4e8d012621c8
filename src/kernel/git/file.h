#pragma once
// A file descriptor that closes itself.
#include <unistd.h>

#include <utility>

namespace ry::git {

class File {
public:
    explicit File(int file = -1) : file_(file) {}
    File(File&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(file_, other.file_);
        return *this;
    }
    ~File() {
        if (file_ >= 0) close(file_);
    }
    int get() const { return file_; }
    bool is_open() const { return file_ >= 0; }

private:
    int file_;
};

}  // namespace ry::git

#pragma once
// Content-addressed blobs: a blob's key is the SHA-256 of its bytes, so the same bytes are kept once and can be
// checked. On the local file system, under one root: <root>/ab/cdef… . Any thread, any number of processes on one root.
// A put that was acknowledged survives kill -9 and power loss.
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ry::blob {

namespace limit {
inline constexpr int64_t blob_bytes_max = 16LL * 1024 * 1024 * 1024;  ///< a build artifact or a database dump
inline constexpr int64_t whole_bytes_max = 256LL * 1024 * 1024;       ///< read() into memory; larger ones are streamed
inline constexpr size_t chunk_bytes = 256 * 1024;                     ///< what is held while streaming
}  // namespace limit

/// SHA-256 (FIPS 180-4).
struct Key {
    std::array<uint8_t, 32> bytes{};
    auto operator<=>(const Key&) const = default;
    std::string text() const;  ///< 64 hex digits
    static std::optional<Key> parse(std::string_view text);
};

/// The key that `bytes` would get.
Key key_of(std::string_view bytes);

struct Put {
    Key key;
    int64_t size_bytes = 0;
    bool was_there = false;
};

struct Listed {
    Key key;
    int64_t size_bytes = 0;
    int64_t modified_s = 0;  ///< seconds since 1970: when it was last put
};

class Store;

/// A blob on its way in. Dropping a Writer without finish() leaves nothing. Not shared between threads.
class Writer {
public:
    Writer(Writer&&) noexcept;
    Writer& operator=(Writer&&) noexcept;
    ~Writer();
    Result<void> write(std::string_view bytes);
    /// Makes the blob visible, whole and durable. Call once.
    Result<Put> finish();

private:
    friend class Store;
    class State;
    explicit Writer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Failures: Code::not_found (no such blob), Code::too_large (limits), Code::unavailable (disk full or failing: the
/// message says what to do), Code::bug with the path in `cause` when the bytes on the disk are not the key's.
class Store {
public:
    /// `root` is made when absent (its parent must exist). Left-overs of interrupted puts are removed after a day.
    static Result<Store> open(const std::string& root);

    Result<Writer> writer() const;
    Result<Put> put(std::string_view bytes) const;
    /// The whole blob, checked against its key.
    Result<std::string> read(const Key& key) const;
    /// The whole blob in chunks, checked: the Error for damaged bytes comes after the last chunk. `each` may end it
    /// with an Error.
    Result<void> read(const Key& key, const std::function<Result<void>(std::string_view chunk)>& each) const;
    /// The blob as a file at `path`, which must not exist; checked against its key. It shares the blob's room on the disk
    /// where the file system can (a reflink, else a hard link), so whoever gets it must not be able to write to it. Costs
    /// reading every byte.
    Result<void> place(const Key& key, const std::string& path) const;
    /// Bytes [offset, offset + length) as far as they exist; not checked against the key.
    Result<std::string> read_range(const Key& key, int64_t offset, int64_t length) const;
    /// Absent when there is none.
    Result<std::optional<int64_t>> size_bytes(const Key& key) const;
    /// No error when there is none.
    Result<void> remove(const Key& key) const;
    /// Every blob, in no order; blobs put or removed meanwhile may or may not be seen.
    Result<void> each(const std::function<Result<void>(const Listed&)>& see) const;

private:
    explicit Store(std::string root) : root_(std::move(root)) {}
    std::string root_;
};

}  // namespace ry::blob

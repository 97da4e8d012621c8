#include "cli/gzip_files.h"

#include <zlib.h>

#include <optional>
#include <utility>

namespace ry::cli {
namespace {

/// The members of a gzip file, one after the other, as gzip(1) reads them.
class Inflating {
public:
    Inflating() { is_open_ = inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK; }
    ~Inflating() { inflateEnd(&stream_); }
    Inflating(const Inflating&) = delete;

    /// False when it is damaged; `go_on` becomes false when nobody wants more.
    bool add(std::string_view packed, const std::function<bool(std::string_view)>& take, bool& go_on) {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
        stream_.avail_in = uInt(packed.size());
        while (is_open_ && go_on) {
            if (has_ended_ && stream_.avail_in == 0) return true;
            if (has_ended_) inflateReset(&stream_);
            stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
            stream_.avail_out = uInt(piece_.size());
            int result = inflate(&stream_, Z_NO_FLUSH);
            if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return false;
            has_ended_ = result == Z_STREAM_END;
            size_t made = piece_.size() - stream_.avail_out;
            if (made > 0) go_on = take(std::string_view(piece_).substr(0, made));
            if (!has_ended_ && stream_.avail_in == 0 && stream_.avail_out > 0) return true;
        }
        return is_open_;
    }
    bool has_ended() const { return has_ended_; }

private:
    z_stream stream_{};
    std::string piece_ = std::string(256 << 10, '\0');
    bool is_open_ = false, has_ended_ = false;
};

}  // namespace

Result<void> GzipFiles::read(const std::string& path, const std::function<bool(std::string_view piece)>& take) {
    std::optional<bool> is_packed;  // known by the first bytes
    std::string beginning;
    Inflating inflating;
    bool go_on = true, is_good = true;
    auto pass = [&](std::string_view piece) {
        if (!*is_packed) return go_on = take(piece);
        is_good = inflating.add(piece, take, go_on);
        return go_on && is_good;
    };
    TRY(files_->read(path, [&](std::string_view piece) {
        if (is_packed) return pass(piece);
        beginning += piece;
        if (beginning.size() < 2) return true;
        is_packed = beginning.starts_with("\x1f\x8b");
        return pass(std::exchange(beginning, {}));
    }));
    if (!is_packed)
        take(beginning);
    else if (*is_packed && (!is_good || (go_on && !inflating.has_ended())))
        return fail(Code::invalid, path + " is damaged or cut off: gzip cannot unpack it");
    return {};
}

}  // namespace ry::cli

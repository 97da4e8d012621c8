#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "base/text.h"
#include "kernel/secrets/secrets.h"

namespace ry::secrets {
namespace {

constexpr size_t key_bytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
/// 64 digits and a line end; a longer file is not a key.
constexpr size_t file_bytes_max = 4096;

struct File {
    int fd;
    ~File() {
        if (fd >= 0) ::close(fd);
    }
};

Error cannot(std::string_view what, const std::filesystem::path& path) {
    return fail(Code::unavailable, "the master key file " + path.string() + " cannot be " + std::string(what) + ": " + std::strerror(errno) +
                                       "; give the server's user access to it, or set RAMIFY_MASTER_KEY");
}

Result<Secret> read_key_file(const std::filesystem::path& path, int fd) {
    struct stat about{};
    if (::fstat(fd, &about) != 0) return cannot("read", path);
    if (about.st_mode & 077)
        return fail(Code::invalid, "the master key file " + path.string() + " is open to other users; run: chmod 600 " + path.string());
    std::string text(file_bytes_max, '\0');
    ssize_t size = ::read(fd, text.data(), text.size());
    if (size < 0) return cannot("read", path);
    text.resize(size_t(size));
    Secret trimmed{std::string(trim(text))};
    sodium_memzero(text.data(), text.size());
    return trimmed;
}

/// Written beside `path` and linked to its place, so that another server's key is never replaced and none is ever half.
Result<void> write_key_file(const std::filesystem::path& path, const Secret& text) {
    std::string temporary = path.string() + "." + std::to_string(::getpid());
    File file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (file.fd < 0) return cannot("made", path);
    std::string line = std::string(text.reveal()) + "\n";
    bool is_written = ::write(file.fd, line.data(), line.size()) == ssize_t(line.size()) && ::fsync(file.fd) == 0;
    sodium_memzero(line.data(), line.size());
    bool is_linked = is_written && (::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
    Error error = cannot("made", path);
    ::unlink(temporary.c_str());
    if (!is_linked) return error;
    File folder{::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.fd < 0 || ::fsync(folder.fd) != 0) return cannot("made", path);
    return {};
}

/// Absent when there is no such file.
Result<std::optional<Secret>> find_key_file(const std::filesystem::path& path) {
    File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.fd < 0 && errno == ENOENT) return std::optional<Secret>();
    if (file.fd < 0) return cannot("read", path);
    return std::optional<Secret>(TRY(read_key_file(path, file.fd)));
}

}  // namespace

MasterKey::MasterKey(Secret bytes) : bytes_(std::move(bytes)) {
    ENSURE(sodium_init() >= 0);
    constexpr std::string_view context = "ramify master key id";
    unsigned char hash[crypto_generichash_BYTES_MIN];
    std::string_view key = bytes_.reveal();
    crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(context.data()), context.size(),
                       reinterpret_cast<const unsigned char*>(key.data()), key.size());
    id_ = hex({reinterpret_cast<const char*>(hash), sizeof hash});
}

MasterKey MasterKey::fresh() {
    ENSURE(sodium_init() >= 0);
    std::string bytes(key_bytes, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return MasterKey(Secret(std::move(bytes)));
}

Result<MasterKey> MasterKey::from_text(const Secret& hex_digits) {
    auto bytes = unhex(trim(hex_digits.reveal()));
    if (!bytes || bytes->size() != key_bytes)
        return fail(Code::invalid, "the master key must be 64 hexadecimal digits; make one with: openssl rand -hex 32");
    return MasterKey(Secret(*std::move(bytes)));
}

Secret MasterKey::text() const { return Secret(hex(bytes_.reveal())); }

Result<MasterKey> MasterKey::load(const std::filesystem::path& data_dir) {
    if (const char* text = std::getenv("RAMIFY_MASTER_KEY")) return from_text(Secret(text)).within("RAMIFY_MASTER_KEY");
    if (const char* folder = std::getenv("CREDENTIALS_DIRECTORY")) {
        auto path = std::filesystem::path(folder) / "ramify_master_key";
        if (auto text = TRY(find_key_file(path))) return from_text(*text).within(path.string());
    }
    auto path = data_dir / "master.key";
    auto text = TRY(find_key_file(path));
    if (!text) {
        TRY(write_key_file(path, fresh().text()));
        text = TRY(find_key_file(path));
    }
    if (!text) return fail(Code::unavailable, "the master key file " + path.string() + " vanished while it was made; start again");
    return from_text(*text).within(path.string());
}

}  // namespace ry::secrets

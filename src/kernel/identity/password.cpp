#include "kernel/identity/password.h"

#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <semaphore>

namespace ry::identity {
namespace {

/// How long a sign-in waits for the ones before it: some 60 of them.
constexpr int64_t wait_ms_max = 5'000;

/// A well-formed hash of no password, with the parameters of a real one: what an unknown address is compared with.
constexpr const char* nobodys_hash = "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// One of the places in which a password may be hashed.
class Place {
public:
    static Result<Place> take(const Op& op) {
        int64_t wait_ms = std::clamp<int64_t>(op.deadline.left_ms(), 0, wait_ms_max);
        if (places().try_acquire_for(std::chrono::milliseconds(wait_ms))) return Place();
        Error busy = fail(Code::unavailable, "many people are signing in at once; try again in some seconds");
        busy.retry_after_ms = int(wait_ms_max);
        return busy;
    }
    Place(Place&& other) noexcept : is_taken_(std::exchange(other.is_taken_, false)) {}
    ~Place() {
        if (is_taken_) places().release();
    }

private:
    Place() = default;
    static std::counting_semaphore<passwords_at_once>& places() {
        static std::counting_semaphore<passwords_at_once> all(passwords_at_once);
        return all;
    }
    bool is_taken_ = true;
};

}  // namespace

Result<std::string> hash_password(const Op& op, const Secret& password) {
    Place place = TRY(Place::take(op));
    char hash[crypto_pwhash_STRBYTES];
    std::string_view text = password.reveal();
    if (crypto_pwhash_str_alg(hash, text.data(), text.size(), password_passes, password_memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(Code::unavailable, "the server has too little memory to keep a password safely: 64 MiB must be free");
    return std::string(hash);
}

Result<bool> password_matches(const Op& op, const Secret& password, const std::string& hash) {
    Place place = TRY(Place::take(op));
    std::string_view text = password.reveal();
    const char* expected = hash.empty() ? nobodys_hash : hash.c_str();
    return crypto_pwhash_str_verify(expected, text.data(), text.size()) == 0 && !hash.empty();
}

}  // namespace ry::identity

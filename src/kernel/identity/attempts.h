#pragma once
// How often somebody may try to sign in: counted in memory, by account and by address, in windows of 15 minutes.
#include <map>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "base/result.h"

namespace ry::identity {

inline constexpr int64_t attempts_window_ms = 15 * 60'000;
inline constexpr int attempts_of_account_max = 20;
/// Many people may share an address.
inline constexpr int attempts_of_address_max = 100;

/// Any thread.
class Attempts {
public:
    /// Counts an attempt before it is made, so that many at once are counted too. over_quota, with retry_after_ms, after too many.
    Result<void> begin(std::string_view account, std::string_view address, int64_t now_ms);
    /// The attempt was good: it and the account's earlier ones no longer count.
    void succeeded(std::string_view account, std::string_view address);

private:
    struct Window {
        int64_t began_ms = 0;
        int count = 0;
    };
    using Windows = std::map<std::string, Window, std::less<>>;
    static void forget_older_half(Windows& windows);
    static int64_t wait_ms(Windows& windows, const std::string& key, int attempts_max, int64_t now_ms);
    Guarded<Windows> windows_;
};

}  // namespace ry::identity

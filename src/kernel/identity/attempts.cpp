#include "kernel/identity/attempts.h"

#include <algorithm>
#include <vector>

namespace ry::identity {
namespace {

/// 10,000 windows are some 2 MB. When full, the older half is forgotten: that costs little for each window made.
constexpr size_t windows_max = 10'000;

std::string key_of_account(std::string_view account) { return "account " + std::string(account); }
std::string key_of_address(std::string_view address) { return "address " + std::string(address); }

}  // namespace

void Attempts::forget_older_half(Windows& windows) {
    std::vector<int64_t> beginnings;
    for (const auto& [key, window] : windows) beginnings.push_back(window.began_ms);
    auto middle = beginnings.begin() + std::ptrdiff_t(beginnings.size() / 2);
    std::ranges::nth_element(beginnings, middle);
    std::erase_if(windows, [&](const auto& entry) { return entry.second.began_ms <= *middle; });
}

/// Counts; 0, or how long to wait.
int64_t Attempts::wait_ms(Windows& windows, const std::string& key, int attempts_max, int64_t now_ms) {
    auto is_over = [&](const Window& window) { return now_ms - window.began_ms >= attempts_window_ms; };
    if (windows.size() >= windows_max) forget_older_half(windows);
    Window& window = windows.try_emplace(key, Window{now_ms, 0}).first->second;
    if (is_over(window)) window = {now_ms, 0};
    if (window.count >= attempts_max) return window.began_ms + attempts_window_ms - now_ms;
    ++window.count;
    return 0;
}

Result<void> Attempts::begin(std::string_view account, std::string_view address, int64_t now_ms) {
    int64_t wait = windows_.with([&](Windows& windows) {
        int64_t of_address = wait_ms(windows, key_of_address(address), attempts_of_address_max, now_ms);
        return of_address ? of_address : wait_ms(windows, key_of_account(account), attempts_of_account_max, now_ms);
    });
    if (wait == 0) return {};
    Error error = fail(Code::over_quota, "there were too many attempts to sign in; wait " + std::to_string((wait + 59'999) / 60'000) + " minutes and try again");
    error.retry_after_ms = int(wait);
    return error;
}

void Attempts::succeeded(std::string_view account, std::string_view address) {
    windows_.with([&](Windows& windows) {
        windows.erase(key_of_account(account));
        auto of_address = windows.find(key_of_address(address));
        if (of_address != windows.end() && of_address->second.count > 0) --of_address->second.count;
    });
}

}  // namespace ry::identity

#pragma once
// Secret: a key or password that can be passed everywhere and printed nowhere.
#include <string>
#include <string_view>

namespace ry {

/// Holds a secret text. It has no stream operator, no format and no comparison that leaks time; its memory is wiped
/// when it is destroyed, assigned or moved from. A value: copies are wiped each on their own.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text);  ///< the argument's own memory is wiped
    Secret(const Secret& other) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret other) noexcept;
    ~Secret();

    bool empty() const { return text_.empty(); }
    /// The text itself, for the one call that must send it. Valid as long as this Secret; never log or store it.
    std::string_view reveal() const { return text_; }

    /// Takes the same time for all secrets of one length.
    friend bool operator==(const Secret& a, const Secret& b) { return a.same(b); }
    template <class Stream>
    friend Stream& operator<<(Stream&, const Secret&) = delete;

private:
    bool same(const Secret& other) const;
    std::string text_;
};

}  // namespace ry
